"""Rows of one situation of half-known dates come to the same durations, as the calendar says day by day."""

from __future__ import annotations

import random
from datetime import date

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days  # noqa: E402
from lrp_kg.cohort.measures import as_date  # noqa: E402
from lrp_kg.cohort.situations import DurationAxis, Situations  # noqa: E402
from lrp_kg.durations import DateRange, day_number  # noqa: E402
from lrp_kg.logic.calendar import ALWAYS, Calendar  # noqa: E402

TODAY = day_number(date(2024, 1, 1))
FIRST, LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)
COUNT = 600


def _axes(calendar: Calendar) -> list[DurationAxis]:
    ends: dict[tuple[str, str], list[int]] = {}
    for variable, derived in calendar.derived.items():
        ends.setdefault((derived.start, derived.end), []).append(variable)
    return [DurationAxis(0, *names, tuple(own)) for names, own in ends.items()]


def _drawn(rng: random.Random, known_is_range: bool) -> tuple[int, int, int, int]:
    """Return the first and last day of the known date, and of the free one."""
    known = TODAY + rng.randint(-1000, 1000) if rng.random() < 0.95 else day_number(date(1850, 3, 31))
    known_last = known + rng.choice([1, 30, 400]) if known_is_range else known
    near = known + rng.choice([rng.randint(-900, 900), rng.randint(-40, 40)])
    low = FIRST if rng.random() < 0.3 else near
    high = LAST if rng.random() < 0.3 else near + rng.choice([-3, 0, 1, 27, 31, 90, 200])
    return known, known_last, low, high


@pytest.mark.parametrize("known_is_range", [False, True], ids=["known", "uncertain"])
@pytest.mark.parametrize("free_is_end", [True, False], ids=["end", "start"])
def test_one_situation_has_one_answer(service: GuidelineService, free_is_end: bool, known_is_range: bool) -> None:
    calendar = service.assessor.dates
    rng = random.Random(f"{free_is_end} {known_is_range}")
    alike = 0
    for axis in _axes(calendar):
        names = (axis.start, axis.end) if free_is_end else (axis.end, axis.start)
        drawn = [_drawn(rng, known_is_range) for _ in range(COUNT)]
        columns = [np.array(c, np.int64) for c in zip(*drawn, strict=True)]
        state = np.full(COUNT, RANGE if known_is_range else EXACT, np.int8)
        known = Days(state, columns[0], columns[1])
        free = Days(np.full(COUNT, UNKNOWN, np.int8), columns[2], columns[3])
        days = {names[0]: known, names[1]: free}
        found = Situations([axis], calendar).columns(np.ones(COUNT, np.int64), days, days)
        answers: dict[tuple[int, ...], set[object]] = {}
        for row, (first, last, low, high) in enumerate(drawn):
            key = tuple(c if isinstance(c, int) else int(c[row]) for c in found)
            own = DateRange(as_date(first), as_date(last))
            answer = calendar.joint_beside(
                names[1], axis.variables, {names[0]: own}, DateRange(as_date(low), as_date(high))
            )
            answers.setdefault(key, set()).add(answer)
        assert [own for own in answers.values() if len(own) > 1] == []
        alike += COUNT - len(answers)
    assert alike > COUNT  # else each row has a situation of its own, which says nothing
