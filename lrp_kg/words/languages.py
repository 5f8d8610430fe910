"""The language that a caller gets: lookup by RFC 4647, section 3.4."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lrp_kg.words import LANGUAGES

_RANGE = re.compile(r"(?:\*|[A-Za-z]{1,8})(?:-(?:\*|[A-Za-z0-9]{1,8}))*")


def look_up(wanted: str) -> str | None:
    """Return the language of a tag such as ``nl-BE``, ``NL`` or ``nl_BE``; ``None`` if we have none for it."""
    tag = wanted.strip(" \t").replace("_", "-").lower()
    if not _RANGE.fullmatch(tag):
        return None
    while tag not in LANGUAGES and "-" in tag:
        tag = tag.rpartition("-")[0]
    return tag if tag in LANGUAGES else None


def preferred(ranges: Iterable[tuple[str, float]]) -> str:
    """Return the first language that can be given, by quality, then in the order of the caller; English if none can.

    Each range is taken in turn with its shorter forms. A language of quality 0 is never given, as long as there is
    another; a ``*`` only counts after all other ranges, and then means any language that is not refused.
    """
    asked = sorted(ranges, key=lambda each: -each[1])
    refused = {tag.strip().replace("_", "-").lower() for tag, quality in asked if not quality}
    for tag, quality in asked:
        found = look_up(tag) if quality else None
        if found and found not in refused:
            return found
    return next((lang for lang in LANGUAGES if lang not in refused), LANGUAGES[0])
