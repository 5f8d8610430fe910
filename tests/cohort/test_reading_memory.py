"""What was read of a file is let go: the memory of a cohort does not grow with its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg.cohort import reading  # noqa: E402


def test_parquet_that_was_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS", 5000)
    numbers = np.random.default_rng(1).integers(0, 1 << 62, 200_000)
    table = pa.table({"id": numbers, **{f"n{n}": numbers ^ n for n in range(9)}})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=5000)
    del table
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for batch in reading.File(tmp_path / "a.parquet").raw():
        rows += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == 200_000
    assert most < (tmp_path / "a.parquet").stat().st_size / 2
