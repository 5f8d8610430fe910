"""A comparison as Markdown for a comment on a proposed change: small enough for it, what is long folded."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from lrp_kg.authoring.compare.ashtml import TEMPLATES
from lrp_kg.authoring.compare.model import Comparison
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.compare.view import Viewer
from lrp_kg.authoring.compare.words import DiffWords

LIMIT = 60_000
"""Bytes of a document at most; GitHub takes 65,536 characters in a comment, of which a caller may need some."""


@dataclass(frozen=True)
class Room:
    """How much of each kind is laid out, and how many characters of a text."""

    changes: int = 400
    open: int = 10
    """Changes that are not folded."""
    decisions: int = 60
    regions: int = 12
    conditions: int = 8
    places: int = 400
    cases: int = 60
    moves: int = 60
    text: int = 400
    example: int = 4000

    def less(self) -> Room:
        """Return less room of each kind; in the end there is none but for the head of a document."""
        half = {name: size // 2 for name, size in asdict(self).items()}
        return Room(**half | {"text": max(self.text * 3 // 4, 30), "open": min(self.open, half["changes"])})


def to_markdown(found: Comparison, sides: tuple[Snapshot, Snapshot], lang: str) -> str:
    """Return a comparison in one language as GitHub-flavoured Markdown of `LIMIT` bytes at most."""
    words = DiffWords(sides, lang)
    template = TEMPLATES.get_template("comparison.md", globals={"words": words, "v": Viewer(found, words).view()})
    whole = room = Room()
    while True:
        text = re.sub(r"\n{3,}", "\n\n", template.render(room=room, shortened=room != whole)).strip()
        if len(text.encode()) < LIMIT:
            return text
        room = room.less()
