"""Editions: which one is chosen, what holds while the day that chooses is unknown, and what is said of ended rules."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from tests.support.editions import FIRST_DAY, admissible, records, two_editions
from tests.support.outcomes import outcomes
from tests.support.paths import ANKLE
from tests.support.renaming import renamed

Json = dict[str, Any]
FEDRIS, TRAINING = "fedris-prevention", "supervised-training"
WORKER: Json = {
    "assessmentDate": "2018-07-01",
    "incapacityStart": "2018-03-06",
    "incapacityCause": "low-back-pain",
    "priorIncapacityDays": 0,
    "heavyLifting": True,
    "occupationalPhysicianConfirms": True,
    "employerAgrees": True,
    "sector": "private",
}


@pytest.fixture(scope="module")
def two(cache_folder: str, tmp_path_factory: pytest.TempPathFactory) -> GuidelineService:
    return GuidelineService(two_editions(tmp_path_factory.mktemp("two")))


def eligibility(service: GuidelineService, record: Json, programme: str = FEDRIS) -> Json:
    answer = service.assess(record, explain=True)
    assert json.loads(service.answer_json(record, explain=True)) == answer
    found = answer["eligibility"][programme]
    decision = answer["decisions"][programme]
    assert (decision["status"], decision["missing"]) == (found["status"], found["missing"])
    return found


def edition(found: Json, name: str) -> Json:
    return next(e for e in found["editions"] if e["id"] == name)


def criteria(found: Json) -> dict[str, str]:
    return {c["id"]: c["verdict"] for c in found["criteria"]}


# -- the edition of a known day -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("applied", "chosen", "verdict"),
    [
        ("2018-06-06", "fedris-prevention-first", "eligible"),  # exactly 3 months
        ("2018-06-07", "fedris-prevention-first", "not-eligible"),  # a day more, the last of the first edition
        ("2018-06-08", "fedris-prevention-second", "eligible"),
    ],
)
def test_the_last_first_day_that_is_not_after_the_application_chooses(
    two: GuidelineService, applied: str, chosen: str, verdict: str
) -> None:
    found = eligibility(two, WORKER | {"applicationDate": applied})
    assert (found["edition"], found["verdict"]) == (chosen, verdict)
    assert "outdated" not in found
    assert {e["id"]: e["applies"] for e in found["editions"]} == {
        "fedris-prevention-first": "yes" if chosen.endswith("first") else "no",
        "fedris-prevention-second": "yes" if chosen.endswith("second") else "no",
    }
    assert [(e["validFrom"], e["validUntil"]) for e in found["editions"]] == [
        (None, "2018-06-07"),
        ("2018-06-08", None),
    ]
    assert edition(found, "fedris-prevention-first")["outdated"] is (applied > "2018-06-07")
    assert all("edition" not in s for s in found["benefits"] + found["limits"] + found["nextSteps"])


def test_an_edition_that_does_not_apply_is_judged_as_if_it_did(two: GuidelineService) -> None:
    found = eligibility(two, WORKER | {"applicationDate": "2018-06-08"})
    other = edition(found, "fedris-prevention-first")
    assert (other["applies"], other["verdict"]) == ("no", "not-eligible")
    assert {c["id"]: c["verdict"] for c in other["criteria"]}["incapacity-duration"] == "not-met"
    assert criteria(found)["incapacity-duration"] == "met"
    assert "occupational-physician-opinion" not in criteria(found)


# -- an unknown day -------------------------------------------------------------------------------


def test_no_other_date_takes_the_place_of_an_unknown_one(two: GuidelineService) -> None:
    found = eligibility(two, WORKER)
    assert (found["verdict"], found["edition"], found["missing"]) == ("undetermined", None, ["applicationDate"])
    assert [e["applies"] for e in found["editions"]] == ["unknown", "unknown"]
    assert [e["verdict"] for e in found["editions"]] == ["undetermined", "undetermined"]


def test_a_day_that_can_choose_only_one_edition_leaves_none_open(two: GuidelineService) -> None:
    record = WORKER | {"incapacityStart": "2018-06-08", "assessmentDate": "2018-12-20"}
    found = eligibility(two, record)
    assert (found["verdict"], found["edition"]) == ("undetermined", "fedris-prevention-second")
    assert [e["applies"] for e in found["editions"]] == ["no", "yes"]
    early = eligibility(two, WORKER | {"incapacityStart": "2016-05-01", "assessmentDate": "2017-06-07"})
    assert early["edition"] == "fedris-prevention-first"
    late = eligibility(two, WORKER | {"incapacityStart": "2016-05-01", "assessmentDate": "2017-06-08"})
    assert late["edition"] is None


def test_what_all_editions_agree_on_is_decided_without_the_date(two: GuidelineService) -> None:
    found = eligibility(two, WORKER | {"sector": "self-employed"})
    assert (found["verdict"], found["edition"], found["missing"]) == ("not-eligible", None, [])
    assert criteria(found)["sector"] == "not-met"
    assert [e["verdict"] for e in found["editions"]] == ["not-eligible", "not-eligible"]


def test_the_date_is_asked_for_only_where_the_editions_differ(ankle: GuidelineService) -> None:
    """Both editions admit this patient unless there was surgery; with a pain score of 6 or 7 they differ."""
    record: Json = {"injuryDate": "2024-12-10", "assessmentDate": "2025-01-10"}
    record |= {"deformity": False, "boneTenderness": False, "canBearWeight": True}
    found = eligibility(ankle, record | {"painScore": 3}, TRAINING)
    assert (found["verdict"], found["missing"]) == ("undetermined", ["ankleSurgery", "surgeryDate"])
    found = eligibility(ankle, record | {"painScore": 7}, TRAINING)
    assert (found["verdict"], found["missing"]) == ("undetermined", ["ankleSurgery", "surgeryDate", "applicationDate"])
    found = eligibility(ankle, record | {"ankleSurgery": False}, TRAINING)
    assert (found["verdict"], found["missing"]) == ("undetermined", ["painScore", "applicationDate"])
    for score, verdict in ((3, "eligible"), (8, "not-eligible")):
        found = eligibility(ankle, record | {"ankleSurgery": False, "painScore": score}, TRAINING)
        assert (found["verdict"], found["edition"], found["missing"]) == (verdict, None, [])


def test_benefits_of_editions_that_may_apply_say_of_which_they_are(ankle: GuidelineService) -> None:
    record: Json = {"injuryDate": "2024-12-10", "assessmentDate": "2025-01-10", "painScore": 3, "ankleSurgery": False}
    record |= {"deformity": False, "boneTenderness": False, "canBearWeight": True}
    found = eligibility(ankle, record, TRAINING)
    assert [(s["id"], s["edition"]) for s in found["benefits"]] == [
        ("supervised-training-sessions", None),
        ("supervised-training-travel", "supervised-training-second"),
    ]
    assert [(s["id"], s["edition"]) for s in found["limits"]] == [
        ("supervised-training-number-of-sessions", None),
    ]
    dates = [d["id"] for d in ankle.assess(record)["dates"]]
    assert len(dates) == len(set(dates))


def test_criterion_of_a_role_is_met_where_all_editions_have_it_and_agree(two: GuidelineService) -> None:
    found = eligibility(two, WORKER)
    assert criteria(found) == {
        "incapacity-duration": "unknown",
        "incapacity-cause": "met",
        "own-doctor-agreement": "unknown",  # only the second edition has it
        "sector": "met",
        "exposure": "unknown",  # only the first has it
        "occupational-physician-opinion": "unknown",
    }
    labels = {c["id"]: c["label"] for c in found["criteria"]}
    assert labels["incapacity-duration"] == "at most 6 months, in the test"


# -- properties -----------------------------------------------------------------------------------

CERTAIN = ("decided", "not-applicable")
LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10)]


def brute_force(service: GuidelineService, record: Json) -> set[Any]:
    """Return the outcomes of the first programme over days that an unknown application can have, many of each kind."""
    days = admissible(service, record, "applicationDate", FIRST_DAY)
    return {outcomes(service, {**record, "applicationDate": day}, FEDRIS)[FEDRIS] for day in days}


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [0, *LONG])
def test_unknown_day_gives_what_all_days_have_in_common(two: GuidelineService, seed: int) -> None:
    days = (FIRST_DAY - timedelta(days=60), FIRST_DAY + timedelta(days=60))
    seen = set()
    for record in islice(records(two, days, seed), 5):
        record.pop("applicationDate", None)
        expected = brute_force(two, record)
        found = two.assess(record, only=[FEDRIS])["decisions"][FEDRIS]
        if all(status in CERTAIN for status, _ in expected):
            seen.add(found["status"])
            assert (found["status"] in CERTAIN) == (len(expected) == 1), record
            if len(expected) == 1:
                assert {(found["status"], tuple(found["answers"]))} == expected
            else:
                assert found["missing"] == ["applicationDate"]
    assert seen


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [0, *LONG])
def test_what_is_decided_stays_whatever_becomes_known(two: GuidelineService, seed: int) -> None:
    retained(two, (FIRST_DAY - timedelta(days=120), FIRST_DAY + timedelta(days=120)), seed, 3)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [0, *LONG])
def test_what_is_decided_stays_in_another_guideline(ankle: GuidelineService, seed: int) -> None:
    retained(ankle, (date(2024, 10, 1), date(2025, 3, 1)), seed, 4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_decided_stays_under_random_names(cache_folder: str, tmp_path: Path, seed: int) -> None:
    other = renamed(ANKLE, tmp_path / "renamed", "ank", seed, identifiers=True)
    retained(GuidelineService(other.folder), (date(2024, 10, 1), date(2025, 3, 1)), seed, 3)


def retained(service: GuidelineService, days: tuple[date, date], seed: int, count: int) -> None:
    """Add the fields of records in random order: what is certain of a programme never changes."""
    chance = random.Random(seed)  # noqa: S311  a seeded order
    programmes = [p.id for p in service.guideline.programmes.values()]
    for whole in islice(records(service, days, seed), count):
        names = list(whole)
        chance.shuffle(names)
        known: Json = {}
        certain: Json = {}
        for name in names:
            known[name] = whole[name]
            if service.validate(known):
                continue
            answer = service.assess(known, only=programmes)
            assert json.loads(service.answer_json(known, only=programmes)) == answer
            for ident, decision in answer["decisions"].items():
                now = (decision["status"], decision["answers"])
                assert certain.setdefault(ident, now) == now if decision["status"] in CERTAIN else ident not in certain
            for ident, found in answer["eligibility"].items():
                for key, verdict in criteria(found).items():
                    if verdict != "unknown" and found["edition"]:
                        assert certain.setdefault((ident, key), verdict) == verdict
                for e in found["editions"]:
                    if e["applies"] != "unknown":
                        assert certain.setdefault((ident, e["id"], "applies"), e["applies"]) == e["applies"]
                    if e["outdated"] is not None:
                        assert certain.setdefault((ident, e["id"], "outdated"), e["outdated"]) == e["outdated"]


# -- rules that have ended ------------------------------------------------------------------------


@pytest.mark.parametrize(("applied", "outdated"), [("2018-06-07", False), ("2018-06-08", True)])
def test_verdict_by_an_edition_that_has_ended_says_so(ended: GuidelineService, applied: str, outdated: bool) -> None:
    record = WORKER | {"incapacityStart": "2018-05-01", "applicationDate": applied}
    answer = ended.assess(record)
    assert json.loads(ended.answer_json(record)) == answer
    found = answer["eligibility"][FEDRIS]
    assert (found["verdict"], found["edition"]) == ("eligible", "fedris-prevention-first")
    assert (found.get("outdated"), found.get("validUntil")) == ((True, "2018-06-07") if outdated else (None, None))
    assert found["editions"][0]["outdated"] is outdated
    warnings = [w for w in answer["warnings"] if w["id"] == "rule-superseded"]
    assert len(warnings) == outdated
    if outdated:
        assert (warnings[0]["severity"], warnings[0]["source"]) == ("warning", "fedris-prevention-programme")
    assert {s.get("outdated") for s in found["benefits"] + found["limits"] + found["nextSteps"]} == {
        True if outdated else None
    }
    assert {d["status"] == "outdated" for d in answer["dates"]} == {outdated}
    lines = [(line["kind"], line["ref"]) for line in answer["summary"]]
    assert (("programme", {"programme": FEDRIS}) in lines) is not outdated
    assert (("warning", {"warning": "rule-superseded"}) in lines) is outdated


@pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
def test_warning_names_the_programme_and_the_day(ended: GuidelineService, lang: str) -> None:
    record = WORKER | {"incapacityStart": "2018-05-01", "applicationDate": "2018-07-01"}
    answer = ended.assess(record, lang=lang)
    (warning,) = (w for w in answer["warnings"] if w["id"] == "rule-superseded")
    assert answer["eligibility"][FEDRIS]["label"] in warning["label"]
    assert warning["label"].endswith("2018-06-07")
    assert len(warning["label"]) <= 140


def test_whether_rules_have_ended_can_be_unknown(ended: GuidelineService) -> None:
    record = {name: value for name, value in WORKER.items() if name != "sector"}
    found = eligibility(ended, record)
    assert (found["edition"], found["outdated"], found["validUntil"]) == ("fedris-prevention-first", None, "2018-06-07")
    assert "rule-superseded" not in [w["id"] for w in ended.assess(record)["warnings"]]
    later = eligibility(ended, record | {"incapacityStart": "2018-06-08"})
    assert later["outdated"] is True


@pytest.mark.parametrize(
    ("start", "applied", "prior", "days"),
    [
        ("2018-05-10", "2018-06-06", 0, ("2018-06-07", "2018-08-10", "known", "2018-06-08")),
        # Day 27 on the last day of the rules: no day of eligibility is left inside them.
        ("2018-05-11", "2018-06-07", 0, ("2018-06-08", "2018-08-11", "known", "2018-06-08")),
        # The run ends on the last day of the rules.
        ("2018-03-07", "2018-06-05", 0, ("2018-04-04", "2018-06-07", "known", None)),
        # A day longer: its last day is by rules that have ended.
        ("2018-03-08", "2018-06-05", 0, ("2018-04-05", "2018-06-08", "known", "2018-06-08")),
        # Relapse: no end in the source, but the rules end.
        ("2018-05-15", "2018-06-05", 21, ("2018-05-22", None, "open-ended", "2018-06-08")),
        # Asked for after the last day of the rules: the whole run is by rules that have ended.
        ("2024-04-23", "2024-05-21", 0, ("2024-05-21", "2024-07-23", "known", "2024-05-21")),
    ],
)
def test_eligible_days_say_from_when_they_are_by_ended_rules(
    ended: GuidelineService, start: str, applied: str, prior: int, days: tuple[str | None, ...]
) -> None:
    record = WORKER | {"assessmentDate": applied, "incapacityStart": start, "applicationDate": applied}
    found = eligibility(ended, record | {"priorIncapacityDays": prior})
    keys = ("eligibleFrom", "eligibleUntil", "eligibleRange", "eligibleOutdatedFrom")
    assert tuple(found[key] for key in keys) == days


REINTEGRATION: Json = {
    "careLine": "first-line",
    "redFlags": "none",
    "radicularPain": False,
    "recurrentPain": False,
    "incapacityPrescribed": True,
    "paidBySicknessFund": True,
    "permanentIncapacity": False,
    "assessmentDate": "2022-09-30",
    "onsetDate": "2022-01-08",
    "incapacityStart": "2022-01-20",
    "sicknessFundSince": "2022-02-01",
}


@pytest.mark.parametrize(("contact", "box"), [("first-contact", "4.D"), ("follow-up", "4.I")])
@pytest.mark.parametrize(("assessed", "status"), [("2022-09-30", "due"), ("2022-10-01", "outdated")])
def test_printed_statement_whose_rule_has_ended_stays_with_a_mark(
    service: GuidelineService, contact: str, box: str, assessed: str, status: str
) -> None:
    record = REINTEGRATION | {"contact": contact, "improvement": "beginning", "assessmentDate": assessed}
    answer = service.assess(record)
    assert json.loads(service.answer_json(record)) == answer
    shown = next(b for b in answer["boxes"] if b["section"] == "work")
    assert shown["label"] == box
    statement = next(s for s in shown["statements"] if s["id"].endswith("employer-re-integration"))
    ended = status == "outdated"
    assert (statement.get("outdated"), statement.get("validUntil")) == ((True, "2022-09-30") if ended else (None, None))
    (found,) = (d for d in answer["dates"] if d["id"] == statement["id"])
    assert (found["earliest"], found["status"]) == ("2022-06-01", status)
    fact = answer["facts"]["reintegrationByEmployer"]
    assert (fact["applies"], fact.get("outdated")) == ("yes", True if ended else None)
    points = {p["id"]: p["decisive"] for p in answer["decisions"]["work"]["openPoints"]}
    assert points.get("employer-must-in-no-law") is (True if box == "4.I" else None)
