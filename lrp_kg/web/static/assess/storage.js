// The tab keeps the record, and where the reader is in it, through reload, navigation and language switch.
// A page that may not keep anything goes without. Every page of the service says where the service begins, and which
// guideline it has: their records are kept apart.
const { base, guideline } = document.documentElement.dataset;
const own = `lrp-kg ${new URL(`${base}/`, location.href).pathname.replace(/\/$/, "")} ${guideline}`;
const names = { record: own, place: `${own} place` };

export const keep = (what, data) => {
  try {
    if (data && Object.keys(data).length) sessionStorage.setItem(names[what], JSON.stringify(data));
    else sessionStorage.removeItem(names[what]);
  } catch {
    // the browser keeps nothing
  }
};

export const kept = (what) => {
  try {
    const found = JSON.parse(sessionStorage.getItem(names[what]));
    return typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
};
