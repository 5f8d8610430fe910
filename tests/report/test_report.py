"""A report card says what the catalogue says of the same records, and what it is not given."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
pytest.importorskip("highspy", reason="the extra cohort is not installed")
import html5lib  # noqa: E402
import jsonschema_rs  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from rich.console import Console  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cli import main  # noqa: E402
from lrp_kg.cohort.files import answer_files  # noqa: E402
from lrp_kg.errors import CohortError  # noqa: E402
from lrp_kg.record.messages import NAMES  # noqa: E402
from lrp_kg.report.as_data import as_csv, as_json  # noqa: E402
from lrp_kg.report.as_page import as_page  # noqa: E402
from lrp_kg.report.as_text import as_text  # noqa: E402
from lrp_kg.report.model import ReportCard  # noqa: E402
from lrp_kg.report.run import report_on  # noqa: E402
from lrp_kg.report.words import ReportWords  # noqa: E402
from lrp_kg.words import LANGUAGES  # noqa: E402
from tests.support.cohorts import as_table, invented  # noqa: E402
from tests.support.paths import PACKAGE  # noqa: E402
from tests.support.queryset import DATA, golden  # noqa: E402

SCHEMA = jsonschema_rs.validator_for(
    json.loads((PACKAGE / "report" / "report.schema.json").read_text(encoding="utf-8"))
)
RECORDS = DATA / "records.ndjson"
Json = dict[str, Any]
Make = Callable[..., ReportCard]


@pytest.fixture(scope="module")
def folder(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the answers to the records of the golden results, and two refused rows."""
    found = tmp_path_factory.mktemp("report")
    wrong = [{"id": "x", "redFlags": "zork"}, {"id": "y", "redFlags": "zork", "careLine": 3}]
    (found / "wrong.ndjson").write_text("".join(json.dumps(r) + "\n" for r in wrong))
    answer_files(service, [RECORDS, found / "wrong.ndjson"], found / "a.parquet", rejected=found / "no.ndjson")
    return found


@pytest.fixture(scope="module")
def make(service: GuidelineService, folder: Path) -> Make:
    def made(**options: Any) -> ReportCard:
        return report_on(service.guideline, folder / "a.parquet", **options)

    return made


@pytest.fixture(scope="module")
def suppressed(make: Make, folder: Path) -> ReportCard:
    return make(rejected=folder / "no.ndjson", suppress_below=5)


@pytest.fixture(scope="module")
def plain(make: Make) -> ReportCard:
    return make()


def counts_of(report: ReportCard, table: str) -> dict[tuple[str, str], int | None]:
    """Return the counts of a table, by row and measure."""
    (found,) = [t for t in report.tables if t.id == table]
    return {
        (row.id, m.id): report.counts.shown(key)
        for row in found.rows
        for m, key in zip(found.measures, row.cells, strict=True)
        if key
    }


def labelled(report: ReportCard, table: str, measure: str | None = None) -> dict[tuple[str, ...], int | None]:
    """Return the counts of a table that are not 0, by the labels of row and measure; or of one measure by the row."""
    (found,) = [t for t in report.tables if t.id == table]
    return {
        (*([row.group] if row.group else []), row.label, *([m.label] if measure is None else [])): number
        for row in found.rows
        for m, key in zip(found.measures, row.cells, strict=True)
        if key and measure in (None, m.id) and (number := report.counts.shown(key))
    }


def catalogue(name: str, *columns: str, count: str = "records") -> dict[tuple[str, ...], int]:
    """Return the golden result of a question, by the texts of some columns."""
    result = golden(name)
    place = {column: n for n, column in enumerate(result["columns"])}
    return {
        tuple(row[place[c]].removesuffix("@en") for c in columns): int(row[place[count]].partition("^^")[0])
        for row in result["rows"]
    }


# -- agreement --------------------------------------------------------------------------------------


def test_statuses_are_those_of_the_catalogue(plain: ReportCard) -> None:
    assert labelled(plain, "statuses") == catalogue("statuses-by-decision", "decision", "status")


def test_advice_by_stage_is_that_of_the_catalogue(plain: ReportCard) -> None:
    found = {k: n for k, n in labelled(plain, "imaging.by-stage").items() if k[0] not in ("undetermined",)}
    assert found == catalogue("imaging-by-stage", "stage", "answer")


def test_what_is_against_the_advice_is_that_of_the_catalogue(plain: ReportCard) -> None:
    found = {}
    for table in ("medication-excluded", "medication-not-routine"):
        found |= labelled(plain, table, "yes")
    found.pop(("at least one of these",))
    assert found == catalogue("drugs-against-advice-counts", "answer")


def test_missing_fields_are_those_of_the_catalogue(plain: ReportCard) -> None:
    assert labelled(plain, "missing.each", "missing") == catalogue("missing-fields", "decision", "field")


def test_who_waits_for_an_application_is_whom_the_catalogue_names(plain: ReportCard) -> None:
    found = counts_of(plain, "programmes")
    assert found["fedris-prevention", "waiting"] == len(golden("eligible-without-application")["rows"]) > 0
    assert ("multidisciplinary-rehabilitation", "waiting") not in found


def test_late_contacts_are_those_of_the_catalogue(make: Make, plain: ReportCard) -> None:
    late = len(golden("late-follow-up")["rows"])
    assert late > 1
    report = make(records=[RECORDS])
    found = counts_of(report, "follow-up")
    assert found["late", "records"] == late
    assert found["last", "records"] and found["in-time", "records"] and found["lost", "records"]
    dated = counts_of(make(records=[RECORDS], on=date(2024, 6, 1)), "follow-up")
    assert dated["overdue", "records"] + dated["waiting", "records"] == found["last", "records"]  # type: ignore[operator]
    assert "--on" in {s.id: s.lacking for s in report.sections}["follow-up"]
    assert "--records" in {s.id: s.lacking for s in plain.sections}["follow-up"]


def test_a_day_that_may_still_be_advised_is_unknown(make: Make, folder: Path) -> None:
    """The fact is absent; whether its box is shown is not known."""
    found = counts_of(make(records=[RECORDS]), "follow-up")
    table = pq.read_table(folder / "a.parquet")
    boxes = [n for n in table.column_names if n.startswith("box.") and n.endswith("follow-up")]
    absent = table.filter(pc.is_null(table.column("fact.nextVisitLatest.applies")))
    open_ = absent.filter(pc.or_kleene(*[pc.is_null(absent.column(n)) for n in boxes[:2]])) if boxes else absent
    assert found["unknown", "records"] >= open_.num_rows > 0  # type: ignore[operator]
    assert found["unknown", "records"] + found["none", "records"] >= absent.num_rows  # type: ignore[operator]


def test_every_row_says_what_is_unknown_and_adds_up(plain: ReportCard) -> None:
    report = plain
    open_ = {m.id for t in report.tables for m in t.measures if m.open}
    assert {"unknown", "undetermined", "waiting"} <= open_
    assert report.counts.sums
    for total, parts in report.counts.sums:
        assert report.counts.values[total] == sum(report.counts.values[p] for p in parts)
    for table in report.tables:
        assert table.over
        assert all(report.counts.values[row.of] is not None for row in table.rows)


def test_refused_rows_are_counted_by_reason(make: Make, folder: Path) -> None:
    report = make(rejected=folder / "no.ndjson")
    assert counts_of(report, "records") == {
        ("given", "records"): 34,
        ("answered", "records"): 32,
        ("refused", "records"): 2,
    }
    assert counts_of(report, "refused") == {
        ("value-not-in-list.redFlags", "rows"): 2,
        ("value-not-in-list.careLine", "rows"): 1,
    }
    assert [row.label for table in report.tables if table.id == "refused" for row in table.rows] == [
        "red flags: not one of its values",
        "line of care: not one of its values",
    ]
    (section,) = [s for s in make().sections if s.id == "refused"]
    assert not section.tables and "--rejected" in section.lacking


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_reason_is_in_words(service: GuidelineService, lang: str) -> None:
    words = ReportWords(service.guideline, lang)
    assert not [name for name in NAMES if words.reason(name) == name]
    assert words.reason("a-constraint-of-a-shape") == "a-constraint-of-a-shape"


# -- records beside the answers ---------------------------------------------------------------------


def test_without_records_the_report_says_so(plain: ReportCard) -> None:
    said = {s.id: s.lacking for s in plain.sections}
    assert "--done imaging=COLUMN" in said["advice.imaging"]
    assert "--records" in said["programmes"]


def test_what_was_done_is_a_column_of_the_records(service: GuidelineService, folder: Path) -> None:
    records = [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()]
    values = [True, False, None]
    lines = [json.dumps(r | {"scan": values[n % 3]}) + "\n" for n, r in enumerate(records)]
    (folder / "done.ndjson").write_text("".join(lines))
    given: Json = {"records": [folder / "done.ndjson"], "done": {"imaging": "scan"}}
    report = report_on(service.guideline, folder / "a.parquet", **given)
    found = counts_of(report, "imaging.done")
    answers = counts_of(report, "imaging.by-stage")
    for outcome in ("not-indicated", "may-be-considered"):
        parts = [found[outcome, part] for part in ("yes", "unknown", "no")]
        assert sum(p or 0 for p in parts) == sum(n or 0 for (_, o), n in answers.items() if o == outcome)
    assert sum(n or 0 for (_, part), n in found.items() if part == "yes") == 11
    (table,) = [t for t in report.tables if t.id == "imaging.done"]
    assert [row.id for row in table.rows if row.group] == ["not-indicated"]


def test_applications_are_read_from_the_records(make: Make, plain: ReportCard) -> None:
    found = counts_of(make(records=[RECORDS]), "fedris-prevention.applied")
    assert found["programme-waiting", "no"] == 1
    assert found["programme-waiting", "yes"] == found["programme-waiting", "lost"] == 0
    assert found["programme-eligible", "yes"] == counts_of(plain, "programmes")["fedris-prevention", "eligible"]


# -- forms ------------------------------------------------------------------------------------------


def test_json_is_as_its_schema_says_and_csv_says_the_same(suppressed: ReportCard) -> None:
    report = suppressed
    data = json.loads(as_json(report))
    SCHEMA.validate(data)
    assert data["suppressed"] > 0 and data["suppressBelow"] == 5
    lines = list(csv.DictReader(io.StringIO(as_csv(report).decode())))
    found = {(x["section"], x["table"], x["row"], x["measure"]): (x["records"], x["percent"]) for x in lines}
    said = {
        (s["id"], t["id"], r["id"], m): tuple("" if v is None else str(v) for v in (c["records"], c["percent"]))
        for s in data["sections"]
        for t in s["tables"]
        for r in t["rows"]
        for m, c in r["counts"].items()
    }
    assert found == said
    numbers = [c for s in data["sections"] for t in s["tables"] for r in t["rows"] for c in r["counts"].values()]
    assert not [c for c in numbers if c["records"] is not None and 0 < c["records"] < 5]
    assert all(c["percent"] is None for c in numbers if c["suppressed"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_needs_nothing_else(make: Make, plain: ReportCard, folder: Path, lang: str) -> None:
    page = as_page(make(rejected=folder / "no.ndjson", lang=lang))
    assert f'<html lang="{lang}">' in page
    assert not re.search(r"<script|<link|@import|url\((?!#)|(?:src|href)=\"(?!#)", page)
    html5lib.HTMLParser(strict=True).parse(page)
    places = re.findall(r'id="([^"]+)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(places)
    assert lang == "en" or len({s.title for s in plain.sections} & set(re.findall(r"<h2[^>]*>([^<]+)<", page))) < 4


def test_page_draws_nothing_of_what_is_suppressed(suppressed: ReportCard) -> None:
    page = as_page(suppressed)
    rows = re.findall(r'<tr role="row"><th.*?</tr>', page, re.DOTALL)
    assert rows
    for row in rows:
        cells = re.findall(r'<td role="cell"(.*?)</td>', row, re.DOTALL)
        drawn = row.count("<rect") if cells else 0
        assert drawn <= sum("<small>" in cell for cell in cells)
    assert page.count(">suppressed<") + page.count("suppressed</td>") > 10


def test_rankings_hide_the_order_of_what_is_suppressed(service: GuidelineService, suppressed: ReportCard) -> None:
    report = suppressed
    (table,) = [t for t in report.tables if t.id == "missing"]
    shown = [report.counts.shown(row.cells[0]) for row in table.rows if row.cells[0]]
    known = [n for n in shown if n is not None]
    assert known == sorted(known, reverse=True) and shown[: len(known)] == known
    order = list(service.guideline.field_names)
    last = [row.id for row in table.rows[len(known) :]]
    assert last and last == sorted(last, key=order.index)


def test_forms_of_answers_say_the_same(service: GuidelineService, plain: ReportCard, folder: Path) -> None:
    expected = as_json(plain)
    for suffix in ("csv", "ndjson"):
        answer_files(service, [RECORDS], folder / f"b.{suffix}")
        assert as_json(report_on(service.guideline, folder / f"b.{suffix}")) == expected


# -- another guideline, and what cannot be ----------------------------------------------------------


def test_csv_is_read_as_a_spreadsheet_saves_it(service: GuidelineService, plain: ReportCard, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet").to_pandas()
    for name in [n for n in table if table[n].dtype == object and n.endswith(("_answers", "_possible", "_missing"))]:
        table[name] = table[name].str.join(";")
    table.to_csv(folder / "saved.csv", sep=";", encoding="utf-8-sig", lineterminator="\r\n")  # with a column of numbers
    assert as_json(report_on(service.guideline, folder / "saved.csv")) == as_json(plain)


def test_heads_of_csv_are_read_as_those_of_cohorts(service: GuidelineService, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,rem"ark,stage_status\na,x,undetermined\n')
    report_on(service.guideline, tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text('id,stage_status,"remark\na,undetermined,x\n')
    with pytest.raises(CohortError, match="does not end with one"):
        report_on(service.guideline, tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(f"id,stage_status,{'n' * 140_000}\n")
    with pytest.raises(CohortError, match="cannot be read: field larger"):
        report_on(service.guideline, tmp_path / "a.csv")


def test_another_guideline_has_its_own_report(ankle: GuidelineService, tmp_path: Path) -> None:
    pq.write_table(as_table(invented(ankle, 60, 3)), tmp_path / "r.parquet")
    answer_files(ankle, [tmp_path / "r.parquet"], tmp_path / "a.parquet")
    report = report_on(ankle.guideline, tmp_path / "a.parquet", records=[tmp_path / "r.parquet"], suppress_below=4)
    SCHEMA.validate(json.loads(as_json(report)))
    assert {"stages", "boxes", "against", "programmes", "missing"} <= {s.id for s in report.sections if s.tables}
    assert "aids-to-stop" in {t.id for t in report.tables}
    assert not [s for s in report.sections if s.id.startswith("advice.")]
    (follow,) = [s for s in report.sections if s.id == "follow-up"]
    assert follow.lacking and not follow.tables


def test_parts_of_spark_are_one_table(service: GuidelineService, plain: ReportCard, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet")
    (folder / "parts.parquet").mkdir()
    for n in (0, 1):
        pq.write_table(table.slice(20 * n, 20), folder / "parts.parquet" / f"part-{n}.parquet")
    (folder / "parts.parquet" / "_SUCCESS").touch()
    assert as_json(report_on(service.guideline, folder / "parts.parquet")) == as_json(plain)


def test_answers_of_another_content_are_marked(service: GuidelineService, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet")
    said = json.loads(table.schema.metadata[b"guideline"])
    older = json.dumps(said | {"version": "0.9.0", "content": "sha256:0"})
    pq.write_table(table.replace_schema_metadata({"guideline": older}), folder / "older.parquet")
    report = report_on(service.guideline, folder / "older.parquet")
    assert "0.9.0" in report.stale and report.stale in as_page(report)
    other = json.dumps(said | {"iri": "urn:other"})
    pq.write_table(table.replace_schema_metadata({"guideline": other}), folder / "other.parquet")
    with pytest.raises(CohortError, match="no answers of low-back-pain"):
        report_on(service.guideline, folder / "other.parquet")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


def test_command_writes_by_suffix_or_prints(folder: Path) -> None:
    done = run(folder / "a.parquet", "-o", folder / "out.html", "--suppress-below", 2)
    assert done.exit_code == 0, done.output
    assert (folder / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not list(folder.glob(".*.part"))
    printed = run(folder / "a.parquet", "--lang", "nl-BE")
    assert printed.exit_code == 0 and "Dossiers per stadium" in printed.output


def test_text_says_what_is_suppressed(suppressed: ReportCard) -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(as_text(suppressed))
    assert "counts are suppressed" in console.file.getvalue()  # type: ignore[attr-defined]


def test_columns_that_were_not_chosen_are_named(service: GuidelineService, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet").select(["id", "stage_status", "stage_answers", "exit_status"])
    pq.write_table(table, folder / "few.parquet")
    report = report_on(service.guideline, folder / "few.parquet")
    said = {s.id: s.lacking for s in report.sections}
    assert "exit_answers" in said["stages"] and "box." in said["boxes"] and "imaging_status" in said["advice.imaging"]
    SCHEMA.validate(json.loads(as_json(report)))


def test_a_cohort_of_no_rows_has_a_report(service: GuidelineService, plain: ReportCard, folder: Path) -> None:
    pq.write_table(pq.read_table(folder / "a.parquet").slice(0, 0), folder / "empty.parquet")
    report = report_on(service.guideline, folder / "empty.parquet", suppress_below=5)
    data = json.loads(as_json(report))
    SCHEMA.validate(data)
    numbers = [c for s in data["sections"] for t in s["tables"] for r in t["rows"] for c in r["counts"].values()]
    assert {c["records"] for c in numbers} == {0} and {t.id for t in report.tables} == {t.id for t in plain.tables}


@pytest.mark.parametrize(
    ("file", "options", "said"),
    [
        ("none.parquet", {}, "none.parquet"),
        ("odd.parquet", {}, "has no answers of low-back-pain"),
        ("broken.parquet", {}, "cannot be read"),
        ("a.xlsx", {}, ".parquet"),
        ("foreign.parquet", {}, "report-value"),
        ("a.parquet", {"rejected": "wrong.ndjson"}, "line 1"),
        ("a.parquet", {"done": {"imaging": "scan"}}, "--records"),
        ("a.parquet", {"done": {"stage": "scan"}}, "imaging"),
        ("a.parquet", {"records": ["twice.ndjson"]}, "several records"),
        ("a.parquet", {"records": ["odd.parquet"]}, "report-no-column"),
        ("a.parquet", {"records": ["wrong.ndjson"], "done": {"imaging": "redFlags"}}, "true, false"),
        ("a.parquet", {"records": ["no.ndjson"]}, "None of the answered ids"),
        ("a.parquet", {"mapping": "none.yaml"}, "--records"),
        ("double.parquet", {}, "counted twice"),
        ("nothing.parquet", {}, "do not agree with each other"),
    ],
)
def test_what_cannot_be_done_is_said(
    service: GuidelineService, folder: Path, monkeypatch: pytest.MonkeyPatch, file: str, options: Json, said: str
) -> None:
    monkeypatch.chdir(folder)
    table = pq.read_table("a.parquet")
    pq.write_table(pa.table({"a": [1]}), "odd.parquet")
    Path("broken.parquet").write_text("no")
    Path("a.xlsx").write_text("no")
    Path("twice.ndjson").write_text(RECORDS.read_text(encoding="utf-8") * 2)
    place = table.schema.get_field_index("stage_status")
    pq.write_table(table.set_column(place, "stage_status", pa.array(["zork"] * table.num_rows)), "foreign.parquet")
    pq.write_table(table.set_column(place, "stage_status", pa.nulls(table.num_rows)), "nothing.parquet")
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), "double.parquet")
    given = options | {"records": [Path(p) for p in options.get("records", ())]}
    if "rejected" in given:
        given["rejected"] = Path(given["rejected"])
    with pytest.raises(CohortError) as caught:
        report_on(service.guideline, Path(file), **given)
    assert said in str(caught.value.message) + str([f.name for f in caught.value.findings])


def test_command_says_what_it_cannot_write(folder: Path) -> None:
    before = (folder / "no.ndjson").read_bytes()
    done = run(folder / "a.parquet", "--rejected", folder / "no.ndjson", "-f", "csv", "-o", folder / "no.ndjson")
    assert done.exit_code == 2 and "is read or written too" in done.output
    assert before == (folder / "no.ndjson").read_bytes()
    done = run(folder / "a.parquet", "-o", folder / "out.pdf")
    assert done.exit_code == 2 and "--format" in done.output
    done = run(folder / "a.parquet", "-o", folder / "no" / "out.html")
    assert done.exit_code == 2 and "out.html" in done.output and "Traceback" not in done.output
    assert run(folder / "a.parquet", "--done", "imaging").exit_code == 2
