// Charts: a Vega-Lite specification from the page or from an address of ours, drawn without eval (ast) and without
// injected styles. Vega is read only where a chart is. Colours come from the tokens, so both themes look right.
import { ask } from "./bearer.js";

const FILES = ["vega.min.js", "vega-lite.min.js", "vega-embed.min.js"];
let vega;

const script = (file) => new Promise((done, failed) => {
  const tag = document.createElement("script");
  tag.src = new URL(`../vendor/${file}`, import.meta.url);
  tag.onload = done;
  tag.onerror = failed;
  document.head.append(tag);
});

const ready = () => (vega ??= (async () => { for (const file of FILES) await script(file); })());

const colour = (name) => {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

const look = () => {
  const [ink, soft, rule, accent] = ["ink", "ink-soft", "rule", "accent"].map(colour);
  const font = getComputedStyle(document.body).fontFamily;
  const levels = Array.from({ length: Number(document.body.dataset.levels) }, (_, k) => k + 1);
  const words = { labelColor: ink, titleColor: ink, labelFont: font, titleFont: font, labelFontSize: 13, titleFontSize: 13 };
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    axis: { ...words, domainColor: soft, tickColor: soft, gridColor: rule },
    legend: words,
    header: words,
    title: { color: ink, font },
    text: { color: ink },
    mark: { color: accent },
    range: { ordinal: levels.map((level) => colour(`l${level}`)) },
  };
};

const read = async (box) => {
  if (!box.dataset.src) return JSON.parse(document.getElementById(box.dataset.spec).textContent);
  const answer = await ask(box.dataset.src, "application/json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
};

// What the pointer is on is said in a line under the chart: no floating box, and nothing that is not in the table.
const readout = (line) => (_handler, _event, _item, value) => {
  if (!line) return;
  const pairs = value && typeof value === "object" ? Object.entries(value) : [];
  line.textContent = pairs.length ? pairs.map(([name, said]) => `${name}: ${said}`).join(" · ") : String(value ?? "");
};

const draw = async (box) => {
  const [spec] = await Promise.all([read(box), ready()]);
  box.waymarkView?.finalize();
  // The specification's own theme is for paper and pictures; on the page the tokens decide.
  const { config, background, ...plain } = spec;
  const { view } = await window.vegaEmbed(box, plain, {
    mode: "vega-lite",
    ast: true,
    actions: false,
    defaultStyle: false,
    renderer: "canvas",
    config: { ...config, ...look() },
    tooltip: readout(box.parentElement.querySelector("[data-readout]")),
  });
  box.waymarkView = view;
  box.dataset.drawn = "true";
  // Wider than its place it scrolls, and then the keyboard must reach it.
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
};

const fail = (box, error) => {
  box.dataset.drawn = "false";
  box.closest("figure")?.querySelector("details")?.setAttribute("open", "");
  console.warn("chart not drawn", error);
};

// Vega is most of what a page weighs: it is read when a chart comes near the window, or the page goes to a printer.
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) if (isIntersecting) now([target]);
}, { rootMargin: "200px" });

const now = (boxes) => {
  for (const box of boxes) { near.unobserve(box); box.dataset.drawn = "now"; }
  return Promise.all(boxes.map((box) => draw(box).catch((error) => fail(box, error))));
};

const waiting = (root) => [...root.querySelectorAll("[data-chart]:not([data-drawn]), [data-drawn=later]")];

export const wake = (root) => {
  for (const box of waiting(root)) { box.dataset.drawn = "later"; near.observe(box); }
};

addEventListener("beforeprint", () => now(waiting(document)));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => now([...document.querySelectorAll("[data-drawn=true]")]));
