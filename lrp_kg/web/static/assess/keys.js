// Digits answer the question before the reader, as long as the focus is in it or nowhere; Enter goes on from it.
import { form } from "./page.js";
import { isTyped, part } from "./record.js";
import { choices, current, offersNext } from "./ask.js";
import { busy } from "./answer.js";

const writes = (e) => e.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
const within = (e) => e === document.body || e === document.documentElement || e.closest?.(".ask");

export const listen = ({ skip, onwards }) => {
  for (const of of form.querySelectorAll("[data-field]")) {
    if (isTyped(of)) continue;
    choices(of).forEach((input, number) => {
      if (number > 8) return;
      input.labels[0].dataset.key = number + 1;
      input.setAttribute("aria-keyshortcuts", number + 1);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const of = current() && part(current());
    if (!of || writes(event.target) || !within(event.target) || busy()) return;
    if (event.key === "0" || event.key === "?") {
      event.preventDefault();
      skip();
    } else if (/^[1-9]$/.test(event.key) && !isTyped(of)) {
      event.preventDefault();
      choices(of)[Number(event.key) - 1]?.click();
    } else if (event.key === "Enter" && event.target === of && offersNext()) {
      event.preventDefault();
      onwards();
    }
  });
};
