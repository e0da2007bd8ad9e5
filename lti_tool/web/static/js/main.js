// Every page loads this file. Each part works by delegation on `data-*` hooks; `wake` looks at what is new.
import { announce, hold } from "./ready.js";
import "./bearer.js";
import "./frame.js";
import "./panels.js";
import { wake as wakeMap } from "./map.js";
import { wake as wakeCohort } from "./cohort.js";
import { wake as wakeReview } from "./review.js";

const wake = (root) => {
  [wakeMap, wakeCohort, wakeReview].forEach((each) => each(root));
  if (root.querySelector("[data-chart]:not([data-drawn])")) hold(import("./charts.js").then((charts) => charts.wake(root)));
  if (root.querySelector("[data-editor]:not([data-awake])")) hold(import("./editor/main.js").then((editor) => editor.wake(root)));
  if (root.querySelector("[data-overview]:not([data-painted])")) hold(import("./overview.js").then((overview) => overview.wake(root)));
};

wake(document);
document.querySelector("[data-focus]")?.focus();

document.addEventListener("htmx:load", (e) => wake(e.detail.elt.parentElement ?? e.detail.elt));
document.addEventListener("htmx:beforeRequest", () => { delete document.documentElement.dataset.ready; });
document.addEventListener("htmx:afterRequest", announce);
document.addEventListener("htmx:afterSettle", (e) => {
  if (e.detail.boosted) (document.querySelector("[data-focus]") ?? document.getElementById("main"))?.focus();
  announce();
});

// The page's own modules run after this one and before this event.
document.addEventListener("DOMContentLoaded", announce);
