"""No small number can be worked out from a report that suppresses them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("highspy", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg.report.counts import Counts, Key  # noqa: E402
from lrp_kg.report.suppression import suppress  # noqa: E402

TOTAL: Key = ("total",)


def one_way(*values: int) -> Counts:
    """Return the counts of a total and its parts, which are called by their places."""
    counts = Counts()
    counts.put(TOTAL, sum(values))
    counts.split(TOTAL, {(str(n),): value for n, value in enumerate(values)})
    return counts


def two_way(rows: list[list[int]]) -> Counts:
    """Return the counts of a table with the totals of its rows and columns."""
    counts = Counts()
    counts.put(TOTAL, sum(map(sum, rows)))
    counts.split(TOTAL, {("row", str(r)): sum(row) for r, row in enumerate(rows)})
    columns = list(zip(*rows, strict=True))
    counts.split(TOTAL, {("column", str(c)): sum(column) for c, column in enumerate(columns)})
    for r, row in enumerate(rows):
        counts.split(("row", str(r)), {(str(r), str(c)): value for c, value in enumerate(row)})
    for c, column in enumerate(columns):
        counts.split(("column", str(c)), {(str(r), str(c)): value for r, value in enumerate(column)})
    return counts


def hidden(counts: Counts, below: int) -> list[int]:
    """Return the numbers that are suppressed, in order."""
    return sorted(counts.values[key] for key in suppress(counts, list(counts.values), below))


@pytest.mark.parametrize(
    ("values", "below", "expected"),
    [
        ((20, 30, 40), 5, []),
        ((0, 30, 40), 5, []),
        ((3, 30, 40), 5, [3, 30]),  # the total would give 3 back
        ((3, 4, 40), 5, [3, 4]),  # each of the two can be 1 to 6
        ((1, 1, 40), 5, [1, 1, 40]),  # the two are 2 together, so each is 1
        ((1, 2), 5, [1, 2, 3]),  # all of it is small
        ((4,), 5, [4, 4]),
        ((3, 0, 0, 30), 5, [3, 30]),  # a zero is no cover: it is shown as one
    ],
)
def test_parts_of_a_total(values: tuple[int, ...], below: int, expected: list[int]) -> None:
    assert hidden(one_way(*values), below) == expected


def test_what_is_left_of_a_count_is_protected_too() -> None:
    counts = Counts()
    counts.put(TOTAL, 100)
    counts.within(TOTAL, ("part",), 98)
    assert suppress(counts, [TOTAL, ("part",)], 5), "98 of 100 says that 2 are not"
    counts = Counts()
    counts.put(TOTAL, 100)
    counts.within(TOTAL, ("part",), 90)
    assert not suppress(counts, [TOTAL, ("part",)], 5)


def test_a_count_that_two_tables_show_is_one_count() -> None:
    counts = one_way(3, 50, 60)
    counts.within(TOTAL, ("1",), 50)
    found = suppress(counts, list(counts.values), 5)
    assert ("0",) in found
    assert len(found & {("1",), ("2",), TOTAL, ("rest", *TOTAL, "of", "1")}) >= 1


def worlds(rows: list[list[int]], counts: Counts, gone: frozenset[Key], most: int) -> dict[Key, np.ndarray]:
    """Return the counts of every table that looks the same with some suppressed; zeros are known to be zeros."""
    places = [(str(r), str(c)) for r, row in enumerate(rows) for c, _ in enumerate(row)]
    choices = [np.arange(1, most + 1) if place in gone else np.array([counts.values[place]]) for place in places]
    found = {p: a.ravel() for p, a in zip(places, np.meshgrid(*choices, indexing="ij"), strict=True)}
    for r in range(len(rows)):
        found["row", str(r)] = sum(found[str(r), str(c)] for c in range(len(rows[0])))
    for c in range(len(rows[0])):
        found["column", str(c)] = sum(found[str(r), str(c)] for r in range(len(rows)))
    found[TOTAL] = sum(found["row", str(r)] for r in range(len(rows)))
    alike = np.logical_and.reduce([found[key] == value for key, value in counts.values.items() if key not in gone])
    return {key: values[alike] for key, values in found.items()}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 9]), min_size=3, max_size=3), min_size=2, max_size=2),
    st.sampled_from([2, 3, 4]),
)
def test_every_small_number_could_be_as_many_others(rows: list[list[int]], below: int) -> None:
    counts = two_way(rows)
    gone = suppress(counts, list(counts.values), below)
    small = [key for key, value in counts.values.items() if 0 < value < below]
    assert set(small) <= gone
    if sum(map(sum, rows)) < 2 * below or not small:
        return
    same = worlds(rows, counts, gone, most=9)
    for key in small:
        assert len(np.unique(same[key])) >= below, (rows, key, sorted(gone))
