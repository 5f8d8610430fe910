"""Checks files as wholes: whether one holds anything, and whether two are the same module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module


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


def _places(module: Module, iri: str) -> Iterator[str]:
    uses = module.text.uses.get(iri)
    yield from (module.text.where(at) for at in (uses.subject if uses else ()))
