"""What a Python caller passes as JSON: the table in `docs/record.md`; what is not in it is a problem that is named.

Objects of numpy and pandas are known by the names of their types, so that neither is imported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lrp_kg.findings import Finding
from lrp_kg.record.limits import FIELDS, problem, shown
from lrp_kg.record.strict_json import LONGEST_INTEGER, MAX_DEPTH
from lrp_kg.record.values import day_of

MOST = 50_000
"""Values and lists in one record beyond which nothing more of it is looked at."""

_ARRAYS = ("Series", "Index", "ExtensionArray")
_SPOILED: dict[str, Any] = {}
"""Is in the place of a value that is not read: no field takes it."""


class NotRead(Exception):
    """A value that is no value of a record; carries the name of a phrase and what fills it."""

    def __init__(self, text: str, **fill: object) -> None:
        super().__init__(text)
        self.text = text
        self.fill = fill


def as_json(record: Any, known: Mapping[str, bool]) -> tuple[dict[str, Any], list[Finding]]:
    """Return a record as JSON, and what is wrong with it as Python; ``known`` says of each field whether it is a date.

    A value that cannot be read is replaced by one that no field takes.
    """
    if _is_json(record):
        return dict(record), []
    data: dict[str, Any] = {}
    findings: list[Finding] = []
    values = _Values()
    try:
        pairs = list(_pairs(record))
    except Exception:  # an object of the caller can raise anything
        return {}, [problem("not-a-record", "python-record", type=_kind(record))]
    for key, value in pairs:
        name = _text(key) if isinstance(key, str) else None
        if name is None:
            findings.append(problem("unknown-field", "python-key", _named(key), type=_kind(key)))
            continue
        if name in data:
            findings.append(problem("more-than-one-value", "python-key-twice", shown(name)))
        try:
            data[name] = values.plain(value, dated=known.get(name, False))
        except NotRead as error:
            data[name] = _SPOILED
            if name in known or name.startswith("@"):
                findings.append(problem("wrong-type", error.text, shown(name), **error.fill))
    return data, findings


def _is_json(record: Any) -> bool:
    """Return whether a record is what most are: a dictionary of which JSON has every key and value as it is."""
    if type(record) is not dict or len(record) > FIELDS:
        return False
    texts = list(record)
    for value in record.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is int:
            if abs(value) >= 10**LONGEST_INTEGER:
                return False
        elif kind is list:
            if len(value) > FIELDS:
                return False
            texts += value
        elif kind is not bool and value is not None:
            return False
    return all([type(text) is str for text in texts]) and "".join(texts).isascii()


def _pairs(record: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(record, Mapping):
        every = getattr(record, "getlist", None) or getattr(record, "getall", None)  # several values of a key
        return [(key, value) for key in record for value in every(key)] if every else record.items()
    if _is(record, "pandas", "Series"):
        return zip(record.index.tolist(), record.tolist(), strict=True)
    raise TypeError


def _named(key: Any) -> str:
    """Return how a key that is no name is shown."""
    if isinstance(key, str):
        return shown(str.__str__(key).encode("utf-8", "replace").decode())
    return str(key) if type(key) in (int, float, bool, type(None)) else f"({_kind(key)})"


def _kind(value: Any) -> str:
    """Return the name of a type as a Python programmer knows it."""
    kind = type(value)
    if value is None:
        return "None"
    return shown(kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}")


def _is(value: Any, library: str, *names: str) -> bool:
    """Return whether a value is of one of these types of a library."""
    return any(k.__name__ in names and k.__module__.partition(".")[0] == library for k in type(value).__mro__)


def _text(value: str) -> str | None:
    """Return the text itself of any kind of string; ``None`` where it has half a character."""
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return text


class _Values:
    """Reads the values of one record, up to a depth and a number."""

    def __init__(self) -> None:
        self._left = MOST
        self._dated = False

    def plain(self, value: Any, *, dated: bool) -> Any:
        """Return a value as JSON has it, ``None`` where it is unknown; raise `NotRead` for what JSON cannot say.

        A date is one only where the field is ``dated``: it is no text.
        """
        self._dated = dated
        try:
            return self._plain(value, 0)
        except NotRead:
            raise
        except Exception:  # an object of the caller can raise anything
            raise NotRead("python-value", type=_kind(value)) from None

    def _plain(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise NotRead("python-large", limit=MOST, depth=MAX_DEPTH)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            text = _text(value)
            if text is None:
                raise NotRead("half-character")
            return text
        if isinstance(value, int):
            return _integer(int.__int__(value))
        if isinstance(value, float):
            return _number(float.__float__(value))
        if isinstance(value, Decimal):
            return _decimal(value)
        if _is(value, "pandas", "NaTType", "NAType"):
            return None
        if isinstance(value, date) and self._dated:
            return _day(value)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)) or _is(value, "pandas", *_ARRAYS):
            return [self._plain(item, depth + 1) for item in _items(value)]
        return self._of_numpy(value, depth)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in value.items():
            name = _text(key) if isinstance(key, str) else None
            if name is None or name in found:
                raise NotRead("python-value", type=f"{_kind(value)} ({_named(key)})")
            found[name] = self._plain(inner, depth + 1)
        return found

    def _of_numpy(self, value: Any, depth: int) -> Any:
        """Return a value of numpy."""
        kind = type(value)
        if kind.__name__ == "ndarray" and kind.__module__ == "numpy":  # exactly: a masked one hides values
            if value.shape == ():
                return self._plain(value[()], depth + 1)
            if len(value.shape) == 1:
                return [self._plain(item, depth + 1) for item in _items(value)]
        elif _is(value, "numpy", "datetime64", "timedelta64"):
            return self._numpy_day(value)
        elif _is(value, "numpy", "bool", "bool_", "integer"):
            return self._plain(value.item(), depth + 1)
        elif _is(value, "numpy", "floating"):
            number = float(value)
            if number == value or number != number:  # noqa: PLR0124 - only NaN is not itself
                return _number(number)
            raise NotRead("long-number", limit=LONGEST_INTEGER)
        raise NotRead("python-value", type=_kind(value))

    def _numpy_day(self, value: Any) -> str | None:
        """Return a date of numpy, which says by its unit whether it is a year, a month or a day."""
        text = str(value)
        if text == "NaT":
            return None
        unit = value.dtype.str.partition("[")[2].rstrip("]")
        if not self._dated or not _is(value, "numpy", "datetime64") or not unit.isalpha() or unit == "W":
            raise NotRead("python-value", type=f"{_kind(value)}[{unit}]")
        day, _, time = text.partition("T")
        return text if time.strip("0:.") else day


def _items(value: Any) -> Iterator[Any]:
    """Yield the items of a list, those of a set in a steady order."""
    return iter(sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value)


def _integer(number: int) -> int:
    if abs(number) >= 10**LONGEST_INTEGER:
        raise NotRead("long-number", limit=LONGEST_INTEGER)
    return number


def _number(number: float) -> float | None:
    if math.isinf(number):
        raise NotRead("python-value", type="float, infinite")
    return None if number != number else number  # noqa: PLR0124 - only NaN is not itself


def _decimal(number: Decimal) -> int | float | None:
    if not number.is_finite() or number != number.to_integral_value():
        found = _number(float(number))
        if found is not None and found.is_integer():  # what makes it no whole number would be lost
            raise NotRead("long-number", limit=LONGEST_INTEGER)
        return found
    if number.adjusted() >= LONGEST_INTEGER:
        raise NotRead("long-number", limit=LONGEST_INTEGER)
    return int(number)


def _day(value: date) -> str | None:
    """Return a day, a time other than midnight or another zone as text that no field takes."""
    text = str(value.isoformat())
    if not isinstance(value, datetime):
        return text
    return day_of(text.removesuffix("+00:00") if value.utcoffset() == timedelta(0) else text)
