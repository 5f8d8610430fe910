"""Columns of Arrow become numbers of values: also parts of columns, and values that are not there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402

from lrp_kg.cohort.encoding import Distinct, codes_of, days_of  # noqa: E402
from lrp_kg.cohort.measures import ABSENT, as_date  # noqa: E402

TEXTS = pa.list_(pa.string())
COLUMNS = [
    pa.array([True, None, False, True, None, False, True, True, None, False]),
    pa.array([True, False] * 5),
    pa.array(["a", None, "b", "a"]),
    pa.array(["a", None, "b", "a"]).dictionary_encode(),
    pa.array(["a", None, "b", "a"]).cast(pa.dictionary(pa.uint32(), pa.large_string())),
    pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 2], pa.int8()), pa.array(["a", "a", None])),
    pa.array([1, 2, None, 1]),
    pa.array([1.5, None, 1.0, 2.0]),
    pa.array([["a"], None, [], ["b", "a"], ["a", "b"], ["a", "a"], ["a", None], [None], ["a"]], TEXTS),
    pa.array([["a"], None, [], ["b", "a"], ["a", None]], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    pa.array([["a"], None, [], ["b", "a"], ["a", None]], pa.list_(pa.dictionary(pa.uint16(), pa.string()))),
    pa.array([["a"], None, []], pa.large_list(pa.string())),
    pa.array([[str(n) for n in range(60)], ["1"], None], TEXTS),
    pa.array([{"x": 1}, None, {"x": 2}]),
    pa.nulls(3),
    pa.array([["a", "b"], None, ["b", "a"]], pa.list_(pa.string(), 2)),
    pa.array([["a"], None, [], ["b", "a"]], pa.list_view(pa.string())),
    pa.array([[("a", True)], None, []], pa.map_(pa.string(), pa.bool_())),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
@pytest.mark.parametrize("first", [0, 1])
def test_codes_are_of_the_values(column: Any, first: int) -> None:
    own = Distinct()
    part = column.slice(first)
    for some in (part, column):
        codes = codes_of(some, own)
        assert [own.values[code] for code in codes] == some.to_pylist()


def test_days_are_those_of_dates() -> None:
    dates = [date(2024, 2, 29), None, date(1, 1, 1), date(9999, 12, 31), None]
    column = pa.array(dates, pa.date32())
    for first in (0, 1):
        days = days_of(column.slice(first))
        assert days is not None
        assert [None if day == ABSENT else as_date(day) for day in days] == dates[first:]
    assert days_of(pa.array([10_000_000], pa.int32()).cast(pa.date32())) is None
    assert days_of(pa.array(["2024-02-29"])) is None
