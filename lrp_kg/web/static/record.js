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
      return checked.map((i) => i.value).filter((v) => v !== "");
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

  const record = () => {
    const found = {};
    for (const part of form.querySelectorAll("[data-field]")) {
      const v = value(part);
      if (v !== undefined) found[part.dataset.field] = v;
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
    json.textContent = JSON.stringify(found, null, 2);
    const query = new URLSearchParams({ lang: form.dataset.lang, fragment: "true", changes: "true" });
    if (explain.checked) query.set("explain", "true");
    let shown;
    try {
      const answer = await fetch(`${form.action}?${query}`, {
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
  // A link can contain an example: a record as JSON after the #, which browsers do not send.
  const fill = (given) => {
    for (const part of form.querySelectorAll("[data-field]")) {
      const v = given[part.dataset.field];
      if (v === undefined) continue;
      const inputs = [...part.querySelectorAll("input")];
      if (part.dataset.kind === "values") {
        for (const i of inputs) i.checked = v.length ? v.includes(i.value) : i.hasAttribute("data-none");
      } else if (part.dataset.kind === "value" || part.dataset.kind === "boolean") {
        for (const i of inputs) i.checked = i.value === String(v);
      } else {
        const roughly = part.querySelector("[data-roughly]");
        if (roughly && typeof v === "object") roughly.value = `${v.earliest}/${v.latest}`;
        else (roughly && v.length < 10 ? roughly : inputs[0]).value = v;
      }
    }
  };
  try {
    if (location.hash.startsWith("#%7B") || location.hash.startsWith("#{")) {
      fill(JSON.parse(decodeURIComponent(location.hash.slice(1))));
    }
  } catch {
    body.textContent = "#?";
  }

  form.addEventListener("reset", () => setTimeout(send));
  document.addEventListener("click", (event) => {
    const ask = event.target.closest("[data-ask]");
    if (!ask) return;
    event.preventDefault();
    open(false);
    const part = form.querySelector(`[data-field="${ask.dataset.ask}"]`);
    part.scrollIntoView({ block: "center" });
    part.querySelector("input").focus();
  });
  send();
})();
