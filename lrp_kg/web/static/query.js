// The editor page: YASGUI's editor and results over our own endpoint. Nothing is ever asked of another server, and
// neither queries nor results are kept in the browser.
"use strict";

(() => {
  const place = document.getElementById("editor");
  const settings = JSON.parse(place.dataset.settings);
  const { lang, prefixes, words } = settings;
  const { Yasqe, Yasr } = window.Yasgui;
  const status = document.getElementById("status");
  const run = document.getElementById("run");
  const stop = document.getElementById("stop");
  const link = document.getElementById("link");
  ChartPlugin.words = words;
  GraphPlugin.words = words;

  function say(text, failed) {
    status.textContent = text;
    status.classList.toggle("failed", Boolean(failed));
  }

  // -- completion of our terms ------------------------------------------------------------------------

  const labels = new Map();
  Yasqe.defaults.autocompleters = ["variables"];
  Yasqe.registerAutocompleter({
    name: "terms",
    bulk: true,
    autoShow: true,
    persistenceId: null,
    isValidCompletionPosition: (yasqe) => /^[A-Za-z][\w-]*:[\w-]*$/.test(yasqe.getCompleteToken().string),
    preProcessToken: (yasqe, token) => ({ ...token, autocompletionString: token.string }),
    postProcessSuggestion: (yasqe, token, name) => {
      const prefix = name.split(":")[0];
      if (prefixes[prefix] && !(prefix in yasqe.getPrefixesFromQuery())) yasqe.addPrefixes({ [prefix]: prefixes[prefix] });
      return name;
    },
    postprocessHints: (yasqe, hints) => hints.map((hint) => ({ ...hint, displayText: labels.has(hint.text) ? `${hint.text}  ${labels.get(hint.text)}` : hint.text })),
    get: async () => {
      const rows = await (await fetch(`/query/terms.json?lang=${lang}`)).json();
      for (const { name, label } of rows) labels.set(name, label);
      return rows.map(({ name }) => name);
    },
  }, true);

  // -- editor and results -----------------------------------------------------------------------------

  const yasqe = new Yasqe(place, {
    value: document.getElementById("start").value,
    persistenceId: null,
    prefixCcApi: "",
    createShareableLink: null,
    consumeShareLink: null,
    showQueryButton: false,
    resizeable: true,
    extraKeys: { Esc: leave },
    requestConfig: { endpoint: new URL("/sparql", location.href).href, method: "POST", acceptHeaderSelect: "application/sparql-results+json", acceptHeaderGraph: "application/n-triples" },
  });
  const field = place.querySelector(".CodeMirror textarea");
  field.setAttribute("aria-label", words["query-label"]);
  field.setAttribute("aria-describedby", "keys");

  Yasr.registerPlugin("chart", ChartPlugin, true);
  Yasr.registerPlugin("graph", GraphPlugin, true);
  const yasr = new Yasr(document.getElementById("results"), {
    persistenceId: null,
    prefixes,
    pluginOrder: ["table", "boolean", "chart", "graph", "response", "error"],
    defaultPlugin: "table",
    maxPersistentResponseSize: 0,
  });

  // Tab stands for itself in the editor; Escape leads out of it.
  function leave() {
    run.focus();
  }

  // Addresses of our own terms lead to their pages on this service.
  function lead(event) {
    const link = event.target.closest && event.target.closest("#results a[href]");
    const own = link && settings.own.some((namespace) => link.href.startsWith(namespace));
    if (own) link.href = `/term/?${new URLSearchParams({ iri: link.href, lang })}`;
  }
  for (const kind of ["pointerover", "focusin", "click"]) document.addEventListener(kind, lead, true);

  // -- asking -----------------------------------------------------------------------------------------

  let controller = null;

  function form(query) {
    const bare = query.replace(/#[^\n]*$/gm, "").replace(/<[^>]*>/g, "");
    const found = /\b(select|ask|construct|describe)\b/i.exec(bare.replace(/\bprefix\s+\S*\s*/gi, ""));
    return found ? found[1].toLowerCase() : "select";
  }

  async function ask() {
    const query = yasqe.getValue();
    link.href = `/query?${new URLSearchParams({ query, lang })}`;
    if (controller) controller.abort();
    controller = new AbortController();
    say(words["query-running"]);
    run.disabled = true;
    stop.hidden = false;
    const start = performance.now();
    const graph = ["construct", "describe"].includes(form(query));
    const accept = graph ? "application/n-triples, application/sparql-results+json;q=0.5" : "application/sparql-results+json, application/n-triples;q=0.5";
    try {
      const response = await fetch(`/sparql?lang=${lang}`, { method: "POST", headers: { Accept: accept, "Content-Type": "application/sparql-query" }, body: query, signal: controller.signal });
      const text = await response.text();
      if (!response.ok) {
        tell(response, text);
        return;
      }
      const took = performance.now() - start;
      yasr.setResponse({ ok: true, status: response.status, statusText: response.statusText, headers: response.headers, type: response.type, content: text, contentType: response.headers.get("Content-Type") }, Math.round(took));
      const rows = yasr.results && yasr.results.getBindings && yasr.results.getBindings();
      say(rows ? `${rows.length} ${words["query-rows"]}, ${(took / 1000).toFixed(2)} s` : `${(took / 1000).toFixed(2)} s`);
    } catch (error) {
      say(error.name === "AbortError" ? "" : words["query-failed"], error.name !== "AbortError");
    } finally {
      run.disabled = false;
      stop.hidden = true;
    }
  }

  function tell(response, text) {
    document.getElementById("results").querySelector(".yasr_results").replaceChildren();
    let problem = { title: words["query-failed"], detail: "" };
    try {
      problem = JSON.parse(text);
    } catch (error) {
      problem.detail = String(response.status);
    }
    say(`${problem.title}\n${problem.detail}`, true);
    if (response.status === 401) {
      const login = document.createElement("a");
      login.href = `/login?${new URLSearchParams({ lang, next: link.getAttribute("href") })}`;
      login.textContent = "→ login";
      status.append(" ", login);
    }
  }

  run.addEventListener("click", ask);
  stop.addEventListener("click", () => controller && controller.abort());
  yasqe.setOption("extraKeys", { ...yasqe.getOption("extraKeys"), Esc: leave, "Ctrl-Enter": ask, "Cmd-Enter": ask });
  link.href = `/query?${new URLSearchParams({ query: yasqe.getValue(), lang })}`;
  yasqe.on("changes", () => { link.href = `/query?${new URLSearchParams({ query: yasqe.getValue(), lang })}`; });

  // -- the catalogue as examples ----------------------------------------------------------------------

  async function examples() {
    const response = await fetch(`/queries?lang=${lang}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const data = await response.json();
    const select = document.getElementById("example");
    const groups = new Map();
    for (const entry of data.queries || data) {
      const tag = (entry.tags || [])[0] || "";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(entry);
    }
    for (const [tag, entries] of groups) {
      const group = document.createElement("optgroup");
      group.label = tag;
      for (const entry of entries) {
        const option = document.createElement("option");
        option.value = entry.name;
        option.textContent = entry.summary || entry.question || entry.name;
        group.append(option);
      }
      select.append(group);
    }
    select.addEventListener("change", async () => {
      if (!select.value) return;
      const text = await (await fetch(`/queries/${encodeURIComponent(select.value)}.rq?lang=${lang}`)).text();
      yasqe.setValue(text);
      say(words["query-example"]);
    });
    document.querySelector(".examples").hidden = false;
  }

  examples();
})();
