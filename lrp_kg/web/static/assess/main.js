// The page of a patient: puts the record, its questions and its answer together. Contains no field names.
import { answer, form, notice, say } from "./page.js";
import { clear, exclude, fill, forget, isChoice, isRecord, isTyped, part, record, unfinished, value } from "./record.js";
import { kept } from "./storage.js";
import { isWrong, problems } from "./problems.js";
import { busy, open, send } from "./answer.js";
import * as given from "./given.js";
import * as ask from "./ask.js";
import * as keys from "./keys.js";
import * as files from "./files.js";
import "./copying.js";
import "./calendar.js";

// Sends the record; shows the answer, the list, and where it was `onwards`, the next question.
const update = async (onwards = false) => {
  const fine = await send(ask.current(), () => update(onwards));
  if (fine === null) return null;
  if (fine && onwards) ask.next();
  else if (fine && ask.one() && !ask.current()) ask.next({ moved: false });
  else ask.refresh();
  if (fine === false && onwards && problems().length) ask.lookAgain();
  given.draw(ask.current(), ask.skipped());
  return fine;
};

let before = null; // what an opened record or a new patient took the place of, until the next entry
const withdraw = () => {
  if (before) notice("");
  before = null;
};

// -- answering --------------------------------------------------------------------------------------

let arrow = false; // arrows walk through the choices of a question without leaving it
document.addEventListener("keydown", (event) => { arrow = event.key.startsWith("Arrow"); }, true);
document.addEventListener("pointerdown", () => { arrow = false; }, true);

// The second click of a double click is no answer to the question that the first one led to.
let clicked = null;
form.addEventListener("click", (event) => {
  if (event.detail === 1) clicked = ask.current();
  else if (event.detail > 1 && ask.current() !== clicked && event.target.closest(".ask")) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

const isCurrent = (of) => of !== null && of.dataset.field === ask.current();
const entered = (of) => {
  forget(of.dataset.field);
  ask.unskip(of.dataset.field);
  withdraw();
};

let typing = null; // a date or number that is being typed; it is sent when it is finished
form.addEventListener("change", (event) => {
  const of = event.target.closest("[data-field]");
  if (of) {
    entered(of);
    exclude(event.target);
    if (isCurrent(of) && isChoice(of) && !arrow) return; // its click goes on to the next question
    if (isCurrent(of) && isTyped(of) && document.activeElement === event.target) {
      typing = of;
      return;
    }
  }
  update();
});
form.addEventListener("click", (event) => {
  const of = event.target.matches("input[type=radio]") ? event.target.closest("[data-field]") : null;
  if (of && isCurrent(of) && !arrow) setTimeout(() => update(true));
});
form.addEventListener("focusout", (event) => {
  if (!typing?.contains(event.target) || typing.contains(event.relatedTarget)) return;
  typing = null;
  if (!event.relatedTarget?.closest?.('[data-do="next"], [data-do="skip"]')) update(); // these send it themselves
});

const skip = () => {
  const of = part(ask.current());
  const had = value(of) !== undefined || isWrong(of.dataset.field) || of.dataset.field in record();
  clear(of);
  ask.skip();
  withdraw();
  if (had || problems().length) update(true);
  else {
    ask.next();
    given.draw(ask.current(), ask.skipped());
  }
};
const onwards = () => {
  const of = part(ask.current());
  typing = null;
  if (value(of) === undefined && !unfinished().includes(of)) skip();
  else update(true);
};

const actions = { back: ask.back, skip, again: ask.again, switch: ask.turn };
form.addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  const back = event.target.closest("[data-forget]")?.dataset.forget;
  const today = event.target.closest("[data-today]");
  if (what in actions && (what === "back" || !busy())) {
    actions[what]();
    given.draw(ask.current(), ask.skipped());
  }
  if (back !== undefined) {
    if (part(back)) clear(part(back));
    forget(back);
    withdraw();
    update();
  }
  if (today) {
    const of = today.closest("[data-field]");
    const now = new Date();
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60000);
    of.querySelector("input").value = local.toISOString().slice(0, 10);
    entered(of);
    update(isCurrent(of));
  }
});
for (const button of form.querySelectorAll("[data-today]")) button.type = "button";
form.noValidate = true; // the service says what is wrong
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (ask.one()) {
    if (ask.current() && !busy()) onwards();
  } else update().then(() => answer.focus());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-ask]");
  if (!link || !part(link.dataset.ask)) return;
  event.preventDefault();
  open(false);
  if (ask.one()) {
    ask.show(link.dataset.ask);
    given.draw(ask.current(), ask.skipped());
  } else {
    part(link.dataset.ask).scrollIntoView({ block: "center" });
    part(link.dataset.ask).querySelector("input").focus();
  }
});

// -- another record, and the way back to the one before ------------------------------------------------

const take = (found, said) => {
  before = { record: record(), place: ask.snapshot() };
  fill(found);
  const had = Object.keys(before.record).length > 0;
  const undo = () => {
    const { record: old, place } = before;
    before = null;
    notice("");
    fill(old);
    ask.restore(place);
    update().then(() => ask.begin({ moved: true }));
  };
  notice(said, had ? { action: { label: say("page-undo"), run: undo } } : {});
  typing = null;
  return update().then((fine) => {
    if (fine !== null) ask.begin({ fresh: true, moved: true });
    given.draw(ask.current(), ask.skipped());
  });
};
form.addEventListener("reset", (event) => {
  event.preventDefault();
  take({}, say("page-cleared"));
});

// -- the start -----------------------------------------------------------------------------------------

// Back and forward can bring back a page with an earlier record, perhaps of another patient.
let left = "";
window.addEventListener("pagehide", () => { left = JSON.stringify(kept("record")); });
window.addEventListener("pageshow", (event) => {
  if (event.persisted && JSON.stringify(kept("record")) !== left) location.reload();
});

keys.listen({ skip, onwards });
const linked = files.listen(take);
window.addEventListener("hashchange", linked);
const had = kept("record");
if (isRecord(had)) fill(had);
const start = async () => {
  await update();
  ask.begin();
  given.draw(ask.current(), ask.skipped());
};
const opened = linked();
if (opened) opened.then((taken) => taken || start());
else start();
form.dataset.ready = "true";
