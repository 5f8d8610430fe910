"""Shares of values or of ranges of integers, as a cohort model writes them: ``low: 40, high: 60``, ``0-13: 1``."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

_PART = re.compile(r"\s*(?P<what>[^:,]+?)\s*:\s*(?P<share>\d+)\s*")
_RANGE = re.compile(r"(?P<low>-?\d+)(?:-(?P<high>-?\d+))?")


@dataclass(frozen=True)
class Distribution:
    """Parts and their shares; a part is the notation of a value, or a range of integers such as ``0-13``."""

    parts: tuple[str, ...]
    shares: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Distribution:
        """Read a distribution; raise `ValueError` that says what is wrong."""
        parts, shares = [], []
        for piece in text.split(","):
            match = _PART.fullmatch(piece)
            if not match:
                raise ValueError(f"{piece.strip()!r} is not of the form value: share")
            parts.append(match["what"])
            shares.append(int(match["share"]))
        if len(set(parts)) != len(parts):
            raise ValueError("a value is in it twice")
        if not sum(shares):
            raise ValueError("all its shares are 0")
        return cls(tuple(parts), tuple(shares))

    def draw(self, chance: random.Random) -> str:
        """Return a part, drawn by its share."""
        sums = list(accumulate(self.shares))
        return self.parts[bisect_right(sums, chance.randrange(sums[-1]))]

    def draw_integer(self, chance: random.Random) -> int:
        """Return an integer, drawn evenly from a range that is drawn by its share."""
        low, high = bounds(self.draw(chance))
        return chance.randint(low, high)

    def can_reach(self, least: int) -> bool:
        """Return whether an integer of at least so much can be drawn."""
        return any(share and bounds(part)[1] >= least for part, share in zip(self.parts, self.shares, strict=True))

    def draw_members(self, chance: random.Random) -> list[str]:
        """Return the members that are drawn each by its own share out of 100."""
        return [part for part, share in zip(self.parts, self.shares, strict=True) if chance.randrange(100) < share]


def bounds(part: str) -> tuple[int, int]:
    """Return the ends of a range, such as those of ``0-13`` or ``-60--1``; raise `ValueError` where a part is none."""
    match = _RANGE.fullmatch(part)
    if not match:
        raise ValueError(f"{part!r} is neither an integer nor a range such as 0-13")
    low = int(match["low"])
    high = int(match["high"] or low)
    if high < low:
        raise ValueError(f"{part!r} ends before it begins")
    return low, high
