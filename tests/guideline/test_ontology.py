"""The ontology as a reader of the files and of an ontology editor sees it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

import lrp_kg
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import DCTERMS, OWL, RDF, VANN, local_name
from tests.support.paths import ROOT

ONTOLOGY = OWL + "Ontology"
FILES = sorted([*(ROOT / "ontology").glob("*.ttl"), *(ROOT / "shapes").glob("*.ttl")])
GUIDELINE: Guideline = load_guideline(ROOT)


def test_iris_of_stages_boxes_and_statements_follow_their_identifiers() -> None:
    stages = GUIDELINE.decisions[next(d for d in GUIDELINE.decisions if local_name(d) == "stage")].options
    named = [(s.iri, f"stage-{s.id}") for s in stages] + [(b.iri, f"box-{b.id}") for b in GUIDELINE.boxes.values()]
    assert len(named) > 60
    assert [(local_name(iri), name) for iri, name in named if local_name(iri) != name] == []
    statements = [s for b in GUIDELINE.boxes.values() for s in b.statements]
    assert len(statements) > 100
    assert [s.iri for s in statements if local_name(s.iri) != f"statement-{s.id}"] == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_header_makes_the_module_findable(file: Path) -> None:
    triples = [q.triple for q in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE)]
    (module,) = (t.subject for t in triples if t.predicate.value == RDF + "type" and t.object == ox.NamedNode(ONTOLOGY))
    header: dict[str, list[str]] = {}
    for t in triples:
        if t.subject == module:
            header.setdefault(t.predicate.value, []).append(getattr(t.object, "value", ""))
    (prefix,), (namespace,) = header[VANN + "preferredNamespacePrefix"], header[VANN + "preferredNamespaceUri"]
    assert f"@prefix {prefix}: <{namespace}> ." in file.read_text(encoding="utf-8")
    assert header[DCTERMS + "creator"] == header[DCTERMS + "publisher"] == ["https://w3id.org/lrp-kg/authors"]
    (title,), (version,) = header[DCTERMS + "title"], header[OWL + "versionInfo"]
    assert header[DCTERMS + "bibliographicCitation"] == [
        f"The LRP-KG authors (2026). {title}. Version {version}. {module.value}"
    ]
    spoken = {t.object.language for t in triples if isinstance(t.object, ox.Literal) and t.object.language}
    assert set(header[DCTERMS + "language"]) == spoken
    assert version == GUIDELINE.version


def test_citation_names_the_versions() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == lrp_kg.__version__
    assert [r["version"] for r in citation["references"]] == [GUIDELINE.version]
