"""What earlier work in this process found, each under everything that it was found from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memory:
    """Remembers results from one check to the next; what the last one did not use is dropped."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._used: dict[Hashable, Any] = {}

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key, or make it; ``key`` has all that the result depends on."""
        if key not in self._used:
            self._used[key] = self._known[key] if key in self._known else make()
        found: T = self._used[key]
        return found

    def latest(self, key: Hashable) -> Any:
        """Return what was last kept under a key that only names it; ``None`` where there is nothing."""
        return self._used.get(key, self._known.get(key))

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep something under a key that only names it, for who can tell what of it still holds."""
        self._used[key] = value

    def turn(self, *, whole: bool) -> None:
        """End a check; after one that ran to its end, ``whole``, drop what it did not use."""
        self._known = self._used if whole else self._known | self._used
        self._used = {}
