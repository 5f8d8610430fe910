"""Lists and categories that rows have by numbers, and the Parquet that is written from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg.cohort.numbered import CODED, CategoryTable, ListTable, decoded  # noqa: E402
from lrp_kg.cohort.writing import writer_of  # noqa: E402

LISTS = [["b"], [], None, ["a", "b", "c"], ["c"], ["b", "b"]]
TEXTS = pa.list_(pa.string())


@pytest.mark.parametrize("names", [(), ("a", "b", "c", "d")])
@pytest.mark.parametrize("rows", [[], [1, 1], [0, 4, 0], [3, 0, 5, 3, 1], [2, 0, 3, 2, 1], [2]])
def test_rows_have_the_lists_of_their_numbers(names: tuple[str, ...], rows: list[int]) -> None:
    table = ListTable(names)
    table.add(LISTS[:4])
    table.add(LISTS[4:])
    found = table.take(np.array(rows, np.intp))
    found.validate(full=True)
    assert found.type == CODED and found.to_pylist() == [LISTS[n] for n in rows]
    plain = decoded(found)
    assert plain.type == TEXTS and plain.to_pylist() == found.to_pylist()


def test_rows_have_the_categories_of_their_numbers() -> None:
    table = CategoryTable(["no", "yes"])
    table.add(["yes", "no"])
    assert table.take(np.array([0, 1, 0])).to_pylist() == ["yes", "no", "yes"]
    table.add([None])
    found = table.take(np.array([2, 1]))
    found.validate(full=True)
    assert found.to_pylist() == [None, "no"] and found.type.ordered and found.null_count == 1


def test_parquet_is_read_as_lists_of_texts(tmp_path: Path) -> None:
    promised = pa.schema(
        [pa.field("id", pa.string(), nullable=False), pa.field("own", TEXTS, metadata={"kind": "missing"})],
        metadata={"guideline": "g"},
    )
    rows: list[dict[str, object]] = []
    for name, as_coded in (("nothing", False), ("plain", False), ("coded", True)):
        with (tmp_path / f"{name}.parquet").open("wb") as stream:
            writer = writer_of(".parquet", promised, stream)
            table, rows = ListTable(), []
            for own in [] if name == "nothing" else (LISTS[:2], LISTS[2:]):  # of which the second has further texts
                table.add(own)
                lists = table.take(np.arange(len(table)))
                ids = pa.array([str(n) for n in range(len(lists))])
                batch = pa.RecordBatch.from_arrays([ids, lists if as_coded else decoded(lists)], ["id", "own"])
                fields = [f.with_type(c.type) for f, c in zip(promised, batch.columns, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields)))
                rows += batch.to_pylist()
            writer.close()
            writer.close()
    coded, plain, nothing = (tmp_path / f"{name}.parquet" for name in ("coded", "plain", "nothing"))
    usual = tmp_path / "usual.parquet"
    pq.write_table(pa.Table.from_pylist(rows, promised), usual)
    assert pq.read_table(coded).to_pylist() == pq.read_table(plain).to_pylist() == rows
    for path in (coded, plain, nothing):
        assert pq.read_metadata(path).metadata == pq.read_metadata(usual).metadata
        assert pq.ParquetFile(path).schema.equals(pq.ParquetFile(usual).schema)
        assert pq.read_schema(path).equals(pq.read_schema(usual), check_metadata=True)
    assert pq.read_table(nothing).num_rows == 0
