// What the linter would look at again, beside the item that it is about. Advice: nothing here stops anybody.
import { button, el, icon, later } from "./dom.js";

const LARGE = 600;

export class Findings extends EventTarget {
  constructor({ sync, model, actions, page }) {
    super();
    Object.assign(this, { sync, model, actions, page, byKey: new Map() });
    this.again = later(() => this.read(), model.items.size > LARGE ? 20000 : 3000);
  }

  of(key) { return this.byKey.get(key) ?? []; }

  async read() {
    const answer = await this.sync.findings().catch(() => null);
    if (!answer?.findings) return;
    this.byKey = new Map();
    for (const one of answer.findings) {
      if (!this.byKey.has(one.key)) this.byKey.set(one.key, []);
      this.byKey.get(one.key).push(one);
    }
    this.dispatchEvent(new Event("found"));
  }

  changed(ops, all) { if (all || ops.length) this.again(); }

  /** Puts the item's findings under the texts they are about. */
  show(key, box) {
    box.querySelectorAll("[data-finding]").forEach((old) => old.remove());
    for (const one of this.of(key)) {
      const place = (one.level && box.querySelector(`[data-advice="${one.level}"]`)) || box.querySelector("#f-description")?.closest(".field") || box;
      place.append(this.note(key, one));
    }
  }

  note(key, one) {
    const use = one.rewrite && one.level && button("Use this wording", () => this.actions.run({ do: "set", item: key, fields: { [`descriptor:${one.level}`]: one.rewrite } }), { weight: "" });
    return el("div", { class: "note look", "data-finding": one.rule }, icon("look"), el("div", { class: "stack" },
      el("p", {}, el("b", { text: one.words }), ` ${one.reason}`),
      one.rewrite && el("p", {}, "Suggestion: ", el("i", { text: one.rewrite })),
      el("p", { class: "row" }, use, el("a", { href: this.page, text: one.blocking ? "Why this stops publishing" : "Keep it and say why" }))));
  }
}
