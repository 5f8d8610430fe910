"""What is said after a name that is no field of a record, so that its sender finds the right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from lrp_kg.guideline.model import Guideline
from lrp_kg.words import LANGUAGES, Text, in_every_language

LONGEST_NAME = 100
"""Characters of a name that are compared with those of the fields."""


def name_hint(guideline: Guideline, name: str, known: Iterable[str]) -> Text:
    """Return in every language that a name is of a derived field, or which known name is much like it; else nothing."""
    if guideline.namespace + name in guideline.derived:
        return in_every_language("hint-derived")
    folded = {own.casefold(): own for own in known}
    similar = difflib.get_close_matches(name[:LONGEST_NAME].casefold(), folded, 1)
    return in_every_language("hint-similar", similar=folded[similar[0]]) if similar else dict.fromkeys(LANGUAGES, "")
