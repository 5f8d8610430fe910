"""Mutation testing: which small mistakes in the guideline would no test case notice.

A case that runs a part of the guideline need not expect anything of it; coverage does not show that, this does. Every
surviving mutant is a case to be written (its example is a record to start from), or a place where the answer does
not depend on what the guideline says.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrp_kg.authoring.mutation.mutants import Mutant, mutants_of
from lrp_kg.findings import Finding
from lrp_kg.namespaces import local_name

if TYPE_CHECKING:
    from rich.text import Text

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.authoring.cases.files import CaseSet

KILLED, SURVIVED, EQUIVALENT = "killed", "survived", "equivalent"


@dataclass(frozen=True)
class MutationProgress:
    """How many mutants are judged so far."""

    done: int
    total: int
    survivors: int

    def __str__(self) -> str:
        return f"{self.done} of {self.total}, {self.survivors} not noticed"


@dataclass(frozen=True)
class Judged:
    """A mutant and its result: killed by a case, survived with an example, or equivalent."""

    mutant: Mutant
    result: str
    where: str
    case: str | None = None
    changes: str = ""
    example: Mapping[str, object] | None = None

    def text(self) -> str:
        """Return the change in words."""
        return f"{local_name(self.mutant.term)}: {self.mutant.text} [{self.mutant.kind}]"

    def as_dict(self) -> dict[str, Any]:
        """Return a survivor as JSON-ready data."""
        return {
            "kind": self.mutant.kind,
            "term": self.mutant.term,
            "change": self.mutant.text,
            "fate": self.result,
            "where": self.where,
            "changes": self.changes,
            "witness": dict(self.example or {}),
        }


@dataclass(frozen=True)
class MutationReport:
    """What became of every mutant; ``failing`` are cases left out because they fail on the unchanged guideline."""

    judged: tuple[Judged, ...]
    cases: int
    failing: tuple[str, ...]
    seconds: float

    def _of(self, result: str) -> tuple[Judged, ...]:
        return tuple(j for j in self.judged if j.result == result)

    @property
    def killed(self) -> tuple[Judged, ...]:
        """Return the mutants that a case notices."""
        return self._of(KILLED)

    @property
    def survivors(self) -> tuple[Judged, ...]:
        """Return the mutants that no case notices though some record would."""
        return self._of(SURVIVED)

    @property
    def equivalent(self) -> tuple[Judged, ...]:
        """Return the mutants that no record distinguishes from the guideline; they do not count."""
        return self._of(EQUIVALENT)

    @property
    def score(self) -> float:
        """Return the part of the mutants that is noticed, from 0 to 1; equivalent ones do not count."""
        counted = len(self.killed) + len(self.survivors)
        return len(self.killed) / counted if counted else 0.0

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Return for each kind of change how many mutants were noticed, and how many not."""
        killed, survived = (Counter(j.mutant.kind for j in js) for js in (self.killed, self.survivors))
        return {kind: (killed[kind], survived[kind]) for kind in sorted({*killed, *survived})}

    def findings(self) -> list[Finding]:
        """Return a finding for each survivor."""
        return [
            Finding("mutant-survived", f"No case notices {j.text()}. {self._advice(j)}", j.where, severity="warning")
            for j in self.survivors
        ]

    @staticmethod
    def _advice(judged: Judged) -> str:
        if not judged.example:
            return f"It changes {judged.changes}: expect it in a case."
        return f"It changes {judged.changes}, for example for {json.dumps(dict(judged.example), ensure_ascii=False)}."

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "score": self.score,
            "cases": self.cases,
            "failing": list(self.failing),
            "seconds": self.seconds,
            "killed": len(self.killed),
            "survived": len(self.survivors),
            "equivalent": len(self.equivalent),
            "byKind": {k: {"killed": a, "survived": b} for k, (a, b) in self.by_kind().items()},
            "survivors": [j.as_dict() for j in self.survivors],
        }

    def as_text(self) -> Text:
        """Return the report for a terminal."""
        from rich.text import Text

        text = Text()
        for j in self.survivors:
            text.append(f"{j.where}: " if j.where else "").append("not noticed ", style="yellow")
            text.append(f"{j.text()}\n", style="bold").append(f"  {self._advice(j)}\n")
        if self.failing:
            text.append(f"Left out, since they fail as it is: {', '.join(self.failing)}\n", style="red")
        text.append(f"{self.score:.1%}", style="green" if not self.survivors else "yellow")
        text.append(f" of {len(self.killed) + len(self.survivors)} changes are noticed by {self.cases} cases; ")
        text.append(f"{len(self.equivalent)} more change no answer ({self.seconds:.0f} s)")
        return text


def mutate(
    service: GuidelineService, cases: CaseSet, progress: Callable[[MutationProgress], None] = lambda _: None
) -> MutationReport:
    """Change the guideline in memory, one small mistake at a time, and return which changes no case notices.

    ``progress`` is called after each mutant. Cases that fail on the unchanged guideline, or whose record is refused,
    notice nothing.
    """
    from lrp_kg.authoring.cases.runs import read_cases
    from lrp_kg.authoring.cases.view import CaseAnswer, PartIndex
    from lrp_kg.authoring.mutation.baseline import Baseline
    from lrp_kg.authoring.mutation.runs import Judge

    start = time.perf_counter()
    index = PartIndex(service.guideline)
    good, failing = [], []
    for read in read_cases(service, cases.cases):
        if read.record is None:
            failing += [] if read.case.invalid else [read.case.id]
            continue
        view = CaseAnswer(service.assessor, index, read.record)
        if read.case.invalid or any(part.check(view) is not None for part in read.case.parts):
            failing.append(read.case.id)
        else:
            good.append(read)
    mutants = list(mutants_of(service.guideline))
    positions = service.guideline.index.positions
    baseline = Baseline(service.assessor, good, mutants)
    judge = Judge(baseline)
    judged: list[Judged] = []
    survivors = 0
    for number, mutant in enumerate(mutants, 1):
        where = positions.where(mutant.term)
        case, example = judge.judge(mutant)
        if case is not None:
            judged.append(Judged(mutant, KILLED, where, case))
        elif example is None:
            judged.append(Judged(mutant, EQUIVALENT, where))
        else:
            survivors += 1
            judged.append(Judged(mutant, SURVIVED, where, None, example.what, example.record))
        progress(MutationProgress(number, len(mutants), survivors))
    return MutationReport(tuple(judged), len(good), tuple(failing), time.perf_counter() - start)
