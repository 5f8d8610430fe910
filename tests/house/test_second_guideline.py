"""A second, invented guideline (ankle sprain) runs on the unchanged engine from its folder of Turtle files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.known import known_ids
from lrp_kg.errors import UnknownParameter
from tests.support.paths import ANKLE

pytestmark = pytest.mark.exhaustive

FOLDER = ANKLE
NAMESPACE = "https://example.org/ankle-sprain#"
MODULES = sorted((FOLDER / "ontology").glob("*.ttl"))
SHAPES = sorted((FOLDER / "shapes").glob("*.ttl"))
QUERIES = sorted((FOLDER / "queries").glob("*.rq"))

ENGINES = ("oxigraph", "rdflib")

Record = dict[str, Any]

SPRAIN = date(2025, 3, 1)
NO_FRACTURE: Record = {"deformity": False, "boneTenderness": False, "canBearWeight": True}
NO_SURGERY: Record = {"ankleSurgery": False}


def day(number: int) -> Record:
    """Return the dates of an assessment so many days after the sprain."""
    return {"injuryDate": SPRAIN.isoformat(), "assessmentDate": (SPRAIN + timedelta(number)).isoformat()}


def dates(injury: str, assessment: str, **others: str) -> Record:
    return {"injuryDate": injury, "assessmentDate": assessment, **others}


def look(data: Any, path: str) -> Any:
    """Return the value at a path such as ``boxes/acute-rest/section``; ``*`` gives every id of a list."""
    for step in path.split("/"):
        if step == "*":
            return [item["id"] for item in data]
        if isinstance(data, list):
            data = next((item for item in data if item["id"] == step), None)
        else:
            data = None if data is None else data.get(step)
    return data


@pytest.fixture(scope="module")
def services() -> Callable[[str], GuidelineService]:
    """Return the service of an engine, made once."""
    return cache(lambda engine: GuidelineService(FOLDER, engine=engine, cache=False))


@pytest.fixture(params=ENGINES)
def service(request: pytest.FixtureRequest, services: Callable[[str], GuidelineService]) -> GuidelineService:
    return services(request.param)


@dataclass(frozen=True)
class Case:
    """A record and the expected values of its answer, by path."""

    name: str
    record: Record
    expected: dict[str, Any]
    lang: str = "en"
    only: tuple[str, ...] | None = None
    explain: bool = False


FRACTURE, STAGE, MANAGEMENT = "decisions/fracture-check", "decisions/stage", "decisions/management"
AIDS, TRAINING = "decisions/aids-to-stop", "eligibility/supervised-training"

STAGES = [
    Case(f"day {number} is {stage}", day(number), {"stage": stage, f"{STAGE}/status": "decided"})
    for number, stage in ((0, "acute"), (9, "acute"), (10, "recovery"), (400, "recovery"))
]

DECISIONS = [
    Case(
        "first: what comes first wins, and what comes after is not needed",
        {"deformity": True},
        {
            f"{FRACTURE}/status": "decided",
            f"{FRACTURE}/answers": ["emergency"],
            f"{MANAGEMENT}/status": "not-applicable",
            f"{TRAINING}/verdict": "not-applicable",
        },
    ),
    Case(
        "first: an unknown option before the one that holds leaves it open",
        {"boneTenderness": True},
        {
            f"{FRACTURE}/status": "undetermined",
            f"{FRACTURE}/answers": [],
            f"{FRACTURE}/possible": ["emergency", "x-ray"],
            f"{FRACTURE}/missing": ["deformity"],
            f"{MANAGEMENT}/status": "not-applicable",
        },
    ),
    Case(
        "first: one sign of a fracture is enough, whatever the other is",
        {"deformity": False, "canBearWeight": False},
        {f"{FRACTURE}/answers": ["x-ray"], f"{FRACTURE}/missing": []},
    ),
    Case(
        "first: the option that is always there",
        NO_FRACTURE,
        {f"{FRACTURE}/status": "decided", f"{FRACTURE}/answers": ["continue"]},
    ),
    Case(
        "unique, gated by the fracture check",
        NO_FRACTURE | day(2) | {"severity": "complete"},
        {f"{MANAGEMENT}/status": "decided", f"{MANAGEMENT}/answers": ["rest-and-brace"]},
    ),
    Case(
        "unique: nothing is decided while the gate is unknown",
        day(2) | {"severity": "complete"},
        {
            f"{MANAGEMENT}/status": "undetermined",
            f"{MANAGEMENT}/missing": ["deformity", "boneTenderness", "canBearWeight"],
            "stage": "acute",
        },
    ),
    Case(
        "unique: only what makes a difference is missing",
        NO_FRACTURE | day(2),
        {
            f"{MANAGEMENT}/status": "undetermined",
            f"{MANAGEMENT}/possible": ["active-from-the-start", "rest-and-brace"],
            f"{MANAGEMENT}/missing": ["severity"],
        },
    ),
    Case(
        "unique: no answer where the source has a gap, and its open point is named",
        NO_FRACTURE | day(10) | {"painScore": 5, "instability": False},
        {
            f"{MANAGEMENT}/status": "no-answer",
            f"{MANAGEMENT}/answers": [],
            f"{MANAGEMENT}/openPoints/*": ["pain-of-five"],
            "openPoints/pain-of-five/kind": "Gap",
            "boxes/*": ["recovery-examination", "recovery-follow-up"],
        },
    ),
    Case(
        "unique: two that hold are several answers, and the overlap is named",
        NO_FRACTURE | day(10) | {"painScore": 4, "instability": True},
        {
            f"{MANAGEMENT}/status": "several",
            f"{MANAGEMENT}/answers": ["exercise", "specialist"],
            f"{MANAGEMENT}/openPoints/*": ["unstable-with-little-pain"],
        },
    ),
    Case(
        "unique: certain although the stability of the ankle is unknown",
        NO_FRACTURE | day(10) | {"painScore": 6},
        {
            f"{MANAGEMENT}/answers": ["specialist"],
            f"{MANAGEMENT}/missing": [],
            f"{MANAGEMENT}/openPoints": [],
        },
    ),
    Case(
        "collect: every option that holds, of the list that was sent",
        NO_FRACTURE | day(10) | {"aids": ["tape", "brace", "crutches"]},
        {
            f"{AIDS}/status": "decided",
            f"{AIDS}/answers": ["crutches", "tape"],
            "facts/aidsToStop": {"value": ["crutches", "tape"], "applies": "yes", "statements": []},
        },
    ),
    Case(
        "collect: an empty list is an answer",
        NO_FRACTURE | day(10) | {"aids": []},
        {f"{AIDS}/status": "decided", f"{AIDS}/answers": [], "facts/aidsToStop/value": []},
    ),
    Case(
        "collect: a list that is absent is unknown",
        NO_FRACTURE | day(10),
        {f"{AIDS}/status": "undetermined", f"{AIDS}/missing": ["aids"], "facts/aidsToStop": None},
    ),
    Case(
        "collect: outside its scope",
        NO_FRACTURE | day(9) | {"aids": ["tape"]},
        {f"{AIDS}/status": "not-applicable", "facts/aidsToStop": None},
    ),
    Case(
        "only what was asked for",
        NO_FRACTURE | day(2),
        {
            f"{FRACTURE}/answers": ["continue"],
            STAGE: None,
            MANAGEMENT: None,
            "boxes": [],
            "eligibility": {},
            "missing": [],
            "nextQuestion": None,
        },
        only=("fracture-check",),
    ),
]

ELIGIBILITY = [
    Case(
        "the first edition holds until the day before the second",
        dates("2024-12-15", "2025-01-02", applicationDate="2024-12-31") | {"painScore": 6},
        {
            f"{TRAINING}/edition": "supervised-training-first",
            f"{TRAINING}/verdict": "not-eligible",
            f"{TRAINING}/criteria/duration/verdict": "not-met",
            f"{TRAINING}/criteria/duration/label": "at least 3 weeks since the sprain",
            f"{TRAINING}/benefits": [],
            "guideline/editions": ["supervised-training-first"],
        },
    ),
    Case(
        "the second edition holds from its first day on",
        dates("2024-12-15", "2025-01-02", applicationDate="2025-01-01") | {"painScore": 6},
        {
            f"{TRAINING}/edition": "supervised-training-second",
            f"{TRAINING}/verdict": "eligible",
            f"{TRAINING}/criteria/duration/label": "at least 2 weeks since the sprain",
            f"{TRAINING}/benefits/*": ["supervised-training-sessions", "supervised-training-travel"],
            f"{TRAINING}/limits/*": ["supervised-training-number-of-sessions"],
            f"{TRAINING}/limits/supervised-training-number-of-sessions/reached": "unknown",
            "guideline/editions": ["supervised-training-second"],
        },
    ),
    Case(
        "without an application both editions are possible: what they agree on is decided",
        dates("2024-12-10", "2024-12-31") | {"painScore": 6},
        {
            f"{TRAINING}/edition": None,
            f"{TRAINING}/verdict": "eligible",
            f"{TRAINING}/missing": [],
            f"{TRAINING}/criteria/duration/verdict": "met",
            f"{TRAINING}/criteria/duration/label": "at least 2 weeks since the sprain",
            f"{TRAINING}/editions/supervised-training-first/applies": "unknown",
            f"{TRAINING}/editions/supervised-training-first/validUntil": "2024-12-31",
            f"{TRAINING}/editions/supervised-training-second/applies": "unknown",
            f"{TRAINING}/editions/supervised-training-second/validFrom": "2025-01-01",
            f"{TRAINING}/benefits/*": [
                "supervised-training-sessions",
                "supervised-training-travel",
            ],
            "guideline/editions": ["supervised-training-first", "supervised-training-second"],
        },
    ),
    Case(
        "without an application nothing is decided where the editions differ",
        dates("2024-12-10", "2025-01-01") | {"painScore": 7},
        {
            f"{TRAINING}/edition": None,
            f"{TRAINING}/verdict": "undetermined",
            f"{TRAINING}/missing": ["applicationDate"],
            f"{TRAINING}/criteria/pain/verdict": "unknown",
            f"{TRAINING}/editions/supervised-training-first/verdict": "not-eligible",
            f"{TRAINING}/editions/supervised-training-second/verdict": "eligible",
        },
    ),
    Case(
        "an application is not before the sprain, so after the last day of an edition it cannot be by that one",
        dates("2025-01-01", "2025-01-22") | {"painScore": 7},
        {
            f"{TRAINING}/edition": "supervised-training-second",
            f"{TRAINING}/verdict": "eligible",
            f"{TRAINING}/editions/supervised-training-first/applies": "no",
            f"{TRAINING}/editions/supervised-training-first/verdict": "not-eligible",
        },
    ),
    Case(
        "the application goes before the assessment",
        dates("2024-12-10", "2025-01-20", applicationDate="2024-12-31") | {"painScore": 7},
        {
            f"{TRAINING}/edition": "supervised-training-first",
            f"{TRAINING}/verdict": "not-eligible",
            f"{TRAINING}/criteria/duration/verdict": "met",
            f"{TRAINING}/criteria/pain/verdict": "not-met",
        },
    ),
    Case(
        "without any date no edition, and the verdict is undetermined",
        {"painScore": 7},
        {
            f"{TRAINING}/edition": None,
            f"{TRAINING}/verdict": "undetermined",
            f"{TRAINING}/criteria/duration/verdict": "unknown",
            f"{TRAINING}/criteria/pain/verdict": "unknown",
            f"{TRAINING}/missing": ["assessmentDate", "injuryDate", "applicationDate"],
            f"{TRAINING}/editions/supervised-training-first/verdict": "not-eligible",
            f"{TRAINING}/editions/supervised-training-first/missing": [],
            f"{TRAINING}/editions/supervised-training-second/missing": ["assessmentDate", "injuryDate"],
        },
    ),
    Case(
        "too much pain in any edition, whatever is missing",
        {"painScore": 8},
        {f"{TRAINING}/verdict": "not-eligible", f"{TRAINING}/missing": []},
    ),
    *(
        Case(
            f"day {number} in the second edition: {verdict}",
            day(number) | {"painScore": 0},
            {f"{TRAINING}/verdict": verdict, "decisions/supervised-training/answers": [verdict]},
        )
        for number, verdict in ((13, "not-eligible"), (14, "eligible"))
    ),
    *(
        Case(
            f"surgery on 31 January, assessed on {assessed}: {verdict}",
            dates("2025-03-01", assessed, surgeryDate="2025-01-31") | {"painScore": 0, "ankleSurgery": True},
            {f"{TRAINING}/criteria/surgery/verdict": verdict},
        )
        for assessed, verdict in (("2025-04-29", "not-met"), ("2025-04-30", "met"))
    ),
]

CONTENT = [
    Case(
        "boxes as an option, for an option and for a decision; facts of their statements",
        NO_FRACTURE | day(2) | {"severity": "partial"},
        {
            "boxes/*": ["acute-examination", "acute-rest", "acute-follow-up"],
            "boxes/acute-examination/statements/*": ["acute-examination-compare"],
            "boxes/acute-examination/statements/acute-examination-compare/text": "compare both ankles",
            "boxes/acute-examination/statements/acute-examination-compare/modality": "must",
            "boxes/acute-rest/statements/acute-rest-no-sport/modality": "must-not",
            "boxes/acute-rest/statements/acute-rest-crutches/modality": "only-if-needed",
            "boxes/acute-rest/statements/acute-rest-crutches/conditionText": "if there are stairs at home",
            "boxes/acute-rest/label": "1.C",
            "notices/*": ["acute-reassure"],
            "facts": {
                "braceAdvised": {"value": True, "applies": "yes", "statements": ["acute-rest-brace"]},
                "daysWithoutSport": {"value": 42, "applies": "yes", "statements": ["acute-rest-no-sport"]},
                "followUpBy": {"value": "physician", "applies": "yes", "statements": ["acute-follow-up-visit"]},
                "nextVisitLatest": {
                    "value": "2025-03-08",
                    "applies": "yes",
                    "statements": ["acute-follow-up-visit"],
                },
            },
        },
    ),
    Case(
        "another option has other facts",
        NO_FRACTURE | day(2) | {"severity": "slight"},
        {"boxes/acute-rest": None, "facts/daysWithoutSport/value": 7, "facts/braceAdvised": None},
    ),
    Case(
        "a section of this guideline's own comes after those of the vocabulary",
        NO_FRACTURE | day(10) | {"painScore": 0, "instability": False},
        {
            "boxes/*": ["recovery-examination", "recovery-follow-up", "recovery-exercise"],
            "boxes/recovery-exercise/section": "exercise",
            "notices": [],
        },
    ),
    Case(
        "a statement whose condition holds",
        day(2) | {"canBearWeight": False},
        {"boxes/acute-examination/statements/acute-examination-x-ray/condition/verdict": "true"},
    ),
    Case(
        "a statement whose condition is unknown is shown as such",
        day(2),
        {
            "boxes/acute-examination/statements/acute-examination-x-ray/condition": {
                "id": "FractureSigns",
                "verdict": "unknown",
            },
            "conditions/FractureSigns/label": "signs of a fracture",
        },
    ),
    Case(
        "a date that implies a field settles it",
        NO_FRACTURE | day(10) | {"surgeryDate": "2020-02-29"},
        {"boxes/recovery-follow-up/statements/recovery-follow-up-surgeon/condition/verdict": "true"},
    ),
    Case(
        "of two time limits the earlier wins: the one of the sprain",
        NO_FRACTURE | day(9),
        {"dates/acute-follow-up-visit/latest": "2025-03-11", "facts/nextVisitLatest/value": "2025-03-11"},
    ),
    Case(
        "a month after 31 January is the last day of February",
        NO_FRACTURE | dates("2024-01-31", "2024-02-01") | {"severity": "partial"},
        {"dates/acute-rest-brace/latest": "2024-02-29", "dates/acute-rest-brace/status": "upcoming"},
    ),
    *(
        Case(
            f"the last visit on day {number} is {status}",
            NO_FRACTURE | day(number),
            {
                "dates/recovery-follow-up-visit/earliest": "2025-03-29",
                "dates/recovery-follow-up-visit/latest": "2025-04-12",
                "dates/recovery-follow-up-visit/status": status,
            },
        )
        for number, status in ((27, "upcoming"), (28, "due"), (42, "due"), (43, "past"))
    ),
    Case(
        "a step of a programme has its date",
        NO_FRACTURE | NO_SURGERY | day(21) | {"painScore": 0, "applicationDate": "2025-03-31"},
        {f"{TRAINING}/nextSteps/supervised-training-start/latest": "2025-04-30"},
    ),
    Case(
        "a step is shown while the verdict is open, but is no date yet",
        NO_FRACTURE | NO_SURGERY | day(21) | {"applicationDate": "2025-03-31"},
        {
            f"{TRAINING}/verdict": "undetermined",
            f"{TRAINING}/nextSteps/supervised-training-start/latest": "2025-04-30",
            f"{TRAINING}/benefits": [],
            "dates/supervised-training-start": None,
        },
    ),
    Case(
        "no step is shown where the verdict is no",
        NO_FRACTURE | NO_SURGERY | day(21) | {"painScore": 10, "applicationDate": "2025-03-31"},
        {f"{TRAINING}/verdict": "not-eligible", f"{TRAINING}/nextSteps": []},
    ),
    Case(
        "a date that is counted from an unknown one is unknown",
        NO_FRACTURE | NO_SURGERY | day(21) | {"painScore": 0},
        {
            "dates/supervised-training-start/latest": None,
            "dates/supervised-training-start/status": "unknown",
        },
    ),
    *(
        Case(f"crutches on day {number}", day(number) | {"aids": ["crutches"]}, {"warnings/*": warnings})
        for number, warnings in ((20, []), (21, ["crutches-too-long"]))
    ),
    Case("no warning where the aids are unknown", day(21), {"warnings": []}),
    Case(
        "a critical exit is the first warning, and nothing more is asked",
        {"deformity": True, "aids": ["crutches"]} | day(21),
        {
            "warnings/*": ["emergency", "crutches-too-long"],
            "warnings/emergency/severity": "critical",
            "warnings/crutches-too-long/severity": "info",
            "nextQuestion": None,
        },
    ),
    Case(
        "after another exit nothing of the pathway is asked, though it is missing",
        {"deformity": False, "boneTenderness": True},
        {
            "warnings/*": ["x-ray"],
            f"{TRAINING}/verdict": "not-applicable",
            f"{STAGE}/missing": ["assessmentDate", "injuryDate"],
            "nextQuestion": None,
        },
    ),
    Case("no exit is certain: no warning", {"boneTenderness": True}, {"warnings": []}),
]

QUESTIONS = [
    Case(
        "nothing is known: nothing is decided, and the first question comes first",
        {},
        {
            "stage": None,
            f"{FRACTURE}/status": "undetermined",
            f"{STAGE}/status": "undetermined",
            f"{STAGE}/possible": ["acute", "recovery"],
            f"{MANAGEMENT}/status": "undetermined",
            f"{AIDS}/status": "undetermined",
            f"{TRAINING}/verdict": "undetermined",
            "boxes": [],
            "facts": {},
            "nextQuestion/field": "deformity",
            "missing": [
                "deformity",
                "boneTenderness",
                "canBearWeight",
                "assessmentDate",
                "injuryDate",
                "severity",
                "painScore",
                "instability",
                "aids",
                "ankleSurgery",
                "surgeryDate",
                "applicationDate",
            ],
        },
    ),
    Case(
        "one of two dates is missing",
        {"assessmentDate": "2025-03-01"},
        {f"{STAGE}/missing": ["injuryDate"]},
    ),
    Case(
        "a value list is asked for with its values",
        NO_FRACTURE | day(2),
        {
            "nextQuestion/field": "severity",
            "nextQuestion/type": "value",
            "nextQuestion/options": [
                {"value": "slight", "label": "slight"},
                {"value": "partial", "label": "partial"},
                {"value": "complete", "label": "complete"},
            ],
        },
        only=("management",),
    ),
    Case(
        "no question is asked where its situation is false, though the field is missing",
        NO_FRACTURE | day(10) | {"painScore": 3, "severity": "slight"},
        {
            f"{MANAGEMENT}/status": "undetermined",
            f"{MANAGEMENT}/answers": ["exercise"],
            f"{MANAGEMENT}/possible": ["specialist"],
            "missing": ["instability", "ankleSurgery"],
            "nextQuestion/field": "ankleSurgery",
        },
        only=("management",),
    ),
    Case(
        "the same question is asked where its situation holds",
        NO_FRACTURE | day(10) | {"painScore": 3, "severity": "partial"},
        {"missing": ["instability", "ankleSurgery"], "nextQuestion/field": "instability"},
        only=("management",),
    ),
    Case(
        "the date of a surgery is asked for once there was one",
        NO_FRACTURE | day(21) | {"painScore": 0, "ankleSurgery": True},
        {"missing": ["surgeryDate"], "nextQuestion/field": "surgeryDate", "nextQuestion/type": "date"},
        only=("supervised-training",),
    ),
    Case(
        "the date of a surgery is not missed where there was none",
        NO_FRACTURE | NO_SURGERY | day(21) | {"painScore": 0},
        {f"{TRAINING}/verdict": "eligible", f"{TRAINING}/missing": [], "missing": ["applicationDate"]},
        only=("supervised-training",),
    ),
]

DUTCH = [
    Case(
        "labels, texts, questions and reasons in Dutch",
        NO_FRACTURE | day(2) | {"id": "case 1"},
        {
            "id": "case 1",
            f"{STAGE}/labels": {"acute": "acute fase"},
            f"{STAGE}/because": [
                {
                    "condition": "AcutePhase",
                    "field": "daysSinceInjury",
                    "value": 2,
                    "verdict": "true",
                }
            ],
            f"{FRACTURE}/whyNot/emergency": [
                {
                    "condition": "Deformity",
                    "field": "deformity",
                    "value": False,
                    "verdict": "false",
                }
            ],
            "conditions/AcutePhase/label": "eerste 10 dagen na de verstuiking",
            "conditions/Deformity/label": "misvormde enkel",
            "decisions/examination/labels/acute-examination": "acute fase: onderzoek",
            "boxes/acute-examination/statements/acute-examination-compare/text": "beide enkels vergelijken",
            f"{TRAINING}/label": "begeleide training (verzonnen)",
            f"{TRAINING}/criteria/pain/label": "pijnscore van minder dan 8",
            "nextQuestion/question": "Hoe erg is de band gescheurd?",
        },
        lang="nl",
        explain=True,
    ),
    Case(
        "an open point in Dutch",
        NO_FRACTURE | day(10) | {"painScore": 5, "instability": False},
        {"openPoints/pain-of-five/reading": "Er wordt geen antwoord gegeven."},
        lang="nl",
    ),
    Case(
        "a language without labels falls back to English",
        NO_FRACTURE | day(2),
        {"nextQuestion/question": "How badly is the ligament torn?"},
        lang="fr",
    ),
]

CASES = (
    STAGES
    + DECISIONS
    + [Case(c.name, NO_FRACTURE | NO_SURGERY | c.record, c.expected) for c in ELIGIBILITY]
    + CONTENT
    + QUESTIONS
    + DUTCH
)


def asked() -> Iterator[Any]:
    """Yield an engine and a case: all cases on the engine of the package, every third on rdflib, all in long."""
    for engine in ENGINES:
        for number, case in enumerate(CASES):
            long = [pytest.mark.long] if engine == "rdflib" and number % 3 else []
            yield pytest.param(engine, case, id=f"{engine}-{case.name}", marks=long)


@pytest.mark.parametrize(("service", "case"), [*asked()], indirect=["service"])
def test_answer_to_case_is_as_expected(service: GuidelineService, case: Case) -> None:
    answer = service.assess(case.record, lang=case.lang, only=case.only, explain=case.explain)
    assert {path: look(answer, path) for path in case.expected} == case.expected
    remembered = service.answer_json(case.record, lang=case.lang, only=case.only, explain=case.explain)
    assert json.loads(remembered) == answer


INVALID: list[tuple[str, Record, list[tuple[str, str]]]] = [
    ("a field of another guideline", {"redFlags": "none"}, [("unknown-field", "redFlags")]),
    ("a derived value", {"daysSinceInjury": 3}, [("unknown-field", "daysSinceInjury")]),
    ("a field that only a list settles", {"usesTape": True}, [("unknown-field", "usesTape")]),
    ("a value outside the list", {"severity": "awful"}, [("value-not-in-list", "severity")]),
    ("a member outside the list", {"aids": ["tape", "wheelchair"]}, [("value-not-in-list", "aids")]),
    ("text for a boolean", {"deformity": "no"}, [("wrong-type", "deformity")]),
    ("a fraction for an integer", {"painScore": 2.5}, [("wrong-type", "painScore")]),
    ("too small", {"painScore": -1}, [("value-too-small", "painScore")]),
    ("too large", {"painScore": 11}, [("value-too-large", "painScore")]),
    ("a day that does not exist", {"injuryDate": "2025-02-29"}, [("wrong-type", "injuryDate")]),
    ("a sprain after the assessment", day(-1), [("dates-out-of-order", "injuryDate")]),
    (
        "an application before the sprain",
        day(3) | {"applicationDate": "2025-02-28"},
        [("dates-out-of-order", "injuryDate")],
    ),
    ("a month after the assessment", day(0) | {"injuryDate": "2026-01"}, [("dates-out-of-order", "injuryDate")]),
    ("a first day alone", {"injuryDateEarliest": "2025-01-01"}, [("value-needed", "injuryDateLatest")]),
    ("a month of an exact date", {"surgeryDate": "2025-01"}, [("wrong-type", "surgeryDate")]),
    (
        "a date of surgery without surgery",
        {"ankleSurgery": False, "surgeryDate": "2025-01-01"},
        [("values-do-not-agree", "ankleSurgery")],
    ),
    (
        "everything at once",
        {"severity": 3, "painScore": 12, "canBearWeight": 1, "crutches": True},
        [
            ("value-not-in-list", "severity"),
            ("value-too-large", "painScore"),
            ("wrong-type", "canBearWeight"),
            ("unknown-field", "crutches"),
        ],
    ),
]


@pytest.mark.parametrize(("record", "problems"), [c[1:] for c in INVALID], ids=[c[0] for c in INVALID])
def test_invalid_record_is_refused(service: GuidelineService, record: Record, problems: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        service.assess(record)
    assert [(f.name, f.field) for f in caught.value.findings] == problems


@pytest.mark.parametrize("record", [{}, day(0), {"painScore": 0}, {"painScore": 10}, {"aids": []}], ids=str)
def test_valid_record_is_accepted(service: GuidelineService, record: Record) -> None:
    assert service.validate(record) == []


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"surgeryDate": "2025-01-01", "ankleSurgery": False},
         "Er is een datum van een ingreep, maar er zou geen ingreep zijn geweest."),
        ({"painScore": 11}, "painScore (pijnscore): 11 ligt boven het maximum 10."),
        ({"severitie": "slight"}, "severitie is geen veld van het dossier. Bedoelt u severity?"),
    ],
)  # fmt: skip
def test_messages_are_in_dutch(service: GuidelineService, record: Record, message: str) -> None:
    assert [f.text("nl") for f in service.validate(record)] == [message]


def records_in_recovery() -> Iterator[Record]:
    for score, unstable, severity in product(range(11), (True, False), ("slight", "partial", "complete")):
        yield NO_FRACTURE | day(10) | {"painScore": score, "instability": unstable, "severity": severity}


def test_open_points_are_at_the_declared_gap_and_overlap(service: GuidelineService) -> None:
    """No answer exactly in the declared gap, several answers exactly in the declared overlap."""
    found = {"no-answer": set(), "several": set(), "decided": set()}
    for record in records_in_recovery():
        decision = service.assess(record, only=["management"])["decisions"]["management"]
        points = tuple(p["id"] for p in decision["openPoints"])
        found[decision["status"]].add((record["painScore"], record["instability"], points))
    assert found["no-answer"] == {(5, False, ("pain-of-five",))}
    assert found["several"] == {(score, True, ("unstable-with-little-pain",)) for score in range(5)}
    assert all(points == () for _, _, points in found["decided"])


def test_turtle_and_json_ld_give_the_answer_of_json(service: GuidelineService) -> None:
    record = NO_FRACTURE | day(10) | {"painScore": 3, "severity": "partial", "aids": ["crutches", "tape"]}
    turtle = f"""
        @prefix ank: <{NAMESPACE}> . @prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        [] a cp:PatientRecord ; ank:deformity false ; ank:boneTenderness false ; ank:canBearWeight true ;
            ank:injuryDate "2025-03-01"^^xsd:date ; ank:assessmentDate "2025-03-11"^^xsd:date ;
            ank:painScore 3 ; ank:severity ank:severity-partial ; ank:aids ( ank:aids-crutches ank:aids-tape ) ."""
    (from_turtle,) = service.reader.from_rdf(turtle, ox.RdfFormat.TURTLE)
    body = {**record, "@context": service.reader.context, "@type": "PatientRecord"}
    (from_json_ld,) = service.reader.from_rdf(json.dumps(body), ox.RdfFormat.JSON_LD)
    expected = service.assess(record)
    assert service.assess(from_turtle) == expected
    assert service.assess(from_json_ld) == expected
    assert expected["facts"]["aidsToStop"]["value"] == ["crutches", "tape"]


def test_no_term_of_the_other_guideline_appears(service: GuidelineService) -> None:
    everything = json.dumps([service.reader.context, known_ids(service.guideline), service.assess({}, explain=True)])
    assert service.reader.context["@vocab"] == NAMESPACE
    assert "low-back-pain" not in everything
    assert "low back" not in everything


def test_unknown_decision_is_refused(service: GuidelineService) -> None:
    with pytest.raises(UnknownParameter, match=r"imaging is no decision\. Choose among fracture-check, stage"):
        service.assess({}, only=["imaging"])


def test_answer_from_folder_and_from_cache_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    record = NO_FRACTURE | day(10) | {"painScore": 5}
    first = GuidelineService(str(FOLDER)).assess(record)
    assert list(tmp_path.iterdir())
    assert GuidelineService(str(FOLDER)).assess(record) == first
    assert first["guideline"]["id"] == "ankle-sprain"


# -- the folder itself ----------------------------------------------------------------------------


def test_every_text_is_in_english_and_dutch() -> None:
    graph = rdflib.Graph()
    assert len(MODULES) == 2 and len(SHAPES) == 1
    for file in MODULES + SHAPES:
        graph.parse(file, format="turtle")
    translated = [rdflib.RDFS.label, rdflib.SH.message]
    cp = rdflib.Namespace("https://w3id.org/lrp-kg/care-pathway#")
    translated += [cp[name] for name in ("question", "hint", "conditionText", "ifPhrase", "reading", "otherReading")]
    found = 0
    for subject, predicate in {(s, p) for p in translated for s in graph.subjects(p)}:
        texts = list(graph.objects(subject, predicate))
        assert sorted(t.language for t in texts) == ["en", "nl"], f"{subject} {predicate}"
        found += 1
    assert found > 100


@pytest.mark.parametrize("file", MODULES + SHAPES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_file_says_that_it_is_invented(file: Path) -> None:
    graph = rdflib.Graph().parse(file, format="turtle")
    (node,) = graph.subjects(rdflib.RDF.type, rdflib.OWL.Ontology)
    assert "(invented)" in str(graph.value(node, rdflib.DCTERMS.title))
    assert "not for clinical use" in str(graph.value(node, rdflib.DCTERMS.description)).lower()


@pytest.mark.parametrize("engine", ["oxigraph", "rdflib"])
def test_query_lists_the_criteria_of_each_edition(engine: str) -> None:
    assert len(QUERIES) == 1
    query = QUERIES[0].read_text(encoding="utf-8")
    if engine == "oxigraph":
        store = ox.Store()
        for file in MODULES:
            store.load(path=str(file), format=ox.RdfFormat.TURTLE)
        rows = [tuple(None if t is None else t.value for t in row) for row in store.query(query)]
        nothing = list(ox.Store().query(query))
    else:
        graph = rdflib.Graph()
        for file in MODULES:
            graph.parse(file, format="turtle")
        rows = [tuple(None if t is None else str(t) for t in row) for row in graph.query(query)]
        nothing = list(rdflib.Graph().query(query))
    assert nothing == []
    first, second = "supervised-training-first", "supervised-training-second"
    assert [row[1:4] for row in rows] == [
        (None, first, "duration"),
        (None, first, "pain"),
        (None, first, "surgery"),
        ("2025-01-01", second, "duration"),
        ("2025-01-01", second, "pain"),
        ("2025-01-01", second, "surgery"),
    ]
    assert {row[0] for row in rows} == {"supervised-training"}
    assert rows[0][4] == "at least 3 weeks since the sprain"
    assert rows[3][4] == "at least 2 weeks since the sprain"
