// Between the page and the server: changes go one after the other and are sent again until they arrive; others' come
// by asking every few seconds. Everything is applied in the server's order.
import { ask, send } from "../bearer.js";

const OFTEN = 4000, SELDOM = 15000, QUIET = 120000;
const RETRY = [1000, 2000, 5000, 10000, 20000];
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Sync extends EventTarget {
  constructor(base, model) {
    super();
    Object.assign(this, { base, model, done: [], undone: [], waiting: 0, sent: 0, state: "saved" });
    this.client = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    this.line = Promise.resolve();
    this.busyAt = Date.now();
  }

  tell(name, detail = {}) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  is(state, words = "") {
    this.state = state;
    this.tell("state", { state, words });
  }

  /** Makes a change. Resolves to {seq, op} or {error, message, ...}; text is never lost by a lost connection. */
  change(op, { base = this.model.seq, keep = false } = {}) {
    return this.post({ op, base, keep }).then((answer) => {
      if (!answer.error) { this.done.push(answer.seq); this.undone.length = 0; this.tell("stacks"); }
      return answer;
    });
  }

  async turn(from, to, keep) {
    const seq = from.at(-1);
    if (seq === undefined) return { error: "nothing", message: "There is nothing to take back." };
    const answer = await this.post({ undo: seq, keep });
    if (!answer.error || answer.error === "taken_back") drop(from, seq);
    if (!answer.error) to.push(answer.seq);
    this.tell("stacks");
    return answer;
  }

  undo(keep = false) { return this.turn(this.done, this.undone, keep); }

  redo(keep = false) { return this.turn(this.undone, this.done, keep); }

  /** Takes back one edit by its number, of whomever. */
  async takeBack(seq, keep = false) {
    const answer = await this.post({ undo: seq, keep });
    if (!answer.error) { drop(this.done, seq); this.done.push(answer.seq); this.tell("stacks"); }
    return answer;
  }

  post(body) {
    this.waiting += 1;
    this.busyAt = Date.now();
    this.is("saving");
    const answer = this.line.then(() => this.deliver({ ...body, client: this.client, sent: (this.sent += 1) }));
    this.line = answer.catch(() => {});
    return answer.finally(() => {
      this.waiting -= 1;
      if (!this.waiting && this.state === "saving") this.is("saved");
    });
  }

  async deliver(body) {
    for (let turn = 0; ; turn += 1) {
      const answer = await send(`${this.base}/change`, body).catch(() => null);
      const value = answer && await answer.json().catch(() => null);
      if (value && answer.ok) { await this.take(value, body); return value; }
      if (value?.error && answer.status < 500 && answer.status !== 429) {
        this.is(answer.status === 401 || value.error === "not_a_draft" ? "closed" : "saving", value.message);
        if (answer.status === 409) await this.poll();
        return value;
      }
      this.is("offline");
      await pause(RETRY[Math.min(turn, RETRY.length - 1)]);
      this.is("saving");
    }
  }

  async take({ seq, op }) {
    if (seq <= this.model.seq) return;
    if (seq === this.model.seq + 1 && this.model.apply(op)) {
      this.model.seq = seq;
      this.tell("changed", { ops: [op], mine: true });
      return;
    }
    await this.poll();  // others' came in between, or the levels changed
  }

  async poll() {
    const answer = await ask(`${this.base}/changes.json?since=${this.model.seq}`, "application/json");
    if (!answer.ok) return;
    const { edits, status, reload, seq } = await answer.json();
    if (status !== "draft") this.is("closed", "This version is no draft any more: it was published, or is being tried in courses.");
    const fresh = edits.filter((one) => one.seq > this.model.seq);
    if (!fresh.length && !reload) return;
    if (reload || seq < this.model.seq) await this.reread();
    const applied = fresh.filter((one) => one.seq > this.model.seq);
    for (const edit of applied) {
      if (!this.model.apply(edit.op)) { await this.reread(); break; }
      this.model.seq = edit.seq;
    }
    if (applied.length) this.tell("changed", { ops: applied.map((one) => one.op), mine: applied.every((one) => one.client === this.client) });
    const others = fresh.filter((one) => one.client !== this.client);
    if (others.length) { this.busyAt = Date.now(); this.tell("others", { edits: others }); }
  }

  async reread() {
    const answer = await ask(`${this.base}/content.json`, "application/json");
    if (!answer.ok) throw new Error(`${answer.status}`);
    this.model.read(await answer.json());
    this.tell("changed", { ops: [], mine: false, all: true });
  }

  /** Asks for others' changes while the page is open: rarely when nothing happens, not at all when nobody looks. */
  async watch(root) {
    const look = () => { if (root.isConnected && !document.hidden && !this.waiting) this.line.then(() => this.poll()).catch(() => {}); };
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    while (root.isConnected) {
      await pause(Date.now() - this.busyAt < QUIET ? OFTEN : SELDOM);
      if (!root.isConnected) return;
      look();
    }
  }

  history() { return ask(`${this.base}/history.json`, "application/json").then((answer) => answer.json()); }

  findings() { return ask(`${this.base}/findings.json`, "application/json").then((answer) => answer.json()); }

  places(places) { return send(`${this.base}/places`, { places }).catch(() => {}); }
}

const drop = (list, one) => {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
};
