// Small tools of the editor: elements from values, words for a screen reader, waiting for a pause in typing.

/** An element. `props` are attributes; those that start with "on" are listeners, `text` is its text. */
export const el = (tag, props = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
};

const SVG = "http://www.w3.org/2000/svg";
export const icon = (name) => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
};

export const button = (label, press, { weight = "plain", about = "", ...more } = {}) =>
  el("button", { type: "button", class: `btn ${weight}`.trim(), onclick: press, ...more },
    label, about && el("span", { class: "sr", text: `: ${about}` }));

/** Says `words` to screen readers, once. */
export const announcer = (line) => (words) => {
  line.textContent = "";
  requestAnimationFrame(() => { line.textContent = words; });
};

export const later = (work, ms) => {
  let timer = 0;
  const start = () => { clearTimeout(timer); timer = setTimeout(work, ms); };
  start.stop = () => clearTimeout(timer);
  return start;
};

export const clock = (iso) => {
  const when = new Date(iso);
  const time = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return when.toDateString() === new Date().toDateString() ? time : `${when.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
};
export const count = (n, one, many = `${one}s`) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
