"""Runs the stages of a check and returns their findings."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lrp_kg.authoring.check.consequences import without_consequences
from lrp_kg.authoring.check.order import in_order
from lrp_kg.authoring.check.wellmade import UNREADABLE, well_made_findings, without_repeats
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import guideline_files

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.authoring.cases.files import CaseSet
    from lrp_kg.authoring.cases.kept_validity import KeptValidity
    from lrp_kg.authoring.mutation.mutating import MutationReport

_LOG = logging.getLogger(__name__)

Report = Callable[[str, str], None]
"""Progress callback: the stage, and the step within it."""

FAILING = ("error", "warning")
_UNUSABLE = ("shape-not-usable", "shape-not-closed", "shape-too-wide")
"""Names of findings after which no record is validated, since the answer would not be that of the shapes."""


@dataclass(frozen=True)
class CheckResult:
    """The findings of a check, the seconds that each stage took, and the mutation report if it was requested.

    The findings are in the order in which an author reads them: errors before warnings and notes, causes before what
    can follow from them. ``crashed`` is whether a stage failed, so that there may be more to find.
    """

    findings: tuple[Finding, ...]
    seconds: dict[str, float]
    mutation: MutationReport | None = None
    crashed: bool = False

    @property
    def failed(self) -> bool:
        """Return whether there is an error or a warning."""
        return any(f.severity in FAILING for f in self.findings)


def run(
    folder: Path,
    *,
    hermit: bool | None = None,
    mutate: bool = False,
    report: Report = lambda _a, _b: None,
    cache: CheckCache | None = None,
    day: date | None = None,
    overdue: str = "warning",
) -> CheckResult:
    """Check a guideline folder: whether it is well made, sound, complete and right.

    Skips a stage that cannot run because of earlier findings. ``hermit`` runs the OWL reasoner HermiT (``None``: if
    it is installed); ``mutate`` also changes the criteria one at a time and reports the changes that no case detects.
    With a ``day`` it also reports, with the severity ``overdue``, what is out of date on that day.
    With the ``cache`` of earlier checks it recomputes only what an edit can have changed; the findings are the same.
    """
    cache = cache or CheckCache()
    stages = _Stages(folder, report, cache, day, overdue)
    result = _run(stages, hermit, mutate)
    cache.end_check(complete="right" in result.seconds and not result.crashed)
    return result


def _run(stages: _Stages, hermit: bool | None, mutate: bool) -> CheckResult:
    try:
        guideline_files(stages.folder)
    except GuidelineError as error:
        return CheckResult((Finding("no-guideline", error.message, str(stages.folder)),), {})
    stages.well_made()
    if not stages.has(UNREADABLE):
        stages.sound(hermit)
        stages.read()
    if stages.service:
        stages.complete(stages.service)
    if stages.service and stages.validates:
        stages.right(stages.service)
        if mutate and stages.cases:
            stages.mutate(stages.service, stages.cases)
    findings = tuple(in_order(without_consequences(stages.by_stage)))
    return CheckResult(findings, stages.seconds, stages.mutation, crashed=stages.crashed)


class _Stages:
    """The stages of one check; what one of them raises is a finding, and the others still run."""

    def __init__(self, folder: Path, report: Report, cache: CheckCache, day: date | None, overdue: str) -> None:
        self.folder = folder
        self.report = report
        self.cache = cache
        self.day, self.overdue = day, overdue
        self.by_stage: dict[str, list[Finding]] = {}
        self.seconds: dict[str, float] = {}
        self.service: GuidelineService | None = None
        self.validates = False
        self.validity: KeptValidity | None = None
        self.crashed = False
        self.cases: CaseSet | None = None
        self.mutation: MutationReport | None = None

    def has(self, names: Container[str]) -> bool:
        """Return whether there is a finding of one of these names."""
        return any(f.name in names for found in self.by_stage.values() for f in found)

    def well_made(self) -> None:
        """Look at every file as text and as triples."""
        with self._stage("well made") as found:
            found += well_made_findings(self.folder, cache=self.cache)

    def sound(self, hermit: bool | None) -> None:
        """Reason over the ontology."""
        with self._stage("sound") as found:
            from lrp_kg.authoring.reasoning.soundness import check_soundness

            found += check_soundness(
                self.folder, hermit=hermit, cache=self.cache, report=lambda step: self.report("sound", step)
            )

    def read(self) -> None:
        """Read the guideline as the engine does."""
        with self._stage("read") as found:
            from lrp_kg.answer.service import GuidelineService
            from lrp_kg.authoring.check.days import day_findings
            from lrp_kg.authoring.check.disagreements import disagreements
            from lrp_kg.authoring.check.editions import edition_findings
            from lrp_kg.authoring.check.headlines import headline_findings
            from lrp_kg.authoring.check.numbers import differing_numbers
            from lrp_kg.authoring.check.record_shape import record_shape_findings
            from lrp_kg.authoring.check.unnamed import unnamed_terms
            from lrp_kg.authoring.check.unused import fields_never_asked, fields_not_drawn, unused_fields
            from lrp_kg.authoring.check.usable_shapes import usable_shape_findings

            try:
                service = GuidelineService(self.folder)
            except GuidelineError as error:
                known = [f for findings in self.by_stage.values() for f in findings]
                found += without_repeats(error.findings, known)
                return
            found += edition_findings(service.guideline)
            found += disagreements(service.guideline)
            found += headline_findings(service.guideline)
            found += unused_fields(service.guideline)
            found += fields_never_asked(service.guideline)
            found += fields_not_drawn(service.guideline)
            found += usable_shape_findings(service.guideline)
            found += record_shape_findings(service.guideline)
            found += unnamed_terms(service.guideline)
            found += differing_numbers(service.guideline)
            found += day_findings(service.guideline, self.day, self.overdue) if self.day else ()
            self.service = service
            self.validates = not any(f.name in _UNUSABLE for f in found) and self._validates(service, found)

    def _validates(self, service: GuidelineService, found: list[Finding]) -> bool:
        """Return whether records can be validated; add what is in the way."""
        from lrp_kg.authoring.cases.kept_validity import KeptValidity

        try:
            service.assessor.warm()
            self.validity = KeptValidity(service)
            self.validity.problems({})
        except GuidelineError as error:
            found += error.findings
            return False
        return True

    def complete(self, service: GuidelineService) -> None:
        """Look for gaps and overlaps of every decision."""
        with self._stage("complete") as found:
            from lrp_kg.authoring.check.completeness import Completeness

            problems = service.validate if self.validates else lambda _: ()
            found += Completeness(service.assessor, problems).findings(lambda step: self.report("complete", step))

    def right(self, service: GuidelineService) -> None:
        """Run the guideline's own cases."""
        with self._stage("right") as found:
            from lrp_kg.authoring.cases.files import load_cases
            from lrp_kg.authoring.cases.incremental import CaseRuns

            self.cases = load_cases(self.folder, service.guideline)
            before = self.cache.latest("runs")
            runs = CaseRuns(
                service,
                self.cases,
                before,
                lambda step: self.report("right", step),
                on_disk=True,
                validate=self.validity.problems if self.validity else None,
            )
            self.cache.keep("runs", runs)
            if self.validity:
                self.validity.write()
            found += [*self.cases.findings, *runs.failures(), *runs.untouched()]

    def mutate(self, service: GuidelineService, cases: CaseSet) -> None:
        """Change criteria one at a time."""
        with self._stage("mutate"):
            from lrp_kg.authoring.mutation.mutating import mutate

            self.mutation = mutate(service, cases, progress=lambda done: self.report("mutate", str(done)))

    @contextmanager
    def _stage(self, name: str) -> Iterator[list[Finding]]:
        found = self.by_stage[name] = []
        self.report(name, "")
        start = time.perf_counter()
        try:
            yield found
        except GuidelineError as error:
            known = [f for findings in self.by_stage.values() for f in findings]
            found += without_repeats(error.findings, known)
        except Exception as error:  # the program failed: what it found so far is still reported
            _LOG.debug("the stage %s failed", name, exc_info=True)
            found.append(_crash(name, error))
            self.crashed = True
        self.seconds[name] = time.perf_counter() - start


def _crash(stage: str, error: Exception) -> Finding:
    """Return what is said of a stage that failed, with the place in the program for its makers."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames) if "lrp_kg" in f.filename), "")
    message = (
        f"The stage '{stage}' could not finish: {type(error).__name__}: {error} (at {place}). Correct what else is "
        "reported first; if this stays, it is a fault of lrp-kg, not of the guideline: please report it."
    )
    return Finding("stage-failed", message)
