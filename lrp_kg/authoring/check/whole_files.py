"""Checks files as wholes: whether one holds anything, whether two are the same module, or define the same term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module
from lrp_kg.namespaces import local_name


def empty_findings(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield files without a triple, such as one whose saving was interrupted."""
    for module in modules:
        if not module.triples:
            message = (
                f"{module.file.name}: has no triple; perhaps saving it was interrupted. Save it again, take it back "
                "from version control, or remove it."
            )
            yield Finding("file-empty", message, f"{module.file}:1")


def repeated_ontologies(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield files with the ontology IRI of another file: both are read, so that what one changes stays in the other."""
    first: dict[str, Module] = {}
    for module in modules:
        for iri in dict.fromkeys(module.ontologies):
            other = first.setdefault(iri, module)
            if other is module:
                continue
            copy, original = sorted((module, other), key=lambda m: (-len(m.file.name), m.file.name))
            message = (
                f"{copy.file.name}: is the ontology <{iri}>, as {original.file.name} is, and both are read. Remove the "
                "copy from this folder, or give it an IRI and content of its own."
            )
            yield Finding("ontology-repeated", message, next(iter(_places(copy, iri)), f"{copy.file}:1"), term=iri)


def repeated_terms(modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield terms that two blocks of one file, or of two, define as the same: both are read as one term.

    An ontology editor writes a block for each kind of thing that a term is, and these are not of one type.
    """
    first: dict[tuple[str, str], str] = {}
    known: set[str] = set()
    for module in modules:
        if known & set(module.ontologies):
            continue  # what a copy of a whole file holds
        known.update(module.ontologies)
        for iri, uses in module.text.uses.items():
            for kind, at in uses.types:
                where = module.text.where(at)
                other = first.setdefault((iri, kind), where)
                if other != where:
                    file, line, _ = other.rsplit(":", 2)
                    message = (
                        f"{local_name(iri)}: is defined here and at {Path(file).name}:{line}, as {kind} both times, "
                        "and both are read as one. Give one of the two another name, or join them."
                    )
                    yield Finding("term-repeated", message, where, term=iri)


def _places(module: Module, iri: str) -> Iterator[str]:
    uses = module.text.uses.get(iri)
    yield from (module.text.where(at) for at in (uses.subject if uses else ()))
