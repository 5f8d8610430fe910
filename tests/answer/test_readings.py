"""A point is decisive exactly where its other reading, written out here, gives another answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from lrp_kg import GuidelineService
from tests.support.reference import plus_months

Json = dict[str, Any]
DAY = timedelta(days=1)


def decisive(service: GuidelineService, record: Json, decision: str) -> tuple[Json, set[str]]:
    found = service.assess(record, only=[decision])["decisions"][decision]
    return found, {p["id"] for p in found["openPoints"] if p["decisive"]}


# -- the prevention programme -----------------------------------------------------------------------


def last_of_three_months(start: date) -> date:
    return plus_months(start, 3)


def rolled_over(start: date) -> date:
    """Return the last day of 3 months, the first of the next month where the day does not exist."""
    last = plus_months(start, 3)
    return last + DAY if last.day < start.day else last


def eligible(
    r: Json,
    *,
    first_day: int = 0,
    last: Callable[[date], date] = last_of_three_months,
    relapse_ends: bool = False,
    recurrence: bool = False,
    surgery_relapses: bool = False,
    opinion: bool = False,
    in_total: bool = False,
) -> bool:
    """Decide on a complete record by the words of the source, each argument another reading of one of them."""
    start, day = date.fromisoformat(r["incapacityStart"]), date.fromisoformat(r["applicationDate"])
    days = (day - start).days + first_day
    in_time = day <= last(start)
    back = r["incapacityCause"] in ("low-back-pain", "low-back-surgery")
    earlier = r["priorIncapacityDays"]
    relapse = days >= 7 and (earlier >= 21 or (in_total and days < 28 <= earlier + days))
    relapse &= r["incapacityCause"] == "low-back-pain" or (surgery_relapses and back)
    relapse &= in_time or not relapse_ends
    relapse &= r["recurrentPain"] or not recurrence
    exposed = r["heavyLifting"] or r["vibration"] or opinion
    covered = r["sector"] in ("private", "local", "provincial")
    return back and (relapse or (days >= 28 and in_time)) and exposed and r["occupationalPhysicianConfirms"] and covered


READINGS: dict[str, Json] = {
    "relapse-without-maximum": {"relapse_ends": True},
    "end-of-month": {"last": rolled_over},
    "relapse-without-recurrent-pain": {"recurrence": True},
    "relapse-after-surgery": {"surgery_relapses": True},
    "counting-days-of-incapacity": {"first_day": 1},
    "opinion-and-exposure": {"opinion": True},
    "relapse-four-weeks-in-total": {"in_total": True},
}


def applications() -> Iterator[Json]:
    """Yield complete records about each limit of the duration, most of them with the other criteria met."""
    random = Random(8)
    for year, month, number in product((2014, 2015), range(1, 13), (1, 15, 28, 29, 30, 31)):
        try:
            start = date(year, month, number)
        except ValueError:
            continue
        ends = [start + n * DAY for n in (6, 7, 26, 27, 28)] + [plus_months(start, 3) + n * DAY for n in range(-1, 4)]
        for end in random.sample(ends, 5):
            yield {
                "incapacityStart": start.isoformat(),
                "applicationDate": end.isoformat(),
                "incapacityCause": random.choice(("low-back-pain", "low-back-pain", "low-back-surgery", "other")),
                "priorIncapacityDays": random.choice((0, 20, 21, 40)),
                "recurrentPain": random.random() < 0.5,
                "heavyLifting": random.random() < 0.6,
                "vibration": random.random() < 0.3,
                "occupationalPhysicianConfirms": random.random() < 0.9,
                "sector": random.choice(("private", "local", "private", "provincial", "federal", "self-employed")),
            }


@pytest.mark.slow
def test_points_of_the_prevention_programme_are_decisive_exactly_where_their_reading_matters(
    service: GuidelineService,
) -> None:
    seen = set()
    for record in applications():
        answer, found = decisive(service, record, "fedris-prevention")
        own = eligible(record)
        assert answer["answers"] == ["eligible" if own else "not-eligible"], record
        other = {name for name, reading in READINGS.items() if eligible(record, **reading) != own}
        assert found == other, record
        seen |= other
    assert seen == set(READINGS)


# -- the profiles -------------------------------------------------------------------------------------

RISKS = ("low", "moderate", "high")
POTENTIALS = ("present", "little", "none")
IMPROVEMENTS = ("great", "beginning", "little-or-none")


def profiles(r: Json, *, a: str = "", little_is_none: bool = False, none_is_little: bool = False) -> set[str]:
    low, high = r["chronicityRisk"] == "low", r["chronicityRisk"] == "high"
    potential, beginning = r["rehabilitationPotential"], r["improvement"] == "beginning"
    present = potential == "present"
    held = {
        "": (low and present) or beginning,
        "low risk in any case": low and (present or beginning),
        "improvement is a sign only": low and present,
    }
    found = {"A"} if held[a] else set()
    found |= {"B"} if not low and present else set()
    no_potential = potential == "none" or (little_is_none and potential == "little")
    found |= {"C"} if low and no_potential and r["surgeryPossible"] else set()
    found |= {"D"} if r["situationUnclear"] else set()
    little = potential == "little" or (none_is_little and potential == "none")
    return found | ({"E"} if high and little else set())


PROFILE_READINGS: dict[str, list[Json]] = {
    "profile-a-and-or": [{"a": "low risk in any case"}, {"a": "improvement is a sign only"}],
    "profile-c-little-potential": [{"little_is_none": True}],
    "profile-e-no-potential": [{"none_is_little": True}],
}


@pytest.mark.parametrize("day", [77, 120])
def test_points_of_the_profiles_are_decisive_exactly_where_their_reading_matters(
    service: GuidelineService, day: int
) -> None:
    visit = date(2024, 5, 20)
    record = {"careLine": "second-line", "redFlags": "none", "radicularPain": False, "contact": "first-contact"}
    record |= {"assessmentDate": visit.isoformat(), "onsetDate": (visit - day * DAY).isoformat()}
    for risk, potential, improvement, surgery, unclear in product(
        RISKS, POTENTIALS, IMPROVEMENTS, (True, False), (True, False)
    ):
        own = record | {"chronicityRisk": risk, "rehabilitationPotential": potential, "improvement": improvement}
        own |= {"surgeryPossible": surgery, "situationUnclear": unclear}
        answer, found = decisive(service, own, "profile")
        assert set(answer["answers"]) == profiles(own)
        other = {n for n, rs in PROFILE_READINGS.items() if any(profiles(own, **r) != profiles(own) for r in rs)}
        assert found == other, own


# -- the rehabilitation programme -----------------------------------------------------------------------


@pytest.mark.slow
def test_points_of_the_rehabilitation_programme_are_decisive_exactly_where_their_reading_matters(
    service: GuidelineService,
) -> None:
    visit = date(2024, 5, 20)
    surgeries = (None, "2024-05-01", "2024-02-21", "2024-02-20", "2023-01-01")
    for day, risk, potential, surgery, contact in product(
        (0, 34, 35, 42, 43, 76, 77, 200), RISKS, POTENTIALS, surgeries, ("first-contact", "follow-up")
    ):
        record: Json = {"careLine": "second-line", "redFlags": "none", "radicularPain": False, "contact": contact}
        record |= {"assessmentDate": visit.isoformat(), "onsetDate": (visit - day * DAY).isoformat()}
        record |= {"chronicityRisk": risk, "rehabilitationPotential": potential, "spinalSurgery": surgery is not None}
        record |= {"spinalSurgeryDate": surgery} if surgery else {}
        answer, found = decisive(service, record, "multidisciplinary-rehabilitation")
        if day < 35 and contact == "first-contact":
            assert (answer["status"], found) == ("not-applicable", set())
            continue
        recent = surgery is not None and plus_months(date.fromisoformat(surgery), 3) > visit
        b = day >= 77 and risk != "low" and potential == "present"
        group = b or (day < 77 and risk == "high")
        assert answer["answers"] == ["eligible" if group and (day > 42 or recent) else "not-eligible"]
        other = {"place-of-programme-indication"} if group and day < 35 and recent else set()
        other |= {"programme-of-profile-b"} if b else set()
        other |= {"pain-after-spinal-surgery"} if group and day <= 42 and surgery and not recent else set()
        other |= {"corrective-spinal-surgery"} if group and day <= 42 and recent else set()
        assert found == other, record
