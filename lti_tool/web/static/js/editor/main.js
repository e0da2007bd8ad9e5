// The framework editor: reads the draft once, then keeps outline, drawing, item and grid in step with every change,
// one's own and others'.
import { ask } from "../bearer.js";
import { Actions } from "./actions.js";
import { announcer, button, clock, count, el, later } from "./dom.js";
import { Drawing } from "./drawing.js";
import { bind } from "./fields.js";
import { Grid } from "./grid.js";
import { ItemPanel } from "./item.js";
import { Model } from "./model.js";
import { Outline } from "./outline.js";
import { Sync } from "./sync.js";
import { Findings } from "./findings.js";
import { inWords } from "./words.js";

const STATES = { saving: "Saving…", offline: "Not saved yet: no answer. Trying again; keep this page open.", saved: "All changes saved." };
const ABOUT = [["title", "Name"], ["description", "What it is for"], ["publisher", "Publisher"], ["licence", "Licence"], ["attribution", "Attribution"], ["source_url", "Address of the source"], ["language", "Language"]];
const NARROW = "(max-width: 47.99rem)";

const start = async (root) => {
  const base = root.dataset.editor;
  const at = (name) => root.querySelector(`[data-${name}]`);
  const page = (name) => document.querySelector(`[data-${name}]`);
  const answer = await ask(`${base}/content.json`, "application/json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  const model = new Model(await answer.json());
  const sync = new Sync(base, model);
  const say = announcer(at("announce"));
  const actions = new Actions({ sync, model, say, message: at("message") });
  at("reading").remove();
  at("desk").hidden = false;

  const findings = new Findings({ sync, model, actions, page: root.dataset.lint });
  const outline = new Outline(at("outline"), model, { marks: (key) => findings.of(key).length });
  let choosing = false;
  const choose = (key, { from = "", focus = false } = {}) => {
    if (choosing || !model.item(key)) return;
    choosing = true;
    item.show(key);
    if (from !== "outline") outline.reveal(key);
    drawing.show(key);
    choosing = false;
    if (focus) item.focus();
  };
  const item = new ItemPanel(at("item"), { model, sync, actions, kinds: JSON.parse(root.dataset.kinds), choose, advice: (key, box) => findings.show(key, box) });
  const grid = new Grid(at("grid"), { model, sync, actions, choose: (key) => choose(key, { focus: true }) });
  const drawing = new Drawing(at("drawing"), { model, sync, actions, choose });

  // the outline
  const soon = later(() => { if (outline.row) choose(outline.row.key, { from: "outline" }); }, 90);
  outline.addEventListener("active", ({ detail }) => {
    if (detail.choose) choose(detail.key, { from: "outline" });
    else soon();
  });
  outline.addEventListener("choose", ({ detail }) => choose(detail.key, { from: "outline", focus: true }));
  outline.addEventListener("rename", ({ detail }) => actions.run({ do: "set", item: detail.key, fields: { title: detail.title } }, { base: detail.base }));
  outline.addEventListener("remove", ({ detail }) => actions.remove(detail.row.key, detail.row));
  outline.addEventListener("move", async ({ detail }) => { if (await actions.move(detail.key, detail.way)) outline.reveal(detail.key); });
  outline.addEventListener("dropped", async ({ detail }) => { const moved = await actions.dropOn(detail.key, detail.onto, detail.how); if (!moved.error) outline.reveal(detail.key); });
  const add = async (key, inside) => {
    const made = await actions.add(key, inside);
    if (!made) return;
    choose(made);
    outline.reveal(made);
    outline.rename();
  };
  outline.addEventListener("add", ({ detail }) => add(detail.key, detail.inside));
  root.addEventListener("click", async (e) => {
    const what = e.target.closest("[data-do]")?.dataset.do;
    const row = outline.row;
    if (!what) return;
    if (what === "add") add(row?.key ?? null, false);
    else if (!row) return;
    else if (what === "inside") add(row.key, true);
    else if (what === "rename") outline.rename();
    else if (what === "remove") actions.remove(row.key, row);
    else if (await actions.move(row.key, what)) outline.reveal(row.key);
  });

  // searching
  const find = root.querySelector("#find");
  const search = later(() => {
    const words = find.value.trim();
    const hits = words ? model.search(words) : null;
    outline.search(hits);
    drawing.found(hits && hits.slice(0, 500));
    at("found").hidden = !hits;
    at("found").textContent = hits ? `${count(hits.length, "item")} found` : "";
    if (hits) say(at("found").textContent);
  }, 150);
  find.addEventListener("input", search);
  find.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && find.value) { e.preventDefault(); find.value = ""; search(); }
    if (e.key === "ArrowDown" || e.key === "Enter") { e.preventDefault(); at("outline").focus(); }
  });

  // saving, undoing
  const [undo, redo] = [page("undo"), page("redo")];
  const press = (way) => () => { if (sync[way === "undo" ? "done" : "undone"].length) actions.turn(way); else say("There is nothing to take back."); };
  undo.addEventListener("click", press("undo"));
  redo.addEventListener("click", press("redo"));
  sync.addEventListener("stacks", () => {
    for (const [each, stack] of [[undo, sync.done], [redo, sync.undone]]) {
      if (stack.length) each.removeAttribute("aria-disabled");
      else each.setAttribute("aria-disabled", "true");
    }
  });
  document.addEventListener("keydown", (e) => {
    if (!root.isConnected || !(e.ctrlKey || e.metaKey) || e.altKey || e.target.matches?.("input, textarea, select")) return;
    const key = e.key.toLowerCase();
    if (key === "z" && !e.shiftKey) { e.preventDefault(); press("undo")(); }
    else if (key === "y" || (key === "z" && e.shiftKey)) { e.preventDefault(); press("redo")(); }
  });
  const line = page("saved");
  const state = ({ state: now, words }) => { line.textContent = words || STATES[now] || words; line.dataset.state = now; line.dataset.seq = model.seq; };
  sync.addEventListener("state", ({ detail }) => state(detail));
  addEventListener("beforeunload", (e) => { if (root.isConnected && sync.waiting) e.preventDefault(); });

  // every change, whosever it is
  sync.addEventListener("changed", ({ detail: { ops, all } }) => {
    const only = ops.length > 0 && ops.every((op) => op.do === "set" && !("kind" in op.fields));
    if (!only || ops.some((op) => "title" in op.fields || "code" in op.fields)) outline.refresh();
    if (item.key && !model.item(item.key)) { if (!item.dirty()) item.show(null); }
    else if (all && item.key) { const { key } = item; item.key = null; item.show(key); }
    else if (item.key) { if (ops.some((op) => op.do === "set" && op.item === item.key && ("kind" in op.fields))) { const { key } = item; item.key = null; item.show(key); } else item.refresh(); }
    grid.changed(ops, all);
    drawing.changed();
    findings.changed(ops, all);
    document.getElementById("title").textContent = model.about.title;
    line.dataset.seq = model.seq;
  });
  sync.addEventListener("others", ({ detail: { edits } }) => {
    const last = edits.at(-1);
    page("others").textContent = `${last.who === "You" ? "You, in another window," : last.who} ${inWords(last.op, model)} at ${clock(last.at)}.`;
    say(page("others").textContent);
  });
  findings.addEventListener("found", () => { outline.stale = true; outline.paint(); if (item.key) item.refresh(); });

  about(at("about"), { sync, model });
  history(at("history"), at("edits"), { sync, model, actions });
  const first = root.ownerDocument.defaultView.location.hash.slice(1);
  const key = model.item(decodeURIComponent(first)) ? decodeURIComponent(first) : model.children("")[0];
  if (key) choose(key);
  else item.show(null);
  state({ state: "saved" });
  line.textContent = model.seq ? STATES.saved : "Changes are saved as you make them.";

  if (matchMedia(NARROW).matches) {
    const parts = [...at("drawing").children].slice(1);
    parts.forEach((part) => { part.hidden = true; });
    const show = button("Show the drawing", () => { parts.forEach((part) => { part.hidden = false; }); show.remove(); drawing.start(); }, { weight: "" });
    at("drawing").append(show);
  } else {
    drawing.start().catch((error) => { at("board").textContent = "The drawing could not be shown. The outline has everything."; console.warn("not drawn", error); });
  }
  findings.read();
  sync.watch(root);
};

const about = (box, { sync, model }) => {
  box.append(el("div", { class: "facts-row" }, ...ABOUT.map(([field, label]) => {
    const id = `about-${field}`;
    const control = field === "description" ? el("textarea", { id, rows: 2 }) : el("input", { type: "text", id });
    const place = el("div", { class: "field wide" }, el("label", { for: id, text: label }), control);
    const bound = bind(control, { sync, place, read: () => model.about[field], op: (text) => ({ do: "set_about", fields: { [field]: text } }) });
    bound.refresh();
    sync.addEventListener("changed", bound.refresh);
    return place;
  })));
};

const history = (box, list, { sync, model, actions }) => {
  const draw = async () => {
    if (!box.open) return;
    const { edits } = await sync.history();
    const taken = new Set(edits.map((one) => one.undoes));
    list.replaceChildren(...edits.map((one) => el("li", { class: "row" },
      el("span", {}, el("b", { text: one.who }), ` ${one.undoes ? "took back: " : ""}${inWords(one.op, model)}, ${clock(one.at)}`),
      taken.has(one.seq) ? el("span", { class: "pill wait", text: "taken back" })
        : button("Take back", async () => { const answer = await sync.takeBack(one.seq); if (answer.error) actions.refused(answer, () => sync.takeBack(one.seq, true)); draw(); }, { about: inWords(one.op, model) }))));
    if (!edits.length) list.replaceChildren(el("li", { class: "soft", text: "Nothing yet." }));
  };
  box.addEventListener("toggle", draw);
  sync.addEventListener("changed", draw);
};

export const wake = (root) => Promise.all([...root.querySelectorAll("[data-editor]:not([data-awake])")].map((box) => {
  box.dataset.awake = "now";
  return start(box).then(() => { box.dataset.awake = "true"; }).catch((error) => {
    box.dataset.awake = "false";
    const reading = box.querySelector("[data-reading]");
    if (reading) reading.textContent = "The framework could not be read. Reload the page, or open it from your course again.";
    console.warn("editor not opened", error);
  });
}));
