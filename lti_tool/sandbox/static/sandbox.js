"use strict";
/* The platform's side of the postMessage conversation with the tool in the frame: capabilities, platform storage
   (IMS "LTI PostMessage Storage") and lti.frameResize. <body> says what this LMS can:
   data-storage: the frame that stores ("_parent" for this page), "silent" to stay silent, or empty;
   data-resize: "yes" where the LMS follows lti.frameResize. */
(() => {
  const { storage = "", resize = "" } = document.body.dataset;
  const frameName = "post_message_forwarding";
  const inStorageFrame = window.name === frameName || document.body.dataset.role === "storage";
  const store = new Map();

  const reply = (event, subject, more) =>
    event.source.postMessage({ subject, message_id: event.data.message_id, ...more }, event.origin);

  const refuse = (event, subject, code, message) => reply(event, subject, { error: { code, message } });

  const storing = inStorageFrame || storage === "_parent";

  const answers = {
    "lti.capabilities"(event) {
      if (!storage && !resize) return;
      const supported = [{ subject: "lti.capabilities" }];
      if (storage) {
        supported.push({ subject: "lti.put_data", frame: storage }, { subject: "lti.get_data", frame: storage });
      }
      if (resize === "yes") supported.push({ subject: "lti.frameResize" });
      reply(event, "lti.capabilities.response", { supported_messages: supported });
    },
    "lti.put_data"(event) {
      if (!storing) return;
      const { key, value } = event.data;
      if (typeof key !== "string" || key.length > 256) {
        refuse(event, "lti.put_data.response", "bad_request", "key must be a text of 256 letters or fewer");
        return;
      }
      if (value === null || value === undefined) store.delete(event.origin + " " + key);
      else store.set(event.origin + " " + key, String(value));
      reply(event, "lti.put_data.response", { key, value });
    },
    "lti.get_data"(event) {
      if (!storing) return;
      const { key } = event.data;
      reply(event, "lti.get_data.response", { key, value: store.get(event.origin + " " + key) ?? null });
    },
    "lti.frameResize"(event) {
      if (resize !== "yes") return;
      const frame = [...document.querySelectorAll("iframe")].find((each) => each.contentWindow === event.source);
      const height = Number(event.data.height);
      if (frame && height > 0 && height < 20000) frame.style.height = Math.ceil(height) + "px";
    },
    "org.imsglobal.lti.close"() {
      const back = document.querySelector("[data-after-close]");
      if (back) window.location.assign(back.href);
    },
  };

  if (storage === "silent") {
    for (const subject of ["lti.capabilities", "lti.put_data", "lti.get_data"]) delete answers[subject];
  }

  window.addEventListener("message", (event) => {
    let data = event.data;
    if (typeof data === "string") {
      try { data = JSON.parse(data); } catch { return; }
    }
    const answer = data && typeof data === "object" && Object.hasOwn(answers, data.subject) && answers[data.subject];
    if (!answer || !event.source) return;
    answer({ data, source: event.source, origin: event.origin });
  });

  document.querySelectorAll("select[data-submits]").forEach((select) =>
    select.addEventListener("change", () => select.form.requestSubmit()));
  document.body.dataset.ready = "yes";
})();
