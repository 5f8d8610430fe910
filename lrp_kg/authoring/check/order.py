"""Puts the findings of a check in the order in which an author reads them, and folds what says the same again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lrp_kg.findings import Finding

CASE_FAILED = "case-failed"
"""The name of the finding about a case whose answer is not as expected."""
OF_CASES = (CASE_FAILED, "unknown-expectation")
"""Names of findings about cases that often follow from an error in the guideline."""
LISTED = 10
"""Findings of one name that are listed."""
LINES = 40
"""Lines that a list of findings aims at; of each name fewer are listed where there are many names."""
_FOLLOWING = {
    **dict.fromkeys(("file-empty", "prefix-differs", "ontology-repeated", "term-repeated"), -2),
    **dict.fromkeys(("term-not-declared", "wrong-kind", "literal-malformed"), -1),
    **dict.fromkeys(("catalogue-incomplete", "catalogue-stale", "header-dates", "edition-not-chosen"), 1),
    **dict.fromkeys(("shape-not-usable", "property-of-no-kind", "value-of-two-lists", "value-settles-nothing"), -1),
    **dict.fromkeys(("gap-undeclared", "overlap-undeclared"), 1),
    **dict.fromkeys(("dead-option", "option-swallowed"), 2),
}
"""Names of findings that others of the same stage often follow from, below 0, and of those that often follow."""
_STAGES = {"well made": 0, "read": 1, "sound": 2, "complete": 3, "right": 4}
_PLACE = re.compile(r"(?P<file>.*?):(?P<line>\d+)(:\d+)?")
_SEVERITIES = {"error": 0, "warning": 1, "note": 2}
_AFTER_WARNINGS = dict.fromkeys(OF_CASES, 1.4) | {"formatting": 1.6}
"""Cases that are not as expected come after the warnings, which may be the cause; how a file is laid out is none."""


def in_order(stages: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """Return findings once each: errors first, then in the order of the stages that report them, then by place.

    What cannot be read comes before what reasoning finds: a reasoner reads more than the engine does.
    """
    ranked: dict[tuple[str, str, str], tuple[int, Finding]] = {}
    for rank, stage in enumerate(sorted(stages, key=lambda name: _STAGES.get(name, len(_STAGES)))):
        for f in stages[stage]:
            ranked.setdefault((f.name, f.where, f.message), (rank, f))

    def key(found: tuple[int, Finding]) -> tuple[float, int, int, str, int, str]:
        rank, f = found
        severity = _AFTER_WARNINGS.get(f.name, _SEVERITIES.get(f.severity, 3))
        return (severity, rank, _FOLLOWING.get(f.name, 0), *_line(f.where), f.name)

    return [f for _, f in sorted(ranked.values(), key=key)]


@dataclass(frozen=True)
class Listed:
    """The findings that are listed, and how many of each name are not; ``notes`` are those left out for the errors."""

    findings: tuple[Finding, ...]
    folded: dict[str, int]
    notes: int = 0


def folded(findings: Sequence[Finding]) -> Listed:
    """Return what to list of findings in order, so that the causes are on one screen.

    Where there are errors, notes are left out, and cases that fail are only counted if an error has another cause.
    """
    errors = any(f.severity == "error" for f in findings)
    apart = [f for f in findings if not errors or f.severity != "note"]
    caused = any(f.severity == "error" and f.name not in OF_CASES for f in findings)
    kept = [f for f in apart if not (caused and f.name in OF_CASES)]
    most = next((n for n in (LISTED, 6, 4, 3, 2) if _lines(_first(kept, n)) <= LINES), 1)
    listed = _first(kept, most)
    rest = Counter(f.name for f in apart) - Counter(f.name for f in listed)
    shown = tuple(replace(f, message=_shorter(f.message)) if most < LISTED else f for f in listed)
    return Listed(shown, dict(rest), len(findings) - len(apart))


def _first(findings: Iterable[Finding], most: int) -> list[Finding]:
    """Return the first findings of each name, each finding where it was."""
    seen: Counter[str] = Counter()
    found = []
    for f in findings:
        seen[f.name] += 1
        if seen[f.name] <= most:
            found.append(f)
    return found


def _lines(findings: Iterable[Finding]) -> int:
    return sum(_shorter(f.message).count("\n") + 1 for f in findings)


def _shorter(message: str, most: int = 4) -> str:
    lines = message.split("\n")
    return "\n".join([*lines[:most], f"  ... and {len(lines) - most} lines"] if len(lines) > most + 1 else lines)


def _line(where: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(where)
    return (found["file"], int(found["line"])) if found else (where, 0)
