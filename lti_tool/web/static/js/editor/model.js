// A draft in the page's memory. `apply` makes a change as the server made it, so that every open page comes to the
// same draft by the same changes in the same order.

const CHILD = "isChildOf";
const insertAfter = (list, key, after) => {
  const at = after === null ? 0 : list.indexOf(after) + 1 || list.length;
  list.splice(at, 0, key);
};
const drop = (list, key) => {
  const at = list?.indexOf(key) ?? -1;
  if (at >= 0) list.splice(at, 1);
};

export class Model {
  constructor(content) {
    this.read(content);
  }

  /** The answer of `content.json`. */
  read({ seq, status, number, about, levels, items, links, places }) {
    Object.assign(this, { seq, status, number, about, places });
    this.levels = levels.map(([n, name, description, months]) => ({ number: n, name, description, months }));
    this.items = new Map();
    this.kids = new Map();
    this.shared = new Map();
    this.links = [];
    const keys = items.map(([key]) => key);
    items.forEach(([key, parent, kind, assessed, code, title, description, scope, level, descriptors, position]) => {
      this.items.set(key, {
        key, parent: parent < 0 ? null : keys[parent], kind, assessed, code, title, description, scope, level,
        descriptors, position, also: [],
      });
    });
    for (const item of this.items.values()) this.group(item.parent).push(item.key);
    for (const group of this.kids.values()) group.sort((a, b) => this.items.get(a).position - this.items.get(b).position);
    links.forEach(([type, origin, destination]) => this.link(type, keys[origin], keys[destination]));
  }

  group(parent) {
    const name = parent ?? "";
    if (!this.kids.has(name)) this.kids.set(name, []);
    return this.kids.get(name);
  }

  item(key) { return this.items.get(key); }

  /** Keys below a parent ("" is the top): its own children, then those that also stand elsewhere. */
  children(key) {
    const own = this.kids.get(key) ?? [];
    const more = this.shared.get(key);
    return more?.length ? [...own, ...more] : own;
  }

  label(key) {
    const item = this.items.get(key);
    return item ? `${item.code} ${item.title}`.trim() : "something that is gone";
  }

  /** From the top to the item itself, by main parents. */
  path(key) {
    const found = [];
    for (let at = key; at && this.items.has(at) && !found.includes(at); at = this.items.get(at).parent) found.unshift(at);
    return found;
  }

  linksOf(key) { return this.links.filter((one) => one.origin === key || one.destination === key); }

  value(key, field) {
    const item = this.items.get(key);
    if (!item) return "";
    if (field.startsWith("descriptor:")) return item.descriptors[field.slice(11)] ?? "";
    return item[field] ?? "";
  }

  before(key) {
    const group = this.group(this.items.get(key).parent);
    const at = group.indexOf(key);
    return at > 0 ? group[at - 1] : null;
  }

  search(words, most = Infinity) {
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    if (!parts.length) return found;
    for (const item of this.items.values()) {
      const text = `${item.code} ${item.title} ${item.description}`.toLowerCase();
      if (parts.every((part) => text.includes(part)) && found.push(item.key) >= most) break;
    }
    return found;
  }

  /** Competencies in the order of the outline: the rows of the grid. */
  competencies(below = "") {
    const found = [], seen = new Set();
    const walk = (parent) => {
      for (const key of this.children(parent)) {
        if (seen.has(key)) continue;
        seen.add(key);
        if (this.items.get(key).assessed) found.push(key);
        walk(key);
      }
    };
    if (below && this.items.get(below)?.assessed) found.push(below);
    walk(below);
    return found;
  }

  // changes

  link(type, origin, destination) {
    if (type !== CHILD) { this.links.push({ type, origin, destination }); return; }
    const item = this.items.get(origin);
    if (!item || item.also.includes(destination)) return;
    item.also.push(destination);
    if (!this.shared.has(destination)) this.shared.set(destination, []);
    this.shared.get(destination).push(origin);
  }

  unlink(type, origin, destination) {
    if (type === CHILD) {
      drop(this.items.get(origin)?.also, destination);
      drop(this.shared.get(destination), origin);
      return;
    }
    this.links = this.links.filter((one) => !(one.type === type && one.origin === origin && one.destination === destination));
  }

  settle(key, parent, after) {
    const item = this.items.get(key);
    drop(this.group(item.parent), key);
    item.parent = parent;
    insertAfter(this.group(parent), key, after);
  }

  put({ key, title, kind, code, description, scope, level, descriptors, parent, position }) {
    this.items.set(key, { key, title, kind, code, description, scope, level, descriptors: { ...descriptors }, parent, position, assessed: false, also: [] });
  }

  /** Makes a change that the server made; false when the draft has to be read anew. */
  apply(op) {
    const make = this[`do_${op.do}`];
    if (!make) return false;
    make.call(this, op);
    for (const [key, assessed] of Object.entries(op.assessed ?? {})) {
      if (this.items.has(key)) this.items.get(key).assessed = assessed;
    }
    return true;
  }

  do_add({ item, after }) {
    this.put(item);
    insertAfter(this.group(item.parent), item.key, after);
  }

  do_set({ item: key, fields }) {
    const item = this.items.get(key);
    if (!item) return;
    for (const [name, value] of Object.entries(fields)) {
      if (!name.startsWith("descriptor:")) item[name] = value;
      else if (value) item.descriptors[name.slice(11)] = value;
      else delete item.descriptors[name.slice(11)];
    }
  }

  do_move({ item, parent, after, also }) {
    this.unlink(CHILD, item, parent);
    this.settle(item, parent, after);
    if (also) this.link(CHILD, item, also);
  }

  do_remove({ item, keys, homes }) {
    for (const home of homes) {
      this.unlink(CHILD, home.item, home.other);
      this.settle(home.item, home.other, this.group(home.other).at(-1) ?? null);
    }
    drop(this.group(this.items.get(item)?.parent ?? null), item);
    const gone = new Set(keys);
    for (const key of gone) {
      for (const parent of this.items.get(key)?.also ?? []) drop(this.shared.get(parent), key);
      for (const child of this.shared.get(key) ?? []) drop(this.items.get(child)?.also, key);
      this.items.delete(key);
      this.kids.delete(key);
      this.shared.delete(key);
    }
    this.links = this.links.filter((one) => !gone.has(one.origin) && !gone.has(one.destination));
  }

  do_restore({ items, links, homes, after }) {
    items.forEach((one, at) => {
      this.put(one);
      if (at) this.group(one.parent).push(one.key);
      else insertAfter(this.group(one.parent), one.key, after);
    });
    for (const home of homes) {
      drop(this.group(home.other), home.item);
      Object.assign(this.items.get(home.item), { parent: home.parent, position: home.position });
      this.group(home.parent).push(home.item);
      this.link(CHILD, home.item, home.other);
    }
    for (const { key } of items) this.kids.get(key)?.sort((a, b) => this.items.get(a).position - this.items.get(b).position);
    for (const { type, origin, destination } of links) {
      if (this.items.has(origin) && this.items.has(destination)) this.link(type, origin, destination);
    }
  }

  do_relate({ type, origin, destination }) { this.link(type, origin, destination); }

  do_unrelate({ type, origin, destination }) { this.unlink(type, origin, destination); }

  do_set_level({ number, fields }) { Object.assign(this.levels.find((one) => one.number === number) ?? {}, fields); }

  do_set_about({ fields }) { Object.assign(this.about, fields); }
}
