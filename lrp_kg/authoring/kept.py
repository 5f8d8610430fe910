"""Keeps small results of checks on disk from one process to the next, by everything that they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lrp_kg.cache import cache_folder, file_name, read_kept, write_kept


class Kept:
    """Results of one kind in one file; at most so many: those of this check, and the latest of earlier ones.

    ``code`` names what else computes the results: versions of libraries, hashes of rooms; ``folder`` is the one whose
    modules do. Results are what JSON has.
    """

    def __init__(self, kind: str, folder: Path, code: str, most: int) -> None:
        self._most = most
        cache = cache_folder()
        self._file = cache / kind / file_name(code, folder) if cache else None
        self._known: dict[str, Any] = self._read()
        self._used: dict[str, Any] = {}

    def _read(self) -> dict[str, Any]:
        text = read_kept(self._file) if self._file else None
        with suppress(ValueError):
            found = json.loads(text or "{}")
            return found if isinstance(found, dict) else {}
        return {}

    def recall(self, key: str, make: Callable[[], Any]) -> Any:
        """Return the result for a key, computed if it is new."""
        found = self.get(key)
        return self.add(key, make()) if found is None else found

    def get(self, key: str) -> Any:
        """Return the result for a key; ``None`` if it is not known."""
        if key not in self._used and key in self._known:
            self._used[key] = self._known[key]
        return self._used.get(key)

    def add(self, key: str, result: Any) -> Any:
        """Keep the result for a key, and return it."""
        self._used[key] = result
        return result

    def write(self) -> None:
        """End a check, and write what is known where it added to that."""
        if not self._used.keys() <= self._known.keys():
            earlier = {key: known for key, known in self._known.items() if key not in self._used}
            self._known = dict([*earlier.items(), *self._used.items()][-self._most :])
            if self._file:
                write_kept(self._file, json.dumps(self._known))
        self._used = {}


def digest(*parts: str) -> str:
    """Return a hash of some texts, short enough for many keys."""
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()[:40]
