"""A small read-only index over parsed triples: what the guideline is read from.

Parsing is Oxigraph's; rdflib takes ten times as long and is imported only by what needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.namespaces import RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Node(NamedTuple):
    """An RDF term: ``kind`` is ``iri``, ``blank`` or ``literal``."""

    kind: str
    value: str
    datatype: str = ""
    language: str = ""

    @property
    def is_blank(self) -> bool:
        """Tell whether this is a blank node."""
        return self.kind == "blank"

    @property
    def is_literal(self) -> bool:
        """Tell whether this is a literal."""
        return self.kind == "literal"

    @property
    def is_integer(self) -> bool:
        """Tell whether this is a literal of type xsd:integer."""
        return self.datatype == XSD + "integer"


def iri(value: str) -> Node:
    """Return the node of an IRI."""
    return Node("iri", value)


@dataclass(frozen=True)
class Graph:
    """Triples by subject and predicate, in the order of the files."""

    by_subject: dict[Node, dict[str, list[Node]]]
    by_type: dict[str, list[Node]]

    def of(self, subject: Node) -> dict[str, list[Node]]:
        """Return predicates and objects of a subject."""
        return self.by_subject.get(subject, {})

    def all(self, subject: Node, predicate: str) -> list[Node]:
        """Return the objects of a subject and predicate."""
        return self.by_subject.get(subject, {}).get(predicate, [])

    def one(self, subject: Node, predicate: str) -> Node | None:
        """Return the first object of a subject and predicate, if there is one."""
        objects = self.all(subject, predicate)
        return objects[0] if objects else None

    def instances(self, cls: str) -> list[Node]:
        """Return the subjects typed with a class, in the order of the files."""
        return self.by_type.get(cls, [])

    def items(self, head: Node) -> Iterator[Node]:
        """Yield the members of an RDF collection."""
        while head.value != RDF + "nil":
            first, rest = self.one(head, RDF + "first"), self.one(head, RDF + "rest")
            if first is None or rest is None:
                return
            yield first
            head = rest

    def texts(self, subject: Node, predicate: str) -> dict[str, str]:
        """Return the texts of a predicate by language tag."""
        return {o.language or "en": o.value for o in self.all(subject, predicate) if o.is_literal}


def _node(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, scope: str) -> Node:
    if isinstance(term, ox.NamedNode):
        return Node("iri", term.value)
    if isinstance(term, ox.BlankNode):
        return Node("blank", scope + term.value)
    if isinstance(term, ox.Literal):
        return Node("literal", term.value, term.datatype.value, term.language or "")
    raise TypeError("a triple term cannot stand in a guideline")


def syntax_finding(file: Path, error: SyntaxError) -> Finding:
    """Return a finding that shows the line on which a parser gave up."""
    number, column = error.lineno or 1, error.offset or 1
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    reason = error.msg.split(": ", 1)[-1]
    message = f"{reason}: {_excerpt(lines, number, column)}."
    before = next((n for n in range(min(number, len(lines) + 1) - 1, 0, -1) if lines[n - 1].strip()), 0)
    if "dot is expected" in reason and before:
        message += f" The fault is often one earlier: line {before} ends in {_excerpt(lines, before, 1)[-40:]}."
    return Finding("turtle-syntax", f"{message} Mend the Turtle at this place.", f"{file}:{number}:{column}")


def _excerpt(lines: list[str], number: int, column: int) -> str:
    line = lines[number - 1] if number <= len(lines) else ""
    start = max(0, column - 60)
    shown = line[start : start + 120].strip()
    return f"{shown!r}" if shown else "the file ends here"


def read_turtle(files: Iterable[Path]) -> Graph:
    """Parse Turtle files into one graph; report the syntax errors of all of them at once."""
    by_subject: dict[Node, dict[str, list[Node]]] = {}
    by_type: dict[str, list[Node]] = {}
    findings: list[Finding] = []
    for number, file in enumerate(files):
        try:
            for triple in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE):
                subject = _node(triple.subject, f"{number}-")
                obj = _node(triple.object, f"{number}-")
                predicate = triple.predicate.value
                objects = by_subject.setdefault(subject, {}).setdefault(predicate, [])
                if obj not in objects:
                    objects.append(obj)
                    if predicate == RDF + "type":
                        by_type.setdefault(obj.value, []).append(subject)
        except SyntaxError as error:
            findings.append(syntax_finding(file, error))
        except (OSError, ValueError) as error:
            findings.append(Finding("file-not-readable", f"The file cannot be read: {error}.", str(file)))
    if findings:
        raise GuidelineError("The guideline has files that cannot be parsed.", findings)
    return Graph(by_subject, by_type)
