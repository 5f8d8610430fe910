"""What changes in the rules of one guideline from one day to another, as pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lrp_kg.authoring.compare.aspects import Place
from lrp_kg.authoring.compare.model import Region
from lrp_kg.guideline.model import Caution, Criterion, Edition, Fact, OpenPoint, Option, Programme, Statement, TimeLimit
from lrp_kg.guideline.validity import Validity


@dataclass(frozen=True)
class RoleChange:
    """The criterion that an edition and a later one have for the same role; ``None`` where one has none."""

    id: str
    before: Criterion | None
    after: Criterion | None


@dataclass(frozen=True)
class EditionChange:
    """Two editions of a programme, and who gets another verdict by the later one.

    ``field`` chooses between them. ``status`` is same, differs or too-large. ``regions`` are about records that are
    known as far as both editions ask; ``still_open`` about those that leave open what only the later one asks, which
    are the fields ``asked``. ``answered`` says whether the example of each of these regions gets both verdicts.
    """

    programme: Programme
    before: Edition
    after: Edition
    field: str
    criteria: tuple[RoleChange, ...]
    status: str
    combinations: int = 0
    regions: tuple[Region, ...] = ()
    still_open: tuple[Region, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleChange:
    """A statement, warning or open point that begins or ends, or a time limit or fact (``part``) of one or an option.

    Without ``validity`` it comes or goes with an edition. ``witness`` is a record that it is shown for, on its first
    or last day; ``None`` where none was found.
    """

    what: str
    rule: Statement | Option | Caution | OpenPoint
    part: TimeLimit | Fact | None = None
    validity: Validity | None = None
    witness: Mapping[str, object] | None = None


@dataclass(frozen=True)
class PlaceChange:
    """Places with the same rules that begin or end; an option, a warning or an open point is its own place."""

    places: tuple[Place, ...]
    rules: tuple[RuleChange, ...]


@dataclass(frozen=True)
class DayChange:
    """How the rules of a day differ from those of an earlier one; ``ended`` are editions that nothing follows."""

    before: date
    after: date
    editions: tuple[EditionChange, ...]
    ended: tuple[tuple[Programme, Edition], ...]
    places: tuple[PlaceChange, ...]

    @property
    def differs(self) -> bool:
        """Return whether there is any difference."""
        return bool(self.editions or self.ended or self.places)
