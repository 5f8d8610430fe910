"""A guideline's own test cases: JSON lists of ``{id, note, record, expect}`` in ``cases/`` or ``tests/cases/``.

A record and what the answer to it says, worked out from the source and not from the program. What an expectation
means is in `lrp_kg.authoring.cases.expectations`; here they are read, each with its file and line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrp_kg.authoring.cases.expectations import Part, parts_of
from lrp_kg.authoring.cases.names import Names
from lrp_kg.errors import LrpError, UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.record.strict_json import parse_json
from lrp_kg.text_files import merge_mark, read_text, visible

PLACES = ("cases", "tests/cases")
"""Where a guideline folder keeps its cases; both are read."""
_KEYS = ("id", "note", "record", "expect")


@dataclass(frozen=True)
class Case:
    """A record and what is expected of the answer; ``parts`` are the expectations one by one."""

    id: str
    note: str
    record: Mapping[str, Any]
    expect: Mapping[str, Any]
    where: str
    parts: tuple[Part, ...]
    text: str

    @property
    def invalid(self) -> bool:
        """Return whether the record is expected to be refused."""
        return bool(self.expect.get("invalid"))


@dataclass(frozen=True)
class CaseSet:
    """The well-formed cases of a folder, and what is wrong with the others."""

    folder: Path
    files: tuple[Path, ...]
    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]


def case_files(folder: Path) -> list[Path]:
    """Return the files with the cases of a guideline folder."""
    return [file for place in PLACES for file in visible(folder / place, "*.json")]


def load_cases(folder: Path | str, guideline: Guideline | None = None) -> CaseSet:
    """Read all cases of a guideline folder; what is malformed becomes a finding, and so does having none.

    ``guideline`` is the one of the folder where it is at hand, else it is read; raises `GuidelineError` if it
    cannot be.
    """
    path = Path(folder)
    reader = _CaseReader(Names(guideline or load_guideline(path)))
    files = case_files(path)
    for file in files:
        reader.read(file)
    if not reader.cases and not reader.findings:
        reader.findings.append(
            Finding(
                "no-cases",
                "The guideline has no test cases. Write some: cases/*.json, each a list of "
                '{"id", "note", "record", "expect"}.',
                str(path),
            )
        )
    return CaseSet(path, tuple(files), tuple(reader.cases.values()), tuple(reader.findings))


class _CaseReader:
    """Reads files of cases."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.cases: dict[str, Case] = {}
        self.findings: list[Finding] = []

    def complain(self, name: str, where: str, message: str) -> None:
        self.findings.append(Finding(name, message, where))

    def read(self, file: Path) -> None:
        try:
            text = read_text(file)
        except UnreadableFile as error:
            self.complain("file-not-readable", error.where(file), error.message)
            return
        try:
            items = positions(text)
        except json.JSONDecodeError as error:
            merge = merge_mark(text)
            line = text.count("\n", 0, merge[1]) + 1 if merge else error.lineno
            message = merge[0] if merge else f"{error.msg}. A file of cases is one JSON list."
            self.complain("case-syntax", f"{file}:{line}:{1 if merge else error.colno}", message)
            return
        if not items:
            self.complain("no-cases", str(file), "The file has no cases. Add one, or remove the file.")
        for line, part in items:
            where = f"{file}:{line}"
            try:
                self.case(part, where)
            except LrpError as error:
                self.complain("case-syntax", where, error.message)

    def case(self, text: str, where: str) -> None:
        data: Any = parse_json(text)
        if not isinstance(data, dict):
            self.complain("case-malformed", where, "A case is an object with id, note, record and expect.")
            return
        ident = data.get("id")
        problems = [f"{key} is missing" for key in _KEYS if key not in data]
        problems += [f"{key} is no key of a case{self.names.like(key, _KEYS)}" for key in data if key not in _KEYS]
        for key, kind in (("id", str), ("note", str), ("record", dict), ("expect", dict)):
            if key in data and not isinstance(data[key], kind):
                problems.append(f"{key} is not {'a text' if kind is str else 'an object'}")
            elif key in data and key != "record" and not data[key]:
                problems.append(f"{key} is empty")
        name = ident if isinstance(ident, str) and ident else "a case"
        if problems or not isinstance(ident, str):
            self.complain("case-malformed", where, f"{name}: {'; '.join(problems)}.")
            return
        if ident in self.cases:
            message = f"{ident}: this id is already used at {self.cases[ident].where}. Give each case its own."
            self.complain("case-id-twice", where, message)
            return
        wrong = self.names.problems(data["expect"])
        for finding, message in wrong:
            self.complain(finding, where, f"{ident}: {message}")
        if not wrong:
            self.cases[ident] = Case(
                id=ident,
                note=data["note"],
                record=data["record"],
                expect=data["expect"],
                where=where,
                parts=tuple(parts_of(data["expect"], self.names)),
                text=text,
            )


def positions(text: str) -> list[tuple[int, str]]:
    """Return the items of a JSON list, each as text with the number of its first line.

    JSON parsers forget where a value stood, so the list is walked item by item.
    """
    decoder = json.JSONDecoder()
    at = _blank(text, 0)
    if text[at : at + 1] != "[":
        raise json.JSONDecodeError("Expecting a list", text, at)
    found: list[tuple[int, str]] = []
    at = _blank(text, at + 1)
    while text[at : at + 1] != "]":
        if found:
            if text[at : at + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
            at = _blank(text, at + 1)
        _, end = decoder.raw_decode(text, at)
        found.append((text.count("\n", 0, at) + 1, text[at:end]))
        at = _blank(text, end)
    rest = _blank(text, at + 1)
    if rest < len(text):
        raise json.JSONDecodeError("Extra data", text, rest)
    return found


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
