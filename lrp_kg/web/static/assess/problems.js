// What is wrong with a record, each problem at its field.
import { form, make, say } from "./page.js";
import { inputs, label, part, unfinished } from "./record.js";

let found = [];
export const problems = () => found;
export const isWrong = (name) => found.some((f) => f.field === name);

// A finding names a field for programs too; a page names it by its label, and beside the field not at all.
const named = (f) => `${f.field} (${label(f.field)})`;
const said = (f) => (f.field ? f.message.replaceAll(named(f), label(f.field)) : f.message);
const beside = (f) => {
  const text = f.message.startsWith(named(f)) ? f.message.slice(named(f).length).replace(/^\s*:\s*/, "") : f.message;
  return text[0].toUpperCase() + text.slice(1);
};
const held = (f) => f.field !== undefined && f.field !== null && part(f.field) !== null;

const targets = (of) => (of.tagName === "FIELDSET" ? [of] : inputs(of));
const mark = (of, messages) => {
  const id = `e-${of.dataset.field}`;
  of.querySelector(".problem")?.remove();
  for (const e of targets(of)) {
    if (messages.length) {
      e.setAttribute("aria-invalid", "true");
      e.setAttribute("aria-describedby", id);
    } else {
      e.removeAttribute("aria-invalid");
      e.removeAttribute("aria-describedby");
    }
  }
  if (!messages.length) return;
  const list = make("ul", { id, className: "problem" }, ...messages.map((m) => make("li", { textContent: m })));
  of.querySelector("legend, label").after(list);
};

// Shows findings at their fields, and at the question before the reader those of fields that are out of sight.
export const show = (findings, current = null) => {
  found = findings;
  for (const of of form.querySelectorAll("[data-field]")) {
    const name = of.dataset.field;
    const own = found.filter((f) => f.field === name).map(beside);
    const others = current === name ? found.filter((f) => f.field !== name).map(said) : [];
    mark(of, [...own, ...others]);
  }
  return found.map(said);
};
// What is to be said elsewhere: of no field of the form, or, where all questions are shown, also with a way to the field.
export const elsewhere = (current) =>
  found.filter((f) => !held(f) || current === null).map((f) => ({ message: said(f), field: held(f) ? f.field : null }));

export const local = () =>
  unfinished().map((of) => ({ field: of.dataset.field, message: say("page-unfinished", { label: of.dataset.label }) }));
