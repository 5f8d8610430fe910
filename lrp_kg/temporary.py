"""Where a file is moved once it is whole, and what to say where the system refuses a file, mostly a temporary one."""

from __future__ import annotations

import errno
import os
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
