// A view of triples as nodes and arrows, with a list that says the same in words.
"use strict";

function shortened(text) {
  return text.length > 44 ? `${text.slice(0, 20)}…${text.slice(-22)}` : text;
}

class GraphPlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 6;
    this.label = GraphPlugin.words["query-graph"];
    this.most = 120;
  }

  triples() {
    const results = this.yasr.results;
    const rows = results && results.getBindings && results.getBindings();
    if (!rows || !rows.length) return [];
    const names = results.getVariables();
    const [s, p, o] = ["subject", "predicate", "object"].every((n) => names.includes(n)) ? ["subject", "predicate", "object"] : ["s", "p", "o"];
    if (![s, p, o].every((n) => names.includes(n))) return [];
    return rows.filter((r) => r[s] && r[p] && r[o]).map((r) => [r[s], r[p], r[o]]);
  }

  canHandleResults() {
    return this.triples().length > 0;
  }

  getIcon() {
    const icon = svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" });
    icon.append(svg("path", { d: "M5 6L18 9M6 7L11 19M17 10L12 19", stroke: "currentColor", "stroke-width": 2 }));
    for (const [cx, cy] of [[5, 6], [18, 9], [11, 19]]) icon.append(svg("circle", { cx, cy, r: 3.4, fill: "currentColor" }));
    return icon;
  }

  draw() {
    const all = this.triples();
    const triples = all.slice(0, this.most);
    const nodes = new Map();
    const node = (term, salt) => {
      const key = term.type === "literal" ? `${salt} ${term.value}` : term.value;
      if (!nodes.has(key)) {
        const angle = nodes.size * 2.399963;
        const radius = 24 * Math.sqrt(nodes.size + 1);
        nodes.set(key, { term, x: 480 + radius * Math.cos(angle), y: 320 + radius * Math.sin(angle) });
      }
      return nodes.get(key);
    };
    const edges = triples.map(([s, p, o], n) => ({ from: node(s, ""), to: node(o, n), label: shortValue(p) }));
    const height = Math.max(320, Math.min(1400, 22 * nodes.size + 120));
    this.settle([...nodes.values()], edges, height);
    const kinds = new Set(edges.map((e) => e.label));
    const picture = svg("svg", { class: "plot", viewBox: `0 0 960 ${height}`, width: 960, role: "group", "aria-label": GraphPlugin.words["query-graph"] });
    for (const e of edges) {
      picture.append(svg("line", { class: "edge", x1: e.from.x, y1: e.from.y, x2: e.to.x, y2: e.to.y }));
      if (kinds.size > 1) picture.append(svg("text", { class: "edge-label", x: (e.from.x + e.to.x) / 2, y: (e.from.y + e.to.y) / 2, "text-anchor": "middle" }, e.label));
    }
    for (const { term, x, y } of nodes.values()) {
      const group = svg("g", { class: `node ${term.type === "literal" ? "literal" : ""}`, tabindex: 0, role: "img", "aria-label": term.value });
      group.append(svg("title", {}, term.value));
      group.append(svg("circle", { cx: x, cy: y, r: 7 }));
      group.append(svg("text", { x: x + 10, y: y + 4 }, shortened(shortValue(term))));
      picture.append(group);
    }
    const list = element("ul", { class: "graph-list" });
    for (const triple of triples) list.append(element("li", {}, triple.map(shortValue).join(" · ")));
    const note = element("p", { class: "note" }, `${GraphPlugin.words["query-graph-note"]} ${triples.length} / ${all.length} (${[...kinds].join(", ")})`);
    this.yasr.resultsEl.append(picture, note, list);
  }

  // Nodes push each other away and arrows pull their ends together, for a fixed number of steps; then all is fitted in.
  settle(nodes, edges, height) {
    const steps = 260;
    for (let step = 0; step < steps; step += 1) {
      const heat = 14 * (1 - step / steps) + 0.5;
      for (const a of nodes) { a.dx = (480 - a.x) * 0.01; a.dy = (320 - a.y) * 0.01; }
      for (let i = 0; i < nodes.length; i += 1) {
        for (let j = i + 1; j < nodes.length; j += 1) {
          const [a, b] = [nodes[i], nodes[j]];
          const [x, y] = [a.x - b.x || 0.1, a.y - b.y || 0.1];
          const push = 900 / (x * x + y * y + 60);
          a.dx += x * push; a.dy += y * push; b.dx -= x * push; b.dy -= y * push;
        }
      }
      for (const { from, to } of edges) {
        const [x, y] = [to.x - from.x, to.y - from.y];
        const length = Math.hypot(x, y) || 1;
        const pull = (length - 70) * 0.12;
        from.dx += (x / length) * pull; from.dy += (y / length) * pull; to.dx -= (x / length) * pull; to.dy -= (y / length) * pull;
      }
      for (const a of nodes) {
        const length = Math.hypot(a.dx, a.dy) || 1;
        a.x += (a.dx / length) * Math.min(heat, length);
        a.y += (a.dy / length) * Math.min(heat, length);
      }
    }
    const fit = (axis, low, high) => {
      const least = Math.min(...nodes.map((n) => n[axis]));
      const most = Math.max(...nodes.map((n) => n[axis]));
      for (const n of nodes) n[axis] = most > least ? low + ((high - low) * (n[axis] - least)) / (most - least) : (low + high) / 2;
    };
    fit("x", 20, 640);
    fit("y", 24, height - 24);
  }
}
