"""A cache on disk for results that take long to compute, outside the repository.

The name of a file is a hash of everything its content depends on; its first line is a hash of that name and of the
rest. A file that is damaged, or is another one under this name, is replaced, one that another user wrote is not read,
and where no file can be read or written the package works without a cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from lrp_kg import __version__

PACKAGE = Path(__file__).parent

T = TypeVar("T")


def cache_folder() -> Path | None:
    """Return the cache folder, ``LRP_CACHE`` or the user's own; ``None`` if the user has no home folder.

    An empty or relative home or ``XDG_CACHE_HOME`` is none: the folder would depend on where a command runs.
    """
    chosen = os.environ.get("LRP_CACHE")
    if chosen:
        return Path(chosen)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        home = Path(os.environ["HOME"]) if "HOME" in os.environ else Path.home()
    except RuntimeError:
        home = Path()
    base = base if base.is_absolute() else home / ".cache"
    return base / "lrp-kg" if base.is_absolute() else None


def installed(name: str) -> str:
    """Return the version of a package without importing it, nor what reads metadata, which takes long."""
    folder = re.compile(rf"{re.escape(name)}-([^-]+)\.dist-info", re.IGNORECASE)
    for path in sys.path:
        with contextlib.suppress(OSError):
            found = [match[1] for entry in os.scandir(path or ".") if (match := folder.fullmatch(entry.name))]
            if len(found) == 1:
                return found[0]
    from importlib.metadata import version

    return version(name)


@lru_cache(maxsize=8)
def code_key(further: Path | None = None) -> str:
    """Return a hash of the code that reads and decides, its libraries, and one ``further`` folder, words included."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__} {installed('rdflib')}".encode())
    for folder in (PACKAGE, PACKAGE / "guideline", PACKAGE / "logic", *([further] if further else [])):
        digest.update(_hash_of(folder))
    return digest.hexdigest()


@lru_cache(maxsize=16)
def _hash_of(folder: Path) -> bytes:
    digest = hashlib.sha256()
    for file in sorted([*folder.glob("*.py"), *folder.glob("*.toml")]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.digest()


def file_name(key: str, further: Path | None = None) -> str:
    """Return the name of the cache file for a key."""
    return hashlib.sha256(f"{code_key(further)} {key}".encode()).hexdigest()[:40]


def read_kept(file: Path) -> str | None:
    """Return the text of a cache file; ``None`` if it is missing, damaged or of another user."""
    body = read_kept_bytes(file)
    return None if body is None else body.decode(errors="replace")


def read_kept_bytes(file: Path) -> bytes | None:
    """Return the content of a cache file; ``None`` if it is missing, damaged or of another user."""
    try:
        with file.open("rb") as stream:
            if not _is_own(os.fstat(stream.fileno())):
                return None
            head, _, body = stream.read().partition(b"\n")
    except OSError:
        return None
    return body if head == _head(file, body) else None


def _is_own(found: os.stat_result) -> bool:
    """Return whether this user or the administrator wrote a file, and nobody else can write it."""
    user = getattr(os, "geteuid", lambda: found.st_uid)()
    return found.st_uid in (0, user) and not (os.name == "posix" and found.st_mode & 0o022)


def write_kept(file: Path, text: str | bytes) -> bool:
    """Write a cache file so that a reader sees all of it or nothing; return whether it was written."""
    body = text if isinstance(text, bytes) else text.encode()
    draft = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            draft = Path(stream.name)
            stream.write(_head(file, body) + b"\n" + body)
        os.replace(draft, file)
    except OSError:
        if draft:
            with contextlib.suppress(OSError):
                draft.unlink()
        return False
    return True


def drop_oldest(folder: Path, most: int) -> None:
    """Remove files of a cache folder but for so many: those that were written last."""
    with contextlib.suppress(OSError):
        files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[:-most]:
            file.unlink(missing_ok=True)


def _head(file: Path, body: bytes) -> bytes:
    """Return the first line of a cache file: a comment in every cached RDF format."""
    digest = hashlib.sha256(file.name.encode() + b"\0")
    digest.update(body)
    return b"# " + digest.hexdigest().encode()


def json_of(form: Any) -> Callable[[str], Any]:
    """Return what reads JSON of a form, and raises `ValueError` for that of another.

    A form is a type, ``[form]`` for a list, ``{str: form}`` for an object, and ``(form, form)`` for a list of two.
    """

    def load(text: str) -> Any:
        found = json.loads(text)
        if not _has_form(found, form):
            raise ValueError
        return found

    return load


def _has_form(value: Any, form: Any) -> bool:
    if isinstance(form, type):
        return isinstance(value, form)
    if isinstance(form, dict):
        return isinstance(value, dict) and all(_has_form(own, form[str]) for own in value.values())
    if isinstance(form, list):
        return isinstance(value, list) and all(_has_form(own, form[0]) for own in value)
    fits = isinstance(value, list) and len(value) == len(form)
    return fits and all(map(_has_form, value, form))


def remembered(
    kind: str,
    key: str,
    make: Callable[[], T],
    *,
    dump: Callable[[T], str],
    load: Callable[[str], T],
    further: Path | None = None,
) -> T:
    """Return the cached value of a kind and key; make and cache it if there is none."""
    folder = cache_folder()
    file = folder / kind / file_name(key, further) if folder else None
    text = read_kept(file) if file else None
    if text is not None:
        with contextlib.suppress(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            return load(text)  # what another program wrote under this name has another form
    made = make()
    if file:
        write_kept(file, dump(made))
    return made
