// Views of results: a paged table, sorted by a column and filtered by a text; and yes or no.
"use strict";

class TablePlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 10;
    this.label = Names.words["query-table"];
    this.size = 100;
  }

  canHandleResults() {
    return Boolean(this.yasr.results && this.yasr.results.getVariables && (this.yasr.results.getVariables() || []).length);
  }

  getIcon() {
    const icon = svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" });
    icon.append(svg("path", { d: "M3 5h18v14H3zM3 10h18M3 15h18M10 5v14", fill: "none", stroke: "currentColor", "stroke-width": 2 }));
    return icon;
  }

  draw() {
    this.names = this.yasr.results.getVariables();
    this.rows = bindings(this.yasr).map((row, number) => ({ row, number: number + 1 }));
    this.shown = this.rows;
    this.page = 0;
    this.sorted = null;
    const words = Names.words;
    this.body = element("tbody");
    const heads = element("tr");
    heads.append(element("th", { scope: "col", class: "number" }, "#"));
    for (const name of this.names) {
      const head = element("th", { scope: "col", "aria-sort": "none" });
      const button = element("button", { type: "button", class: "sort" }, name);
      button.addEventListener("click", () => this.sort(name, head));
      head.append(button);
      heads.append(head);
    }
    const table = element("table", { class: "bindings" });
    const top = element("thead");
    top.append(heads);
    table.append(top, this.body);
    const frame = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words["query-table"] });
    frame.append(table);
    this.pages = element("p", { class: "pages" });
    const controls = element("p", { class: "plot-controls" });
    if (this.rows.length > 1) {
      const label = element("label", {}, `${words["query-filter"]} `);
      const input = element("input", { type: "search" });
      input.addEventListener("input", () => this.filter(input.value));
      label.append(input);
      controls.append(label);
    }
    this.yasr.resultsEl.append(controls, frame, this.pages);
    this.fill();
  }

  filter(text) {
    const sought = text.toLowerCase();
    const has = ({ row }) => this.names.some((n) => row[n] && `${row[n].value} ${Names.of(row[n])}`.toLowerCase().includes(sought));
    this.shown = sought ? this.rows.filter(has) : this.rows;
    this.page = 0;
    this.fill();
  }

  sort(name, head) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.querySelectorAll("[aria-sort]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const by = new Intl.Collator(Names.lang, { numeric: true });
    const compare = (a, b) => {
      if (!a || !b) return Number(Boolean(b)) - Number(Boolean(a)) || 0;
      return numeric(a) && numeric(b) ? Number(a.value) - Number(b.value) : by.compare(Names.of(a), Names.of(b));
    };
    const order = ({ row: a, number: m }, { row: b, number: n }) => (down ? compare(b[name], a[name]) : compare(a[name], b[name])) || m - n;
    this.rows.sort(order);
    this.shown = this.shown === this.rows ? this.rows : [...this.shown].sort(order);
    this.page = 0;
    this.fill();
  }

  fill() {
    const first = this.page * this.size;
    const part = this.shown.slice(first, first + this.size);
    this.body.replaceChildren(...part.map(({ row, number }) => {
      const line = element("tr");
      line.append(element("td", { class: "number" }, Names.number(number)), ...this.names.map((name) => this.cell(row[name])));
      return line;
    }));
    this.pages.replaceChildren();
    if (this.shown.length <= this.size) return;
    const step = (word, by, possible) => {
      const button = element("button", { type: "button" }, Names.words[word]);
      button.disabled = !possible;
      button.addEventListener("click", () => {
        this.page += by;
        this.fill();
        const again = [...this.pages.querySelectorAll("button")];
        (again.find((b) => b.textContent === button.textContent && !b.disabled) || again.find((b) => !b.disabled)).focus();
      });
      return button;
    };
    const range = ` ${Names.number(first + 1)}–${Names.number(first + part.length)} / ${Names.number(this.shown.length)} `;
    this.pages.append(step("query-previous", -1, first > 0), range, step("query-next", 1, first + this.size < this.shown.length));
  }

  cell(binding) {
    const cell = element("td");
    if (!binding) return cell;
    if (binding.type === "uri") {
      const href = Names.href(binding.value);
      const label = Names.label(binding.value);
      const text = Names.short(binding.value);
      cell.append(href ? element("a", { href, title: binding.value, rel: "noreferrer" }, text) : element("span", { title: binding.value }, text));
      if (label) cell.append(element("span", { class: "label" }, label));
      return cell;
    }
    if (binding.type === "bnode") cell.append(element("span", { class: "label" }, `_:${binding.value}`));
    else cell.append(element("span", binding["xml:lang"] ? { lang: binding["xml:lang"] } : {}, binding.value));
    if (binding["xml:lang"]) cell.append(element("small", { class: "kind" }, binding["xml:lang"]));
    if (binding.datatype && !binding.datatype.endsWith("#string")) cell.title = Names.short(binding.datatype);
    if (numeric(binding)) cell.className = "number";
    return cell;
  }

  download() {
    return { contentType: "text/csv", filename: "results.csv", title: Names.words["query-download"], getData: () => this.yasr.results.asCsv() };
  }
}

class YesNoPlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 10;
    this.hideFromSelection = true;
  }

  canHandleResults() {
    return Boolean(this.yasr.results && this.yasr.results.getBoolean && typeof this.yasr.results.getBoolean() === "boolean");
  }

  draw() {
    const yes = this.yasr.results.getBoolean();
    this.yasr.resultsEl.append(element("p", { class: `verdict ${yes}` }, Names.words[yes ? "yes" : "no"]));
  }
}
