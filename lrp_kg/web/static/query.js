// The editor page: YASGUI's editor and results for our own endpoint. It sends no request to another server, and
// keeps neither queries nor results in the browser.
"use strict";

(() => {
  const place = document.getElementById("editor");
  const settings = JSON.parse(place.dataset.settings);
  const { lang, prefixes, words } = settings;
  const { Yasqe, Yasr } = window.Yasgui;
  const status = document.getElementById("status");
  const results = document.getElementById("results");
  const run = document.getElementById("run");
  const stop = document.getElementById("stop");
  const link = document.getElementById("link");
  Object.assign(Names, { lang, prefixes, words, own: settings.own });
  document.getElementById("application").hidden = false;

  function say(text) {
    status.textContent = text;
    status.classList.remove("failed");
  }

  // -- completion of our terms, by their names and by their labels --------------------------------------

  const terms = (async () => {
    try {
      const response = await fetch(at(`/query/terms.json?lang=${lang}`));
      const rows = response.ok ? await response.json() : [];
      Names.learn(rows);
      return rows.map(({ name, label }) => ({ name, sought: `${name} ${label}`.toLowerCase() }));
    } catch (error) {
      return [];
    }
  })();

  Yasqe.defaults.autocompleters = ["variables"];
  Yasqe.registerAutocompleter({
    name: "terms",
    bulk: false,
    autoShow: true,
    persistenceId: null,
    isValidCompletionPosition: (yasqe) => /^[A-Za-z][\w-]*:[\w-]*$/.test(yasqe.getCompleteToken().string),
    preProcessToken: (yasqe, token) => ({ ...token, autocompletionString: token.string }),
    postProcessSuggestion: (yasqe, token, name) => name,
    postprocessHints: (yasqe, hints) => hints.map((hint) => ({
      ...hint,
      render: (line) => line.append(hint.text, element("span", { class: "label" }, Names.labels.get(hint.text))),
      hint: (editor, data, chosen) => {
        editor.replaceRange(chosen.text, chosen.from || data.from, chosen.to || data.to, "complete");
        const prefix = chosen.text.split(":")[0];
        if (prefixes[prefix] && !(prefix in yasqe.getPrefixesFromQuery())) yasqe.addPrefixes({ [prefix]: prefixes[prefix] });
      },
    })),
    get: async (yasqe, token) => {
      const text = token.string.toLowerCase();
      const [prefix, local] = text.split(":");
      const begins = [];
      const holds = [];
      for (const { name, sought } of await terms) {
        if (sought.startsWith(text)) begins.push(name);
        else if (local.length > 1 && sought.startsWith(`${prefix}:`) && sought.includes(local)) holds.push(name);
      }
      return [...begins, ...holds].slice(0, 60);
    },
  }, true);

  // -- editor and results -----------------------------------------------------------------------------

  // Tab inserts a tab in the editor; Escape leaves the editor.
  const leave = () => run.focus();
  const start = document.getElementById("start").value;
  const yasqe = new Yasqe(place, {
    value: start,
    persistenceId: null,
    prefixCcApi: "",
    createShareableLink: null,
    consumeShareLink: null,
    showQueryButton: false,
    resizeable: true,
    editorHeight: `${Math.max(220, Math.min(460, 24 * start.split("\n").length + 40))}px`,
    requestConfig: { endpoint: new URL(at("/sparql"), location.href).href, method: "POST" },
  });
  const field = place.querySelector(".CodeMirror textarea");
  field.setAttribute("aria-label", words["query-label"]);
  field.setAttribute("aria-describedby", "keys");
  // What scrolls can have the focus, so that arrow keys scroll it.
  filled(place.querySelector(".CodeMirror-scroll"), { tabindex: 0, role: "group", "aria-label": words["query-label"] });
  yasqe.setOption("extraKeys", { ...yasqe.getOption("extraKeys"), Esc: leave, "Ctrl-Enter": ask, "Cmd-Enter": ask });
  yasqe.on("changes", address);

  for (const [name, view] of Object.entries({ table: TablePlugin, boolean: YesNoPlugin, chart: ChartPlugin, graph: GraphPlugin })) Yasr.registerPlugin(name, view, true);
  const yasr = new Yasr(results, {
    persistenceId: null,
    prefixes,
    pluginOrder: ["table", "boolean", "chart", "graph", "response", "error"],
    defaultPlugin: "table",
    maxPersistentResponseSize: 0,
  });
  yasr.on("drawn", name);
  yasr.on("change", name);

  // The buttons of the views have names in the language of the page, and say which view is shown.
  function name() {
    const own = { table: "query-table", chart: "query-chart", graph: "query-graph", response: "query-response" };
    for (const [view, word] of Object.entries(own)) {
      const button = results.querySelector(`.yasr_btn.select_${view}`);
      if (!button) continue;
      button.querySelector("span").textContent = words[word];
      button.title = words[word];
      button.setAttribute("aria-label", words[word]);
      button.setAttribute("aria-pressed", String(view === yasr.drawnPlugin));
      button.disabled = button.classList.contains("disabled");
    }
    const download = results.querySelector(".yasr_downloadIcon");
    download.title = words["query-download"];
    download.setAttribute("aria-label", words["query-download"]);
    download.hidden = download.classList.contains("disabled");
  }

  function address() {
    const query = yasqe.getValue();
    link.href = at(`/query?${new URLSearchParams({ query, lang })}`);
    for (const other of document.querySelectorAll("nav.languages a")) other.href = `?${new URLSearchParams(query === start ? { lang: other.lang } : { lang: other.lang, query })}`;
  }
  link.href = at(`/query?${new URLSearchParams({ query: start, lang })}`);

  // -- running a query ----------------------------------------------------------------------------------------

  let controller = null;

  function form(query) {
    const bare = query.replace(/#[^\n]*$/gm, "").replace(/<[^>]*>/g, "");
    const found = /\b(select|ask|construct|describe)\b/i.exec(bare.replace(/\bprefix\s+\S*\s*/gi, ""));
    return found ? found[1].toLowerCase() : "select";
  }

  async function ask() {
    const query = yasqe.getValue();
    if (controller) controller.abort();
    const own = new AbortController();
    controller = own;
    say(words["query-running"]);
    stop.hidden = false;
    run.setAttribute("aria-busy", "true");
    const begun = performance.now();
    const graph = ["construct", "describe"].includes(form(query));
    const accept = graph ? "application/n-triples, application/sparql-results+json;q=0.5" : "application/sparql-results+json, application/n-triples;q=0.5";
    try {
      const response = await fetch(at(`/sparql?lang=${lang}`), { method: "POST", headers: { Accept: accept, "Content-Type": "application/sparql-query" }, body: query, signal: own.signal });
      const content = await response.text();
      if (!response.ok) {
        showError(response.status, content);
        return;
      }
      const took = performance.now() - begun;
      await terms;
      yasr.setResponse({ ok: true, status: response.status, statusText: response.statusText, headers: response.headers, type: response.type, content, contentType: response.headers.get("Content-Type") }, Math.round(took));
      const count = yasr.results && yasr.results.getBindings && yasr.results.getBindings();
      const rows = count ? (count.length ? `${Names.number(count.length)} ${words["query-rows"]}, ` : `${words["query-none"]}, `) : "";
      say(`${rows}${Names.number(Number((took / 1000).toFixed(2)))} s`);
    } catch (error) {
      if (controller === own) {
        if (error.name === "AbortError") say("");
        else showError(0, "");
      }
    } finally {
      if (controller === own) {
        controller = null;
        stop.hidden = true;
        run.removeAttribute("aria-busy");
      }
    }
  }

  // Shows the error message of the service in place of any earlier result.
  function showError(code, text) {
    results.querySelector(".yasr_results").replaceChildren();
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch (error) {
      problem = { detail: code ? String(code) : "" };
    }
    status.classList.add("failed");
    status.replaceChildren(element("strong", {}, problem.title || words["query-failed"]), element("p", {}, problem.detail || ""));
    if (code === 401) {
      const login = element("a", { href: at(`/login?${new URLSearchParams({ lang, next: link.getAttribute("href") })}`) }, words["login-in"]);
      status.lastChild.append(" ", login);
    }
  }

  run.addEventListener("click", ask);
  stop.addEventListener("click", () => {
    if (controller) controller.abort();
    run.focus();
  });

  // -- the catalogue as examples ----------------------------------------------------------------------

  async function examples() {
    const response = await fetch(at(`/queries?lang=${lang}`), { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const { queries, records } = await response.json();
    const select = document.getElementById("example");
    const groups = new Map();
    for (const entry of queries) {
      const tag = entry.tags[0] || "guideline";
      const label = words[`queries-tag-${tag}`] || tag;
      const none = entry.needs === "records" && !records;
      if (!groups.has(tag)) groups.set(tag, element("optgroup", none ? { label: `${label} (${words["query-no-records"]})`, disabled: "" } : { label }));
      groups.get(tag).append(element("option", { value: entry.name }, entry.summary));
    }
    select.append(...groups.values());
    select.addEventListener("change", async () => {
      const chosen = queries.find(({ name }) => name === select.value);
      if (!chosen) return;
      const answer = await fetch(at(`/queries/${encodeURIComponent(chosen.name)}.rq?lang=${lang}`));
      const text = await answer.text();
      if (!answer.ok) {
        showError(answer.status, text);
        return;
      }
      ChartPlugin.suggestion = chosen.chart;
      yasqe.setValue(text);
      say(words["query-example"]);
    });
    document.querySelector(".examples").hidden = false;
  }

  examples().catch(() => {});
})();
