"""How many records there are of each kind, and which kinds add up to which."""

from __future__ import annotations

from collections.abc import Mapping

Key = tuple[str, ...]
"""What is counted: the same key is the same records, wherever it is shown."""
ANSWERED: Key = ("answered",)


class CountsDiffer(ValueError):
    """What is counted in two ways comes to two numbers: columns say something else of the same records."""


class Counts:
    """Numbers of records by what they are; ``sums`` say which of them add up, so that a sum can give one back."""

    def __init__(self) -> None:
        self.values: dict[Key, int] = {}
        self.sums: list[tuple[Key, tuple[Key, ...]]] = []
        self.suppressed: frozenset[Key] = frozenset()

    def put(self, key: Key, value: int) -> Key:
        """Note how many records are of a kind; raise `CountsDiffer` where another number was noted before."""
        if self.values.setdefault(key, value) != value:
            raise CountsDiffer(f"{key} is counted twice: {self.values[key]} and {value}")
        return key

    def split(self, total: Key, parts: Mapping[Key, int]) -> tuple[Key, ...]:
        """Note the parts of a kind, which together are all of it."""
        if sum(parts.values()) != self.values[total]:
            raise CountsDiffer(f"the parts of {total} are {sum(parts.values())}, not {self.values[total]}")
        keys = tuple(self.put(key, value) for key, value in parts.items())
        if (total, keys) not in self.sums:
            self.sums.append((total, keys))
        return keys

    def within(self, total: Key, part: Key, value: int) -> Key:
        """Note a kind that is part of another; the rest of that is noted too, though nothing shows it."""
        self.split(total, {part: value, ("rest", *total, "of", *part): self.values[total] - value})
        return part

    def shown(self, key: Key) -> int | None:
        """Return a number; ``None`` where it is suppressed."""
        return None if key in self.suppressed else self.values[key]
