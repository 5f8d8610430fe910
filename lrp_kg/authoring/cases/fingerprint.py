"""What the answers of a guideline depend on beside the definitions of its conditions, without wording, as hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from lrp_kg.guideline.index import text_hash
from lrp_kg.guideline.model import Condition, Guideline

_NOT_ASKED = {
    *("label", "question", "hint", "condition_text", "reading"),
    *("source", "locator", "modality", "actor"),
}
"""Attributes of terms that no case can ask about, and that nothing it can ask about depends on."""
_PARTS = {"boxes", "notices"}
_NOT_PARTS = {
    *("index", "content_hash", "version", "label", "statuses", "date_statuses", "modalities", "sources"),
    "message_templates",
}


@dataclass(frozen=True)
class AnswerFingerprint:
    """Hashes: of each box and notice, by IRI, and of all else that answers depend on but what classes mean."""

    rest: str
    boxes: dict[str, str]
    notices: dict[str, str]


def fingerprint_of(guideline: Guideline) -> AnswerFingerprint:
    """Return what the answers of a guideline depend on beside what its classes mean.

    The shapes of records count as they are written: they decide which record is refused.
    """
    digest = hashlib.sha256()
    for own in fields(guideline):
        if own.name not in _PARTS | _NOT_PARTS:
            digest.update(f"{own.name}: {_text(getattr(guideline, own.name))}\n".encode())
    digest.update(text_hash(guideline.index.shape_texts).encode())
    return AnswerFingerprint(
        digest.hexdigest(),
        {iri: _text(box) for iri, box in guideline.boxes.items()},
        {iri: _text(own) for iri, own in guideline.notices.items()},
    )


def _text(value: Any) -> str:
    return hashlib.sha256("|".join(_plain(value)).encode()).hexdigest()


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, Condition):
        yield value.id
    elif is_dataclass(value):
        yield f"{type(value).__name__}("
        for own in fields(value):
            if own.name not in _NOT_ASKED:
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
