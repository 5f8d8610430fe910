"""``lrp-kg check`` on the command line: formats, exit codes, and ``--watch``."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrp_kg.authoring.check.as_sarif import sarif
from lrp_kg.authoring.check.names import finding_names
from lrp_kg.cli import check as commands
from lrp_kg.cli import main
from lrp_kg.findings import Finding
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE

LABELS = '"scan"@en , "scan"@nl'


def check(*args: str) -> Result:
    return CliRunner().invoke(main, ["check", "--no-hermit", *args])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return guideline_copy(tmp_path / "ankle")


@pytest.fixture
def broken(folder: Path) -> Path:
    """Remove a label, which causes a warning."""
    edit(folder, LABELS, '"scan"@en')
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    replace_once(folder / "ontology" / "pathway.ttl", old, new)


def test_no_finding_is_exit_code_0(folder: Path) -> None:
    result = check("-g", str(folder), "--no-notes")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("0 errors, 0 warnings, ") and len(result.stdout.splitlines()) == 1


def test_warning_is_exit_code_1(broken: Path) -> None:
    result = check("-g", str(broken), "--no-notes")
    assert result.exit_code == 1
    first, counts = result.stdout.splitlines()
    assert "ontology/pathway.ttl:" in first and " warning label-missing " in first
    assert counts.startswith("0 errors, 1 warning, ")


def test_missing_folder_is_exit_code_2(tmp_path: Path) -> None:
    result = check("-g", str(tmp_path / "nowhere"))
    assert result.exit_code == 2 and "is not a folder" in result.stderr


def test_folder_without_a_guideline_is_reported(tmp_path: Path) -> None:
    result = check("-g", str(tmp_path), "-f", "json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["findings"]
    assert found["name"] == "no-guideline" and "it has no ontology" in found["message"]


def test_json_has_all_parts_of_a_finding(broken: Path) -> None:
    data = json.loads(check("-g", str(broken), "-f", "json", "--no-notes").stdout)
    assert data["failed"] is True and set(data["seconds"]) == {"well made", "sound", "read", "complete", "right"}
    (found,) = data["findings"]
    assert (found["name"], found["severity"]) == ("label-missing", "warning")
    assert found["term"].endswith("#statement-recovery-examination-scan")
    file, line = found["where"].rsplit(":", 1)
    assert (
        "ank:statement-recovery-examination-scan a"
        in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    )
    assert "Add rdfs:label" in found["message"], "how to fix it"


def test_sarif_follows_the_standard(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(broken)
    log = json.loads(check("-g", str(broken), "-f", "sarif").stdout)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {r["ruleId"] for r in run["results"]} == set(rules)
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    (found,) = [r for r in run["results"] if r["ruleId"] == "label-missing"]
    (place,) = found["locations"]
    assert found["level"] == "warning"
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "ontology/pathway.ttl", "uriBaseId": "%SRCROOT%"}
    assert place["physicalLocation"]["region"]["startLine"] > 1
    assert place["logicalLocations"][0]["fullyQualifiedName"].endswith("#statement-recovery-examination-scan")


def test_every_rule_of_sarif_says_what_to_do() -> None:
    (run,) = sarif([Finding(name, "text", severity="note") for name in finding_names()], Path(), exit_code=0)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert "://" not in json.dumps(run["tool"]), "no address that only a redirect would lead to"
    assert [rule["id"] for rule in rules] == sorted(finding_names())
    for rule in rules:
        assert rule.keys() == {"id", "shortDescription", "fullDescription", "help", "defaultConfiguration"}
        short, full, words = rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["help"]
        assert full.startswith(short[:-1]) and full.endswith(".") and "\n" not in full
        assert short.count("(") == short.count(")") and not any(c in full + words["text"] for c in ("`", "]("))
        assert words["text"].startswith(f"{full} What to do: ")
        assert f"--explain {rule['id']}`" in words["markdown"] and "](" not in words["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")


@pytest.mark.parametrize(
    ("where", "uri", "region"),
    [
        ("ontology/a b (copy).ttl:3:4", "ontology/a%20b%20%28copy%29.ttl", {"startLine": 3, "startColumn": 4}),
        ("ontology/é.ttl:12", "ontology/%C3%A9.ttl", {"startLine": 12}),
        ("a:b.ttl", "a%3Ab.ttl", None),
        ("", "guideline", None),
    ],
)
def test_place_in_sarif_is_an_address(
    where: str, uri: str, region: dict[str, int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for full in (where, str(tmp_path / where) if where else ""):
        (run,) = sarif([Finding("formatting", "text", full)], Path("guideline"), exit_code=1)["runs"]
        physical = run["results"][0]["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == uri and physical.get("region") == region


def test_place_elsewhere_is_a_whole_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (run,) = sarif([Finding("formatting", "text", "/else where/x.ttl:1")], tmp_path, exit_code=1)["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///else%20where/x.ttl"
    }


# -- names ----------------------------------------------------------------------------------------------------


def test_a_name_is_explained() -> None:
    result = check("--explain", "gap-undeclared", "--explain", "label-missing")
    assert result.exit_code == 0
    assert "gap-undeclared (error)" in result.stdout and "What to do: add or widen a situation" in result.stdout
    assert "label-missing (error, warning)" in result.stdout and "`" not in result.stdout


def test_every_unknown_name_is_refused_with_those_like_it() -> None:
    result = check("--explain", "gap-undeclard", "--explain", "label-missing", "--explain", "zzz")
    assert result.exit_code == 2 and not result.stdout
    assert "gap-undeclard is no name of a finding. Did you mean gap-undeclared" in result.stderr
    assert "zzz is no name of a finding.\n" in result.stderr


def test_all_names_are_listed() -> None:
    lines = check("--names").stdout.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == finding_names().keys()


def test_mutants_and_watching_do_not_go_together(folder: Path) -> None:
    result = check("-g", str(folder), "--watch", "--mutate")
    assert result.exit_code == 2 and "--mutate" in result.stderr


# -- watching -------------------------------------------------------------------------------------------------


def test_watch_reacts_only_to_changes(folder: Path) -> None:
    files = [folder / "ontology" / "catalog-v001.xml", folder / "cases" / "new.json", folder / "shapes" / "record.ttl"]
    edits = iter([None, files[0], None, None, files[1], files[2], None])

    def sleep(_: float) -> None:
        try:
            file = next(edits)
        except StopIteration:
            raise KeyboardInterrupt from None
        if file:
            file.write_text("changed", encoding="utf-8")

    seen = []
    with pytest.raises(KeyboardInterrupt):
        for state in commands.changes(folder, sleep=sleep):
            seen.append(state)
    assert len(seen) == 1 + len(files)


def test_deleted_file_is_a_change(folder: Path) -> None:
    changes = commands.changes(folder, sleep=lambda _: (folder / "cases" / "pathway.json").unlink())
    first, second = next(changes), next(changes)
    assert len(second) == len(first) - 1


def documents(out: Any) -> Iterator[dict[str, Any]]:
    text = ""
    for line in out:
        text += line
        if line == "}\n":
            yield json.loads(text)
            text = ""


@pytest.mark.slow
def test_watch_reports_after_each_edit(folder: Path) -> None:
    command = [sys.executable, "-m", "lrp_kg.cli", "check", "--watch", "-g", str(folder), "-f", "json", "--no-notes"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        # a shell that runs the tests in the background has its children ignore Ctrl+C
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as run:
        try:
            reports = documents(run.stdout)
            assert [f["name"] for f in next(reports)["findings"]] == []
            edit(folder, LABELS, '"scan"@en')
            assert [f["name"] for f in next(reports)["findings"]] == ["label-missing"]
            edit(folder, "ank:statement-recovery-examination-scan a", "ank:statement-recovery-examination-scan")
            assert "turtle-syntax" in [f["name"] for f in next(reports)["findings"]]
            shutil.copy(ANKLE / "ontology" / "pathway.ttl", folder / "ontology" / "pathway.ttl")
            start = time.monotonic()
            assert [f["name"] for f in next(reports)["findings"]] == []
            assert time.monotonic() - start < 30
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == 0
        finally:
            run.kill()
