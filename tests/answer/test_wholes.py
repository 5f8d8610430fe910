"""Whole answers that are remembered are those of each record, also where others have the same signature."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.decisions import composable
from lrp_kg.answer.readings import Remembered
from lrp_kg.answer.run import Run
from tests.answer.test_joined import shifted
from tests.answer.test_parts import invented
from tests.support.paths import ANKLE

Record = dict[str, Any]


def akin(service: GuidelineService, record: Record, chance: random.Random) -> list[Record]:
    """Return a record again, at other times, with one day moved, and without one of its dates."""
    if not composable(service.read(record)):
        return [record]
    dates = [f.id for f in service.guideline.fields.values() if f.kind == "date" and f.id in record]
    found = [record, *(shifted(service, record, days) for days in (1, 400, -3000))]
    if dates:
        name = chance.choice(dates)
        found.append({k: v for k, v in record.items() if k != name})
        found.append(record | {name: shifted(service, record, chance.choice((-1, 1)))[name]})
    return [one for one in found if not service.validate(one)]


@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_remembered_wholes_are_those_of_each_record(folder: Any, cache_folder: str) -> None:
    service = GuidelineService(folder)
    chance = random.Random(31)  # noqa: S311
    records = [one for record in itertools.islice(invented(service, 31), 12) for one in akin(service, record, chance)]
    for again in range(3):
        chance.shuffle(records)
        for record in records:
            known = service.read(record)
            explain = chance.random() < 0.7
            found = service.assessor.assess(known, explain=explain)
            assert found == service.assessor.finish(Run(service.assessor, known, explain)), (again, record)


def test_a_record_that_is_known_asks_for_no_part(cache_folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = GuidelineService()
    known = [service.read(record) for record in itertools.islice(invented(service, 32), 8)]
    known = [record for record in known if composable(record)]
    for _ in range(3):
        before = [service.assessor.assess(record, explain=True) for record in known]

    def asked(self: Remembered[Any], run: Run) -> Any:
        raise AssertionError("a part is asked for")

    monkeypatch.setattr(Remembered, "of", asked)
    assert [service.assessor.assess(record, explain=True) for record in known] == before
    assert len(known) > 3
