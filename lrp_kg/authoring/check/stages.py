"""Runs the stages of a check and returns their findings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.authoring.mutation.mutating import MutationReport
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import guideline_files

Report = Callable[[str, str], None]
"""Progress callback: the stage, and the step within it."""

FAILING = ("error", "warning")


@dataclass(frozen=True)
class CheckResult:
    """The findings of a check, the seconds that each stage took, and the mutation report if it was requested."""

    findings: tuple[Finding, ...]
    seconds: dict[str, float]
    mutation: MutationReport | None = None

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
    result = _run(folder, hermit, mutate, report, cache, (day, overdue))
    cache.end_check(complete="right" in result.seconds)
    return result


def _run(
    folder: Path,
    hermit: bool | None,
    mutate: bool,
    report: Report,
    cache: CheckCache,
    dated: tuple[date | None, str],
) -> CheckResult:
    found: list[Finding] = []
    seconds: dict[str, float] = {}
    mutation: MutationReport | None = None
    try:
        guideline_files(folder)
    except GuidelineError as error:
        return CheckResult((Finding("no-guideline", error.message, str(folder)),), seconds)
    with _timed(seconds, "well made"):
        from lrp_kg.authoring.check.wellmade import UNREADABLE, check_well_made, without_repeats

        report("well made", "")
        found += check_well_made(folder, cache=cache)
    if any(f.name in UNREADABLE for f in found):
        return CheckResult(_sorted(found), seconds)
    with _timed(seconds, "sound"):
        from lrp_kg.authoring.reasoning.soundness import check_soundness

        report("sound", "")
        found += check_soundness(folder, hermit=hermit, cache=cache)
    with _timed(seconds, "read"):
        from lrp_kg.answer.service import GuidelineService

        report("read", "")
        try:
            service = GuidelineService(folder)
        except GuidelineError as error:
            found += without_repeats(error.findings, found)
            return CheckResult(_sorted(found), seconds)
        from lrp_kg.authoring.check.days import day_findings
        from lrp_kg.authoring.check.editions import edition_findings
        from lrp_kg.authoring.check.headlines import headline_findings
        from lrp_kg.authoring.check.unused import unused_fields

        found += edition_findings(service.guideline)
        found += headline_findings(service.guideline)
        found += unused_fields(service.guideline)
        day, overdue = dated
        found += day_findings(service.guideline, day, overdue) if day else ()
    with _timed(seconds, "complete"):
        from lrp_kg.authoring.check.completeness import Completeness

        found += Completeness(service.assessor).findings(lambda step: report("complete", step))
    with _timed(seconds, "right"):
        from lrp_kg.authoring.cases.files import load_cases
        from lrp_kg.authoring.cases.incremental import CaseRuns

        report("right", "")
        case_set = load_cases(folder, service.guideline)
        runs = CaseRuns(service, case_set, cache.latest("runs"))
        cache.keep("runs", runs)
        found += [*case_set.findings, *runs.failures(), *runs.untouched()]
    if mutate:
        from lrp_kg.authoring.mutation.mutating import mutate as run_mutations

        with _timed(seconds, "mutate"):
            mutation = run_mutations(service, case_set, progress=lambda done: report("mutate", str(done)))
    return CheckResult(_sorted(found), seconds, mutation)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    order = {"error": 0, "warning": 1, "note": 2}
    unique: dict[tuple[str, str, str], Finding] = {}
    for f in findings:
        unique.setdefault((f.name, f.where, f.message), f)
    return tuple(sorted(unique.values(), key=lambda f: (order.get(f.severity, 3), _line(f.where), f.name)))


def _line(where: str) -> tuple[str, int]:
    file, _, rest = where.partition(".ttl:")
    digits = rest.split(":")[0]
    return file, int(digits) if digits.isdigit() else 0
