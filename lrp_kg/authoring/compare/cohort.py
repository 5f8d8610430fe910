"""How the records of a cohort move from one version to the other; streamed, nothing of a record is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lrp_kg.answer.run import Run
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.compare.model import COUNTS, CohortEffect, Moves
from lrp_kg.authoring.compare.revisions import NotComparable
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.errors import InvalidRecord, RecordError
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.record.model import Record
from lrp_kg.record.strict_json import decode, parse_json

Answers = dict[str, Outcome]
Move = tuple[Outcome, Outcome]

MEMORY = 200_000
"""Remembered answers of a side, after which they are dropped."""


def read_cohort(file: Path) -> tuple[int, Iterator[Any]]:
    """Return how many records a file has, NDJSON or a JSON list, and the records; ``None`` for a line that is none."""
    try:
        with file.open("rb") as stream:
            first = next((line.strip() for line in stream if line.strip()), b"")
        if first.startswith(b"["):
            data = parse_json(decode(file.read_bytes()))
            if isinstance(data, list):
                return len(data), iter(data)
        with file.open("rb") as stream:
            count = sum(1 for line in stream if line.strip())
    except OSError as error:
        raise NotComparable(f"{file} cannot be read: {error.strerror}.") from None
    except RecordError as error:
        raise NotComparable(f"{file} is no JSON list: {error.message}") from None
    return count, _lines(file)


def _lines(file: Path) -> Iterator[Any]:
    with file.open("rb") as stream:
        for line in stream:
            if line.strip():
                try:
                    yield parse_json(decode(line))
                except RecordError:
                    yield None


class Cohort:
    """Counts the moves of records between two services."""

    def __init__(self, old: GuidelineService, new: GuidelineService) -> None:
        self.services = (old, new)
        self._known: tuple[dict[Hashable, Answers], ...] = ({}, {})
        self._plain = [{d.id: d for d in s.guideline.own_decisions.values()} for s in self.services]
        programmes = [{p.id for p in s.guideline.programmes.values()} for s in self.services]
        names = [self._plain[side].keys() | programmes[side] for side in (OLD, NEW)]
        self.decisions = tuple(n for n in new.assessor.decision_ids if n in names[OLD] and n in names[NEW])

    def count(self, records: Iterable[Any], step: Callable[[], None] = lambda: None) -> CohortEffect:
        """Count the moves of records as parsed from JSON; ``step`` is called after each."""
        moved: dict[str, Counter[Move]] = {name: Counter() for name in self.decisions}
        first: dict[str, dict[Move, int]] = {name: {} for name in self.decisions}
        tally: Counter[str] = Counter()
        for number, record in enumerate(records, 1):
            tally["records"] += 1
            before, after = (self.read(side, record) for side in (OLD, NEW))
            if not isinstance(record, dict):
                tally["unreadable"] += 1
            elif before is None or after is None:
                tally["invalid" + ("Both" if before is after else "Before" if before is None else "After")] += 1
            else:
                a, b = self.answers(OLD, before), self.answers(NEW, after)
                changed = False
                for name in self.decisions:
                    if a[name] != b[name]:
                        changed = True
                        moved[name][a[name], b[name]] += 1
                        first[name].setdefault((a[name], b[name]), number)
                tally["compared"] += 1
                tally["changed"] += changed
            step()
        moves = (
            Moves(name, tally["compared"] - sum(moved[name].values()), dict(moved[name].most_common()), first[name])
            for name in self.decisions
        )
        return CohortEffect({name: tally[name] for name in COUNTS}, tuple(moves))

    def read(self, side: int, record: Any) -> Record | None:
        """Return a record as a side understands it; ``None`` where it does not accept it."""
        if not isinstance(record, dict):
            return None
        try:
            return self.services[side].read(record)
        except (InvalidRecord, RecordError):
            return None

    def answers(self, side: int, record: Record) -> Answers:
        """Return the outcome on a side of each decision that both have; remembered, since many records are alike."""
        assessor = self.services[side].assessor
        run = Run(assessor, record, explain=False)
        key = (run.signature, frozenset(record.dates), assessor.date_keys(run))
        known = self._known[side]
        if key not in known:
            if len(known) >= MEMORY:
                known.clear()
            known[key] = self._decide(side, run)
        return known[key]

    def _decide(self, side: int, run: Run) -> Answers:
        programmes = {p.id: p for p in self.services[side].guideline.programmes.values()}
        found: Answers = {}
        for name in self.decisions:
            own = self._plain[side].get(name)
            result = run.result(own.iri) if own else run.programme_run(programmes[name]).outcome()
            found[name] = Outcome(result.status, result.answers)
        return found
