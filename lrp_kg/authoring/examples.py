"""Finds example records that the shapes accept: other values of the same kind are tried, and fields that are demanded.

What is tried next follows from what was reported: a value of a field about which there was a problem is avoided, and a
field that is not there and about which there was one is added.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.logic.example_record import TODAY

Record = dict[str, Any]
TRIES = 40
"""Records that are validated for one that is accepted."""
POOL = 400
"""Records among which the next to be validated is chosen."""


@dataclass(frozen=True)
class ValidExample:
    """A record that is accepted; ``None`` where none of those ``tried`` is, with what the first of them lacks."""

    record: Mapping[str, object] | None
    problem: Finding | None = None
    tried: int = 1

    @property
    def text(self) -> str:
        """Return the end of a sentence about records of this kind."""
        if self.record is not None:
            return f", for example {json.dumps(self.record, ensure_ascii=False)}"
        said = f"{self.problem.field}: {self.problem.message}".rstrip(".") if self.problem else ""
        return f"; none of {self.tried} records of this kind is valid ({said}): correct the shape or the condition"


class ValidExamples:
    """Finds accepted records of a guideline; ``problems`` are those of a record, none where it is accepted."""

    def __init__(self, guideline: Guideline, problems: Callable[[Record], Sequence[Finding]]) -> None:
        self._fields = guideline.field_names
        self._problems = problems

    def first(self, candidates: Iterable[Record]) -> ValidExample:
        """Return the first candidate, in the order of preference, that is accepted as it is or completed."""
        rest = iter(candidates)
        pool = list(islice(rest, 1))
        blamed: Counter[tuple[str, str]] = Counter()
        first: Finding | None = None
        tried = 0
        while pool and tried < TRIES:
            record = min(pool, key=lambda r: sum(blamed[name, repr(value)] for name, value in r.items()))
            pool.remove(record)
            problems = self._problems(record)
            tried += 1
            if not problems:
                return ValidExample(record)
            if first is None:
                first = problems[0]
                pool += islice(rest, POOL)
            names = {f.field for f in problems if f.field in self._fields}
            blamed.update((name, repr(record[name])) for name in names if name in record)
            missing = sorted(name for name in names if name not in record)
            pool[:0] = self._completed(record, missing[0]) if missing else ()
        return ValidExample(None, first, tried)

    def _completed(self, record: Record, name: str) -> Iterator[Record]:
        """Yield a record with one field more."""
        days = sorted({v for v in record.values() if isinstance(v, str) and v[:4].isdigit() and v.count("-") == 2})
        for value in _values(self._fields[name], days):
            yield record | {name: value}


def _values(field: Field, days: Sequence[str]) -> list[object]:
    """Return values of a field, the days among those that a record has."""
    if field.kind == "date":
        return list(dict.fromkeys((*days[-1:], *days[:1], TODAY.isoformat())))
    if field.kind == "boolean":
        return [False, True]
    if field.kind == "value":
        return [v.id for v in field.values]
    if field.kind == "values":
        return [[], *([v.id] for v in field.values)]
    if field.kind == "integer":
        bounds = [b for b in (field.low, field.high) if b is not None]
        return list(bounds) or [0]
    return ["a"]
