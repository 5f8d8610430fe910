"""A new process answers a valid record without what only judges or serves: it is read from what is kept on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RECORD = Path(__file__).parents[2] / "examples" / "first-visit.json"
NOT_NEEDED = ("rdflib", "pyshacl", "owlrl", "flask", "dateutil", "importlib.metadata", "tomllib", "numpy", "pandas")
CODE = """
import json, sys
from lrp_kg.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    print(json.dumps([end.code, sorted(set(sys.modules) & set({names!r}))]), file=sys.stderr)
"""


def run(*arguments: str) -> tuple[int, list[str], str]:
    code = CODE.format(arguments=list(arguments), names=list(NOT_NEEDED))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, found = json.loads(done.stderr.splitlines()[-1])
    return number, found, done.stdout


@pytest.mark.slow
def test_a_valid_record_needs_no_judge(cache_folder: str, tmp_path: Path) -> None:
    command = ("assess", str(RECORD), "--format", "json")
    first = run(*command)
    again = run(*command)
    assert again == (0, [], first[2])
    assert run("validate", str(RECORD))[:2] == (0, [])
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**json.loads(RECORD.read_text(encoding="utf-8")), "redFlags": "x"}), encoding="utf-8")
    number, imported, _ = run("validate", str(wrong))
    assert number == 1
    assert {"rdflib", "pyshacl"} <= set(imported)
