// Ties a launch to this browser where it keeps no cookie: by the LMS's own storage (1EdTech LTI postMessage Storage).
// The page before the LMS's answer puts a value there, the page after it asks for it back. Only the LMS's own origin is
// told the value, and only its answer counts, so a page that merely frames us can neither read nor forge it.
const PROBE = 300; // ms; some LMSs offer storage and never answer
const ANSWER = 700;
const AGAIN = 120; // the frame that stores may load after us

const host = window.parent !== window ? window.parent : window.opener;
const name = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);

/** The first answer to `message`, or null after `wait` ms. `frame()` is looked up anew each time. */
const ask = (frame, origin, message, wait) => new Promise((resolve) => {
  const message_id = name();
  const done = (answer) => {
    window.removeEventListener("message", heard);
    clearInterval(again);
    clearTimeout(late);
    resolve(answer);
  };
  const heard = ({ data, origin: from }) => {
    if (data?.message_id !== message_id || data.subject !== `${message.subject}.response`) return;
    if (origin === "*" || from === origin) done(data);
  };
  const say = () => {
    try {
      frame()?.postMessage({ ...message, message_id }, origin);
    } catch { /* not there yet */ }
  };
  window.addEventListener("message", heard);
  const again = setInterval(say, AGAIN);
  const late = setTimeout(() => done(null), wait);
  say();
});

/** Where the LMS stores, or null if it says that it does not. What it can do is no secret: any origin may be asked. */
const storing = async (target) => {
  if (!host) return null;
  const able = await ask(() => host, "*", { subject: "lti.capabilities" }, PROBE);
  const said = able?.supported_messages;
  const put = Array.isArray(said) ? said.find((one) => one?.subject === "lti.put_data") : undefined;
  if (Array.isArray(said) && !put) return null;
  const frame = put?.frame || target;
  return () => (frame && frame !== "_parent" ? host.frames[frame] : host);
};

const keep = async ({ target, origin, key, value }) => {
  const frame = await storing(target);
  if (frame) await ask(frame, origin, { subject: "lti.put_data", key, value }, ANSWER);
};

const bring = async ({ target, origin, key }) => {
  const frame = await storing(target);
  const found = frame && await ask(frame, origin, { subject: "lti.get_data", key }, ANSWER);
  if (typeof found?.value !== "string" || !found.value) return "";
  frame()?.postMessage({ subject: "lti.put_data", key, value: null, message_id: name() }, origin); // it has served
  return found.value;
};

const place = document.querySelector("[data-storage]");
const went = place && (place.dataset.value ? keep(place.dataset).then(() => "") : bring(place.dataset));
went?.catch(() => "").then((browser) => {
  const onward = place.querySelector("a[data-onward]");
  const form = place.querySelector("form[data-known]");
  const question = place.querySelector("[data-question]");
  if (onward) location.replace(onward.href);
  else if (browser) {
    form.elements.browser.value = browser;
    form.submit();
  } else {
    place.querySelector("[data-waiting]").hidden = true;
    question.hidden = false;
    question.querySelector("button").focus();
  }
});
