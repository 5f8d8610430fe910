"""What the workers of Spark need to answer rows: sent to each of them, and unpacked once in each of their processes."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import orjson

from lrp_kg import __version__
from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.choice import Choice
from lrp_kg.cohort.run import Answers, CohortRun
from lrp_kg.errors import CohortError
from lrp_kg.guideline.load import load_guideline
from lrp_kg.words import error as say

T = TypeVar("T")
KEPT = 8
"""Things that a process of a worker keeps for the tasks to come; each is of one guideline and choice of columns."""
_kept: OrderedDict[Hashable, Any] = OrderedDict()


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """Return what this process has made under a key; make it where it has not."""
    if key not in _kept:
        _kept[key] = make()
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    found: T = _kept[key]
    return found


@dataclass(frozen=True)
class Shipment:
    """A guideline as the texts of its files, with its diagrams, and the columns that are wanted."""

    content: str
    choice: Choice
    files: bytes = field(repr=False)
    """For each the folder, the name and the text: as JSON, compressed."""
    diagrams: dict[str, str] = field(repr=False, compare=False)
    version: str = __version__

    @classmethod
    def of(cls, service: GuidelineService, choice: Choice) -> Shipment:
        """Return what a worker needs to answer rows as a service does."""
        g = service.guideline
        files = [(m.file.parent.name, m.file.name, m.text.text) for m in g.index.modules]
        packed = zlib.compress(orjson.dumps(files))
        found = cls(g.content_hash, choice, packed, service.assessor.diagrams.built(g.decisions.values()))
        kept(found._key, lambda: service)
        return found

    def answers(self) -> Answers:
        """Return what answers rows in this process."""
        return kept((*self._key, self.choice), self._answers)

    def run(self, names: tuple[str, ...], *, text: bool = False, whole: bool = False) -> CohortRun:
        """Return what answers rows with some columns in this process."""
        key = (*self._key, self.choice, names, text, whole)
        return kept(key, lambda: CohortRun(self.answers(), names, text=text, whole=whole))

    def _answers(self) -> Answers:
        return Answers(kept(self._key, self._service), self.choice)

    @property
    def _key(self) -> tuple[str, str]:
        return self.version, self.content

    def _service(self) -> GuidelineService:
        if __version__ != self.version:
            raise say(CohortError, "error-spark-version", own=__version__, version=self.version)
        with TemporaryDirectory() as folder:
            if load_guideline().content_hash == self.content:
                service = GuidelineService()
            else:
                self._unpack(Path(folder))
                service = GuidelineService(folder)
            service.assessor.diagrams.known |= self.diagrams
            service.prepare()  # reads the last of the files
        return service

    def _unpack(self, folder: Path) -> None:
        for part, name, text in orjson.loads(zlib.decompress(self.files)):
            (folder / part).mkdir(exist_ok=True)
            (folder / part / name).write_text(text, encoding="utf-8", newline="")
