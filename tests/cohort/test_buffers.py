"""What goes between Arrow and NumPy by buffers is what Arrow's own ways give, also of a part of a column."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg.cohort.arrays import Memory, mixed, passed  # noqa: E402
from lrp_kg.cohort.buffers import (  # noqa: E402
    TEXTS,
    as_column,
    bits_of,
    column_of,
    flags,
    nulls,
    numbers_of,
    plain_texts,
)

VALUES: list[tuple[pa.DataType, list[Any]]] = [
    (pa.int64(), [3, None, -1, 0, 7, None, 9, 10, 11]),
    (pa.int16(), [1, 2, 3]),
    (pa.bool_(), [True, None, False, True, True, False, None, True, False, True]),
    (pa.string(), ["a", None, "", "é€", "x" * 20]),
    (TEXTS, [["a", "b"], None, [], ["é"], ["a"]]),
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=str)
@pytest.mark.parametrize("length", [0, 1, None])
def test_columns_are_those_of_arrow(kind: pa.DataType, values: list[Any], length: int | None) -> None:
    column = column_of(values[:length], kind)
    column.validate(full=True)
    assert column.equals(pa.array(values[:length], kind))


@pytest.mark.parametrize("start", [0, 1, 8, 9])
def test_a_part_of_a_column_is_read(start: int) -> None:
    truth = [True, None, False] * 7
    column = pa.array(truth)[start:]
    there = nulls(column) == 0
    assert there.tolist() == [value is not None for value in truth[start:]]
    assert bits_of(column)[there].tolist() == [value for value in truth[start:] if value is not None]
    assert numbers_of(pa.array(range(20), pa.int32())[start:]).tolist() == list(range(start, 20))
    assert nulls(pa.nulls(3)).tolist() == [1, 1, 1]
    assert not len(numbers_of(pa.array([], pa.int32())))


def test_numbers_and_flags_become_columns() -> None:
    absent = np.array([False, True, False])
    assert as_column(np.arange(3), absent=absent).to_pylist() == [0, None, 2]
    assert as_column(np.arange(6)[::2]).to_pylist() == [0, 2, 4]
    assert flags(absent).to_pylist() == absent.tolist()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["p1", "p 2"], True),
        (["p1", ""], False),
        (["p1", " p2"], False),
        (["p1", "p\t2"], False),
        (["p1", "pé"], False),
        (["p1", None], False),
        (["p1", "x" * 6], False),
        ([], False),
    ],
)
def test_plain_texts_need_no_further_look(texts: list[str | None], expected: bool) -> None:
    assert plain_texts(pa.array(["\n", *texts, "\n"], pa.string())[1:-1], 5) is expected


@pytest.mark.parametrize("count", [3, 200])
def test_steps_are_counted(count: int) -> None:
    steps = np.arange(count) * 2
    values = np.array([-1, 0, 1, 2, 3, 2 * count])
    assert passed(steps, values).tolist() == [0, 1, 1, 2, 2, count]


def test_pairs_are_worked_out_once_however_many_there_are() -> None:
    asked: list[int] = []

    def work_out(row: int) -> int:
        asked.append(row)
        return row

    memory = Memory()
    left, right = np.array([5, 5, 1 << 30, 5]), np.array([0, 1, 0, 1])
    assert memory.take_pairs(left[:2], right[:2], 2, work_out).tolist() == [0, 1]
    assert memory.take_pairs(left, right, 2, work_out).tolist() == [0, 1, 2, 1]
    assert memory.take_pairs(left[1:2], right[1:2], 9, work_out).tolist() == [1]
    assert asked == [0, 1, 2]


def test_keys_of_several_columns_differ() -> None:
    columns = [np.array([0, 0, 1, 1], np.int8), 0, np.array([0, 2, 0, 2], np.int32)]
    assert len(set(mixed(columns, [2, 4, 3], 4).tolist())) == 4


@pytest.mark.parametrize("chosen", [None, "mimalloc"])
def test_a_cohort_of_parquet_needs_no_pandas_no_duckdb_and_one_allocator(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    code = """
import sys
from lrp_kg.cli import main
try:
    main(["cohort", sys.argv[1] + "/r.parquet", "-o", sys.argv[1] + "/a.parquet"], standalone_mode=False)
finally:
    import pyarrow
    print({"pandas", "duckdb"} & set(sys.modules) or "neither", pyarrow.default_memory_pool().backend_name)
"""
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "r.parquet")
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    if chosen:
        monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", chosen)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()[-1], done.returncode
    assert said == (f"neither {chosen or 'system'}", 0), done.stderr
