"""A report of some hundred invented records has the numbers of the catalogue over the same records in a store."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg import Dataset, GuidelineService  # noqa: E402
from lrp_kg.cohort.files import answer_files  # noqa: E402
from lrp_kg.report.model import ReportCard  # noqa: E402
from lrp_kg.report.run import report_on  # noqa: E402
from lrp_kg.research.store.loading import load  # noqa: E402
from lrp_kg.research.store.sources import Source  # noqa: E402
from lrp_kg.research.synthesis.generating import Generator  # noqa: E402

RECORDS = 600
Labels = tuple[str, ...]


def labelled(report: ReportCard, table: str, measure: str | None = None, *, grouped: bool = True) -> dict[Labels, int]:
    """Return the counts of a table that are not 0, by the labels of group, row and measure."""
    (found,) = [t for t in report.tables if t.id == table]
    return {
        (*([row.group] if row.group and grouped else []), row.label, *([m.label] if measure is None else [])): number
        for row in found.rows
        for m, key in zip(found.measures, row.cells, strict=True)
        if key and measure in (None, m.id) and (number := report.counts.values[key])
    }


@pytest.mark.long
def test_numbers_are_those_of_the_catalogue(service: GuidelineService, tmp_path: Path) -> None:
    g = service.guideline
    file = tmp_path / "r.ndjson"
    file.write_bytes(b"".join(orjson.dumps(r) + b"\n" for r in Generator(service, 5).records(RECORDS)))
    answer_files(service, [file], tmp_path / "a.parquet")
    report = report_on(g, tmp_path / "a.parquet", records=[file])
    assert load(g, tmp_path / "store", [Source("r.ndjson", file.read_bytes())]).stored == RECORDS
    with Dataset(tmp_path / "store") as data:

        def asked(name: str, *columns: str, **parameters: object) -> dict[Labels, int]:
            rows = data.query(name, **parameters)
            return {tuple(row[c] for c in columns): row["records"] for row in rows}

        assert labelled(report, "statuses") == asked("statuses-by-decision", "decision", "status")
        by_stage = {k: n for k, n in labelled(report, "imaging.by-stage").items() if k[0] != "undetermined"}
        assert by_stage == asked("imaging-by-stage", "stage", "answer")
        drugs = {}
        for table in ("medication-excluded", "medication-not-routine"):
            drugs |= labelled(report, table, "yes")
        drugs.pop(("at least one of these",), None)
        assert drugs == asked("drugs-against-advice-counts", "answer")
        assert labelled(report, "missing.each", "missing") == asked("missing-fields", "decision", "field")
        exits = {k: n for k, n in labelled(report, "exit", "records").items() if k[0] != "undetermined"}
        assert exits == asked("records-by-answer", "answer", decision="exit")
        (waiting,) = [n for k, n in labelled(report, "programmes", "waiting").items() if "Fedris" in k[0]]
        named = {row["id"] for row in data.query("eligible-without-application")}
        answers = pq.read_table(tmp_path / "a.parquet", columns=["id", "edition.fedris-prevention"])
        editions = dict(zip(*(column.to_pylist() for column in answers.columns), strict=True))
        assert waiting == len([name for name in named if editions[name]]) > 0  # an open edition says less
        late = labelled(report, "follow-up", "records")["the next contact came late",]
        assert late == len({row["record"] for row in data.query("late-follow-up")})
