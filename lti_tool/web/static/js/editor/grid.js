// Levels and descriptors: a row for each competency, a column for each level. One tab stop; arrows move, Enter or F2
// opens the text in place, Escape leaves it as it was, Ctrl+Enter or leaving the cell saves.
import { button, el } from "./dom.js";
import { bind } from "./fields.js";

const PAGE = 40;
const BESIDE = new Set(["relate", "unrelate", "set_about"]);  // changes that no row or column shows

export class Grid {
  constructor(root, { model, sync, actions, choose }) {
    Object.assign(this, { root, model, sync, actions, choose, from: 0, area: "", at: [0, 1], editing: null });
    this.table = el("table", { class: "levels", role: "grid", "aria-labelledby": "grid-title" });
    this.names = el("details", { class: "small" });
    this.pager = el("div", { class: "pager" });
    this.bare = el("p", { class: "row" }, "This framework names no levels yet. ", button("Name four levels", () => this.nameLevels(), { weight: "" }));
    this.areas = el("select", { id: "grid-area", onchange: () => { this.area = this.areas.value; this.from = 0; this.draw(); } });
    root.replaceChildren(
      el("p", { class: "small soft", text: "Arrows move, Enter opens a text, Escape leaves it as it was. What is left is saved." }),
      el("div", { class: "row" }, el("div", { class: "field" }, el("label", { for: "grid-area", text: "Show" }), this.areas)),
      el("div", { class: "scroll", role: "region", "aria-label": "The table, which may scroll", tabindex: "-1" }, this.table), this.bare, this.pager, this.names);
    this.table.addEventListener("keydown", (e) => this.key(e));
    this.table.addEventListener("click", (e) => { const cell = e.target.closest("[data-field]"); if (cell && !e.target.closest("textarea, button")) { this.go(cell); this.open(cell); } });
    this.table.addEventListener("focusin", (e) => { const cell = e.target.closest("[data-cell]"); if (cell) this.rest(cell); });
    this.draw();
  }

  changed(ops, all) {
    if (this.root.hidden) { this.stale = true; return; }
    const shape = all || ops.some((op) => !BESIDE.has(op.do) && (op.do !== "set" || "kind" in op.fields));
    if (shape && !this.editing) { this.draw(); return; }
    this.stale ||= shape;
    for (const op of ops) if (op.do === "set") this.table.querySelectorAll(`tr[data-key="${CSS.escape(op.item)}"] [data-cell]`).forEach((cell) => this.fill(cell));
  }

  show() { if (this.stale) { this.stale = false; this.draw(); } }

  draw() {
    const { model } = this;
    const held = this.table.contains(document.activeElement) ? document.activeElement.closest("[data-cell]") : null;
    const [heldKey, heldAt] = [held?.parentElement.dataset.key, held?.cellIndex];
    const tops = model.children("").filter((key) => model.children(key).length);
    this.areas.replaceChildren(el("option", { value: "", text: "The whole framework" }), ...tops.map((key) => el("option", { value: key, text: model.label(key) })));
    this.areas.value = tops.includes(this.area) ? this.area : "";
    this.area = this.areas.value;
    const all = model.competencies(this.area);
    if (this.from >= all.length) this.from = 0;
    const keys = all.slice(this.from, this.from + PAGE);
    const head = el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, el("th", { role: "columnheader", scope: "col", text: "Competency" }),
      ...model.levels.map((one) => el("th", { role: "columnheader", scope: "col" }, el("span", { class: "lv", "data-level": one.number, text: String(one.number) }), ` ${one.name}`))));
    const rows = keys.map((key) => el("tr", { role: "row", "data-key": key },
      el("th", { role: "rowheader", scope: "row", "data-cell": "", tabindex: "-1" }),
      ...model.levels.map((one) => el("td", { role: "gridcell", "data-cell": "", "data-field": `descriptor:${one.number}`, "data-label": `${one.number} ${one.name}`, tabindex: "-1" }))));
    this.table.setAttribute("aria-rowcount", all.length + 1);
    this.table.replaceChildren(head, el("tbody", { role: "rowgroup" }, ...rows));
    this.table.querySelectorAll("[data-cell]").forEach((cell) => this.fill(cell));
    const first = this.table.querySelector("[data-cell][data-field]") ?? this.table.querySelector("[data-cell]");
    if (first) first.tabIndex = 0;
    if (held) this.go(this.table.querySelector(`tr[data-key="${CSS.escape(heldKey)}"]`)?.cells[heldAt] ?? first);
    const turn = (by) => () => { this.from += by; this.draw(); this.table.querySelector('[tabindex="0"]')?.focus(); };
    this.pager.replaceChildren(
      ...(this.from > 0 ? [button("Previous", turn(-PAGE), { weight: "" })] : []),
      el("span", { text: all.length ? `${this.from + 1} to ${Math.min(this.from + PAGE, all.length)} of ${all.length} competencies` : "No competency here yet." }),
      ...(this.from + PAGE < all.length ? [button("Next", turn(PAGE), { weight: "" })] : []));
    this.bare.hidden = model.levels.length > 0;
    this.drawNames();
  }

  /** For a framework that names no levels: four, to start with. */
  async nameLevels() {
    for (const [at, name] of ["Starting", "Working", "Leading", "Shaping"].entries()) await this.actions.run({ do: "add_level", number: at + 1, name });
  }

  fill(cell) {
    if (cell.querySelector("textarea")) { this.editing?.field.refresh(); return; }
    const { key } = cell.parentElement.dataset;
    if (!this.model.item(key)) return;
    if (!cell.dataset.field) {
      cell.replaceChildren(el("button", { type: "button", class: "plainlink", tabindex: "-1", onclick: () => this.choose(key), text: this.model.label(key) }));
      return;
    }
    const text = this.model.value(key, cell.dataset.field);
    cell.replaceChildren(text ? text : el("span", { class: "soft", text: "Nothing yet" }));
  }

  rest(cell) {
    this.table.querySelectorAll('[tabindex="0"]').forEach((old) => { old.tabIndex = -1; });
    cell.tabIndex = 0;
  }

  go(cell) {
    if (!cell) return;
    this.rest(cell);
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  key(e) {
    const cell = e.target.closest("[data-cell]");
    if (!cell || e.target.tagName === "TEXTAREA" || e.altKey || e.metaKey) return;
    const row = cell.parentElement;
    const beside = (to, column = cell.cellIndex) => to?.cells[column];
    const forward = getComputedStyle(row).direction === "rtl" ? -1 : 1;
    const to = {
      ArrowDown: () => beside(row.nextElementSibling), ArrowUp: () => beside(row.previousElementSibling),
      ArrowRight: () => row.cells[cell.cellIndex + forward], ArrowLeft: () => row.cells[cell.cellIndex - forward],
      Home: () => (e.ctrlKey ? row.parentElement.rows[0] : row).cells[0],
      End: () => (e.ctrlKey ? [...row.parentElement.rows].at(-1) : row).cells[row.cells.length - 1],
    }[e.key];
    if (to) { e.preventDefault(); this.go(to()); return; }
    if (e.key === "Enter" && !cell.dataset.field) { e.preventDefault(); this.choose(row.dataset.key); return; }
    if (!cell.dataset.field) return;
    if (e.key === "Enter" || e.key === "F2") { e.preventDefault(); this.open(cell); }
    else if (e.key.length === 1 && !e.ctrlKey) { e.preventDefault(); this.open(cell, e.key); }
  }

  open(cell, letter = "") {
    if (cell.querySelector("textarea")) return;
    const { key } = cell.parentElement.dataset;
    const { field } = cell.dataset;
    const area = el("textarea", { rows: 3, "aria-label": `${this.model.label(key)}, level ${field.slice(11)}` });
    area.value = this.model.value(key, field);
    cell.replaceChildren(area);
    const bound = bind(area, {
      sync: this.sync, place: cell, read: () => this.model.value(key, field),
      op: (text) => ({ do: "set", item: key, fields: { [field]: text } }),
    });
    this.editing = { cell, field: bound };
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    if (letter) { area.value += letter; area.dispatchEvent(new Event("input", { bubbles: true })); }
    const close = () => {
      if (cell.querySelector("[data-conflict], [data-refused]") || !cell.contains(area)) return;
      area.remove();
      if (this.editing?.cell === cell) this.editing = null;
      this.fill(cell);
      this.show();
    };
    area.addEventListener("keydown", async (e) => {
      if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); area.value = this.model.value(key, field); await bound.flush(); close(); this.go(cell); }
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { await bound.flush(); close(); this.go(cell.parentElement.nextElementSibling?.cells[cell.cellIndex] ?? cell); }
    });
    area.addEventListener("blur", async () => { await bound.flush(); close(); });
  }

  drawNames() {
    if (this.names.contains(document.activeElement)) return;
    const { levels } = this.model;
    this.names.replaceChildren(el("summary", { text: "Names of the levels" }),
      el("ol", { class: "stack" }, ...levels.map((level) => this.levelRow(level))),
      el("p", { class: "row" }, levels.length < 8 && button("Add a level above", () => this.actions.run({ do: "add_level", number: levels.length + 1, name: `Level ${levels.length + 1}` }), { weight: "" })));
  }

  levelRow({ number }) {
    const read = (field) => () => this.model.levels.find((one) => one.number === number)?.[field] ?? "";
    const part = (field, label, control) => {
      const box = el("div", { class: field === "description" ? "field wide" : "field" }, el("label", { for: control.id, text: label }), control);
      bind(control, { sync: this.sync, place: box, read: read(field),
        op: (text) => ({ do: "set_level", number, fields: { [field]: field === "months" ? (text ? Number(text) : null) : text } }) }).refresh();
      return box;
    };
    return el("li", { class: "rung" }, el("span", { class: "lv", "data-level": number, text: String(number) }), el("div", { class: "facts-row" },
      part("name", `Name of level ${number}`, el("input", { type: "text", id: `level-${number}` })),
      part("months", `Months to level ${number}`, el("input", { type: "number", min: 1, max: 120, id: `months-${number}` })),
      part("description", "What it means in general", el("input", { type: "text", id: `about-${number}` })),
      el("p", { class: "row wide" }, button("Add one below", () => this.actions.run({ do: "add_level", number, name: "New level" }), { about: `level ${number}` }),
        button("Take away", async () => {
          const answer = await this.actions.run({ do: "drop_level", number });
          if (!answer.error) this.actions.note("The level is taken away, with what was written for it.", true);
        }, { about: `level ${number}` }))));
  }
}
