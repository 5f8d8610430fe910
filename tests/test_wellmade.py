"""``check`` tells of every kind of fault: each one of `broken/faults.toml` by name and place, and of nothing else."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lrp_kg.checking import check
from lrp_kg.findings import Finding

HERE = Path(__file__).parent
GOOD = {"ankle-sprain": HERE / "guidelines" / "ankle-sprain", "low-back-pain": HERE.parent}
PARTS = ("ontology", "shapes", "cases", "tests/cases")
Fault = dict[str, Any]
FAULTS: list[Fault] = tomllib.loads((HERE / "broken" / "faults.toml").read_text(encoding="utf-8"))["fault"]
KEYS = {"id", "guideline", "file", "find", "replace", "finding", "at", "line", "also"}


def copy(folder: Path, name: str) -> Path:
    """Copy what `check` reads of a good guideline."""
    for part in PARTS:
        if (GOOD[name] / part).is_dir():
            shutil.copytree(GOOD[name] / part, folder / part)
    return folder


def broken(folder: Path, fault: Fault) -> Path:
    """Copy a good guideline and put one fault in it."""
    copy(folder, fault.get("guideline", "ankle-sprain"))
    file = folder / fault["file"]
    text = file.read_text(encoding="utf-8")
    assert text.count(fault["find"]) == 1, "the text to replace stands exactly once"
    file.write_text(text.replace(fault["find"], fault["replace"]), encoding="utf-8")
    return folder


def place(finding: Finding) -> tuple[str, str]:
    """Return the file of a finding and the text of the line it points to."""
    file, *numbers = finding.where.split(":")
    lines = Path(file).read_text(encoding="utf-8").splitlines() if Path(file).is_file() else []
    number = int(numbers[0]) if numbers else 0
    return file, lines[number - 1] if 0 < number <= len(lines) else ""


def test_the_faults_are_well_formed() -> None:
    assert len(FAULTS) >= 40
    assert len({fault["id"] for fault in FAULTS}) == len(FAULTS)
    assert all(set(fault) <= KEYS and fault["find"] != fault["replace"] for fault in FAULTS)
    assert len({fault["finding"] for fault in FAULTS}) >= 40


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(f, id=f["id"], marks=[pytest.mark.slow] if f.get("guideline") == "low-back-pain" else [])
        for f in FAULTS
    ],
)
def test_a_fault_is_told_by_name_and_place(fault: Fault, tmp_path: Path) -> None:
    folder = broken(tmp_path / "guideline", fault)
    found = [f for f in check(folder, cases=True, hermit=False) if f.severity != "note"]
    told = [f for f in found if f.name == fault["finding"]]
    assert told, [(f.name, f.where, f.message) for f in found]
    wanted = str(folder / fault.get("at", fault["file"]))
    places = [place(f) for f in told]
    assert any(file == wanted and fault.get("line", "") in line for file, line in places), places
    others = {f.name for f in found} - {fault["finding"], *fault.get("also", ())}
    assert not others, [(f.name, f.where, f.message) for f in found if f.name in others]


@pytest.mark.parametrize("name", GOOD)
def test_no_false_alarm(name: str) -> None:
    assert [f for f in check(GOOD[name], cases=True, hermit=False) if f.severity != "note"] == []
