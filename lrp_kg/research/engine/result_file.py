"""Where a worker writes a result: memory first, then a temporary file without a name; never over the limit."""

from __future__ import annotations

import io
import tempfile
from typing import IO

INLINE = 256 * 1024
"""Bytes up to which a result stays in memory."""


class ResultTooLarge(Exception):
    """The result is over its limit."""


class ResultFile:
    """A writable file for results."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.file: IO[bytes] = io.BytesIO()
        self.on_disk = False

    def write(self, data: bytes) -> int:
        """Take a part of the result; raise `ResultTooLarge` beyond the limit."""
        self.size += len(data)
        if self.size > self.limit:
            raise ResultTooLarge
        if not self.on_disk and self.size > INLINE:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - handed on, and closed by who reads it
            file.write(self.file.getvalue())  # type: ignore[attr-defined]
            self.file, self.on_disk = file, True
        self.file.write(data)
        return len(data)

    def flush(self) -> None:
        """Write through what is buffered."""
        self.file.flush()

    def reader(self) -> IO[bytes]:
        """Return the result to be read from its start."""
        self.file.flush()
        self.file.seek(0)
        return self.file
