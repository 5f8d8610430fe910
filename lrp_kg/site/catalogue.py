"""Which terms have pages on the site, and what the modules say about a term beyond what deciding needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.index import Graph, iri
from lrp_kg.guideline.model import Box, Decision, Guideline, Option, Statement, Term
from lrp_kg.namespaces import CP, DCTERMS, RDFS, SKOS, local_name
from lrp_kg.words import Text

KINDS = ("stage", "box", "decision", "programme", "condition", "field", "warning", "open-point", "source")
"""The kinds of pages, in the order of navigation; each is also the name of a folder and of a phrase."""


@dataclass(frozen=True)
class Entry:
    """A term and the page, or part of a page, that describes it; ``kind`` is one of `KINDS` or the kind of part."""

    term: Term
    kind: str
    page: str
    anchor: str = ""

    @property
    def address(self) -> str:
        """Return the address within a language's folder."""
        return f"{self.page}#{self.anchor}" if self.anchor else self.page


def slug(name: str) -> str:
    """Return the local name of a term in a form fit for addresses and file names."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", local_name(name)).strip("-.") or "term"


class Catalogue:
    """The terms of a guideline by IRI: their pages, definitions, sources and places in the files."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.graph: Graph = guideline.index.graph
        generated = {e.decision: p.iri for p in guideline.programmes.values() for e in p.editions}
        classes = {o.applies_to: p for name, p in generated.items() for o in guideline.decisions[name].options}
        self._programme_of = generated | classes
        self.entries: dict[str, Entry] = {}
        self.parts: dict[str, Entry] = {}
        self._slugs: set[str] = set()
        for kind, term in self._terms():
            self.entries.setdefault(term.iri, Entry(term, kind, self._page(kind, term.iri)))
        for part in self._parts():
            if part.term.iri not in self.entries:
                self.parts.setdefault(part.term.iri, part)

    # -- terms and pages ------------------------------------------------------------------------

    @cached_property
    def stages(self) -> tuple[Option, ...]:
        """The stages, sorted by the priority of their decision, then by their own."""
        nodes = {n.value for n in self.graph.instances(CP + "Stage")}
        return tuple(o for d in self.decisions for o in d.options if o.iri in nodes)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that the guideline itself states, without those generated for programmes."""
        return tuple(self.guideline.own_decisions.values())

    @cached_property
    def stage_decisions(self) -> tuple[Decision, ...]:
        """The decisions whose options are stages."""
        stages = {s.iri for s in self.stages}
        return tuple(d for d in self.decisions if any(o.iri in stages for o in d.options))

    def _terms(self) -> Iterator[tuple[str, Term]]:
        g = self.guideline
        yield from (("stage", s) for s in self.stages)
        stages = {s.iri: n for n, s in enumerate(self.stages)}
        boxes = sorted(
            g.boxes.values(), key=lambda b: (stages.get(b.stage, len(stages)), b.section_order, b.priority, b.printed)
        )
        yield from (("box", b) for b in boxes)
        yield from (("decision", d) for d in self.decisions)
        yield from (("programme", p) for p in g.programmes.values())
        yield from (("condition", c) for c in g.conditions.values() if c.iri not in self._programme_of)
        yield from (("field", f) for f in sorted(g.fields.values(), key=lambda f: (f.ask_order or 9999, f.iri)))
        yield from (("field", d) for d in g.derived.values())
        yield from (("warning", w) for w in g.warnings)
        yield from (("open-point", p) for p in g.open_points)
        yield from (("source", s) for s in g.sources.values())

    def _parts(self) -> Iterator[Entry]:
        g = self.guideline
        for d in self.decisions:
            for o in d.options:
                yield Entry(o, "option", self.entries[d.iri].page, f"option-{slug(o.iri)}")
        for f in g.fields.values():
            for v in f.values:
                yield Entry(v, "value", self.entries[f.iri].page, f"value-{slug(v.iri)}")
                if v.expands_to:
                    own = Term(v.expands_to, local_name(v.expands_to), self.label(v.expands_to) or v.label)
                    yield Entry(own, "value", self.entries[f.iri].page, f"value-{slug(v.iri)}")
        for page, statement in self.statements():
            yield Entry(statement, "statement", self.entries[page].page, f"statement-{slug(statement.iri)}")
        for p in g.programmes.values():
            page = self.entries[p.iri].page
            for e in p.editions:
                yield Entry(e, "edition", page, f"edition-{slug(e.iri)}")
                for c in e.criteria:
                    yield Entry(c, "criterion", page, f"criterion-{slug(e.iri)}-{slug(c.iri)}")

    def statements(self) -> Iterator[tuple[str, Statement]]:
        """Yield every statement with the IRI of the term whose page shows it."""
        g = self.guideline
        yield from ((b.iri, s) for b in g.boxes.values() for s in b.statements)
        yield from ((stage, s) for stage, found in g.notices.items() if stage in self.entries for s in found)
        yield from ((p.iri, s) for p in g.programmes.values() for e in p.editions for s in e.statements)

    def _page(self, kind: str, name: str) -> str:
        base = f"{kind}/{slug(name)}"
        number, page = 1, base
        while page.casefold() in self._slugs:  # some file systems ignore case
            number += 1
            page = f"{base}-{number}"
        self._slugs.add(page.casefold())
        return page + ".html"

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the pages of a kind, in the order of the guideline."""
        return [e for e in self.entries.values() if e.kind == kind]

    def boxes_of(self, stage: str) -> tuple[Box, ...]:
        """Return the boxes of a stage, in the order of the guideline."""
        boxes = (self.guideline.boxes[e.term.iri] for e in self.of_kind("box"))
        return tuple(b for b in boxes if b.stage == stage)

    def leads_to_a_box_of_its_name(self, entry: Entry) -> bool:
        """Return whether an entry is an option that is called as a box is: a list has the box only."""
        return entry.kind == "option" and any(entry.term.label == b.label for b in self.guideline.boxes.values())

    def find(self, name: str) -> Entry | None:
        """Return the entry of a term; generated decisions and classes share that of their programme."""
        name = self._programme_of.get(name, name)
        return self.entries.get(name) or self.parts.get(name)

    def reads_one(self, condition: str) -> bool:
        """Return whether a named class reads a single field."""
        g = self.guideline
        fields = fields_of(g.classes[condition], g.classes)
        return len({g.expanded.get(f, (f, ""))[0] for f in fields}) <= 1

    # -- what the modules say about a term --------------------------------------------------------

    def label(self, name: str) -> Text:
        """Return the labels of any term."""
        return self.graph.texts(iri(name), RDFS + "label")

    def definition(self, name: str) -> Text:
        """Return the definitions of a term by language."""
        return self.graph.texts(iri(name), SKOS + "definition")

    def locator(self, name: str) -> Text:
        """Return the place in its source that a term cites, by language."""
        return self.graph.texts(iri(name), CP + "locator")

    def source(self, name: str) -> str | None:
        """Return the IRI of the source of a term."""
        found = self.graph.one(iri(name), DCTERMS + "source")
        return found.value if found and not found.is_literal else None

    def term(self, name: str) -> Term:
        """Return a term with its identifier and labels."""
        found = self.graph.one(iri(name), DCTERMS + "identifier")
        return Term(name, found.value if found else local_name(name), self.label(name))

    def place(self, name: str) -> str:
        """Return the file, relative to the guideline folder, and the line that describe a term."""
        file, _, line = self.guideline.index.positions.where(name).rpartition(":")
        if not file:
            return ""
        folder = self.guideline.folder.resolve()
        path = Path(file).resolve()
        return f"{path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name}:{line}"

    def source_of(self, ident: str) -> str | None:
        """Return the IRI of a source by its identifier."""
        return next((s.iri for s in self.guideline.sources.values() if s.id == ident), None)
