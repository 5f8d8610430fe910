"""The ontology as it appears in its files and in an ontology editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import yaml

import lrp_kg
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import merged_ontology
from lrp_kg.namespaces import CONDITION_GROUP, CP, DCTERMS, OWL, PATIENT_RECORD, RDF, VANN, local_name
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


def test_vocabulary_stays_small() -> None:
    """Translations are not counted: they come with every text, and say nothing more to a program."""
    triples = ox.parse(path=str(ROOT / "ontology" / "care-pathway.ttl"))
    said = [t for t in triples if not (isinstance(t.object, ox.Literal) and t.object.language in ("nl", "fr", "de"))]
    # 140 for answers as RDF (statements, facts, dates, warnings, day numbers), 50 for rules over time,
    # 90 for sources, 20 for reports
    assert len(said) < 1370


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The merged ontology as owlready2, and so an ontology editor, reads it."""
    owlready2 = pytest.importorskip("owlready2")
    file = tmp_path_factory.mktemp("ontology") / "ontology.nt"
    ox.serialize(merged_ontology(GUIDELINE), str(file), format=ox.RdfFormat.N_TRIPLES)
    ontology = owlready2.World().get_ontology(file.as_uri())
    return ontology.load(only_local=True)


def test_every_individual_has_a_type_and_a_label(editor: Any) -> None:
    individuals = list(editor.world.individuals())
    assert len(individuals) > 700
    assert [i.iri for i in individuals if not [c for c in i.is_a if c.name != "Thing"]] == []
    assert [i.iri for i in individuals if not i.label.en and not i.iri.endswith(f"/{GUIDELINE.version}")] == []


def test_statements_facts_and_limits_have_labels_in_each_language(editor: Any) -> None:
    for kind in ("Statement", "Fact", "TimeLimit"):
        found = editor.world[CP + kind].instances()
        assert len(found) > 10
        assert [i.iri for i in found if not all(getattr(i.label, lang) for lang in ("en", "nl", "fr", "de"))] == []


def test_each_condition_is_in_one_group(editor: Any) -> None:
    children = list(editor.world[PATIENT_RECORD].subclasses())
    assert 5 < len(children) < 40
    groups = set(editor.world[CONDITION_GROUP].instances())
    assert set(children) == groups
    conditions = [c for group in groups for c in group.subclasses()]
    assert sorted(c.iri for c in conditions) == sorted(c.iri for c in editor.world[CP + "Condition"].instances())
    assert len(conditions) == len(set(conditions)) > 180


def test_every_term_says_where_it_is_defined(editor: Any) -> None:
    terms = [*editor.world.classes(), *editor.world.individuals(), *editor.world.properties()]
    own = [t for t in terms if t.iri.startswith((GUIDELINE.namespace, CP)) and t.label]
    assert len(own) > 1000
    assert [t.iri for t in own if len(t.isDefinedBy) != 1 and "-generated-" not in t.iri] == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_header_has_the_metadata_of_the_module(file: Path) -> None:
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
