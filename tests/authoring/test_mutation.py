"""Mutation testing: an unprotected bound is found, and the fast verdict on a mutant agrees with the slow one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.cases.files import load_cases
from lrp_kg.authoring.cases.runs import read_cases
from lrp_kg.authoring.cases.view import CaseAnswer, PartIndex
from lrp_kg.authoring.mutation import mutating
from lrp_kg.authoring.mutation.baseline import Baseline
from lrp_kg.authoring.mutation.mutants import ExpressionChanges, apply, mutants_of
from lrp_kg.authoring.mutation.mutating import EQUIVALENT, KILLED, SURVIVED, MutationProgress, MutationReport, mutate
from lrp_kg.authoring.mutation.runs import WholeMutant
from lrp_kg.guideline.criteria import All, Always, AnyOf, Between, Expression, Has, Named, Not
from lrp_kg.namespaces import local_name
from tests.support.guidelines import cases, guideline_copy
from tests.support.paths import ANKLE

pytestmark = pytest.mark.exhaustive

NAMESPACE = "https://example.org/ankle-sprain#"


def folder_with(tmp_path: Path, cases: list[dict[str, Any]]) -> Path:
    """Copy the invented guideline and replace its cases."""
    copy = guideline_copy(tmp_path / "ankle", ANKLE, ("ontology", "shapes", "queries"))
    (copy / "cases").mkdir()
    (copy / "cases" / "own.json").write_text(json.dumps(cases), encoding="utf-8")
    return copy


def run(folder: Path) -> MutationReport:
    service = GuidelineService(folder, cache=False)
    return mutate(service, load_cases(folder, service.guideline))


@pytest.fixture(scope="module")
def ankle() -> GuidelineService:
    return GuidelineService(ANKLE, cache=False)


@pytest.fixture(scope="module")
def report(ankle: GuidelineService) -> MutationReport:
    return mutate(ankle, load_cases(ANKLE, ankle.guideline))


# -- changes --------------------------------------------------------------------------------------------


def name(local: str) -> Named:
    return Named(NAMESPACE + local)


A, B, C = name("A"), name("B"), name("C")
DAYS, SEVERITY = NAMESPACE + "daysSinceInjury", NAMESPACE + "severity"
BETWEEN, FROM_10 = Between(DAYS, 0, 9), Between(DAYS, 10, None)
SLIGHT, PARTIAL, COMPLETE = (Has(SEVERITY, f"{SEVERITY}-{v}") for v in ("slight", "partial", "complete"))
DEFORMED = Has(NAMESPACE + "deformity", True)
CHANGES: list[tuple[Expression, set[tuple[str, Expression]]]] = [
    (
        All((Always(), Not(A))),
        {
            ("and-or", AnyOf((Always(), Not(A)))),
            ("operand-dropped", Always()),
            ("negation", All((Always(), A))),
            ("negation", Not(All((Always(), Not(A))))),
        },
    ),
    (A, {("negation", Not(A))}),
    (Not(A), {("negation", A)}),
    (
        BETWEEN,
        {
            ("threshold", Between(DAYS, -1, 9)),
            ("threshold", Between(DAYS, 1, 9)),
            ("threshold", Between(DAYS, 0, 8)),
            ("threshold", Between(DAYS, 0, 10)),
            ("bound-dropped", Between(DAYS, None, 9)),
            ("bound-dropped", Between(DAYS, 0, None)),
            ("negation", Not(BETWEEN)),
        },
    ),
    (
        FROM_10,
        {
            ("threshold", Between(DAYS, 9, None)),
            ("threshold", Between(DAYS, 11, None)),
            ("bound-dropped", AnyOf((FROM_10, Not(FROM_10)))),
            ("negation", Not(FROM_10)),
        },
    ),
    (SLIGHT, {("value", PARTIAL), ("value", COMPLETE), ("negation", Not(SLIGHT))}),
    (DEFORMED, {("negation", Not(DEFORMED))}),
    (
        All((A, B)),
        {
            ("and-or", AnyOf((A, B))),
            ("operand-dropped", A),
            ("operand-dropped", B),
            ("negation", All((Not(A), B))),
            ("negation", All((A, Not(B)))),
            ("negation", Not(All((A, B)))),
        },
    ),
    (
        AnyOf((A, B, Not(C))),
        {
            ("and-or", All((A, B, Not(C)))),
            ("operand-dropped", AnyOf((A, B))),
            ("operand-dropped", AnyOf((A, Not(C)))),
            ("operand-dropped", AnyOf((B, Not(C)))),
            ("negation", AnyOf((Not(A), B, Not(C)))),
            ("negation", AnyOf((A, Not(B), Not(C)))),
            ("negation", AnyOf((A, B, C))),
            ("negation", Not(AnyOf((A, B, Not(C))))),
        },
    ),
]


@pytest.mark.parametrize(("expression", "expected"), CHANGES, ids=lambda x: "" if isinstance(x, set) else repr(x)[:40])
def test_expression_is_changed_in_every_way(
    ankle: GuidelineService, expression: Expression, expected: set[tuple[str, Expression]]
) -> None:
    found = ExpressionChanges(ankle.guideline).of(expression)
    assert {(kind, changed) for kind, _, changed in found} == expected
    assert len(found) == len(expected)


def test_other_parts_are_changed(ankle: GuidelineService) -> None:
    found = {(m.kind, local_name(m.term), m.text) for m in mutants_of(ankle.guideline)}
    assert {
        ("priority", "fracture-check", "emergency and x-ray change places"),
        ("scope", "management", "scope NoFractureSuspected -> every record"),
        ("criterion-dropped", "supervised-training-second-edition", "NoRecentSurgery left out"),
        ("period", "statement-acute-rest-brace", "within P1M -> P2M"),
        ("period", "statement-acute-rest-brace", "within P1M -> P0D"),
        ("period", "statement-recovery-follow-up-visit", "not before P28D -> P27D"),
        ("period", "step-start", "within P1M -> P2M"),
        ("fact", "statement-acute-rest-no-sport", "daysWithoutSport 42 -> 41"),
        ("fact", "statement-acute-rest-brace", "braceAdvised true -> false"),
        ("fact", "statement-acute-follow-up-visit", "followUpBy physician -> physician-changed"),
    } <= found


# -- verdicts -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_unprotected_threshold_survives(tmp_path: Path) -> None:
    """Without the cases of day 9, no case notices if the acute phase ends on day 8."""
    kept = [
        c
        for c in cases(ANKLE / "cases")
        if (c["record"].get("injuryDate"), c["record"].get("assessmentDate")) != ("2025-03-01", "2025-03-10")
    ]
    assert 0 < len(cases(ANKLE / "cases")) - len(kept) < 20
    found = run(folder_with(tmp_path, kept))
    survivors = {(local_name(j.mutant.term), j.mutant.text): j for j in found.survivors}
    judged = survivors["AcutePhase", "daysSinceInjury 0 to 9 -> daysSinceInjury 0 to 8"]
    assert "record.ttl:" in judged.where
    assert judged.changes == "stage"
    assert judged.example == {"assessmentDate": "2024-06-10", "injuryDate": "2024-06-01"}
    finding = next(f for f in found.findings() if "0 to 8" in f.message)
    assert (finding.name, finding.where) == ("mutant-survived", judged.where)
    assert ("AcutePhase", "daysSinceInjury 0 to 9 -> daysSinceInjury 0 to 10") not in survivors
    assert found.score < 1


@pytest.mark.slow
def test_example_distinguishes_the_mutant(tmp_path: Path) -> None:
    kept = [c for c in cases(ANKLE / "cases") if "crutches" not in c["record"].get("aids", [])]
    folder = folder_with(tmp_path, kept)
    service = GuidelineService(folder, cache=False)
    survivors = run(folder).survivors
    assert len(survivors) > 5
    mutants = {(m.term, m.text): m for m in mutants_of(service.guideline)}
    for judged in survivors:
        changed = apply(service.guideline, mutants[judged.mutant.term, judged.mutant.text])
        record = service.read(judged.example or {})
        assert parts(Assessor(changed, cache=False), record) != parts(service.assessor, record), judged.text()


@pytest.mark.slow
def test_mutant_that_differs_without_a_date_is_not_equivalent(tmp_path: Path) -> None:
    """A patient without surgery has no date of surgery; without that operand the criterion stays unknown."""
    folder = folder_with(tmp_path, cases(ANKLE / "cases")[::5])
    service = GuidelineService(folder, cache=False)
    judged = next(j for j in run(folder).judged if j.mutant.text == "ankleSurgery = false left out")
    assert judged.result == SURVIVED
    changed = Assessor(apply(service.guideline, judged.mutant), cache=False)
    record = service.read(judged.example or {})
    assert parts(changed, record) != parts(service.assessor, record)


def parts(assessor: Assessor, record: Any) -> Any:
    answer = assessor.assess(record)
    return (
        {i: (d.result, [p.id for p in d.open_points]) for i, d in answer.decisions.items()},
        [(b.id, [(s.statement.id, s.verdict) for s in own]) for b, own in answer.boxes],
        {i: [(c.criterion.id, c.verdict) for c in p.criteria] for i, p in answer.programmes.items()},
        answer.facts,
        answer.warnings,
        answer.next_question,
    )


def slowly(service: GuidelineService, folder: Path) -> Iterator[tuple[str, str, str, str | None]]:
    """Judge every mutant by a whole new assessor, case after case."""
    cases = list(read_cases(service, load_cases(folder, service.guideline).cases))
    for mutant in mutants_of(service.guideline):
        assessor = Assessor(apply(service.guideline, mutant), cache=False)
        index = PartIndex(assessor.guideline)
        noticed = None
        for read in cases:
            if read.record is not None and noticed is None:
                view = CaseAnswer(assessor, index, read.record)
                if any(part.check(view) is not None for part in read.case.parts):
                    noticed = read.case.id
        yield mutant.kind, mutant.term, mutant.text, noticed


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(1, id="all cases", marks=pytest.mark.long),
        pytest.param(12, id="every twelfth case", marks=pytest.mark.slow),
    ],
)
def test_fast_verdicts_agree_with_whole_assessors(tmp_path: Path, share: int) -> None:
    folder = folder_with(tmp_path, cases(ANKLE / "cases")[::share])
    service = GuidelineService(folder, cache=False)
    found = mutate(service, load_cases(folder, service.guideline))
    fast = [(j.mutant.kind, j.mutant.term, j.mutant.text, j.result == KILLED) for j in found.judged]
    assert fast == [(*change, noticed is not None) for *change, noticed in slowly(service, folder)]


@pytest.mark.slow
def test_cases_of_the_invented_guideline_kill_every_mutant(report: MutationReport) -> None:
    assert [j.text() for j in report.survivors] == []
    assert report.score == 1
    assert len(report.killed) > 150
    assert report.failing == ()


def test_equivalent_mutants_are_listed_apart(report: MutationReport) -> None:
    """No record has a negative number of days."""
    texts = {j.text() for j in report.equivalent}
    assert "AcutePhase: daysSinceInjury 0 to 9 -> daysSinceInjury -1 to 9 [threshold]" in texts
    assert len(texts) < 10


@pytest.mark.slow
def test_failing_cases_kill_nothing(tmp_path: Path) -> None:
    wrong = {"id": "w", "note": "Wrong.", "record": {"deformity": True}, "expect": {"fracture-check": "x-ray"}}
    refused = {"id": "r", "note": "Refused.", "record": {"painScore": 11}, "expect": {"stage": "acute"}}
    invalid = {"id": "i", "note": "Invalid.", "record": {"painScore": 11}, "expect": {"invalid": True}}
    found = run(folder_with(tmp_path, [wrong, refused, invalid]))
    assert found.failing == ("w", "r")
    assert (found.cases, found.score, found.killed) == (0, 0.0, ())


@pytest.mark.slow
def test_report_as_data_and_text(report: MutationReport, tmp_path: Path) -> None:
    data = report.as_dict()
    json.dumps(data)
    assert (data["score"], data["survivors"]) == (1.0, [])
    assert sum(kind["killed"] for kind in data["byKind"].values()) == data["killed"] == len(report.killed)
    assert "100.0% of" in report.as_text().plain
    few = run(folder_with(tmp_path, cases(ANKLE / "cases")[:3]))
    assert {j.result for j in few.judged} == {KILLED, SURVIVED, EQUIVALENT}
    first = few.as_dict()["survivors"][0]
    assert first["kind"] and first["where"] and first["changes"] and "witness" in first
    assert f"{first['where']}: not noticed" in few.as_text().plain


@pytest.mark.slow
def test_progress_is_reported(ankle: GuidelineService) -> None:
    steps: list[MutationProgress] = []
    found = mutate(ankle, load_cases(ANKLE, ankle.guideline), progress=steps.append)
    assert [s.done for s in steps] == list(range(1, len(found.judged) + 1))
    assert {s.total for s in steps} == {len(found.judged)}
    assert str(steps[-1]) == f"{len(steps)} of {len(steps)}, 0 not noticed"


# -- the packaged guideline -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(96, id="some mutants", marks=pytest.mark.long),
        pytest.param(1, id="all mutants", marks=pytest.mark.long),
    ],
)
def test_cases_of_the_packaged_guideline_kill_nearly_every_mutant(
    step: int, service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutating, "mutants_of", lambda guideline: list(mutants_of(guideline))[::step])
    found = mutate(service, load_cases(service.guideline.folder, service.guideline))
    assert found.failing == ()
    assert len(found.judged) > 1000 / step
    assert found.score > 0.95
    assert len(found.equivalent) < 0.05 * len(found.judged)


def test_mutant_takes_the_deciders_that_it_does_not_change(ankle: GuidelineService) -> None:
    mutants = list(mutants_of(ankle.guideline))
    baseline = Baseline(ankle.assessor, (), mutants)
    changed, *others = ankle.guideline.decisions
    assert others
    mutant = WholeMutant(baseline, baseline.builder_of(apply(ankle.guideline, mutants[0])), {changed})
    assert all(mutant.decider(name) is baseline.decider(name) for name in others)
    assert mutant.decider(changed) is not baseline.decider(changed)
