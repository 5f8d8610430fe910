"""What is said after a name that is not known, such as that of a field, so that its sender finds the right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from lrp_kg.guideline.model import Guideline
from lrp_kg.words import LANGUAGES, Text, in_every_language

LONGEST_NAME = 100
"""Characters of a name that are compared with those of known ones."""
ALIKE = 0.7
"""How alike a name has to be to one that is named instead: with less, any date would be taken for another."""


def name_hint(guideline: Guideline, name: str, known: Iterable[str]) -> Text:
    """Return in every language that a name is of a derived field, or which known name is much like it; else nothing."""
    if guideline.namespace + name in guideline.derived:
        return in_every_language("hint-derived")
    similar = nearest(name, known, ALIKE)
    return in_every_language("hint-similar", similar=similar) if similar else dict.fromkeys(LANGUAGES, "")


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like a name without regard to capitals; ``None`` where none is like it.

    ``cutoff`` is how alike they have to be, between 0 and 1.
    """
    folded = {own.casefold(): own for own in known}
    found = difflib.get_close_matches(name[:LONGEST_NAME].casefold(), folded, 1, cutoff)
    return folded[found[0]] if found else None
