"""JSON with places for the values of a record, for days, and for other templates that are part of it.

A template holds the bytes of those that are part of it, such as those of a reason, and has no copy of them: reasons and
statements are in most parts of answers, and are what is longest in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

Slot = str | tuple[str, str]
"""What a slot is for: the value of a field, by its IRI, or a day by of what kind it is and what it is about."""
VALUE, DAYS = "value", "days"
_MARK = b"\\u0001"
"""Is before and behind the name of a slot in JSON."""
_SLOT = re.compile(rb'"\\u0001([^"\\]*)\\u0001"')
"""A slot in JSON, beside labels that have marks of their own."""
_SIZE, _OF_TEXT = 250, 40
"""Bytes that a template takes, and each of its texts beside what it says, about."""
_JOINED_SIZE = 1500
"""Bytes that a joined template takes for names of members and the like, about."""


def kept_json(data: Any) -> bytes:
    """Return data as JSON that takes no more memory than it has bytes: orjson's own result has room for much more."""
    return bytes(memoryview(orjson.dumps(data)))


def slot(*parts: str) -> str:
    """Return what marks the place of a slot, or of another template by its name."""
    return "\x01" + " ".join(parts) + "\x01"


@lru_cache(20_000)
def _slot_named(text: bytes) -> Slot:
    """Return what a slot is for, one object for the slots of all templates."""
    kind, _, about = text.decode().partition(" ")
    return about if kind == VALUE else (kind, about)


@lru_cache(5_000)
def _same(text: bytes) -> bytes:
    """Return one object for the same text: what is between reasons is mostly that of other templates too."""
    return text


def days_slot(programme: str, name: str) -> tuple[str, str]:
    """Return the slot of an end of the eligible days of a programme, or of what is known of them."""
    return DAYS, f"{programme} {name}"


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """JSON in several texts with a place for each slot, which is of a kind and about something.

    ``size`` is how many bytes it takes beside the templates that are part of it, about.
    """

    texts: tuple[bytes, ...]
    slots: tuple[Slot, ...] = ()
    size: int = _SIZE

    @classmethod
    def of(cls, text: bytes, inner: Callable[[bytes], JsonTemplate | None] | None = None) -> JsonTemplate:
        """Make a template of JSON with slots; those by whose names there is an ``inner`` template are places of it."""
        pieces = text.split(_MARK)
        names, said = pieces[1::2], b"\0".join(pieces[::2])  # no JSON has a byte that is zero
        if said.count(b'"\0"') != len(names) or b"\\" in b"".join(names):
            pieces = _SLOT.split(text)
            names, said = pieces[1::2], b'"\0"'.join(pieces[::2])
        before, *others = said.replace(b"%", b"%%").split(b'"\0"')
        texts: list[bytes] = []
        slots: list[Slot] = []
        size = len(said)
        for name, after in zip(names, others, strict=True):
            template = inner(name) if inner else None
            if template is None:
                slots.append(_slot_named(name))
                before += b"%b" + after
                continue
            texts.append(_same(before))
            texts += template.texts
            slots += template.slots
            before = after
            size += _OF_TEXT
        texts.append(_same(before))
        return cls(tuple(texts), tuple(slots), _SIZE + size + 8 * (len(texts) + len(slots)))

    @classmethod
    def slot(cls, about: Slot) -> JsonTemplate:
        """Return a template that is nothing but a slot."""
        return cls((b"%b",), (about,))

    @classmethod
    def listed(cls, templates: Sequence[JsonTemplate]) -> JsonTemplate:
        """Return templates with commas between them as one; nothing where there is none."""
        texts: list[bytes] = []
        slots: list[Slot] = []
        for number, template in enumerate(templates):
            if number:
                texts.append(b",")
            texts += template.texts
            slots += template.slots
        return cls(tuple(texts), tuple(slots), _SIZE + 8 * (len(texts) + len(slots)))

    def filled(self, fills: Mapping[Slot, bytes]) -> bytes:
        """Return the JSON with the values and days of a record."""
        return b"".join(self.texts) % tuple([fills[about] for about in self.slots])


class JoinedTemplate:
    """Templates, and JSON without slots in between, as one; it holds their bytes, and has no copy of them."""

    __slots__ = ("_taken", "_texts", "size")

    def __init__(self, pieces: Iterable[JsonTemplate | bytes]) -> None:
        texts: list[bytes] = []
        slots: list[Slot] = []
        copied = 0
        for piece in pieces:
            if isinstance(piece, bytes):
                escaped = piece.replace(b"%", b"%%")  # itself where there is nothing to replace
                if escaped is not piece:
                    copied += len(escaped)
                texts.append(escaped)
            else:
                texts += piece.texts
                slots += piece.slots
        self._texts = tuple(texts)
        self._taken = _taking(slots) if slots else None
        self.size = _JOINED_SIZE + copied + 8 * (len(texts) + 2 * len(slots))
        """Bytes that it takes beside those of its pieces, about."""

    def filled(self, fills: Mapping[Slot, bytes]) -> bytes:
        """Return the JSON with the values and days of a record."""
        return b"".join(self._texts) % (self._taken(fills) if self._taken else ())


def _taking(slots: Sequence[Slot]) -> Callable[[Mapping[Slot, bytes]], tuple[bytes, ...]]:
    """Return what takes slots from what fills them."""
    if len(slots) == 1:
        return lambda fills: (fills[slots[0]],)
    return itemgetter(*slots)
