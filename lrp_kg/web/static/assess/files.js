// Opens a record: a file that is chosen or dropped, a text that is pasted, a link. The service reads it, so that
// nothing is understood in two ways; it is taken over whole or not at all.
import { form, make, notice, say } from "./page.js";
import { isRecord } from "./record.js";

const chosen = make("input", { type: "file", accept: ".json,.jsonld,.ndjson,.ttl,.nt" });
const types = { json: "application/json", ttl: "text/turtle", nt: "application/n-triples", jsonld: "application/ld+json" };

const read = async (content, type) => {
  const response = await fetch(`${form.dataset.validate}?record=true&lang=${form.dataset.lang}`, {
    method: "POST",
    headers: { "Content-Type": type, Accept: "application/json" },
    body: content,
  });
  const found = await response.json();
  if (response.ok) return { record: found.record };
  return { problems: found.findings?.map((f) => f.message) ?? [found.detail] };
};

export const listen = (take) => {
  const open = async (content, type, name) => {
    let found;
    try {
      found = await read(content, type);
    } catch {
      found = { problems: [say("page-failed")] };
    }
    if (isRecord(found.record)) await take(found.record, say("page-opened", { name }));
    else notice(say("page-not-opened", { name }), { list: found.problems });
    return isRecord(found.record);
  };
  const openFiles = (files) => {
    if (files.length > 1) notice(say("page-one-file"));
    else open(files[0], types[files[0].name.split(".").pop().toLowerCase()] ?? types.json, files[0].name);
  };

  form.querySelector('[data-do="open"]').addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => {
    if (chosen.files.length) openFiles([...chosen.files]);
    chosen.value = "";
  });

  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (yes) => form.classList.toggle("over", yes);
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || over(false));
  document.addEventListener("drop", (event) => {
    over(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    openFiles([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.matches?.("textarea, input:not([type=radio], [type=checkbox], [type=file])")) return;
    const data = event.clipboardData;
    if (data.files.length) {
      openFiles([...data.files]);
      return;
    }
    const text = data.getData("text/plain").trim();
    if (!text) return;
    const turtle = !/^[[{]/.test(text) && /PatientRecord/.test(text);
    open(text, turtle ? types.ttl : types.json, say("page-pasted"));
  });

  // A link can contain a record as JSON after the #, which browsers do not send; it does not stay in the address.
  return () => {
    if (!/^#(%7B|\{)/i.test(location.hash)) return null;
    const text = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    try {
      return open(decodeURIComponent(text), types.json, say("page-from-link"));
    } catch {
      notice(say("page-link-broken"));
      return null;
    }
  };
};
