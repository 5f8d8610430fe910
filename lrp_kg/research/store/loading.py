"""Loads records into a store folder: validated, answered and stored, all of a load or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.effort import collecting_seldom
from lrp_kg.errors import StoreError
from lrp_kg.guideline.model import Guideline
from lrp_kg.linux import require_linux
from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.store.deriving import ItemReport
from lrp_kg.research.store.generations import Generation, Store, Writer
from lrp_kg.research.store.new_generation import NewGeneration, Progress, forget
from lrp_kg.research.store.snapshot import content_of
from lrp_kg.research.store.sources import Source, read_items, stored_records
from lrp_kg.research.store.stored import stored_digest

KEPT = ("stored", "replaced", "no-longer-valid")
"""Outcomes of records whose lines are stored."""


@dataclass
class Report:
    """What became of a load: numbers of records, and those that were refused with the reason."""

    stored: int = 0
    unchanged: int = 0
    replaced: int = 0
    rederived: int = 0
    rejected: list[ItemReport] = field(default_factory=list)
    no_longer_valid: list[ItemReport] = field(default_factory=list)
    generation: str = ""
    records: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return dict(vars(self))


def needs_derivation(generation: Generation, guideline: Guideline) -> bool:
    """Return whether a store was made with another guideline, by another version of the package, or in format 1."""
    same = generation.content == content_of(guideline) and generation.package == __version__
    return not (same and generation.homes)


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
    require_linux()
    try:
        with collecting_seldom():
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
            f"{folder} cannot be written: {reason}. What was stored before is untouched; correct that and load again."
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


class LoadOutcome:
    """Decides the outcome of each record that is loaded: stored, replaced, unchanged or rejected."""

    def __init__(self, digest: Callable[[str], str | None], *, replace: bool) -> None:
        self.digest = digest
        self.replace = replace
        self._seen: dict[str, str] = {}

    def decide(self, report: ItemReport) -> None:
        """Set the outcome of an item; the same item gets the same one after an interruption."""
        if report["code"] and report["code"] != "record-conflict":
            report["outcome"] = "rejected"
            return
        report["code"], report["outcome"] = "", "stored"
        iri, digest = report["iri"], report["digest"]
        if iri in self._seen:
            if self._seen[iri] == digest:
                report["outcome"] = "unchanged"
            else:
                self._conflict(report, "is in what is loaded twice, with other values; give each snapshot its own")
            return
        self._seen[iri] = digest
        known = self.digest(report["iri"])
        if known == digest:
            report["outcome"] = "unchanged"
        elif known is not None and self.replace:
            report["outcome"] = "replaced"
        elif known is not None:
            self._conflict(report, "is stored already with other values; use --replace to overwrite it")

    @staticmethod
    def _conflict(report: ItemReport, why: str) -> None:
        message = f"The identifier {report['iri']} {why}."
        report["outcome"], report["code"] = "rejected", "record-conflict"
        report["findings"] = [{"name": "record-conflict", "message": message, "severity": "error"}]


def _add(
    guideline: Guideline, writer: Writer, sources: Sequence[Source], replace: bool, report: Report, progress: Progress
) -> None:
    new = NewGeneration(guideline, writer, f"add {replace}", sources, progress)
    folder = writer.base.folder if writer.base else None
    base = ox.Store.read_only(str(folder)) if folder else None
    outcome = LoadOutcome(lambda record: stored_digest(base, record), replace=replace)
    replaced: list[ItemReport] = []
    stored = 0
    for item in new.derive(read_items(guideline, sources), outcome.decide, KEPT, base=folder):
        if item["outcome"] == "rejected":
            report.rejected.append(item)
        elif item["outcome"] == "unchanged":
            report.unchanged += 1
        elif item["outcome"] == "replaced":
            replaced.append(item)
        else:
            stored += 1
    if not stored and not replaced and writer.base is not None:
        new.staging.remove()
        return
    before = writer.base.records if writer.base else 0
    target = new.copied_folder()
    if replaced:
        store = ox.Store(str(target))
        for item in replaced:
            forget(store, (item["iri"], item["assessment"]))
        store.flush()
        del store
    leftovers = bool(replaced or report.unchanged or any(i["code"] == "record-conflict" for i in report.rejected))
    new.finish(target, before + stored, stored + len(replaced), leftovers=leftovers)
    report.stored, report.replaced = stored, len(replaced)


# -- deriving again -----------------------------------------------------------------------------------


def _derive_again(guideline: Guideline, writer: Writer, report: Report, progress: Progress) -> None:
    """Answer every stored record again, in a new generation that holds nothing of the old answers.

    A record that is no longer valid is kept, with an assessment that says ``cp:refused``.
    """
    assert writer.base is not None  # noqa: S101 - asked before
    new = NewGeneration(guideline, writer, "derive again", (), progress)
    base, homes = ox.Store.read_only(str(writer.base.folder)), Homes.from_json(writer.base.homes)

    def decide(item: ItemReport) -> None:
        item["outcome"] = "no-longer-valid" if item["code"] else "stored"

    for item in new.derive(stored_records(base, guideline, homes), decide, KEPT, keep_invalid=True):
        report.rederived += 1
        if item["code"]:
            report.no_longer_valid.append(item)
    new.finish(new.empty_folder(), writer.base.records, report.rederived)
