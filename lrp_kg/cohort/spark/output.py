"""Where the parts that workers wrote become the answers, all or nothing.

Parquet is a folder of parts, as everything that reads Parquet of Spark expects. CSV, NDJSON and the rows that are
refused are one file each.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from os.path import realpath
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType

from lrp_kg.cohort.spark.tasks import CSV, IDS, PARTS, REFUSED, WrittenPart, part_name
from lrp_kg.cohort.writing import Target, demand_kind, move_all, not_written
from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

KEPT = "old"
"""The folder of what had the name of the answers before."""
_PART = re.compile(r"part-\d+\.parquet")


class _Folder:
    """The folder of parts that workers wrote, and what had its name before."""

    def __init__(self, path: Path, made: Path) -> None:
        self.path = path
        self._place = Path(realpath(path))
        self._made = made
        self._kept = made.with_name(KEPT)

    def close(self) -> None:
        """Do nothing: workers closed the parts."""

    def move(self) -> None:
        """Put the parts in the place of the answers, and what was there away."""
        if self._place.is_dir():
            self._place.rename(self._kept)
        self._made.rename(self._place)

    def put_back(self) -> None:
        """Put the parts away again, and in their place what was there."""
        if not self._made.exists():
            self._place.rename(self._made)
        if self._kept.exists():
            self._kept.rename(self._place)


class PartedOutput:
    """A folder beside the answers in which parts are written, and the answers that they become."""

    def __init__(self, answers: Path, rejected: Path | None) -> None:
        demand_kind(answers)
        self.suffix = answers.suffix.lower()
        self._answers = answers
        self._targets: list[Target] = []
        self._made: Path | None = None
        self._whole = False
        try:
            if self.suffix == ".parquet":
                self._demand_place()
            else:
                self._targets.append(Target(answers))
            if rejected is not None:
                self._targets.append(Target(rejected))
            self._made = Path(mkdtemp(prefix=f".{answers.name}.", suffix=".part", dir=Path(realpath(answers)).parent))
            for name in (CSV, IDS, PARTS, REFUSED):
                (self.folder / name).mkdir()
        except OSError as error:
            self._drop()
            raise not_written(self._answers, error) from None
        except CohortError:
            self._drop()
            raise

    @property
    def folder(self) -> Path:
        """The folder in which workers write."""
        assert self._made  # noqa: S101
        return self._made

    def _demand_place(self) -> None:
        """Raise `CohortError` where the answers would replace a file, or a folder that is something else."""
        if self._answers.is_file():
            raise say(CohortError, "error-cohort-file", file=str(self._answers))
        if self._answers.is_dir() and not all(_PART.fullmatch(file.name) for file in self._answers.iterdir()):
            raise say(CohortError, "error-cohort-folder", file=str(self._answers))

    def __enter__(self) -> PartedOutput:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._drop()

    def _drop(self) -> None:
        for target in self._targets:
            target.drop()
        if self._made and (self._whole or not (self._made / KEPT).exists()):  # else it could not be put back
            shutil.rmtree(self._made, ignore_errors=True)

    def finish(self, parts: Sequence[WrittenPart]) -> None:
        """Give the answers their names; raise `CohortError` where a part is not there as a worker wrote it."""
        files = [self.folder / PARTS / part_name(number, self.suffix) for number in range(len(parts))]
        for file, part in zip(files, parts, strict=True):
            if not file.is_file() or file.stat().st_size != part.size:
                raise say(CohortError, "error-spark-folder", file=str(self._answers))
        try:
            refused = sorted((self.folder / REFUSED).iterdir())
            bodies = [files, refused] if self.suffix != ".parquet" else [refused]
            for target, own in zip(self._targets, bodies, strict=False):
                _join(target, own, header=self.suffix == ".csv" and own is files)
            folder = [_Folder(self._answers, self.folder / PARTS)] if self.suffix == ".parquet" else []
            move_all([*folder, *self._targets])
            self._whole = True
        except OSError as error:
            raise not_written(self._answers, error) from None


def _join(target: Target, files: Iterable[Path], *, header: bool) -> None:
    """Write files one after the other; of those with a ``header``, only the first keeps it."""
    for number, file in enumerate(files):
        with file.open("rb") as stream:
            if header and number:
                stream.readline()
            shutil.copyfileobj(stream, target.stream)
