"""The commands and edits of the tutorial work, in order."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.commands import run_line
from tests.support.guidelines import CASES, guideline_copy
from tests.support.paths import ROOT

BLOCK = re.compile(r"^```(sh|diff)( fails)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def copy_with_cases(folder: Path) -> Path:
    """The low back pain guideline as a folder of its own, with the cases of the programme that the tutorial edits."""
    (folder / "cases").mkdir(parents=True)
    shutil.copy(CASES / "H-fedris-prevention.json", folder / "cases")
    return guideline_copy(folder, ROOT, ("ontology", "shapes", "queries"))


def edit(block: str, folder: Path) -> None:
    """Replace, in the file after +++, the lines after - by those after +; the first of several such places."""
    for part in re.split(r"^\+\+\+ ", block, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        old = "\n".join(line[1:] for line in body.splitlines() if line.startswith("-"))
        new = "\n".join(line[1:] for line in body.splitlines() if line.startswith("+"))
        file = folder / name.strip()
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


def commands(block: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("# says: "):
            found[-1][1].append(line.removeprefix("# says: "))
        else:
            found.append((line, []))
    return found


@pytest.mark.parametrize(
    "processes",
    [
        pytest.param(False, id="here", marks=pytest.mark.slow),
        pytest.param(True, id="processes", marks=pytest.mark.long),
    ],
)
def test_commands_and_edits_of_the_tutorial_work(processes: bool, tmp_path: Path, cache_folder: str) -> None:
    guideline = copy_with_cases(tmp_path / "low-back-pain")
    environment = {
        **os.environ,
        "GUIDELINE": str(guideline),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "400",
        "LRP_CACHE": cache_folder,
    }
    blocks = list(BLOCK.finditer((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")))
    assert len(blocks) > 10
    for block in blocks:
        kind, fails, body = block.groups()
        if kind == "diff":
            edit(body, tmp_path)
            continue
        for command, expected in commands(body):
            code, printed = run_line(command, tmp_path, environment, processes=processes)
            assert code == (1 if fails else 0), f"{command}\n{printed}"
            for words in expected:
                assert words in printed, f"{command} does not say {words!r}:\n{printed[-3000:]}"
