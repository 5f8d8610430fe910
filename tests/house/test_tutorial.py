"""The commands and edits of the tutorial work, in order, for a reader who has what `make install` installs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lrp_kg.authoring.cases.files import case_files
from tests.support.commands import run_line
from tests.support.lowest import dependencies
from tests.support.paths import ROOT

BLOCK = re.compile(r"^```(sh|diff)( fails)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [*BLOCK.finditer((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))]
EDITED = "H-fedris-prevention.json"
"""The cases of the programme that the tutorial edits; where commands run in this process the others are left out."""


def keep_few_cases(folder: Path) -> None:
    for file in case_files(folder) if folder.is_dir() else ():
        if file.name != EDITED:
            file.unlink()


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


def test_tutorial_uses_nothing_that_a_reader_lacks() -> None:
    lines = [line for block in BLOCKS if block[1] == "sh" for line, _ in commands(block[3])]
    assert len(lines) > 15
    programs = {part.split()[0] for line in lines for part in re.split(r"\||&&", line.replace("echo '", "echo "))}
    assert programs == {"lrp-kg", "echo", "cp", "rm"}
    assert not [line for line in lines if "$" in line], "a variable that nothing sets"
    assert any(d.startswith("turtlefmt>") for d in dependencies()), "lrp-kg format runs it"


@pytest.mark.parametrize(
    "processes",
    [
        pytest.param(False, id="here", marks=pytest.mark.slow),
        pytest.param(True, id="processes", marks=pytest.mark.long),
    ],
)
def test_commands_and_edits_of_the_tutorial_work(processes: bool, tmp_path: Path, cache_folder: str) -> None:
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "COLUMNS": "400",
        "LRP_CACHE": cache_folder,
    }
    assert len(BLOCKS) > 10
    for block in BLOCKS:
        kind, fails, body = block.groups()
        if kind == "diff":
            edit(body, tmp_path)
            continue
        for command, expected in commands(body):
            code, printed = run_line(command, tmp_path, environment, processes=processes)
            assert code == (1 if fails else 0), f"{command}\n{printed}"
            for words in expected:
                assert words in printed, f"{command} does not say {words!r}:\n{printed[-3000:]}"
            if not processes and "low-back-pain" in command:
                keep_few_cases(tmp_path / "low-back-pain")
