"""The command line: input, output on each stream, and exit code; some tests run real processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner, Result

import lrp_kg.answer.service
from lrp_kg import GuidelineService, __version__
from lrp_kg.answer.as_text import to_text
from lrp_kg.answer.known import known_fields, known_ids
from lrp_kg.answer.schema import answer_schema
from lrp_kg.cli import main
from lrp_kg.logic.classify import record_query
from lrp_kg.logic.derive import derive_query
from lrp_kg.namespaces import CP
from lrp_kg.record.schema import record_schema
from lrp_kg.words import LANGUAGES, colon, phrase
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE
from tests.support.records import CLUSTER, FIRST_VISIT, THREE_PROBLEMS

COMMANDS = ("assess", "validate", "compile", "ids", "serve")
SCRIPT = Path(sys.executable).with_name("lrp-kg")
OK, INVALID, CANNOT_RUN = 0, 1, 2


TURTLE = """
@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
@prefix lrp: <https://w3id.org/lrp-kg/low-back-pain#> .
<urn:example:one> a cp:PatientRecord ; lrp:redFlags lrp:redFlags-cluster .
"""
TWO_IN_TURTLE = TURTLE + "<urn:example:two> a cp:PatientRecord ; lrp:redFlags lrp:redFlags-isolated .\n"
N_TRIPLES = (
    f"<urn:example:one> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{CP}PatientRecord> .\n"
    "<urn:example:one> <https://w3id.org/lrp-kg/low-back-pain#redFlags> "
    "<https://w3id.org/lrp-kg/low-back-pain#redFlags-cluster> .\n"
)


@pytest.fixture(autouse=True)
def loaded_once(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands share the packaged guideline; other folders and engines are loaded each time."""
    plain = lrp_kg.answer.service.GuidelineService

    def make(folder: Path | None = None, *, engine: str = "oxigraph") -> GuidelineService:
        return service if folder is None and engine == "oxigraph" else plain(folder, engine=engine)

    monkeypatch.setattr(lrp_kg.answer.service, "GuidelineService", make)
    for name in ("LRP_GUIDELINE", "LRP_RELOAD"):  # `serve` sets them for its workers
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def run(*args: str | Path, stdin: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
    width = {"COLUMNS": "110", "NO_COLOR": "1"}
    result = CliRunner().invoke(main, [str(a) for a in args], input=stdin, env=width | (env or {}))
    if result.exception is not None:
        fault = result.exception.__cause__ if isinstance(result.exception, SystemExit) else result.exception
        if fault is not None:
            raise fault
    return result


def process(
    *args: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(SCRIPT), *map(str, args)], input=stdin, capture_output=True, timeout=60, env=os.environ | (env or {})
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def write(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def exits(stdout: str) -> list[list[str]]:
    """Return what each line of JSON output says about the exit; nothing for a record that is not valid."""
    lines = [json.loads(line) for line in stdout.splitlines()]
    return [line["decisions"]["exit"]["answers"] for line in lines if not line.get("invalid")]


# -- assess: formats and languages ----------------------------------------------------------------


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explain"])
@pytest.mark.parametrize("lang", LANGUAGES)
class TestFormats:
    def args(self, form: str, lang: str, explain: bool) -> list[str]:
        return ["assess", "-", "--format", form, "--lang", lang, *(["--explain"] if explain else [])]

    def test_json(self, service: GuidelineService, lang: str, explain: bool) -> None:
        result = run(*self.args("json", lang, explain), stdin=json.dumps(FIRST_VISIT))
        assert result.exit_code == OK
        assert json.loads(result.stdout) == service.assess(FIRST_VISIT, lang=lang, explain=explain)
        assert result.stdout.count("\n") == 1  # one answer a line
        assert result.stderr == ""

    @pytest.mark.exhaustive
    def test_text_in_full(self, service: GuidelineService, lang: str, explain: bool) -> None:
        answer = service.assess(FIRST_VISIT, lang=lang, explain=explain)
        for options in (["--full"], ["--detail", "full"]):
            result = run(*self.args("text", lang, explain), *options, stdin=json.dumps(FIRST_VISIT))
            assert result.stdout == to_text(service.guideline, answer, lang, width=110, full=True)
        refused = run(*self.args("text", lang, False), "--full", "--detail", "summary", stdin=json.dumps(FIRST_VISIT))
        assert refused.exit_code == CANNOT_RUN
        assert phrase("error-full-brief", lang, detail="summary") in refused.stderr

    def test_text(self, service: GuidelineService, lang: str, explain: bool) -> None:
        result = run(*self.args("text", lang, explain), stdin=json.dumps(FIRST_VISIT))
        assert result.exit_code == OK
        answer = service.assess(FIRST_VISIT, lang=lang, explain=explain)
        assert result.stdout == to_text(service.guideline, answer, lang, width=110)
        label = answer["decisions"]["stage"]["labels"][answer["stage"]]
        assert label in result.stdout
        assert "[/" not in result.stdout  # no markup of rich is left over

    def test_turtle(self, service: GuidelineService, lang: str, explain: bool) -> None:
        result = run(*self.args("turtle", lang, explain), stdin=json.dumps(FIRST_VISIT))
        assert result.exit_code == OK
        graph = rdflib.Graph().parse(data=result.stdout, format="turtle")
        stated = {str(o) for o in graph.objects(None, rdflib.URIRef(CP + "answer"))}
        answer = service.assess(FIRST_VISIT)
        expected = {
            option.iri
            for d in service.guideline.decisions.values()
            for option in d.options
            if option.id in answer["decisions"][d.id]["answers"]
        }
        assert stated == expected
        assert expected
        assert (None, rdflib.URIRef(CP + "because"), None) in graph or not explain


def test_calendar(service: GuidelineService) -> None:
    result = run("assess", "-", "--format", "ics", "--lang", "nl", "--changes", stdin=json.dumps(FIRST_VISIT))
    assert (result.exit_code, result.stderr) == (OK, "")
    expected = service.calendar(service.assessment(FIRST_VISIT, changes=True), lang="nl").decode()
    first, second = (re.sub(r"UID:.*", "", text).split() for text in (result.stdout, expected))
    assert first == second
    assert "BEGIN:VEVENT" in first


@pytest.mark.parametrize("more", [["--explain"], ["--detail", "summary"]])
def test_calendar_has_no_place_for_more(more: list[str]) -> None:
    result = run("assess", "-", "--format", "ics", *more, stdin="{}")
    assert (result.exit_code, result.stdout) == (CANNOT_RUN, "")
    assert "A calendar has no place for" in result.stderr


@pytest.mark.parametrize("tag", ["nl-BE", "NL", "nl_BE", "nl-Latn-BE"])
def test_longer_tag_is_its_language(tag: str) -> None:
    assert run("ids", "--lang", tag).stdout == run("ids", "--lang", "nl").stdout


@pytest.mark.parametrize("tag", ["pt", "pt-nl", "nlx", "", "*"])
def test_unknown_language_is_refused_with_those_there_are(tag: str) -> None:
    result = run("ids", "--lang", tag)
    assert (result.exit_code, result.stdout) == (CANNOT_RUN, "")
    assert all(f"'{lang}'" in result.stderr for lang in LANGUAGES)


def test_languages_differ() -> None:
    said = {run("assess", "-", "--lang", lang, stdin=json.dumps(FIRST_VISIT)).stdout for lang in LANGUAGES}
    assert len(said) == len(LANGUAGES)


def test_text_is_the_default_and_english() -> None:
    plain = run("assess", "-", stdin=json.dumps(FIRST_VISIT))
    assert plain.stdout == run("assess", "-", "-f", "text", "-l", "en", stdin=json.dumps(FIRST_VISIT)).stdout


def test_summary_alone(service: GuidelineService) -> None:
    brief = service.assess(FIRST_VISIT, detail="summary")
    result = run("assess", "-", "--detail", "summary", "--format", "json", stdin=json.dumps(FIRST_VISIT))
    assert (result.exit_code, json.loads(result.stdout)) == (OK, brief)
    text = run("assess", "-", "--detail", "summary", stdin=json.dumps(FIRST_VISIT)).stdout
    assert text.startswith("Now\n")
    assert brief["summary"][0]["text"] in " ".join(text.split())  # lines are wrapped
    assert phrase("decisions", "en") not in text


@pytest.mark.parametrize("more", [["--format", "turtle"], ["--explain"], ["--changes"]])
def test_summary_alone_has_no_place_for_more(more: list[str]) -> None:
    result = run("assess", "-", "--detail", "summary", *more, stdin="{}")
    assert (result.exit_code, result.stdout) == (CANNOT_RUN, "")
    assert "detail=summary" in result.stderr


def test_explain_gives_reasons_for_and_against() -> None:
    found = json.loads(run("assess", "-", "-f", "json", "-e", stdin=json.dumps(CLUSTER)).stdout)["decisions"]["exit"]
    assert [r["field"] for r in found["because"]] == ["redFlags"]
    assert set(found["whyNot"]) == {"radicular-pathway", "treat-in-first-line", "continue"}
    plain = json.loads(run("assess", "-", "-f", "json", stdin=json.dumps(CLUSTER)).stdout)["decisions"]["exit"]
    assert not {"because", "whyNot"} & set(plain)


@pytest.mark.parametrize("names", [["exit"], ["stage", "exit"], ["fedris-prevention"]])
def test_for_limits_the_answer(names: list[str]) -> None:
    asked = [arg for name in names for arg in ("--for", name)]
    answer = json.loads(run("assess", "-", "-f", "json", *asked, stdin=json.dumps(FIRST_VISIT)).stdout)
    assert set(answer["decisions"]) == set(names)
    assert set(answer["eligibility"]) <= set(names)


def test_for_an_unknown_decision(service: GuidelineService) -> None:
    result = run("assess", "-", "--for", "zork", "--lang", "fr", stdin=json.dumps(CLUSTER))
    assert result.exit_code == CANNOT_RUN
    assert result.stdout == ""
    assert "zork n'est pas une décision." in result.stderr
    assert all(name in result.stderr for name in service.assessor.decision_ids)


@pytest.mark.parametrize("engine", ["oxigraph", "rdflib"])
def test_engine_option_reaches_the_service(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    asked: list[str] = []

    def make(folder: Path | None, *, engine: str) -> GuidelineService:
        asked.append(engine)
        return service

    monkeypatch.setattr(lrp_kg.answer.service, "GuidelineService", make)
    assert run("assess", "-", "--engine", engine, stdin="{}").exit_code == OK
    assert asked == [engine]


@pytest.mark.parametrize(
    "args",
    [["--format", "xml"], ["--lang", "es"], ["--engine", "zork"], ["--input", "csv"], ["--no-such-option"]],
    ids=" ".join,
)
def test_unknown_options(args: list[str]) -> None:
    result = run("assess", "-", *args, stdin="{}")
    assert result.exit_code == CANNOT_RUN
    assert result.stdout == ""
    assert args[-1] in result.stderr


# -- what can be read -------------------------------------------------------------------------------

WITH_CONTEXT = "with-context"
INPUTS: dict[str, Any] = {
    "record.json": CLUSTER,
    "record.jsonld": WITH_CONTEXT,
    "record.unknown-suffix": CLUSTER,
    "RECORD.JSON": CLUSTER,
    "with-bom.json": b"\xef\xbb\xbf" + json.dumps(CLUSTER).encode(),
    "one.ndjson": json.dumps(CLUSTER) + "\n",
    "one.jsonl": "\n" + json.dumps(CLUSTER) + "\r\n\r\n",
    "record.ttl": TURTLE,
    "record.nt": N_TRIPLES,
}


@pytest.fixture
def jsonld(service: GuidelineService) -> str:
    """A record with our published context, and its identity."""
    return json.dumps(
        {"@context": service.reader.context, "@id": "urn:example:one", "@type": "PatientRecord", **CLUSTER}, indent=1
    )


def input_named(name: str, jsonld: str) -> str | bytes:
    content = INPUTS[name]
    if content == WITH_CONTEXT:
        return jsonld
    return json.dumps(content) if isinstance(content, dict) else content


@pytest.mark.parametrize("name", INPUTS)
def test_format_of_a_file_is_recognised(tmp_path: Path, jsonld: str, name: str) -> None:
    result = run("assess", write(tmp_path, name, input_named(name, jsonld)), "-f", "json")
    assert result.exit_code == OK, result.stderr
    assert exits(result.stdout) == [["refer-immediately-red-flags"]]


@pytest.mark.parametrize("name", INPUTS)
def test_standard_input_is_recognised(jsonld: str, name: str) -> None:
    result = run("assess", "-", "-f", "json", stdin=input_named(name, jsonld))
    assert result.exit_code == OK, result.stderr
    assert exits(result.stdout) == [["refer-immediately-red-flags"]]


@pytest.mark.parametrize(
    ("kind", "content"),
    [("json", json.dumps(CLUSTER)), ("ndjson", json.dumps(CLUSTER)), ("turtle", TURTLE)],
)
def test_input_overrides_the_suffix(tmp_path: Path, kind: str, content: str) -> None:
    file = write(tmp_path, "record.ttl" if kind != "turtle" else "record.json", content)
    assert run("assess", file, "-f", "json").exit_code == CANNOT_RUN
    result = run("assess", file, "-f", "json", "--input", kind)
    assert exits(result.stdout) == [["refer-immediately-red-flags"]]


MANY = {
    "two.ndjson": json.dumps(CLUSTER) + "\n" + json.dumps({"redFlags": "isolated"}) + "\n",
    "two.json": json.dumps([CLUSTER, {"redFlags": "isolated"}]),
    "two.ttl": TWO_IN_TURTLE,
}


@pytest.mark.parametrize("name", MANY)
def test_many_records_give_one_line_each(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, name, MANY[name])
    for result in (run("assess", file, "-f", "json", "--for", "exit"), run("validate", file, "-f", "json")):
        assert result.exit_code == OK
        assert len(result.stdout.splitlines()) == 2
    assert exits(run("assess", file, "-f", "json").stdout) == [["refer-immediately-red-flags"], []]


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("two.ndjson", ["line 1", "line 2"]),
        ("two.json", ["record 1", "record 2"]),
        ("two.ttl", ["urn:example:one", "urn:example:two"]),
    ],
)
def test_text_names_each_of_many_records(tmp_path: Path, name: str, headings: list[str]) -> None:
    said = run("assess", write(tmp_path, name, MANY[name])).stdout
    assert re.findall(r"^─+ (.*?) ─+$", said, re.MULTILINE) == headings


def test_turtle_and_json_give_the_same_answer(jsonld: str) -> None:
    answers = [
        json.loads(run("assess", "-", "-f", "json", stdin=text).stdout)
        for text in (TURTLE, N_TRIPLES, jsonld, json.dumps(CLUSTER))
    ]
    assert all(answer == answers[0] for answer in answers)


# -- what cannot be read ----------------------------------------------------------------------------

UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "broken.json": ('{\n  "redFlags": none\n}', "Line 2, column 15"),
    "twice.json": ('{"redFlags": "none", "redFlags": "cluster"}', "'redFlags' appears twice"),
    "nan.json": ('{"incapacityPercentage": NaN}', "NaN"),
    "deep.json": ("[" * 100_000, "nested deeper"),
    "empty.json": ("", "Column 1"),
    "number.json": ("3", "JSON object, not a number"),
    "latin-1.json": ('{"id": "é"}'.encode("latin-1"), "not UTF-8"),
    "remote-context.json": ('{"@context": "https://example.org/c", "redFlags": "none"}', "never fetched"),
    "lossy-context.json": (
        '{"@context": {"redFlags": "https://w3id.org/lrp-kg/low-back-pain#redFlags"},'
        f'"@type": "{CP}PatientRecord", "redFlags": "none", "zork": 1}}',
        "maps only 1 of 2 keys",
    ),
    "broken.ttl": (TURTLE + "\n<urn:x> zork .", "Line 6, column 9"),
    "no-record.ttl": ("<urn:a> <urn:b> <urn:c> .", "no cp:PatientRecord"),
}


@pytest.mark.parametrize("command", ["assess", "validate"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_file_is_reported(tmp_path: Path, command: str, name: str) -> None:
    content, expected = UNREADABLE[name]
    result = run(command, write(tmp_path, name, content))
    assert result.exit_code == CANNOT_RUN
    assert expected in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["assess", "validate"])
def test_missing_file_or_folder_is_reported(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path / "no-such.json")
    assert result.exit_code == CANNOT_RUN
    assert "no-such.json cannot be read: No such file or directory." in result.stderr
    assert run(command, tmp_path).exit_code == CANNOT_RUN  # a folder
    assert run(command).exit_code == CANNOT_RUN  # no file named at all


# -- records that are not valid -----------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", ["assess", "validate"])
class TestInvalidRecords:
    def test_all_findings_in_the_language(self, service: GuidelineService, command: str, lang: str) -> None:
        result = run(command, "-", "--lang", lang, stdin=json.dumps(THREE_PROBLEMS))
        assert result.exit_code == INVALID
        assert result.stdout == ""
        findings = service.validate(THREE_PROBLEMS)
        assert [f.field for f in findings] == list(THREE_PROBLEMS)
        head, *reported = result.stderr.splitlines()
        assert head == phrase("invalid", lang)
        assert reported == [f"  {f.text(lang)} [{f.name}]" for f in findings]

    def test_as_json(self, service: GuidelineService, command: str, lang: str) -> None:
        result = run(command, "-", "--lang", lang, "-f", "json", stdin=json.dumps(THREE_PROBLEMS))
        assert result.exit_code == INVALID
        reported = json.loads(result.stdout)
        assert reported["invalid"] is True
        assert reported["findings"] == [f.as_dict(lang) for f in service.validate(THREE_PROBLEMS)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_validate_says_valid(service: GuidelineService, lang: str) -> None:
    result = run("validate", "-", "--lang", lang, stdin=json.dumps(FIRST_VISIT))
    assert (result.exit_code, result.stderr) == (OK, "")
    assert result.stdout == phrase("valid", lang) + "\n"
    as_json = run("validate", "-", "--lang", lang, "-f", "json", stdin=json.dumps(FIRST_VISIT))
    assert json.loads(as_json.stdout) == {"invalid": False, "record": "", "findings": []}


COHORT = [CLUSTER, FIRST_VISIT, {"redFlags": "zork"}, {"redFlags": "cluster", "id": "last"}]


def test_invalid_record_of_a_cohort_is_reported_by_line(tmp_path: Path) -> None:
    file = write(tmp_path, "cohort.ndjson", "".join(json.dumps(r) + "\n" for r in COHORT))
    result = run("assess", file, "-f", "json")
    assert result.exit_code == INVALID
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line.get("invalid", False) for line in lines] == [False, False, True, False]
    assert lines[2]["record"] == "line 3"
    assert [line.get("id") for line in lines] == [None, FIRST_VISIT["id"], None, "last"]
    valid, *_ = run("validate", file, "-f", "json").stdout.splitlines()
    assert json.loads(valid) == {"invalid": False, "record": "line 1", "findings": []}
    result = run("validate", file)
    assert result.exit_code == INVALID
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["line 1", "line 2", "line 4"]
    assert result.stderr.startswith("line 3: ")


@pytest.mark.parametrize("bad", ['{"redFlags": ', '{"redFlags": "none", "redFlags": "none"}', "[1]"])
@pytest.mark.parametrize("command", ["assess", "validate"])
def test_unreadable_line_of_a_cohort_is_reported(tmp_path: Path, command: str, bad: str) -> None:
    lines = [json.dumps(CLUSTER), bad, json.dumps(CLUSTER | {"id": "last"})]
    result = run(command, write(tmp_path, "cohort.ndjson", "\n".join(lines)), "-f", "json")
    assert result.exit_code != OK
    assert "line 2" in result.output
    answered = [json.loads(line) for line in result.stdout.splitlines()]
    assert len([a for a in answered if not a.get("invalid")]) == 2, "the others are still answered"


HOSTILE: dict[str, str] = {
    "half-a-character-in-id": '{"id": "\\ud800"}',
    "half-a-character-in-a-value": '{"redFlags": "\\ud800"}',
    "half-a-character-in-a-key": '{"\\ud800": 1}',
    "integer-of-30-digits": '{"incapacityPercentage": ' + "9" * 30 + "}",
    "infinite-number": '{"incapacityPercentage": 1e400}',
    "markup": '{"id": "[red]<b>[/red]", "episode": "[/]"}',
    "markup-in-a-value": '{"redFlags": "[/red]", "[bold]": "[/]"}',
    "no-iri": '{"@id": "no iri <at> all"}',
    "time-zone": '{"onsetDate": "2024-01-08Z"}',
}


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in HOSTILE for form in ("text", "json", "turtle")],
)
def test_hostile_values_never_crash(name: str, form: str) -> None:
    result = run("assess", "-", "-f", form, stdin=HOSTILE[name])
    assert result.exit_code in (OK, INVALID, CANNOT_RUN)
    assert result.stdout or result.stderr


@pytest.mark.parametrize("content", ["", "\n\n"], ids=["empty", "only-empty-lines"])
def test_cohort_without_records_fails(tmp_path: Path, content: str) -> None:
    assert run("validate", write(tmp_path, "cohort.ndjson", content)).exit_code == CANNOT_RUN
    assert run("validate", write(tmp_path, "cohort.json", "[]")).exit_code == CANNOT_RUN


# -- the guideline folder -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small guideline for tests to change."""
    return guideline_copy(tmp_path / "guideline")


def alter(file: Path, old: str, new: str) -> int:
    """Replace the first occurrence of a text; return its line."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text.count("\n", 0, text.index(old)) + 1


def test_option_or_variable_chooses_the_guideline(monkeypatch: pytest.MonkeyPatch) -> None:
    record = '{"deformity": true}'
    by_option = run("assess", "-", "-f", "json", "--guideline", ANKLE, stdin=record)
    assert json.loads(by_option.stdout)["guideline"]["id"] == "ankle-sprain"
    by_variable = run("assess", "-", "-f", "json", stdin=record, env={"LRP_GUIDELINE": str(ANKLE)})
    assert by_variable.stdout == by_option.stdout
    assert run("validate", "-", "-g", ANKLE, stdin='{"redFlags": "none"}').exit_code == INVALID
    assert "ankle-sprain" in run("compile", "-g", ANKLE).stdout
    assert "emergency" in run("ids", "-g", ANKLE, "-l", "nl").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_broken_turtle_is_reported_by_each_command(folder: Path, command: str) -> None:
    file = folder / "ontology" / "pathway.ttl"
    line = alter(file, "ank:fracture-check a cp:Decision ;", "ank:fracture-check a cp:Decision ; ; zork")
    args = ["-"] if command in ("assess", "validate") else []
    result = run(command, *args, "--guideline", folder, stdin="{}")
    assert result.exit_code == CANNOT_RUN
    assert result.stdout == ""
    assert f"{file}:{line}:" in result.stderr
    assert "[turtle-syntax]" in result.stderr


def test_every_broken_file_is_reported(folder: Path) -> None:
    files = [folder / "ontology" / "pathway.ttl", folder / "ontology" / "record.ttl", folder / "shapes" / "record.ttl"]
    lines = [file.read_text(encoding="utf-8").count("\n") + 1 for file in files]
    for file in files:
        file.write_text(file.read_text(encoding="utf-8") + "zork\n", encoding="utf-8")
    result = run("ids", "-g", folder)
    assert result.exit_code == CANNOT_RUN
    for file, line in zip(files, lines, strict=True):
        assert f"{file}:{line}:" in result.stderr


MISTAKES: dict[str, tuple[str, str, str, str, str | None]] = {
    "unknown condition": (
        "ontology/pathway.ttl",
        "cp:appliesTo ank:Deformity ;",
        "cp:appliesTo ank:Zork ;",
        "unknown-condition",
        "ank:fracture-check-emergency a ",
    ),
    "unknown value": (
        "ontology/record.ttl",
        "owl:hasValue ank:severity-slight",
        "owl:hasValue ank:severity-zork",
        "unknown-value",
        "ank:SlightSprain a ",
    ),
    "expression that is not allowed": (
        "ontology/record.ttl",
        "owl:unionOf ( ank:BoneTenderness ank:CannotBearWeight )",
        "owl:oneOf ( ank:BoneTenderness ank:CannotBearWeight )",
        "expression-not-allowed",
        "ank:FractureSigns a ",
    ),
    "definition in a circle": (
        "ontology/record.ttl",
        "owl:unionOf ( ank:BoneTenderness ank:CannotBearWeight )",
        "owl:unionOf ( ank:BoneTenderness ank:FractureSigns )",
        "cyclic-definition",
        "ank:FractureSigns a ",
    ),
    "priority that is no number": (
        "ontology/pathway.ttl",
        "cp:hitPolicy cp:First ;\n    cp:priority 10 .",
        'cp:hitPolicy cp:First ;\n    cp:priority "ten" .',
        "",
        "ank:fracture-check a ",
    ),
    "hit policy that does not exist": (
        "ontology/pathway.ttl",
        "cp:hitPolicy cp:First",
        "cp:hitPolicy cp:Zork",
        "",
        "ank:fracture-check a ",
    ),
    "pattern that is none": (
        "shapes/record.ttl",
        'sh:pattern "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"',
        'sh:pattern "("',
        "",
        None,
    ),
    "shape that is none": (
        "shapes/record.ttl",
        "sh:path ank:deformity ;\n    sh:maxCount 1 ;",
        "sh:path ank:deformity ;\n    sh:maxCount 1 , 2 ;",
        "",
        None,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_a_guideline_is_reported_with_its_line(folder: Path, mistake: str) -> None:
    name, old, new, finding, subject = MISTAKES[mistake]
    file = folder / name
    place = str(file)
    if subject:
        text = file.read_text(encoding="utf-8")
        place += f":{text.count(chr(10), 0, text.index(subject)) + 1}:"
    alter(file, old, new)
    result = run("assess", "-", "-g", folder, stdin='{"injuryDate": "2025-03-01", "deformity": true}')
    assert result.exit_code == CANNOT_RUN, result.output
    assert result.stdout == ""
    assert place in result.stderr
    assert f"[{finding}" in result.stderr


def test_no_guideline_folder(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        result = run("ids", "-g", folder)
        assert result.exit_code == CANNOT_RUN
        assert f"{folder} is no guideline folder" in result.stderr


def test_folder_named_like_a_file_never_crashes(folder: Path) -> None:
    (folder / "ontology" / "folder.ttl").mkdir()
    assert run("ids", "-g", folder).exit_code in (OK, CANNOT_RUN)


# -- compile, ids, help -----------------------------------------------------------------------------------


def test_compile(service: GuidelineService) -> None:
    classify = record_query(service.assessor.program)
    derive = derive_query(service.guideline)
    assert run("compile").stdout == classify + "\n"
    assert run("compile", "--only-derived").stdout == derive + "\n"
    assert run("compile", "--with-derived").stdout == f"{derive}\n{classify}\n"
    store = ox.Store()
    assert isinstance(store.query(classify), ox.QuerySolutions)
    assert isinstance(store.query(derive), ox.QueryTriples)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_ids(service: GuidelineService, lang: str) -> None:
    result = run("ids", "--lang", lang)
    assert result.exit_code == OK
    found = json.loads(result.stdout)
    assert found == known_ids(service.guideline, lang)
    assert all(found.values()), "every kind has members"
    labels = {row["id"]: row["label"] for row in found["decisions"]}
    assert labels["exit"] == next(d for d in service.guideline.decisions.values() if d.id == "exit").label[lang]


def test_fields_and_schemas(service: GuidelineService) -> None:
    assert json.loads(run("fields", "--lang", "nl").stdout) == {"fields": known_fields(service.guideline, "nl")}
    assert json.loads(run("schema", "record", "--lang", "fr").stdout) == record_schema(service.guideline, "fr")
    assert json.loads(run("schema", "answer").stdout) == json.loads(json.dumps(answer_schema(service.guideline)))
    assert run("schema", "zork").exit_code == 2


def test_answer_has_only_listed_ids(service: GuidelineService) -> None:
    known = json.loads(run("ids").stdout)
    ids = {kind: {row["id"] for row in rows} for kind, rows in known.items()}
    answer = service.assess(FIRST_VISIT, explain=True)
    assert set(answer["decisions"]) <= ids["decisions"] | ids["programmes"]
    assert {b["id"] for b in answer["boxes"]} <= ids["boxes"]
    assert {s["id"] for b in answer["boxes"] for s in b["statements"]} <= ids["statements"]
    assert {c["id"] for p in answer["eligibility"].values() for c in p["criteria"]} <= ids["criteria"]
    assert set(answer["guideline"]["editions"]) <= ids["editions"]
    assert set(answer["facts"]) <= ids["facts"]


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", main.list_commands(click.Context(main)))
def test_help(command: str, flag: str) -> None:
    result = run(command, flag)
    assert result.exit_code == OK, result.output
    shown = main.get_command(click.Context(main), command)
    assert shown
    for parameter in shown.params:
        if isinstance(parameter, click.Option):
            assert (max(parameter.opts, key=len) in result.stdout) is not parameter.hidden
            assert parameter.help or isinstance(parameter.type, click.Choice)


def test_help_lists_all_commands() -> None:
    result = run("--help")
    assert result.exit_code == OK
    listed = main.list_commands(click.Context(main))
    assert set(listed) >= set(COMMANDS)
    assert all(re.search(rf"^  {command}  +\S", result.stdout, re.MULTILINE) for command in listed)
    assert run("--version").stdout == f"lrp-kg, version {__version__}\n"
    assert run("zork").exit_code == CANNOT_RUN


def test_examples_in_the_help_have_their_own_lines() -> None:
    lines = [line.strip() for line in run("assess", "--help").stdout.splitlines()]
    assert "lrp-kg assess examples/first-visit.json --lang nl --explain" in lines
    assert not any("\\b" in line for line in lines)


@pytest.mark.parametrize("args", [["--port", "-1"], ["--port", "65536"], ["--workers", "0"]], ids=" ".join)
def test_serve_checks_its_options(args: list[str]) -> None:
    result = run("serve", *args)
    assert result.exit_code == CANNOT_RUN
    assert args[0] in result.stderr


# -- as real processes --------------------------------------------------------------------------------------


class TestProcesses:
    @pytest.mark.slow
    def test_file_is_assessed(self, tmp_path: Path, service: GuidelineService) -> None:
        file = write(tmp_path, "record.json", FIRST_VISIT)
        done = process("assess", file, "-f", "json", "-l", "fr", "-e")
        assert (done.returncode, done.stderr) == (OK, "")
        assert json.loads(done.stdout) == service.assess(FIRST_VISIT, lang="fr", explain=True)

    @pytest.mark.slow
    def test_standard_input_without_a_terminal(self, service: GuidelineService) -> None:
        done = process("assess", "-", "-l", "de", stdin=json.dumps(FIRST_VISIT).encode(), env={"COLUMNS": "110"})
        assert (done.returncode, done.stderr) == (OK, "")
        assert done.stdout == to_text(service.guideline, service.assess(FIRST_VISIT, lang="de"), "de", width=110)
        assert "\x1b" not in done.stdout

    @pytest.mark.slow
    def test_exit_code_of_an_invalid_record(self) -> None:
        done = process("validate", "-", "-l", "nl", stdin=json.dumps(THREE_PROBLEMS).encode())
        assert (done.returncode, done.stdout) == (INVALID, "")
        assert done.stderr.count("\n") == 4

    @pytest.mark.slow
    def test_exit_code_of_a_missing_file(self) -> None:
        done = process("assess", "no-such-file.json")
        assert (done.returncode, done.stdout) == (CANNOT_RUN, "")
        assert "Traceback" not in done.stderr

    def test_module_and_guideline_variable(self) -> None:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "lrp_kg.cli", "compile", "--only-derived"],
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"LRP_GUIDELINE": str(ANKLE)},
        )
        assert (done.returncode, done.stderr) == (OK, "")
        assert "# From ankle-sprain" in done.stdout

    @pytest.mark.slow
    def test_closed_pipe_ends_without_an_error(self, tmp_path: Path) -> None:
        file = write(tmp_path, "cohort.ndjson", (json.dumps(CLUSTER) + "\n") * 400)
        command = [str(SCRIPT), "assess", str(file), "-f", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout and running.stderr
            running.stdout.readline()
            running.stdout.close()
            errors = running.stderr.read().decode()
        assert "cannot be read" not in errors
        assert "Traceback" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        ["ids"],
        pytest.param(["synthesise", "2"], marks=pytest.mark.slow),
        pytest.param(["query", "decisions", "--format", "csv"], marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_full_disk_is_reported_in_one_line(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        found = subprocess.run([sys.executable, "-m", "lrp_kg.cli", *command], stdout=full, stderr=subprocess.PIPE)
    assert found.returncode == 2
    assert found.stderr.decode().startswith("The output cannot be written: No space")
    assert found.stderr.count(b"\n") == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_error_is_in_the_language(lang: str, tmp_path: Path) -> None:
    """Of the record, of the file and of the options; each once."""
    broken = run("assess", "-", "--input", "json", "--lang", lang, stdin="3")
    kind = phrase("kind-number", lang)
    title = phrase("problem-record", lang)
    assert broken.exit_code in (INVALID, CANNOT_RUN)
    assert phrase("error-not-object", lang, kind=kind) in broken.stderr
    missing = run("validate", tmp_path / "none.json", "--lang", lang)
    what = phrase("file-missing", lang)
    assert missing.stderr.strip() == phrase("error-file", lang, file=tmp_path / "none.json", what=what)
    table = run("cohort", tmp_path / "none.csv", "-o", tmp_path / "answers.csv", "--lang", lang)
    assert phrase("error-file", lang, file=tmp_path / "none.csv", what=what) in table.stderr
    question = run("query", "missing-field", "--lang", lang)
    assert (
        phrase("query-similar", lang, name="missing-field", similar="missing-fields, missing-labels, decision-fields")
        in question.stderr
    )
    empty = run("assess", "-", "--input", "ndjson", "--lang", lang, stdin="")
    assert empty.stderr.strip() == f"{title}{colon(lang)}{phrase('error-no-record', lang)}"
