"""What the editions of a programme are, remembered by the days between which that changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from lrp_kg import GuidelineService
from lrp_kg.durations import DateRange
from lrp_kg.guideline.model import Programme
from lrp_kg.logic.editions import StatesByDay, candidates, states
from tests.support.paths import ANKLE

ENDS = (None, date(2018, 6, 7), date(2018, 6, 8), date(2019, 1, 1), date.max)


def programmes() -> Iterator[Programme]:
    """Yield the programmes of two guidelines, and each with editions that end on several days."""
    for folder in (None, ANKLE):
        for p in GuidelineService(folder).guideline.programmes.values():
            yield p
            for chosen in product(ENDS, repeat=len(p.editions)):
                own = zip(p.editions, chosen, strict=True)
                yield replace(p, editions=tuple(replace(e, valid_until=end) for e, end in own))


def test_states_on_a_day_are_those_of_the_candidates() -> None:
    for programme in programmes():
        by_day = StatesByDay(programme)
        turns = {*ENDS[1:-1], *(e.valid_from for e in programme.editions)} - {None}
        near = [turn + timedelta(days=n) for turn in turns if turn for n in (-2, -1, 0, 1, 2)]
        for day in [*near, date.min, date.max, *reversed(near)]:
            expected = candidates(programme, DateRange(day, day))
            assert by_day.of(day) == states(expected)
            assert sum(c.applies for c in expected) == 1
            assert by_day.constant in (None, states(expected))


def test_states_that_are_constant_are_so_within_any_days() -> None:
    constant = 0
    for programme in programmes():
        found = StatesByDay(programme).constant
        constant += found is not None
        for days in (DateRange(date.min, date.max), DateRange(date(2000, 1, 1), date(2030, 1, 1))):
            assert found in (None, states(candidates(programme, days)))
    assert constant > 1
