"""Where a file is moved once it is whole, and which files overlap.

Also what to say where the system refuses a file, mostly a temporary one.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path


def place_of(file: Path) -> Path:
    """Return the place that a file which is written beside it is moved to: where a symbolic link leads.

    Raise `OSError` where something else than a file is there, such as a folder, a device or a pipe: moving a file
    there would remove it.
    """
    place = Path(os.path.realpath(file))
    if place.is_symlink():  # links that lead to each other
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    demand_regular(place)
    return place


def demand_regular(file: Path) -> None:
    """Raise `OSError` where a name is that of something else than a file."""
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if file.exists() and not file.is_file():
        raise OSError(errno.ESPIPE, "Not an ordinary file")


def overlapping(read: Iterable[Path | None], written: Iterable[Path | None]) -> tuple[Path, Path] | None:
    """Return a path that is written and another that is read or written too, where one is in the other or both are one.

    Links are followed, and a file with several names is one. What is left out is `None`.
    """
    targets = [path for path in written if path is not None]
    others = [*(path for path in read if path is not None), *targets]
    chains = [_chain(path) for path in others]
    for number, target in enumerate(targets, len(others) - len(targets)):
        for other, chain in enumerate(chains):
            if other != number and (chain[0] in chains[number] or chains[number][0] in chain):
                return target, others[other]
    return None


def _chain(path: Path) -> list[object]:
    """Return what a path and each folder around it are, by the number of the file where it is there."""
    place = Path(os.path.realpath(path))
    return [_identity(own) for own in (place, *place.parents)]


def _identity(place: Path) -> object:
    try:
        found = place.stat()
    except OSError:
        return place
    return found.st_dev, found.st_ino


def reason(error: OSError) -> str:
    """Return in one line what the system refused; without a temporary folder, which were tried and what to do."""
    text = str(error.strerror or error)
    _, found, tried = text.partition("No usable temporary directory found in ")
    if error.errno == errno.ENOENT and found:
        folders = tried.strip("[]").replace("'", "")
        return f"No temporary folder can be written (tried {folders}). Name one that can with TMPDIR"
    if error.filename is None:
        return text
    name = str(error.filename) if isinstance(error.filename, int) else os.fsdecode(error.filename)
    return f"{name}: {text}"
