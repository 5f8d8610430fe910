"""The Turtle files of a guideline folder, one by one, with what a check needs of each."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check_cache import Memory
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import AUTHOR_SHAPES, vocabulary_file
from lrp_kg.guideline.index import syntax_finding
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import OWL, RDF


@dataclass(frozen=True)
class Module:
    """A file as text and as triples; the vocabulary is not ``own`` where the folder does not hold it."""

    text: TurtleText
    triples: tuple[ox.Triple, ...]
    own: bool

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self.text.file

    @property
    def key(self) -> Hashable:
        """All that it depends on."""
        return str(self.file), self.text.text, self.own

    @property
    def is_ontology(self) -> bool:
        """Tell whether this is a module of the ontology, not shapes."""
        return self.file.parent.name == "ontology"

    @property
    def is_author_shapes(self) -> bool:
        """Tell whether these are shapes for modules, not for records."""
        return not self.is_ontology and self.file.name == AUTHOR_SHAPES

    def subjects_of_type(self, cls: str) -> list[str]:
        """Return the IRIs that the file types with a class."""
        return [
            t.subject.value
            for t in self.triples
            if t.predicate.value == RDF + "type"
            and isinstance(t.object, ox.NamedNode)
            and t.object.value == cls
            and isinstance(t.subject, ox.NamedNode)
        ]

    @cached_property
    def ontologies(self) -> list[str]:
        """The IRIs of its owl:Ontology nodes."""
        return self.subjects_of_type(OWL + "Ontology")


def read_modules(folder: Path, memory: Memory | None = None) -> tuple[list[Module], list[Finding]]:
    """Read every Turtle file of a folder, and the vocabulary; report the files that cannot be parsed.

    With a memory, a file that is as it was is not parsed again, and stays the same `Module`.
    """
    memory = memory or Memory()
    files = {f: True for part in ("ontology", "shapes") for f in sorted((folder / part).glob("*.ttl"))}
    if not any(f.name == vocabulary_file().name for f in files):
        files[vocabulary_file()] = False
    modules: list[Module] = []
    findings: list[Finding] = []
    for file, own in files.items():
        try:
            text = TurtleText.read(file)
        except (OSError, UnicodeDecodeError) as error:
            message = f"{file.name}: cannot be read as UTF-8 text: {error}. Save it as UTF-8."
            findings.append(Finding("file-not-readable", message, str(file)))
            continue
        try:
            modules.append(memory.recall(("module", str(file), text.text, own), partial(_parse, text, own)))
        except SyntaxError as error:
            findings.append(_parse_finding(text, error))
        except ValueError as error:
            findings.append(Finding("file-not-readable", f"{file.name}: {error}.", str(file)))
    return modules, findings


def _parse(text: TurtleText, own: bool) -> Module:
    parsed = ox.parse(text.text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    return Module(text, tuple(q.triple for q in parsed), own)


def _parse_finding(text: TurtleText, error: SyntaxError) -> Finding:
    missing = next((p for p in text.used_prefixes if p not in text.prefixes), None)
    if missing is None or "prefix" not in error.msg:
        return syntax_finding(text.file, error)
    from lrp_kg.namespaces import PREFIXES

    namespace = PREFIXES.get(missing, "...")
    message = f"{missing}: is used but not declared. Add @prefix {missing}: <{namespace}> . at the head of the file."
    return Finding("prefix-not-declared", message, text.where(text.used_prefixes[missing]))
