"""The first and last days of dates in columns are those that the calendar says of each row."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort.arrays import ABSENT  # noqa: E402
from lrp_kg.cohort.bounds import ColumnBounds  # noqa: E402
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days, Rows  # noqa: E402
from lrp_kg.cohort.measures import as_date  # noqa: E402
from lrp_kg.durations import day_number  # noqa: E402

SIZE = 40
CENTRE = date(2024, 2, 29)


def _days(rng: random.Random, share: float) -> Days:
    if rng.random() >= share:
        return Days(*(np.broadcast_to(kind, SIZE) for kind in (np.int8(UNKNOWN), np.int32(ABSENT), np.int32(ABSENT))))
    state = np.array(rng.choices([UNKNOWN, EXACT, RANGE], k=SIZE), np.int8)
    ends = [sorted(day_number(CENTRE + timedelta(rng.randint(-600, 600))) for _ in "ab") for _ in range(SIZE)]
    low, high = (np.array([own[side] for own in ends], np.int32) for side in (0, 1))
    low[state == UNKNOWN] = ABSENT
    high = np.where(state == RANGE, high, low)
    return Days(state, low, high)


@pytest.mark.parametrize("share", [0.2, 0.5, 1])
def test_bounds_are_those_of_the_calendar(service: GuidelineService, share: float) -> None:
    """Also of dates that no row has, of a few or many of the rows, and of rows with another day."""
    calendar, rng = service.assessor.dates, random.Random(share)
    names = [f.iri for f in service.guideline.fields.values() if f.kind == "date"]
    for _ in range(4):
        whole = Rows(SIZE, (), {name: _days(rng, share) for name in names})
        other = rng.choice(names)
        window = Days(np.full(SIZE, RANGE, np.int8), *(np.full(SIZE, day_number(CENTRE) + d, np.int32) for d in (0, 9)))
        moved = whole.with_days(other, window)
        few, half = (np.array(rng.sample(range(SIZE), size)) for size in (3, SIZE // 2))
        for rows in (
            whole.of(few),
            moved.of(few),
            whole.of(half).of(few[:2] % len(half)),
            whole.of(half),
            whole,
            moved,
        ):
            bounds = ColumnBounds(calendar, rows)
            for name in names:
                found = bounds.of(name)
                for row in range(rows.size):
                    expected = calendar.bounds(name, *rows.dates(row))
                    assert (as_date(found.low[row]), as_date(found.high[row])) == (expected.earliest, expected.latest)
