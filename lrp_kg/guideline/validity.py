"""When a rule holds: its first and last day, and the date fields that have to lie between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Validity:
    """The first and last day of a rule, ``None`` where that side is open; every date field of ``by`` lies between."""

    first: date | None
    last: date | None
    by: tuple[str, ...]
