"""What an unfinished load has derived already: batches on disk, each durable before the next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from lrp_kg.research.store.deriving import ItemReport
from lrp_kg.research.store.generations import sync, write_durably


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

    def files(self) -> Iterator[Path]:
        """Yield the lines of complete batches."""
        for number in range(self.done()):
            yield self._lines(number)

    def remove(self) -> None:
        """Remove the batches: they are in a generation now."""
        shutil.rmtree(self.folder, ignore_errors=True)
        sync(self.folder.parent)

    def _lines(self, number: int) -> Path:
        return self.folder / f"{number:06d}.nq"

    def _report(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"
