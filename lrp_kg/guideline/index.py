"""One index of the parsed files of a guideline, and a read-only graph over their triples.

Parsing is Oxigraph's; rdflib takes ten times as long and is imported only by what needs it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from lrp_kg.errors import GuidelineError, UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.guideline.completion import completion
from lrp_kg.guideline.files import AUTHOR_SHAPES
from lrp_kg.guideline.modules import Module, is_of_ontology, parsed_modules, read_modules
from lrp_kg.guideline.order import Order
from lrp_kg.guideline.positions import Positions
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import PREFIXES, RDF, XSD
from lrp_kg.words import typeset

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
        """Return whether this is a blank node."""
        return self.kind == "blank"

    @property
    def is_literal(self) -> bool:
        """Return whether this is a literal."""
        return self.kind == "literal"

    @property
    def is_integer(self) -> bool:
        """Return whether this is a literal of type xsd:integer."""
        return self.datatype == XSD + "integer"


def iri(value: str) -> Node:
    """Return the node of an IRI."""
    return Node("iri", value)


@dataclass(frozen=True)
class Graph:
    """Triples by subject and predicate, in an order that depends on what they say and not on where it is written."""

    by_subject: dict[Node, dict[str, list[Node]]]
    by_type: dict[str, list[Node]]

    def of(self, subject: Node) -> dict[str, list[Node]]:
        """Return predicates and objects of a subject."""
        return self.by_subject.get(subject, {})

    def all(self, subject: Node, predicate: str) -> list[Node]:
        """Return the objects of a subject and predicate."""
        return self.of(subject).get(predicate, [])

    def one(self, subject: Node, predicate: str) -> Node | None:
        """Return the first object of a subject and predicate, if there is one."""
        return next(iter(self.all(subject, predicate)), None)

    def instances(self, *classes: str) -> list[Node]:
        """Return the subjects typed with one of the classes, by their ``cp:askOrder``, ``cp:priority`` and name."""
        if len(classes) == 1:
            return self.by_type.get(classes[0], [])
        found = dict.fromkeys(node for cls in classes for node in self.by_type.get(cls, ()))
        return sorted(found, key=Order(self.by_subject).key)

    def items(self, head: Node) -> Iterator[Node]:
        """Yield the members of an RDF collection."""
        while head.value != RDF + "nil":
            first, rest = self.one(head, RDF + "first"), self.one(head, RDF + "rest")
            if first is None or rest is None:
                return
            yield first
            head = rest

    def users(self, node: Node) -> dict[Node, None]:
        """Return the subjects with an IRI that name a node, themselves or in a blank node that is part of them.

        A property is named by what has it.
        """
        found: dict[Node, None] = {}
        pending, seen = [node], {node}
        for used in pending:
            for subject in self._named_by.get(used, ()):
                if not subject.is_blank:
                    found[subject] = None
                elif subject not in seen:
                    seen.add(subject)
                    pending.append(subject)
        return found

    @cached_property
    def _named_by(self) -> dict[Node, list[Node]]:
        found: dict[Node, list[Node]] = {}
        for subject, predicates in self.by_subject.items():
            for predicate, objects in predicates.items():
                for node in (iri(predicate), *objects):
                    if not node.is_literal:
                        found.setdefault(node, []).append(subject)
        return found

    def digest(self) -> str:
        """Return a digest of what the triples say, which no layout and no order of blocks changes."""
        return Order(self.by_subject).digest()

    def texts(self, subject: Node, predicate: str) -> dict[str, str]:
        """Return the texts of a predicate by language tag."""
        found = [(o.language or "en", o.value) for o in self.all(subject, predicate) if o.is_literal]
        return {lang: typeset(text, lang) for lang, text in found}

    @classmethod
    def of_triples(cls, triples: Iterable[ox.Triple]) -> Graph:
        """Return a graph of parsed triples."""
        by_subject: dict[Node, dict[str, list[Node]]] = {}
        for triple in triples:
            subject, obj, predicate = node_of(triple.subject), node_of(triple.object), triple.predicate.value
            objects = by_subject.setdefault(subject, {}).setdefault(predicate, [])
            if obj not in objects:
                objects.append(obj)
        by_type: dict[str, list[Node]] = {}
        by_subject = Order(by_subject).sort()
        for subject, predicates in by_subject.items():
            for kind in predicates.get(RDF + "type", ()):
                by_type.setdefault(kind.value, []).append(subject)
        return cls(by_subject, by_type)


def node_of(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    """Return the node of a parsed term."""
    if isinstance(term, ox.NamedNode):
        return Node("iri", term.value)
    if isinstance(term, ox.BlankNode):
        return Node("blank", term.value)
    if isinstance(term, ox.Literal):
        return Node("literal", term.value, term.datatype.value, term.language or "")
    raise TypeError("a triple term cannot be part of a guideline")


class Index:
    """The parsed files of a guideline folder, which everybody asks: modules, graph, places, prefixes.

    Two of the same folder and files are equal while the texts of the files are.
    """

    def __init__(self, folder: Path, files: Iterable[Path]) -> None:
        """Read files, which are parsed when somebody asks for what they say.

        Raise `GuidelineError` where one cannot be read, with the syntax errors of the others.
        """
        self.folder = folder
        every = list(files)
        try:
            self.texts = tuple(map(TurtleText.read, every))
        except UnreadableFile:
            raise _not_parsed(read_modules(every)[1]) from None
        self.key = (folder, tuple((str(text.file), text.text) for text in self.texts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The parsed files; raises `GuidelineError` with the syntax errors of all of them."""
        modules, findings = parsed_modules(self.texts)
        if findings:
            raise _not_parsed(findings)
        return tuple(modules)

    @cached_property
    def graph(self) -> Graph:
        """The triples of all modules, and those that follow from them."""
        return Graph.of_triples(chain(*(module.triples for module in self.modules), self.completion))

    @cached_property
    def completion(self) -> list[ox.Triple]:
        """The identifiers and sources that no module says and that follow from what they say."""
        return completion(t for module in self.modules for t in module.triples)

    @cached_property
    def text_hash(self) -> str:
        """A digest of the modules as they are written, for what depends on lines of files too."""
        return text_hash(self.texts)

    @property
    def shape_texts(self) -> tuple[TurtleText, ...]:
        """The texts of the shapes of records."""
        return tuple(text for text in self.texts if not is_of_ontology(text.file))

    @cached_property
    def positions(self) -> Positions:
        """The places of terms in the modules."""
        return Positions(list(self.texts))

    @cached_property
    def with_author_shapes(self) -> tuple[Module, ...]:
        """The modules, and the shapes for authors where the folder has its own."""
        author = self.folder / "shapes" / AUTHOR_SHAPES
        return (*self.modules, *Index(self.folder, [author]).modules) if author.is_file() else self.modules

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Prefixes and their namespaces: the common ones, and those that the modules declare."""
        found = dict(PREFIXES)
        for module in self.modules:
            found |= {p: n for p, n in module.prefixes.items() if p and p not in found}
        return found

    def short(self, name: str) -> str:
        """Return the prefixed name of an IRI, or the IRI where no prefix fits."""
        fits = [(len(n), f"{p}:{name[len(n) :]}") for p, n in self.prefixes.items() if name.startswith(n)]
        found = max(fits)[1] if fits else name
        return found if "/" not in found else name


def _not_parsed(findings: list[Finding]) -> GuidelineError:
    return GuidelineError("The guideline has files that cannot be parsed.", findings)


def text_hash(texts: Iterable[TurtleText]) -> str:
    """Return a digest of the names and texts of files."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.file.name.encode() + b"\0" + text.text.encode() + b"\0")
    return digest.hexdigest()


def read_turtle(files: Iterable[Path]) -> Graph:
    """Return the graph of some Turtle files."""
    return Index(Path(), files).graph
