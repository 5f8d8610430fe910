// Shared by the views of results: creating elements, words and labels in the language of the page.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, text) {
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// The address of a path of the service, which may be under a prefix.
const at = (path) => document.documentElement.dataset.base + path;

const svg = (name, attributes, text) => filled(document.createElementNS(SVG, name), attributes, text);
const element = (name, attributes, text) => filled(document.createElement(name), attributes, text);

const Names = {
  lang: "en",
  words: {},
  prefixes: {},
  own: [],
  labels: new Map(),

  // Labels of our own terms come as [{name, label}], with prefixed names.
  learn(rows) {
    for (const { name, label } of rows) this.labels.set(name, label);
  },

  short(iri) {
    let found = "";
    for (const [prefix, namespace] of Object.entries(this.prefixes)) {
      const local = iri.slice(namespace.length);
      if (iri.startsWith(namespace) && !local.includes("/") && namespace.length > (this.prefixes[found] || "").length) found = prefix;
    }
    return found ? `${found}:${iri.slice(this.prefixes[found].length)}` : iri;
  },

  label(iri) {
    return this.labels.get(this.short(iri));
  },

  // The readable name of a value: the label of a term, the text of a literal.
  of(binding) {
    if (!binding) return "";
    if (binding.type !== "uri") return binding.value;
    return this.label(binding.value) || binding.value.replace(/^.*[#/](?=.)/, "");
  },

  // The target of a link: the page of one of our own terms, a web page, or nothing.
  href(iri) {
    if (this.own.some((namespace) => iri.startsWith(namespace))) return at(`/term/?${new URLSearchParams({ iri, lang: this.lang })}`);
    return /^https?:\/\//i.test(iri) ? iri : null;
  },

  number(value) {
    return value.toLocaleString(this.lang);
  },
};

function cut(text, most) {
  return text.length > most ? `${text.slice(0, Math.ceil(most / 2))}…${text.slice(-Math.floor(most / 2) + 1)}` : text;
}

function numeric(binding) {
  return binding.type !== "uri" && binding.value.trim() !== "" && Number.isFinite(Number(binding.value));
}

function bindings(yasr) {
  return (yasr.results && yasr.results.getBindings && yasr.results.getBindings()) || [];
}

function choice(word, options, chosen, change) {
  const label = element("label", {}, `${word} `);
  const select = element("select");
  for (const [value, text] of options) select.append(element("option", value === chosen ? { value, selected: "" } : { value }, text));
  select.addEventListener("change", () => change(select.value));
  label.append(select);
  return label;
}
