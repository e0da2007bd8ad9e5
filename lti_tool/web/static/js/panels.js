// Opening a cell's reason in place. A cell is a link to the page with that cell open: where its panel is not in this
// page yet, it is read from there. Used by the map and the cohort grid.
import { ask } from "./bearer.js";
import { hold } from "./ready.js";

export const panelOf = (cell) => document.getElementById(cell.getAttribute("aria-controls"));
const openCell = (panel) => document.querySelector(`[aria-controls="${CSS.escape(panel.id)}"][aria-expanded="true"]`);
const template = (id) => document.getElementById(id).content.cloneNode(true);
const levelOf = (cell) => cell.dataset.level ?? "0";

const show = (panel, cell) => {
  openCell(panel)?.setAttribute("aria-expanded", "false");
  cell?.setAttribute("aria-expanded", "true");
  panel.hidden = !cell;
  document.querySelector(`[data-row="${CSS.escape(panel.id)}"]`)?.classList.toggle("open", Boolean(cell));
};

/** Closes the panel; `back` gives the focus to its cell. */
export const close = (panel, back = true) => {
  const cell = openCell(panel);
  show(panel, null);
  if (back) cell?.focus();
};

// In the map a panel keeps one part for each level; in the grid it holds one part, of the cell opened last.
const present = (panel, cell) => {
  if (cell.closest("[data-cohort]")) return panel.dataset.of === cell.href ? panel.firstElementChild : null;
  return panel.querySelector(`[data-for="${levelOf(cell)}"]`);
};

const fetchPart = async (panel, cell) => {
  const answer = await ask(cell.href);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = (page.getElementById(panel.id) ?? page).querySelector(".evidence:not([hidden])");
  if (!part) throw new Error("no evidence in the answer");
  return document.importNode(part, true);
};

const place = (panel, part, cell) => {
  const holder = panel.querySelector(":scope > td") ?? panel;
  if (cell.closest("[data-cohort]")) holder.replaceChildren();
  holder.querySelectorAll("[data-passing]").forEach((old) => old.remove());
  holder.querySelectorAll("[data-for]").forEach((other) => { other.hidden = true; });
  holder.append(part);
};

const passing = (id, cell) => {
  const box = document.createElement("div");
  box.className = "evidence";
  box.dataset.passing = "";
  box.append(template(id));
  const instead = box.querySelector("[data-instead]");
  if (instead) instead.href = cell.href;
  return box;
};

const load = async (panel, cell) => {
  place(panel, passing("t-reading", cell), cell);
  delete panel.dataset.of;
  let part;
  try {
    part = await fetchPart(panel, cell);
  } catch {
    part = passing("t-failed", cell);
  }
  if (openCell(panel) !== cell) return;
  place(panel, part, cell);
  if (!("passing" in part.dataset)) panel.dataset.of = cell.href;
  window.htmx?.process(part);
};

/** Opens the cell's panel, or closes it when this cell was the open one. */
export const toggle = (cell) => {
  const panel = panelOf(cell);
  if (!panel) return;
  if (openCell(panel) === cell) { close(panel); return; }
  show(panel, cell);
  const part = present(panel, cell);
  if (part) panel.querySelectorAll("[data-for]").forEach((each) => { each.hidden = each !== part; });
  else hold(load(panel, cell));
};

const plainClick = (e) => e.button === 0 && !e.ctrlKey && !e.metaKey && !e.shiftKey && !e.altKey;

// In the capture phase: before htmx, which in sessions without a cookie follows every link.
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[aria-controls][aria-expanded], [data-close]");
  if (!link || !plainClick(e)) return;
  const panel = link.dataset.close ? document.getElementById(link.dataset.close) : panelOf(link);
  if (!panel) return;
  e.preventDefault();
  e.stopPropagation();
  if (link.dataset.close) close(panel);
  else toggle(link);
}, true);

document.addEventListener("keydown", (e) => {
  const cell = e.target.closest?.("a[aria-controls][aria-expanded]");
  if (e.key === " " && cell) { e.preventDefault(); toggle(cell); }
  if (e.key !== "Escape") return;
  const panel = e.target.closest("[data-panel]") ?? (cell?.getAttribute("aria-expanded") === "true" ? panelOf(cell) : null);
  if (panel && !panel.hidden) { e.preventDefault(); close(panel); }
});
