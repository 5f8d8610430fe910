"""Copies of guidelines for tests to edit, and the cases of guidelines."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
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
    """Return the records of the cases that are not about an invalid record, in the form that every format has."""
    return [spelled_out(case["record"]) for case in cases(folder) if not case["expect"].get("invalid")]


def spelled_out(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what only JSON may say otherwise: months, years, ranges, times at midnight, 30.0."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        ends = value
        if isinstance(value, str) and re.fullmatch(r"\d{4}(-\d{2})?", value):
            year, month = int(value[:4]), int(value[5:] or 0)
            last = date(year + (month in (0, 12)), month % 12 + 1, 1) - timedelta(1)
            ends = {"earliest": date(year, month or 1, 1).isoformat(), "latest": last.isoformat()}
        if isinstance(ends, dict):
            found |= {f"{name}{end.title()}": day for end, day in ends.items()}
        elif isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}T00:00:00", value):
            found[name] = value[:10]
        else:
            found[name] = int(value) if isinstance(value, float) else value
    return found
