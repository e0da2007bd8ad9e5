// Where boxes of the drawing stand: one column for each top item, what is unfolded below it, in reading order. Pure.

export const WIDE = 168, TALL = 56;
export const BETWEEN = 30;
const GAP = 12, INDENT = 22, DEEP = 14;
export const MOST = 500;
export const LOOSE = "#loose";

/** Top items that are drawn on their own; the rest ("loose") would bury them. */
export const tops = (model) => {
  const all = model.children("");
  const weighty = all.filter((key) => model.children(key).length || ["category", "competency"].includes(model.item(key).kind));
  return weighty.length && all.length > 60 ? [weighty, all.length - weighty.length] : [all, 0];
};

/** Top items whose children are shown at once: those of a framework that is small enough to be seen whole. */
export const openAtFirst = (model) => {
  const [heads] = tops(model);
  const inside = heads.reduce((sum, key) => sum + model.children(key).length, 0);
  return heads.length <= 12 && inside <= 30 ? heads : [];
};

/** {boxes: Map key → {x, y, parent}, cut, loose}: centres in drawing units, at most MOST boxes. */
export const arrange = (model, unfolded, perRow) => {
  const boxes = new Map();
  let cut = 0;
  const put = (key, parent, x, y) => {
    const [px, py] = model.places[key] ?? [x + WIDE / 2, y + TALL / 2];
    boxes.set(key, { x: px, y: py, parent });
    return below(key, px - WIDE / 2, py - TALL / 2, Boolean(model.places[key]));
  };
  // the room that a box and what is unfolded below it take: [wide, tall]
  const below = (key, x, y, placed) => {
    if (!unfolded.has(key)) return placed ? [0, 0] : [WIDE, TALL];
    const kids = model.children(key).filter((kid) => !boxes.has(kid));
    const nested = kids.some((kid) => unfolded.has(kid));
    let [left, top, wide, tall] = [x + INDENT, y + TALL + GAP, WIDE, TALL];
    kids.forEach((kid, at) => {
      if (boxes.size >= MOST) { cut += 1; return; }
      const [w, h] = put(kid, key, left, top);
      if (w) {
        wide = Math.max(wide, left + w - x);
        tall = Math.max(tall, top + h - y);
        top += h + GAP;
      }
      if (!nested && kids.length > DEEP && (at + 1) % DEEP === 0) { left += WIDE + GAP; top = y + TALL + GAP; }
    });
    return placed ? [0, 0] : [wide, tall];
  };
  const [heads, loose] = tops(model);
  let [x, y, row] = [0, 0, 0];
  heads.forEach((key, at) => {
    if (boxes.size >= MOST) { cut += 1; return; }
    const [w, h] = put(key, null, x, y);
    x += (w || WIDE) + BETWEEN;
    row = Math.max(row, h || TALL);
    if ((at + 1) % perRow === 0) { x = 0; y += row + BETWEEN; row = 0; }
  });
  if (loose) boxes.set(LOOSE, { x: x + WIDE / 2, y: y + TALL / 2, parent: null });
  return { boxes, cut, loose };
};
