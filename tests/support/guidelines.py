"""Copies of guidelines for tests to edit, and the cases of guidelines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.paths import ANKLE, TESTS

CASES = TESTS / "cases"
"""The folder with the cases of the packaged guideline."""


def guideline_copy(
    folder: Path, source: Path = ANKLE, parts: Iterable[str] = ("ontology", "shapes", "queries", "cases")
) -> Path:
    """Copy those parts of a guideline that it has, and return the folder."""
    for part in parts:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part)
    return folder


def replace_once(file: Path, old: str, new: str) -> None:
    """Replace a text that is in a file exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def cases(folder: Path = CASES) -> list[dict[str, Any]]:
    """Return the cases of all files of a folder."""
    return [case for file in sorted(folder.glob("*.json")) for case in json.loads(file.read_text(encoding="utf-8"))]


def valid_records(folder: Path = CASES) -> list[dict[str, Any]]:
    """Return the records of the cases that are not about an invalid record."""
    return [case["record"] for case in cases(folder) if not case["expect"].get("invalid")]
