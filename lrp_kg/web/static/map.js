// Shows the patient whose record the tab keeps on the map of the pathway: the service says what to light.
import { kept } from "./assess/storage.js";

const status = document.getElementById("map-status");
const offer = [...status.childNodes];
const plain = document.getElementById("map-place");
let last = 0;

const place = () => document.getElementById("map-place");
const show = async () => {
  const turn = ++last;
  const found = kept("record");
  if (!found) {
    place().replaceWith(plain);
    status.replaceChildren(...offer);
    status.className = "note";
    return;
  }
  let lit = null;
  try {
    const answer = await fetch(new URL("./", location.href), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/html" },
      body: JSON.stringify(found),
    });
    if (answer.ok) lit = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("map-place");
  } catch {
    // said below
  }
  if (turn !== last) return;
  place().replaceWith(lit || plain);
  // a map that is not lit says why: it never looks as if nothing were known
  status.className = lit ? "hidden" : "problem";
  if (lit) status.textContent = place().querySelector(".patient h2").textContent;
  else status.replaceChildren(document.createTextNode(`${status.dataset.failed} `), ...offer.filter((n) => n.nodeName === "A"));
  reveal();
};

// A link to a box opens it.
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  target.scrollIntoView({ block: "center" });
};

window.addEventListener("hashchange", reveal);
// back and forward can bring back a page that shows an earlier record
window.addEventListener("pageshow", (event) => event.persisted && show());
if (kept("record")) show();
else reveal();
