// A button that copies what stands in a field. In a frame the LMS may not allow the clipboard: then the text is selected,
// ready for the keys.
const select = (field) => { field.focus(); field.select(); };

const copy = async (field) => {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    select(field);
    return document.execCommand("copy");
  }
};

// A module runs once, also where pages are swapped in: the document listens for all of them.
document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("[data-copy]");
  const field = button && document.querySelector(button.dataset.copy);
  if (!field) return;
  const done = await copy(field);
  document.querySelector("[data-copy-said]").textContent = done ? "Copied." : "Selected: copy it with your keys.";
});
