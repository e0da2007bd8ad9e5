// A registration is done: the LMS that opened this frame or pop-up may close it (LTI Dynamic Registration 1.0, 3.6).
// The message holds nothing, so any host may hear it; which one listens is not known here.
const close = () => {
  const lms = window.opener ?? (window.parent === window ? null : window.parent);
  lms?.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  return Boolean(lms);
};

close();
document.querySelector("[data-close]")?.addEventListener("click", () => {
  const told = close();
  document.querySelector("[data-close-said]").textContent = told
    ? "The LMS has been told. If this page stays, close it yourself."
    : "You can close this page and go back to the LMS.";
});
