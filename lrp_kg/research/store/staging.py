"""What an unfinished load has derived already: batches on disk, each durable before the next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from pathlib import Path
from typing import IO

from lrp_kg.research.store.deriving import ItemReport
from lrp_kg.research.store.generations import sync, write_durably

PIECE = 48 * 1024 * 1024
"""Bytes of lines that are sorted together: some 2,000 records; Oxigraph takes about six times as much memory."""

WHOLE = 160 * 1024 * 1024
"""Bytes of lines up to which a new store is made in one piece, which Oxigraph compresses: some 7,000 records. It sorts
a million triples at a time."""


def pieces(files: Sequence[Path], whole: int) -> Iterator[list[Path]]:
    """Yield files in lists, each of about one piece, or of all where they have at most ``whole`` bytes together."""
    piece: list[Path] = []
    size = 0
    most = whole if sum(f.stat().st_size for f in files) <= whole else PIECE
    for file in files:
        piece.append(file)
        size += file.stat().st_size
        if size >= most:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


class Joined(RawIOBase):
    """Files read one after the other."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = iter(files)
        self._file: IO[bytes] | None = None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes; none at the end of the last file."""
        while True:
            if self._file is None:
                file = next(self._files, None)
                if file is None:
                    return b""
                self._file = file.open("rb")
            if found := self._file.read(size):
                return found
            self.close_file()

    def close_file(self) -> None:
        """Close the file that is being read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Close all."""
        self.close_file()
        super().close()


class Staging:
    """The batches of one load, named by what it loads and with what, so that only the same load resumes them."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder / key[:32]
        for other in folder.iterdir():
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)

    def done(self) -> int:
        """Return how many batches are complete, from the first on."""
        number = 0
        while self._report(number).is_file() and self._lines(number).is_file():
            number += 1
        return number

    def write(self, number: int, lines: str, reports: list[ItemReport]) -> None:
        """Make a batch durable: its lines first, then the report that says that it is complete."""
        write_durably(self._lines(number), lines)
        write_durably(self._report(number), json.dumps(reports))

    def reports(self, number: int) -> list[ItemReport]:
        """Return the reports on the items of a batch."""
        found: list[ItemReport] = json.loads(self._report(number).read_text(encoding="utf-8"))
        return found

    def files(self) -> list[Path]:
        """Return the lines of complete batches."""
        return [self._lines(number) for number in range(self.done())]

    def ending(self, lines: str) -> Path:
        """Write what is stored after the batches, and return where; it is worked out again after an interruption."""
        file = self.folder / "ending.nq"
        file.write_text(lines, encoding="utf-8")
        return file

    def remove(self) -> None:
        """Remove the batches: they are in a generation now."""
        shutil.rmtree(self.folder, ignore_errors=True)
        sync(self.folder.parent)

    def _lines(self, number: int) -> Path:
        return self.folder / f"{number:06d}.nq"

    def _report(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"
