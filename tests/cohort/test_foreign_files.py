"""Files and frames as other programs write them say what the service says of the same records."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

import lrp_kg  # noqa: E402
from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort import reading  # noqa: E402
from lrp_kg.cohort.choice import chosen  # noqa: E402
from lrp_kg.cohort.csv_head import CsvHead, head_of_csv  # noqa: E402
from lrp_kg.cohort.files import answer_files  # noqa: E402
from lrp_kg.errors import CohortError, UnknownParameter  # noqa: E402
from tests.support.cohorts import reasons  # noqa: E402

Json = dict[str, Any]
DAY = "2024-01-01"
RANGES: list[Json] = [
    {"onsetDate": {"earliest": DAY, "latest": DAY}},
    {"onsetDate": {"earliest": DAY, "latest": "2024-01-20"}},
    {"onsetDate": {"earliest": "2024-01-20", "latest": DAY}},
    {"onsetDate": {"earliest": DAY}, "onsetDateLatest": "2024-01-20"},
    {"onsetDate": {"earliest": DAY, "latest": None}, "onsetDateLatest": DAY},
    {"onsetDate": {"earliest": DAY, "latest": DAY}, "onsetDateLatest": DAY},
    {"onsetDate": {"earliest": DAY, "latest": "2024-01-20"}, "onsetDateLatest": "2024-01-21"},
    {"onsetDate": {"earliest": DAY}},
    {"onsetDate": {"@value": DAY}},
    {"onsetDate": {"@value": DAY, "@type": "http://www.w3.org/2001/XMLSchema#date"}},
    {"onsetDateEarliest": {"@value": DAY}, "onsetDateLatest": DAY},
    {"onsetDateEarliest": DAY, "onsetDateLatest": DAY},
]
"""Ways to say a range, or what looks like one."""
PARTS = ("answers", "possible", "missing")


def _by_file(service: GuidelineService, source: Path) -> tuple[list[Json], dict[str, Json]]:
    """Return the answers to the rows of a file, and the refused rows by id."""
    output, rejected = source.with_name("answers.parquet"), source.with_name("refused.ndjson")
    choice = chosen(service.guideline, ["stage"], ["status", *PARTS])
    answer_files(service, [source], output, rejected=rejected, choice=choice)
    refused = {row["id"]: row for row in map(json.loads, rejected.read_text().splitlines())}
    return pq.read_table(output).to_pylist(), refused


def _agree(service: GuidelineService, records: list[Json], answered: list[Json], refused: dict[str, Json]) -> None:
    """Compare the stage of each record, and why it is refused, with what the service says."""
    rows = {row["id"]: row for row in answered}
    assert len(rows) + len(refused) == len(records)
    for record in records:
        if findings := service.validate(record):
            assert sorted(map(repr, refused[record["id"]]["findings"])) == reasons(findings), record
            continue
        own, row = service.assess(record, only=["stage"])["decisions"]["stage"], rows[record["id"]]
        assert row["stage_status"] == own["status"], record
        assert [set(row[f"stage_{part}"]) for part in PARTS] == [set(own[part]) for part in PARTS], record


def test_ranges_are_understood_in_every_form(service: GuidelineService, tmp_path: Path) -> None:
    known = {"redFlags": "none", "radicularPain": False, "careLine": "first-line", "recurrentPain": False}
    records = [
        {"id": f"{n}-{day}", **known, **record} | ({"assessmentDate": day} if day else {})
        for n, record in enumerate(RANGES)
        for day in ("", "2024-01-15", "2024-03-01")
    ]
    source = tmp_path / "r.ndjson"
    source.write_text("".join(f"{json.dumps(r)}\n" for r in records))
    answered, refused = _by_file(service, source)
    assert len(answered) > 10 < len(refused)
    _agree(service, records, answered, refused)


def test_columns_of_ranges_are_understood(service: GuidelineService) -> None:
    day = date(2024, 1, 1)
    ranges = pa.array([{"earliest": day, "latest": day}, {"earliest": day, "latest": date(2024, 1, 20)}, None])
    table = pa.table({"id": ["a", "b", "c"], "onsetDate": ranges, "assessmentDate": [date(2024, 3, 1)] * 3})
    found = lrp_kg.assess_frame(table, guideline=service, only=["stage"])
    _agree(service, table.to_pylist(), found.to_pylist(), {})


@pytest.mark.parametrize(
    "member", [pa.string_view(), pa.large_string(), pa.dictionary(pa.uint8(), pa.string())], ids=str
)
@pytest.mark.parametrize("kind", [pa.list_, pa.large_list], ids=["list", "large"])
def test_lists_are_read_from_many_row_groups(service: GuidelineService, tmp_path: Path, kind: Any, member: Any) -> None:
    lists = pa.array([["nsaid", "opioid"], None, [], ["paracetamol"], ["zork"]], kind(member))
    table = pa.table({"id": list("abcde"), "medications": lists})
    pq.write_table(table, tmp_path / "r.parquet", row_group_size=2)
    answered, refused = _by_file(service, tmp_path / "r.parquet")
    assert [row["id"] for row in answered] == list("abcd") and list(refused) == ["e"]
    assert lrp_kg.assess_frame(table[:4], guideline=service)["id"].to_pylist() == list("abcd")


def test_names_of_csv_may_hold_separators_and_line_ends(service: GuidelineService, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('id;"flags, red, all";"a\r\nremark"\r\n007;"none";x\r\n', newline="")
    mapping = {"columns": {"flags, red, all": "redFlags"}, "ignore": ["a\r\nremark"]}
    (tmp_path / "m.json").write_text(json.dumps(mapping))
    output = tmp_path / "o.parquet"
    choice = chosen(service.guideline, ["stage"], ["missing"])
    answer_files(service, [tmp_path / "r.csv"], output, mapping=tmp_path / "m.json", choice=choice)
    (row,) = pq.read_table(output).to_pylist()
    assert row["id"] == "007" and "redFlags" not in row["stage_missing"]


@pytest.mark.parametrize("name", ['rem"ark', '5" screen', 'a;"b', 'half" "way', 'a "b" c"'])
def test_names_of_csv_may_hold_quotation_marks(service: GuidelineService, tmp_path: Path, name: str) -> None:
    """Only one at the beginning of a name says that it goes on until the next."""
    (tmp_path / "r.csv").write_text(f"id,{name},redFlags\n007,x,none\n")
    (tmp_path / "m.json").write_text(json.dumps({"columns": {}, "ignore": [name]}))
    output = tmp_path / "o.parquet"
    choice = chosen(service.guideline, ["stage"], ["missing"])
    answer_files(service, [tmp_path / "r.csv"], output, mapping=tmp_path / "m.json", choice=choice)
    (row,) = pq.read_table(output).to_pylist()
    assert row["id"] == "007" and "redFlags" not in row["stage_missing"]


@pytest.mark.parametrize(
    ("text", "names", "delimiter"),
    [
        ('id;"a, b\nc, ""d""\r\ne";x\n1;2;3\n', ["id", 'a, b\nc, "d"\r\ne', "x"], ";"),
        ('"a\n""";b\n', ['a\n"', "b"], ";"),
        ('"id,x"\t"a ""b"\r1', ["id,x", 'a "b'], "\t"),
        ('id,"a' + "\nb" * 4 + '","c' + "\nd" * 4 + '"\n', ["id", "a" + "\nb" * 4, "c" + "\nd" * 4], ","),
        ("id,,\n", ["id", "", ""], ","),
        ('id,"",x', ["id", "", "x"], ","),
        ("id", ["id"], ","),
    ],
)
def test_head_of_csv_is_its_names(tmp_path: Path, text: str, names: list[str], delimiter: str) -> None:
    (tmp_path / "r.csv").write_text(text, newline="")
    assert head_of_csv(tmp_path / "r.csv") == CsvHead(names, delimiter)


@pytest.mark.parametrize(
    "text", ['id,"a' + "\nb" * 5 + '"\n', 'id,"a' + "b" * 1000 + '\nc"\n', 'id,"', '"a"""b\n', '"a\nb"c,d\n', '"a""\n']
)
def test_name_of_csv_ends_soon(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.csv").write_text(text, newline="")
    with pytest.raises(CohortError, match="does not end with one"):
        head_of_csv(tmp_path / "r.csv")


class Annotated(pd.DataFrame):
    """A frame of another library that is one of pandas."""


@pytest.mark.parametrize(
    "make",
    [
        lambda columns: pd.DataFrame(columns).set_index("id"),
        lambda columns: pd.DataFrame(columns).set_index("id", drop=False),
        lambda columns: pd.DataFrame(columns).set_index(["id", "redFlags"]),
        lambda columns: pd.DataFrame(columns, index=pd.MultiIndex.from_tuples([(3, "x")], names=["hospital", None])),
        Annotated,
    ],
)
def test_frames_of_pandas_are_read_with_their_index(service: GuidelineService, make: Any) -> None:
    found = lrp_kg.assess_frame(make({"id": ["a"], "redFlags": ["cluster"]}), guideline=service, only=["exit"])
    assert found["id"].tolist() == ["a"] and found["exit"].tolist() == ["refer-immediately-red-flags"]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("redFlags", ["none", 3], "column redFlags .*Expected bytes"),
        ("priorIncapacityDays", [10**30, 1], "priorIncapacityDays: Python int too large"),
        ("priorIncapacityDays", pd.arrays.SparseArray([1, 0]), "Sparse pandas data .column priorIncapacityDays"),
        ("episode", pd.Series(["a", "\ud800"], dtype=object), "episode: .*surrogates"),
        ("id", [b"a", b"b"], "column id has the type binary"),
    ],
)
def test_frames_that_are_no_columns_name_the_column(
    service: GuidelineService, column: str, values: Any, said: str
) -> None:
    with pytest.raises(CohortError, match=said):
        lrp_kg.assess_frame(pd.DataFrame({"id": ["a", "b"]}).assign(**{column: values}), guideline=service)


def test_frame_of_no_rows_is_answered_whatever_its_types(service: GuidelineService) -> None:
    frame = pd.DataFrame({"id": np.array([], float), "redFlags": []})
    found = lrp_kg.assess_frame(frame, guideline=service)
    assert len(found) == 0 and "stage_missing" in found


@pytest.mark.parametrize("size", [7, 40, 1000])
def test_lists_of_texts_are_read_from_row_groups_of_any_size(
    service: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Also where they have more values than the dictionary of a row group may hold."""
    monkeypatch.setattr(reading, "ROWS", 50)
    monkeypatch.setattr(reading, "_LARGE", 25)
    lists = [None if n % 9 == 0 else [f"drug{n + more}" for more in range(n % 4)] for n in range(200)]
    table = pa.table({"id": [str(n) for n in range(200)], "medications": pa.array(lists, pa.list_(pa.string()))})
    pq.write_table(table, tmp_path / "r.parquet", row_group_size=size, dictionary_pagesize_limit=64)
    batches = list(reading.File(tmp_path / "r.parquet").raw())
    assert max(batch.num_rows for batch in batches) <= 50
    assert [own for batch in batches for own in batch.column("medications").to_pylist()] == lists
    coded = {pa.types.is_dictionary(batch.schema.field("medications").type.value_type) for batch in batches}
    assert coded == {size > 25}


def test_language_and_list_of_refused_rows_are_checked_first(service: GuidelineService) -> None:
    frame = pd.DataFrame({"id": ["a"], "redFlags": ["zork"]})
    said: list[Json] = []
    lrp_kg.assess_frame(frame, guideline=service, lang="nl-BE", rejected=said)
    assert "is geen van deze waarden" in said[0]["findings"][0]["message"]
    for name, value in (("lang", "xx"), ("rejected", ()), ("rejected", "x")):
        with pytest.raises(UnknownParameter, match=f"{name} is "):
            lrp_kg.assess_frame(frame, **{"guideline": service, "rejected": [], name: value})
