"""Makes a new generation of a store: derives items in stages, stores them in a folder, and makes it the current one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.answer.rdf_results import RESULTS
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS, DERIVED
from lrp_kg.namespaces import CP, RDF
from lrp_kg.record.files import Item
from lrp_kg.research.store.contacts import Contact, link_contacts
from lrp_kg.research.store.deriving import ItemReport, Job, batches, derive
from lrp_kg.research.store.generations import Generation, Writer
from lrp_kg.research.store.predicates import homes_of
from lrp_kg.research.store.quads import LISTS, RESULTS_NAMED, ROOT, QuadLines, load_triples
from lrp_kg.research.store.snapshot import content_of, guideline_snapshot
from lrp_kg.research.store.sources import Source
from lrp_kg.research.store.staging import PIECE, WHOLE, Joined, Staging, pieces

Progress = Callable[[str, int], None]
"""Progress callback: step name, records done."""

_DEFAULT = ox.DefaultGraph()
_TYPE, _REST = ox.NamedNode(RDF + "type"), ox.NamedNode(RDF + "rest")


class NewGeneration:
    """A generation that is being made; what is done survives an interruption."""

    def __init__(
        self, guideline: Guideline, writer: Writer, what: str, sources: Sequence[Source], progress: Progress
    ) -> None:
        self.guideline = guideline
        self.writer = writer
        self.sources = sources
        self.progress = progress
        digest = hashlib.sha256(f"{content_of(guideline)} {__version__} {what} ".encode())
        digest.update((writer.base.name if writer.base else "").encode())
        for source in sources:
            digest.update(hashlib.sha256(source.body).digest() + f"{source.name} {source.kind}".encode())
        self.homes = homes_of(guideline)
        self.contacts: list[Contact] = []
        self.activity = f"{ROOT}load/{digest.hexdigest()[:32]}"
        self.staging = Staging(writer.store.folder / "staging", digest.hexdigest())

    def derive(
        self,
        items: Iterator[Item],
        decide: Callable[[ItemReport], None],
        keep: Iterable[str],
        *,
        keep_invalid: bool = False,
        base: Path | None = None,
    ) -> Iterator[ItemReport]:
        """Yield the report on each item; only lines of items whose outcome is in ``keep`` are staged.

        Records that the generation in ``base`` has answered are not derived again, and have no lines. ``decide`` sets
        the outcome; it is also called for items that were staged before the interruption.
        """
        kept, count = frozenset(keep), 0
        waiting = batches(items)
        done = self.staging.done()
        for number in range(done):
            next(waiting)
            for report in self.staging.reports(number):
                decide(report)
                self._note(report, kept)
                yield report
                count += 1
            self.progress("resume", count)
        job = Job(self.guideline.folder, self.activity, self.homes, keep_invalid, base)
        for number, batch in enumerate(derive(job, waiting), done):
            reports = [item.report for item in batch.items]
            for report in reports:
                decide(report)
                self._note(report, kept)
            lines = [item.lines for item in batch.items if item.report["outcome"] in kept]
            self.staging.write(number, batch.results + "".join(lines), reports)
            yield from reports
            count += len(reports)
            self.progress("derive", count)

    def _note(self, report: ItemReport, kept: Collection[str]) -> None:
        if report["outcome"] in kept:
            self.contacts += (Contact(*contact) for contact in report["contacts"])

    def finish(self, target: Path, records: int, count: int, *, leftovers: bool = False) -> Generation:
        """Put what is staged into the folder of the new generation and make that the current one.

        ``leftovers``: there are results or lists that only records had which were replaced or not taken.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        moment = now.isoformat()
        self.progress("store", count)
        first = [] if target.exists() else [guideline_snapshot(self.guideline)]
        store, quads = ox.Store(str(target)), QuadLines(self.homes)
        said = quads.of(load_triples(self.activity, self.guideline, now), ANSWERS)
        linked = quads.of(link_contacts(store, self.guideline, self.homes, self.contacts), DERIVED)
        ending = self.staging.ending("".join((*said, *linked)))
        for piece in pieces([*first, *self.staging.files(), ending], WHOLE if first else PIECE):
            with Joined(piece) as lines:
                # lenient: each IRI in them was read by a parser, or is of the guideline or ours
                store.bulk_load(input=cast(IO[bytes], lines), format=ox.RdfFormat.N_QUADS, lenient=True)
        if leftovers:
            forget_unused(store)
        store.optimize()
        store.flush()
        del store
        files = [{"name": s.name, "sha256": hashlib.sha256(s.body).hexdigest()} for s in self.sources]
        entry = {"activity": self.activity, "ended": moment, "records": count, "files": files}
        generation = self.writer.switch(
            target,
            created=moment,
            guideline=f"{self.guideline.id} {self.guideline.version}",
            content=content_of(self.guideline),
            package=__version__,
            records=records,
            loads=(*(self.writer.base.loads if self.writer.base else ()), entry),
            homes=self.homes.as_json(),
        )
        self.staging.remove()
        return generation

    def empty_folder(self) -> Path:
        """Return the folder of the new generation, which is not there: it begins with the guideline alone."""
        target = self.writer.next_folder()
        shutil.rmtree(target, ignore_errors=True)
        return target

    def copied_folder(self) -> Path:
        """Make the folder of the new generation as a copy of the current one, by hard links."""
        if self.writer.base is None:
            return self.empty_folder()
        target = self.writer.next_folder()
        shutil.rmtree(target, ignore_errors=True)
        ox.Store.read_only(str(self.writer.base.folder)).backup(str(target))
        return target


def forget_unused(store: ox.Store) -> None:
    """Remove results, reasons and lists that nothing refers to: those of records that were replaced or not taken."""
    kinds = [*RESULTS.values(), CP + "ConditionResult"]
    typed = (store.quads_for_pattern(None, _TYPE, ox.NamedNode(kind), _DEFAULT) for kind in kinds)
    cells = (q for q in store.quads_for_pattern(None, _REST, None, _DEFAULT) if _is_cell(q.subject))
    suspects = [q.subject for q in chain(*typed, cells)]
    while suspects:  # what is removed may have been the last to refer to another
        node = suspects.pop()
        if isinstance(node, ox.NamedNode) and next(store.quads_for_pattern(None, None, node, _DEFAULT), None) is None:
            suspects += forget(store, (node.value,))


def _is_cell(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(LISTS)


def forget(store: ox.Store, nodes: Iterable[str]) -> list[ox.NamedNode]:
    """Remove what is said of nodes, in every graph; return what they referred to and is shared."""
    shared = []
    for node in nodes:
        for quad in list(store.quads_for_pattern(ox.NamedNode(node), None, None, None)):
            store.remove(quad)
            if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith((LISTS, RESULTS_NAMED)):
                shared.append(quad.object)
    return shared
