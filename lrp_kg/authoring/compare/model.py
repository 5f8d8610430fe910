"""What a comparison finds, as pure data; nothing here knows a language or a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from lrp_kg.guideline.criteria import Expression
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.words import Text


class Level(IntEnum):
    """The part of a version number that a change raises."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """Return none, patch, minor or major."""
        return self.name.lower()


@dataclass(frozen=True)
class Edit:
    """One difference between two definitions of a class.

    ``what`` is threshold, operator, negation, added, removed or replaced.
    For a threshold ``bound`` is min or max, and ``before`` and ``after`` are both included; ``None`` is no bound.
    """

    what: str
    field: str = ""
    bound: str = ""
    before: Expression | int | str | None = None
    after: Expression | int | str | None = None


@dataclass(frozen=True)
class Change:
    """A change of one term. ``what`` happened to which attribute (``of``); IRIs and literals as in the files."""

    term: str
    id: str
    kind: str
    what: str
    level: Level
    of: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    language: str = ""
    place: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    through: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Literal:
    """The cells that a condition allows of one input: values, or ranges of integers, both ends included.

    ``old`` is an input as the old version has it, where the new one has another of that name.
    """

    field: str
    values: tuple[str | bool, ...] = ()
    ranges: tuple[tuple[int | None, int | None], ...] = ()
    absent: bool = False
    old: bool = False


@dataclass(frozen=True)
class Region:
    """Records that are answered differently. ``before`` or ``after`` is ``None`` where that side refuses them.

    ``conditions`` together are exactly the region, each with its number of combinations of cells; they may overlap.
    ``example`` is a record of it that a version accepts, or ``None`` where none was found.
    """

    before: Outcome | None
    after: Outcome | None
    combinations: int
    conditions: tuple[tuple[tuple[Literal, ...], int], ...]
    example: Mapping[str, object] | None
    valid: tuple[bool, bool]

    @property
    def level(self) -> Level:
        """Return the level of the region: old inputs with another answer are a major change."""
        return Level.MINOR if self.before is None else Level.MAJOR


@dataclass(frozen=True)
class Period:
    """When two editions of a programme are those in force, by the first known of some date fields; ``None`` is open."""

    since: date | None
    until: date | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecisionEffect:
    """How a decision answers differently. ``status`` is same, differs, too-large, added or removed."""

    id: str
    status: str
    combinations: int = 0
    differing: int = 0
    regions: tuple[Region, ...] = ()
    editions: tuple[str, str] = ("", "")
    period: Period | None = None

    @property
    def level(self) -> Level:
        """Return the level of the effect."""
        if self.status in ("removed", "too-large"):
            return Level.MAJOR
        if self.status == "added":
            return Level.MINOR
        return max((r.level for r in self.regions), default=Level.NONE)


@dataclass(frozen=True)
class StatementEffect:
    """A statement of a place that has other words, or is shown in other situations."""

    iri: str
    id: str
    what: str
    of: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class PlaceEffect:
    """A box, the notices of a stage, or an edition, whose statements changed or that is shown in other situations."""

    iri: str
    id: str
    kind: str
    printed: str
    stage: tuple[str, ...]
    what: str
    statements: tuple[StatementEffect, ...] = ()
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Moves:
    """How the records of a cohort move for one decision: (before, after) -> number, and the first such record."""

    id: str
    same: int
    moved: Mapping[tuple[Outcome, Outcome], int]
    first: Mapping[tuple[Outcome, Outcome], int]


COUNTS = ("records", "compared", "changed", "invalidBefore", "invalidAfter", "invalidBoth", "unreadable")


@dataclass(frozen=True)
class CohortEffect:
    """How the records of a cohort move; ``counts`` has a number for each of `COUNTS`."""

    counts: Mapping[str, int]
    decisions: tuple[Moves, ...]


@dataclass(frozen=True)
class FailingCase:
    """A case that is not as expected: its place, and a line for each difference; without ``id`` if it is unreadable."""

    id: str
    note: str
    where: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class CasesEffect:
    """How many cases of the new version were run, and those that fail and did not before."""

    run: int
    failing: tuple[FailingCase, ...]


@dataclass(frozen=True)
class VersionName:
    """A side: its name on the command line, and the identifier, version and label in its files."""

    name: str
    id: str
    version: str
    label: Text


@dataclass(frozen=True)
class Comparison:
    """Everything that differs between two versions of a guideline."""

    old: VersionName
    new: VersionName
    changes: tuple[Change, ...]
    decisions: tuple[DecisionEffect, ...]
    places: tuple[PlaceEffect, ...]
    cohort: CohortEffect | None = None
    cases: CasesEffect | None = None

    @property
    def level(self) -> Level:
        """Return the highest class of all changes and effects."""
        levels = [c.level for c in self.changes] + [d.level for d in self.decisions]
        return max(levels, default=Level.NONE)

    @property
    def next_version(self) -> str:
        """Return the number that the new version should have at least; empty where the old one has no such number."""
        parts = self.old.version.split("-")[0].split("+")[0].split(".")
        if len(parts) != 3 or not all(p.isdigit() for p in parts):
            return ""
        major, minor, patch = map(int, parts)
        return {
            Level.MAJOR: f"{major + 1}.0.0",
            Level.MINOR: f"{major}.{minor + 1}.0",
            Level.PATCH: f"{major}.{minor}.{patch + 1}",
            Level.NONE: self.old.version,
        }[self.level]

    @property
    def differs(self) -> bool:
        """Return whether there is any difference."""
        return self.level != Level.NONE
