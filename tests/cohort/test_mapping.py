"""A mapping names columns and codes; what it does not map is reported, all of it at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
pytest.importorskip("duckdb", reason="the extra cohort is not installed")
import jsonschema_rs  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cli import main  # noqa: E402
from lrp_kg.cohort.mapping import ColumnMapping, suggest  # noqa: E402
from tests.support.paths import PACKAGE  # noqa: E402

SCHEMA = json.loads((PACKAGE / "cohort" / "mapping.schema.json").read_text(encoding="utf-8"))
MAPPING = """
columns:
  person_id: id
  line: {field: careLine, values: {1: first-line, 2: second-line}}
  radiates: {field: radicularPain, values: {no: false, yes: true, unknown: null}}
  risk: {field: chronicityRisk, values: {45877: low, 45880: high}}
  drugs: {field: medications, separator: "|", values: {1177480: nsaid, 1118084: nsaid, 1124957: opioid, 999: null}}
ignore: [remark]
"""
ROWS: list[dict[str, Any]] = [
    {"person_id": 7, "line": 1, "radiates": "no", "risk": 45877, "drugs": "1177480|1118084|999", "remark": "x"},
    {"person_id": 8, "line": None, "radiates": "unknown", "risk": 45880, "drugs": "[]", "remark": None},
]
PLAIN: list[dict[str, Any]] = [
    {"id": "7", "careLine": "first-line", "radicularPain": False, "chronicityRisk": "low", "medications": ["nsaid"]},
    {"id": "8", "chronicityRisk": "high", "medications": []},
]


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["cohort", *map(str, arguments)])


def files(folder: Path, rows: list[dict[str, Any]]) -> list[Path]:
    """Write rows as Parquet and CSV."""
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "r.parquet")
    lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in r.values()) for r in rows)]
    (folder / "r.csv").write_text("\n".join(lines) + "\n")
    return [folder / "r.parquet", folder / "r.csv"]


@pytest.mark.slow
def test_mapped_columns_are_the_records(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    (tmp_path / "plain.ndjson").write_text("".join(json.dumps(r) + "\n" for r in PLAIN))
    assert run(tmp_path / "plain.ndjson", "-o", tmp_path / "plain.parquet").exit_code == 0
    expected = pq.read_table(tmp_path / "plain.parquet").to_pylist()
    for file in files(tmp_path, ROWS):
        done = run(file, "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml")
        assert done.exit_code == 0, done.output
        assert pq.read_table(tmp_path / "o.parquet").to_pylist() == expected


def test_everything_unmapped_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    for file in files(tmp_path, [ROWS[0] | {"line": 3, "drugs": "5|6"}, ROWS[1] | {"risk": 1}]):
        done = run(file, "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml")
        assert done.exit_code == 2
        assert done.output.count("[mapping-unmapped]") == 4, done.output
    (file, _) = files(tmp_path, [{**ROWS[0], "more": 1, "other": 2}])
    done = run(file, "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml")
    assert done.exit_code == 2 and done.output.count("[column-unknown]") == 2
    assert not (tmp_path / "o.parquet").exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("columns: {a: nothing, b: {field: careLine, values: {1: zork}}, c: [1]}", 3),
        ("columns: {a: id, a: careLine}", 1),
        ("[1, 2]", 0),
        ("columns: {absent: id}", 1),
        ("columns: {a: {field: medications, separator: ''}}", 1),
        ("columns: {a: {field: medications, separator: null}}", 1),
        ("columns: {a: {field: medications, separator: [x]}}", 1),
        ("columns: {a: {field: radicularPain, separator: x}}", 1),
        ("columns: {a: {field: priorIncapacityDays, values: {2: --5}}}", 1),
        ("columns: {a: careLine}\nignore: [a]", 1),
        ("columns: {a: \x07}", 0),
        ("columns: " + "[" * 2000, 0),
    ],
)
def test_wrong_mapping_is_refused(tmp_path: Path, text: str, names: int) -> None:
    (tmp_path / "m.yaml").write_text(text)
    (tmp_path / "r.csv").write_text("id,a\n1,2\n")
    done = run(tmp_path / "r.csv", "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml")
    assert done.exit_code == 2 and done.output.count("[mapping-") == (names if "a: id" not in text else 0)


def test_schema_describes_mappings_and_the_draft(tmp_path: Path) -> None:
    check = jsonschema_rs.validator_for(SCHEMA)
    loaded = json.loads(json.dumps(yaml.safe_load(MAPPING.replace("no:", "'no':").replace("yes:", "'yes':"))))
    check.validate(loaded)
    rows = [{"id": "a", "care_line": "First-Line", "Zork": 3}]
    done = run("--suggest-mapping", files(tmp_path, rows)[0])
    assert done.exit_code == 0
    draft = yaml.safe_load(done.output)
    check.validate(draft)
    assert draft["columns"] == {
        "care_line": {"field": "careLine", "values": {"First-Line": "first-line"}},
        "Zork": {"field": "?"},
    }


def test_line_says_a_field_under_one_name(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("columns: {rf: {field: redFlags, values: {0: none, 1: cluster}}}")
    rows: list[dict[str, Any]] = [
        {"id": "a", "rf": 0, "redFlags": "cluster"},
        {"id": "b", "redFlags": "cluster", "rf": 0},
        {"id": "c", "redFlags": "cluster", "rf": None},
        {"id": "d", "rf": 1, "redFlags": None},
    ]
    (tmp_path / "r.ndjson").write_text("".join(json.dumps(r) + "\n" for r in rows))
    done = run(tmp_path / "r.ndjson", "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml", "--for", "exit")
    assert done.exit_code == 1 and done.output.count("[more-than-one-value]") == 2, done.output
    answered = pq.read_table(tmp_path / "o.parquet", columns=["id", "exit_status"]).to_pylist()
    assert answered == [{"id": "c", "exit_status": "decided"}, {"id": "d", "exit_status": "decided"}]


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({"redFlags": "none", "rf": "1"}, "redFlags, rf"),
        ({"rf": "1", "redFlags": "none"}, "rf, redFlags"),
        ({"rf": "1", "redFlags": ""}, "rf, redFlags"),
        ({"medications": ["nsaid"], "drugs": []}, "medications, drugs"),
        ({"rf": "1", "redFlags": None}, None),
        ({"rf": "?", "redFlags": "none"}, None),
    ],
)
def test_field_of_two_names_is_named_by_both(service: GuidelineService, record: dict[str, Any], names: str) -> None:
    columns = {"rf": {"field": "redFlags", "values": {"1": "cluster", "?": "null"}}, "drugs": "medications"}
    _, twice = ColumnMapping(service.guideline, {"columns": columns}, "m").record(record)
    assert names is None or f"more than once, as {names}." in (twice.message if twice else "")
    assert (twice is None) == (names is None)


def test_not_a_number_is_unknown_and_nothing_in_a_list_is_a_code(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "columns: {rf: {field: redFlags, values: {1: cluster}}, drugs: {field: medications, values: {2: nsaid}}}"
    )
    table = pa.table({"id": ["a", "b"], "rf": [1.0, float("nan")], "drugs": [[2, None], None]})
    pq.write_table(table, tmp_path / "r.parquet")
    done = run(tmp_path / "r.parquet", "-o", tmp_path / "o.parquet", "--mapping", tmp_path / "m.yaml")
    assert done.exit_code == 2 and "The column drugs has the code null" in done.output
    assert done.output.count("[mapping-unmapped]") == 1


def test_draft_is_all_that_is_asked_for(tmp_path: Path) -> None:
    (file, _) = files(tmp_path, [{"id": "a"}])
    done = run("--suggest-mapping", file, "-o", tmp_path / "o.csv", "--explain")
    assert done.exit_code == 2 and "Leave out --output, --explain." in done.output


@pytest.mark.parametrize(
    ("texts", "separator", "codes"),
    [
        (["nsaid, opioid", "opioid"], ",", ["nsaid", "opioid"]),
        (["nsaid|zork|opioid"], "|", ["nsaid", "zork", "opioid"]),
        (["11;12", "12;13", "13;11", "11"], ";", ["11", "12", "13"]),
        (["paracetamol, 500 mg"], ";", ["paracetamol, 500 mg"]),
        (["nsaid, 500 mg", "[]"], ";", ["nsaid, 500 mg"]),
        (["nsaid, opioid;"], "|", ["nsaid, opioid;"]),
        (["nsaid;;opioid", "nsaid;"], "|", ["nsaid;;opioid", "nsaid;"]),
        (["a;b|c,d", "[]"], None, ["a;b|c,d", "[]"]),
        (["nsaid"], ";", ["nsaid"]),
        ([], ";", []),
    ],
)
def test_draft_separates_what_is_known_or_repeats(
    service: GuidelineService, texts: list[str], separator: str | None, codes: list[str]
) -> None:
    drafted = yaml.safe_load(suggest(service.guideline, ["medications"], {"medications": texts}))
    own = drafted["columns"]["medications"]
    assert (own.get("separator"), list(own["values"])) == (separator, codes)


def test_draft_knows_every_name_and_splits_lists(tmp_path: Path) -> None:
    day = pa.array([99_999_999, 0], pa.int32()).cast(pa.date32())  # one that Python does not have
    table = {"id": ["a", "b"], "onsetDateEarliest": day, "onset_date_latest": day, "takesNsaid": ["TRUE", "x"]}
    table |= {"medications": ["nsaid|opioid", "[]"], "redFlags": [float("nan"), 1.0]}
    pq.write_table(pa.table(table), tmp_path / "r.parquet")
    done = run("--suggest-mapping", tmp_path / "r.parquet")
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(done.output)["columns"] == {
        "onsetDateEarliest": {"field": "onsetDateEarliest"},
        "onset_date_latest": {"field": "onsetDateLatest"},
        "takesNsaid": {"field": "takesNsaid", "values": {"TRUE": "true", "x": "?"}},
        "medications": {"field": "medications", "separator": "|", "values": {"nsaid": "nsaid", "opioid": "opioid"}},
        "redFlags": {"field": "redFlags", "values": {"1": "?"}},
    }
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["x", "x"]), tmp_path / "r.parquet")
    done = run("--suggest-mapping", tmp_path / "r.parquet")
    assert done.exit_code == 2 and "r.parquet: The column x is there more than once" in done.output
