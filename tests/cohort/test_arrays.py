"""Small tools for columns do what plain ones of NumPy do."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg.cohort.arrays import ABSENT, either, passed  # noqa: E402

RNG = np.random.default_rng(1)
CHOSEN = RNG.random(50) < 0.5


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.int32, np.int64])
def test_either_is_one_of_two(kind: Any) -> None:
    a, b = (RNG.integers(0, 100, 50).astype(kind) for _ in "ab")
    for first, second in ((a, b), (a, 7), (7, b), (np.broadcast_to(a[0], 50), b)):
        for chosen in (CHOSEN, CHOSEN.astype(np.uint8)):
            found = either(chosen, first, second)
            assert found.dtype == kind
            assert found.tolist() == np.where(CHOSEN, first, second).tolist()
    assert either(CHOSEN, 2, 1).tolist() == np.where(CHOSEN, 2, 1).tolist()


def test_either_keeps_the_widest_kind() -> None:
    days = np.array([ABSENT, 0, 19_000], np.int32)
    assert either(days == ABSENT, days, np.zeros(3, np.int8)).tolist() == [ABSENT, 0, 0]
    assert either(days == 0, ABSENT, days).tolist() == [ABSENT, ABSENT, 19_000]


FAR = 1 << 40
STEPS = [
    [],
    [3],
    [0, 13, 14, 35],
    list(range(0, 90, 7)),
    [0, 5, *range(6, 30), 9000],
    [-FAR, 3, FAR],
    [-FAR] * 9 + [FAR],
]


@pytest.mark.parametrize("steps", STEPS, ids=lambda own: f"{len(own)}-{own[-1] if own else ''}")
@pytest.mark.parametrize("values", [range(-3, 100), [50] * 4, [-30_000, 12_000, 8999, 9000], []], ids=len)
def test_steps_that_are_passed_are_counted(steps: list[int], values: Any) -> None:
    for own in (steps, np.array(steps, np.int64)):
        found = passed(own, np.array(values, np.int32))
        assert found.tolist() == [sum(step <= value for step in steps) for value in values]
