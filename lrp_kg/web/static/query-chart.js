// A view of results as a chart: a column of numbers against any other column, as bars or as a line.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function element(name, attributes, text) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function shortValue(binding) {
  if (!binding) return "";
  return binding.type === "uri" ? binding.value.replace(/^.*[#/]/, "") : binding.value;
}

class ChartPlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 5;
    this.label = ChartPlugin.words["query-chart"];
    this.most = 60;
  }

  columns() {
    const results = this.yasr.results;
    const rows = results && results.getBindings && results.getBindings();
    if (!rows || !rows.length) return null;
    const names = results.getVariables();
    const numeric = names.filter((n) => rows.some((r) => r[n]) && rows.every((r) => !r[n] || (r[n].type === "literal" && r[n].value !== "" && Number.isFinite(Number(r[n].value)))));
    return numeric.length && names.length > 1 ? { names, numeric, rows } : null;
  }

  canHandleResults() {
    return this.columns() !== null;
  }

  getIcon() {
    const icon = svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" });
    for (const [x, h] of [[3, 8], [10, 16], [17, 12]]) icon.append(svg("rect", { x, y: 21 - h, width: 4, height: h, fill: "currentColor" }));
    return icon;
  }

  draw() {
    const found = this.columns();
    const box = element("div", { class: "chart" });
    this.yasr.resultsEl.append(box);
    if (!found) return;
    const words = ChartPlugin.words;
    const y = found.numeric[found.numeric.length - 1];
    const choices = { y, x: found.names.find((n) => n !== y) };
    const controls = element("p", { class: "plot-controls" });
    const plot = element("div");
    const choose = (key, word, names) => {
      const label = element("label", {}, `${words[word]} `);
      const select = element("select", { "data-choice": key });
      for (const name of names) select.append(element("option", name === choices[key] ? { selected: "" } : {}, name));
      select.addEventListener("change", () => { choices[key] = select.value; this.plot(plot, found, choices); });
      label.append(select);
      controls.append(label);
    };
    choose("y", "query-of", found.numeric);
    choose("x", "query-against", found.names);
    box.append(controls, plot);
    this.plot(plot, found, choices);
  }

  plot(target, { rows }, { x, y }) {
    target.replaceChildren();
    const shown = rows.slice(0, this.most).filter((r) => r[y]);
    const height = 26 * shown.length + 30;
    const largest = Math.max(0, ...shown.map((r) => Number(r[y].value)));
    const least = Math.min(0, ...shown.map((r) => Number(r[y].value)));
    const scale = (value) => (560 * (value - least)) / (largest - least || 1);
    const picture = svg("svg", { class: "plot", viewBox: `0 0 960 ${height}`, width: 960, role: "img", "aria-label": `${y} / ${x}` });
    shown.forEach((row, n) => {
      const value = Number(row[y].value);
      const left = 300 + Math.min(scale(0), scale(value));
      picture.append(svg("text", { x: 292, y: 26 * n + 26, "text-anchor": "end" }, shortValue(row[x]).slice(0, 44)));
      picture.append(svg("rect", { class: "bar", x: left, y: 26 * n + 12, width: Math.max(1, Math.abs(scale(value) - scale(0))), height: 18 }));
      picture.append(svg("text", { x: left + Math.abs(scale(value) - scale(0)) + 6, y: 26 * n + 26 }, row[y].value));
    });
    picture.append(svg("line", { class: "axis", x1: 300 + scale(0), x2: 300 + scale(0), y1: 6, y2: height - 10 }));
    target.append(picture);
    if (rows.length > this.most) target.append(element("p", { class: "note" }, `${this.most} / ${rows.length}`));
  }
}
