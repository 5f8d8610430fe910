"""When a rule holds: its first and last day, and the date fields that have to lie between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Validity:
    """The first and last day of a rule, ``None`` where that side is open; every date field of ``by`` lies between.

    Where other dates have other days, these are ``further`` periods: a rule is valid where all of them are kept.
    """

    first: date | None
    last: date | None
    by: tuple[str, ...]
    further: tuple[Validity, ...] = ()

    @property
    def every(self) -> tuple[Validity, ...]:
        """The period itself and the further ones."""
        return (self, *self.further)

    @property
    def fields(self) -> tuple[str, ...]:
        """The date fields that say whether the rule is valid."""
        return tuple(name for period in self.every for name in period.by)
