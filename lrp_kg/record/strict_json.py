"""JSON read strictly: what another parser would read differently, or could not hold, is an error."""

from __future__ import annotations

import json
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import orjson

from lrp_kg.errors import BrokenJson, DuplicateKey, WrongCharset
from lrp_kg.guideline.index import Node
from lrp_kg.namespaces import RDF, XSD
from lrp_kg.record.limits import shown
from lrp_kg.words import Text, in_every_language
from lrp_kg.words import error as say

LONGEST_INTEGER = 18
"""Digits of an integer beyond which JSON is refused; what follows fits in 64 bits everywhere."""

LONGEST_FRACTION = 40
"""Characters of a number with a fraction or exponent beyond which JSON is refused."""

_NAMED = 5
"""Repeated keys that an error names."""

_MISTAKES = (
    "json-value",
    "json-key",
    "json-colon",
    "json-comma",
    "json-trailing",
    "json-extra",
    "json-control",
    "json-unterminated",
    "json-escape",
)
"""Phrases that say what is no JSON: the English ones as the parser begins to say it."""

_SIMPLE = frozenset((str, bool, type(None)))
"""Types of values that every parser of JSON reads alike."""

MAX_DEPTH = 50
"""Nesting of JSON beyond which a record is refused; a record needs two levels."""


def decode(body: bytes) -> str:
    """Decode a body as UTF-8; JSON and Turtle know no other charset."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise say(WrongCharset, "error-not-utf8", byte=error.start) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = sorted(k for k, count in Counter(k for k, _ in pairs).items() if count > 1)
        more = len(twice) - _NAMED
        names = ", ".join(f"'{shown(k)}'" for k in twice[:_NAMED])
        raise say(DuplicateKey, "error-keys-twice" if more > 0 else "error-key-twice", names=names, count=more)
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_INTEGER:
        raise say(BrokenJson, "error-long-integer", limit=LONGEST_INTEGER)
    return int(text)


def _fraction(text: str) -> float:
    """Return a number with a fraction or exponent; never one that is only nearly whole as a whole one."""
    number = float(text)
    if math.isinf(number):
        raise say(BrokenJson, "error-large-number")
    rounded = number.is_integer() and abs(number) < 10**LONGEST_INTEGER and Decimal(text) != Decimal(number)
    if len(text) > LONGEST_FRACTION or rounded:
        raise say(BrokenJson, "error-inexact")
    return number


def _no_constant(name: str) -> Any:
    raise say(BrokenJson, "error-constant", name=name)


def parse_json(text: str) -> Any:
    """Parse JSON strictly: no duplicate keys, no NaN, no deep nesting; errors name the place only.

    That is a column where the text is one line: of NDJSON its number is known to the caller.
    """
    flat = _flat_object(text)
    if flat is not None:
        return flat
    try:
        data = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        what = _what(error.msg)
        if "\n" in text.rstrip():
            raise say(BrokenJson, "error-json-line", line=error.lineno, column=error.colno, what=what) from None
        raise say(BrokenJson, "error-json-column", column=error.pos + 1, what=what) from None
    except (RecursionError, ValueError):
        raise say(BrokenJson, "error-json-deep-or-long", limit=MAX_DEPTH) from None
    if "\\u" in text and _has_half_characters(data):
        raise say(BrokenJson, "error-half")
    if _depth(data) > MAX_DEPTH:
        raise say(BrokenJson, "error-json-deep", limit=MAX_DEPTH)
    return data


def _flat_object(text: str) -> dict[str, Any] | None:
    """Return an object of texts, short integers, truth values, nulls and lists of these; ``None`` for other text.

    No key is there twice: each that is written has a colon, so there are no more of them than colons.
    """
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if type(data) is not dict or text.count(":") != len(data):
        return None
    for value in data.values():
        kind = type(value)
        if kind is list:
            if not _SIMPLE.issuperset(map(type, value)):
                return None
        elif kind not in _SIMPLE and (kind is not int or abs(value) >= 10**LONGEST_INTEGER):
            return None
    return data


def _what(said: str) -> Text:
    """Return what the parser says is wrong, in every language; in English as it says it."""
    known = (in_every_language(name) for name in _MISTAKES)
    return next((t for t in known if said.startswith(t["en"])), in_every_language("json-broken")) | {"en": said}


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


def named_kind(value: Any) -> str | Text:
    """Return what a JSON value is: a word of JSON, or words in every language."""
    if isinstance(value, (bool, type(None))):
        return json.dumps(value)
    kind = "kind-text" if isinstance(value, str) else "kind-list" if isinstance(value, list) else "kind-number"
    return in_every_language(kind)


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
