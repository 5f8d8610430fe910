"""What to say where the system refuses a file, above all a temporary one."""

from __future__ import annotations

import errno
import os


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
