"""A statement whose condition is a field of its own follows that field: shown, left out, or shown with the question."""

from __future__ import annotations

from typing import Any

import pytest

from lrp_kg import GuidelineService

Json = dict[str, Any]
CLEAR: Json = {"redFlags": "none", "radicularPain": False, "recurrentPain": False}
WEEK_1: Json = {**CLEAR, "assessmentDate": "2024-01-13", "onsetDate": "2024-01-08", "careLine": "first-line"}
PROFILE_D: Json = {**CLEAR, "assessmentDate": "2024-04-20", "onsetDate": "2024-01-08", "careLine": "second-line"}
PROFILE_D |= {"situationUnclear": True, "chronicityRisk": "low", "rehabilitationPotential": "none"}
PROFILE_D |= {"surgeryPossible": False, "improvement": "little-or-none", "facetSyndromeSuspected": False}
WEEK_4: Json = WEEK_1 | {"assessmentDate": "2024-02-05"}
SECOND_LINE: Json = {**CLEAR, "assessmentDate": "2024-03-01", "onsetDate": "2024-01-08", "careLine": "second-line"}
PROFILE_C: Json = PROFILE_D | {"situationUnclear": False, "surgeryPossible": True}
SURGERY = "second-line-week-12-plus-management-profile-c-surgery"
SENT_BACK = "second-line-week-12-plus-follow-up-other-profiles-general-practitioner"
IN_PREVENTION: Json = {"incapacityStart": "2015-03-01", "applicationDate": "2015-04-10", "sector": "private"}
IN_PREVENTION |= {"incapacityCause": "low-back-pain", "heavyLifting": True, "occupationalPhysicianConfirms": True}

FOLLOWING = [
    (
        {**WEEK_1, "incapacityPrescribed": True},
        "doubtsResumption",
        "first-line-week-1-2-work-occupational-health-service",
    ),
    (PROFILE_D, "insufficientPainRelief", "second-line-week-12-plus-follow-up-other-profiles-spine-unit"),
    (PROFILE_D, "endOfPathway", "second-line-week-12-plus-follow-up-other-profiles-support-plan"),
    (WEEK_4, "inSelfManagement", "first-line-week-3-5-follow-up-leave-pathway"),
    (PROFILE_C | {"multidisciplinaryConsultation": True}, "multimodalFailed", SURGERY),
    (PROFILE_C | {"multimodalFailed": True}, "multidisciplinaryConsultation", SURGERY),
    (PROFILE_D, "symptomsImproved", SENT_BACK),
    (IN_PREVENTION, "programmeAccepted", "fedris-prevention-immediate-start"),
    (IN_PREVENTION, "employerAgreesToWorkplaceChange", "fedris-prevention-workstation"),
    (IN_PREVENTION, "employerAgreesToWorkplaceChange", "fedris-prevention-analysis-or-training"),
]


def statements(answer: Json) -> dict[str, Json]:
    found = [s for box in answer["boxes"] for s in box["statements"]]
    found += [s for programme in answer["eligibility"].values() for s in programme["benefits"] + programme["nextSteps"]]
    found += answer["notices"]
    return {s["id"]: s for s in found}


@pytest.mark.parametrize(("record", "field", "statement"), FOLLOWING, ids=[f[2] for f in FOLLOWING])
def test_statement_follows_its_field(service: GuidelineService, record: Json, field: str, statement: str) -> None:
    unknown = service.assess(record)
    assert statements(unknown)[statement]["condition"]["verdict"] == "unknown"
    assert field in unknown["missing"]
    yes = service.assess({**record, field: True})
    assert statements(yes)[statement]["condition"]["verdict"] == "true"
    assert field not in yes["missing"]
    assert statement not in statements(service.assess({**record, field: False}))


@pytest.mark.parametrize(
    ("record", "change", "statement"),
    [
        (WEEK_1, {"incapacityPrescribed": False, "doubtsResumption": True}, FOLLOWING[0][2]),
        (WEEK_1, {"incapacitated": False, "doubtsResumption": True}, FOLLOWING[0][2]),
        (PROFILE_D, {"improvement": "great", "symptomsImproved": True, "endOfPathway": True}, FOLLOWING[2][2]),
    ],
)
def test_statement_needs_its_other_condition_too(
    service: GuidelineService, record: Json, change: Json, statement: str
) -> None:
    assert statement not in statements(service.assess(record | change))


@pytest.mark.parametrize(
    ("record", "statement"),
    [
        (SECOND_LINE, "second-line-week-6-11-patient-reported-outcomes"),
        (PROFILE_D, "second-line-week-12-plus-examination-patient-reported-outcomes"),
    ],
)
def test_measurements_are_asked_for_until_they_are_recorded(
    service: GuidelineService, record: Json, statement: str
) -> None:
    unknown = service.assess(record)
    assert statements(unknown)[statement]["condition"]["verdict"] == "unknown"
    assert "promsRecorded" in unknown["missing"]
    not_yet = service.assess(record | {"promsRecorded": False})
    assert statements(not_yet)[statement]["condition"]["verdict"] == "true"
    assert statement not in statements(service.assess(record | {"promsRecorded": True}))


@pytest.mark.parametrize(
    ("improvement", "said", "warned"),
    [("little-or-none", True, True), ("great", False, True), ("great", True, False), ("little-or-none", False, False)],
)
def test_two_answers_on_improvement_that_do_not_agree_are_pointed_out(
    service: GuidelineService, improvement: str, said: bool, warned: bool
) -> None:
    answer = service.assess(PROFILE_D | {"improvement": improvement, "symptomsImproved": said})
    assert ("improvement-contradictory" in {w["id"] for w in answer["warnings"]}) is warned


@pytest.mark.parametrize("improvement", [None, "great", "beginning", "little-or-none"])
def test_what_is_said_of_the_symptoms_decides_the_end_of_the_pathway(
    service: GuidelineService, improvement: str | None
) -> None:
    record = PROFILE_D | {"endOfPathway": True, "improvement": improvement}
    said_no = statements(service.assess(record | {"symptomsImproved": False}))
    assert said_no[FOLLOWING[2][2]]["condition"]["verdict"] == "true"
    assert SENT_BACK not in said_no
    said_yes = statements(service.assess(record | {"symptomsImproved": True}))
    assert said_yes[SENT_BACK]["condition"]["verdict"] == "true"
    unsaid = service.assess(record)
    assert "symptomsImproved" in unsaid["missing"]
    assert statements(unsaid)[SENT_BACK]["condition"]["verdict"] == "unknown"
