"""Steps of a programme while its verdict is open, and the conditions that the source puts on steps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lrp_kg import GuidelineService

Json = dict[str, Any]
APPLICATION: Json = {
    "assessmentDate": "2016-06-10",
    "applicationDate": "2016-06-10",
    "incapacityStart": "2016-05-02",
    "incapacityCause": "low-back-pain",
    "priorIncapacityDays": 0,
    "heavyLifting": True,
    "occupationalPhysicianConfirms": True,
    "programmeStart": "2016-06-10",
    "sector": "private",
}
FEDRIS = "fedris-prevention"
AFTER_PERMISSION = {f"F-{n}" for n in range(23, 29)}
"""The sentences below the heading "I may participate"."""
WHOLE_GROUP: Json = {
    "assessmentDate": "2024-06-10",
    "onsetDate": "2024-04-11",
    "careLine": "second-line",
    "redFlags": "none",
    "radicularPain": False,
    "chronicityRisk": "high",
}


def without(record: Json, *names: str) -> Json:
    return {name: value for name, value in record.items() if name not in names}


@pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
def test_steps_after_the_permission_have_its_condition(service: GuidelineService, lang: str) -> None:
    steps = service.assess(APPLICATION, lang=lang)["eligibility"][FEDRIS]["nextSteps"]
    after = [s for s in steps if set(s["locator"].split(", ")) <= AFTER_PERMISSION]
    assert {part for s in after for part in s["locator"].split(", ")} == AFTER_PERMISSION
    permission = next(s["condition"] for s in after if s["locator"] == "F-23")
    assert permission["verdict"] == "unknown"
    assert [s["id"] for s in after if s.get("condition") != permission] == []


def test_steps_after_the_permission_follow_it(service: GuidelineService) -> None:
    def places(accepted: bool) -> set[str]:
        answer = service.assess(APPLICATION | {"programmeAccepted": accepted})
        steps = answer["eligibility"][FEDRIS]["nextSteps"]
        printed = [s for s in steps if s["locator"].startswith("F-")]
        assert {s["condition"]["verdict"] for s in printed if "condition" in s} <= {"true"}
        return {part for s in steps for part in s["locator"].split(", ")}

    assert places(True) >= AFTER_PERMISSION
    assert not places(False) & AFTER_PERMISSION
    assert places(False) >= {"F-19", "F-20", "F-21", "F-22"}


@pytest.mark.parametrize("unknown", ["sector", "heavyLifting", "occupationalPhysicianConfirms", "incapacityCause"])
def test_open_verdict_has_the_steps_and_nothing_that_counts_on_eligibility(
    service: GuidelineService, unknown: str
) -> None:
    eligible = service.assess(APPLICATION)
    record = without(APPLICATION, unknown)
    answer = service.assess(record)
    before, after = answer["eligibility"][FEDRIS], eligible["eligibility"][FEDRIS]
    assert (before["verdict"], after["verdict"]) == ("undetermined", "eligible")
    assert before["nextSteps"] == after["nextSteps"] != []
    assert before["benefits"] == []
    assert {d["id"] for d in eligible["dates"]} == {"fedris-prevention-answer", "fedris-prevention-sessions"}
    assert answer["dates"] == []
    assert json.loads(service.answer_json(record)) == answer


@pytest.mark.parametrize("day", ["2016-06-10", "2016-06-11"])
def test_cached_steps_of_an_open_verdict_have_their_own_dates(service: GuidelineService, day: str) -> None:
    record = without(APPLICATION, "sector") | {"applicationDate": day}
    answer = json.loads(service.answer_json(record))
    assert answer == service.assess(record)
    step = next(s for s in answer["eligibility"][FEDRIS]["nextSteps"] if s["id"] == "fedris-prevention-answer")
    assert step["latest"] == {"2016-06-10": "2016-06-25", "2016-06-11": "2016-06-26"}[day]


def test_open_steps_ask_for_no_further_field(service: GuidelineService) -> None:
    answer = service.assess({"resumption": "partial"}, only=["partial-resumption"])
    assert answer["missing"] == answer["decisions"]["partial-resumption"]["missing"]


def criteria(answer: Json) -> dict[str, str]:
    programme = answer["eligibility"]["multidisciplinary-rehabilitation"]
    return {c["id"]: c["verdict"] for c in programme["criteria"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"indication": "met", "patient-group": "met"}),
        ({"chronicityRisk": "moderate"}, {"indication": "met", "patient-group": "not-met"}),
        ({"careLine": "first-line"}, {"indication": "met", "patient-group": "not-met"}),
        ({"onsetDate": "2024-06-01", "spinalSurgery": False}, {"indication": "not-met", "patient-group": "met"}),
        ({"chronicityRisk": None}, {"indication": "met", "patient-group": "unknown"}),
        ({"redFlags": "cluster"}, {"indication": "met", "patient-group": "met"}),
    ],
)
def test_both_criteria_are_shown(service: GuidelineService, change: Json, expected: dict[str, str]) -> None:
    assert criteria(service.assess(WHOLE_GROUP | {"contact": "follow-up"} | change)) == expected


def test_an_exit_takes_back_no_criterion_and_gives_no_benefit(service: GuidelineService) -> None:
    """What a record meets stays so; whether the programme is for the patient is another question."""
    found = service.assess(WHOLE_GROUP | {"contact": "follow-up", "redFlags": "cluster"})
    programme = found["eligibility"]["multidisciplinary-rehabilitation"]
    assert (programme["verdict"], programme["benefits"], programme["nextSteps"]) == ("not-applicable", [], [])


@pytest.mark.parametrize("risk", ["low", "moderate", "high"])
@pytest.mark.parametrize("potential", ["present", "little", "none"])
def test_criterion_of_the_group_is_certain_where_the_programme_is(
    service: GuidelineService, risk: str, potential: str
) -> None:
    """With the week unknown too: high risk with potential is in the group in every week."""
    known = {"contact": "follow-up", "spinalSurgeryDate": "2024-05-10", "assessmentDate": "2024-06-10"}
    record = without(WHOLE_GROUP, "onsetDate") | known
    answer = service.assess(record | {"chronicityRisk": risk, "rehabilitationPotential": potential})
    verdict = answer["eligibility"]["multidisciplinary-rehabilitation"]["verdict"]
    expected = {"eligible": "met", "not-eligible": "not-met", "undetermined": "unknown"}[verdict]
    assert criteria(answer) == {"indication": "met", "patient-group": expected}
