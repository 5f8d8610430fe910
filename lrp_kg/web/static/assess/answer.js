// Sends the record and shows the answer. What is shown is the answer to the record, or says that it is not.
import { announced, answer, body, form, make, notice, say } from "./page.js";
import { record } from "./record.js";
import { keep } from "./storage.js";
import { elsewhere, local, show } from "./problems.js";

const json = document.getElementById("json");
const bar = document.getElementById("bar");

// One line says what is most urgent: aloud where something changed, and in the bar of a narrow page.
let lines;
const inBar = (said, severity) => {
  bar.textContent = said;
  bar.className = `w-${severity}`;
  bar.hidden = !said;
};
const announce = () => {
  const now = body.querySelector("[data-said]");
  const said = now ? now.dataset.said : "";
  const found = [...body.querySelectorAll("[data-line]")].map((e) => e.textContent);
  const fresh = found.filter((text) => lines && !lines.includes(text)).length;
  const gone = (lines || []).filter((text) => !found.includes(text)).length;
  const changed = Math.max(fresh, gone);
  if (changed) announced.textContent = `${said}; ${say("page-changed", { count: changed })}`;
  lines = found;
  inBar(said, now ? now.dataset.severity : "info");
};

export const open = (yes) => {
  answer.classList.toggle("open", yes);
  bar.setAttribute("aria-expanded", yes);
};
bar.addEventListener("click", () => {
  const yes = bar.getAttribute("aria-expanded") !== "true";
  open(yes);
  if (yes) answer.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || bar.getAttribute("aria-expanded") !== "true") return;
  open(false);
  bar.focus();
});

// The last answer stays, greyed, under a note that it does not include what was entered since.
const stale = (said, reasons, again) => {
  body.querySelector(".behind")?.remove();
  const note = make("div", { className: "behind" }, make("p", { textContent: said }));
  const items = reasons.map(({ message, field }) => {
    if (field === null) return make("li", { textContent: message });
    const link = make("a", { href: `#f-${field}`, textContent: message });
    link.dataset.ask = field;
    return make("li", {}, link);
  });
  if (items.length) note.append(make("ul", {}, ...items));
  if (again) {
    const button = make("button", { type: "button", textContent: say("page-retry") });
    button.addEventListener("click", again);
    note.append(button);
  }
  body.classList.add("stale");
  body.prepend(note);
  announced.textContent = said;
  inBar(said, "warning");
};

const title = (details) => details.dataset.key ?? details.querySelector("summary").textContent.trim();
const replace = (page) => {
  const opened = [...body.querySelectorAll("details")].filter((d) => d.open).map(title);
  body.classList.remove("stale");
  body.replaceChildren(...page.childNodes);
  for (const d of body.querySelectorAll("details")) if (opened.includes(title(d))) d.open = true;
  announce();
  // another guideline than that of the questions: some may be missing
  if (body.querySelector("[data-content]").dataset.content !== form.dataset.content)
    notice(say("page-newer"), { action: { label: say("page-reload"), run: () => location.reload() } });
};

const ask = async (found) => {
  const query = new URLSearchParams({ lang: form.dataset.lang, fragment: "true" });
  const response = await fetch(`${form.dataset.assess}?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/html" },
    body: JSON.stringify(found),
  });
  const text = await response.text();
  if (response.ok) {
    const page = new DOMParser().parseFromString(text, "text/html").body;
    if (!page.querySelector("[data-content]")) throw new Error("a page that is no answer, such as one of a proxy");
    return { page };
  }
  const problem = JSON.parse(text);
  return { findings: problem.findings ?? [{ message: problem.detail }], later: response.status >= 500 };
};

// Fields to ask for, in order, as the last answer has them.
export const asked = () => (body.querySelector("[data-asked]")?.dataset.asked ?? "").split(" ").filter(Boolean);

let last = 0;
let waiting = 0;
const PATIENCE = 400; // milliseconds that the answer to an earlier record may look like that to this one
export const busy = () => waiting > 0;

// Returns whether the page shows the answer to the record; null where a later record was sent meanwhile.
export const send = async (current = null, again = null) => {
  const turn = ++last;
  const found = record();
  keep("record", found);
  json.textContent = JSON.stringify(found, null, 2);
  const first = local();
  let got;
  const behind = setTimeout(() => {
    if (turn !== last || !body.childElementCount) return;
    body.dataset.waiting = "";
    stale(say("page-behind"), [], null);
  }, PATIENCE);
  waiting += 1;
  try {
    got = first.length ? { findings: first } : await ask(found);
  } catch {
    got = {};
  } finally {
    waiting -= 1;
    clearTimeout(behind);
  }
  // a late answer never replaces a newer one
  if (turn !== last) return null;
  delete body.dataset.waiting;
  const said = show(got.findings ?? [], current);
  if (got.page) {
    replace(got.page);
    return true;
  }
  if (got.findings) {
    stale(say("page-behind"), elsewhere(current), got.later ? again : null);
    announced.textContent = said.join(" ");
  } else stale(`${say("page-failed")} ${say("page-behind")}`, [], again);
  return false;
};
