"""The pieces of a file hold each of its rows once, wherever lines and row groups end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import duckdb  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg.cohort.reading import File, ids_of, parts_of  # noqa: E402

LONG = "x" * 70
LINES = [json.dumps({"id": name}) for name in ("a", "b", LONG, "c", "é", LONG + LONG, "d")]


def _ids(file: File, *, rows: int = 1, size: int = 1) -> list[list[str | None]]:
    pieces = file.pieces(rows, size)
    return [[i for batch in file.batches(piece=p) for i in ids_of(batch).to_pylist()] for p in pieces]


@pytest.mark.parametrize("size", [1, 2, 7, 12, 13, 50, 64, 1000])
@pytest.mark.parametrize("text", ["\n".join(LINES), "\n".join(LINES) + "\n", "\n\n" + "\r\n".join(LINES), "", "\n"])
def test_each_line_is_in_one_piece(tmp_path: Path, text: str, size: int) -> None:
    (tmp_path / "r.ndjson").write_text(text, newline="")
    found = _ids(File(tmp_path / "r.ndjson"), size=size)
    names = [json.loads(line)["id"] for line in text.split("\n") if line.strip()]
    assert [name for own in found for name in own] == names
    assert not text or size > 13 or len(found) > 1 or len(text) < 3


@pytest.mark.parametrize(("rows", "expected"), [(1, [3, 3, 1]), (4, [6, 1]), (100, [7])])
def test_each_row_group_is_in_one_piece(tmp_path: Path, rows: int, expected: list[int]) -> None:
    names = list("abcdefg")
    pq.write_table(pa.table({"id": names}), tmp_path / "r.parquet", row_group_size=3)
    found = _ids(File(tmp_path / "r.parquet"), rows=rows)
    assert [len(own) for own in found] == expected
    assert [name for own in found for name in own] == names


def test_csv_as_parquet_is_the_same_text(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('id,redFlags\n007,"no,\nne"\n,\n 8 ,""\n')
    file = File(tmp_path / "r.csv", duckdb.connect())
    file.as_parquet(tmp_path / "r.parquet")
    other = File(tmp_path / "r.parquet", of_text=True)
    assert other.text and other.names == file.names
    (rows,), (own,) = list(file.batches()), list(other.batches())
    assert rows.to_pylist() == own.to_pylist()  # type: ignore[union-attr]


def test_folder_of_parquet_is_its_parts(tmp_path: Path) -> None:
    folder = tmp_path / "r.parquet"
    folder.mkdir()
    for name in ("part-1.parquet", "part-0.snappy.parquet", "_SUCCESS", ".part-2.parquet", "_meta.parquet"):
        (folder / name).write_bytes(b"")
    assert [p.name for p in parts_of(folder)] == ["part-0.snappy.parquet", "part-1.parquet"]
    assert parts_of(tmp_path) == [tmp_path] and parts_of(tmp_path / "x.csv") == [tmp_path / "x.csv"]


def test_rows_of_several_row_groups_are_read_together(tmp_path: Path) -> None:
    rows = {"id": list("abcde"), "text": ["x", "y", "x", None, "z"], "list": [["u"], ["v", "u"], [], None, ["w"]]}
    pq.write_table(pa.table(rows), tmp_path / "r.parquet", row_group_size=2)
    found = [row for batch in File(tmp_path / "r.parquet").batches() for row in batch.to_pylist()]
    assert found == [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
