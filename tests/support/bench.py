"""Guidelines that tests edit and check again and again; an edit is data: a place, and what is there instead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lrp_kg.authoring.check.stages import CheckResult, run
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.findings import Finding
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE, ROOT

GOOD = {"ankle-sprain": ANKLE, "low-back-pain": ROOT}
"""Guidelines without a fault, by name."""
KEPT_BY_CHECKS = ("cases", "formatted", "languages", "shapes", "sound-conditions", "validity")
"""Folders of the cache in which one check keeps results for the next."""
Fault = dict[str, Any]


def copy(folder: Path, name: str) -> Path:
    """Copy what `check` reads of a good guideline."""
    return guideline_copy(folder, GOOD[name], ("ontology", "shapes", "cases", "tests/cases"))


def put(folder: Path, edit: dict[str, Any]) -> None:
    """Make one edit of a copy of a guideline.

    ``file`` with ``find`` and ``replace``: the text is there once. Or with ``append``, or with ``text``, all that the
    file then holds; ``from``, the file that it is a copy of; ``encoding``, in which it is then written; ``delete``.
    """
    file = folder / edit["file"]
    if "from" in edit:
        file.write_bytes((folder / edit["from"]).read_bytes())
    if "find" in edit:
        replace_once(file, edit["find"], edit["replace"])
    if "append" in edit:
        file.write_text(file.read_text(encoding="utf-8") + edit["append"], encoding="utf-8")
    if "text" in edit:
        file.write_text(edit["text"], encoding="utf-8")
    if "encoding" in edit:
        file.write_bytes(file.read_text(encoding="utf-8").encode(edit["encoding"], errors="replace"))
    if edit.get("delete"):
        file.unlink()


def guideline_of(fault: Fault) -> str:
    """Return the name of the guideline that a fault is put into."""
    return str(fault.get("guideline", "ankle-sprain"))


def edits_of(fault: Fault) -> Iterator[dict[str, Any]]:
    """Yield the edits that a fault is: that of the table itself, then those of its list."""
    if "file" in fault:
        yield fault
    yield from fault.get("edits", ())


class Bench:
    """A guideline that tests edit and check again and again, with the cache of the checks before."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = copy(folder, name)
        self.good = {f: f.read_bytes() for f in self._files()}
        self.cache = CheckCache()

    def _files(self) -> list[Path]:
        return [f for f in self.folder.rglob("*") if f.is_file()]

    def restore(self) -> None:
        """Undo every edit."""
        for file in self._files():
            if file not in self.good:
                file.unlink()
        for file, text in self.good.items():
            if not file.is_file() or file.read_bytes() != text:
                file.write_bytes(text)

    def result(self) -> CheckResult:
        """Return the result of an incremental check."""
        return run(self.folder, hermit=False, cache=self.cache)

    def look(self) -> list[Finding]:
        """Return the findings of an incremental check."""
        return list(self.result().findings)

    def fresh(self) -> list[Finding]:
        """Return the findings of a check that knows of no other."""
        with nothing_kept():
            return self.in_new_process()

    def in_new_process(self) -> list[Finding]:
        """Return the findings of a check that knows only what earlier ones kept on disk."""
        return list(run(self.folder, hermit=False).findings)

    def check(self) -> list[Finding]:
        """Return the findings, which a check in a new process, one after others and a fresh one must agree on."""
        cold, again, fresh = self.in_new_process(), self.look(), self.fresh()
        wanted = sorted(map(repr, fresh))
        assert sorted(map(repr, again)) == wanted
        assert sorted(map(repr, cold)) == wanted
        return again


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Hide what earlier checks kept on disk, but not the diagrams of decisions, which take long."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for kind in Path(os.environ["LRP_CACHE"]).iterdir():
            if kind.name not in KEPT_BY_CHECKS:
                (Path(folder) / kind.name).symlink_to(kind)
        patch.setenv("LRP_CACHE", folder)
        yield


def place(finding: Finding) -> tuple[str, str]:
    """Return the file of a finding and the text of the line it points to."""
    file, *numbers = finding.where.split(":")
    text = Path(file).read_text(encoding="utf-8", errors="replace") if Path(file).is_file() else ""
    lines = text.splitlines()
    number = int(numbers[0]) if numbers else 0
    return file, lines[number - 1] if 0 < number <= len(lines) else ""
