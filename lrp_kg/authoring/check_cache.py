"""Keeps results of one check for the next in the same process, by everything that they depend on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class CheckCache:
    """Keeps results from one check to the next; drops those that the last complete check did not use."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._used: dict[Hashable, Any] = {}

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result for a key, computed if it is new; ``key`` holds everything that the result depends on."""
        if key not in self._used:
            self._used[key] = self._known[key] if key in self._known else make()
        found: T = self._used[key]
        return found

    def latest(self, name: Hashable) -> Any:
        """Return the value last kept under a name, or ``None``."""
        return self._used.get(name, self._known.get(name))

    def keep(self, name: Hashable, value: Any) -> None:
        """Keep a value under a name; whoever reads it checks which parts are still valid."""
        self._used[name] = value

    def end_check(self, *, complete: bool) -> None:
        """End a check; if it ran all stages, drop the results that it did not use."""
        self._known = self._used if complete else self._known | self._used
        self._used = {}
