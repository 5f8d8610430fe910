"""Where the system is not Linux, commands work or say so: played by hiding what other systems lack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ANKLE

ELSEWHERE = """
import os, signal, sys, urllib.request
sys.platform = "darwin"
for name in ("fcntl", "resource"):
    sys.modules[name] = None
for module, names in ((os, ("sched_getaffinity", "pidfd_open", "memfd_create")), (signal, ("pidfd_send_signal",))):
    for name in names:
        vars(module).pop(name, None)
from lrp_kg.cli import main
main()
"""


def run(*line: str) -> subprocess.CompletedProcess[str]:
    settings = {k: v for k, v in os.environ.items() if not k.startswith("LRP_") or k == "LRP_CACHE"}
    settings |= {"LRP_GUIDELINE": str(ANKLE)}
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *line], capture_output=True, text=True, env=settings, timeout=50, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "query criteria-by-edition",
        "load {record} --store {store}",
        "serve --port 0",
        "query -f {query} --records {record}",
    ],
)
def test_command_that_needs_linux_says_so(tmp_path: Path, line: str) -> None:
    (tmp_path / "record.json").write_text('{"assessmentDate": "2024-02-12"}', encoding="utf-8")
    (tmp_path / "q.rq").write_text("ASK {}", encoding="utf-8")
    done = run(*line.format(record=tmp_path / "record.json", store=tmp_path / "store", query=tmp_path / "q.rq").split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "This needs Linux: Stores, queries and the service do not run on darwin. Run them on Linux: in a container"
    )
    assert done.stderr.count("\n") <= 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["assess {record} -f json", "validate {record}", "queries", "ids", "draw", "synthesise 2", "compile"]
)
def test_other_commands_work(tmp_path: Path, line: str) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"assessmentDate": "2024-02-12"}), encoding="utf-8")
    done = run(*line.format(record=tmp_path / "record.json").split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or line.startswith("queries")
