"""A cohort's columns say what the service says of each record alone; what it refuses, they refuse."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

import lrp_kg  # noqa: E402
from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cli import main  # noqa: E402
from lrp_kg.cohort import entry  # noqa: E402
from lrp_kg.cohort.choice import KINDS as KINDS_OF_COLUMNS  # noqa: E402
from lrp_kg.cohort.choice import chosen  # noqa: E402
from lrp_kg.cohort.describing import description  # noqa: E402
from lrp_kg.cohort.files import answer_files  # noqa: E402
from lrp_kg.cohort.run import Answers, CohortRun  # noqa: E402
from lrp_kg.cohort.writing import Output  # noqa: E402
from lrp_kg.errors import CohortError  # noqa: E402
from tests.support.cohorts import KINDS, as_table, differences, invented  # noqa: E402
from tests.support.paths import ANKLE  # noqa: E402

Json = dict[str, Any]
NO_ROWS = pa.schema([("id", pa.string())], metadata={})
KNOWN: Json = {"id": "a", "redFlags": "none", "radicularPain": False, "careLine": "first-line", "contact": "follow-up"}
DATED = KNOWN | {"assessmentDate": "2024-03-01", "onsetDate": "2024-02-20", "recurrentPain": False}


@pytest.fixture(scope="module")
def rows_answered(service: GuidelineService) -> Answers:
    return Answers(service, chosen(service.guideline, explain=True))


@pytest.fixture(scope="module")
def ankle_answers(ankle: GuidelineService) -> Answers:
    return Answers(ankle, chosen(ankle.guideline, explain=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_no_difference_to_the_service(service: GuidelineService, rows_answered: Answers, kind: str) -> None:
    assert differences(service, invented(service, 40, 5, kind), rows_answered) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_difference_for_another_guideline(ankle: GuidelineService, ankle_answers: Answers, kind: str) -> None:
    assert differences(ankle, invented(ankle, 80, 6, kind), ankle_answers) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "count"), [("plain", 20_000), ("holes", 20_000), ("cases", 5_000), ("invalid", 5_000)]
)
def test_no_difference_in_many(service: GuidelineService, rows_answered: Answers, kind: str, count: int) -> None:
    assert differences(service, invented(service, count, 7, kind), rows_answered) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "count"), [("plain", 20_000), ("holes", 20_000), ("cases", 5_000), ("invalid", 5_000)]
)
def test_no_difference_in_many_of_another(
    ankle: GuidelineService, ankle_answers: Answers, kind: str, count: int
) -> None:
    assert differences(ankle, invented(ankle, count, 8, kind), ankle_answers) == []


# -- columns ----------------------------------------------------------------------------------------


def test_names_of_columns_are_a_promise(rows_answered: Answers) -> None:
    names = rows_answered.schema.names
    assert names[:6] == ["id", "exit", "exit_answers", "exit_status", "exit_possible", "exit_missing"]
    assert {"stage", "fedris-prevention_status", "medication-excluded"} <= set(names)
    assert {"box.first-line-week-1-2-work", "edition.fedris-prevention"} <= set(names)
    assert [n for n in names if n.startswith("criterion.fedris-prevention.")]
    stage = rows_answered.schema.field("stage").type
    assert pa.types.is_dictionary(stage) and stage.ordered


def test_columns_say_what_they_are(service: GuidelineService, rows_answered: Answers) -> None:
    fields = [description(f) for f in rows_answered.schema if f.name != "id"]
    assert {f["kind"] for f in fields} == {*KINDS_OF_COLUMNS, "fact.applies"}
    assert all(f["id"] and f["iri"].startswith("https://w3id.org/lrp-kg/") and f["label"] for f in fields)
    edition = description(rows_answered.schema.field("edition.fedris-prevention"))
    assert edition["categories"] == ["fedris-prevention-first", "fedris-prevention-2018"]
    by = json.loads(rows_answered.schema.metadata[b"guideline"])
    assert by["content"] == f"sha256:{service.guideline.content_hash}" and by["version"] == service.guideline.version


def test_facts_have_their_types(rows_answered: Answers, ankle_answers: Answers) -> None:
    types = {name: rows_answered.schema.field(f"fact.{name}").type for name in service_facts(rows_answered)}
    assert types["incapacityMaxDays"] == pa.int64() and types["advisoryPhysician2Months"] == pa.bool_()
    assert types["nextVisitLatest"] == pa.date32() and types["medicationExcluded"] == pa.list_(pa.string())
    assert types["referral"].value_type == pa.string()
    assert ankle_answers.schema.field("fact.daysWithoutSport").type == pa.int64()


def service_facts(answers: Answers) -> list[str]:
    return list(answers.service.guideline.fact_keys)


def test_columns_follow_from_the_guideline_alone(service: GuidelineService, rows_answered: Answers) -> None:
    few = answers_to([{"id": "a"}], rows_answered)
    assert few.schema == answers_to(invented(service, 5, 3), rows_answered).schema == rows_answered.schema


def test_what_becomes_known_changes_no_certain_column(service: GuidelineService, rows_answered: Answers) -> None:
    settled = 0
    rng = random.Random(4)
    in_doubt = {f"warning.{w.id}" for w in service.guideline.warnings if w.calls_for}  # also where a box is possible
    names = [n for n in rows_answered.schema.names if n.startswith(("box.", "criterion.", "warning.", "statement."))]
    names = [n for n in names if n not in in_doubt]
    records = invented(service, 30, 17)
    fewer = [{k: v for k, v in r.items() if k == "id" or rng.random() < 0.6} for r in records]
    pairs = [(less, more) for less, more in zip(fewer, records, strict=True) if not service.validate(less)]
    before, after = (answers_to(own, rows_answered).to_pylist() for own in zip(*pairs, strict=True))
    for less, more in zip(before, after, strict=True):
        known = [n for n in names if less[n] not in (None, "unknown")]
        assert [(n, less[n], more[n]) for n in known if less[n] != more[n]] == []
        settled += sum(more[n] not in (None, "unknown") for n in names) - len(known)
    assert len(pairs) > 15 and settled > 500


def answers_to(records: Sequence[Json], answers: Answers) -> pa.Table:
    table = as_table(records)
    found, refused = CohortRun(answers, table.column_names).answer(table.to_batches()[0], 1)
    assert not refused
    return pa.Table.from_batches([found])


def test_every_problem_of_the_columns_is_reported_at_once() -> None:
    frame = pd.DataFrame({"zork": [1], "redFlags": ["none"], "takesOpioid": [True], "pain": [2]})
    with pytest.raises(CohortError) as caught:
        lrp_kg.assess_frame(frame)
    assert [(f.name, f.field) for f in caught.value.findings] == [
        ("column-unknown", "zork"),
        ("column-unknown", "pain"),
        ("column-id", "id"),
        ("column-list-part", "medications"),
    ]


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        ("onset_date", "Meinten Sie onsetDate?"),
        ("ONSETDATE", "Meinten Sie onsetDate?"),
        ("incapacityDays", "aus Datumsangaben abgeleitet"),
        ("takesOpiod", "Meinten Sie takesOpioid?"),
        ("zork", "eines Datensatzes. Korrigieren"),
    ],
)
def test_unknown_column_is_reported_with_what_may_be_meant(column: str, hint: str) -> None:
    with pytest.raises(CohortError) as caught:
        lrp_kg.assess_frame(pd.DataFrame({"id": ["1"], column: [1]}))
    (found,) = caught.value.findings
    assert found.messages and hint in found.messages["de"]


def test_lists_can_be_a_column_for_each_value(service: GuidelineService) -> None:
    field = service.guideline.field_names["medications"]
    columns = [v.expands_to.rpartition("#")[2] for v in field.values if v.expands_to]
    frame = pd.DataFrame([{"id": "a", **dict.fromkeys(columns, False)}, {"id": "b", columns[0]: True}])
    rejected: list[Json] = []
    found = lrp_kg.assess_frame(frame, guideline=service, rejected=rejected)
    assert found["id"].tolist() == ["a"]
    assert [(r["row"], r["id"], [f["name"] for f in r["findings"]]) for r in rejected] == [(2, "b", ["list-in-part"])]
    listed = lrp_kg.assess_frame(pa.table({"id": ["a"], "medications": pa.array([[]], pa.list_(pa.string()))}))
    assert listed.to_pylist()[0]["medication-excluded_missing"] == found["medication-excluded_missing"][0].tolist()


@pytest.mark.parametrize("kind", [pa.decimal128(38, 0), pa.decimal128(9, 2), pa.float64(), pa.uint8()], ids=str)
def test_whole_numbers_can_be_of_other_types(service: GuidelineService, kind: pa.DataType) -> None:
    def answered(values: pa.Array) -> pa.Table:
        return lrp_kg.assess_frame(pa.table({"id": ["a", "b"], "priorIncapacityDays": values}), guideline=service)

    assert answered(pa.array([21, None], pa.int8()).cast(kind)).equals(answered(pa.array([21, None])))


def test_decimals_that_are_not_whole_are_refused(service: GuidelineService) -> None:
    column = pa.array([Decimal("3.5")], pa.decimal128(9, 2))
    with pytest.raises(CohortError, match="row 1, id a: priorIncapacityDays .* 3.5 is not a whole number"):
        lrp_kg.assess_frame(pa.table({"id": ["a"], "priorIncapacityDays": column}), guideline=service)


def _polars_of(columns: Json) -> Any:
    return pytest.importorskip("polars").DataFrame(columns)


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, _polars_of])
def test_text_is_no_list_in_a_frame(service: GuidelineService, make: Callable[[Json], Any]) -> None:
    with pytest.raises(CohortError, match="1 problem") as caught:
        lrp_kg.assess_frame(make({"id": ["a"], "medications": ["nsaid;paracetamol"]}), guideline=service)
    (finding,) = caught.value.findings
    assert (finding.name, finding.field) == ("column-list-text", "medications")
    assert "split the text at its separator" in finding.message
    listed = lrp_kg.assess_frame(pa.table({"id": ["a"], "medications": pa.nulls(1, pa.string())}), guideline=service)
    assert listed["id"].to_pylist() == ["a"]


def test_ids_are_there_and_unique(service: GuidelineService) -> None:
    rejected: list[Json] = []
    frame = pd.DataFrame({"id": ["a", "b", None, "a", " "]})
    found = lrp_kg.assess_frame(frame, guideline=service, rejected=rejected)
    assert found["id"].tolist() == ["b"]
    names = [(r["row"], [f["name"] for f in r["findings"]]) for r in rejected]
    assert [(row, own[0]) for row, own in names] == [
        (1, "id-repeated"),
        (3, "id-missing"),
        (4, "id-repeated"),
        (5, "id-missing"),
    ]
    with pytest.raises(CohortError, match="4 rows are not valid"):
        lrp_kg.assess_frame(frame, guideline=service)


# -- frames -----------------------------------------------------------------------------------------


def _polars(table: pa.Table) -> Any:
    return pytest.importorskip("polars").from_arrow(table)


@pytest.mark.parametrize("make", [lambda table: table, lambda table: table.to_pandas(), _polars])
def test_frame_returns_its_own_kind(service: GuidelineService, make: Callable[[pa.Table], Any]) -> None:
    frame = make(as_table([DATED, DATED | {"id": "b", "onsetDate": None}]))
    found = lrp_kg.assess_frame(frame, guideline=service)
    assert type(found) is type(frame)
    assert list(found["stage_status"]) and str(list(found["stage_status"])[1]) == "undetermined"


def test_frame_of_another_kind_is_refused() -> None:
    with pytest.raises(CohortError, match="builtins.list is no data frame"):
        lrp_kg.assess_frame([DATED])


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "LIBRARIES", ("numpy", "no_such_library"))
    with pytest.raises(CohortError, match=r"no_such_library.*lrp-kg\[cohort\]"):
        lrp_kg.assess_frame([])


# -- files ------------------------------------------------------------------------------------------


def _run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["cohort", *map(str, arguments)])


DATES = ["20240201", "2024-W05-4", "2024-W05", "2024-032", "202402", "2024-02-01T00", " 2024-02-01", "2024-2-1"]
"""Texts that some readers take for a day."""


@pytest.mark.parametrize("name", ["assessmentDate", "onsetDate", "onsetDateLatest"])
def test_another_form_of_a_date_is_refused_after_a_day_of_its_year_too(service: GuidelineService, name: str) -> None:
    other = {"onsetDateEarliest": "2024-01-01"} if name == "onsetDateLatest" else {}
    texts = ["2024-02-03", *DATES, "2024-02-01"]
    records = [{"id": str(n), name: text, **other} for n, text in enumerate(texts)]
    rejected: list[Json] = []
    lrp_kg.assess_frame(as_table(records), guideline=service, only=["stage"], columns=["status"], rejected=rejected)
    expected = {r["id"]: {f.name for f in service.validate(r)} for r in records}
    assert {r["id"]: {f["name"] for f in r["findings"]} for r in rejected} == {k: v for k, v in expected.items() if v}
    assert len(rejected) == len(DATES)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([99_999_999, -99_999_999], pa.int32()).cast(pa.date32()), ["wrong-type"] * 2),
        (pa.array([1 << 58, 0], pa.timestamp("ms")), ["wrong-type"]),
        (pa.array([0, 1], pa.timestamp("ms", "Mars/Olympus")), None),
    ],
)
def test_odd_days_are_refused(service: GuidelineService, column: pa.Array, said: list[str] | None) -> None:
    rejected: list[Json] = []
    table = pa.table({"id": ["a", "b"], "incapacityStart": column})
    if said is None:
        with pytest.raises(CohortError) as caught:
            lrp_kg.assess_frame(table, guideline=service, rejected=rejected)
        assert [(f.name, f.field) for f in caught.value.findings] == [("column-type", "incapacityStart")]
        return
    lrp_kg.assess_frame(table, guideline=service, only=["stage"], rejected=rejected)
    assert [f["name"] for r in rejected for f in r["findings"]] == said


@pytest.mark.parametrize("values", [[["a"]], [{"x": 1}], [1.5]])
def test_ids_of_another_type_are_refused(tmp_path: Path, values: list[object]) -> None:
    pq.write_table(pa.table({"id": values}), tmp_path / "r.parquet")
    done = _run(tmp_path / "r.parquet", "-o", tmp_path / "o.parquet")
    assert done.exit_code == 2 and "The column id has the type" in done.output


@pytest.mark.parametrize("suffix", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("room", [100, 20_000])
def test_full_disk_leaves_nothing(tmp_path: Path, suffix: str, room: int) -> None:
    resource = pytest.importorskip("resource")
    lines = [json.dumps(DATED | {"id": str(n), "redFlags": "zork" if n % 2 else "none"}) for n in range(200)]
    (tmp_path / "r.ndjson").write_text("\n".join(lines))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        done = _run(tmp_path / "r.ndjson", "-o", tmp_path / f"o.{suffix}", "--rejected", tmp_path / "no.ndjson")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done.exit_code == 2 and f"o.{suffix} cannot be written" in done.output, done.output
    assert [p.name for p in tmp_path.iterdir()] == ["r.ndjson"]


@pytest.mark.slow
def test_formats_of_files_say_the_same(tmp_path: Path) -> None:
    record = DATED | {"medications": ["nsaid", "opioid"], "onsetDate": "2024-02", "priorIncapacityDays": 3}
    records = [record, KNOWN | {"id": "b", "medications": []}]
    pq.write_table(as_table(records), tmp_path / "r.parquet")
    (tmp_path / "r.ndjson").write_text("".join(json.dumps(r) + "\n" for r in records))
    names = list(dict.fromkeys(k for r in records for k in r))
    said = [{k: ";".join(v) or "[]" if isinstance(v, list) else str(v) for k, v in r.items()} for r in records]
    lines = [",".join(names), *(",".join(r.get(n, "") for n in names) for r in said)]
    (tmp_path / "r.csv").write_text("\n".join(lines) + "\n")
    found = []
    for kind in ("parquet", "ndjson", "csv"):
        done = _run(tmp_path / f"r.{kind}", "-o", tmp_path / f"{kind}.parquet")
        assert done.exit_code == 0, done.output
        found.append(pq.read_table(tmp_path / f"{kind}.parquet").to_pylist())
    assert found[0] == found[1] == found[2]
    assert _run(tmp_path / "r.csv", "-o", tmp_path / "out.csv").exit_code == 0
    assert "nsaid;opioid" not in (tmp_path / "out.csv").read_text() and ";" in (tmp_path / "out.csv").read_text()


def test_csv_says_which_list_is_empty(rows_answered: Answers, tmp_path: Path) -> None:
    schema = pa.schema([rows_answered.schema.field(n) for n in ("fact.medicationExcluded", "exit_missing")])
    lists = pa.array([[], None, ["nsaid", "opioid"]], pa.list_(pa.string()))
    with Output(schema, tmp_path / "o.csv", None) as target:
        target.write(pa.RecordBatch.from_arrays([lists, lists], schema=schema), [])
    lines = [line.replace('"', "") for line in (tmp_path / "o.csv").read_text().splitlines()]
    assert lines == ["fact.medicationExcluded,exit_missing", "[],", ",", "nsaid;opioid,nsaid;opioid"]


def test_refused_rows_are_written_or_counted(tmp_path: Path) -> None:
    lines = [json.dumps(DATED), "{broken", json.dumps(DATED | {"id": "b", "redFlags": "zork", "nope": 1}), "[]"]
    (tmp_path / "r.ndjson").write_text("\n".join(lines))
    done = _run(tmp_path / "r.ndjson", "-o", tmp_path / "o.parquet")
    assert done.exit_code == 1 and "3 rows refused" in done.output
    done = _run(tmp_path / "r.ndjson", "-o", tmp_path / "o.parquet", "--rejected", tmp_path / "no.ndjson")
    assert done.exit_code == 0, done.output
    rejected = [json.loads(line) for line in (tmp_path / "no.ndjson").read_text().splitlines()]
    assert [(r["row"], r["id"], {f["name"] for f in r["findings"]}) for r in rejected] == [
        (2, None, {"broken-json"}),
        (3, "b", {"unknown-field", "value-not-in-list"}),
        (4, None, {"record-not-readable"}),
    ]
    assert pq.read_table(tmp_path / "o.parquet").column("id").to_pylist() == ["a"]


def test_each_finding_of_a_line_is_true(tmp_path: Path) -> None:
    """A line whose id is no text has one."""
    ids: list[Any] = [5, True, ["a"], None, "", " "]
    lines = [json.dumps({"id": i} if n else {"redFlags": "none", "id": i}) for n, i in enumerate(ids)] + ["{}"]
    (tmp_path / "r.ndjson").write_text("\n".join(lines))
    done = _run(tmp_path / "r.ndjson", "-o", tmp_path / "o.parquet", "--rejected", tmp_path / "no.ndjson")
    assert "0 rows answered" in done.output and "7 rows refused" in done.output
    found = [json.loads(line)["findings"] for line in (tmp_path / "no.ndjson").read_text().splitlines()]
    assert [[f["name"] for f in own] for own in found] == [["wrong-type"]] * 3 + [["id-missing"]] * 4
    (tmp_path / "r.ndjson").write_text(lines[0])
    done = _run(tmp_path / "r.ndjson", "-o", tmp_path / "o.parquet")
    assert "1 row refused:" in done.output and "has no id" not in done.output


def test_damaged_parquet_says_what_is_wrong(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "redFlags": ["none"]}), tmp_path / "damaged.parquet")
    body = bytearray((tmp_path / "damaged.parquet").read_bytes())
    size = int.from_bytes(body[-8:-4], "little")
    body[-8 - size : -8] = b"\xff" * size
    (tmp_path / "damaged.parquet").write_bytes(body)
    done = _run(tmp_path / "damaged.parquet", "-o", tmp_path / "o.csv")
    assert done.exit_code == 2 and "cannot be read: " in done.output and "OSError" not in done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('id,redFlags\n"a,none\n', "cannot be read"),
        ("id,redFlags\na,none,more\n", "Line: 2: Expected Number of Columns: 2 Found: 3"),
        ("id,\na,none\n", 'The column "" is no field'),
        ("id,redFlags,redFlags\na,none,none\n", "[column-twice]"),
        ("", "r.csv is empty"),
        ("\n", "r.csv is empty"),
        ("id,redFlags\r\na,none\r\nb,none\n", "its lines do not all end alike"),
        ('id,"one\nname"\na,none\n', "The column one… is no field"),
        (f"id,{'long' * 300}\n", f"The column {'long' * 15}… is no field"),
        ('id,5" screen,redFlags\na,x,none\n', 'The column 5" screen is no field'),
        ('id,"a"b,redFlags\na,x,none\n', "begins with a quotation mark and does not end with one"),
        (f"id,{'n' * 140_000}\n", "cannot be read: field larger than field limit"),
    ],
)
def test_odd_csv_is_refused_whole(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.csv").write_text(text, newline="")
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet")
    assert done.exit_code == 2 and said in done.output, done.output
    assert not (tmp_path / "o.parquet").exists()


@pytest.mark.parametrize("mark", ["", '"'])
@pytest.mark.parametrize("rows", [1, 40])
def test_name_without_end_says_nothing_of_rows(tmp_path: Path, mark: str, rows: int) -> None:
    (tmp_path / "r.csv").write_text('id,"redFlags\n' + f"{mark}Jan Janssens{mark},none\n" * rows)
    for options in (["-o", tmp_path / "o.parquet"], ["--suggest-mapping"]):
        done = _run(tmp_path / "r.csv", *options)
        assert done.exit_code == 2 and "r.csv: a name in the first line begins with" in done.output, done.output
        assert "Jan" not in done.output


def test_name_that_ends_in_the_rows_says_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('id,"redFlags\nJan Janssens,"\nb,none\n')
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet")
    assert done.exit_code == 2 and "The column redFlags… is no field" in done.output and "Jan" not in done.output


@pytest.mark.parametrize(
    "text", ["\ufeffid,redFlags\r\n007,none\r\n", 'id;"redFlags"\n007;none', "id\tredFlags\n007\tnone"]
)
def test_usual_csv_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.csv").write_text(text, newline="")
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.ndjson")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "o.ndjson").read_text())["id"] == "007"


def test_nothing_is_written_where_it_cannot_be_whole(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,zork\na,1\n")
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet")
    assert done.exit_code == 2 and "zork" in done.output
    assert _run(tmp_path / "none.csv", "-o", tmp_path / "o.parquet").exit_code == 2
    assert _run(tmp_path / "r.csv", "-o", tmp_path / "o.xlsx").exit_code == 2
    assert _run(tmp_path / "r.csv", "-o", tmp_path / "r.csv").exit_code == 2
    assert _run(tmp_path / "r.csv", "-o", tmp_path / "no" / "o.csv").exit_code == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.csv"]


def test_text_of_another_encoding_is_named(tmp_path: Path) -> None:
    for encoding, said in (("utf-16", "r.csv is not UTF-8 text"), ("latin-1", "Line: 2: Invalid unicode")):
        (tmp_path / "r.csv").write_text("id,redFlags\n\xe9,none\n", encoding=encoding)
        done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet")
        assert done.exit_code == 2 and said in done.output, done.output


def test_columns_of_every_file_are_named_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,zork\n")
    (tmp_path / "b.csv").write_text("id,pain\n")
    done = _run(tmp_path / "a.csv", tmp_path / "b.csv", "-o", tmp_path / "o.parquet")
    assert "a.csv: The column zork" in done.output and "b.csv: The column pain" in done.output
    pq.write_table(pa.table({"id": [1.5]}), tmp_path / "c.parquet")
    done = _run(tmp_path / "c.parquet", "-o", tmp_path / "o.parquet")
    assert "c.parquet: The column id has the type double" in done.output


def test_frame_that_is_refused_says_why_in_its_text() -> None:
    assess_frame = lrp_kg.assess_frame
    with pytest.raises(CohortError, match="The column zork is no field"):
        assess_frame(pd.DataFrame({"id": ["a"], "zork": [1]}))
    with pytest.raises(CohortError, match="row 2, id b: redFlags .*'x' is not one of"):
        assess_frame(pd.DataFrame({"id": ["a", "b"], "redFlags": ["none", "x"]}))
    with pytest.raises(CohortError, match="redFlags is there more than once"):
        assess_frame(pd.DataFrame([["a", "none", "none"]], columns=["id", "redFlags", "redFlags"]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    monkeypatch.setattr(Output, "write", lambda *_: signal.raise_signal(number))
    before = signal.signal(number, signal.SIG_DFL)  # whatever the tests run under, such as nohup
    try:
        done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.csv", "--rejected", tmp_path / "no.ndjson")
    finally:
        signal.signal(number, before)
    assert done.exit_code == 130 and "nothing is written" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]


def test_folder_without_parts_is_named_as_one(tmp_path: Path) -> None:
    for name in ("r", "r.parquet"):
        (tmp_path / name).mkdir()
        done = _run(tmp_path / name, "-o", tmp_path / "o.parquet")
        assert done.exit_code == 2 and f"{name} is a folder" in done.output, done.output


@pytest.mark.parametrize("beside", ["_delta_log", ".hoodie", "year=2024", "more.csv"])
def test_folder_with_more_than_parts_is_refused(tmp_path: Path, beside: str) -> None:
    (folder := tmp_path / "r.parquet").mkdir()
    for name in ("b.parquet", "A.PARQUET"):
        pq.write_table(pa.table({"id": [name]}), folder / name)
    for name in ("_SUCCESS", ".b.parquet.crc", "_metadata.parquet", ".part.parquet"):
        (folder / name).touch()
    done = _run(folder, "-o", tmp_path / "o.ndjson", "--for", "stage")
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["id"] for line in (tmp_path / "o.ndjson").read_text().splitlines()] == [
        "A.PARQUET",
        "b.parquet",
    ]
    (folder / beside).touch() if beside.endswith(".csv") else (folder / beside).mkdir()
    done = _run(folder, "-o", tmp_path / "o.ndjson", "--for", "stage")
    assert done.exit_code == 2 and f"holds {beside} beside" in done.output, done.output


def test_column_of_other_codes_is_pointed_to_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,radicularPain\na,ja\n")
    assert "--suggest-mapping" in _run(tmp_path / "r.csv", "-o", tmp_path / "o.csv").output
    (tmp_path / "r.csv").write_text("id,redFlags\n,none\n")
    assert "--suggest-mapping" not in _run(tmp_path / "r.csv", "-o", tmp_path / "o.csv").output


def test_date_of_something_else_is_not_taken_for_a_field(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,visit_date,onset_date\na,2024-01-01,2024-01-01\n")
    said = _run(tmp_path / "r.csv", "-o", tmp_path / "o.csv").output
    assert said.count("Did you mean") == 1 and "Did you mean onsetDate?" in said


@pytest.mark.parametrize(
    "options", [["-o", "table.parquet/a.parquet"], ["-o", "o.csv", "--rejected", "m.yaml", "--mapping", "m.yaml"]]
)
def test_nothing_that_is_read_is_written(tmp_path: Path, options: list[str]) -> None:
    (folder := tmp_path / "table.parquet").mkdir()
    pq.write_table(pa.table({"id": ["a"]}), folder / "a.parquet")
    (tmp_path / "m.yaml").write_text("columns: {}")
    before = [path.read_bytes() for path in (folder / "a.parquet", tmp_path / "m.yaml")]
    done = _run(folder, *(name if name[0] == "-" else tmp_path / name for name in options))
    assert done.exit_code == 2 and "is read or written too" in done.output, done.output
    assert before == [path.read_bytes() for path in (folder / "a.parquet", tmp_path / "m.yaml")]


def test_what_is_read_is_safe_from_python_too(service: GuidelineService, tmp_path: Path) -> None:
    (tmp_path / "table.parquet").mkdir()
    pq.write_table(pa.table({"id": ["a"]}), file := tmp_path / "table.parquet" / "part-0.parquet")
    before = file.read_bytes()
    for output, rejected in (
        (tmp_path / "table.parquet", None),
        (tmp_path / "o.parquet", tmp_path / "o.parquet" / "no"),
    ):
        with pytest.raises(CohortError, match="is read or written too"):
            answer_files(service, [file], output, rejected=rejected)
    assert file.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["table.parquet"]


def test_no_file_of_the_guideline_is_written(tmp_path: Path) -> None:
    shutil.copytree(ANKLE, folder := tmp_path / "guideline")
    (tmp_path / "r.ndjson").write_text('{"id": "a"}')
    shape = next((folder / "shapes").glob("*.ttl"))
    before = shape.read_bytes()
    for command, *options in (
        ("cohort", "r.ndjson", "-o", "o.csv", "--rejected", shape),
        ("load", "r.ndjson", "--to", "all.nq", "--rejected", shape),
        ("report", "r.ndjson", "-f", "json", "-o", shape),
    ):
        own = (name if str(name)[0] == "-" or name == "json" else tmp_path / name for name in options)
        done = CliRunner().invoke(main, [command, *map(str, own), "-g", str(folder)])
        assert done.exit_code == 2 and "is read or written too" in done.output, done.output
    assert shape.read_bytes() == before and {p.name for p in tmp_path.iterdir()} == {"r.ndjson", "guideline"}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("earlier", ["earlier answers", None])
def test_answers_are_not_moved_without_the_refused_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, earlier: str | None
) -> None:
    answers, rejected = tmp_path / "o.csv", tmp_path / "no.ndjson"
    if earlier:
        answers.write_text(earlier)
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: os.stat("no links here"))
    with pytest.raises(CohortError, match=r"no\.ndjson cannot be written"), Output(NO_ROWS, answers, rejected):
        rejected.mkdir()  # no file takes the name of a folder
    assert (answers.read_text() if answers.exists() else None) == earlier
    assert {p.name for p in tmp_path.iterdir()} == {"no.ndjson"} | ({"o.csv"} if earlier else set())


def test_only_ordinary_files_are_read_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    os.mkfifo(tmp_path / "pipe.csv")  # it could as well be /dev/null, of which every program needs the real one
    for files in (
        ("r.csv", "-o", "pipe.csv"),
        ("r.csv", "-o", "o.csv", "--rejected", "pipe.csv"),
        ("pipe.csv", "-o", "o.csv"),
    ):
        done = _run(*(name if name[0] == "-" else tmp_path / name for name in files))
        assert done.exit_code == 2 and "pipe.csv cannot be" in done.output and "Not an ordinary file" in done.output
    assert (tmp_path / "pipe.csv").is_fifo()
    assert {p.name for p in tmp_path.iterdir()} == {"r.csv", "pipe.csv"}
    (tmp_path / "link.csv").symlink_to("far.csv")
    assert _run(tmp_path / "r.csv", "-o", tmp_path / "link.csv").exit_code == 0
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "far.csv").read_text().startswith('"id"')
    (tmp_path / "circle.csv").symlink_to("circle.csv")
    assert "circle.csv cannot be" in _run(tmp_path / "r.csv", "-o", tmp_path / "circle.csv").output
    assert (tmp_path / "circle.csv").is_symlink()
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "pipe.csv", "--lang", "nl")
    assert "geen gewoon bestand" in done.output


# -- choice of columns ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only", "kinds", "names"),
    [
        (["stage"], ["answer", "status"], ["id", "stage", "stage_status"]),
        (
            ["fedris-prevention"],
            ["missing", "edition"],
            ["id", "fedris-prevention_missing", "edition.fedris-prevention"],
        ),
        (["exit"], ["box", "criterion"], ["id"]),
        (["medication-excluded"], ["fact"], ["id", "fact.medicationExcluded", "fact.medicationExcluded.applies"]),
        (["multidisciplinary-rehabilitation"], ["latest"], ["id", "latest.multidisciplinary-rehabilitation-period"]),
    ],
)
def test_columns_can_be_chosen(
    service: GuidelineService, rows_answered: Answers, only: list[str], kinds: list[str], names: list[str]
) -> None:
    table = as_table(invented(service, 40, 9, "holes"))
    found = lrp_kg.assess_frame(table, guideline=service, only=only, columns=kinds, rejected=[])
    assert found.column_names == names
    every = lrp_kg.assess_frame(table, guideline=service, explain=True, rejected=[])
    assert every.column_names == rows_answered.schema.names
    assert found.equals(every.select(names))


def test_boxes_are_chosen_with_their_decision(service: GuidelineService) -> None:
    g = service.guideline
    found = lrp_kg.assess_frame(as_table([DATED]), guideline=service, only=["management"], columns=["box"])
    boxes = {f"box.{b.id}" for b in g.boxes.values() if g.shown_with(b)[0].id == "management"}
    assert boxes and set(found.column_names) == {"id", *boxes}


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--for", "zork"], "zork is no decision. Choose among"), (["--columns", "box,boxes,x"], "boxes, x is no kind")],
)
def test_columns_that_are_none_are_named(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "r.csv").write_text("id\na\n")
    done = _run(tmp_path / "r.csv", "-o", tmp_path / "o.csv", *options)
    assert done.exit_code == 2 and said in done.output, done.output
    assert not (tmp_path / "o.csv").exists()
