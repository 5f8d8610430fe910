// A view of results as a chart: a column of numbers against another column, as bars or as a line.
"use strict";

class ChartPlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 5;
    this.label = Names.words["query-chart"];
    this.most = { bar: 60, line: 1000 };
  }

  columns() {
    const rows = bindings(this.yasr);
    if (!rows.length) return null;
    const names = this.yasr.results.getVariables();
    const numbers = names.filter((n) => rows.some((r) => r[n]) && rows.every((r) => !r[n] || numeric(r[n])));
    return numbers.length && names.length > 1 ? { names, numbers, rows } : null;
  }

  canHandleResults() {
    return this.columns() !== null;
  }

  getIcon() {
    const icon = svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" });
    for (const [x, h] of [[3, 8], [10, 16], [17, 12]]) icon.append(svg("rect", { x, y: 21 - h, width: 4, height: h, fill: "currentColor" }));
    return icon;
  }

  // The first chart: the one that the catalogue suggests, if it fits, else the last column of numbers.
  first({ names, numbers }) {
    const said = ChartPlugin.suggestion || {};
    const y = numbers.includes(said.y) ? said.y : numbers[numbers.length - 1];
    const others = names.filter((n) => n !== y);
    const x = others.includes(said.x) ? said.x : others.find((n) => !numbers.includes(n)) || others[0];
    return { kind: said.kind === "line" ? "line" : "bar", x, y };
  }

  draw() {
    const found = this.columns();
    if (!found) return;
    const words = Names.words;
    const choices = this.first(found);
    const plot = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words["query-chart"] });
    const controls = element("p", { class: "plot-controls" });
    const choose = (key, word, options) => controls.append(choice(words[word], options, choices[key], (value) => {
      choices[key] = value;
      this.plot(plot, found, choices);
    }));
    choose("kind", "query-shape", [["bar", words["query-bars"]], ["line", words["query-line"]]]);
    choose("y", "query-of", found.numbers.map((n) => [n, n]));
    choose("x", "query-against", found.names.map((n) => [n, n]));
    this.yasr.resultsEl.append(controls, plot);
    this.plot(plot, found, choices);
  }

  plot(target, { rows }, { kind, x, y }) {
    const all = rows.filter((r) => r[y]).map((r) => ({ name: Names.of(r[x]), at: r[x] && numeric(r[x]) ? Number(r[x].value) : null, value: Number(r[y].value) }));
    const points = all.slice(0, this.most[kind]);
    const title = `${y} / ${x}`;
    target.replaceChildren(kind === "line" ? this.line(points, title) : this.bars(points, title));
    if (all.length > points.length) target.append(element("p", { class: "note" }, `${Names.words["query-graph-note"]} ${Names.number(points.length)} / ${Names.number(all.length)}`));
  }

  // Rows of text with a strip each, so that texts keep their size on a narrow screen; as `research/questions/charts.py`.
  bars(points, title) {
    const largest = Math.max(0, ...points.map((p) => p.value)) || 1;
    const picture = element("div", { class: "bars", role: "img", "aria-label": `${title}: ${points.map((p) => `${p.name} ${p.value}`).join("; ")}` });
    for (const { name, value } of points) {
      const group = element("div", { class: "group" });
      const strip = svg("svg", { width: "100%", height: 14 });
      strip.append(svg("rect", { class: "bar", width: `${Math.max(0, (100 * value) / largest)}%`, height: 14, rx: 2 }));
      const row = element("p");
      row.append(strip, element("span", {}, Names.number(value)));
      group.append(element("p", {}, name), row);
      picture.append(group);
    }
    return picture;
  }

  line(given, title) {
    const measured = given.every((p) => p.at !== null);
    const points = measured ? [...given].sort((a, b) => a.at - b.at) : given;
    const [left, right, top, bottom] = [70, 930, 20, 330];
    const range = (values) => [Math.min(...values), Math.max(...values)];
    const [least, largest] = range([0, ...points.map((p) => p.value)]);
    const [from, to] = measured ? range(points.map((p) => p.at)) : [0, points.length - 1];
    const across = (p, n) => left + ((right - left) * ((measured ? p.at : n) - from)) / (to - from || 1);
    const up = (value) => bottom - ((bottom - top) * (value - least)) / (largest - least || 1);
    const picture = svg("svg", { class: "plot", viewBox: "0 0 960 400", width: 960, role: "img", "aria-label": `${title}: ${points.map((p) => `${p.name} ${p.value}`).join("; ")}` });
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const value = least + (largest - least) * part;
      picture.append(svg("line", { class: "grid", x1: left, x2: right, y1: up(value), y2: up(value) }), svg("text", { x: left - 8, y: up(value) + 4, "text-anchor": "end" }, Names.number(Number(value.toPrecision(3)))));
    }
    picture.append(svg("polyline", { class: "line", points: points.map((p, n) => `${across(p, n)},${up(p.value)}`).join(" ") }));
    const every = Math.ceil(points.length / (measured ? 16 : 8));
    points.forEach((p, n) => {
      const dot = svg("circle", { class: "bar", cx: across(p, n), cy: up(p.value), r: points.length > 100 ? 2 : 4 });
      dot.append(svg("title", {}, `${p.name}: ${p.value}`));
      picture.append(dot);
      if (n % every === 0) picture.append(svg("text", { x: across(p, n), y: bottom + 22 + (measured ? 0 : 18 * ((n / every) % 3)), "text-anchor": "middle" }, cut(p.name, 24)));
    });
    picture.append(svg("line", { class: "axis", x1: left, x2: right, y1: up(0), y2: up(0) }));
    return picture;
  }
}
