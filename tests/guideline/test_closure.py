"""The closure of the ontology is computed once per content and shows contradictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import owlrl
import pytest
import rdflib
from rdflib.namespace import OWL, RDF, RDFS

from lrp_kg.authoring.reasoning.soundness import check_soundness
from lrp_kg.findings import Finding
from lrp_kg.guideline.closure import closure, ontology_graph
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE

ANK = rdflib.Namespace("https://example.org/ankle-sprain#")
CP = rdflib.Namespace("https://w3id.org/lrp-kg/care-pathway#")


def variant(folder: Path, addition: str) -> Guideline:
    """Return the small guideline with something added to its ontology."""
    guideline_copy(folder)
    file = folder / "ontology" / "record.ttl"
    file.write_text(file.read_text(encoding="utf-8") + addition, encoding="utf-8")
    return load_guideline(folder)


def impossible(name: str, *parts: str) -> str:
    """Return the Turtle of a condition that is the intersection of some expressions."""
    return (
        f'\nank:{name} a owl:Class ; rdfs:subClassOf cp:PatientRecord ; rdfs:label "{name}"@en ;\n'
        f"    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ] .\n"
    )


def has(field: str, value: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty ank:{field} ; owl:hasValue {value} ]"


def unused(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError("owlrl is not called")


def cached_files(folder: str) -> set[Path]:
    return set(Path(folder).glob("closures/*"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, rdflib.Graph]:
    """A separate cache folder and the closure of the small guideline, just computed."""
    folder = tmp_path_factory.mktemp("closure-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRP_CACHE", str(folder))
        return folder, closure(load_guideline(ANKLE))


class TestCache:
    @pytest.fixture(autouse=True)
    def own_cache(self, first: tuple[Path, rdflib.Graph], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LRP_CACHE", str(first[0]))

    @pytest.mark.slow
    def test_closure_has_inferred_and_stated_triples(self, first: tuple[Path, rdflib.Graph]) -> None:
        _, graph = first
        ontology = ontology_graph(load_guideline(ANKLE))
        assert (ANK.AcuteSlightSprain, RDFS.subClassOf, ANK.SlightSprain) in graph, "from the intersection"
        assert (ANK.AcuteSlightSprain, RDFS.subClassOf, ANK.SlightSprain) not in ontology
        assert (ANK.BoneTenderness, RDFS.subClassOf, ANK.FractureSigns) in graph, "from the union"
        assert not [s for s in graph.subjects() if isinstance(s, rdflib.Literal)]
        named = {t for t in ontology if not any(isinstance(n, (rdflib.BNode, rdflib.Literal)) for n in t)}
        assert named - set(graph) == set()
        assert (ANK["record-shape"], None, None) not in graph, "shapes are left out"

    @pytest.mark.slow
    def test_second_closure_comes_from_the_cache(
        self, first: tuple[Path, rdflib.Graph], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owlrl, "DeductiveClosure", unused)
        again = closure(load_guideline(ANKLE))
        assert len(again) == len(first[1]) > 1000
        without_blanks = [
            {t for t in graph if not any(isinstance(n, rdflib.BNode) for n in t)} for graph in (again, first[1])
        ]
        assert without_blanks[0] == without_blanks[1]
        assert len(cached_files(str(first[0]))) == 1

    @pytest.mark.slow
    def test_copy_with_the_same_content_uses_the_same_closure(
        self, tmp_path: Path, first: tuple[Path, rdflib.Graph], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owlrl, "DeductiveClosure", unused)
        assert len(closure(variant(tmp_path / "copy", "\n# a comment says nothing\n"))) == len(first[1])

    @pytest.mark.slow
    def test_changed_content_is_reasoned_over_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = variant(tmp_path / "other", '\nank:Deformity rdfs:comment "new"@en .\n')
        monkeypatch.setattr(owlrl, "DeductiveClosure", unused)
        with pytest.raises(AssertionError, match="owlrl is not called"):
            closure(other)

    def test_another_version_of_owlrl_reasons_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.metadata.version", lambda name: "0.0")
        monkeypatch.setattr(owlrl, "DeductiveClosure", unused)
        with pytest.raises(AssertionError, match="owlrl is not called"):
            closure(load_guideline(ANKLE))

    def test_without_cache_owlrl_is_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(owlrl, "DeductiveClosure", unused)
        with pytest.raises(AssertionError, match="owlrl is not called"):
            closure(load_guideline(ANKLE), cache=False)

    def test_closure_is_computed_when_the_cache_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "a-file"
        file.touch()
        monkeypatch.setenv("LRP_CACHE", str(file))
        monkeypatch.setattr(owlrl, "DeductiveClosure", Inert)
        assert len(closure(load_guideline(ANKLE))) > 1000
        assert file.stat().st_size == 0

    def test_nothing_is_written_to_the_guideline_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(owlrl, "DeductiveClosure", Inert)
        guideline = variant(tmp_path / "copy", "\n# another\n")
        before = sorted(guideline.folder.rglob("*"))
        closure(guideline)
        assert sorted(guideline.folder.rglob("*")) == before


class Inert:
    """A reasoner that infers nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def expand(self, graph: rdflib.Graph) -> None:
        pass


# -- consistency ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_packaged_guideline_is_consistent() -> None:
    guideline = load_guideline()
    assert len(guideline.conditions) > 100
    assert check_soundness(guideline.folder, hermit=False) == []


CONTRADICTIONS = (
    "\nank:SlightSprain owl:disjointWith ank:Instability .\nank:someone a ank:SlightSprain , ank:Instability .\n"
    + impossible("DisjointBoth", "ank:UsesTape", "ank:UsesCrutches")
    + "ank:UsesTape owl:disjointWith ank:UsesCrutches .\n"
    + impossible("TwoValues", has("severity", "ank:severity-slight"), has("severity", "ank:severity-partial"))
    + impossible("FirstAndLast", has("severity", "ank:severity-slight"), has("severity", "ank:severity-complete"))
    + impossible("YesAndNo", has("instability", "true"), has("instability", "false"))
    + impossible("Empty", "ank:SurgeryPerformed", "ank:Deformity")
    + "ank:Empty rdfs:subClassOf owl:Nothing .\n"
    + impossible("Itself", "ank:MuchPain", "[ a owl:Class ; owl:complementOf ank:MuchPain ]")
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """The findings on a guideline with contradictions of several kinds."""
    return check_soundness(
        variant(tmp_path_factory.mktemp("guideline") / "contradictory", CONTRADICTIONS).folder, hermit=False
    )


def naming(found: list[Finding], *names: str) -> list[Finding]:
    return [f for f in found if all(name in f.message for name in names)]


@pytest.mark.slow
class TestContradictions:
    def test_inconsistent_ontology_is_an_error(self, found: list[Finding]) -> None:
        inconsistent = naming(found, "SlightSprain", "Instability", "someone")
        assert [f.name for f in inconsistent] == ["ontology-inconsistent"]
        assert all(f.severity == "error" and f.where for f in found)

    def test_intersection_of_disjoint_classes_is_reported(self, found: list[Finding]) -> None:
        assert naming(found, "DisjointBoth")

    def test_intersection_with_a_complement_is_reported(self, found: list[Finding]) -> None:
        assert naming(found, "MuchPain")

    def test_two_values_of_one_field_are_reported(self, found: list[Finding]) -> None:
        assert naming(found, "severity-slight", "severity-partial")

    def test_first_and_last_value_of_a_list_are_reported(self, found: list[Finding]) -> None:
        assert naming(found, "severity-slight", "severity-complete")

    def test_true_and_false_are_reported(self, found: list[Finding]) -> None:
        assert naming(found, "YesAndNo")

    @pytest.mark.parametrize("name", ["DisjointBoth", "TwoValues", "FirstAndLast", "YesAndNo", "Itself"])
    def test_each_unsatisfiable_class_is_named(self, found: list[Finding], name: str) -> None:
        assert [f for f in naming(found, name) if f.name == "unsatisfiable-class"]

    def test_subclass_of_nothing_is_reported(self, found: list[Finding]) -> None:
        messages = [f.message for f in found if f.name == "unsatisfiable-class"]
        assert any(message.startswith("Empty: cannot have a member") for message in messages)


def test_ontology_graph_has_no_shapes() -> None:
    graph = ontology_graph(load_guideline(ANKLE))
    assert (ANK.SlightSprain, RDF.type, OWL.Class) in graph
    assert (CP.PatientRecord, RDF.type, OWL.Class) in graph, "the generic vocabulary is part of it"
    assert not list(graph.subjects(RDF.type, rdflib.SH.NodeShape))
