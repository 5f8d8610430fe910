"""What a value of JSON is taken for: the table in `docs/record.md`; nothing else is guessed."""

from __future__ import annotations

import re

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?Z?", re.ASCII)


def day_of(text: str) -> str:
    """Return the day of a date-time at midnight; other text as it is."""
    match = _MIDNIGHT.fullmatch(text)
    return match[1] if match else text


def whole(number: float) -> int | float:
    """Return a number without a fraction as an integer."""
    return int(number) if number.is_integer() and abs(number) < 10**18 else number
