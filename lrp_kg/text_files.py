"""Files that people write: which of a folder count, and their text, whatever editor or system left them there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lrp_kg.errors import UnreadableFile

_KINDS = (
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"PK\x03\x04", "a ZIP archive, such as a spreadsheet"),
    (b"PAR1", "Parquet"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"%PDF-", "a PDF"),
)
"""First bytes of what people take for text, and what it is."""


def visible(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match a pattern, sorted, without those that editors and systems hide there."""
    return sorted(file for file in folder.glob(pattern) if not file.name.startswith("."))


def kind_of(body: bytes) -> str | None:
    """Return what a body is that is no UTF-8 text, if its first bytes say so."""
    return next((kind for head, kind in _KINDS if body.startswith(head)), None)


def read_text(file: Path) -> str:
    """Return the text of a file without byte order mark, its lines ended by line feeds.

    Raises `UnreadableFile`, which says what is in the way and what to do.
    """
    try:
        _demand_regular(file)
        body = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file.name} cannot be read: {error.strerror}. Correct that, or remove it.") from None
    kind = kind_of(body)
    if kind:
        raise UnreadableFile(f"{file.name} is not UTF-8 text but {kind}. Save it as UTF-8 text.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{file.name}: line {line} is not UTF-8 text. Save it as UTF-8.") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnreadableFile(f"{file.name}: line {line} holds a NUL character, so it is no text. Save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _demand_regular(file: Path) -> None:
    """Raise `UnreadableFile` for what is no file; opening a pipe would wait for somebody who writes."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        if file.is_symlink():
            target = os.readlink(file)
            raise UnreadableFile(f"{file.name} is a link to {target}, which does not exist. Remove it.") from None
        raise
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise UnreadableFile(f"{file.name} is {what}, not a file. Rename or remove it.")
