"""The worked cases of the prevention programme, eight years later: what the rules since June 2018 make of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from lrp_kg import GuidelineService
from tests.support.guidelines import cases
from tests.support.reference import plus_months

Json = dict[str, Any]
FEDRIS, EDITION = "fedris-prevention", "fedris-prevention-2018"
ASKED = ["healthSurveillance", "ownDoctorAgrees"]
NEEDED = {"incapacityStart", "applicationDate", "incapacityCause", "sector"}


def later(record: Json) -> Json:
    """Return a record with all its dates 8 years later, where the leap days are."""
    return {
        name: re.sub(r"^\d{4}(?=-)", lambda year: str(int(year[0]) + 8), value) if isinstance(value, str) else value
        for name, value in record.items()
    }


WORKERS = [
    (case["id"], later(case["record"]))
    for case in cases()
    if case["id"].startswith("H") and case["record"].keys() >= NEEDED and case["record"]["applicationDate"] < "2018-06"
]


def because_of(*causes: str) -> list[Any]:
    return [pytest.param(record, id=ident) for ident, record in WORKERS if record["incapacityCause"] in causes]


def expected(r: Json) -> str:
    """Decide by the words of the rules, with health surveillance and the treating doctor's agreement."""
    start, day = date.fromisoformat(r["incapacityStart"]), date.fromisoformat(r["applicationDate"])
    days, in_time = (day - start).days, day <= plus_months(start, 6)
    before = r.get("priorIncapacityDays")
    long_enough = True if days >= 28 else False if days < 7 else None if before is None else before >= 21
    exposures = [r.get(name) for name in ("heavyLifting", "ergonomicBackLoad", "seatVibration")]
    if r.get("vibration") is False:
        exposures[2] = False
    exposed = True if True in exposures else None if None in exposures else False
    back = r["incapacityCause"] == "low-back-pain"
    parts = [long_enough, in_time, exposed, back, r["sector"] in ("private", "local", "provincial")]
    return "not-eligible" if False in parts else "undetermined" if None in parts else "eligible"


@pytest.mark.parametrize("record", because_of("low-back-pain", "other"))
def test_worker_of_a_worked_case_by_the_rules_since_2018(service: GuidelineService, record: Json) -> None:
    found = service.assess(record | dict.fromkeys(ASKED, True), only=[FEDRIS])["eligibility"][FEDRIS]
    assert (found["edition"], found["verdict"]) == (EDITION, expected(record))
    unasked = service.assess(record, only=[FEDRIS])["eligibility"][FEDRIS]
    if expected(record) == "not-eligible":
        assert (unasked["verdict"], unasked["missing"]) == ("not-eligible", [])
    else:
        assert unasked["verdict"] == "undetermined"
        assert set(unasked["missing"]) == {*ASKED, *found["missing"]}


@pytest.mark.parametrize("record", because_of("low-back-surgery"))
def test_surgery_waits_for_the_day_of_the_operation(service: GuidelineService, record: Json) -> None:
    known = record | dict.fromkeys(ASKED, True)
    found = service.assess(known, only=[FEDRIS])["eligibility"][FEDRIS]
    other = {c["id"] for c in found["criteria"] if c["verdict"] == "not-met"}
    assert (found["verdict"] == "undetermined") == (not other)
    assert other or "lowBackSurgeryDate" in found["missing"]


def test_there_are_workers() -> None:
    assert len(WORKERS) >= 50
