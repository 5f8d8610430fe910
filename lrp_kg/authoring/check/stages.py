"""``check``: everything a guideline author wants to know after an edit, stage by stage, as findings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lrp_kg.authoring.check_cache import Memory
from lrp_kg.authoring.mutation.mutating import MutationReport
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import guideline_files

Report = Callable[[str, str], None]
"""Told the stage and the step that is being worked on."""

FAILING = ("error", "warning")


@dataclass(frozen=True)
class CheckResult:
    """The findings of a check, how long each stage took in seconds, and the mutation report where one was asked."""

    findings: tuple[Finding, ...]
    seconds: dict[str, float]
    mutation: MutationReport | None = None

    @property
    def failed(self) -> bool:
        """Tell whether there is an error or a warning."""
        return any(f.severity in FAILING for f in self.findings)


def check(
    folder: Path, *, cases: bool = True, hermit: bool | None = None, report: Report = lambda _a, _b: None
) -> list[Finding]:
    """Return the findings of every stage; see `run`."""
    return list(run(folder, cases=cases, hermit=hermit, report=report).findings)


def run(
    folder: Path,
    *,
    cases: bool = True,
    hermit: bool | None = None,
    mutate: bool = False,
    report: Report = lambda _a, _b: None,
    memory: Memory | None = None,
) -> CheckResult:
    """Check a guideline folder: syntax, well made, sound, complete, right.

    A stage that cannot run because of what an earlier one found is left out. ``hermit`` runs the OWL reasoner
    HermiT (``None``: where it is there); ``mutate`` also changes the criteria one at a time and tells which
    changes no case notices. With the ``memory`` of earlier checks only what an edit can have changed is worked out
    again: the findings are those of a check from nothing.
    """
    memory = memory or Memory()
    result = _run(folder, cases, hermit, mutate, report, memory)
    memory.turn(whole="right" in result.seconds)
    return result


def _run(folder: Path, cases: bool, hermit: bool | None, mutate: bool, report: Report, memory: Memory) -> CheckResult:
    found: list[Finding] = []
    seconds: dict[str, float] = {}
    mutation: MutationReport | None = None
    clock = _Clock(seconds)
    try:
        guideline_files(folder)
    except GuidelineError as error:
        return CheckResult((Finding("no-guideline", error.message, str(folder)),), seconds)
    with clock.stage("well made"):
        from lrp_kg.authoring.check.wellmade import UNREADABLE, check_well_made, unless_told

        report("well made", "")
        found += check_well_made(folder, memory=memory)
    if any(f.name in UNREADABLE for f in found):
        return CheckResult(tuple(_sorted(found)), seconds)
    with clock.stage("sound"):
        from lrp_kg.authoring.reasoning.soundness import check_soundness

        report("sound", "")
        found += check_soundness(folder, hermit=hermit, memory=memory)
    with clock.stage("read"):
        from lrp_kg.answer.service import GuidelineService

        report("read", "")
        try:
            service = GuidelineService(folder)
        except GuidelineError as error:
            found += unless_told(error.findings, found)
            return CheckResult(tuple(_sorted(found)), seconds)
    with clock.stage("complete"):
        from lrp_kg.authoring.check.completeness import Completeness

        found += Completeness(service.assessor).findings(lambda step: report("complete", step))
    if cases:
        with clock.stage("right"):
            from lrp_kg.authoring.cases.files import load_cases
            from lrp_kg.authoring.cases.incremental import CaseRuns

            report("right", "")
            case_set = load_cases(folder, service.guideline)
            runs = CaseRuns(service, case_set, memory.latest("runs"))
            memory.keep("runs", runs)
            found += [*case_set.findings, *runs.failures(), *runs.untouched()]
        if mutate:
            from lrp_kg.authoring.mutation.mutating import mutate as run_mutations

            with clock.stage("mutate"):
                mutation = run_mutations(service, case_set, progress=lambda done: report("mutate", str(done)))
    return CheckResult(tuple(_sorted(found)), seconds, mutation)


def _sorted(findings: list[Finding]) -> Iterator[Finding]:
    order = {"error": 0, "warning": 1, "note": 2}
    unique = dict.fromkeys((f.name, f.where, f.message) for f in findings)
    first = {(f.name, f.where, f.message): f for f in reversed(findings)}
    yield from sorted((first[key] for key in unique), key=lambda f: (order.get(f.severity, 3), _line(f.where), f.name))


def _line(where: str) -> tuple[str, int]:
    file, _, rest = where.partition(".ttl:")
    digits = rest.split(":")[0]
    return file, int(digits) if digits.isdigit() else 0


class _Clock:
    """Measures stages."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def stage(self, name: str) -> _Stage:
        return _Stage(self.seconds, name)


class _Stage:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] = time.perf_counter() - self.start
