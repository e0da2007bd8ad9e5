// Review by keyboard: 1 to 4 choose; A, B, R, J, K press their buttons. Only with the focus in the area, never while
// typing, and with a switch to turn them off (WCAG 2.1.4). Everything also has a button.
const TYPING = 'textarea, select, [contenteditable], input:not([type="radio"], [type="checkbox"], [type="submit"])';

document.addEventListener("keydown", (e) => {
  const area = e.target.closest?.("[data-review]");
  if (!area || area.dataset.keys === "off" || e.target.matches(TYPING)) return;
  if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.key.length !== 1) return;
  const key = e.key.toLowerCase();
  const pick = /^[1-9]$/.test(key) && area.querySelectorAll("[data-choices] :is([type=radio], [type=checkbox])")[Number(key) - 1];
  if (pick) {
    e.preventDefault();
    pick.checked = pick.type === "radio" || !pick.checked;
    pick.dispatchEvent(new Event("change", { bubbles: true }));
    (area.querySelector(`[data-picks="${CSS.escape(pick.id)}"]`) ?? pick).focus();
    return;
  }
  const press = area.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (press) { e.preventDefault(); press.focus(); press.click(); }
});

const count = (form) => {
  const boxes = [...form.querySelectorAll("[data-one]")];
  const chosen = boxes.filter((box) => box.checked).length;
  form.querySelectorAll("[data-count]").forEach((place) => { place.textContent = String(chosen); });
  const all = form.querySelector("[data-all]");
  if (all) { all.checked = chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
};

document.addEventListener("change", (e) => {
  if (e.target.matches("[data-toggle-keys]")) {
    e.target.closest("[data-review]").dataset.keys = e.target.checked ? "on" : "off";
  }
  const several = e.target.closest("[data-several]");
  if (!several) return;
  if (e.target.matches("[data-all]")) {
    several.querySelectorAll("[data-one]").forEach((box) => { box.checked = e.target.checked; });
  }
  count(several);
});

// Typing in "Another competency" chooses it.
document.addEventListener("input", (e) => {
  const pick = e.target.dataset?.picks && document.getElementById(e.target.dataset.picks);
  if (pick && e.target.value) pick.checked = true;
});

export const wake = (root) => {
  root.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });
  root.querySelectorAll("[data-several]").forEach(count);
};
