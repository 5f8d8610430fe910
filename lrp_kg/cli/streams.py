"""The streams of a command: closed, full or of another encoding; with colours or without, for click and rich alike."""

from __future__ import annotations

import codecs
import errno
import io
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli.exit_codes import BROKEN_PIPE, CANNOT_RUN
from lrp_kg.temporary import reason

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN = {"≤": "<=", "≥": ">=", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": "->"}
_READABLE = "lrp-kg.readable"
NARROW, WIDE = 40, 100
"""Characters of the shortest and longest lines that text is laid out in."""
_OF_OUTPUT = (errno.EBADF, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)
"""What the system refuses without the name of a file is the output, where it is one of these."""


def _readable(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks by what reads the same, else by their numbers; ? could be anything."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = []
    for character in error.object[error.start : error.end]:
        plain = _PLAIN.get(character) or unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        found.append(plain or character.encode("ascii", "backslashreplace").decode())
    return "".join(found), error.end


codecs.register_error(_READABLE, _readable)


def prepare() -> None:
    """Open closed streams on nothing, and let both outputs take every character.

    Writing to a standard output that is closed, and reading such an input, fails as if it were open for neither; else
    the next file that is opened would take its place.
    """
    for number, name, mode in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                os.open(os.devnull, mode)  # takes the lowest free number, which is this one
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"  # click takes that for a mistake, and so do we
            stream.reconfigure(encoding="utf-8" if ascii_only else None, errors=_READABLE)


def run_without_output() -> None:
    """Let a command that only says what it does run on with a closed standard output."""
    with suppress(io.UnsupportedOperation):  # of a test
        number = sys.stdout.fileno()
        try:
            os.write(number, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


@contextmanager
def reported() -> Iterator[None]:
    """Flush the output at the end; report what the system refused in one line, and exit."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _let_go()
        raise SystemExit(BROKEN_PIPE) from None
    except OSError as error:
        with suppress(OSError):
            click.secho(_message(error), err=True, fg="red")
        _let_go()
        raise SystemExit(CANNOT_RUN) from None


def _message(error: OSError) -> str:
    if error.filename is None and error.errno in _OF_OUTPUT:
        return f"The output cannot be written: {'it is closed' if error.errno == errno.EBADF else error.strerror}."
    return f"{reason(error)}."


def _let_go() -> None:
    """Send what cannot be written nowhere, since Python tries again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def colour() -> bool | None:
    """Return whether output has colours; ``None``: where it is a terminal (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def width(usual: int) -> int:
    """Return how many characters wide text is laid out: those of the terminal within reason, else as usual."""
    if not (os.environ.get("COLUMNS") or sys.stdout.isatty()):
        return usual
    return min(max(shutil.get_terminal_size((usual, 0)).columns, NARROW), WIDE)


def console(*, stderr: bool = False, **options: Any) -> Console:
    """Return a console of rich; on ``stderr`` it is for progress, which only a terminal shows."""
    from rich.console import Console

    class Output(Console):
        """Leaves a broken pipe to the command."""

        def on_broken_pipe(self) -> None:
            raise

    wanted = colour()
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Output(
        stderr=stderr,
        highlight=False,
        color_system=None if wanted is False else "auto",
        force_terminal=terminal if stderr else terminal or bool(wanted),
        force_interactive=terminal and os.environ.get("TERM", "").lower() not in ("dumb", "unknown"),
        **options,
    )
