"""Runs of eligible days: stretches of days with one verdict, and the run that answers from when until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from lrp_kg.answer.results import EligibleDays
from lrp_kg.logic.classify import OPEN, TRUE

NEVER = EligibleDays(None, None, "never")
UNKNOWN_DAYS = EligibleDays(None, None, "unknown")


class Stretch(NamedTuple):
    """Days of one verdict, up to the day before the next stretch; ``date.min`` means that there is no first."""

    first: date
    verdict: int


class Horizon(NamedTuple):
    """The last day for which a record can plan: certainly, and at most while a date that bounds it is unknown."""

    certain: date = date.max
    possible: date = date.max


class DayBounds(NamedTuple):
    """The first and last admissible day.

    ``unsettled``: for each date that may still be known better, whether it bounds the day from below, and the day from
    which on (up to which) it cannot.
    """

    low: date
    high: date
    unsettled: tuple[tuple[bool, date | None], ...]


def with_day(stretches: list[Stretch], day: date, verdict: int) -> list[Stretch]:
    """Return stretches in which one day of an open stretch has a verdict of its own."""
    number = number_of(stretches, day)
    before, after = stretches[: number + 1], stretches[number + 1 :]
    rest = [] if day == date.max else [Stretch(day + timedelta(1), OPEN)]
    if after and rest and after[0].first == rest[0].first:
        rest = []
    return [*before, Stretch(day, verdict), *rest, *after]


def number_of(stretches: list[Stretch], day: date) -> int:
    """Return the place of the stretch that a day is in."""
    return max(sum(s.first <= day for s in stretches) - 1, 0)


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Return stretches without those that go on with the verdict of the one before, or that have no day."""
    found: list[Stretch] = []
    for s in stretches:
        if found and found[-1].first == s.first:
            found.pop()
        if not found or found[-1].verdict != s.verdict:
            found.append(s)
    return found


def chosen(stretches: list[Stretch], asked: date | None, limits: DayBounds, horizon: Horizon) -> EligibleDays:
    """Return the run of eligible days that holds the day asked, else the next that begins within the horizon.

    Where the day is unknown it is the first run. A run of which an end is open, or that an undetermined day touches or
    comes before, is unknown: it may move.
    """
    within = [s for s in stretches if s.first <= horizon.possible]
    begin = number_of(within, asked) if asked else 0
    run = next((i for i, s in enumerate(within) if i >= begin and s.verdict == TRUE), None)
    looked_at = within[begin:] if run is None else stretches[max(min(begin, run - 1), 0) : run + 2]
    doubt = any(s.verdict == OPEN for s in looked_at)
    if run is None:
        return UNKNOWN_DAYS if doubt else NEVER
    first = stretches[run].first
    last = stretches[run + 1].first - timedelta(1) if run + 1 < len(stretches) else limits.high
    ends = last != date.max
    doubt |= first > horizon.certain
    for from_below, day in limits.unsettled:
        doubt |= ends and (day is None or (first < day if from_below else last > day))
    return EligibleDays(
        None if first == date.min else first,
        last if ends else None,
        "unknown" if doubt else "known" if ends else "open-ended",
    )
