// What one does to items, whether by key, button or mouse; and what is said when the server refuses.
import { button, clock, count, el, icon } from "./dom.js";

const INSIDE = { category: "competency", competency: "indicator", skill: "indicator" };
const NEW = { category: "New category", competency: "New competency", indicator: "New indicator", skill: "New skill" };
export const CIRCLE = { precedes: " comes before ", isPartOf: " is part of ", isChildOf: " stands below " };

export class Actions {
  constructor({ sync, model, say, message }) {
    Object.assign(this, { sync, model, say, message });
  }

  /** A new item behind this one, or inside it; resolves to its key. */
  async add(key, inside, kind) {
    const beside = this.model.item(key);
    const parent = inside ? key : beside?.parent ?? null;
    const group = this.model.group(parent);
    const after = inside ? group.at(-1) ?? null : key ?? group.at(-1) ?? null;
    const own = kind ?? (inside ? INSIDE[beside.kind] ?? "item" : beside?.kind ?? "category");
    const op = { do: "add", item: { key: "", title: NEW[own] ?? "New item", kind: own, parent }, after };
    const answer = await this.run(op);
    return answer.error ? null : answer.op.item.key;
  }

  /** up, down, indent (below the one above) or outdent (behind its parent). */
  async move(key, way) {
    const item = this.model.item(key);
    if (!item) return false;
    const group = this.model.group(item.parent);
    const at = group.indexOf(key);
    let op = null;
    if (way === "up" && at > 0) op = { parent: item.parent, after: group[at - 2] ?? null };
    if (way === "down" && at < group.length - 1) op = { parent: item.parent, after: group[at + 1] };
    if (way === "indent" && at > 0) op = { parent: group[at - 1], after: this.model.group(group[at - 1]).at(-1) ?? null };
    if (way === "outdent" && item.parent) op = { parent: this.model.item(item.parent).parent, after: item.parent };
    if (!op) { this.say("It cannot move further that way."); return false; }
    const answer = await this.run({ do: "move", item: key, ...op });
    if (!answer.error) this.say(this.stands(key));
    return !answer.error;
  }

  stands(key) {
    const { parent } = this.model.item(key);
    const group = this.model.group(parent);
    const where = parent ? `in ${this.model.label(parent)}` : "at the top";
    return `Now ${group.indexOf(key) + 1} of ${group.length} ${where}.`;
  }

  moveTo(key, parent, after = this.model.group(parent).at(-1) ?? null) {
    return this.run({ do: "move", item: key, parent, after: after === key ? this.model.before(key) : after });
  }

  dropOn(key, onto, how) {
    if (how === "inside") return this.moveTo(key, onto);
    const { parent } = this.model.item(onto);
    let after = how === "after" ? onto : this.model.before(onto);
    if (after === key) after = this.model.before(key);
    return this.run({ do: "move", item: key, parent, after });
  }

  async remove(key, { parent, elsewhere } = {}) {
    const label = this.model.label(key);
    if (elsewhere) {
      const answer = await this.run({ do: "unrelate", type: "isChildOf", origin: key, destination: parent });
      if (!answer.error) this.note(`${label} does not stand in ${this.model.label(parent)} any more.`);
      return answer;
    }
    const answer = await this.run({ do: "remove", item: key });
    if (answer.error) return answer;
    const more = answer.op.keys.length - 1;
    this.note(`${label} is removed${more ? `, with ${count(more, "item")} below it` : ""}.`, true);
    return answer;
  }

  relate(type, origin, destination) { return this.run({ do: "relate", type, origin, destination }); }

  unrelate(type, origin, destination) { return this.run({ do: "unrelate", type, origin, destination }); }

  /** Takes the last message away, but for choices that are still open. */
  calm() { this.message.querySelectorAll(":scope > :not([data-conflict])").forEach((old) => old.remove()); }

  async run(op, more = {}) {
    this.calm();
    const answer = await this.sync.change(op, more);
    if (answer.error) this.refused(answer, () => this.run(op, { keep: true }));
    return answer;
  }

  async turn(way, keep = false) {
    this.calm();
    const answer = await this.sync[way](keep);
    if (answer.error) this.refused(answer, () => this.turn(way, true));
    else this.say(way === "undo" ? "Taken back." : "Done again.");
    return answer;
  }

  /** Something that worked, with undo at hand. */
  note(words, undo = false) {
    this.say(words);
    this.calm();
    this.message.append(el("div", { class: "note" }, icon("ok"),
      el("p", {}, `${words} `, undo && button("Take it back", () => this.turn("undo")))));
  }

  refused(answer, again) {
    const choice = [];
    let words = `${answer.message} ${answer.next_step ?? ""}`;
    if (answer.error === "conflict") {
      words = `${answer.who} changed this at ${clock(answer.at)}, while you did. ${this.told(answer.theirs)}`;
      choice.push(button("Leave theirs", () => this.calm(), { weight: "" }), button("Do it all the same", again, { weight: "" }));
    }
    if (answer.error === "cycle") {
      choice.push(el("p", { "data-path": true }, answer.path.map((key) => this.model.label(key)).join(CIRCLE[answer.kind] ?? " → ")));
    }
    if (answer.error === "gone" && answer.seq) {
      words = `${answer.who} removed this at ${clock(answer.at)}.`;
      choice.push(button("Bring it back", async () => { await this.sync.takeBack(answer.seq); this.calm(); }, { weight: "" }));
    }
    this.calm();
    this.message.append(el("div", { class: "note look", role: "alert", "data-refusal": answer.error }, icon("look"),
      el("div", { class: "stack" }, el("p", {}, el("b", { text: words })), ...choice)));
  }

  told(theirs) {
    if (theirs?.place) return theirs.place.parent ? `It stands in ${this.model.label(theirs.place.parent)} now.` : "It stands at the top now.";
    const [key] = Object.keys(theirs ?? {});
    return this.model.item(key) ? `It is about ${this.model.label(key)}.` : "";
  }
}
