// The drawing: what is unfolded of the framework as boxes on a canvas, with its relations as arrows. Boxes are dragged
// where one wants them and connected by dragging from one to the other. The outline can do all of it by keyboard.
import { count, el, later } from "./dom.js";
import { arrange, BETWEEN, LOOSE, openAtFirst, TALL, WIDE } from "./layout.js";

const DRAWN = new Set(["precedes", "isRelatedTo", "isPartOf"]);
const SAID = { precedes: "comes before", isRelatedTo: "is related to", isPartOf: "is part of" };
const LISTED = 200, READABLE = 0.8;

// The library would add a style element of its own, which the page's policy refuses; its one rule is in editor.css.
const OWN_STYLE = "__________cytoscape_stylesheet";

const library = () => new Promise((done, failed) => {
  if (!document.getElementById(OWN_STYLE)) document.head.append(el("meta", { id: OWN_STYLE }));
  if (window.cytoscape) { done(window.cytoscape); return; }
  const tag = el("script", { src: new URL("../../vendor/cytoscape.min.js", import.meta.url) });
  tag.onload = () => done(window.cytoscape);
  tag.onerror = failed;
  document.head.append(tag);
});

const colour = (name) => {
  const probe = el("span", { hidden: true });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

// A canvas of one pixel turns any colour of CSS into the rgb() that the library reads.
const plain = (name) => {
  const pixel = el("canvas", { width: 1, height: 1 }).getContext("2d");
  pixel.fillStyle = colour(name);
  pixel.fillRect(0, 0, 1, 1);
  return `rgb(${[...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3).join(",")})`;
};

const look = () => {
  const [page, ground, ink, soft, edge, accent, wash] = ["page", "ground", "ink", "ink-soft", "edge", "accent", "accent-wash"].map(plain);
  const line = { width: 1.75, "line-color": ink, "curve-style": "bezier", "control-point-step-size": 36, "target-arrow-color": ink, "arrow-scale": 1.1 };
  return [
    { selector: "node", style: {
      shape: "round-rectangle", width: WIDE, height: TALL, "background-color": page, "border-color": edge, "border-width": 1.25, label: "data(label)",
      color: ink, "font-family": getComputedStyle(document.body).fontFamily, "font-size": 12.5, "text-wrap": "wrap", "text-max-width": WIDE - 16, "text-valign": "center", "text-halign": "center",
    } },
    { selector: "node[kind = 'category']", style: { "background-color": ground, "border-color": ink, "border-width": 1.5, "font-weight": 700 } },
    { selector: "node[?hit]", style: { "border-color": accent, "border-width": 2.5, "border-style": "dashed" } },
    { selector: "node[?chosen]", style: { "border-color": accent, "border-width": 3, "background-color": wash } },
    { selector: `node[id = '${LOOSE}']`, style: { "border-style": "dashed", color: soft } },
    { selector: "edge[type = 'in']", style: { width: 1.25, "line-color": edge, "curve-style": "segments", "edge-distances": "endpoints", "segment-weights": "data(along)", "segment-distances": "data(aside)", "source-endpoint": "-46% 50%", "target-endpoint": "-50% 0%" } },
    { selector: "edge[type = 'precedes']", style: { ...line, "target-arrow-shape": "triangle", "source-endpoint": "outside-to-node", "target-endpoint": "outside-to-node" } },
    { selector: "edge[type = 'isRelatedTo']", style: { ...line, width: 1.5, "line-color": soft, "line-style": "dashed", "source-endpoint": "outside-to-node", "target-endpoint": "outside-to-node" } },
    { selector: "edge[type = 'isPartOf']", style: { ...line, width: 1.5, "line-color": soft, "line-style": "dotted", "target-arrow-shape": "diamond", "target-arrow-color": soft, "source-endpoint": "outside-to-node", "target-endpoint": "outside-to-node" } },
    { selector: "edge[bow]", style: { "curve-style": "unbundled-bezier", "edge-distances": "endpoints", "control-point-distances": "data(bow)", "control-point-weights": 0.5, "source-endpoint": "50% 0%", "target-endpoint": "50% 0%" } },
    { selector: "#ghost", style: { width: 1, height: 1, opacity: 0, label: "" } },
    { selector: "edge[?ghost]", style: { "line-color": accent, width: 2, "curve-style": "straight", "source-endpoint": "outside-to-node", "target-endpoint": "outside-to-node" } },
    { selector: "core", style: { "active-bg-opacity": 0, "selection-box-opacity": 0 } },
  ];
};

const short = (text, most = 62) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);

// The bend of a line that goes down from a parent's left edge, then right to its child: as parts of the straight line.
const elbow = (parent, child) => {
  const dx = child.x - WIDE / 2 - (parent.x - WIDE * 0.46);
  const dy = child.y - (parent.y + TALL / 2);
  const long = Math.hypot(dx, dy) || 1;
  return { along: (dy * dy) / (long * long), aside: (dx * dy) / long };
};

// Boxes above each other are joined round their right edge: a straight line would run behind those between them.
const bow = (from, to) => (Math.abs(to.x - from.x) < WIDE * 0.75 ? { bow: to.y > from.y ? -44 : 44 } : {});

export class Drawing {
  constructor(section, { model, sync, actions, choose }) {
    Object.assign(this, { section, model, sync, actions, choose, unfolded: new Set(), chosen: null, hits: new Set(), moved: new Map() });
    this.board = section.querySelector("[data-board]");
    this.list = section.querySelector("[data-list]");
    this.redraw = later(() => this.draw(), 60);
    this.keep = later(() => this.put(), 400);
    this.list.addEventListener("toggle", () => this.drawList());
  }

  async start() {
    const cytoscape = await library();
    this.cy = cytoscape({ container: this.board, style: look(), layout: { name: "preset" }, minZoom: 0.1, maxZoom: 2.5, userZoomingEnabled: false, boxSelectionEnabled: false, autounselectify: true });
    const at = (name) => this.section.querySelector(`[data-${name}]`);
    at("fold-all").addEventListener("click", () => { this.unfolded.clear(); this.draw(true); });
    at("unfold").addEventListener("click", () => this.toggle(this.chosen));
    at("fit").addEventListener("click", () => this.fit());
    at("larger").addEventListener("click", () => this.zoom(1.3));
    at("smaller").addEventListener("click", () => this.zoom(1 / 1.3));
    this.mode = this.section.querySelector("#connect");
    this.mode.addEventListener("change", () => this.cy.autoungrabify(Boolean(this.mode.value)));
    this.listen();
    new ResizeObserver(() => { this.wide = null; this.cy.resize(); }).observe(this.board);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.cy.style(look()));
    openAtFirst(this.model).forEach((key) => this.unfolded.add(key));
    if (this.chosen) this.model.path(this.chosen).slice(0, -1).forEach((key) => this.unfolded.add(key));
    this.draw(true);
    this.board.dataset.drawn = "true";
  }

  listen() {
    const { cy } = this;
    cy.on("tap", "node", (e) => { if (e.target.id() !== LOOSE && !this.mode.value) this.choose(e.target.id(), { from: "drawing" }); });
    cy.on("dbltap", "node", (e) => this.toggle(e.target.id()));
    cy.on("dragfree", "node", (e) => {
      const { x, y } = e.target.position();
      this.model.places[e.target.id()] = [Math.round(x), Math.round(y)];
      this.moved.set(e.target.id(), this.model.places[e.target.id()]);
      this.keep();
      this.draw();
    });
    cy.on("tapstart", "node", (e) => { if (this.mode.value) this.reach(e.target, e.position); });
    cy.on("tapdrag", (e) => { if (this.from) cy.$("#ghost").position(e.position); });
    cy.on("tapend", (e) => { if (this.from) this.connect(e.position); });
  }

  reach(node, position) {
    this.from = node.id();
    this.cy.userPanningEnabled(false);
    this.cy.add([{ group: "nodes", data: { id: "ghost" }, position: { ...position }, grabbable: false, selectable: false },
      { group: "edges", data: { id: "ghost-line", source: this.from, target: "ghost", ghost: true } }]);
  }

  connect({ x, y }) {
    const { from } = this;
    this.from = null;
    this.cy.$("#ghost").remove();
    this.cy.userPanningEnabled(true);
    const onto = this.cy.nodes().filter((node) => {
      const box = node.boundingBox({ includeLabels: false });
      return x >= box.x1 && x <= box.x2 && y >= box.y1 && y <= box.y2;
    }).first();
    const to = onto.nonempty() ? onto.id() : null;
    if (!to || to === from || to === LOOSE || from === LOOSE) return;
    if (this.mode.value === "isChildOf") this.actions.moveTo(from, to);
    else this.actions.relate(this.mode.value, from, to);
  }

  put() {
    const places = [...this.moved].map(([key, [x, y]]) => ({ key, x, y }));
    this.moved.clear();
    if (places.length) this.sync.places(places);
  }

  toggle(key) {
    if (!key || !this.model.item(key)) return;
    if (!this.model.children(key).length) { this.actions.say("Nothing stands below it."); return; }
    if (this.unfolded.has(key)) this.unfolded.delete(key);
    else this.unfolded.add(key);
    this.draw(true);
  }

  /** The chosen item, with what it stands below unfolded. */
  show(key) {
    const before = this.chosen;
    this.chosen = key;
    if (!this.cy) return;
    const fresh = this.model.path(key).slice(0, -1).filter((each) => !this.unfolded.has(each));
    fresh.forEach((each) => this.unfolded.add(each));
    if (fresh.length) this.draw();
    else for (const each of [before, key]) if (each) this.cy.getElementById(each).data("chosen", each === key);
    const node = this.cy.getElementById(key);
    if (node.empty()) return;
    const { x1, x2, y1, y2 } = this.cy.extent();
    const { x, y } = node.position();
    if (x < x1 || x > x2 || y < y1 || y > y2) this.cy.center(node);
  }

  found(keys) {
    this.hits = new Set(keys ?? []);
    this.redraw();
  }

  changed() { if (this.cy) this.redraw(); }

  perRow() { return Math.max(3, Math.floor((this.wide ??= this.board.clientWidth) / ((WIDE + BETWEEN) * 0.8))); }

  elements() {
    const { boxes, cut, loose } = arrange(this.model, this.unfolded, this.perRow());
    const wanted = new Map();
    for (const [key, { x, y, parent }] of boxes) {
      const item = this.model.item(key);
      const folded = item && !this.unfolded.has(key) ? this.model.children(key).length : 0;
      const label = item ? short(this.model.label(key)) + (folded ? `  (+${folded})` : "") : `${count(loose, "item")} in no category, in the outline`;
      wanted.set(key, { group: "nodes", data: { id: key, label, kind: item?.kind ?? "", chosen: key === this.chosen, hit: this.hits.has(key) }, position: { x, y } });
      if (parent) wanted.set(`${key} in ${parent}`, { group: "edges", data: { id: `${key} in ${parent}`, source: parent, target: key, type: "in", ...elbow(boxes.get(parent), { x, y }) } });
    }
    for (const { type, origin, destination } of this.model.links) {
      if (!DRAWN.has(type) || !boxes.has(origin) || !boxes.has(destination)) continue;
      const id = `${origin} ${type} ${destination}`;
      wanted.set(id, { group: "edges", data: { id, source: origin, target: destination, type, ...bow(boxes.get(origin), boxes.get(destination)) } });
    }
    return { wanted, cut, drawn: boxes.size };
  }

  draw(fit = false) {
    if (!this.cy || this.from) return;
    const { wanted, cut, drawn } = this.elements();
    this.cy.batch(() => {
      this.cy.elements().forEach((one) => { if (!wanted.has(one.id())) one.remove(); });
      const fresh = [];
      for (const [id, one] of wanted) {
        const there = this.cy.getElementById(id);
        if (there.empty()) { fresh.push(one); continue; }
        if (one.group === "edges") {
          if (there.data("aside") !== one.data.aside || there.data("bow") !== one.data.bow) { there.remove(); fresh.push(one); }
          continue;
        }
        if (Object.entries(one.data).some(([name, value]) => there.data(name) !== value)) there.data(one.data);
        const { x, y } = there.position();
        if (!there.grabbed() && (x !== one.position.x || y !== one.position.y)) there.position(one.position);
      }
      this.cy.add(fresh.sort((a, b) => (a.group === b.group ? 0 : a.group === "nodes" ? -1 : 1)));
    });
    if (fit) this.fit();
    const relations = this.model.links.length;
    this.board.setAttribute("aria-label", `Drawing of the framework: ${drawn} of ${count(this.model.items.size, "item")} unfolded. ${count(relations, "relation")}, listed below.`);
    const hint = this.section.querySelector("[data-hint]");
    if (cut) hint.textContent = `${drawn} boxes are drawn and ${cut} are not: fold what you do not need, or use the outline.`;
    if (this.list.open) this.drawList();
  }

  fit() {
    const { cy } = this;
    cy.fit(undefined, 24);
    if (cy.zoom() > 1) { cy.zoom(1); cy.center(); }
    if (cy.zoom() < 0.7) { // too small to read: from the top left, at a size that can be read
      cy.zoom(READABLE);
      const box = cy.elements().boundingBox();
      cy.pan({ x: 20 - box.x1 * READABLE, y: 20 - box.y1 * READABLE });
    }
  }

  zoom(by) { this.cy.zoom({ level: this.cy.zoom() * by, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } }); }

  drawList() {
    const links = this.model.links.filter((one) => DRAWN.has(one.type));
    this.list.replaceChildren(el("summary", { text: "The same as a list" }),
      el("ul", { class: "stack" }, ...links.slice(0, LISTED).map(({ type, origin, destination }) =>
        el("li", { text: `${this.model.label(origin)} ${SAID[type]} ${this.model.label(destination)}` }))),
      links.length > LISTED && el("p", { class: "soft", text: `and ${links.length - LISTED} more; each item lists its own.` }),
      !links.length && el("p", { class: "soft", text: "No relations yet. Choose an item and add one below." }));
  }
}
