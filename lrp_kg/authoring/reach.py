"""What can be reached from some things."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

_T = TypeVar("_T", bound=Hashable)


def reachable(start: Iterable[_T], following: Callable[[_T], Iterable[_T]]) -> Iterator[_T]:
    """Yield some things and everything that follows them, directly or through others, each once."""
    stack = list(start)
    seen = set(stack)
    while stack:
        at = stack.pop()
        yield at
        for other in following(at):
            if other not in seen:
                seen.add(other)
                stack.append(other)
