// The list of what is answered: each can be changed in its place, or taken back.
import { body, make, say } from "./page.js";
import { label, part, record, shown } from "./record.js";
import { isWrong } from "./problems.js";

const list = document.getElementById("given");

const row = (name, v, current) => {
  const text = [
    make("span", { className: "name", textContent: label(name) }),
    make("span", { className: "value", textContent: shown(name, v) }),
  ];
  if (isWrong(name)) text.push(make("span", { className: "wrong", textContent: say("page-wrong") }));
  const item = make("li", {});
  item.dataset.given = name;
  item.classList.toggle("is-wrong", isWrong(name));
  if (part(name)) {
    const change = make("button", { type: "button", className: "change" }, ...text);
    change.dataset.ask = name;
    if (name === current) change.setAttribute("aria-current", "true");
    item.append(change);
  } else item.append(make("span", { className: "change" }, ...text));
  const back = make("button", { type: "button", className: "back", textContent: "×" });
  back.setAttribute("aria-label", say("page-take-back", { label: label(name) }));
  back.title = say("page-take-back", { label: label(name) });
  back.dataset.forget = name;
  item.append(back);
  return item;
};

// What follows from the dates of the record is in the answer.
const derived = () =>
  [...body.querySelectorAll("[data-derived] li")].map((e) => {
    const item = e.cloneNode(true);
    item.className = "derived";
    return item;
  });

export const draw = (current, skipped) => {
  const found = record();
  const focused = document.activeElement?.closest("#given button");
  const number = focused ? [...list.querySelectorAll("li")].indexOf(focused.parentElement) : -1;
  const rows = Object.entries(found).map(([name, v]) => row(name, v, current));
  const open = skipped.filter((name) => !(name in found) && part(name));
  const unknown = open.map((name) => {
    const item = row(name, null, current);
    item.querySelector(".value").textContent = say("unknown");
    item.querySelector(".back").remove();
    item.classList.add("skipped");
    return item;
  });
  const durations = body.classList.contains("stale") ? [] : derived();
  list.querySelector("ul").replaceChildren(...rows, ...unknown, ...durations);
  list.hidden = !rows.length && !unknown.length;
  // a row that is taken back leaves the focus to the one that takes its place
  if (focused) [...list.querySelectorAll(`.${focused.className}`)].slice(0, number + 1).at(-1)?.focus();
};
