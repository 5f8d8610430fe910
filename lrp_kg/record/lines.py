"""Newline-delimited JSON, line by line, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lrp_kg.errors import RecordError, TooLarge
from lrp_kg.words import error as say

LONGEST = 1024 * 1024
"""Bytes of a line, about a thousand times the size of a record."""

Line = tuple[int, bytes | RecordError]
"""The number of a line, and its bytes, or why there are none: it is too long, or the stream is cut in or before it."""


def numbered_lines(readline: Callable[[int], bytes], longest: int = LONGEST) -> Iterator[Line]:
    """Yield the lines of a stream, from 1; blank ones count, and are left out.

    ``readline`` returns at most as many bytes as it is asked for, up to the end of the line, as that of a file does.
    A `RecordError` that it raises ends the lines. A line ends with a line feed only: JSON may have any other line
    separator within a text.
    """
    number = 0
    try:
        while line := readline(longest + 1):
            fits = len(line) <= longest or line.endswith(b"\n")
            while line and not (fits or line.endswith(b"\n")):
                line = readline(longest)
            number += 1
            if not fits:
                yield number, say(TooLarge, "error-line-limit", limit=longest)
            elif line.strip():
                yield number, line
    except RecordError as error:
        yield number + 1, error
