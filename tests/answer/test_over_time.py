"""`changes`: what is decided otherwise if the same patient is assessed later, and the days in words."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.as_text import to_text
from lrp_kg.answer.over_time import DAYS, MOST
from lrp_kg.cli import main
from lrp_kg.words import phrase
from tests.answer.test_invariants import complete_records
from tests.support.examples import examples
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.outcomes import outcomes
from tests.support.paths import ANKLE
from tests.support.records import DAY_27

Json = dict[str, Any]
PATIENT: Json = {
    "assessmentDate": "2024-02-01",
    "onsetDate": "2024-01-25",
    "careLine": "first-line",
    "contact": "first-contact",
    "redFlags": "none",
    "radicularPain": False,
    "recurrentPain": False,
}


def later(record: Json, days: int) -> Json:
    day = date.fromisoformat(record["assessmentDate"]) + timedelta(days)
    return record | {"assessmentDate": day.isoformat()}


def changes_by_brute_force(service: GuidelineService, record: Json) -> list[Json]:
    """Return the changes by assessing the record anew on each day, as far as it is not refused."""
    found = []
    before = outcomes(service, record)
    for days in range(1, DAYS + 1):
        moved = later(record, days)
        try:
            now = outcomes(service, moved)
        except InvalidRecord:
            break
        for name, (status, answers) in now.items():
            if now[name] != before[name]:
                day = moved["assessmentDate"]
                found.append({"date": day, "decision": name, "status": status, "answers": list(answers)})
        before = now
    return found[:MOST]


def test_stages_change_on_their_days(service: GuidelineService) -> None:
    found = service.assess(PATIENT, only=["stage"], changes=True)["changes"]
    assert [(c["date"], c["decision"], c["status"], c["answers"]) for c in found] == [
        ("2024-02-08", "stage", "decided", ["first-line-week-3-5"]),
        ("2024-02-29", "stage", "decided", ["first-line-week-6-11-first-contact"]),
        ("2024-04-11", "stage", "decided", ["first-line-week-12-plus-first-contact"]),
    ]


def test_changes_are_there_only_where_they_are_asked_for(service: GuidelineService) -> None:
    assert "changes" not in service.assess(PATIENT)
    assert service.assess(PATIENT, only=["facet"], changes=True)["changes"] == []
    cached = json.loads(service.answer_json(PATIENT, changes=True))
    assert cached == service.assess(PATIENT, changes=True)
    assert "changes" not in json.loads(service.answer_json(PATIENT))


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({}, True),
        ({"assessmentDate": None}, False),
        ({"onsetDate": None}, False),
        ({"onsetDate": None, "redFlags": "cluster"}, False),  # the stage needs it all the same
        ({"spinalSurgery": True, "careLine": "second-line", "chronicityRisk": "high"}, False),
        ({"spinalSurgery": None, "careLine": "second-line", "chronicityRisk": "high"}, True),
        ({"spinalSurgery": True, "spinalSurgeryDate": "2024-01-01", "careLine": "second-line"}, True),
    ],
)
def test_changes_are_null_where_a_needed_date_is_unknown(service: GuidelineService, change: Json, known: bool) -> None:
    found = service.assess(PATIENT | change, changes=True)["changes"]
    assert (found is not None) == known


def test_unknown_date_does_not_matter_to_what_does_not_need_it(service: GuidelineService) -> None:
    record = PATIENT | {"onsetDate": None, "redFlags": "cluster"}
    assert service.assess(record, only=["exit"], changes=True)["changes"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "record",
    [
        PATIENT,
        PATIENT | {"careLine": "second-line", "chronicityRisk": "high", "rehabilitationPotential": "none"},
        PATIENT
        | {"careLine": "second-line", "contact": None, "spinalSurgery": True, "spinalSurgeryDate": "2024-01-31"},
        DAY_27 | {"onsetDate": "2024-03-05"},
    ],
    ids=["first-line", "second-line", "surgery", "worker"],
)
def test_changes_agree_with_assessing_anew_on_each_day(service: GuidelineService, record: Json) -> None:
    found = service.assess(record, changes=True)["changes"]
    assert found == changes_by_brute_force(service, record)
    assert found


@examples(15, 60)
@given(record=complete_records(), days=st.integers(1, DAYS))
def test_changes_lead_to_what_is_decided_on_any_later_day(service: GuidelineService, record: Json, days: int) -> None:
    answer = service.assess(record, changes=True)
    found = answer["changes"]
    assert len(found) <= MOST
    assert found == sorted(found, key=lambda c: c["date"])
    moved = later(record, days)
    try:
        then = service.assess(moved)["decisions"]
    except InvalidRecord:
        return
    if len(found) == MOST and moved["assessmentDate"] >= found[-1]["date"]:
        return
    for name, before in answer["decisions"].items():
        own = [c for c in found if c["decision"] == name and c["date"] <= moved["assessmentDate"]]
        last = own[-1] if own else before
        assert (last["status"], last["answers"]) == (then[name]["status"], then[name]["answers"]), name


def test_changes_of_another_guideline(cache_folder: str) -> None:
    ankle = GuidelineService(ANKLE)
    record = {"assessmentDate": "2024-01-20", "injuryDate": "2024-01-15"}
    record |= {
        "deformity": False,
        "boneTenderness": False,
        "canBearWeight": True,
        "painScore": 3,
        "ankleSurgery": False,
    }
    assert ankle.assess(record, changes=True)["changes"] == changes_by_brute_force(ankle, record)
    assert ankle.assess({**record, "injuryDate": None}, changes=True)["changes"] is None


@pytest.fixture(scope="module")
def planned(cache_folder: str, tmp_path_factory: pytest.TempPathFactory) -> GuidelineService:
    """The invented guideline, where one can apply for the training half a year after the assessment at most."""
    folder = guideline_copy(tmp_path_factory.mktemp("planned"), parts=("ontology", "shapes"))
    replace_once(
        folder / "shapes" / "record.ttl",
        "    sh:path ank:applicationDate ;\n    sh:maxCount 1 ;",
        "    sh:path ank:applicationDate ;\n"
        '    cp:within "P6M" ;\n    cp:countedFrom ank:assessmentDate ;\n    sh:maxCount 1 ;',
    )
    return GuidelineService(folder)


SPRAIN: Json = {
    "deformity": False,
    "boneTenderness": False,
    "canBearWeight": True,
    "painScore": 3,
    "ankleSurgery": False,
}
"""Eligible 3 weeks after the sprain, since 2025 after 2 weeks."""


@pytest.mark.parametrize(
    ("assessment", "expected"),
    [("2024-07-01", ("2025-01-01", "open-ended")), ("2024-06-30", (None, "never"))],
)
def test_run_that_begins_beyond_what_can_be_planned_does_not_count(
    planned: GuidelineService, assessment: str, expected: tuple[str | None, str]
) -> None:
    record = SPRAIN | {
        "assessmentDate": assessment,
        "injuryDate": later({"assessmentDate": assessment}, -14)["assessmentDate"],
    }
    found = planned.assess(record | {"applicationDate": assessment})["eligibility"]["supervised-training"]
    assert (found["eligibleFrom"], found["eligibleRange"]) == expected
    later_end = SPRAIN | {"assessmentDate": assessment, "injuryDate": "2024-05-01", "applicationDate": assessment}
    found = planned.assess(later_end)["eligibility"]["supervised-training"]
    assert (found["eligibleFrom"], found["eligibleUntil"], found["eligibleRange"]) == (None, None, "open-ended")


def test_changes_follow_the_editions_that_an_unknown_day_can_choose(planned: GuidelineService) -> None:
    record = SPRAIN | {"assessmentDate": "2024-06-29", "injuryDate": "2024-06-15"}
    found = planned.assess(record, changes=True)["changes"]
    assert found == changes_by_brute_force(planned, record)
    assert [(c["date"], c["status"]) for c in found if c["decision"] == "supervised-training"] == [
        ("2024-07-01", "undetermined"),
        ("2024-07-06", "decided"),
    ]


TOMORROW = {
    "en": "from tomorrow, up to and including 2024-10-23",
    "nl": "vanaf morgen, tot en met 2024-10-23",
    "fr": "à partir de demain, jusqu'au 2024-10-23 inclus",
    "de": "ab morgen, bis einschließlich 2024-10-23",
}


@pytest.mark.parametrize("lang", TOMORROW)
def test_worker_on_day_27_reads_from_tomorrow(service: GuidelineService, lang: str) -> None:
    text = to_text(service.guideline, service.assess(DAY_27, lang=lang), lang, full=True)
    assert TOMORROW[lang] in text
    next_day = later(DAY_27, 1) | {"applicationDate": "2024-05-21"}
    text = to_text(service.guideline, service.assess(next_day, lang=lang), lang, full=True)
    assert TOMORROW[lang] not in text
    assert "2024-05-21" in text
    assert "2024-10-23" in text


ENDED = {
    "en": "up to and including 2018-08-10, from 2018-06-08 on under rules no longer in force",
    "nl": "tot en met 2018-08-10, vanaf 2018-06-08 volgens regels die niet meer gelden",
    "fr": "jusqu'au 2018-08-10 inclus, à partir du 2018-06-08 selon des règles qui ne sont plus en vigueur",
    "de": "bis einschließlich 2018-08-10, ab 2018-06-08 nach Regeln, die nicht mehr gelten",
}


@pytest.mark.parametrize("lang", ENDED)
def test_text_says_from_when_on_days_are_by_rules_that_have_ended(ended: GuidelineService, lang: str) -> None:
    before = DAY_27 | {"assessmentDate": "2018-06-06", "applicationDate": "2018-06-06", "incapacityStart": "2018-05-10"}
    text = to_text(ended.guideline, ended.assess(before, lang=lang), lang, width=200, full=True)
    assert ENDED[lang] in text
    assert phrase("days-outdated", lang, day="2018-06-08") in text
    for other, day in ((before | {"incapacityStart": "2018-03-07"}, "2018-06-08"), (DAY_27, "2024-05-21")):
        text = to_text(ended.guideline, ended.assess(other, lang=lang), lang, width=200, full=True)
        assert phrase("days-outdated", lang, day=day) not in text  # none; the verdict itself is marked


def test_text_says_that_no_later_day_is_open(service: GuidelineService) -> None:
    never = service.assess(DAY_27 | {"sector": "self-employed"})
    assert "nor on a later day" in to_text(service.guideline, never, "en", full=True)
    unknown = service.assess(DAY_27 | {"sector": None})
    assert "nor on a later day" not in to_text(service.guideline, unknown, "en", full=True)
    doubtful = service.assess(DAY_27 | {"priorIncapacityDays": None})
    assert "(what is still unknown may change these days)" in to_text(
        service.guideline, doubtful, "en", width=200, full=True
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("record", "line"),
    [
        (PATIENT, "2024-02-08"),
        (PATIENT | {"onsetDate": None}, "cannot be determined: a date is unknown"),
        (DAY_27 | {"redFlags": "cluster", "onsetDate": "2023-01-01"}, "nothing changes within a year"),
    ],
)
@pytest.mark.slow
def test_command_lists_the_changes(record: Json, line: str, cache_folder: str) -> None:
    sent = json.dumps({name: value for name, value in record.items() if value is not None})
    found = CliRunner().invoke(main, ["assess", "-", "--changes"], input=sent)
    assert found.exit_code == 0, found.output
    assert "If only the day of the assessment moves" in found.output
    assert line in found.output
    plain = CliRunner().invoke(main, ["assess", "-"], input=sent)
    assert "If only the day of the assessment moves" not in plain.output
