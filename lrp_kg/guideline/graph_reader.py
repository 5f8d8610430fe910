"""Single values of a guideline's graph, with a finding at file and line for each that is missing or wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Graph, Node
from lrp_kg.guideline.model import Condition, Field, Term
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, DCTERMS, PATIENT_RECORD, RDFS, local_name
from lrp_kg.words import Text


@dataclass
class GraphReader:
    """Reads values of terms and keeps what is wrong; ``fields`` and ``conditions`` are those read so far."""

    graph: Graph
    positions: Positions
    findings: list[Finding] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Fields and conditions with a fault of their own; what names one of them is right."""
    assessment: str | None = None
    """The date field with the day of the assessment."""
    printed: frozenset[str] = frozenset()
    """The sources that the guideline names as its own; where it names none, all are."""

    def is_defined(self, name: str) -> bool:
        """Return whether there is a condition, be it one that cannot be read."""
        return name == PATIENT_RECORD or name in self.conditions or name in self.unread

    def complain(self, name: str, node: Node, message: str, *, about: str | None = None) -> None:
        """Keep a finding about a term; ``about`` is what the term names wrongly."""
        where = self.positions.where(node.value)
        term = "" if node.is_blank else node.value
        self.findings.append(Finding(name, f"{local_name(node.value)}: {message}", where, value=about, term=term))

    def one(self, node: Node, predicate: str) -> Node | None:
        """Return the value that a term has, if it has one; there must not be several, of which one would be ignored."""
        found = self.graph.all(node, predicate)
        if len(found) > 1:
            named = " and ".join(repr(n.value) if n.kind == "literal" else local_name(n.value) for n in found)
            message = f"has {len(found)} values of {local_name(predicate)}, where one belongs: {named}. Keep one."
            self.complain("value-repeated", node, message, about=predicate)
        return found[0] if found else None

    def label(self, node: Node) -> Text:
        """Return the label of a term."""
        return self.graph.texts(node, RDFS + "label")

    def text(self, node: Node, predicate: str) -> str:
        """Return a value as text; empty where there is none."""
        found = self.one(node, predicate)
        return found.value if found else ""

    def name(self, node: Node, predicate: str) -> str | None:
        """Return the IRI that a term points to, if there is one."""
        return self.text(node, predicate) or None

    def identifier(self, node: Node) -> str:
        """Return what programs call a term: its identifier, else its local name."""
        return self.text(node, DCTERMS + "identifier") or local_name(node.value)

    def required(self, node: Node, predicate: str) -> Node:
        """Return a value that must be there."""
        found = self.one(node, predicate)
        if found is None:
            self.complain("value-missing", node, f"needs a value of {local_name(predicate)}.", about=predicate)
            return Node("iri", "")
        return found

    def integer(self, node: Node, predicate: str, default: int = 0) -> int:
        """Return an integer."""
        found = self.one(node, predicate)
        if found is None:
            return default
        try:
            return int(found.value)
        except ValueError:
            message = f"{local_name(predicate)} {found.value!r} is not an integer."
            self.complain("not-an-integer", node, message, about=found.value)
            return default

    def flag(self, node: Node, predicate: str) -> bool:
        """Return whether a term says that something is so."""
        return self.text(node, predicate) in ("true", "1")

    def priority(self, node: Node) -> int:
        """Return the place of a term among its like."""
        return self.integer(node, CP + "priority")

    def term(self, node: Node) -> Term:
        """Return a term with its identifier and label."""
        return Term(node.value, self.identifier(node), self.label(node))

    def terms(self, cls: str) -> dict[str, Term]:
        """Return the terms of a class of the vocabulary, by IRI."""
        return {n.value: self.term(n) for n in self.graph.instances(CP + cls)}

    def labels(self, cls: str) -> dict[str, Text]:
        """Return the labels of the terms of a class of the vocabulary, by identifier."""
        return {self.identifier(n): self.label(n) for n in self.graph.instances(CP + cls)}

    def source(self, node: Node) -> str:
        """Return the identifier of the first source of a term."""
        first = next(iter(self.graph.all(node, DCTERMS + "source")), None)
        return self.identifier(first or self.required(node, DCTERMS + "source"))

    def locator(self, node: Node) -> Text:
        """Return where in its source a term is; what is written without a language is the same in each."""
        return self.graph.texts(node, CP + "locator")

    def condition(self, node: Node, predicate: str) -> str | None:
        """Return a condition that a term names, if it names one; it must be defined."""
        name = self.name(node, predicate)
        if name and not self.is_defined(name):
            self.complain("unknown-condition", node, f"{local_name(name)} is not a condition or situation.", about=name)
        return name

    def required_condition(self, node: Node, predicate: str) -> str:
        """Return a condition that a term must name."""
        self.required(node, predicate)
        return self.condition(node, predicate) or ""

    def field_of_kind(self, node: Node, predicate: str, kind: str) -> str | None:
        """Return a field that a term names, if it names one; it must be of a kind."""
        self.one(node, predicate)
        return next(iter(self.fields_of_kind(node, predicate, kind)), None)

    def fields_of_kind(self, node: Node, predicate: str, kind: str) -> tuple[str, ...]:
        """Return the fields that a term names; each must be of a kind."""
        names = tuple(n.value for n in self.graph.all(node, predicate))
        for name in names:
            if name not in self.fields or self.fields[name].kind != kind:
                message = f"cp:{local_name(predicate)} {local_name(name)} is not a {kind} field."
                self.complain("unknown-field", node, message, about=name)
        return names
