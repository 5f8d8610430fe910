// The record in the form: what is answered, what a record that was opened has besides, and its words.
import { form, say } from "./page.js";

export const parts = () => [...form.querySelectorAll("[data-field]")];
export const part = (name) => form.querySelector(`[data-field="${CSS.escape(name)}"]`);
export const inputs = (of) => [...of.querySelectorAll("input")];
export const isRecord = (given) => typeof given === "object" && given !== null && !Array.isArray(given);
// one of a list: what is chosen by a tap
export const isChoice = (of) => of.dataset.kind === "value" || of.dataset.kind === "boolean";
// a date, number or text: what is finished by Enter
export const isTyped = (of) => !isChoice(of) && of.dataset.kind !== "values";

const unasked = JSON.parse(form.dataset.unasked);
export const label = (name) => part(name)?.dataset.label ?? unasked[name] ?? name;

export const value = (of) => {
  const checked = inputs(of).filter((i) => i.checked);
  if (of.dataset.kind === "values") {
    if (!checked.length) return undefined;
    return checked.filter((i) => !i.hasAttribute("data-none")).map((i) => i.value);
  }
  if (isChoice(of)) {
    const one = checked.length ? checked[0].value : "";
    if (one === "") return undefined;
    return of.dataset.kind === "boolean" ? one === "true" : one;
  }
  const roughly = of.querySelector("[data-roughly]");
  if (roughly && roughly.value.trim()) {
    const [earliest, latest] = roughly.value.trim().split("/");
    return latest === undefined ? earliest : { earliest, latest };
  }
  const text = of.querySelector("input").value;
  if (text === "") return undefined;
  return of.dataset.kind === "integer" ? Number(text) : text;
};

// what a record that was opened has and the form cannot show; sent along until its field is answered here
let extra = {};
export const forget = (name) => delete extra[name];

export const record = () => {
  const found = { ...extra };
  for (const of of parts()) {
    const v = value(of);
    if (v !== undefined && !(of.dataset.field in extra)) found[of.dataset.field] = v;
  }
  return found;
};

// An unfinished date or number has no value that could be sent.
export const unfinished = () => parts().filter((of) => inputs(of).some((i) => i.validity.badInput));

const plain = (v) => {
  if (typeof v === "boolean") return v ? say("yes") : say("no");
  if (isRecord(v)) return `${v.earliest ?? "?"} – ${v.latest ?? "?"}`;
  return typeof v === "string" ? v : JSON.stringify(v);
};
export const shown = (name, v) => {
  const of = part(name);
  if (!of || name in extra) return plain(v);
  if (of.dataset.kind === "values" || of.dataset.kind === "value") {
    const chosen = inputs(of).filter((i) => i.checked);
    return chosen.map((i) => i.labels[0].textContent.trim()).join(", ");
  }
  return plain(v) + (of.dataset.unit ? ` ${of.dataset.unit}` : "");
};

export const clear = (of) => {
  for (const i of inputs(of)) {
    if (i.type === "radio" || i.type === "checkbox") i.checked = i.type === "radio" && i.value === "";
    else i.value = "";
  }
  forget(of.dataset.field);
};

const fits = {
  date: (v) => typeof v === "string" && /^\d{4}-\d{2}-\d{2}$/.test(v),
  number: (v) => typeof v === "number",
  text: (v) => typeof v === "string",
};
const put = (of, v) => {
  const all = inputs(of);
  if (of.dataset.kind === "values") {
    if (!Array.isArray(v)) return;
    for (const i of all) i.checked = v.length ? v.includes(i.value) : i.hasAttribute("data-none");
  } else if (isChoice(of)) {
    const chosen = all.find((i) => i.value === String(v));
    if (chosen) chosen.checked = true;
  } else {
    const roughly = of.querySelector("[data-roughly]");
    if (roughly && isRecord(v)) roughly.value = `${v.earliest}/${v.latest}`;
    else if (roughly && typeof v === "string" && v.length < 10) roughly.value = v;
    else if (fits[all[0].type](v)) all[0].value = v;
  }
};
export const fill = (given) => {
  if (!isRecord(given)) throw new TypeError("not a record");
  extra = {};
  for (const of of parts()) {
    clear(of);
    put(of, given[of.dataset.field]);
  }
  const found = record();
  for (const [name, v] of Object.entries(given)) {
    if (JSON.stringify(found[name]) !== JSON.stringify(v)) extra[name] = v;
  }
};

// What excludes each other: none and the values of a list; an exact day, and a month or year.
export const exclude = (input) => {
  const of = input.closest("[data-field]");
  if (of.dataset.kind === "values" && input.checked) {
    const none = input.hasAttribute("data-none");
    for (const i of inputs(of)) if (i !== input && (none || i.hasAttribute("data-none"))) i.checked = false;
  }
  if (of.dataset.kind === "date" && input.value) for (const i of inputs(of)) if (i !== input) i.value = "";
};
