"""What is made once for the guideline or dataset that is served now, and again when that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import current_app

T = TypeVar("T")


def latest(name: str, key: object, make: Callable[[], T]) -> T:
    """Return what was last made under a name, made again if its key has changed."""
    kept: tuple[object, T] | None = current_app.extensions.get(name)
    if kept is None or kept[0] != key:
        kept = current_app.extensions[name] = (key, make())
    return kept[1]
