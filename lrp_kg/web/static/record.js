"use strict";
// Turns the form into a record, sends it, and shows the answer. Contains no field names.
(() => {
  const form = document.getElementById("record");
  const body = document.getElementById("answer-body");
  const json = document.getElementById("json");
  const explain = document.getElementById("explain");

  const value = (part) => {
    const kind = part.dataset.kind;
    const checked = [...part.querySelectorAll("input:checked")];
    if (kind === "values") {
      if (!checked.length) return undefined;
      return checked.filter((i) => !i.hasAttribute("data-none")).map((i) => i.value);
    }
    if (kind === "value" || kind === "boolean") {
      const one = checked.length ? checked[0].value : "";
      if (one === "") return undefined;
      return kind === "boolean" ? one === "true" : one;
    }
    const roughly = part.querySelector("[data-roughly]");
    if (roughly && roughly.value.trim()) {
      const [earliest, latest] = roughly.value.trim().split("/");
      return latest === undefined ? earliest : { earliest, latest };
    }
    const text = part.querySelector("input").value;
    if (text === "") return undefined;
    return kind === "integer" ? Number(text) : text;
  };

  // what a record given as JSON has and the form cannot show; sent along until its field is answered here
  let extra = {};
  const record = () => {
    const found = { ...extra };
    for (const part of form.querySelectorAll("[data-field]")) {
      const v = value(part);
      if (v !== undefined && !(part.dataset.field in extra)) found[part.dataset.field] = v;
    }
    return found;
  };

  const problems = (problem) => {
    const list = document.createElement("ul");
    list.className = "warnings";
    for (const f of problem.findings || [{ message: problem.detail }]) {
      const item = document.createElement("li");
      item.textContent = f.message;
      list.append(item);
    }
    return list;
  };

  // One line says what is most urgent: aloud where something changed, and in the bar of a narrow page.
  const bar = document.getElementById("bar");
  const announced = document.getElementById("announced");
  let lines;
  const tell = () => {
    const now = body.querySelector("[data-said]");
    const said = now ? now.dataset.said : body.querySelector("li")?.textContent || "";
    const found = [...body.querySelectorAll("[data-line]")].map((e) => e.textContent);
    const fresh = found.filter((text) => lines && !lines.includes(text)).length;
    const gone = (lines || []).filter((text) => !found.includes(text)).length;
    const changed = Math.max(fresh, gone);
    if (!now) announced.textContent = said;
    else if (changed) announced.textContent = `${said}; ${form.dataset.changed.replace("{count}", changed)}`;
    lines = found;
    bar.textContent = said;
    bar.className = `w-${now ? now.dataset.severity : "critical"}`;
    bar.hidden = !said;
  };
  const open = (yes) => {
    document.getElementById("answer").classList.toggle("open", yes);
    bar.setAttribute("aria-expanded", yes);
  };
  bar.addEventListener("click", () => {
    const yes = bar.getAttribute("aria-expanded") !== "true";
    open(yes);
    if (yes) document.getElementById("answer").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || bar.getAttribute("aria-expanded") !== "true") return;
    open(false);
    bar.focus();
  });

  const title = (details) => details.querySelector("summary").textContent.trim();
  let last = 0;
  const send = async () => {
    const turn = ++last;
    const found = record();
    keep(found);
    json.textContent = JSON.stringify(found, null, 2);
    const query = new URLSearchParams({ lang: form.dataset.lang, fragment: "true", changes: "true" });
    if (explain.checked) query.set("explain", "true");
    let shown;
    try {
      const answer = await fetch(`${form.dataset.assess}?${query}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/html" },
        body: JSON.stringify(found),
      });
      const text = await answer.text();
      const page = () => [...new DOMParser().parseFromString(text, "text/html").body.childNodes];
      shown = answer.ok ? page() : [problems(JSON.parse(text))];
    } catch {
      // the page shows the answer to an earlier record
      shown = [problems({ detail: form.dataset.failed })];
    }
    // a late answer never replaces a newer one
    if (turn !== last) return;
    const opened = [...body.querySelectorAll("details")].filter((d) => d.open).map(title);
    body.replaceChildren(...shown);
    for (const d of body.querySelectorAll("details")) if (opened.includes(title(d))) d.open = true;
    tell();
  };

  form.addEventListener("change", (event) => {
    delete extra[event.target.closest("[data-field]")?.dataset.field];
    const group = event.target.closest('[data-kind="values"]');
    if (group && event.target.checked) {
      const none = event.target.hasAttribute("data-none");
      for (const i of group.querySelectorAll("input")) {
        if (i !== event.target && (none || i.hasAttribute("data-none"))) i.checked = false;
      }
    }
    const dated = event.target.value && event.target.closest('[data-kind="date"]');
    if (dated) {
      // an exact day and a month or year exclude each other
      for (const i of dated.querySelectorAll("input")) if (i !== event.target) i.value = "";
    }
    send();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send().then(() => document.getElementById("answer").focus());
  });
  const isRecord = (given) => typeof given === "object" && given !== null && !Array.isArray(given);
  const fits = {
    date: (v) => typeof v === "string" && /^\d{4}-\d{2}-\d{2}$/.test(v),
    number: (v) => typeof v === "number",
    text: (v) => typeof v === "string",
  };
  let filling = false;
  const fill = (given) => {
    if (!isRecord(given)) throw new TypeError("not a record");
    filling = true;
    form.reset();
    filling = false;
    for (const part of form.querySelectorAll("[data-field]")) {
      const v = given[part.dataset.field];
      const inputs = [...part.querySelectorAll("input")];
      if (part.dataset.kind === "values") {
        if (!Array.isArray(v)) continue;
        for (const i of inputs) i.checked = v.length ? v.includes(i.value) : i.hasAttribute("data-none");
      } else if (part.dataset.kind === "value" || part.dataset.kind === "boolean") {
        const chosen = inputs.find((i) => i.value === String(v));
        if (chosen) chosen.checked = true;
      } else {
        const roughly = part.querySelector("[data-roughly]");
        if (roughly && isRecord(v)) roughly.value = `${v.earliest}/${v.latest}`;
        else if (roughly && typeof v === "string" && v.length < 10) roughly.value = v;
        else if (fits[inputs[0].type](v)) inputs[0].value = v;
      }
    }
    extra = {};
    const shown = record();
    for (const [name, v] of Object.entries(given)) {
      if (JSON.stringify(shown[name]) !== JSON.stringify(v)) extra[name] = v;
    }
  };

  const note = document.getElementById("note");
  const notice = (said, text) => {
    note.hidden = !said;
    note.querySelector("p").textContent = said;
    announced.textContent = said;
    const place = note.querySelector("textarea");
    place.hidden = !text;
    place.value = text || "";
    if (text) place.select();
  };

  // The tab keeps the record through reload, navigation and language switch; a page that may not keep it goes without.
  const keep = (found) => {
    try {
      if (Object.keys(found).length) sessionStorage.setItem(form.dataset.kept, JSON.stringify(found));
      else sessionStorage.removeItem(form.dataset.kept);
    } catch {
      // the browser keeps nothing
    }
  };
  const kept = () => {
    try {
      return JSON.parse(sessionStorage.getItem(form.dataset.kept));
    } catch {
      return null;
    }
  };
  // A link can contain a record as JSON after the #, which browsers do not send; it does not stay in the address.
  const linked = () => {
    if (!/^#(%7B|\{)/i.test(location.hash)) return false;
    const text = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    try {
      fill(JSON.parse(decodeURIComponent(text)));
      notice("");
      return true;
    } catch {
      notice(form.dataset.broken);
      return false;
    }
  };
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
      const answer = await fetch(`${form.dataset.assess}?lang=${form.dataset.lang}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/plain" },
        body: JSON.stringify(record()),
      });
      if (answer.ok) return answer.text();
      throw new Error(JSON.parse(await answer.text()).detail);
    },
  };
  for (const button of form.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const care = button.dataset.copy === "link" ? form.dataset.copiedLink : "";
      let text;
      try {
        text = await copies[button.dataset.copy]();
      } catch (problem) {
        return notice(problem instanceof TypeError ? form.dataset.failed : problem.message);
      }
      try {
        await navigator.clipboard.writeText(text);
        notice(`${form.dataset.copied} ${care}`);
      } catch {
        notice(`${care} ${form.dataset.notCopied}`, text);
      }
    });
  }

  form.addEventListener("reset", () => {
    extra = {};
    if (filling) return;
    setTimeout(() => {
      notice("");
      send();
    });
  });
  document.addEventListener("click", (event) => {
    const ask = event.target.closest("[data-ask]");
    if (!ask) return;
    event.preventDefault();
    open(false);
    const part = form.querySelector(`[data-field="${ask.dataset.ask}"]`);
    part.scrollIntoView({ block: "center" });
    part.querySelector("input").focus();
  });
  window.addEventListener("hashchange", () => linked() && send());
  if (!linked()) {
    const before = kept();
    if (isRecord(before)) fill(before);
  }
  send();
})();
