"""Thresholds of one decision do not multiply the diagrams of another; what is too large is said, and still answered."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.check.stages import run
from lrp_kg.errors import GuidelineError
from lrp_kg.logic import diagrams
from lrp_kg.logic.cells import MOST
from lrp_kg.logic.decide import Decider, KleeneDecider
from tests.support.age_adjusted import age_adjusted
from tests.support.guidelines import guideline_copy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return age_adjusted(tmp_path_factory.mktemp("adjusted") / "guideline")


def sizes(service: GuidelineService, name: str) -> list[int]:
    decision = next(d for d in service.guideline.decisions.values() if d.id == name)
    return [len(axis.members) for axis in service.assessor.diagrams.get(decision).axes]


def test_each_decision_has_its_own_choices(folder: Path) -> None:
    service = GuidelineService(folder)
    assert sorted(sizes(service, "by-age")) == [52, 52]
    assert set(sizes(service, "by-signs")) == {2}
    assert set(sizes(service, "by-value")) == {2}


@pytest.mark.parametrize("engine", ["diagrams", "kleene"])
def test_answers_are_those_of_the_rule(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "kleene":
        monkeypatch.setattr(diagrams, "BOUND", 300)
    service = GuidelineService(folder, cache=False)
    decision = next(d for d in service.guideline.decisions.values() if d.id == "by-age")
    kind = type(service.assessor._deciders[decision.iri])
    assert kind is (Decider if engine == "diagrams" else KleeneDecider)
    for age, value in product((49, 50, 51, 63, 99, 100, 104), (490, 499, 500, 509, 510, 629, 630, 990, 999, 1000)):
        record = {"assessmentDate": "2026-06-01", "birthDate": f"{2026 - age}-06-01", "dDimer": value}
        low = value < (500 if age < 50 else 10 * min(age, 100))
        found = service.assess(record)["decisions"]["by-age"]
        assert (found["status"], found["answers"]) == ("decided", ["LowForAge" if low else "HighForAge"]), record


@pytest.mark.slow
def test_too_large_decision_is_named_and_the_others_are_looked_at(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagrams, "BOUND", 300)
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    result = run(folder, hermit=False)
    assert not result.crashed
    (finding,) = (f for f in result.findings if f.name == "decision-too-large")
    assert finding.message.startswith("by-age: ")
    assert "ageMonths 52" in finding.message and "dDimer 52" in finding.message
    assert finding.where.startswith(str(folder / "ontology" / "pathway.ttl:"))
    assert "right" in result.seconds


def test_that_it_is_too_large_is_remembered(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagrams, "BOUND", 300)
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    GuidelineService(folder).assessor.warm()
    asked: list[object] = []
    monkeypatch.setattr(diagrams.Builder, "build", lambda *a, **_: asked.append(a))
    GuidelineService(folder).assessor.warm()
    assert asked == []


def test_diagrams_are_made_for_what_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    build = diagrams.Builder.build

    def noted(self: diagrams.Builder, decision: object, **kwargs: object) -> object:
        built.append(getattr(decision, "id", ""))
        return build(self, decision, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(diagrams.Builder, "build", noted)
    service = GuidelineService(folder, cache=False)
    assert built == []
    service.assess({"severity": "mild"}, only=["management"])
    assert built == ["management"]


@pytest.mark.parametrize("more", [MOST - 4, MOST - 3])
def test_field_with_too_many_thresholds_is_named(more: int, tmp_path: Path) -> None:
    """The ankle sprain distinguishes four ranges of the days already."""
    folder = guideline_copy(tmp_path / "ankle", parts=("ontology", "shapes"))
    file = folder / "ontology" / "record.ttl"
    conditions = (
        f"""
ank:Later{day} a owl:Class ;
    rdfs:subClassOf cp:PatientRecord ;
    owl:equivalentClass [ a owl:Restriction ; owl:onProperty ank:daysSinceInjury ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
            owl:withRestrictions ( [ xsd:minInclusive {day} ] ) ] ] ;
    rdfs:label "{day} days or more"@en , "{day} dagen of meer"@nl ;
    skos:definition "{day} days or more since the sprain."@en .
"""
        for day in range(1001, 1001 + more)
    )
    file.write_text(file.read_text(encoding="utf-8") + "".join(conditions), encoding="utf-8")
    if more + 4 <= MOST:
        GuidelineService(folder)
        return
    with pytest.raises(GuidelineError) as error:
        GuidelineService(folder)
    (finding,) = error.value.findings
    assert finding.name == "field-too-large"
    assert finding.message.startswith(f"daysSinceInjury: conditions distinguish {more + 4} ranges of numbers of it")
    assert finding.where.startswith(f"{file}:")
