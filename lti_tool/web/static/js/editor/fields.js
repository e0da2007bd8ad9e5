// A text or choice that saves itself: when it is left, and after a pause in typing. What somebody else wrote meanwhile
// is shown beside what was typed here, and the person chooses; nothing typed is ever replaced.
import { button, clock, el, icon, later } from "./dom.js";

const PAUSE = 900;

const shown = (value) => (value === "" || value === null || value === undefined ? "(empty)" : String(value));

/** The two versions and the choice between them, right under the field. */
const conflict = ({ label, who, at, theirs, mine, useTheirs, keepMine }) => el("div", { class: "note look", role: "alert", "data-conflict": true },
  icon("look"),
  el("div", { class: "stack" },
    el("p", {}, el("b", { text: `${who} changed this at ${clock(at)}, while you did.` }), ` ${label}`),
    el("p", {}, "Theirs: ", el("i", { text: shown(theirs) })),
    el("p", {}, "Yours: ", el("i", { text: shown(mine) })),
    el("p", { class: "row" }, button("Use theirs", useTheirs, { weight: "" }), button("Keep mine", keepMine, { weight: "" }))));

/**
 * Binds a control. `read` gives the value that stands, `op` makes the change for a new value.
 * Returns {refresh, flush, dirty}: `refresh` shows what stands now unless something is being typed.
 */
export const bind = (control, { sync, read, op, place = control.parentElement, typed = true }) => {
  let base = null;     // what the person had seen when they began; null while nothing is being typed
  let sending = false;
  const dirty = () => base !== null;
  const text = () => (control.type === "checkbox" ? control.checked : control.value);
  let note = null;
  let label = "";
  const clear = () => { note?.remove(); note = null; };
  // Under the field; where somebody has gone on to another item meanwhile, at the top of the page.
  const show = (made) => { note = made; (place.isConnected ? place : document.querySelector("[data-message]"))?.append(made); };

  const refuse = (answer, value) => {
    clear();
    if (answer.error === "conflict") {
      const theirs = Object.values(answer.theirs)[0];
      const { seq } = answer;
      show(conflict({
        ...answer, theirs, mine: value, label: place.isConnected ? "" : label,
        useTheirs: () => { clear(); base = null; control.value = read() ?? ""; control.focus(); },
        keepMine: () => { clear(); base = seq; save(); control.focus(); },
      }));
      return;
    }
    if (answer.error === "gone") {
      const back = answer.seq && button("Bring it back", async () => {
        const brought = await sync.takeBack(answer.seq);
        if (!brought.error) { clear(); save(); }
      }, { weight: "" });
      show(el("div", { class: "note look", role: "alert", "data-conflict": true }, icon("look"), el("div", { class: "stack" },
        el("p", {}, el("b", { text: `${answer.who ?? "Somebody"} removed this meanwhile.` }), " You wrote: ", el("i", { text: shown(value) })), back)));
      return;
    }
    show(el("p", { class: "error", role: "alert", "data-refused": true }, icon("problem"), el("span", { text: `${answer.message} ${answer.next_step ?? ""}` })));
  };

  const save = async () => {
    pause.stop();
    if (!dirty() || sending || note?.matches("[data-conflict]")) return;
    const value = text();
    if (value === String(read() ?? "")) { base = null; clear(); return; }
    sending = true;
    const answer = await sync.change(op(value), { base });
    sending = false;
    if (answer.error) { refuse(answer, value); return; }
    clear();
    base = null;
    if (text() !== value && String(text()).trim() !== String(read() ?? "")) { begin(); pause(); }
  };
  const pause = later(save, PAUSE);
  const begin = () => { base ??= sync.model.seq; label = control.labels?.[0]?.textContent ?? control.ariaLabel ?? ""; };

  control.addEventListener("input", () => { begin(); if (note?.matches("[data-refused]")) clear(); if (typed) pause(); });
  control.addEventListener("change", () => { begin(); save(); });
  control.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); save(); }
  });

  const refresh = () => {
    if (dirty() || sending) return;
    const value = String(read() ?? "");
    if (control.value !== value) control.value = value;
  };
  return { refresh, flush: save, dirty };
};
