// A view of triples as nodes and arrows, with the same triples as a list.
"use strict";

class GraphPlugin {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 6;
    this.label = Names.words["query-graph"];
    this.most = 120;
  }

  triples() {
    const rows = bindings(this.yasr);
    if (!rows.length) return [];
    const names = this.yasr.results.getVariables();
    const three = [["subject", "predicate", "object"], ["s", "p", "o"]].find((each) => each.every((n) => names.includes(n)));
    return three ? rows.filter((r) => three.every((n) => r[n])).map((r) => three.map((n) => r[n])) : [];
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
      const key = term.type === "literal" ? `${salt} ${term.value}` : `${term.type} ${term.value}`;
      if (!nodes.has(key)) {
        const angle = nodes.size * 2.399963; // the golden angle: no two nodes start at the same place
        const radius = 30 * Math.sqrt(nodes.size + 1);
        nodes.set(key, { term, x: radius * Math.cos(angle), y: radius * Math.sin(angle), ties: 0 });
      }
      const found = nodes.get(key);
      found.ties += 1;
      return found;
    };
    const edges = triples.map(([s, p, o], n) => ({ from: node(s, ""), to: node(o, n), label: Names.of(p) }));
    const height = Math.max(320, Math.min(1600, 26 * nodes.size + 160));
    this.settle([...nodes.values()], edges, height);
    const words = Names.words;
    const kinds = [...new Set(edges.map((e) => e.label))];
    const picture = svg("svg", { class: "plot", viewBox: `0 0 1100 ${height}`, width: 1100, role: "group", "aria-label": words["query-graph"] });
    const tip = svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 15, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" });
    tip.append(svg("path", { class: "tip", d: "M0 0L8 4L0 8z" }));
    const marks = svg("defs");
    marks.append(tip);
    picture.append(marks);
    for (const e of edges) picture.append(svg("line", { class: "edge", x1: e.from.x, y1: e.from.y, x2: e.to.x, y2: e.to.y, "marker-end": "url(#tip)" }));
    if (kinds.length > 1) for (const e of edges) picture.append(svg("text", { class: "edge-label", x: (e.from.x + e.to.x) / 2, y: (e.from.y + e.to.y) / 2 - 3, "text-anchor": "middle" }, cut(e.label, 22)));
    for (const place of nodes.values()) picture.append(this.mark(place));
    const details = element("details");
    details.append(element("summary", {}, words["query-triples"]));
    const list = element("ul", { class: "graph-list" });
    for (const [s, p, o] of triples) {
      const item = element("li", {}, `${Names.of(s)} `);
      item.append(element("em", {}, Names.of(p)), ` ${Names.of(o)}`);
      list.append(item);
    }
    details.append(list);
    const frame = element("div", { class: "scroll" });
    frame.append(picture);
    const note = `${words["query-graph-note"]} ${Names.number(triples.length)} / ${Names.number(all.length)} (${kinds.slice(0, 12).join(", ")}${kinds.length > 12 ? ", …" : ""})`;
    this.yasr.resultsEl.append(frame, element("p", { class: "note" }, note), details);
  }

  mark({ term, x, y, ties }) {
    const text = Names.of(term);
    const href = term.type === "uri" ? Names.href(term.value) : null;
    const group = href ? svg("a", { href, class: "node" }) : svg("g", { class: `node ${term.type}`, tabindex: 0, role: "img" });
    group.setAttribute("aria-label", text);
    group.append(svg("title", {}, term.type === "uri" ? `${text}\n${term.value}` : text));
    const size = 6 + Math.min(5, ties / 3);
    group.append(svg("circle", { cx: x, cy: y, r: size }));
    group.append(svg("text", { x, y: y + size + 13, "text-anchor": "middle" }, cut(text, 30)));
    return group;
  }

  // Nodes push each other away and arrows pull their ends together, for a fixed number of steps; then the picture is scaled.
  // Names are wide and flat, so nodes side by side need more room than nodes above each other.
  settle(nodes, edges, height) {
    const steps = 320;
    const wide = 1100 / height;
    for (let step = 0; step < steps; step += 1) {
      const heat = 16 * (1 - step / steps) + 0.3;
      for (const a of nodes) { a.dx = -a.x * 0.03; a.dy = -a.y * 0.03; }
      for (let i = 0; i < nodes.length; i += 1) {
        for (let j = i + 1; j < nodes.length; j += 1) {
          const [a, b] = [nodes[i], nodes[j]];
          const [x, y] = [a.x - b.x || 0.1, a.y - b.y || 0.1];
          const push = 1500 / (x * x + y * y + 40);
          a.dx += x * push; a.dy += y * push; b.dx -= x * push; b.dy -= y * push;
        }
      }
      for (const { from, to } of edges) {
        const [x, y] = [to.x - from.x, to.y - from.y];
        const length = Math.hypot(x, y) || 1;
        const pull = (length - 60) * 0.1;
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
    if (wide < 1) for (const n of nodes) [n.x, n.y] = [n.y, n.x];
    fit("x", 110, 990);
    fit("y", 20, height - 36);
    // If two names still overlap, the lower one moves down.
    const placed = [];
    for (const n of [...nodes].sort((a, b) => a.y - b.y)) {
      while (placed.some((o) => Math.abs(o.x - n.x) < 170 && Math.abs(o.y - n.y) < 16) && n.y < height - 30) n.y += 4;
      placed.push(n);
    }
  }
}
