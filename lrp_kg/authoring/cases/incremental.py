"""The cases of a guideline run once: which fail, and what they touch; after an edit only where it can matter.

After an edit a case is not run again where nothing that its answer depends on changed for its record: the classes with
a new definition have the same verdicts; the decisions that changed have the same result; no box or notice that changed
is shown, or was; all else that the guideline says is the same but for its wording. What is asked for next also depends
on how the condition of a statement that is unknown is defined. A case that failed is always run again, since the
wording is part of the report on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lrp_kg.answer.run import Run
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases.coverage import Touched, touched_by, untouched
from lrp_kg.authoring.cases.files import CaseSet
from lrp_kg.authoring.cases.fingerprint import AnswerFingerprint, fingerprint_of
from lrp_kg.authoring.cases.kept_results import ASKING, KeptResults
from lrp_kg.authoring.cases.names import OF_OTHER_DAYS
from lrp_kg.authoring.cases.runs import ReadCase, Validate, problems, read_cases
from lrp_kg.authoring.cases.view import CaseAnswer, PartIndex
from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import OPEN, Verdicts
from lrp_kg.record.model import Record


@dataclass(frozen=True)
class CaseRun:
    """One case: its record, the lines that say what is not as expected, and what the answer touches."""

    read: ReadCase
    lines: tuple[str, ...]
    touched: Touched | None


class CaseRuns:
    """The cases of a guideline, each run once; ``before`` are the runs before an edit.

    Without these, those that passed in an earlier process are taken ``on_disk``. ``validate`` knows what is wrong with
    some records. ``report`` is called before each case that is run.
    """

    runs: tuple[CaseRun, ...]

    def __init__(
        self,
        service: GuidelineService,
        cases: CaseSet,
        before: CaseRuns | None = None,
        report: Callable[[str], None] = lambda _: None,
        *,
        on_disk: bool = False,
        validate: Validate | None = None,
    ) -> None:
        self.service = service
        self.assessor = service.assessor
        self.index = PartIndex(service.guideline)
        self.ran = 0
        """How many cases were run, and not taken over."""
        if before is not None and before.fingerprint.rest != self.fingerprint.rest:
            before = None
        fine = {t.read.case.text: t for t in before.runs if not t.lines} if before else {}
        new = iter(tuple(read_cases(service, [c for c in cases.cases if c.text not in fine], validate)))
        reads = {
            c.text: ReadCase(c, fine[c.text].read.record, fine[c.text].read.refused) if c.text in fine else next(new)
            for c in cases.cases
        }
        records = {text: read.record for text, read in reads.items() if read.record is not None}
        self.signatures = {text: self.assessor.signature(record) for text, record in records.items()}
        changed = _Changes(before, self) if before else None
        kept = {text for text, t in fine.items() if text in reads and changed and not changed.concern(t, reads[text])}
        again = list(dict.fromkeys(self.signatures[text] for text in records if text not in kept))
        rows = dict(zip(again, self.assessor.program.classify(again), strict=True))
        self.verdicts = changed.verdicts() if changed else self.seen(rows, self.classes)
        stored = self._stored() if on_disk and changed is None else None
        keys = {text: stored.key(reads[text], s, rows[s]) for text, s in self.signatures.items()} if stored else {}
        passed = {text: fine[text].touched for text in kept}
        if stored:
            passed |= {text: known for text, key in keys.items() if (known := stored.touched(key)) is not None}
        self.assessor.verdicts.take({s: rows[s] for text, s in self.signatures.items() if text not in passed})
        runs = []
        for number, (text, read) in enumerate(reads.items(), 1):
            if text in kept:
                runs.append(CaseRun(read, (), fine[text].touched))
                continue
            touched = passed.get(text)
            if touched is None:
                report(f"case {number} of {len(reads)}")
                runs.append(self._try(read))
            else:
                runs.append(CaseRun(read, (), touched))
            if stored and not runs[-1].lines:
                stored.keep(keys.get(text), runs[-1].touched)
        if stored:
            stored.write()
        self.runs = tuple(runs)

    def _stored(self) -> KeptResults:
        """Return what passed in an earlier process."""
        meanings = {"classes": self.classes, "decisions": self.decisions}
        return KeptResults(self.assessor, self.fingerprint, meanings)

    @cached_property
    def fingerprint(self) -> AnswerFingerprint:
        """What all answers depend on but the meaning of classes."""
        return fingerprint_of(self.service.guideline)

    @cached_property
    def classes(self) -> dict[str, str]:
        """What each class means, as a hash."""
        prints = self.assessor.diagrams.prints
        return {name: prints.of(Named(name)) for name in self.service.guideline.conditions}

    @cached_property
    def decisions(self) -> dict[str, str]:
        """What each decision means, as a hash."""
        prints = self.assessor.diagrams.prints
        return {name: prints.of_decision(d) for name, d in self.service.guideline.decisions.items()}

    def classify(self, classes: Sequence[str]) -> dict[Signature, Verdicts]:
        """Return what some classes are for the record of each case."""
        program = self.assessor.program
        distinct = list(dict.fromkeys(self.signatures.values()))
        needed = program.needed([Named(name) for name in classes])
        return dict(zip(distinct, program.classify(distinct, needed), strict=True))

    def seen(self, rows: dict[Signature, Verdicts], classes: Iterable[str]) -> dict[str, frozenset[int]]:
        """Return what each of some classes is in any case."""
        program = self.assessor.program
        columns = list(zip(*rows.values(), strict=True)) or [()] * len(program.nodes)
        return {name: frozenset(columns[program.index[Named(name)]]) for name in classes}

    def _try(self, read: ReadCase) -> CaseRun:
        self.ran += 1
        view = None
        if read.record is not None:
            view = CaseAnswer(self.assessor, self.index, read.record, self.signatures[read.case.text])
        lines = tuple(problems(self.service, read, view))
        return CaseRun(read, lines, touched_by(view.answer) if view else None)

    def failures(self) -> list[Finding]:
        """Return a finding for each case whose answer is not as expected; the set of cases has what is malformed.

        The message has a line per difference, with the reasons; ``where`` is the case's file and line.
        """
        found = []
        for run in self.runs:
            if run.lines:
                case = run.read.case
                text = "\n".join([f"{case.id}: not as expected. {case.note}", *(f"  {line}" for line in run.lines)])
                found.append(Finding("case-failed", text, case.where))
        return found

    def untouched(self) -> list[Finding]:
        """Return a note for each part of the guideline that no case touches, with its file and line."""
        touched = [t.touched for t in self.runs if t.touched is not None]
        return untouched(self.service.guideline, self.verdicts, touched)


class _Changes:
    """What changed between the runs before an edit and those after it, of guidelines with the same fingerprint."""

    def __init__(self, before: CaseRuns, after: CaseRuns) -> None:
        self.before, self.after = before, after
        guideline = after.service.guideline
        self.classes = _differing(before.classes, after.classes)
        self.decisions = _differing(before.decisions, after.decisions)
        self.boxes = _differing(before.fingerprint.boxes, after.fingerprint.boxes)
        self.notices = [
            (decision.iri, option.id)
            for decision in guideline.decisions.values()
            for option in decision.options
            if before.fingerprint.notices.get(option.iri) != after.fingerprint.notices.get(option.iri)
        ]
        self._old = before.classify(self.classes) if self.classes else {}
        self._new = after.classify(self.classes) if self.classes else {}
        old, new = before.assessor.program.index, after.assessor.program.index
        self._numbers = [(name, old[Named(name)], new[Named(name)]) for name in self.classes]
        self._awaited = {c for s in after.index.statements.values() for c in s.classes}

    def concern(self, run: CaseRun, read: ReadCase) -> bool:
        """Return whether the answer to a case that is known can have changed."""
        if read.record is None or run.touched is None:
            return False
        if (self.classes or self.decisions) and any(part.kind in OF_OTHER_DAYS for part in read.case.parts):
            return True  # other days have other verdicts
        if (self.classes or self.decisions) and read.record.ranges:
            return True  # so have the other possible days of an uncertain date
        return self._classes(read) or self._decisions(read, read.record) or self._shown(run.touched, read.record)

    def _classes(self, read: ReadCase) -> bool:
        if not self.classes:
            return False
        old = self._old[self.before.signatures[read.case.text]]
        new = self._new[self.after.signatures[read.case.text]]
        asks = any(part.kind in ASKING for part in read.case.parts)
        return any(
            new[now] != old[was] or (asks and new[now] == OPEN and name in self._awaited)
            for name, was, now in self._numbers
        )

    def _decisions(self, read: ReadCase, record: Record) -> bool:
        was, now = self.before.signatures[read.case.text], self.after.signatures[read.case.text]
        asks = any(part.kind in ("missing", *ASKING) for part in read.case.parts)
        for name in self.decisions:
            old, new = self.before.assessor.decide(name, record, was), self.after.assessor.decide(name, record, now)
            if (old.status, old.answers) != (new.status, new.answers) or (asks and old.missing != new.missing):
                return True
        return False

    def _shown(self, touched: Touched, record: Record) -> bool:
        if not touched.terms.isdisjoint(self.boxes) or not touched.options.isdisjoint(self.notices):
            return True
        boxes = self.after.service.guideline.boxes
        run = Run(self.after.assessor, record, explain=False)
        return any(run.shows(boxes[iri], None) for iri in self.boxes if iri in boxes)

    def verdicts(self) -> dict[str, frozenset[int]]:
        """Return what each class is in any case."""
        before, after = self.before, self.after
        if before.signatures.keys() != after.signatures.keys():
            return after.seen(after.classify(list(after.classes)), after.classes)
        return before.verdicts | after.seen(self._new, self.classes)


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]
