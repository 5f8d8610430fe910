"""Columns of Arrow become numbers of values: also parts of columns, and values that are not there."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402

from lrp_kg.cohort import encoding  # noqa: E402
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


def test_texts_of_later_dictionaries_have_the_numbers_of_before() -> None:
    own = Distinct()
    for texts in ([], ["a", "b"], ["b", "c", "b", None], [], ["c", "a"], ["d"]):
        column = pa.array(texts, pa.string()).dictionary_encode()
        for from_text in (None, lambda text: text):
            assert [own.values[code] for code in codes_of(column, own, from_text)] == texts
    assert own.values == [None, "a", "b", "c", "d"]


def test_texts_that_are_looked_up_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch of new texts takes as long as the one before, however many there were."""
    looked_up: list[int] = []

    def index_in(texts: Any, value_set: Any) -> Any:
        looked_up.append(len(value_set))
        return pc.index_in(texts, value_set=value_set)

    monkeypatch.setattr(encoding, "_TEXTS", 5)
    monkeypatch.setattr(encoding, "pc", SimpleNamespace(index_in=index_in))
    own = Distinct()
    for first in range(0, 60, 3):
        texts = [f"v{n}" for n in (*range(first, first + 6), 0, first, 7)]
        assert [own.values[code] for code in codes_of(pa.array(texts), own)] == texts
    assert own.values == [None, *(f"v{n}" for n in (0, 1, 2, 3, 4, 5, 7, 6, *range(8, 63)))]
    assert max(looked_up) == 5


def test_long_lists_of_many_values_are_numbered() -> None:
    """Also where the dictionary has the values of more rows."""
    members = pa.DictionaryArray.from_arrays(pa.array([5, 900, 5], pa.int32()), [f"v{n}" for n in range(1000)])
    column = pa.ListArray.from_arrays(pa.array([0, 2, 3, 3], pa.int32()), members)
    long = pa.array(
        [["v5", "v900"], [f"v{n}" for n in range(12)], None], pa.list_(pa.dictionary(pa.int32(), pa.string()))
    )
    own = Distinct()
    for some in (column, long):
        assert [own.values[code] for code in codes_of(some, own)] == some.to_pylist()


@pytest.mark.parametrize(
    ("kind", "most"),
    [("int8", 127), ("int8", 128), ("uint8", 255), ("uint8", 256), ("int16", 32_767), ("int16", 32_768)],
)
def test_no_value_is_none_in_the_largest_dictionaries(kind: str, most: int) -> None:
    """Also where the place after the last value does not fit the places."""
    own = Distinct()
    dictionary = pa.array([f"v{n}" for n in range(most)])
    for places in ([None], [0, None, most - 1, 2, None]):
        column = pa.DictionaryArray.from_arrays(pa.array(places, kind), dictionary)
        lists = pa.ListArray.from_arrays(pa.array([0, 0, len(places)], pa.int32()), column)
        for some in (column, lists):
            assert [own.values[code] for code in codes_of(some, own)] == some.to_pylist()
