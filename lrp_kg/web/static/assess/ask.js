// One question after the other: which one is before the reader, the way back, and what was left open.
import { body, form, say } from "./page.js";
import { inputs, isChoice, isTyped, part, parts, record, value } from "./record.js";
import { kept, keep } from "./storage.js";
import { problems } from "./problems.js";
import { asked } from "./answer.js";

const asking = document.getElementById("asking");
const done = document.getElementById("done");
const why = document.getElementById("needed");
const button = (what) => asking.querySelector(`[data-do="${what}"]`);

const place = { at: null, passed: [], skipped: [], all: false };
export const current = () => (place.all ? null : place.at);
export const skipped = () => place.skipped;
export const one = () => !place.all;

const remember = () => {
  const { at, passed, skipped: open, all } = place;
  keep("place", at || passed.length || open.length || all ? place : null);
};

export const choices = (of) => inputs(of).filter((i) => i.type !== "text" && i.value !== "" && /radio|checkbox/.test(i.type));

// Where one question is shown, nothing is chosen as long as it is unknown, so that Tab leads to the first choice.
const unchosen = (of, yes) => {
  const unknown = inputs(of).find((i) => i.type === "radio" && i.value === "");
  if (unknown && !choices(of).some((i) => i.checked)) unknown.checked = yes;
};

const focus = (of) => {
  if (!of) {
    done.focus();
    return;
  }
  const target = of.tagName === "FIELDSET" ? of : inputs(of)[0];
  if (of.tagName === "FIELDSET") of.tabIndex = -1;
  target.focus({ preventScroll: true });
  form.querySelector(".ask").scrollIntoView({ block: "nearest" });
};

export const offersNext = () => !button("next").hidden;

export const lookAgain = () => place.at && part(place.at) && focus(part(place.at));

export const refresh = () => {
  const of = place.at && part(place.at);
  const open = place.skipped.filter((name) => !(name in record()));
  button("back").hidden = !place.passed.length;
  button("next").hidden = !of || (isChoice(of) && value(of) === undefined);
  button("skip").hidden = !of;
  if (of && !isTyped(of)) button("skip").dataset.key = "0";
  else delete button("skip").dataset.key;
  done.hidden = Boolean(of) || !body.querySelector("[data-asked]");
  const again = done.querySelector('[data-do="again"]');
  again.hidden = !open.length;
  again.textContent = say("page-again", { count: open.length });
  const named = of && body.querySelector(`.questions [data-ask="${CSS.escape(place.at)}"] + .locator`);
  why.textContent = named ? named.textContent : "";
};

const draw = () => {
  form.classList.toggle("one", !place.all);
  const turn = form.querySelector('[data-do="switch"]');
  turn.textContent = place.all ? turn.dataset.one : turn.dataset.all;
  for (const of of parts()) {
    const now = !place.all && of.dataset.field === place.at;
    of.classList.toggle("now", now);
    unchosen(of, !now);
  }
  refresh();
  remember();
};

export const show = (name, { moved = true, back = false } = {}) => {
  if (!back && place.at && place.at !== name) place.passed = [...place.passed.filter((n) => n !== place.at), place.at];
  place.at = name;
  draw();
  if (moved) focus(place.at && part(place.at));
};

// A question that is answered, or was left open, is asked again only when the reader wants it.
export const following = () => {
  const found = record();
  return asked().find((name) => part(name) && !(name in found) && !place.skipped.includes(name)) ?? null;
};
export const next = (options) => show(following(), options);

export const skip = () => {
  if (!place.skipped.includes(place.at)) place.skipped = [...place.skipped, place.at];
};
export const unskip = (name) => {
  place.skipped = place.skipped.filter((n) => n !== name);
};
export const again = () => {
  place.skipped = [];
  next();
};
export const back = () => {
  const before = place.passed.at(-1);
  if (!before) return;
  place.passed = place.passed.slice(0, -1);
  show(before, { back: true });
};

// The first question after the page was opened, a record was opened, or all was cleared.
export const begin = ({ fresh = false, moved = false } = {}) => {
  if (fresh) Object.assign(place, { at: null, passed: [], skipped: [] });
  const wrong = problems().map((f) => f.field).find((name) => name && part(name));
  if (!place.at || !part(place.at)) show(wrong ?? following(), { moved });
  else draw();
  if (moved && !place.all) focus(place.at && part(place.at));
};

export const turn = () => {
  place.all = !place.all;
  if (!place.all && !place.at) place.at = following();
  draw();
};

export const snapshot = () => structuredClone(place);
export const restore = (found) => {
  if (!found) return;
  const names = (list) => (Array.isArray(list) ? list.filter((n) => typeof n === "string" && part(n)) : []);
  place.at = typeof found.at === "string" && part(found.at) ? found.at : null;
  place.passed = names(found.passed);
  place.skipped = names(found.skipped);
  place.all = found.all === true;
};
restore(kept("place"));
form.classList.toggle("one", !place.all);
