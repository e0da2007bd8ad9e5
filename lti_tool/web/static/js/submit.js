// Pages that only lead on: a form for the LMS (`data-submit`) is sent, a link into the session (`data-go`) is followed.
// Each also works by hand.
const onward = () => {
  for (const found of document.querySelectorAll("form[data-submit], a[data-go]")) {
    const sends = found.matches("form");
    found.removeAttribute(sends ? "data-submit" : "data-go");
    sends ? found.submit() : found.click();
  }
};

// htmx takes up the page at this event too, and was there first. A module runs once: swapped-in pages come by `htmx:load`.
if (document.readyState === "complete") onward();
else document.addEventListener("DOMContentLoaded", onward);
document.addEventListener("htmx:load", onward);
