"""What was found out before, kept within one bound: what was not used for long is forgotten first.

Each memory has a young and an old half. Once the young halves hold as much as they may, all of them become the old
ones, and what was old and was not asked for since is gone. So there is no moment at which everything is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_MET = 60
"""Bytes that it takes to know a key again, about."""


class SharedBound:
    """Memories that share a bound: about ``limit`` bytes in their young halves, and as much in the old ones."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.young = 0
        self._ageing: list[Callable[[], None]] = []
        self._clearing: list[Callable[[], None]] = []

    def add(self, ageing: Callable[[], None], clearing: Callable[[], None]) -> None:
        """Add a memory, by what ages and what clears it."""
        self._ageing.append(ageing)
        self._clearing.append(clearing)

    def clear(self) -> None:
        """Forget everything."""
        self.young = 0
        for clear in self._clearing:
            clear()

    def grow(self, size: int) -> None:
        """Count bytes that a memory took, and age all of them once these are too many."""
        self.young += size
        if self.young > self.limit:
            self.age()

    def age(self) -> None:
        """Make the young halves the old ones."""
        self.young = 0
        for age in self._ageing:
            age()


class BoundedMemory(Generic[K, V]):
    """Values by key, none of them ``None``; an entry takes about ``size`` bytes, and what its value weighs.

    Threads may share it: two that miss the same entry at once both work it out, and keep equal values.
    """

    __slots__ = ("_memories", "_met", "_met_before", "_size", "_weigh", "old", "young")

    def __init__(self, memories: SharedBound, size: int, weigh: Callable[[V], int] | None = None) -> None:
        self.young: dict[K, V] = {}
        self.old: dict[K, V] = {}
        self._met: set[int] = set()
        self._met_before: set[int] = set()
        self._memories = memories
        self._size = size
        self._weigh = weigh
        memories.add(self.age, self.clear)

    def get(self, key: K) -> V | None:
        """Return the value of a key, which stays young by that; ``None`` where there is none."""
        found = self.young.get(key)
        if found is None:
            found = self.old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> V:
        """Keep and return a value."""
        self.young[key] = value
        self._memories.grow(self._size + (self._weigh(value) if self._weigh else 0))
        return value

    def put_again(self, key: K, value: V) -> V:
        """Return a value, and keep it if its key was met before: most keys of some memories are met once.

        Keys are known again by their hashes; two with the same one are kept too early, which does no harm.
        """
        return self.put(key, value) if self.met(key) else value

    def met(self, key: K) -> bool:
        """Return whether a key was met before, or has the hash of one that was; from now on it was."""
        met = hash(key)
        if met in self._met:
            return True
        before = met in self._met_before
        self._met.add(met)
        self._memories.grow(_MET)
        return before

    def age(self) -> None:
        """Make the young half the old one."""
        self.old, self.young = self.young, {}
        self._met_before, self._met = self._met, set()

    def clear(self) -> None:
        """Forget everything."""
        self.old, self.young = {}, {}
        self._met_before, self._met = set(), set()

    def __bool__(self) -> bool:
        """Return that there is a memory, also where nothing is in it."""
        return True

    def __len__(self) -> int:
        """Return how many entries there are; those in both halves count twice."""
        return len(self.young) + len(self.old)
