"""What a worker of Spark does with a piece of a file: read its identifiers, then answer its rows.

A worker reads a file itself, as it is read on one machine, and writes a part beside the place of the answers: Spark
says who does what, and rows never pass through it. So the folders of both have to be the same on every machine.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from lrp_kg.cohort.files import SHOWN, answers_to
from lrp_kg.cohort.inputs import ID
from lrp_kg.cohort.mapping import ColumnMapping
from lrp_kg.cohort.reading import File, FilePiece, ids_of
from lrp_kg.cohort.run import Refused
from lrp_kg.cohort.spark.shipment import Shipment
from lrp_kg.cohort.writing import writer_of
from lrp_kg.errors import CohortError, LrpError
from lrp_kg.words import error as say

T = TypeVar("T")
IDS, CSV, PARTS, REFUSED, FAILED = "ids", "csv", "parts", "refused", "failed"
"""What is in the folder of a run."""
_ID_SCHEMA = pa.schema([(ID, pa.string())])


@dataclass(frozen=True)
class CohortJob:
    """What all tasks of a run share: ``folder`` is where they write, ``mapping`` what a mapping says, and its file."""

    shipment: Shipment
    folder: Path
    suffix: str
    mapping: tuple[Any, str] | None
    lang: str


@dataclass(frozen=True)
class Task:
    """A piece of a file; ``first`` is the number of its first row, once it is known."""

    number: int
    path: Path
    of_text: bool
    piece: FilePiece
    first: int = 0


@dataclass(frozen=True)
class Scanned:
    """How many rows a piece has, and the codes of each column that are not mapped."""

    rows: int
    unmapped: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class WrittenPart:
    """The answers to a piece: how many, how many rows are refused and the first of them, and the size of its file."""

    answered: int
    refused: int
    some: tuple[Refused, ...]
    size: int


@dataclass(frozen=True)
class Failure:
    """Why a task failed."""

    error: LrpError


def attempt(job: CohortJob, work: Callable[[], T]) -> T | Failure | None:
    """Return what a task finds, or why it fails; ``None`` where another has failed, so that nothing comes of it.

    What is no error of ours is reported by its kind and place only: its text may hold a patient's data.
    """
    mark = job.folder / FAILED
    if mark.exists():
        return None
    try:
        return work()
    except LrpError as error:
        failure = Failure(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} ({Path(place.filename).name}, line {place.lineno})"
        failure = Failure(say(CohortError, "error-spark", what=what))
    if job.folder.is_dir():
        mark.touch()
    return failure


def as_parquet(job: CohortJob, path: Path, number: int) -> Path:
    """Write CSV as Parquet, of which workers can read pieces."""
    with duckdb.connect() as connection:
        place = job.folder / CSV / f"{number}.parquet"
        File(path, connection).as_parquet(place)
    return place


def scan(job: CohortJob, task: Task) -> Scanned:
    """Write the identifiers of a piece, and look for codes that are not mapped."""
    mapping, source = _source(job, task)
    rows = 0
    with _Whole(job.folder / IDS / f"{task.number:06}.parquet") as place, pq.ParquetWriter(place, _ID_SCHEMA) as writer:
        for batch in source.batches(scan=True, piece=task.piece):
            ids = ids_of(batch)
            writer.write_batch(pa.record_batch([ids], schema=_ID_SCHEMA))
            rows += len(ids)
    return Scanned(rows, mapping.unmapped() if mapping else {})


def answer(job: CohortJob, task: Task, repeated: frozenset[str]) -> WrittenPart:
    """Write the answers to the rows of a piece, and those that are refused."""
    _, source = _source(job, task)
    whole = source.kind == "ndjson"
    cohort = job.shipment.run(() if whole else tuple(source.names), text=source.text, whole=whole)
    cohort.repeated = repeated
    answered, refused = 0, 0
    some: list[Refused] = []
    with (
        _Whole(job.folder / PARTS / part_name(task.number, job.suffix)) as place,
        _Whole(job.folder / REFUSED / f"{task.number:06}.ndjson") as beside,
        place.open("wb") as stream,
        beside.open("wb") as rejected,
    ):
        writer = writer_of(job.suffix, job.shipment.answers().schema, stream)
        for found, left in answers_to(source, cohort, task.first, task.piece):
            if found.num_rows:
                writer.write_batch(found)
            rejected.writelines(orjson.dumps(row.as_dict(job.lang)) + b"\n" for row in left)
            answered, refused = answered + found.num_rows, refused + len(left)
            some += left[: SHOWN - len(some)]
        writer.close()
        for file in (stream, rejected):
            file.flush()
            os.fsync(file.fileno())
        size = os.fstat(stream.fileno()).st_size
    return WrittenPart(answered, refused, tuple(some), size)


def part_name(number: int, suffix: str) -> str:
    """Return the name of the file of a part, such that parts are in the order of their rows."""
    return f"part-{number:06}{suffix}"


def _source(job: CohortJob, task: Task) -> tuple[ColumnMapping | None, File]:
    guideline = job.shipment.answers().service.guideline
    mapping = ColumnMapping(guideline, *job.mapping) if job.mapping else None
    return mapping, File(task.path, mapping=mapping, of_text=task.of_text)


class _Whole:
    """A file that has its name once it is whole: Spark may do a task twice, also at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name}.{uuid4().hex}")

    def __enter__(self) -> Path:
        return self._beside

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._beside.replace(self._path)
        else:
            self._beside.unlink(missing_ok=True)
