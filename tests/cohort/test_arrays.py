"""Small tools for columns do what plain ones of NumPy do."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg.cohort.arrays import ABSENT, appended, either, joined, passed  # noqa: E402

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


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.int32, np.uint32])
def test_either_is_wider_where_a_number_does_not_fit(kind: Any) -> None:
    least, most = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    column = np.array([most, least, 3], kind)
    for number in (least - 1, least, most, most + 1):
        for own in (number, np.int64(number)):
            found = either(np.array([0, 1, 0]), own, column)
            assert found.tolist() == [most, number, 3]
            assert (found.dtype == kind) == (least <= number <= most)
            assert either(np.array([0, 1, 0]), column, own).tolist() == [number, least, number]


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


def test_more_steps_than_two_bytes_count() -> None:
    for step in (1, 1000):  # by the numbers between them, and where these are too many
        steps = np.arange(40_000, dtype=np.int64) * step
        assert passed(steps, np.array([-1, 5 * step, 39_999 * step])).tolist() == [0, 6, 40_000]
    assert passed([*range(40_000), FAR], np.array([FAR - 1, FAR])).tolist() == [40_000, 40_001]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.int64])
@pytest.mark.parametrize("widths", [[5], [3, 5], [16, 16], [2, 127, 3], [1, 100, 100, 100]], ids=str)
def test_joined_columns_are_one_key(kind: Any, widths: list[int]) -> None:
    columns = [np.concatenate([RNG.integers(0, width, 50), [0, width - 1]]).astype(kind) for width in widths]
    expected = [0] * 52
    for column, width in zip(columns, widths, strict=True):
        expected = [key * width + own for key, own in zip(expected, column.tolist(), strict=True)]
    assert joined(columns, widths).tolist() == expected


def test_bits_are_appended_as_long_as_there_is_room() -> None:
    cells = np.array([3, 0], np.uint8)
    assert appended(np.array([5, 1 << 59]), cells, 2).tolist() == [23, 1 << 61]
    for key in (1 << 60, (1 << 62) - 1):
        with pytest.raises(OverflowError, match="room"):
            appended(np.array([5, key]), cells, 2)
