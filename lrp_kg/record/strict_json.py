"""JSON read strictly: what another parser would read differently, or could not hold, is an error."""

from __future__ import annotations

import json
import math
from collections import Counter
from decimal import Decimal
from typing import Any

from lrp_kg.errors import BrokenJson, DuplicateKey, WrongCharset
from lrp_kg.guideline.index import Node
from lrp_kg.namespaces import RDF, XSD
from lrp_kg.record.limits import shown

LONGEST_INTEGER = 18
"""Digits of an integer beyond which JSON is refused; what follows fits in 64 bits everywhere."""

LONGEST_FRACTION = 40
"""Characters of a number with a fraction or exponent beyond which JSON is refused."""

_NAMED = 5
"""Repeated keys that an error names."""

MAX_DEPTH = 50
"""Nesting of JSON beyond which a record is refused; a record needs two levels."""


def decode(body: bytes) -> str:
    """Decode a body as UTF-8; JSON and Turtle know no other charset."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongCharset(f"Byte {error.start} is not UTF-8. Send the body as UTF-8.") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = sorted(k for k, count in Counter(k for k, _ in pairs).items() if count > 1)
        more = f" and {len(twice) - _NAMED} more" if len(twice) > _NAMED else ""
        names = ", ".join(f"'{shown(k)}'" for k in twice[:_NAMED])
        raise DuplicateKey(f"The key {names}{more} appears twice in one object. Send it once.")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_INTEGER:
        raise BrokenJson(f"An integer is too long: it has more than {LONGEST_INTEGER} digits.")
    return int(text)


def _fraction(text: str) -> float:
    """Return a number with a fraction or exponent; never one that is only nearly whole as a whole one."""
    number = float(text)
    if math.isinf(number):
        raise BrokenJson("A number is too large to be read. Correct it.")
    rounded = number.is_integer() and abs(number) < 10**LONGEST_INTEGER and Decimal(text) != Decimal(number)
    if len(text) > LONGEST_FRACTION or rounded:
        raise BrokenJson("A number has more digits than can be read exactly. Round it.")
    return number


def _no_constant(name: str) -> Any:
    raise BrokenJson(f"{name} is not JSON.")


def parse_json(text: str) -> Any:
    """Parse JSON strictly: no duplicate keys, no NaN, no deep nesting; errors name the place only.

    That is a column where the text is one line: of NDJSON its number is known to the caller.
    """
    try:
        data = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        lines = "\n" in text.rstrip()
        place = f"Line {error.lineno}, column {error.colno}" if lines else f"Column {error.pos + 1}"
        raise BrokenJson(f"{place}: {error.msg}.") from None
    except (RecursionError, ValueError):
        raise BrokenJson(f"The JSON is nested deeper than {MAX_DEPTH} levels or has a number too long.") from None
    if "\\u" in text and _has_half_characters(data):
        raise BrokenJson("A text holds half of a surrogate pair, which is no character.")
    if _depth(data) > MAX_DEPTH:
        raise BrokenJson(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    return data


def _has_half_characters(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level:
        depth += 1
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
    return depth


def named_kind(value: Any) -> str:
    """Return what a JSON value is, in the words of JSON."""
    if isinstance(value, (bool, type(None))):
        return json.dumps(value)
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a number"


def native(value: Any) -> Node:
    """Return a JSON value as a literal of the type it has in JSON-LD."""
    if isinstance(value, bool):
        return Node("literal", str(value).lower(), XSD + "boolean")
    if isinstance(value, int):
        return Node("literal", str(value), XSD + "integer")
    if isinstance(value, float):
        return Node("literal", repr(value), XSD + "double")
    if isinstance(value, str):
        return Node("literal", value, XSD + "string")
    return Node("literal", json.dumps(value, ensure_ascii=False, sort_keys=True, default=str), RDF + "JSON")
