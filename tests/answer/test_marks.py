"""What the law of three days says of each sentence that the pathway prints about work; `marks.json` is the table."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_text import to_text
from lrp_kg.guideline.model import DIFFERS
from tests.support.paths import TESTS

Json = dict[str, Any]
TABLE: Json = json.loads((TESTS / "answer" / "marks.json").read_text(encoding="utf-8"))
ROWS = [
    pytest.param(row, place, number, id=f"{row['statement']} {place} {day[:4]}")
    for row in TABLE["rows"]
    for place in row["places"]
    for number, day in enumerate(TABLE["days"])
]


@cache
def answer(service: GuidelineService, place: str, day: str) -> Json:
    """Return the answer for a worker in the stage of a box on a day, paid by the sickness fund for a month."""
    today, own = date.fromisoformat(day), dict(TABLE["places"][place])
    onset = today - timedelta(days=own.pop("onsetDaysBefore"))
    record = {"careLine": "first-line", "contact": "first-contact", "recurrentPain": False, "sector": "private"}
    record |= {"assessmentDate": day, "onsetDate": onset.isoformat(), "redFlags": "none", "radicularPain": False}
    record |= {"incapacityPrescribed": True, "incapacityStart": onset.isoformat(), "paidBySicknessFund": True}
    return service.assess(record | own)


@pytest.mark.parametrize(("row", "place", "number"), ROWS)
def test_printed_sentence_is_marked_with_the_law_of_the_day(
    service: GuidelineService, row: Json, place: str, number: int
) -> None:
    found = answer(service, place, TABLE["days"][number])
    (box,) = (b for b in found["boxes"] if b["label"] == place)
    stated = {s["id"]: s for s in box["statements"]}
    (printed,) = (s for s in stated.values() if s["id"].endswith(f"work-{row['statement']}"))
    marks = printed["marks"]
    assert sorted({m["stance"] for m in marks}) == row["stances"][number]
    assert printed.get("outdated", False) is row.get("outdated", [False] * 3)[number]
    of_law = {*stated, *box.get("mayApply", ())}
    assert all(m["statement"] in of_law if "statement" in m else m["openPoint"] in found["openPoints"] for m in marks)
    assert row.get("by") is None or row["by"] in [m.get("openPoint") for m in marks]
    assert printed["text"] not in [line["text"] for line in found["summary"]] or row["stances"][number] == ["agrees"]


@pytest.mark.parametrize("day", TABLE["days"])
def test_sentence_that_no_law_says_is_never_alone(service: GuidelineService, day: str) -> None:
    """What box 4.I says of the employer is marked, or left out as outdated, where a text says it."""
    found = answer(service, "4.I", day)
    for full in (False, True):
        text = to_text(service.guideline, found, "en", full=full, width=5000)
        _, must, after = text.partition(
            "or in case of permanent incapacity, the employer must start a re-integration trajectory"
        )
        if full or day < "2022-10-01":
            assert must
            assert "the rules of that day say otherwise" in after[:150]
        else:
            assert not must


def test_nothing_in_a_summary_is_contradicted_or_outdated(service: GuidelineService) -> None:
    looked_at = 0
    for place, day in product(TABLE["places"], TABLE["days"]):
        found = answer(service, place, day)
        stated = {s["id"]: s for box in found["boxes"] for s in box["statements"]}
        for line in found["summary"]:
            said = stated.get(line["ref"].get("statement"), {})
            assert "outdated" not in said
            assert all(m["stance"] != DIFFERS for m in said.get("marks", ()))
        looked_at += any(m["stance"] == DIFFERS for s in stated.values() for m in s.get("marks", ()))
    assert looked_at == 6 * 3


@pytest.mark.parametrize("known", [True, False])
def test_mark_by_a_rule_that_only_perhaps_holds_for_the_patient_is_no_certain_one(
    service: GuidelineService, known: bool
) -> None:
    """An employer's rule of law marks what is printed of him; whether there is an employer is known, or is not."""
    day, start = "2023-06-02", "2023-02-01"
    record = {"careLine": "first-line", "contact": "first-contact", "recurrentPain": False, "redFlags": "none"}
    record |= {"assessmentDate": day, "onsetDate": start, "incapacityStart": start, "paidBySicknessFund": True}
    record |= {"radicularPain": False, "incapacityPrescribed": True} | ({"sector": "private"} if known else {})
    found = service.assess(record)
    marks = {
        (s["id"].partition("-work-")[2], m.get("statement")): m.get("applies")
        for box in found["boxes"]
        for s in box["statements"]
        for m in s.get("marks", ())
    }
    assert marks["employer-re-integration", "trajectory-2022-employer"] == (None if known else "unknown")
    assert marks["advisory-physician-evaluation", "law-first-estimate"] == (None if known else "unknown")
    assert marks["medical-certificate", "law-certificate-probable-end"] is None


def test_rule_that_is_only_named_in_words_has_its_condition(service: GuidelineService) -> None:
    """Without it a certificate for 3 days would be sent electronically too."""
    record = {"careLine": "first-line", "contact": "first-contact", "recurrentPain": False, "redFlags": "none"}
    record |= {"assessmentDate": "2026-02-02", "onsetDate": "2026-01-26", "radicularPain": False}
    text = to_text(service.guideline, service.assess(record), "en", full=True, width=5000)
    _, named, after = text.partition("send the certificate for the sickness fund electronically")
    assert named
    assert after.startswith(
        ", without need of the patient's consent; other certificates stay on paper "
        "(if it is for more than 14 days, or an extension)"
    )


@pytest.mark.parametrize(
    ("day", "resumption", "shown"),
    [
        ("2025-12-31", "partial", {"law-guaranteed-wage-part-time-20-weeks"}),
        ("2026-01-01", "partial", {"law-guaranteed-wage-part-time"}),
        ("2026-01-01", "full", set()),
    ],
)
@pytest.mark.parametrize("onset", ["2025-06-01", "2025-12-28"])
def test_guaranteed_wage_of_part_time_resumption_holds_in_every_week_of_pain(
    service: GuidelineService, day: str, resumption: str, shown: set[str], onset: str
) -> None:
    record = {"careLine": "first-line", "contact": "first-contact", "recurrentPain": False, "redFlags": "none"}
    record |= {"assessmentDate": day, "onsetDate": onset, "incapacityStart": "2025-06-01", "sector": "private"}
    found = service.assess(record | {"radicularPain": False, "paidBySicknessFund": True, "resumption": resumption})
    stated = {s["id"] for box in found["boxes"] for s in box["statements"]}
    assert {name for name in stated if name.startswith("law-guaranteed-wage-part-time")} == shown
