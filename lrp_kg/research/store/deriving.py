"""Validates records and derives their answers, batch by batch, in as many processes as are worth it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pyoxigraph as ox

from lrp_kg.answer.decisions import composable
from lrp_kg.answer.run import Run
from lrp_kg.answer.service import GuidelineService
from lrp_kg.effort import collect_seldom
from lrp_kg.errors import InvalidRecord, RecordError
from lrp_kg.findings import Finding
from lrp_kg.guideline.named_graphs import DERIVED, RECORDS
from lrp_kg.lifeline import end_with_starter
from lrp_kg.record.files import Item, understand
from lrp_kg.record.model import Record
from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.store.contacts import Contact, contacts_of
from lrp_kg.research.store.quads import (
    AnswerWriter,
    NamedRecord,
    QuadLines,
    derived_triples,
    digest_triple,
    is_reserved,
    name_record,
    record_triples,
)
from lrp_kg.research.store.stored import is_answered

BATCH = 500
"""Records that are derived, and made durable, at a time."""

MEMORY = 64 * 1024 * 1024
"""Bytes of what a process that loads remembers of answers, in the young half of the memories: records come by the
thousands, and what they have in common repeats more, the more there are."""

WORTH_IT = 10 * BATCH
"""Records that one process derives before others help: each of them has to work out again what records have in common,
so that fewer take a quarter less time but a third more CPU seconds."""


class ItemReport(TypedDict):
    """What becomes of one item: its name, its record, why it is refused, and the outcome once that is decided.

    ``contacts`` are what its record says of its episode and day.
    """

    record: str
    iri: str
    assessment: str
    digest: str
    contacts: list[Contact]
    code: str
    findings: list[dict[str, Any]]
    outcome: str


class DerivedItem(NamedTuple):
    """The report on one item, and the lines to store."""

    report: ItemReport
    lines: str


@dataclass(frozen=True)
class Batch:
    """Some items, and the lines of results that these are the first to have."""

    items: list[DerivedItem]
    results: str


@dataclass(frozen=True)
class Job:
    """How to derive: the guideline folder, the activity of the load, the home of each triple, and what is kept.

    ``keep_invalid`` keeps records that are not valid. ``base`` is the folder of a generation that the same guideline
    answered: records that it has are not derived again.
    """

    folder: Path
    activity: str
    homes: Homes
    keep_invalid: bool = False
    base: Path | None = None


class _Readable(NamedTuple):
    """An item that is valid: its name, and its record as it is stored and as it is assessed."""

    name: str
    named: NamedRecord
    record: Record


class Deriver:
    """Derives the answers of records with one guideline."""

    def __init__(self, job: Job) -> None:
        self.service = GuidelineService(job.folder)
        self.service.prepare()
        self.service.assessor.memories.limit = MEMORY
        self.job = job
        self.base = ox.Store.read_only(str(job.base)) if job.base else None
        self.quads = QuadLines(job.homes)
        self.answers = AnswerWriter(self.service.guideline, job.activity, self.quads)

    def batch(self, items: list[Item]) -> Batch:
        """Derive each item."""
        found = [self._read(name, item) for name, item in items]
        derived = [self._answered(item) if isinstance(item, _Readable) else item for item in found]
        return Batch(derived, self.answers.new_results())

    def _read(self, name: str, found: object) -> _Readable | DerivedItem:
        """Return an item that is to be answered, or the report on one that is not."""
        raw = understand(self.service.reader, found)  # type: ignore[arg-type]
        if isinstance(raw, RecordError):
            return _refused(name, Finding(raw.code, raw.message))
        named = name_record(raw)
        if is_reserved(named.iri, self.service.guideline):
            message = (
                f"The identifier {named.iri} is that of something else in a store: a term, an answer or a list. Give "
                "the record another one."
            )
            return _refused(name, Finding("identifier-reserved", message))
        if is_answered(self.base, named):
            return DerivedItem(_report(name, named), "")
        try:
            return _Readable(name, named, self.service.read(raw))
        except InvalidRecord as error:
            lines = ""
            if self.job.keep_invalid:
                lines = self._lines(named, [digest_triple(named)], self.answers.refused_lines(named))
            return DerivedItem(self._report(name, named, error.code, error.findings), lines)

    def _answered(self, item: _Readable) -> DerivedItem:
        named, assessor = item.named, self.service.assessor
        run = Run(assessor, item.record, explain=True, outcomes_only=True)
        if composable(item.record):
            answer = self.answers.composed_lines(named, assessor.compose(run))
        else:
            answer = self.answers.lines(named, assessor.finish(run))
        run.done()
        derived = (digest_triple(named), *derived_triples(named, item.record, self.service.guideline))
        return DerivedItem(self._report(item.name, named), self._lines(named, derived, answer))

    def _report(self, name: str, named: NamedRecord, code: str = "", findings: Iterable[Finding] = ()) -> ItemReport:
        """Return the report on a record that may be stored."""
        return _report(name, named, code, findings, contacts_of(named, self.service.guideline))

    def _lines(self, named: NamedRecord, derived: Iterable[str], answer: str) -> str:
        sent = self.quads.of(record_triples(named), RECORDS)
        return "".join((*sent, *self.quads.of(derived, DERIVED), answer))


def _refused(name: str, finding: Finding) -> DerivedItem:
    return DerivedItem(_report(name, None, finding.name, (finding,)), "")


def _report(
    name: str,
    named: NamedRecord | None,
    code: str = "",
    findings: Iterable[Finding] = (),
    contacts: Iterable[Contact] = (),
) -> ItemReport:
    return {
        "record": name,
        "iri": named.iri if named else "",
        "assessment": named.assessment if named else "",
        "digest": named.digest if named else "",
        "contacts": list(contacts),
        "code": code,
        "findings": [{**f.as_dict(), "messages": f.messages} for f in findings],
        "outcome": "",
    }


_deriver: Deriver | None = None


def _prepare(job: Job) -> None:
    global _deriver  # noqa: PLW0603 - one for each process of the pool
    end_with_starter()
    _deriver = Deriver(job)
    collect_seldom()


def _batch(items: list[Item]) -> Batch:
    assert _deriver is not None  # noqa: S101 - set when the process was started
    return _deriver.batch(items)


def derive(job: Job, batches: Iterable[list[Item]], *, processes: int | None = None) -> Iterator[Batch]:
    """Yield each batch derived, in order; other processes help once many records are done and there are more."""
    source = iter(batches)
    processes = processes or min(os.cpu_count() or 1, 8)
    deriver = Deriver(job)
    yield from map(deriver.batch, islice(source, None if processes == 1 else WORTH_IT // BATCH))
    following = next(source, None)
    if following is not None:
        with ProcessPoolExecutor(processes - 1, get_context("spawn"), _prepare, (job,)) as pool:
            yield from _shared(deriver, pool, chain([following], source), processes)


def _shared(
    deriver: Deriver, pool: ProcessPoolExecutor, source: Iterator[list[Item]], processes: int
) -> Iterator[Batch]:
    """Yield each batch derived, in order, by the processes of a pool and by this one, which remembers most."""
    waiting: deque[Batch | Future[Batch]] = deque()
    ahead = 2 * (processes - 1)
    for batch in source:
        if sum(isinstance(found, Future) and not found.done() for found in waiting) < ahead:
            waiting.append(pool.submit(_batch, batch))
        else:
            waiting.append(deriver.batch(batch))
        while waiting and (len(waiting) > 2 * ahead or _is_done(waiting[0])):
            yield _result(waiting.popleft())
    yield from map(_result, waiting)


def _is_done(found: Batch | Future[Batch]) -> bool:
    return isinstance(found, Batch) or found.done()


def _result(found: Batch | Future[Batch]) -> Batch:
    return found if isinstance(found, Batch) else found.result()


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items in lists of equal length."""
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch
