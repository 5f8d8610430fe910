"""Where a worker writes a result: memory first, then a temporary file without a name; never over the limit."""

from __future__ import annotations

import tempfile
from typing import IO, cast

INLINE = 256 * 1024
"""Bytes up to which a result stays in memory."""


class ResultTooLarge(Exception):
    """The result is over its limit."""


class ResultFile:
    """A writable file for results."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.file = tempfile.SpooledTemporaryFile(INLINE)

    @property
    def on_disk(self) -> bool:
        """Return whether the result is in a file of the system."""
        return self.size > INLINE

    def write(self, data: bytes) -> int:
        """Take a part of the result; raise `ResultTooLarge` beyond the limit."""
        self.size += len(data)
        if self.size > self.limit:
            raise ResultTooLarge
        if self.on_disk:
            self.file.rollover()  # before the part is in memory twice
        return self.file.write(data)

    def flush(self) -> None:
        """Write through what is buffered."""
        self.file.flush()

    def reader(self) -> IO[bytes]:
        """Return the result to be read from its start."""
        self.file.flush()
        self.file.seek(0)
        return cast(IO[bytes], self.file)
