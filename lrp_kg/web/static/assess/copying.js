// Copies a link, the record, or the answer as text.
import { form, notice, say } from "./page.js";
import { record } from "./record.js";

const without = (found) => {
  const hidden = form.dataset.private.split(" ");
  return Object.fromEntries(Object.entries(found).filter(([name]) => !hidden.includes(name)));
};

const copies = {
  link: () => {
    const place = `${location.origin}${location.pathname}?lang=${form.dataset.lang}`;
    return `${place}#${encodeURIComponent(JSON.stringify(without(record())))}`;
  },
  record: () => JSON.stringify(record(), null, 2),
  answer: async () => {
    const response = await fetch(`${form.dataset.assess}?lang=${form.dataset.lang}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/plain" },
      body: JSON.stringify(record()),
    });
    const text = await response.text();
    if (response.ok) return text;
    throw new Error(JSON.parse(text).detail);
  },
};

const copy = async (what) => {
  const care = what === "link" ? say("page-copied-link") : "";
  let text;
  try {
    text = await copies[what]();
  } catch (problem) {
    notice(problem instanceof TypeError ? say("page-failed") : problem.message);
    return;
  }
  try {
    await navigator.clipboard.writeText(text);
    notice(`${say("page-copied")} ${care}`);
  } catch {
    notice(`${care} ${say("page-not-copied")}`, { text });
  }
};

for (const button of form.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button.dataset.copy));
}
