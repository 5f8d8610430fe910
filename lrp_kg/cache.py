"""The cache folder, outside the repository, and how files are written into it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from lrp_kg import __version__


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


@lru_cache(maxsize=1)
def code_key() -> str:
    """Return a key of the code that computes what is kept: package, Oxigraph, and the rooms that read and decide."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__}".encode())
    root = Path(__file__).parent
    for file in sorted([*root.glob("*.py"), *(root / "guideline").glob("*.py"), *(root / "logic").glob("*.py")]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
