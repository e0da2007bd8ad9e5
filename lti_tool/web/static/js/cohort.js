// The cohort grid as one tab stop: arrows, Home, End, Ctrl with them, and page keys move. Without script every cell
// is a link in the tab order, so this file takes them out of it, not the page.
import { panelOf } from "./panels.js";

const PAGE = 10;
const at = (row, column) => row?.children[column]?.querySelector("a");

const rest = (table, stop) => {
  table.querySelectorAll('tbody a[tabindex="0"]').forEach((old) => { old.tabIndex = -1; });
  stop.tabIndex = 0;
};

export const wake = (root) => {
  root.querySelectorAll("[data-cohort]:not([data-awake])").forEach((table) => {
    table.dataset.awake = "";
    const stops = table.querySelectorAll("tbody a");
    stops.forEach((stop) => { stop.tabIndex = -1; });
    const open = table.querySelector('[aria-expanded="true"]');
    if (open) panelOf(open).dataset.of = open.href;
    const first = open ?? table.querySelector("tbody td a") ?? stops[0];
    if (first) first.tabIndex = 0;
  });
};

const target = (e, rows, row, column) => {
  const last = rows[0].children.length - 1;
  const line = rows.indexOf(row);
  const forward = getComputedStyle(row).direction === "rtl" ? -1 : 1;
  switch (e.key) {
    case "ArrowRight": return at(row, column + forward);
    case "ArrowLeft": return at(row, column - forward);
    case "ArrowDown": return at(rows[line + 1], column);
    case "ArrowUp": return at(rows[line - 1], column);
    case "PageDown": return at(rows[Math.min(line + PAGE, rows.length - 1)], column);
    case "PageUp": return at(rows[Math.max(line - PAGE, 0)], column);
    case "Home": return at(e.ctrlKey ? rows[0] : row, 1);
    case "End": return at(e.ctrlKey ? rows.at(-1) : row, last);
    default: return null;
  }
};

document.addEventListener("keydown", (e) => {
  const table = e.target.closest?.("[data-cohort]");
  const box = table && e.target.closest("tbody td, tbody th");
  if (!box || e.altKey || e.metaKey || (e.ctrlKey && !["Home", "End"].includes(e.key))) return;
  const next = target(e, [...box.parentElement.parentElement.children], box.parentElement, box.cellIndex);
  if (!["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].includes(e.key)) return;
  e.preventDefault();
  if (!next) return;
  rest(table, next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
});

document.addEventListener("focusin", (e) => {
  const table = e.target.closest?.("[data-cohort]");
  if (table && e.target.matches("tbody a") && e.target.tabIndex !== 0) rest(table, e.target);
});
