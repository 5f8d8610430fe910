"""The head of a CSV file: the names of its columns, and what separates them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from lrp_kg.errors import CohortError
from lrp_kg.record.limits import TEXT
from lrp_kg.record.lines import LONGEST
from lrp_kg.words import error as say

DELIMITERS = (",", ";", "\t", "|")
"""What separates the columns of CSV: of these the one that its first line has most often."""
_LINES = 5
"""Lines on which one name can go on."""
_BEGUN = r'"[^"]*(?:""[^"]*)*'
_QUOTED = re.compile(_BEGUN + r'"(?!")')
_SEEN = re.compile(rf'(?<![^{"".join(DELIMITERS)}]){_BEGUN}(?:"|\Z)')
"""A name in quotation marks, also one that goes on, in a line of which the delimiter is not known."""


@dataclass(frozen=True)
class CsvHead:
    """The names of the columns of CSV, and what separates them."""

    names: list[str]
    delimiter: str


def head_of_csv(path: Path) -> CsvHead:
    """Return the head of a CSV file: its first line, with the lines on which a name in quotation marks goes on.

    Raises `CohortError` where there is no such head, `OSError`, and `csv.Error` where a name is longer than Python
    reads. A name that goes on for long has no end, and takes rows for a part of it: the error says nothing of them.
    """
    with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as stream:
        head = stream.readline(LONGEST)
        while rest := _rest(head, delimiter := _delimiter_of(head)):
            line = stream.readline(LONGEST)
            if not line or len(rest) > TEXT or len(rest.splitlines()) >= _LINES or _QUOTED.match(rest):
                raise say(CohortError, "error-cohort-name", file=str(path))
            head += line
    if not head.strip():
        raise say(CohortError, "error-cohort-empty", file=str(path))
    if not head.isascii() and any("\ud800" <= character <= "\udfff" for character in head):
        raise say(CohortError, "error-cohort-text", file=str(path))
    return CsvHead(next(csv.reader([head], delimiter=delimiter)), delimiter)


def _delimiter_of(head: str) -> str:
    """Return what separates the names of a head, outside quotation marks."""
    return max(DELIMITERS, key=_SEEN.sub("", head).count)


def _rest(head: str, delimiter: str) -> str:
    """Return the names of a head from the first one on that does not end as it begins: with a quotation mark."""
    name = re.compile(rf'(?:{_BEGUN}"|(?!")[^{delimiter}\r\n]*)(?=[{delimiter}\r\n]|\Z)')
    place = 0
    while found := name.match(head, place):
        place = found.end()
        if not head.startswith(delimiter, place):
            return ""
        place += 1
    return head[place:]
