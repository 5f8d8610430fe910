// What all modules share: the parts of the page, its words in the reader's language, and the note above the questions.
const at = (id) => document.getElementById(id);

export const form = at("record");
export const answer = at("answer");
export const body = at("answer-body");
export const announced = at("announced");
export const words = JSON.parse(form.dataset.words);

export const say = (name, values = {}) =>
  words[name].replace(/\{(\w+)\}/g, (_, key) => (key in values ? values[key] : ""));

export const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

// A sentence above the questions, with a text to copy, several problems, or a button; nothing hides it.
const note = at("note");
export const notice = (said, { text = "", list = [], action = null } = {}) => {
  note.hidden = !said;
  note.querySelector("p").textContent = said;
  announced.textContent = said;
  const place = note.querySelector("textarea");
  place.hidden = !text;
  place.value = text;
  if (text) place.select();
  note.querySelectorAll("ul, button").forEach((e) => e.remove());
  if (list.length) note.append(make("ul", {}, ...list.map((one) => make("li", { textContent: one }))));
  if (action) {
    const button = make("button", { type: "button", textContent: action.label });
    button.addEventListener("click", action.run);
    note.append(button);
  }
};
