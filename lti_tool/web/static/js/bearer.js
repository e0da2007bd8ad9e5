// Sessions without any cookie: the page brings a one-page bearer. It moves into this closure at once and travels in
// a header, never in an address. Without a bearer this file only offers `ask`.
const HEADER = "X-Waymark-Session";
const meta = document.querySelector('meta[name="waymark-session"]');
let bearer = meta?.content ?? "";
meta?.remove();

const reach = (href, accept, more) => {
  const url = new URL(href, document.baseURI);
  if (url.origin !== location.origin) throw new Error("not an address of ours");
  const headers = { Accept: accept, "X-Requested-With": "fetch", ...more.headers };
  if (bearer) headers[HEADER] = bearer;
  return fetch(url, { ...more, headers });
};

/** GET an address of ours, with the session. Others are refused: the bearer must not leave. */
export const ask = (href, accept = "text/html") => reach(href, accept, {});

/** POST a value as JSON to an address of ours, with the session. */
export const send = (href, value) => reach(href, "application/json", {
  method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" },
});

// A swapped-in page brings its own bearer, levels, language and theme; htmx only takes its body's content.
const takeOver = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = page.querySelector('meta[name="waymark-session"]')?.content;
  if (next) bearer = next;
  const { levels } = page.body.dataset;
  if (levels) document.body.dataset.levels = levels;
  for (const name of ["lang", "dir", "data-theme"]) {
    const value = page.documentElement.getAttribute(name);
    if (value) document.documentElement.setAttribute(name, value);
    else if (page.documentElement.lang) document.documentElement.removeAttribute(name);
  }
};

if (bearer) {
  document.body.setAttribute("hx-boost", "true");
  document.addEventListener("htmx:configRequest", (e) => { e.detail.headers[HEADER] = bearer; });
  document.addEventListener("htmx:historyCacheMiss", (e) => e.detail.xhr.setRequestHeader(HEADER, bearer));
  document.addEventListener("htmx:beforeSwap", (e) => { if (e.detail.boosted) takeOver(e.detail.serverResponse); });
  document.addEventListener("htmx:historyCacheMissLoad", (e) => takeOver(e.detail.response ?? e.detail.xhr.responseText));
}
