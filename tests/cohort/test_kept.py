"""What decisions came to in one run is read in the next, which then asks nothing, and answers the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import orjson  # noqa: E402
import pyarrow as pa  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cache import drop_oldest, read_kept_bytes, write_kept  # noqa: E402
from lrp_kg.cohort import kept  # noqa: E402
from lrp_kg.cohort.arrays import Numbering  # noqa: E402
from lrp_kg.cohort.deciding import DecisionColumn  # noqa: E402
from lrp_kg.cohort.run import Answers, CohortRun  # noqa: E402
from lrp_kg.logic.decide import Decider  # noqa: E402
from tests.support.cohorts import as_table, invented  # noqa: E402


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "MANY", 1)


@pytest.fixture(scope="module")
def table(ankle: GuidelineService) -> pa.Table:
    return as_table(invented(ankle, 60, 3, "holes")).combine_chunks()


def _answer(service: GuidelineService, table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> tuple[pa.Table, int]:
    """Return the answers to rows, and how often the decider was asked; keep what it said."""
    asked = []
    own = DecisionColumn._ask

    def ask(self: DecisionColumn, *args: Any) -> int:
        asked.append(args)
        return own(self, *args)

    answers = Answers(service)
    with monkeypatch.context() as patched:
        patched.setattr(DecisionColumn, "_ask", ask)
        found, _ = CohortRun(answers, table.column_names).answer(table.to_batches()[0], 1)
    answers.keep()
    return pa.Table.from_batches([found]), len(asked)


def test_a_second_run_asks_nothing(
    ankle: GuidelineService, table: pa.Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, asked = _answer(ankle, table, monkeypatch)
    second, again = _answer(GuidelineService(ankle.guideline.folder), table, monkeypatch)
    assert asked > 50
    assert again == 0
    assert second.equals(first)
    bodies = [read_kept_bytes(file) or b"" for file in (tmp_path / "cohorts").iterdir()]
    assert bodies and not any(id_.encode() in body for body in bodies for id_ in table["id"].to_pylist())


def test_rows_that_are_new_are_asked_for(
    ankle: GuidelineService, table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = _answer(ankle, table, monkeypatch)
    _answer(ankle, table.slice(0, 20).combine_chunks(), monkeypatch)
    found, asked = _answer(ankle, table, monkeypatch)
    assert found.equals(whole)
    assert asked == 0  # fewer rows do not take the place of more


@pytest.mark.parametrize("body", [b"", b"[]", b'{"outcomes": [["decided"]], "columns": [{}], "fields": []}', b"cut"])
def test_a_file_of_another_form_is_left_out(
    ankle: GuidelineService, table: pa.Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: bytes
) -> None:
    first, asked = _answer(ankle, table, monkeypatch)
    for file in (tmp_path / "cohorts").iterdir():
        assert write_kept(file, body)
    assert _answer(ankle, table, monkeypatch) == (first, asked)
    assert _answer(ankle, table, monkeypatch) == (first, 0)


def test_few_rows_read_nothing(ankle: GuidelineService, table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    first, asked = _answer(ankle, table, monkeypatch)
    monkeypatch.setattr(kept, "MANY", table.num_rows + 1)
    assert _answer(ankle, table, monkeypatch) == (first, asked)


def test_days_that_are_a_situation_each_are_not_kept(ankle: GuidelineService) -> None:
    column = next(
        c
        for c in Answers(ankle)._logic.decided.values()
        if isinstance(c.decider, Decider) and c.states.dates.dates_named
    )
    dates = column.states.dates
    key = (1, *(0,) * (dates.columns.joint_places[-1] + 4 * dates.dates_named))
    column.class_of.recall(dates.recall([key, (*key[:-1], 700_000)], []), [0, 0])
    said = dict(kept._kept(column, Numbering()))
    assert said["situations"] == [(number,) for number in (*key, 0)]
    assert b"700000" not in orjson.dumps(said)


def test_the_latest_files_stay(tmp_path: Path) -> None:
    for place in range(3):
        write_kept(tmp_path / str(place), b"")
    drop_oldest(tmp_path, 2)
    assert len(list(tmp_path.iterdir())) == 2
