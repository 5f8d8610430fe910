"""A cohort from files to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.buffers import texts
from lrp_kg.cohort.choice import Choice
from lrp_kg.cohort.column_problems import columns_in, made_of_all, refuse, repeated_names
from lrp_kg.cohort.encoding import values_of
from lrp_kg.cohort.inputs import ID
from lrp_kg.cohort.reading import CSV, File, FilePiece, JsonLines, parts_of
from lrp_kg.cohort.repeats import SeenIds, repeated_ids
from lrp_kg.cohort.run import Answers, CohortRun, Refused
from lrp_kg.cohort.writing import Output, demand_apart, not_written
from lrp_kg.guideline.files import files_to_check

if TYPE_CHECKING:
    import duckdb

    from lrp_kg.cohort.mapping import ColumnMapping

Read = TypeVar("Read")
Progress = Callable[[str, int], None]
SHOWN = 20
"""Refused rows that a report names."""
VALUES = 100
"""Values of a column that the draft of a mapping names."""
MEMORY = "512MB"
"""What DuckDB may take before it writes to disk."""


@dataclass(frozen=True)
class CohortReport:
    """How many rows were answered and refused, and some of the refused ones."""

    answered: int
    refused: int
    some: tuple[Refused, ...]


def answer_files(
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
    """Answer every row of some files; raise `CohortError` where that cannot be done, and then write nothing."""
    answers = Answers(service, choice, coded=output.suffix.lower() == ".parquet")
    paths = [path for name in files for path in parts_of(name)]
    demand_apart((*files, *paths, mapping, *files_to_check(service.guideline.folder)), (output, rejected))
    with _workshop(output) as folder, _connection(paths) as connection:
        mapped = _mapping(service, mapping) if mapping else None
        sources = [File(path, connection, mapped) for path in paths]
        made = made_of_all(partial(run_of, answers, source) for source in sources)
        runs = list(zip(sources, made, strict=True))

        def write(seen: SeenIds | None) -> CohortReport:
            with Output(answers.schema, output, rejected) as target:
                return _write(runs, target, lang, progress, seen)

        report: CohortReport | None = None
        if not mapped:  # else codes that are not mapped are found before anything is answered
            with SeenIds(folder) as seen, suppress(_NotUnique):
                report = write(seen)
        if report is None:
            progress("ids", 0)
            repeated = repeated_ids(sources, folder)
            if mapped:
                mapped.demand_all_values()
            for _, cohort in runs:
                cohort.repeated = repeated
            report = write(None)
    answers.keep()
    return report


class _NotUnique(Exception):  # noqa: N818  no error, but the reason to look for ids that repeat
    """Some rows may have the same id."""


def _write(
    runs: Sequence[tuple[File, CohortRun]], target: Output, lang: str, progress: Progress, seen: SeenIds | None
) -> CohortReport:
    """Answer the rows of files; raise `_NotUnique` where two have the same id, as far as that is ``seen``."""
    answered, refused = 0, 0
    some: list[Refused] = []
    for source, cohort in runs:
        for found, left in answers_to(source, cohort, answered + refused + 1):
            if seen and not all([seen.add(found.column(ID)), seen.add(texts([row.id for row in left]))]):
                raise _NotUnique
            target.write(found, (r.as_dict(lang) for r in left))
            answered, refused = answered + found.num_rows, refused + len(left)
            some += left[: SHOWN - len(some)]
            progress("answered", answered + refused)
    if seen and len(seen.suspect()):
        raise _NotUnique
    return CohortReport(answered, refused, tuple(some))


def _mapping(service: GuidelineService, path: Path) -> ColumnMapping:
    """Return a mapping; what reads it is imported only where there is one."""
    from lrp_kg.cohort.mapping import load_mapping

    return load_mapping(service.guideline, path)


@contextmanager
def _workshop(output: Path) -> Iterator[Path]:
    """Yield a folder for what is only kept for a while; a full disk is an error."""
    try:
        with TemporaryDirectory() as folder:
            yield Path(folder)
    except OSError as error:
        raise not_written(output, error) from None


@contextmanager
def _connection(paths: Sequence[Path]) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Yield a connection to DuckDB where one of some files is CSV; its import takes a while."""
    if not any(path.suffix.lower() in CSV for path in paths):
        yield None
        return
    import duckdb

    try:
        with TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "rows.duckdb")) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            yield connection
    except duckdb.IOException as error:
        raise OSError(str(error)) from None


def run_of(answers: Answers, source: File) -> CohortRun:
    """Return what answers the rows of a file; raise `CohortError` with everything that is wrong with its columns."""
    with columns_in(source.path):
        return CohortRun(answers, source.names, text=source.text, whole=source.kind == "ndjson")


def answers_to(
    source: File, cohort: CohortRun, first: int, piece: FilePiece | None = None
) -> Iterator[tuple[pa.RecordBatch, list[Refused]]]:
    """Yield the answers to the rows of a file, or of a piece of it, and the refused ones.

    ``first`` is the number of the first of these rows.
    """
    for batch in _ahead(source.batches(piece=piece)):
        if isinstance(batch, JsonLines):
            yield cohort.answer_whole(batch.records, first, batch.broken)
            first += len(batch.records)
        else:
            with columns_in(source.path):
                answered = cohort.answer(batch, first)
            yield answered
            first += batch.num_rows


def _ahead(batches: Iterator[Read]) -> Iterator[Read]:
    """Yield batches, of which a thread reads the next one while one is worked on."""
    with ThreadPoolExecutor(1) as thread:
        pending = thread.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = thread.submit(next, batches, None)
            yield batch


def suggest_mapping(service: GuidelineService, files: Sequence[Path]) -> str:
    """Return the draft of a mapping of some files, with the first values of each column of codes."""
    from lrp_kg.cohort.mapping import suggest

    paths = [path for name in files for path in parts_of(name)]
    with _connection(paths) as connection:
        sources = [File(path, connection) for path in paths]
        values: dict[str, dict[str, None]] = {}
        for source in sources:
            with columns_in(source.path):
                refuse(repeated_names(source.own_names))
            for batch in source.raw():
                for name, column in _columns(batch):
                    own = values.setdefault(name, {})
                    for value in column:
                        if value is not None and len(own) < VALUES:
                            own[value] = None
    return suggest(service.guideline, values, {name: list(own) for name, own in values.items()})


def _columns(batch: pa.RecordBatch | JsonLines) -> Iterator[tuple[str, list[str | None]]]:
    """Yield the columns of rows, each value as text, those of a list one by one."""
    from lrp_kg.cohort.mapping import code_text

    if isinstance(batch, JsonLines):
        names = dict.fromkeys(name for record in batch.records for name in record)
        columns = {name: [record.get(name) for record in batch.records] for name in names}
    else:
        columns = {name: values_of(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    for name, values in columns.items():
        every = (item for value in values for item in (value if isinstance(value, list) else [value]))
        yield name, [None if item is None or item != item else code_text(item) for item in every]  # noqa: PLR0124
