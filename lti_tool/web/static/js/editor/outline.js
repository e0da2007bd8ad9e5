// The outline: an ARIA tree that does everything by keyboard. Only the rows in view are in the page, with their true
// level, place and number of siblings. The tree keeps the focus; the active row is named by aria-activedescendant.
import { el } from "./dom.js";
import { openAtFirst } from "./layout.js";

const SPARE = 8;
const STEP = "\u0001";
const KEYS = {
  ArrowDown: "next", ArrowUp: "previous", ArrowRight: "open", ArrowLeft: "close", Home: "first", End: "last",
  PageDown: "pageDown", PageUp: "pageUp", Enter: "choose", F2: "rename", Delete: "remove", Insert: "add", " ": "choose", "*": "openSiblings",
};
const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "indent", ArrowLeft: "outdent" };

export class Outline extends EventTarget {
  constructor(tree, model, { marks }) {
    super();
    Object.assign(this, { tree, model, marks, open: new Set(), rows: [], active: 0, matches: null, typed: "", typedAt: 0 });
    this.sheet = el("div", { class: "sheet", role: "none" });
    tree.append(this.sheet);
    this.made = new Map();
    tree.addEventListener("scroll", () => this.paint(), { passive: true });
    tree.addEventListener("keydown", (e) => this.key(e));
    tree.addEventListener("click", (e) => this.click(e));
    tree.addEventListener("dblclick", (e) => { if (this.rowOf(e)) this.rename(); });
    this.drags();
    new ResizeObserver(() => this.paint()).observe(tree);
    openAtFirst(model).forEach((key) => this.open.add(key));
    this.refresh();
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  get row() { return this.rows[this.active]; }

  // what is shown

  refresh() {
    const { path } = this.row ?? {};
    this.rows = this.matches ? this.found() : this.flat();
    const at = path === undefined ? 0 : this.rows.findIndex((row) => row.path === path);
    this.active = at >= 0 ? at : Math.min(this.active, Math.max(0, this.rows.length - 1));
    this.stale = true;
    this.paint();
  }

  flat() {
    const rows = [];
    const walk = (parent, path, depth, trail) => {
      const group = this.model.children(parent);
      const own = this.model.kids.get(parent)?.length ?? 0;
      group.forEach((key, at) => {
        const here = path ? path + STEP + key : key;
        const inside = trail.has(key) ? 0 : this.model.children(key).length;
        const open = inside > 0 && this.open.has(here);
        rows.push({ key, path: here, parent, depth, at: at + 1, of: group.length, inside, open, elsewhere: at >= own });
        if (open) walk(key, here, depth + 1, new Set(trail).add(key));
      });
    };
    walk("", "", 1, new Set());
    return rows;
  }

  /** Matches with what they stand below, by main parents. */
  found() {
    const wanted = new Set();
    for (const key of this.matches) this.model.path(key).forEach((each) => wanted.add(each));
    const rows = [];
    const walk = (parent, path, depth) => {
      const group = (this.model.kids.get(parent) ?? []).filter((key) => wanted.has(key));
      group.forEach((key, at) => {
        const here = path ? path + STEP + key : key;
        const inside = (this.model.kids.get(key) ?? []).filter((each) => wanted.has(each)).length;
        rows.push({ key, path: here, parent, depth, at: at + 1, of: group.length, inside, open: inside > 0, elsewhere: false });
        walk(key, here, depth + 1);
      });
    };
    walk("", "", 1);
    return rows;
  }

  paint() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.tall = 2.75 * rem;
    this.sheet.style.blockSize = `${this.rows.length * this.tall}px`;
    const first = Math.max(0, Math.floor(this.tree.scrollTop / this.tall) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((this.tree.scrollTop + this.tree.clientHeight) / this.tall) + SPARE);
    const wanted = new Set(this.row ? [this.active] : []);
    for (let at = first; at < last; at += 1) wanted.add(at);
    if (this.stale) { this.made.forEach((row) => { if (!row.contains(this.input)) row.remove(); }); this.made.clear(); this.stale = false; }
    for (const [at, row] of this.made) if (!wanted.has(at)) { row.remove(); this.made.delete(at); }
    for (const at of wanted) if (!this.made.has(at)) this.make(at);
    this.made.forEach((row, at) => {
      row.setAttribute("aria-selected", String(at === this.active));
    });
    const id = this.made.get(this.active)?.id;
    if (id) this.tree.setAttribute("aria-activedescendant", id);
    else this.tree.removeAttribute("aria-activedescendant");
  }

  make(at) {
    const row = this.rows[at];
    const item = this.model.item(row.key);
    const advice = this.marks(row.key);
    const made = el("div", {
      class: "twig", role: "treeitem", id: `twig-${at}`, "data-at": at, "data-key": row.key, "aria-level": row.depth, "aria-setsize": row.of,
      "aria-posinset": row.at, "aria-expanded": row.inside ? String(row.open) : null, "data-kind": item.kind,
      "data-hit": this.matches?.has(row.key) ? "" : null, draggable: this.matches || row.elsewhere ? null : "true",
    },
    el("span", { class: "fold", "data-fold": row.inside ? "" : null, "aria-hidden": "true" }, row.inside ? (row.open ? "▾" : "▸") : ""),
    el("span", { class: "name" }, item.code && el("span", { class: "code", text: `${item.code} ` }), item.title),
    row.elsewhere && el("span", { class: "pill wait", text: "also elsewhere" }),
    advice ? el("span", { class: "pill look" }, String(advice), el("span", { class: "sr", text: " to look at" })) : null);
    made.style.insetBlockStart = `${at * this.tall}px`;
    made.style.blockSize = `${this.tall}px`;
    made.style.paddingInlineStart = `${Math.min(row.depth - 1, 8) * 0.9}rem`;
    this.made.set(at, made);
    this.sheet.append(made);
  }

  // moving about

  go(at, { choose = false, top = false } = {}) {
    if (!this.rows.length) return;
    this.active = Math.max(0, Math.min(at, this.rows.length - 1));
    const edge = this.active * this.tall;
    if (top || edge < this.tree.scrollTop) this.tree.scrollTop = edge;
    else if (edge + this.tall > this.tree.scrollTop + this.tree.clientHeight) this.tree.scrollTop = edge + this.tall - this.tree.clientHeight;
    this.paint();
    this.tell("active", { key: this.row.key, choose });
  }

  /** Shows an item by its main path, and makes it the active one. */
  reveal(key) {
    if (this.row?.key === key) { this.go(this.active); return; }
    const path = this.model.path(key);
    if (!path.length) return;
    path.slice(0, -1).forEach((_, at) => this.open.add(path.slice(0, at + 1).join(STEP)));
    this.rows = this.matches ? this.found() : this.flat();
    this.stale = true;
    const at = this.rows.findIndex((row) => row.path === path.join(STEP));
    if (at < 0 && this.matches) { this.search(null); this.reveal(key); return; }
    this.go(at);
  }

  toggle(open = !this.row.open) {
    const { row } = this;
    if (!row.inside || this.matches) return;
    if (open) this.open.add(row.path);
    else this.open.delete(row.path);
    this.refresh();
    this.tell("folded", { key: row.key, open });
  }

  search(keys) {
    this.matches = keys && new Set(keys);
    this.tree.scrollTop = 0;
    this.refresh();
    if (keys?.length) this.go(this.rows.findIndex((row) => this.matches.has(row.key)));
  }

  rowOf(e) {
    const twig = e.target.closest?.("[data-at]");
    return twig ? Number(twig.dataset.at) : null;
  }

  click(e) {
    const at = this.rowOf(e);
    if (at === null || e.target.closest("input")) return;
    this.active = at;
    if (e.target.closest("[data-fold]")) { this.paint(); this.toggle(); } else this.go(at, { choose: true });
    this.tree.focus({ preventScroll: true });
  }

  key(e) {
    if (e.target !== this.tree || !this.rows.length) return;
    if (e.altKey && !e.ctrlKey && !e.metaKey && MOVES[e.key]) {
      e.preventDefault();
      this.tell("move", { key: this.row.key, way: MOVES[e.key] });
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act = KEYS[e.key];
    if (act) { e.preventDefault(); this[`key_${act}`](e); return; }
    if (e.key.length === 1) { e.preventDefault(); this.type(e.key); }
  }

  key_next() { this.go(this.active + 1); }

  key_previous() { this.go(this.active - 1); }

  key_first() { this.go(0); }

  key_last() { this.go(this.rows.length - 1); }

  key_pageDown() { this.go(this.active + Math.floor(this.tree.clientHeight / this.tall)); }

  key_pageUp() { this.go(this.active - Math.floor(this.tree.clientHeight / this.tall)); }

  key_open() { if (this.row.inside && !this.row.open) this.toggle(true); else if (this.row.open) this.go(this.active + 1); }

  key_close() {
    const { row } = this;
    if (row.open && !this.matches) { this.toggle(false); return; }
    for (let at = this.active - 1; at >= 0; at -= 1) if (this.rows[at].depth < row.depth) { this.go(at); return; }
  }

  key_openSiblings() {
    const { depth, parent } = this.row;
    this.rows.filter((row) => row.depth === depth && row.parent === parent && row.inside).forEach((row) => this.open.add(row.path));
    this.refresh();
  }

  key_choose() { this.tell("choose", { key: this.row.key }); }

  key_rename() { this.rename(); }

  key_remove() { this.tell("remove", { row: this.row }); }

  key_add(e) { this.tell("add", { key: this.row.key, inside: e.shiftKey }); }

  type(letter) {
    this.typed = Date.now() - this.typedAt < 700 ? this.typed + letter.toLowerCase() : letter.toLowerCase();
    this.typedAt = Date.now();
    const from = this.active + (this.typed.length === 1 ? 1 : 0);
    const order = [...this.rows.slice(from), ...this.rows.slice(0, from)];
    const hit = order.find((row) => {
      const item = this.model.item(row.key);
      return item.title.toLowerCase().startsWith(this.typed) || item.code.toLowerCase().startsWith(this.typed);
    });
    if (hit) this.go(this.rows.indexOf(hit));
  }

  // a name, typed in its row

  rename() {
    const twig = this.made.get(this.active);
    const { key } = this.row;
    if (!twig || this.input) return;
    const { title } = this.model.item(key);
    const base = this.model.seq;
    const input = el("input", { type: "text", "aria-label": `Name of ${this.model.label(key)}`, maxlength: 2000 });
    input.value = title;
    this.input = input;
    twig.replaceChildren(twig.firstElementChild, input);
    twig.draggable = false;
    input.focus();
    input.select();
    const end = (keep, back) => {
      if (this.input !== input) return;
      const value = input.value.trim();
      this.input = null;
      this.stale = true;
      twig.remove();
      this.paint();
      if (back) this.tree.focus({ preventScroll: true });
      if (keep && value && value !== title) this.tell("rename", { key, title: value, base });
    };
    input.addEventListener("keydown", (e) => {
      e.stopPropagation();
      if (e.key === "Enter") { e.preventDefault(); end(true, true); }
      if (e.key === "Escape") { e.preventDefault(); end(false, true); }
    });
    input.addEventListener("blur", () => end(true, false));
  }

  // a row, dragged onto another: above, inside, or below it

  drags() {
    let from = null, mark = null;
    const clear = () => { mark?.removeAttribute("data-drop"); mark = null; };
    this.tree.addEventListener("dragstart", (e) => {
      from = this.rows[this.rowOf(e)] ?? null;
      e.dataTransfer.effectAllowed = "move";
      e.dataTransfer.setData("text/plain", from?.key ?? "");
    });
    this.tree.addEventListener("dragover", (e) => {
      const twig = e.target.closest?.("[data-at]");
      if (!from || !twig || this.rows[twig.dataset.at].key === from.key) return;
      e.preventDefault();
      const box = twig.getBoundingClientRect();
      const part = (e.clientY - box.top) / box.height;
      clear();
      mark = twig;
      twig.dataset.drop = part < 0.3 ? "before" : part > 0.7 ? "after" : "inside";
    });
    this.tree.addEventListener("drop", (e) => {
      const onto = this.rows[this.rowOf(e)];
      const how = mark?.dataset.drop;
      clear();
      if (from && onto && how) { e.preventDefault(); this.tell("dropped", { key: from.key, onto: onto.key, how }); }
      from = null;
    });
    this.tree.addEventListener("dragend", () => { clear(); from = null; });
  }
}
