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

from lrp_kg.cli import check as commands
from lrp_kg.cli import main
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
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {r["ruleId"] for r in run["results"]} == set(rules)
    (found,) = [r for r in run["results"] if r["ruleId"] == "label-missing"]
    (place,) = found["locations"]
    assert found["level"] == "warning"
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "ontology/pathway.ttl"
    assert place["physicalLocation"]["region"]["startLine"] > 1
    assert place["logicalLocations"][0]["fullyQualifiedName"].endswith("#statement-recovery-examination-scan")


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
