// The chosen item: its words, kind and scope, what someone at each level does, and its relations as a list. Everything
// that the drawing shows can be read and changed here.
import { button, count, el, icon } from "./dom.js";
import { bind } from "./fields.js";

const SCOPES = [["", "Not said"], ["core", "Core: expected of everyone"], ["functional", "Functional: for a role family"]];
// How a relation reads from this item: [type, from its origin, from its destination].
const READS = {
  precedes: ["Comes before", "Comes after"],
  isRelatedTo: ["Is related to", "Is related to"],
  isPartOf: ["Is part of", "Has as a part"],
};
const OFFERED = [["precedes", 1, "Comes after"], ["precedes", 0, "Comes before"], ["isRelatedTo", 0, "Is related to"],
  ["isPartOf", 0, "Is part of"], ["isPartOf", 1, "Has as a part"], ["isChildOf", 0, "Also stands in"]];
let made = 0;

/** A text field that offers items while one types; `chosen()` is the key, or null. */
export const itemField = (model, label, leave = () => false) => {
  const id = `pick-${made += 1}`;
  const list = el("datalist", { id: `${id}-list` });
  const input = el("input", { type: "search", id, list: list.id, autocomplete: "off" });
  const keys = new Map();
  const offer = () => {
    keys.clear();
    list.replaceChildren(...model.search(input.value, 40).filter((key) => !leave(key)).slice(0, 20).map((key) => {
      keys.set(model.label(key), key);
      return el("option", { value: model.label(key) });
    }));
  };
  input.addEventListener("input", () => { if (!keys.has(input.value)) offer(); });
  const chosen = () => {
    if (keys.has(input.value)) return keys.get(input.value);
    offer();
    return keys.get(input.value) ?? (keys.size === 1 ? [...keys.values()][0] : null);
  };
  const box = el("div", { class: "field" }, el("label", { for: id, text: label }), input, list);
  return { box, input, chosen, clear: () => { input.value = ""; keys.clear(); } };
};

export class ItemPanel {
  constructor(root, { model, sync, actions, kinds, choose, advice }) {
    Object.assign(this, { root, model, sync, actions, kinds, choose, advice, key: null, fields: [] });
  }

  show(key) {
    if (this.key === key && this.model.item(key)) { this.refresh(); return; }
    this.fields.forEach((field) => field.flush());
    this.root.querySelectorAll("[data-conflict]").forEach((open) => this.actions.message.append(open));  // still to be decided
    const focused = this.root.contains(document.activeElement) ? document.activeElement.id : "";
    this.key = key;
    const item = this.model.item(key);
    this.fields = [];
    if (!item) { this.root.replaceChildren(el("p", { class: "soft", text: "Choose an item in the outline." })); return; }
    this.heading = el("h2", { id: "chosen", tabindex: "-1" });
    this.path = el("p", { class: "small soft" });
    this.rungs = el("ol", { class: "rungs" });
    this.below = el("details", { class: "small" });
    this.relations = el("ul", { class: "relations" });
    this.root.replaceChildren(
      el("div", { class: "stack" }, this.path, this.heading),
      el("div", { class: "facts-row" },
        this.text("title", "Name", { wide: true }), this.text("code", "Code"),
        this.select("kind", "Kind", this.kinds), this.select("scope", "Scope", SCOPES), this.level()),
      this.text("description", "What it is about", { area: true }),
      this.rungs, this.below,
      el("section", { class: "stack", "aria-labelledby": "relations" }, el("h3", { id: "relations", text: "Relations" }), this.relations, this.adder(), this.mover()));
    this.drawRungs();
    this.refresh();
    if (focused) document.getElementById(focused)?.focus();
  }

  /** Is something typed that is not saved? */
  dirty() { return this.fields.some((field) => field.dirty()); }

  bind(control, field, place) {
    const { key } = this;
    const value = (text) => (field === "level" ? (text ? Number(text) : null) : text);
    const bound = bind(control, {
      sync: this.sync, place, typed: control.tagName !== "SELECT",
      read: () => this.model.value(key, field),
      op: (text) => ({ do: "set", item: key, fields: { [field]: value(text) } }),
    });
    this.fields.push(bound);
    return bound;
  }

  text(field, label, { area = false, wide = false } = {}) {
    const id = `f-${field}`;
    const control = area ? el("textarea", { id, rows: 2 }) : el("input", { type: "text", id });
    const box = el("div", { class: wide ? "field wide" : "field" }, el("label", { for: id, text: label }), control);
    this.bind(control, field, box);
    return box;
  }

  select(field, label, options) {
    const id = `f-${field}`;
    const control = el("select", { id }, ...options.map(([value, words]) => el("option", { value, text: words })));
    const box = el("div", { class: "field" }, el("label", { for: id, text: label }), control);
    this.bind(control, field, box);
    return box;
  }

  level() {
    const item = this.model.item(this.key);
    if (item.assessed || item.kind === "category" || !this.model.levels.length) return null;
    return this.select("level", "Shows level", [["", "None"], ...this.model.levels.map((one) => [String(one.number), `${one.number} ${one.name}`])]);
  }

  drawRungs() {
    const item = this.model.item(this.key);
    const wanted = item.assessed || item.kind === "competency" || Object.keys(item.descriptors).length;
    this.rungs.replaceChildren(...(wanted ? this.model.levels : []).map(({ number, name }) => {
      const id = `d-${number}`;
      const control = el("textarea", { id, rows: 2 });
      const box = el("div", { class: "field" },
        el("label", { for: id }, `What someone at level ${number} does `, el("span", { class: "soft", text: `(${name})` })), control);
      this.bind(control, `descriptor:${number}`, box);
      return el("li", { class: "rung" }, el("span", { class: "lv", "data-level": number, text: String(number) }), el("div", { class: "stack", "data-advice": number }, box));
    }));
  }

  refresh() {
    const item = this.model.item(this.key);
    if (!item) { this.show(null); return; }
    this.heading.textContent = this.model.label(this.key);
    const above = this.model.path(this.key).slice(0, -1);
    this.path.textContent = above.length ? `In ${above.map((key) => this.model.label(key)).join(" › ")}` : "At the top";
    this.fields.forEach((field) => field.refresh());
    this.drawBelow();
    this.drawRelations();
    this.advice(this.key, this.root);
  }

  drawBelow() {
    const kids = this.model.children(this.key);
    this.below.hidden = !kids.length;
    this.below.replaceChildren(el("summary", { text: `${count(kids.length, "item")} below` }),
      el("ul", { class: "stack" }, ...kids.slice(0, 100).map((key) => el("li", {}, button(this.model.label(key), () => this.choose(key), { weight: "plain" })))),
      kids.length > 100 && el("p", { class: "soft", text: `and ${kids.length - 100} more, in the outline` }));
  }

  drawRelations() {
    const { key, model } = this;
    const rows = model.linksOf(key).map(({ type, origin, destination }) => {
      const from = origin === key ? 0 : 1;
      return [READS[type]?.[from] ?? type, from ? origin : destination, type, origin, destination];
    });
    for (const parent of model.item(key).also) rows.push(["Also stands in", parent, "isChildOf", key, parent]);
    this.relations.replaceChildren(...rows.map(([words, other, ...relation]) => el("li", {},
      el("span", {}, `${words} `, el("button", { type: "button", class: "plainlink", onclick: () => this.choose(other), text: model.label(other) })),
      button("Take away", () => this.actions.unrelate(...relation), { about: `${words} ${model.label(other)}` }))));
    if (!rows.length) this.relations.append(el("li", { class: "soft", text: "None yet." }));
  }

  adder() {
    const kind = el("select", { id: "relation" }, ...OFFERED.map(([, , words], at) => el("option", { value: at, text: words })));
    const other = itemField(this.model, "Which one", (key) => key === this.key);
    const said = el("p", { class: "error", role: "alert", hidden: true });
    const add = async (e) => {
      e.preventDefault();
      const found = other.chosen();
      said.hidden = Boolean(found);
      if (!found) { said.textContent = "Type a part of its name, then choose it from the list."; other.input.focus(); return; }
      const [type, backward] = OFFERED[kind.value];
      const answer = await this.actions.relate(type, backward ? found : this.key, backward ? this.key : found);
      if (!answer.error) { other.clear(); this.actions.say("The relation is added."); }
    };
    return el("form", { class: "adder", onsubmit: add },
      el("div", { class: "field" }, el("label", { for: "relation", text: "Add a relation" }), kind), other.box,
      el("button", { class: "btn", type: "submit" }, icon("new"), " Add relation"), said);
  }

  mover() {
    const to = itemField(this.model, "Move it into", (key) => key === this.key);
    const move = async (e) => {
      e.preventDefault();
      const parent = to.chosen();
      if (!parent) { to.input.focus(); return; }
      const answer = await this.actions.moveTo(this.key, parent);
      if (!answer.error) { to.clear(); this.actions.say(this.actions.stands(this.key)); this.choose(this.key); }
    };
    return el("form", { class: "adder", onsubmit: move }, to.box, el("button", { class: "btn", type: "submit", text: "Move" }),
      button("Move to the top", () => this.actions.moveTo(this.key, null)));
  }

  focus() { (this.root.querySelector("#f-title") ?? this.heading)?.focus(); }
}
