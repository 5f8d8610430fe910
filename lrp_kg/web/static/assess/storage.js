// The tab keeps the record, and where the reader is in it, through reload, navigation and language switch.
// A page that may not keep anything goes without.
import { form } from "./page.js";

const names = { record: form.dataset.kept, place: `${form.dataset.kept} place` };

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
