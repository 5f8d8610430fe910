"""What the site has pages for, and what the modules say about each term beyond what deciding needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.index import Graph, Node, iri
from lrp_kg.guideline.model import Decision, Edition, Guideline, Option, Programme, Statement, Term
from lrp_kg.namespaces import CP, DCTERMS, RDFS, SKOS, local_name
from lrp_kg.words import Text

KINDS = ("stage", "box", "decision", "programme", "condition", "field", "warning", "open-point", "source")
"""The kinds of pages, in the order of navigation; each is also the name of a folder and of a phrase."""


@dataclass(frozen=True)
class Entry:
    """A term and where it is told: a page, or a part of one. ``kind`` names the page's kind, or option or value."""

    term: Term
    kind: str
    page: str
    anchor: str = ""

    @property
    def address(self) -> str:
        """Return the address within a language's folder."""
        return f"{self.page}#{self.anchor}" if self.anchor else self.page


def slug(name: str) -> str:
    """Return a name that can stand in addresses and file names."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", local_name(name)).strip("-.") or "term"


class Catalogue:
    """A guideline with its terms by IRI, their pages, definitions, sources and places in the files."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.graph: Graph = guideline.index.graph
        self.generated = {e.decision: p for p in guideline.programmes.values() for e in p.editions}
        self._of_edition = {
            o.applies_to: p.iri for name, p in self.generated.items() for o in guideline.decisions[name].options
        }
        self.entries: dict[str, Entry] = {}
        self.parts: dict[str, Entry] = {}
        self._slugs: set[str] = set()
        for kind, term in self._terms():
            self.entries.setdefault(term.iri, Entry(term, kind, self._page(kind, term.iri)))
        for part in self._parts():
            if part.term.iri not in self.entries:
                self.parts.setdefault(part.term.iri, part)

    # -- what there is --------------------------------------------------------------------------

    @cached_property
    def stages(self) -> tuple[Option, ...]:
        """The stages, by the priority of their decision and their own."""
        nodes = {n.value for n in self.graph.instances(CP + "Stage")}
        return tuple(o for d in self.decisions for o in d.options if o.iri in nodes)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that the guideline itself states; those of programmes are told with their programme."""
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
        yield from (("condition", c) for c in g.conditions.values() if c.iri not in self._of_edition)
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
        """Yield every statement with the IRI of the term on whose page it stands."""
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

    def find(self, name: str) -> Entry | None:
        """Return where a term is told; the classes of a programme's editions are told with the programme."""
        programme: Programme | None = self.generated.get(name)
        name = programme.iri if programme else self._of_edition.get(name, name)
        return self.entries.get(name) or self.parts.get(name)

    def reads_one(self, condition: str) -> bool:
        """Tell whether a named class reads a single field."""
        g = self.guideline
        fields = fields_of(g.classes[condition], g.classes)
        return len({g.expanded.get(f, (f, ""))[0] for f in fields}) <= 1

    # -- what the modules say of a term -----------------------------------------------------------

    def label(self, name: str) -> Text:
        """Return the labels of any term."""
        return self.graph.texts(iri(name), RDFS + "label")

    def texts(self, name: str, predicate: str) -> list[Node]:
        """Return the literals of a term."""
        return [o for o in self.graph.all(iri(name), predicate) if o.is_literal]

    def definition(self, name: str) -> Text:
        """Return the definitions of a term by language."""
        return self.graph.texts(iri(name), SKOS + "definition")

    def locator(self, name: str) -> str:
        """Return where in its source a term stands."""
        return "; ".join(o.value for o in self.graph.all(iri(name), CP + "locator"))

    def source(self, name: str) -> str | None:
        """Return the IRI of the source of a term."""
        found = self.graph.one(iri(name), DCTERMS + "source")
        return found.value if found and not found.is_literal else None

    def term(self, name: str) -> Term:
        """Return any term of the modules with its identifier and labels."""
        found = self.graph.one(iri(name), DCTERMS + "identifier")
        return Term(name, found.value if found else local_name(name), self.label(name))

    def named(self, subject: str, predicate: str) -> list[Term]:
        """Return the terms that a term points to."""
        return [self.term(o.value) for o in self.graph.all(iri(subject), predicate) if o.kind == "iri"]

    def place(self, name: str) -> str:
        """Return file and line where a term is described, the file as seen from the guideline folder."""
        file, _, line = self.guideline.index.positions.where(name).rpartition(":")
        if not file:
            return ""
        folder = self.guideline.folder.resolve()
        path = Path(file).resolve()
        return f"{path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name}:{line}"

    def source_of(self, ident: str) -> str | None:
        """Return the IRI of a source by its identifier."""
        return next((s.iri for s in self.guideline.sources.values() if s.id == ident), None)

    def edition_decision(self, edition: Edition) -> Decision:
        """Return the generated decision of an edition."""
        return self.guideline.decisions[edition.decision]
