"""A cohort on Spark has the columns, the values and the refused rows of one on this machine."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("pyspark", reason="The extra spark is not installed: Spark cannot be tested.")
pytest.importorskip("duckdb", reason="The extra cohort is not installed.")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

import lrp_kg  # noqa: E402
from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cli import main  # noqa: E402
from lrp_kg.cli.exit_codes import INTERRUPTED  # noqa: E402
from lrp_kg.cohort import entry  # noqa: E402
from lrp_kg.cohort.choice import Choice  # noqa: E402
from lrp_kg.cohort.describing import description  # noqa: E402
from lrp_kg.cohort.reading import File, FilePiece  # noqa: E402
from lrp_kg.cohort.spark import tasks  # noqa: E402
from lrp_kg.cohort.spark.output import PartedOutput  # noqa: E402
from lrp_kg.cohort.spark.shipment import Shipment  # noqa: E402
from lrp_kg.cohort.writing import Output  # noqa: E402
from lrp_kg.errors import CohortError  # noqa: E402
from tests.cohort.test_mapping import MAPPING, ROWS  # noqa: E402
from tests.support.cohorts import KINDS, as_table, invented  # noqa: E402
from tests.support.paths import ANKLE  # noqa: E402
from tests.support.spark import local_spark  # noqa: E402

Json = dict[str, Any]
ENGINES = ("duckdb", "spark")
pytestmark = [
    pytest.mark.slow,  # Spark takes ten seconds to start
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # of Spark 4.0
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory, cache_folder: str) -> Iterator[Any]:
    with local_spark(tmp_path_factory.mktemp("spark")) as session:
        yield session


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files in many pieces."""
    pieces = File.pieces

    def small(self: File) -> list[FilePiece]:
        return pieces(self, 60, 90_000)

    monkeypatch.setattr(File, "pieces", small)


def write_csv(path: Path, records: Sequence[Json]) -> None:
    names = list(dict.fromkeys(["id", *(key for r in records for key in r)]))
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for r in records:
            writer.writerow(";".join(v) or "[]" if isinstance(v, list) else v for v in (r.get(n) for n in names))


def write_files(folder: Path, service: GuidelineService, count: int, seed: int = 11) -> list[Path]:
    """Write invented records in every kind of file, and lines that hold none; some ids are in two files."""
    every = {kind: invented(service, count, seed, kind) for kind in KINDS}
    plain = every["plain"]
    for kind, records in every.items():
        for number, record in enumerate(records):
            record["id"] = plain[number]["id"] if number % 50 == 0 else f"{kind}-{number}"
    files = [folder / "a.parquet", folder / "b.ndjson", folder / "c.csv"]
    pq.write_table(as_table(plain), files[0], row_group_size=count // 4 or 1)
    lines = [json.dumps(record) for record in every["holes"] + every["cases"]]
    lines[3:3] = ["{broken", "[]", "", json.dumps({"id": "more", "zork": 1})]
    files[1].write_text("\n".join(lines))
    write_csv(files[2], every["invalid"])
    return files


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["cohort", *map(str, arguments)])


def run_report(answers: Path) -> Json:
    done = CliRunner().invoke(main, ["report", str(answers), "--format", "json"])
    assert done.exit_code == 0, done.output
    card: Json = json.loads(done.output)
    return {name: part for name, part in card.items() if part != answers.name}


def on_both(folder: Path, files: Sequence[Path], suffix: str, *arguments: object) -> list[Path]:
    """Answer files on both engines, and return what they wrote: the same rows are refused, with the same reasons."""
    written, refused = [], []
    for engine in ENGINES:
        out, rejected = folder / f"{engine}{suffix}", folder / f"{engine}.rejected"
        done = run(*files, "-o", out, "--rejected", rejected, "--engine", engine, *arguments)
        assert done.exit_code == 0, done.output
        written.append(out)
        refused.append(rejected.read_bytes())
    assert refused[0] == refused[1]
    return written


def compare(
    folder: Path, service: GuidelineService, count: int, *arguments: object, seed: int = 11
) -> tuple[pa.Table, int]:
    """Return the answers, and the number of refused rows: both are the same on both engines."""
    own, others = on_both(folder, write_files(folder, service, count, seed), ".parquet", *arguments)
    expected, found = pq.read_table(own), pq.read_table(others)
    assert found.schema.equals(expected.schema, check_metadata=True)
    assert found.equals(expected)
    return found, len((folder / "spark.rejected").read_text().splitlines())


def test_no_difference_to_one_machine(
    spark: Any, service: GuidelineService, tmp_path: Path, small_pieces: None
) -> None:
    found, refused = compare(tmp_path, service, 375)
    assert len(list((tmp_path / "spark.parquet").glob("part-*.parquet"))) > 10
    cards = [run_report(tmp_path / f"{engine}.parquet") for engine in ENGINES]
    assert cards[0] == cards[1]
    assert found.num_rows > 1000 and refused > 100 and found.num_rows + refused == 1503
    stage = found.schema.field("stage").type
    assert pa.types.is_dictionary(stage) and stage.ordered


def test_guideline_is_sent_to_workers(spark: Any, ankle: GuidelineService, tmp_path: Path, small_pieces: None) -> None:
    compare(tmp_path, ankle, 25, "--guideline", ANKLE, "--explain")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_no_difference_in_many(spark: Any, service: GuidelineService, tmp_path: Path, seed: int) -> None:
    compare(tmp_path, service, 5000, "--explain", seed=seed)


@pytest.mark.parametrize("suffix", [".csv", ".ndjson"])
def test_other_formats_are_one_file(
    spark: Any, service: GuidelineService, tmp_path: Path, small_pieces: None, suffix: str
) -> None:
    files = write_files(tmp_path, service, 15)
    own, others = on_both(tmp_path, files, suffix, "--for", "stage", "--columns", "answer,missing")
    assert own.read_bytes() == others.read_bytes()


def test_mapping_is_applied(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "r.parquet")
    own, others = on_both(tmp_path, [tmp_path / "r.parquet"], ".parquet", "--mapping", tmp_path / "m.yaml")
    assert pq.read_table(own).equals(pq.read_table(others))


def damaged(path: Path) -> None:
    """Write Parquet of which the rows cannot be read."""
    pq.write_table(pa.table({"id": [str(n) for n in range(1000)]}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["csv", "parquet", "mapping", "column", "none"])
def test_errors_are_those_of_one_machine(spark: Any, tmp_path: Path, kind: str) -> None:
    file, more = tmp_path / f"r.{'csv' if kind == 'column' else 'parquet'}", []
    if kind == "csv":
        file = tmp_path / "r.csv"
        file.write_text("id,redFlags\na,none\nb,none,more\n")
    elif kind == "parquet":
        damaged(file)
    elif kind == "mapping":
        (tmp_path / "m.yaml").write_text(MAPPING)
        pq.write_table(pa.Table.from_pylist([ROWS[0] | {"line": 3, "drugs": "5|6"}, ROWS[1] | {"risk": 1}]), file)
        more = ["--mapping", tmp_path / "m.yaml"]
    elif kind == "column":
        file.write_text("id,zork\n")
    before = sorted(tmp_path.iterdir())
    said = [run(file, "-o", tmp_path / "o.parquet", "--engine", engine, *more) for engine in ENGINES]
    assert [done.exit_code for done in said] == [2, 2]
    assert said[0].output == said[1].output and file.name in said[0].output + file.name
    assert sorted(tmp_path.iterdir()) == before


def test_answers_are_replaced_and_nothing_else(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    out = tmp_path / "o.parquet"
    for ids in (["a"], ["a", "b"]):
        (tmp_path / "r.csv").write_text("id\n" + "\n".join(ids))
        assert run(tmp_path / "r.csv", "-o", out, "--engine", "spark").exit_code == 0
        assert pq.read_table(out).column("id").to_pylist() == ids
    (out / "mine.txt").write_text("")
    done = run(tmp_path / "r.csv", "-o", out, "--engine", "spark")
    assert done.exit_code == 2 and "is not replaced" in done.output
    assert sorted(p.name for p in out.iterdir()) == ["mine.txt", "part-000000.parquet"]


@pytest.mark.parametrize(
    ("files", "output", "rejected"),
    [
        ("o.parquet/part-000000.parquet", "o.parquet", None),
        ("r.csv", "o.parquet", "o.parquet/part-9.parquet"),
        ("r.csv", "new.parquet", "new.parquet/part-9.parquet"),
    ],
)
def test_no_folder_is_replaced_that_holds_what_is_read_or_written(
    tmp_path: Path, files: str, output: str, rejected: str | None
) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    (tmp_path / "o.parquet").mkdir()
    pq.write_table(pa.table({"id": ["a"]}), part := tmp_path / "o.parquet" / "part-000000.parquet")
    before = part.read_bytes()
    options = ("--rejected", tmp_path / rejected) if rejected else ()
    done = run(tmp_path / files, "-o", tmp_path / output, "--engine", "spark", *options)
    assert done.exit_code == 2 and "is read or written too" in done.output, done.output
    assert part.read_bytes() == before
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["o.parquet", "part-000000.parquet", "r.csv"]


@pytest.mark.parametrize("earlier", [True, False])
def test_parts_are_not_moved_without_the_refused_rows(tmp_path: Path, earlier: bool) -> None:
    answers, rejected = tmp_path / "o.parquet", tmp_path / "no.ndjson"
    if earlier:
        answers.mkdir()
        (answers / "part-000000.parquet").write_text("earlier answers")
    with pytest.raises(CohortError, match=r"no\.ndjson cannot be written"), PartedOutput(answers, rejected) as target:
        (target.folder / tasks.PARTS / "part-000000.parquet").write_text("new")
        rejected.mkdir()  # no file takes the name of a folder
        target.finish([tasks.WrittenPart(1, 0, (), 3)])
    said = {p.name: p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    assert said == ({"part-000000.parquet": "earlier answers"} if earlier else {})
    assert {p.name for p in tmp_path.iterdir()} == {"no.ndjson"} | ({"o.parquet"} if earlier else set())


def test_file_is_not_replaced_by_a_folder(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    (tmp_path / "o.parquet").write_text("mine")
    done = run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet", "--engine", "spark")
    assert done.exit_code == 2 and "o.parquet is a file" in done.output
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"r.csv": "id\na\n", "o.parquet": "mine"}


@pytest.mark.parametrize("engine", ENGINES)
def test_sigterm_leaves_nothing(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")

    def terminated(*_: object) -> None:
        assert any(p.suffix == ".part" for p in tmp_path.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr(Output, "write", terminated)
    monkeypatch.setattr(PartedOutput, "finish", terminated)
    more = ["--rejected", tmp_path / "no.ndjson", "--engine", engine]
    done = run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet", *more)
    assert done.exit_code == INTERRUPTED and "nothing is written" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]


def test_cohort_of_nothing_has_the_columns(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,redFlags\n")
    own, others = on_both(tmp_path, [tmp_path / "r.csv"], ".parquet")
    assert pq.read_table(others).schema.equals(pq.read_table(own).schema, check_metadata=True)


# -- frames -----------------------------------------------------------------------------------------


def test_frame_of_spark_is_answered(spark: Any, service: GuidelineService) -> None:
    records = [r for kind in KINDS for r in invented(service, 25, 13, kind)]
    for number, record in enumerate(records):
        record["id"] = f"p{number // 2 if number < 20 else number}"
    records.append({"id": None, "redFlags": "none"})
    table = as_table(records)
    rejected: list[Json] = []
    some: Json = {"guideline": service, "columns": ["answer", "missing", "fact", "latest"]}
    expected = lrp_kg.assess_frame(table, rejected=rejected, **some)
    answers, refused = lrp_kg.assess_spark(spark.createDataFrame(table), **some)
    plain = {row["id"]: row for row in expected.to_pylist()}
    found = [row.asDict() for row in answers.collect()]
    assert {row["id"]: row for row in found} == plain and len(found) == len(plain)
    assert answers.columns == expected.schema.names
    stage = expected.column("stage").combine_chunks().dictionary.to_pylist()
    assert answers.schema["stage"].metadata == description(expected.schema.field("stage"))
    assert answers.schema["stage"].metadata["categories"] == stage
    said = sorted((str(row["id"]), sorted(f["message"] for f in row["findings"])) for row in refused.collect())
    assert said == sorted((str(r["id"]), sorted(f["message"] for f in r["findings"])) for r in rejected)
    assert len(said) > 15


def test_frame_of_spark_can_have_instants(spark: Any, service: GuidelineService) -> None:
    frame = spark.sql("SELECT 'a' AS id, CAST('2024-01-01 10:00:00' AS TIMESTAMP) AS assessmentDate")
    answers, refused = lrp_kg.assess_spark(frame, guideline=service, only=["stage"])
    (row,) = refused.collect()
    assert [f["field"] for f in row["findings"]] == ["assessmentDate"] and not answers.collect()


def test_columns_of_a_frame_are_checked_at_once(spark: Any, service: GuidelineService) -> None:
    with pytest.raises(CohortError) as caught:
        lrp_kg.assess_spark(spark.createDataFrame(pa.table({"zork": [1]})), guideline=service)
    assert [f.name for f in caught.value.findings] == ["column-unknown", "column-id"]
    with pytest.raises(CohortError, match="The column id has the type double"):
        lrp_kg.assess_spark(spark.createDataFrame(pa.table({"id": [1.5]})), guideline=service)
    with pytest.raises(CohortError, match="builtins.list is no data frame"):
        lrp_kg.assess_spark([])


# -- what goes wrong --------------------------------------------------------------------------------


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(entry, "SPARK", ("pyspark", "no_such_library"))
    done = run(tmp_path / "r.csv", "-o", tmp_path / "o.csv", "--engine", "spark")
    assert done.exit_code == 2 and "no_such_library" in done.output and "lrp-kg[spark]" in done.output


def test_failures_of_workers_hold_no_data(service: GuidelineService, tmp_path: Path) -> None:
    shipment = Shipment(service.guideline.content_hash, Choice(), b"", {}, version="0")
    job = tasks.CohortJob(shipment, tmp_path, ".csv", None, "en")
    failed = tasks.attempt(job, lambda: int("a patient"))
    assert isinstance(failed, tasks.Failure) and "ValueError (test_spark.py" in str(failed.error)
    assert "a patient" not in str(failed.error)
    assert tasks.attempt(job, lambda: 1) is None
    with pytest.raises(CohortError, match="version"):
        shipment.answers()
