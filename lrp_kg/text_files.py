"""Files that people write: which of a folder count, and their text, whatever editor or system left them there."""

from __future__ import annotations

import os
import re
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


_NOT_WINDOWS = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
"""Bytes that are no character in Windows-1252."""
_MERGE = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?=\s|$)", re.MULTILINE)
_HIDDEN = (".", "~", "#")
"""First characters of the names of backups, locks and autosaves."""


def visible(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match a pattern, sorted, without those that editors and systems hide there."""
    return sorted(file for file in folder.glob(pattern) if not file.name.startswith(_HIDDEN))


def kind_of(body: bytes) -> str | None:
    """Return what a body is that is no UTF-8 text, if its first bytes say so."""
    return next((kind for head, kind in _KINDS if body.startswith(head)), None)


def read_text(file: Path, *, secret: bool = False) -> str:
    """Return the text of a file without byte order mark, its lines ended by line feeds.

    Raises `UnreadableFile`, which says what is in the way and what to do; it quotes nothing of a secret file.
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
        line, column = _place(body, error.start)
        looks = _looks(body, error.start, secret)
        message = f"{file.name}: line {line} is not UTF-8 text{looks}. Save it as UTF-8."
        raise UnreadableFile(message, line, column) from None
    if "\0" in text:
        line, column = _place(body, body.index(b"\0"))
        message = f"{file.name}: line {line} holds a NUL character, so it is no text. Save it as UTF-8."
        raise UnreadableFile(message, line, column)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _looks(body: bytes, at: int, secret: bool) -> str:
    """Say what a byte that is no UTF-8 seems to be, or nothing."""
    sample = body[max(0, at - 12) : at + 12].decode("cp1252", "replace").split("\n")
    if body.count(b"\0") * 3 > len(body):
        return "; it looks like UTF-16"
    if body[at] in _NOT_WINDOWS:
        return ""
    if secret:
        return "; it looks like Windows-1252"
    character = body[at : at + 1].decode("cp1252", "replace")
    shown = next((line.strip() for line in sample if character in line), character)
    return f"; it looks like Windows-1252 ({character!r} in {shown!r})"


def _place(body: bytes, at: int) -> tuple[int, int]:
    """Return line and column of a byte, from 1."""
    start = body.rfind(b"\n", 0, at) + 1
    return body.count(b"\n", 0, at) + 1, len(body[start:at].decode("utf-8", "replace")) + 1


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


def merge_mark(text: str) -> tuple[str, int] | None:
    """Return what to say of a mark that a merge with conflicts left in a text, and where it is."""
    found = _MERGE.search(text)
    message = "is a mark of a merge with conflicts. Keep what is right of both sides, without marks."
    return (f"{found[0]!r} {message}", found.start()) if found else None
