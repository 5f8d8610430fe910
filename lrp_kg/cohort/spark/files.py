"""A cohort from files to a file, on Spark."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import accumulate
from os.path import realpath
from pathlib import Path
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.choice import Choice
from lrp_kg.cohort.column_problems import made_of_all
from lrp_kg.cohort.files import SHOWN, CohortReport, Progress, run_of
from lrp_kg.cohort.inputs import ID
from lrp_kg.cohort.mapping import ColumnMapping, mapping_data
from lrp_kg.cohort.reading import File, parts_of
from lrp_kg.cohort.spark.output import PartedOutput
from lrp_kg.cohort.spark.session import spark_session
from lrp_kg.cohort.spark.shipment import Shipment
from lrp_kg.cohort.spark.tasks import IDS, CohortJob, Failure, Task, WrittenPart, answer, as_parquet, attempt, scan
from lrp_kg.cohort.writing import demand_apart
from lrp_kg.guideline.files import files_to_check

import duckdb  # isort: skip

T = TypeVar("T")
S = TypeVar("S")
SECONDS = 0.5
"""Between two reports of progress."""


def answer_files_on_spark(
    service: GuidelineService,
    files: Sequence[Path],
    output: Path,
    *,
    rejected: Path | None = None,
    mapping: Path | None = None,
    choice: Choice | None = None,
    lang: str = "en",
    progress: Progress = lambda _what, _count: None,
) -> CohortReport:
    """Answer every row of some files as `answer_files` does; the session that there is does the work, or a new one.

    The files and the folder of the output have the same names on every machine of the session. Parquet is written as
    a folder of parts, in the order of the rows.
    """
    paths = [path for name in files for path in parts_of(name)]
    demand_apart((*files, *paths, mapping, *files_to_check(service.guideline.folder)), (output, rejected))
    shipment = Shipment.of(service, choice or Choice())
    mapped = (mapping_data(mapping), str(mapping)) if mapping else None
    own = ColumnMapping(service.guideline, *mapped) if mapped else None
    with duckdb.connect() as connection:
        sources = [File(Path(realpath(path)), connection, own) for path in paths]
        made_of_all(partial(run_of, shipment.answers(), source) for source in sources)
    with PartedOutput(output, rejected) as target, spark_session() as session:
        run = _Run(session, CohortJob(shipment, target.folder, target.suffix, mapped, lang), progress)
        tasks = run.tasks(sources)
        progress("ids", 0)
        scanned = run.on_workers(tasks, lambda job, task, _: scan(job, task))
        if own:
            for found in scanned:
                own.add_unmapped(found.unmapped)
            own.demand_all_values()
        first = accumulate((found.rows for found in scanned), initial=1)
        tasks = [replace(task, first=number) for task, number in zip(tasks, first, strict=False)]
        repeated = session.sparkContext.broadcast(run.repeated_ids())
        parts = run.on_workers(tasks, lambda job, task, done: _counted(answer(job, task, repeated.value), done))
        target.finish(parts)
    some = [row for part in parts for row in part.some]
    return CohortReport(sum(p.answered for p in parts), sum(p.refused for p in parts), tuple(some[:SHOWN]))


class _Run:
    """The tasks of one run, given to the workers of a session."""

    def __init__(self, session: SparkSession, job: CohortJob, progress: Progress) -> None:
        self._session = session
        self._job = job
        self._progress = progress

    def tasks(self, sources: Sequence[File]) -> list[Task]:
        """Return the pieces of files; CSV becomes Parquet, since nobody can tell where a row of it begins."""
        csv = [(number, source.path) for number, source in enumerate(sources) if source.kind == "csv"]
        made = self.on_workers(csv, lambda job, item, _: as_parquet(job, item[1], item[0]))
        read = {number: File(path, of_text=True) for (number, _), path in zip(csv, made, strict=True)}
        pieces = [(file, piece) for n, s in enumerate(sources) for file in [read.get(n, s)] for piece in file.pieces()]
        return [Task(number, file.path, file.text, piece) for number, (file, piece) in enumerate(pieces)]

    def on_workers(self, items: Sequence[S], work: Callable[[CohortJob, S, Any], T]) -> list[T]:
        """Return what the workers find for each item; raise the error of the first that fails."""
        if not items:
            return []
        context = self._session.sparkContext
        job, done = context.broadcast(self._job), context.accumulator(0)

        def attempted(item: S) -> T | Failure | None:
            return attempt(job.value, lambda: work(job.value, item, done))

        with self._watched(done):
            found = context.parallelize(items, len(items)).map(attempted).collect()
        for one in found:
            if isinstance(one, Failure):
                raise one.error
        return found  # type: ignore[return-value]  # none is None where none is a failure

    def repeated_ids(self) -> frozenset[str]:
        """Return the identifiers that more than one row has."""
        files = (self._job.folder / IDS).as_uri()
        ids = self._session.read.schema(f"{ID} string").parquet(files)
        counted = ids.where(f"{ID} is not null").groupBy(ID).count().where("count > 1")
        return frozenset(row[ID] for row in counted.select(ID).collect())

    @contextmanager
    def _watched(self, done: Any) -> Iterator[None]:
        """Report progress while workers work."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(SECONDS):
                self._progress("answered", done.value)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _counted(part: WrittenPart, done: Any) -> WrittenPart:
    done.add(part.answered + part.refused)
    return part
