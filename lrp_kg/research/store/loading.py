"""Loads records into a store folder: validated, answered and stored, all of a load or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.errors import RecordError, StoreError
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS, DERIVED, RECORDS
from lrp_kg.namespaces import PATIENT_RECORD, RDF
from lrp_kg.record.files import Item, items
from lrp_kg.record.read import RecordReader
from lrp_kg.research.store.generations import Generation, Store, Writer
from lrp_kg.research.store.making import Making, Progress, Source, Told
from lrp_kg.research.store.quads import RECORD_DIGEST, ROOT
from lrp_kg.research.store.snapshot import content_of

KEPT = ("stored", "replaced", "no-longer-valid")
"""Fates of records whose lines are stored."""


@dataclass
class Report:
    """What became of a load: numbers of records, and those that were refused with the reason."""

    stored: int = 0
    unchanged: int = 0
    replaced: int = 0
    rederived: int = 0
    rejected: list[Told] = field(default_factory=list)
    no_longer_valid: list[Told] = field(default_factory=list)
    generation: str = ""
    records: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return dict(vars(self))


def needs_derivation(generation: Generation, guideline: Guideline) -> bool:
    """Tell whether the answers of a store were derived with another guideline, or another version of the package."""
    return generation.content != content_of(guideline) or generation.package != __version__


def load(
    guideline: Guideline,
    folder: Path,
    sources: Sequence[Source],
    *,
    replace: bool = False,
    progress: Progress = lambda _what, _count: None,
) -> Report:
    """Load files into a store folder; a store that another guideline answered is derived again first.

    Raises `LrpError` where a file cannot be read or the folder cannot be written; what was stored before is untouched.
    """
    try:
        return _load(guideline, folder, sources, replace, progress)
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise
        raise StoreError(_damaged(folder)) from error
    except OSError as error:
        if error.errno is None:  # raised by Oxigraph, for what it reads
            raise StoreError(_damaged(folder)) from error
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"{folder} cannot be written: {reason}. What was stored before is untouched; mend it and load again."
        ) from error


def _damaged(folder: Path) -> str:
    return f"{folder} is damaged: it cannot be read. Restore it from a copy, or load the records into a new store."


def _load(guideline: Guideline, folder: Path, sources: Sequence[Source], replace: bool, progress: Progress) -> Report:
    with Store(folder).write() as writer:
        report = Report()
        if writer.base is not None and needs_derivation(writer.base, guideline):
            _derive_again(guideline, writer, report, progress)
        if sources or writer.base is None:
            _add(guideline, writer, sources, replace, report, progress)
        if writer.base is not None:
            report.generation, report.records = writer.base.name, writer.base.records
        writer.sweep()
        return report


# -- adding -------------------------------------------------------------------------------------------


class Fates:
    """Decides what becomes of a record that is loaded: stored, known already, in conflict, or refused."""

    def __init__(self, digest: Callable[[str], str | None], *, replace: bool) -> None:
        self.digest = digest
        self.replace = replace
        self._seen: dict[str, str] = {}

    def decide(self, told: Told) -> None:
        """Give an item its fate; the same item gets the same fate after an interruption."""
        if told["code"] and told["code"] != "record-conflict":
            told["fate"] = "rejected"
            return
        told["code"], told["fate"] = "", "stored"
        iri, digest = told["iri"], told["digest"]
        if iri in self._seen:
            if self._seen[iri] == digest:
                told["fate"] = "unchanged"
            else:
                self._conflict(told, "stands twice in what is loaded, with other values; give each snapshot its own")
            return
        self._seen[iri] = digest
        known = self.digest(told["assessment"])
        if known == digest:
            told["fate"] = "unchanged"
        elif known is not None and self.replace:
            told["fate"] = "replaced"
        elif known is not None:
            self._conflict(told, "is stored already with other values; use --replace to overwrite it")

    @staticmethod
    def _conflict(told: Told, why: str) -> None:
        message = f"The identifier {told['iri']} {why}."
        told.update(fate="rejected", code="record-conflict")
        told["findings"] = [{"name": "record-conflict", "message": message, "severity": "error"}]


def _digest(base: ox.Store | None, assessment: str) -> str | None:
    """Return the digest of the record that a stored assessment is about."""
    if base is None:
        return None
    found = base.quads_for_pattern(ox.NamedNode(assessment), ox.NamedNode(RECORD_DIGEST), None, ox.NamedNode(ANSWERS))
    return next((q.object.value for q in found if isinstance(q.object, ox.Literal)), None)


def read_items(guideline: Guideline, sources: Sequence[Source]) -> Iterator[Item]:
    """Yield what files hold, each item named by its file and place."""
    reader = RecordReader(guideline)
    for source in sources:
        empty = True
        try:
            for name, found in items(reader, source.name, source.body, source.kind):
                empty = False
                yield f"{source.name}: {name}" if name else source.name, found
        except RecordError as error:
            raise type(error)(f"{source.name}: {error.message}", error.findings) from None
        if empty:
            raise RecordError(f"{source.name} holds no record: no JSON object and no cp:PatientRecord.")


def _add(
    guideline: Guideline, writer: Writer, sources: Sequence[Source], replace: bool, report: Report, progress: Progress
) -> None:
    making = Making(guideline, writer, f"add {replace}", sources, progress)
    base = ox.Store.read_only(str(writer.base.folder)) if writer.base else None
    fates = Fates(lambda assessment: _digest(base, assessment), replace=replace)
    replaced: list[Told] = []
    stored = 0
    for told in making.derive(read_items(guideline, sources), fates.decide, KEPT):
        if told["fate"] == "rejected":
            report.rejected.append(told)
        elif told["fate"] == "unchanged":
            report.unchanged += 1
        elif told["fate"] == "replaced":
            replaced.append(told)
        else:
            stored += 1
    if not stored and not replaced and writer.base is not None:
        making.staging.remove()
        return
    before = writer.base.records if writer.base else 0
    target = making.copied_folder()
    if replaced:
        store = ox.Store(str(target))
        for told in replaced:
            _forget(store, told["iri"], told["assessment"])
        store.flush()
        del store
    making.finish(target, before + stored, stored + len(replaced))
    report.stored, report.replaced = stored, len(replaced)


def _forget(store: ox.Store, *nodes: str) -> None:
    """Remove what a store says of a record and of its assessment."""
    todo = list(nodes)
    while todo:
        node = ox.NamedNode(todo.pop())
        for graph in (RECORDS, DERIVED, ANSWERS):
            for quad in list(store.quads_for_pattern(node, None, None, ox.NamedNode(graph))):
                store.remove(quad)
                store.remove(ox.Quad(quad.subject, quad.predicate, quad.object))
                if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(f"{ROOT}list/"):
                    todo.append(quad.object.value)


# -- deriving again -----------------------------------------------------------------------------------


def _derive_again(guideline: Guideline, writer: Writer, report: Report, progress: Progress) -> None:
    """Answer every stored record again, in a new generation that holds nothing of the old answers.

    A record that is no longer valid is kept, with an assessment that says ``cp:refused``.
    """
    assert writer.base is not None  # noqa: S101 - asked before
    making = Making(guideline, writer, "derive again", (), progress)
    base = ox.Store.read_only(str(writer.base.folder))

    def decide(told: Told) -> None:
        told["fate"] = "no-longer-valid" if told["code"] else "stored"

    for told in making.derive(stored_records(base, guideline), decide, KEPT, keep_invalid=True):
        report.rederived += 1
        if told["code"]:
            report.no_longer_valid.append(told)
    making.finish(making.empty_folder(), writer.base.records, report.rederived)


def stored_records(store: ox.Store, guideline: Guideline) -> Iterator[Item]:
    """Yield the records of a store as they were sent, in the order of their IRIs."""
    reader = RecordReader(guideline)
    records = ox.NamedNode(RECORDS)
    kind, record = ox.NamedNode(RDF + "type"), ox.NamedNode(PATIENT_RECORD)
    subjects = {q.subject.value for q in store.quads_for_pattern(None, kind, record, records)}  # type: ignore[union-attr]
    for subject in sorted(subjects):
        triples: list[ox.Triple] = []
        todo = [subject]
        while todo:
            said = [q.triple for q in store.quads_for_pattern(ox.NamedNode(todo.pop()), None, None, records)]
            triples += said
            todo += [t.object.value for t in said if _is_cell(t.object)]  # type: ignore[union-attr]
        text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
        found = reader.from_rdf(text.decode(), ox.RdfFormat.N_TRIPLES)
        yield from ((raw.subject, raw) for raw in found if raw.subject == subject)


def _is_cell(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(f"{ROOT}list/")
