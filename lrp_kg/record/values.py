"""What a value of JSON or Python is taken for: the table in `docs/record.md`; nothing else is guessed."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?Z?", re.ASCII)


def plain(value: Any) -> Any:
    """Return a value as JSON has it, ``None`` where it is unknown; what JSON does not have stays what it is.

    Objects of numpy and pandas are known by what they can do, so that neither is imported.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return str(value) if isinstance(value, str) else value
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library == "numpy" and getattr(value, "shape", None) == ():
        value = value.astype("datetime64[us]").item() if kind.__name__ == "datetime64" else value.item()
    elif library == "pandas" and kind.__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124 - only NaN is not itself
    if isinstance(value, datetime):
        text = value.isoformat()
        return day_of(text.removesuffix("+00:00") if value.utcoffset() == timedelta(0) else text)
    return value.isoformat() if isinstance(value, date) else value


def day_of(text: str) -> str:
    """Return the day of a date-time at midnight; other text as it is."""
    match = _MIDNIGHT.fullmatch(text)
    return match[1] if match else text


def whole(number: float) -> int | float:
    """Return a number without a fraction as an integer."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
