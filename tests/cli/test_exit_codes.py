"""The exit code of each command is as ``docs/commands.md`` says, over runs that are data."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lrp_kg.cli
from lrp_kg.cli import COMMANDS, exit_codes, main
from tests.support.editor_save import saved
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ROOT, TESTS

PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
ROWS = {
    name: {int(code) for code in codes.split(", ")}
    for name, codes in re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([0-9, ]+) \|", PAGE, re.MULTILINE)
}
MEANINGS = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
RUNS: list[dict[str, Any]] = tomllib.loads((TESTS / "cli" / "exit_codes.toml").read_text(encoding="utf-8"))["run"]
SHOWN_ELSEWHERE = {("serve", 0), ("serve", 1), *(("cohort", code) for code in (0, 1, 2)), ("report", 0), ("report", 2)}
"""By the tests of the service, which start one, and those of cohorts and reports, which need more libraries."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    ankle, edited = guideline_copy(folder / "ankle"), guideline_copy(folder / "edited")
    replace_once(edited / "ontology" / "pathway.ttl", '"scan"@en , "scan"@nl', '"scan"@en')
    (folder / "empty").mkdir()
    (folder / "valid.json").write_text(json.dumps({"id": "one", "deformity": False}), encoding="utf-8")
    (folder / "invalid.json").write_text(json.dumps({"id": "two", "deformity": "perhaps"}), encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "loose.ttl").write_text("<urn:a>    <urn:b>  1 .\n", encoding="utf-8")
    text = (ankle / "ontology" / "record.ttl").read_text(encoding="utf-8")
    (folder / "saved.ttl").write_text(saved(text), encoding="utf-8")
    return folder


def test_every_command_and_code_is_documented_and_shown() -> None:
    assert ROWS.keys() == COMMANDS.keys()
    assert {exit_codes.DONE, exit_codes.FOUND, exit_codes.CANNOT_RUN} == {0, 1, 2} <= MEANINGS
    assert {exit_codes.INTERRUPTED, exit_codes.BROKEN_PIPE} == {130, 141} == MEANINGS - {0, 1, 2}
    shown = {(shlex.split(run["line"])[0], run["code"]) for run in RUNS}
    assert shown | SHOWN_ELSEWHERE == {(name, code) for name, codes in ROWS.items() for code in codes}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["line"])
@pytest.mark.exhaustive
def test_command_ends_with_its_code(run: dict[str, Any], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    result = CliRunner().invoke(main, shlex.split(run["line"]))
    assert result.exit_code == run["code"], result.output
    assert result.exception is None or result.exception.__cause__ is None, "a fault of the program"
    assert (run["code"] != 2) or (result.stderr and not result.stdout)


def test_interruption_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lrp_kg.cli.check._run", interrupted)
    assert CliRunner().invoke(main, ["check"]).exit_code == exit_codes.INTERRUPTED


def test_fault_of_the_program_is_no_finding_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise ValueError(2 * 990)

    monkeypatch.setattr("lrp_kg.cli.check._run", faulty)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == exit_codes.CANNOT_RUN
    assert "ValueError: this is a fault of lrp-kg" in result.stderr and "check.py" in result.stderr
    assert "1980" not in result.output


def test_readme_leads_to_the_codes() -> None:
    assert "(docs/commands.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert lrp_kg.cli.main.help and "Exit codes" in lrp_kg.cli.main.help
