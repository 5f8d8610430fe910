"""Values of parameters become RDF terms, and only terms enter a query: one line of it is replaced, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.index import Graph, iri
from lrp_kg.guideline.named_graphs import guideline_quads
from lrp_kg.namespaces import DCTERMS, PREFIXES, RDFS, XSD
from lrp_kg.research.questions.model import MARK, CatalogueEntry, Parameter
from lrp_kg.words import LANGUAGES, colon, in_every_language, in_language
from lrp_kg.words.languages import look_up

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline

LONGEST = 1000
"""Characters of a value."""

DIGITS = 18
"""Digits of an integer, so that every engine can compute with it."""

_LINE = re.compile(rf"^([ \t]*)VALUES \(([^()]*)\) \{{ \(.*\) \}} {MARK}[ \t]*$", re.MULTILINE)
_PREFIX = re.compile(r"^\s*PREFIX\s+([\w.-]*):\s*<([^<>\s]*)>\s*$", re.MULTILINE | re.IGNORECASE)
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false", "yes": "true", "no": "false"}


class Bad(ValueError):
    """A value that a parameter cannot have; the message says why and what to do, in ``texts`` in each language."""

    def __init__(self, name: str, /, **fill: object) -> None:
        self.texts = in_every_language(name, **{k: repr(v) if k == "value" else v for k, v in fill.items()})
        super().__init__(self.texts["en"])


class Vocabulary:
    """The terms that an IRI parameter can be named by: prefixes, local names, identifiers, classes."""

    def __init__(self, guideline: Guideline | None) -> None:
        self._guideline = guideline

    @cached_property
    def _graph(self) -> Graph:
        quads = guideline_quads(self._guideline) if self._guideline else ()
        return Graph.of_triples(q.triple for q in quads if isinstance(q.graph_name, ox.DefaultGraph))

    @cached_property
    def _named(self) -> dict[str, set[str]]:
        """IRIs by identifier and by local name."""
        found: dict[str, set[str]] = {}
        namespace = self._guideline.namespace if self._guideline else ""
        for subject, said in self._graph.by_subject.items():
            names = {node.value for node in said.get(DCTERMS + "identifier", ()) if node.is_literal}
            if not subject.is_blank and subject.value.startswith(namespace):
                names.add(subject.value.removeprefix(namespace))
            for name in names:
                found.setdefault(name, set()).add(subject.value)
        return found

    @cached_property
    def _subclasses(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for subject, said in self._graph.by_subject.items():
            for node in said.get(RDFS + "subClassOf", ()):
                if not subject.is_blank:
                    found.setdefault(node.value, []).append(subject.value)
        return found

    def _of_class(self, of: str, prefixes: Mapping[str, str]) -> set[str]:
        """Return the terms of a class and of its subclasses."""
        found: set[str] = set()
        seen: set[str] = set()
        pending = [expanded(of, prefixes) or of]
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                found |= {node.value for node in self._graph.instances(name) if not node.is_blank}
                pending += self._subclasses.get(name, ())
        return found

    def instances(self, of: str, prefixes: Mapping[str, str], lang: str) -> list[tuple[str, str]]:
        """Return the terms of a class, each with its label in a language, in the order of labels."""
        texts = [(name, self._graph.texts(iri(name), RDFS + "label")) for name in self._of_class(of, prefixes)]
        return sorted(((name, in_language(t, lang, name)) for name, t in texts), key=lambda p: (p[1], p[0]))

    def find(self, value: str, of: str | None, prefixes: Mapping[str, str]) -> str:
        """Return the IRI that a value means: an IRI, a prefixed name, a local name or an identifier."""
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//|[A-Za-z0-9])", value):
            name = expanded(value, prefixes)
            if name and self._guideline is not None and iri(name) not in self._graph.by_subject:
                raise Bad("value-no-term", value=value)
            return name or value
        found = self._named.get(value, set())
        if of is not None and len(found) > 1:
            found = found & (self._of_class(of, prefixes) or found)
        if len(found) > 1:
            raise Bad("value-many-terms", value=value, count=len(found), names=", ".join(sorted(found)))
        if not found:
            raise Bad("value-no-name", value=value)
        return next(iter(found))

    def named(self, value: str, of: str | None, prefixes: Mapping[str, str]) -> str:
        """Return the IRI that a value means, the value as it is where it means none."""
        try:
            return self.find(value, of, prefixes) if value else ""
        except Bad:
            return value


def expanded(name: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the IRI of a prefixed name, ``None`` where its prefix is not known."""
    prefix, colon, local = name.partition(":")
    return prefixes[prefix] + local if colon and prefix in prefixes else None


def prefixes_of(text: str) -> dict[str, str]:
    """Return the prefixes that a query declares, and the common ones."""
    return {**PREFIXES, **dict(_PREFIX.findall(text))}


def families(entry: CatalogueEntry) -> dict[str, str]:
    """Return the IRIs of what the labels of columns are of, by the name of the column."""
    prefixes = prefixes_of(entry.text)
    return {c.name: expanded(c.of, prefixes) or c.of for c in entry.columns if c.of}


def parameter_line(text: str) -> re.Match[str] | None:
    """Return the one line that parameters replace; ``None`` where there is none or more than one."""
    found = list(_LINE.finditer(text))
    return found[0] if len(found) == 1 else None


def term_of(parameter: Parameter, value: str, vocabulary: Vocabulary, prefixes: Mapping[str, str]) -> str:
    """Return a value as a term in SPARQL; raise `Bad` where it is none of the parameter's type."""
    if len(value) > LONGEST:
        raise Bad("value-long", limit=LONGEST)
    kind = parameter.type
    if kind == "iri":
        found = vocabulary.find(value.strip(), parameter.of, prefixes)
        try:
            return str(ox.NamedNode(found))
        except ValueError:
            raise Bad("value-no-iri", value=value) from None
    if kind == "integer":
        return _integer(parameter, value)
    if kind == "boolean":
        if value.strip().lower() not in _BOOLEANS:
            raise Bad("value-no-boolean", value=value)
        return f'"{_BOOLEANS[value.strip().lower()]}"^^<{XSD}boolean>'
    if kind == "date":
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip(), re.ASCII):
                raise ValueError
            return f'"{date.fromisoformat(value.strip())}"^^<{XSD}date>'
        except ValueError:
            raise Bad("value-no-day", value=value) from None
    if kind == "lang":
        value = look_up(value) or value
    allowed = {"lang": LANGUAGES, "choice": parameter.values}.get(kind)
    if allowed is not None and value not in allowed:
        raise Bad("value-none-of", value=value, known=", ".join(allowed))
    return _string(value)


def _integer(parameter: Parameter, value: str) -> str:
    if not re.fullmatch(rf"[+-]?\d{{1,{DIGITS}}}", value.strip(), re.ASCII):
        raise Bad("value-no-integer", value=value, digits=DIGITS)
    number = int(value)
    if parameter.minimum is not None and number < parameter.minimum:
        raise Bad("value-below", value=number, limit=parameter.minimum)
    if parameter.maximum is not None and number > parameter.maximum:
        raise Bad("value-above", value=number, limit=parameter.maximum)
    return f'"{number}"^^<{XSD}integer>'


def _string(value: str) -> str:
    """Return a string as a literal; engines read codepoint escapes at different moments, so it may have none."""
    if re.search(r"\\[uU]", value):
        raise Bad("value-backslash")
    if any(
        ord(c) < 0x20 and c not in "\t\n\r" or 0xD800 <= ord(c) <= 0xDFFF or ord(c) in (0xFFFE, 0xFFFF) for c in value
    ):
        raise Bad("value-control")
    return str(ox.Literal(value))


def spliced(entry: CatalogueEntry, values: Mapping[str, str], vocabulary: Vocabulary) -> str:
    """Return the query with its parameters; an empty or absent value is the default, or leaves it open.

    Raises `UnknownParameter` with every problem of the values at once.
    """
    known = {p.name: p for p in entry.parameters}
    names = ", ".join(known) or "-"
    problems = [
        in_every_language("value-no-parameter", name=repr(name), query=entry.name, known=names)
        for name in values
        if name not in known
    ]
    prefixes = prefixes_of(entry.text)
    terms = []
    for p in entry.parameters:
        value = values.get(p.name) or p.default
        if value is None:
            terms.append("UNDEF")
            continue
        try:
            terms.append(term_of(p, value, vocabulary, prefixes))
        except Bad as problem:
            problems.append({lang: f"{p.name}{colon(lang)}{text}" for lang, text in problem.texts.items()})
    if problems:
        texts = {lang: "; ".join(p[lang] for p in problems) + "." for lang in LANGUAGES}
        raise UnknownParameter(texts["en"], messages=texts)
    if not entry.parameters:
        return entry.query
    line = parameter_line(entry.query)
    if line is None:
        raise UnknownParameter(f"{entry.name} has no line for its parameters, ending in {MARK!r}. Correct the query.")
    head = " ".join(f"?{p.name}" for p in entry.parameters)
    new = f"{line[1]}VALUES ({head}) {{ ({' '.join(terms)}) }} {MARK}"
    return entry.query[: line.start()] + new + entry.query[line.end() :]
