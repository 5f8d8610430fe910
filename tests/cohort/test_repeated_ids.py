"""Repeated ids are found exactly, whatever their hashes are, and however many parts they are looked at in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort import reading, repeats  # noqa: E402
from lrp_kg.cohort.files import answer_files  # noqa: E402
from lrp_kg.cohort.reading import File  # noqa: E402

NAMES = ["", "a", "b", "ab", "ba", "é", "12345678", "123456789", "x" * 16, "x" * 17, "x" * 300, "y" + "x" * 299]


def test_hash_is_of_the_text_alone() -> None:
    whole = pa.array(NAMES)
    found = repeats.hashed(whole)
    assert len(set(found.tolist())) == len(NAMES)
    assert repeats.hashed(whole.slice(3)).tolist() == found[3:].tolist()
    assert repeats.hashed(pa.array(NAMES[::-1])).tolist() == found[::-1].tolist()
    assert len(repeats.hashed(pa.array([], pa.string()))) == 0


@pytest.mark.parametrize("at_once", [1 << 23, 2])
@pytest.mark.parametrize("collide", [False, True])
def test_ids_of_several_rows_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, collide: bool
) -> None:
    monkeypatch.setattr(repeats, "AT_ONCE", at_once * (8 if at_once < 8 else 1))
    if collide:
        monkeypatch.setattr(repeats, "hashed", lambda ids: np.zeros(len(ids), np.uint64))
    pq.write_table(pa.table({"id": [*NAMES, None, None]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": ["ab", "new", "x" * 17, "ab"]}), tmp_path / "b.parquet")
    files = [File(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    assert repeats.repeated_ids(files, tmp_path) == {"ab", "x" * 17}
    assert repeats.repeated_ids(files[:1], tmp_path) == frozenset()


def test_hashes_of_many_rows_are_compared_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"p{n}" for n in range(5000)]
    for part, own in enumerate((names[:3000], names[2990:])):
        pq.write_table(pa.table({"id": own}), tmp_path / f"{part}.parquet")
    monkeypatch.setattr(repeats, "AT_ONCE", 500)
    files = [File(tmp_path / f"{part}.parquet") for part in (0, 1)]
    assert repeats.repeated_ids(files, tmp_path) == set(names[2990:3000])


@pytest.mark.parametrize("kind", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("again", [None, 1, 700])
def test_rows_are_read_twice_only_where_ids_repeat(
    ankle: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, again: int | None
) -> None:
    monkeypatch.setattr(reading, "ROWS", 300)
    monkeypatch.setattr(reading, "LINES", 300)
    scans: list[bool] = []
    batches = File.batches
    monkeypatch.setattr(
        File, "batches", lambda self, **how: scans.append(how.get("scan", False)) or batches(self, **how)
    )
    names = [f"p{n}" for n in range(900)]
    if again:
        names[again] = "p0"
    file, out, rejected = (tmp_path / name for name in (f"r.{kind}", "o.parquet", "no.ndjson"))
    if kind == "parquet":
        pq.write_table(pa.table({"id": names}), file)
    else:
        lines = ["id", *names] if kind == "csv" else [json.dumps({"id": name}) for name in names]
        file.write_text("\n".join(lines))
    report = answer_files(ankle, [file], out, rejected=rejected)
    twice = [] if again is None else [1, again + 1]
    refused = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [(row["row"], [f["name"] for f in row["findings"]]) for row in refused] == [
        (row, ["id-repeated"]) for row in twice
    ]
    assert (report.answered, report.refused) == (900 - len(twice), len(twice))
    assert pq.read_table(out, columns=["id"]).column(0).to_pylist() == [n for n in names if n != "p0" or not twice]
    assert scans == ([False] if again is None else [False, True, True, False])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["no.ndjson", "o.parquet", file.name])
