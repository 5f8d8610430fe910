"""The ontology reference by pyLODE, one page a module; pyLODE is an optional package and imported only here.

pyLODE 3.3 cannot show nested class expressions (it fails with ``unhashable type: 'list'``), so it is given each
definition as a note in words; the pages of conditions show them in full.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, SKOS

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.site.catalogue import Catalogue, slug
from lrp_kg.authoring.site.expressions import ExpressionReader
from lrp_kg.authoring.site.words import Words
from lrp_kg.errors import LrpError
from lrp_kg.guideline.files import guideline_files
from lrp_kg.guideline.model import Guideline

INSTALL = "The ontology reference was left out: pyLODE is not installed. Install it with: pip install 'lrp-kg[site]'"
_TERMS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
_LANGUAGE = "en"


class MissingPackage(LrpError):
    """An optional package is needed for what was asked."""

    code = "package-missing"
    title = "A package is not installed"


def available() -> bool:
    """Tell whether pyLODE is installed."""
    return importlib.util.find_spec("pylode") is not None


def modules(guideline: Guideline) -> tuple[Path, ...]:
    """Return the files that define classes or properties of their own; pyLODE shows nothing else."""
    return tuple(f for f in guideline_files(guideline.folder) if f.parent.name == "ontology" and _title(_parsed(f)))


def write_reference(
    service: GuidelineService, files: tuple[Path, ...], folder: Path, *, step: Callable[[], None] = lambda: None
) -> tuple[tuple[str, str], ...]:
    """Write a page for each module and return their titles and addresses; raise `MissingPackage` without pyLODE."""
    if not available():
        raise MissingPackage("The ontology reference needs pyLODE. Install it with: pip install 'lrp-kg[site]'")
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(service.guideline)
    reader = ExpressionReader(catalogue, Words(service.guideline, _LANGUAGE))
    found = []
    with _quiet():
        pylode: Any = importlib.import_module("pylode")
        for file in files:
            graph = _parsed(file)
            title = _title(graph)
            page: str = pylode.OntPub(ontology=_readable(graph, reader), sort_subjects=True).make_html()
            name = f"{slug(file.stem)}.html"
            text = _mended(page).replace("<html>", f'<html lang="{_LANGUAGE}">', 1)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            found.append((title, name))
            step()
    return tuple(found)


def _parsed(file: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(file, format="turtle")


def _title(graph: rdflib.Graph) -> str:
    """Return the title of a module, an empty string where it has no ontology or no terms of its own."""
    ontology = next(iter(graph.subjects(RDF.type, OWL.Ontology)), None)
    title = graph.value(ontology, DCTERMS.title) if ontology is not None else None
    own = any(
        isinstance(s, rdflib.URIRef) and (s, SKOS.definition, None) in graph
        for kind in _TERMS
        for s in graph.subjects(RDF.type, kind)
    )
    return str(title) if title is not None and own else ""


def _readable(graph: rdflib.Graph, reader: ExpressionReader) -> rdflib.Graph:
    """Return the part of a module that pyLODE can show: no blank nodes, one language, definitions in words."""
    plain = rdflib.Graph(namespace_manager=graph.namespace_manager)
    for s, p, o in sorted(graph, key=str):
        if isinstance(s, rdflib.BNode) or isinstance(o, rdflib.BNode):
            continue
        if isinstance(o, rdflib.Literal) and o.language not in (None, _LANGUAGE):
            continue
        plain.add((s, p, o))
    for cls in sorted(set(graph.subjects(OWL.equivalentClass)), key=str):
        if str(cls) in reader.guideline.classes:
            text = reader.text(reader.of_class(str(cls)))
            note = f"{reader.words.word('defined-as')}: {text}"
            plain.add((cls, SKOS.scopeNote, rdflib.Literal(note, lang=_LANGUAGE)))
    return plain


def _mended(page: str) -> str:
    """Return a page whose links to parts that it has not lead to the address they show.

    pyLODE takes the IRI of a version, below that of its ontology, for a part of the page.
    """
    anchors = set(re.findall(r'\sid="([^"]*)"', page))

    def mend(link: re.Match[str]) -> str:
        return link[0] if link[1] in anchors else f'<a href="{link[2]}">{link[2]}</a>'

    return re.sub(r'<a href="#([^"]*)">(https?://[^<]*)</a>', mend, page)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyLODE from setting up logging for the whole program, and from warning about its own open files."""
    root = logging.getLogger()
    level, handler = root.level, logging.NullHandler()
    root.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
