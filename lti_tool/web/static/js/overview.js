// The whole class in one picture: one canvas, from one byte a cell (level in the lower four bits; above them, which
// neighbours are possible too). 200 000 cells are drawn as one small image and stretched; as elements they would take
// seconds. The table below holds the same values, and a place in the picture opens it there.
import { ask } from "./bearer.js";

const LEVEL = 0x0f, BELOW = 0x10, ABOVE = 0x20;
const NARROWEST = 3, TALL = 480, HIGHEST = 14, ROOM_FOR_GAPS = 6;
const ON_A_PAGE = 50, NEEDED = 3;

// A token as [r, g, b]: a canvas of one pixel reads any colour that CSS can write.
const reader = () => {
  const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  return {
    read(name) {
      probe.style.color = `var(--${name})`;
      pixel.fillStyle = getComputedStyle(probe).color;
      pixel.fillRect(0, 0, 1, 1);
      return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
    },
    done: () => probe.remove(),
  };
};

const mix = (a, b, part) => a.map((x, k) => Math.round(x * part + b[k] * (1 - part)));
const css = (rgb) => `rgb(${rgb.join(" ")})`;

// What each of the 256 codes looks like: unsure is paler, nothing known is the page itself.
const palette = () => {
  const tokens = reader();
  const [page, soft] = [tokens.read("page"), tokens.read("ground")];
  const top = Number(document.body.dataset.levels);
  const levels = Array.from({ length: top }, (_, k) => tokens.read(`l${k + 1}`));
  tokens.done();
  const look = Array.from({ length: 256 }, (_, code) => {
    const level = Math.min(code & LEVEL, top);
    if (!level) return code ? soft : page;
    return code & (BELOW | ABOVE) ? mix(levels[level - 1], page, 0.62) : levels[level - 1];
  });
  return { page, look };
};

const small = ({ codes, wide, tall, mirrored }, look) => {
  const image = new ImageData(wide, tall);
  const pixels = new Uint32Array(image.data.buffer);
  const little = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  const packed = look.map(([r, g, b]) => (little ? (255 << 24) | (b << 16) | (g << 8) | r : (r << 24) | (g << 16) | (b << 8) | 255) >>> 0);
  for (let row = 0; row < tall; row += 1) {
    const from = row * wide;
    for (let column = 0; column < wide; column += 1) {
      pixels[from + (mirrored ? wide - 1 - column : column)] = packed[codes[from + column]];
    }
  }
  const canvas = Object.assign(document.createElement("canvas"), { width: wide, height: tall });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
};

const draw = (map) => {
  const { canvas, box, wide, tall, areas } = map;
  const dpr = window.devicePixelRatio || 1;
  map.mirrored = getComputedStyle(box).direction === "rtl";
  map.cell = Math.max(Math.round(NARROWEST * dpr), Math.floor((box.clientWidth - 4) * dpr / wide));
  map.line = Math.max(1, Math.round(Math.min(HIGHEST, TALL / tall) * dpr));
  canvas.width = map.cell * wide;
  canvas.height = map.line * tall;
  canvas.style.width = `${canvas.width / dpr}px`;
  canvas.style.height = `${canvas.height / dpr}px`;
  const axis = box.querySelector(".axis");
  axis.style.width = canvas.style.width;
  axis.style.gridTemplateColumns = areas.map((n) => `${n}fr`).join(" ");
  const { page, look } = palette();
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small(map, look), 0, 0, canvas.width, canvas.height);
  context.fillStyle = css(page);
  if (Math.min(map.cell, map.line) >= ROOM_FOR_GAPS * dpr) {
    for (let column = 1; column < wide; column += 1) context.fillRect(column * map.cell, 0, 1, canvas.height);
    for (let row = 1; row < tall; row += 1) context.fillRect(0, row * map.line, canvas.width, 1);
  }
  let edge = 0;
  for (const n of map.mirrored ? areas.toReversed() : areas) {
    if (edge) context.fillRect(edge * map.cell - Math.ceil(dpr), 0, 2 * Math.ceil(dpr), canvas.height);
    edge += n;
  }
  map.drawnAt = box.clientWidth;
};

const say = (code) => {
  const level = code & LEVEL;
  if (!level) return `not enough evidence yet, ${code >> 4} of ${NEEDED} pieces`;
  const also = [code & BELOW && level - 1, code & ABOVE && level + 1].filter(Boolean);
  return `level ${level}${also.length ? `, perhaps ${also.join(" or ")}` : ""}`;
};

const placeOf = (map, e) => {
  const frame = map.canvas.getBoundingClientRect();
  const across = Math.floor((e.clientX - frame.left) / frame.width * map.wide);
  const row = Math.floor((e.clientY - frame.top) / frame.height * map.tall);
  if (row < 0 || row >= map.tall || across < 0 || across >= map.wide) return null;
  const column = map.mirrored ? map.wide - 1 - across : across;
  return { row, column, learner: map.data.learners[row], competency: map.data.competencies[column] };
};

const open = (map, { row, learner, competency }) => {
  const { page, query } = map.figure.dataset;
  const place = new URLSearchParams(query);
  place.set("from", String(Math.floor(row / ON_A_PAGE) * ON_A_PAGE));
  place.set("person", learner[0]);
  place.set("item", competency[0]);
  const link = Object.assign(document.createElement("a"), { href: `${page}?${place}#opened`, hidden: true });
  map.figure.append(link);
  window.htmx?.process(link);
  link.click();
  link.remove();
};

const listen = (map) => {
  const line = map.figure.querySelector("[data-readout]");
  map.canvas.addEventListener("pointermove", (e) => {
    const place = placeOf(map, e);
    line.textContent = place
      ? `${place.learner[1]} · ${place.competency[1]} · ${say(map.codes[place.row * map.wide + place.column])}`
      : "";
  });
  map.canvas.addEventListener("pointerleave", () => { line.textContent = ""; });
  map.canvas.addEventListener("click", (e) => { const place = placeOf(map, e); if (place) open(map, place); });
  new ResizeObserver(() => { if (map.box.isConnected && Math.abs(map.box.clientWidth - map.drawnAt) > 1) draw(map); }).observe(map.box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (map.box.isConnected) draw(map); });
};

const show = async (figure) => {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const answer = await ask(figure.dataset.src, "application/octet-stream");
  if (!answer.ok) throw new Error(`${answer.status}`);
  const codes = new Uint8Array(await answer.arrayBuffer());
  const [wide, tall] = [data.competencies.length, data.learners.length];
  if (codes.length !== wide * tall) throw new Error("the class has changed since the page was made");
  const areas = [...figure.querySelectorAll("[data-wide]")].map((span) => Number(span.dataset.wide));
  const map = { figure, data, codes, wide, tall, areas, box: figure.querySelector(".whole"), canvas: figure.querySelector("canvas") };
  figure.hidden = false;
  draw(map);
  listen(map);
  figure.dataset.painted = "true";
};

export const wake = (root) => Promise.all([...root.querySelectorAll("[data-overview]:not([data-painted])")].map((figure) => {
  figure.dataset.painted = "now";
  return show(figure).catch((error) => {
    figure.hidden = true;
    figure.dataset.painted = "false";
    console.warn("overview not drawn", error);
  });
}));
