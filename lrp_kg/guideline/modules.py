"""The Turtle files of a guideline, each as text and as triples: the only place where they are parsed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.errors import UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import AUTHOR_SHAPES
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import OWL, PREFIXES, RDF
from lrp_kg.text_files import merge_mark

PARSED = 64
"""Parsed files that are kept, by their path and text: those of a few guidelines."""
_EARLIER = re.compile("dot is expected|not a valid (predicate|subject or graph name)")
_CAPITAL = re.compile(r"\b(True|TRUE|False|FALSE)\b")
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


@dataclass(frozen=True)
class Module:
    """A file as text and as triples, with the prefixes it declares."""

    text: TurtleText
    triples: tuple[ox.Triple, ...]
    prefixes: dict[str, str]

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self.text.file

    @property
    def key(self) -> Hashable:
        """All that it depends on."""
        return str(self.file), self.text.text

    @cached_property
    def is_ontology(self) -> bool:
        """Return whether this is a module of the ontology, not shapes."""
        return is_of_ontology(self.file)

    @property
    def is_author_shapes(self) -> bool:
        """Return whether these are shapes for modules, not for records."""
        return not self.is_ontology and self.file.name == AUTHOR_SHAPES

    def is_within(self, folder: Path) -> bool:
        """Return whether a folder holds the file; the vocabulary is often elsewhere."""
        return folder in self.file.parents

    @cached_property
    def ontologies(self) -> list[str]:
        """The IRIs of its owl:Ontology nodes."""
        return [
            t.subject.value
            for t in self.triples
            if t.predicate.value == RDF + "type"
            and isinstance(t.object, ox.NamedNode)
            and t.object.value == OWL + "Ontology"
            and isinstance(t.subject, ox.NamedNode)
        ]


def is_of_ontology(file: Path) -> bool:
    """Return whether a file is a module of the ontology, not shapes."""
    return file.parent.name == "ontology"


def value_of(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """Return the IRI, name or text of a parsed term; empty for a triple term."""
    return "" if isinstance(term, ox.Triple) else term.value


def read_modules(files: Iterable[Path]) -> tuple[list[Module], list[Finding]]:
    """Read Turtle files; report those that cannot be read or parsed. A file that is as it was is not parsed again."""
    modules: list[Module] = []
    findings: list[Finding] = []
    for file in files:
        try:
            text = TurtleText.read(file)
        except UnreadableFile as error:
            findings.append(Finding("file-not-readable", error.message, error.where(file)))
            continue
        own, found = parsed_modules([text])
        modules += own
        findings += found
    return modules, findings


def parsed_modules(texts: Iterable[TurtleText]) -> tuple[list[Module], list[Finding]]:
    """Return the modules of texts, and what is wrong with those that cannot be parsed."""
    modules: list[Module] = []
    findings: list[Finding] = []
    for text in texts:
        try:
            modules.append(_parsed(text.file, text.text))
        except SyntaxError as error:
            findings.append(_syntax_finding(text, error))
        except ValueError as error:
            findings.append(Finding("file-not-readable", f"{text.file.name}: {error}.", str(text.file)))
    return modules, findings


@lru_cache(maxsize=PARSED)
def _parsed(file: Path, text: str) -> Module:
    parser = ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    triples = tuple(quad.triple for quad in parser)
    return Module(TurtleText(file, text), triples, parser.prefixes)


def _syntax_finding(text: TurtleText, error: SyntaxError) -> Finding:
    """Return a finding that shows the line on which the parser gave up, or the prefix that it does not know."""
    missing = next((p for p in text.used_prefixes if p not in text.prefixes), None)
    if missing is not None and "prefix" in error.msg:
        near = difflib.get_close_matches(missing, text.prefixes, 1, 0.6)
        add = f"Add @prefix {missing}: <{PREFIXES.get(missing, '...')}> . at the head of the file."
        fix = f"Did you mean {near[0]}:? Otherwise add its @prefix line." if near and missing not in PREFIXES else add
        message = f"{missing}: is used but not declared. {fix}"
        return Finding("prefix-not-declared", message, text.where(text.used_prefixes[missing]))
    number, column = error.lineno or 1, error.offset or 1
    merge = merge_mark(text.text)
    if merge:
        return Finding("turtle-syntax", merge[0], text.where(merge[1]))
    lines = text.text.splitlines()
    reason = "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in error.msg.split(": ", 1)[-1])
    message = f"{reason}: {_excerpt(lines, number, column)}."
    before = next((n for n in range(min(number, len(lines) + 1) - 1, 0, -1) if lines[n - 1].strip()), 0)
    if before and _EARLIER.search(reason):
        message += f" The fault is often one earlier: line {before} ends in {lines[before - 1].strip()[-40:]!r}."
    if _CAPITAL.search(reason):
        message += " Turtle writes true and false in small letters."
    quote = next((c for c in lines[number - 1] if c in _QUOTES), None) if number <= len(lines) else None
    if quote:
        message += f' {quote} is a quotation mark of a word processor: Turtle takes only ".'
    return Finding("turtle-syntax", f"{message} Correct the Turtle at this place.", f"{text.file}:{number}:{column}")


def _excerpt(lines: list[str], number: int, column: int) -> str:
    line = lines[number - 1] if number <= len(lines) else ""
    start = max(0, column - 60)
    shown = line[start : start + 120].strip()
    return f"{shown!r}" if shown else "the file ends here"
