"""What the answers of a guideline rest on beside the definitions of its conditions: one hash, without the wording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from lrp_kg.guideline import Condition, Guideline, record_shape_files

_WORDING = {"label", "question", "hint", "condition_text", "reading", "source", "locator"}
_OF_THE_WHOLE = {"folder", "content_hash", "version", "phrases", "statuses", "date_statuses", "modalities", "sources"}
_OF_THE_WHOLE |= {"message_templates", "label"}


def basis(guideline: Guideline) -> str:
    """Return a hash of all that answers rest on but wording, and but what classes of records mean.

    The shapes of records count as they are written: they decide which record is refused.
    """
    digest = hashlib.sha256()
    for own in fields(guideline):
        if own.name not in _OF_THE_WHOLE:
            digest.update(f"{own.name}: {'|'.join(_plain(getattr(guideline, own.name)))}\n".encode())
    for file in record_shape_files(guideline.folder):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, Condition):
        yield value.id
    elif is_dataclass(value):
        yield f"{type(value).__name__}("
        for own in fields(value):
            if own.name not in _WORDING:
                yield from _plain(getattr(value, own.name))
        yield ")"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{key!r}:"
            yield from _plain(inner)
        yield ";"
    elif isinstance(value, tuple):
        yield "("
        for inner in value:
            yield from _plain(inner)
        yield ")"
    else:
        yield repr(value)
