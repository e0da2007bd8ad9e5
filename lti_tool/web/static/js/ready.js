// Says when the page's scripts are done: <html data-ready>. Tests wait for it, people never notice.
const pending = new Set();

/** Counts `promise` among the work that must end first; a failure ends it too. */
export const hold = (promise) => {
  const done = promise.then(() => {}, () => {}).then(() => pending.delete(done));
  pending.add(done);
  return promise;
};

export const announce = async () => {
  while (pending.size) await Promise.all(pending);
  document.documentElement.dataset.ready = "true";
};
