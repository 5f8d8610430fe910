"""Which cases of the new version fail, and did not fail before the change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases.files import CaseSet, load_cases
from lrp_kg.authoring.cases.incremental import CaseRun, CaseRuns
from lrp_kg.authoring.compare.model import CasesEffect, FailingCase


def newly_failing(old: Path, new: Path, report: Callable[[str], None] = lambda _: None) -> CasesEffect:
    """Run the cases of the new version; those that fail are run as they were before, in the old version.

    A case that is new, or that expects something else than before, fails newly too; and so does one that cannot be
    read any more, as it names what the guideline no longer has. ``report`` is called before each case.
    """
    service, cases = _cases(new)
    failed = [run for run in CaseRuns(service, cases, report=report, on_disk=True).runs if run.lines]
    unreadable = [f for f in cases.findings if f.name != "no-cases"]
    if failed or unreadable:
        known, before = _cases(old)
        failed_before, unreadable_before = _failing_before(known, before, {run.read.case.id for run in failed})
        failed = [run for run in failed if run.read.case.id not in failed_before]
        unreadable = [f for f in unreadable if _within(f.message, new) not in unreadable_before]
    found = [*map(_failing, failed), *(FailingCase("", "", f.where, (f.message,)) for f in unreadable)]
    return CasesEffect(len(cases.cases), tuple(replace(c, where=_within(c.where, new)) for c in found))


def _cases(folder: Path) -> tuple[GuidelineService, CaseSet]:
    service = GuidelineService(folder)
    return service, load_cases(folder, service.guideline)


def _failing_before(service: GuidelineService, cases: CaseSet, names: set[str]) -> tuple[set[str], set[str]]:
    """Return which of some cases failed in the old version, and what was wrong with those that cannot be read."""
    own = replace(cases, cases=tuple(case for case in cases.cases if case.id in names))
    failed: Iterator[CaseRun] = (run for run in CaseRuns(service, own).runs if run.lines)
    return {run.read.case.id for run in failed}, {_within(f.message, cases.folder) for f in cases.findings}


def _failing(run: CaseRun) -> FailingCase:
    case = run.read.case
    return FailingCase(case.id, case.note, case.where, run.lines)


def _within(text: str, folder: Path) -> str:
    """Return a text in which files are named from the folder on, which for a revision is a temporary one."""
    return text.replace(f"{folder}/", "").replace(f"{folder}\\", "")
