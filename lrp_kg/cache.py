"""What took long to compute, kept on disk between runs, outside the repository.

The name of a file is a hash of all that its content depends on; its first line is a hash of the rest. A file that
is damaged is made again, and where none can be read or written everything works without.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from lrp_kg import __version__

PACKAGE = Path(__file__).parent

T = TypeVar("T")


def cache_folder() -> Path | None:
    """Return the cache folder: ``LRP_CACHE``, or the user's own; ``None`` where the user has no home."""
    chosen = os.environ.get("LRP_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "lrp-kg"
    except RuntimeError:
        return None


@lru_cache(maxsize=8)
def code_key(further: Path | None = None) -> str:
    """Return a hash of the code that reads and decides, the libraries it rests on, and one ``further`` folder."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__} {importlib.metadata.version('rdflib')}".encode())
    for folder in (PACKAGE, PACKAGE / "guideline", PACKAGE / "logic", *([further] if further else [])):
        for file in sorted(folder.glob("*.py")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def file_name(key: str, further: Path | None = None) -> str:
    """Return the name under which something is kept."""
    return hashlib.sha256(f"{code_key(further)} {key}".encode()).hexdigest()[:40]


def read_kept(file: Path) -> str | None:
    """Return what a file was written with; ``None`` where it is not there or not as it was written."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    return body.decode() if head == _head(body) else None


def write_kept(file: Path, text: str) -> bool:
    """Write a file so that a reader sees all of it or nothing; return whether that was possible."""
    body = text.encode()
    draft = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            draft = Path(stream.name)
            stream.write(_head(body) + b"\n" + body)
        os.replace(draft, file)
    except OSError:
        if draft:
            with contextlib.suppress(OSError):
                draft.unlink()
        return False
    return True


def _head(body: bytes) -> bytes:
    """Return the first line of a file, which is a comment in every RDF format that is kept."""
    return b"# " + hashlib.sha256(body).hexdigest().encode()


def remembered(
    kind: str,
    key: str,
    make: Callable[[], T],
    *,
    dump: Callable[[T], str],
    load: Callable[[str], T],
    further: Path | None = None,
) -> T:
    """Return what was kept of a kind under a key, else make it and keep it."""
    folder = cache_folder()
    file = folder / kind / file_name(key, further) if folder else None
    text = read_kept(file) if file else None
    if text is not None:
        return load(text)
    made = make()
    if file:
        write_kept(file, dump(made))
    return made
