"""Checks the OASIS catalogue that leads ontology editors to the modules of a folder."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox

from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module
from lrp_kg.namespaces import OWL

NAME = "catalog-v001.xml"
_URI = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri"


def catalogue_findings(folder: Path, modules: Sequence[Module]) -> Iterator[Finding]:
    """Yield ontology and version IRIs that the catalogue does not map to their files, and entries without a file."""
    file = folder / "ontology" / NAME
    wanted = {iri: m.file for m in modules if m.is_within(folder) and m.is_ontology for iri in _iris(m)}
    if not file.is_file():
        message = f"ontology/{NAME} does not exist, so ontology editors cannot find imported modules. "
        message += "Add it, with an entry for each module."
        yield Finding("catalogue-missing", message, str(folder / "ontology"), severity="note")
        return
    try:
        root = ElementTree.fromstring(file.read_bytes())  # noqa: S314 - the author's own file
    except ElementTree.ParseError as error:
        yield Finding("catalogue-malformed", f"{NAME}: is not XML: {error}.", f"{file}:{error.position[0]}")
        return
    entries = {e.get("name", ""): file.parent / unquote(e.get("uri", "")) for e in root.iter(_URI)}
    for iri, module in wanted.items():
        found = entries.get(iri)
        if found is None or found.resolve() != module.resolve():
            entry = f'<uri name="{iri}" uri="{Path(os.path.relpath(module, file.parent)).as_posix()}"/>'
            message = f"{NAME}: does not map <{iri}> to {module.name}. Add {entry}"
            yield Finding("catalogue-incomplete", message, str(file), severity="warning")
    for iri, found in entries.items():
        if found.resolve().is_relative_to(folder.resolve()) and not found.is_file():
            message = f"{NAME}: maps <{iri}> to {found.name}, which does not exist. Remove the entry."
            yield Finding("catalogue-stale", message, str(file), severity="warning")


def _iris(module: Module) -> list[str]:
    versions = [
        t.object.value
        for t in module.triples
        if t.predicate.value == OWL + "versionIRI" and isinstance(t.object, ox.NamedNode)
    ]
    return [*module.ontologies, *versions]
