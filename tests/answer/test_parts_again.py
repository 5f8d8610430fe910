"""Each part that is remembered is what is worked out for the record alone, whichever records it was kept for before."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.decisions import composable
from lrp_kg.answer.parts import CautionsPart, DecisionPart, NotSaid, ProgrammeCore, StatementPart
from lrp_kg.answer.remembered import Remembered
from lrp_kg.answer.run import Run
from tests.answer.test_parts import asked, invented
from tests.support.paths import ANKLE


def content(part: Any, run: Run) -> Any:
    """Return what a part says, with the days of a record."""
    match part:
        case StatementPart():
            own = part.dating.again(part.found, run.record.dates, run.assessed)
            return own, part.dating, part.facts, part.open
        case DecisionPart():
            return part.found, part.boxes, part.noticed, part.facts
        case ProgrammeCore():
            return part.found, part.decision, part.facts, part.shares, part.rows
        case CautionsPart():
            return part.found, part.why
        case NotSaid():
            return "not said"
    raise TypeError(part)


def parts_that_differ(folder: Any, count: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], int]:
    """Return the parts that are not what is worked out again, and how many were looked at."""
    service = GuidelineService(folder)
    chance = random.Random(seed)  # noqa: S311
    found: list[Any] = []
    seen = itertools.count()
    remembered = Remembered.of

    def compared(self: Remembered[Any], run: Run) -> Any:
        part = remembered(self, run)
        alone = Run(run.a, run.record, run.because)
        next(seen)
        if content(part, run) != content(self._work(alone), run):
            found.append((part, run.record))
        return part

    monkeypatch.setattr(Remembered, "of", compared)
    for record in itertools.islice(invented(service, seed), count):
        how = asked(service, chance)
        known = service.read(record)
        if composable(known):
            _ = service.assessor.compose(Run(service.assessor, known, how["explain"]), how["only"]).assessment
    return found, next(seen)


@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_remembered_parts_are_those_of_the_record(
    folder: Any, cache_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, seen = parts_that_differ(folder, 40, 21, monkeypatch)
    assert found == []
    assert seen > 200


@pytest.mark.long
@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_remembered_parts_of_many_records_are_those_of_each(
    folder: Any, cache_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts_that_differ(folder, 1500, 22, monkeypatch)[0] == []
