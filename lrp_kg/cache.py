"""The cache folder, outside the repository, and how files are written into it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache folder: ``LRP_CACHE``, or the user's own cache folder."""
    chosen = os.environ.get("LRP_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lrp-kg"


def write_whole(file: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as draft:
            draft.write(text)
        os.replace(draft.name, file)
