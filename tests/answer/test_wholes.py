"""Whole answers that are remembered are those of each record, also where others have the same signature."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.decisions import composable
from lrp_kg.answer.remembered import Remembered
from lrp_kg.answer.rendered import RenderedParts
from lrp_kg.answer.run import Run
from lrp_kg.answer.wholes import _key as key
from tests.answer.test_joined import same, shifted
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


def several(service: GuidelineService, seed: int, number: int) -> tuple[random.Random, list[Record]]:
    """Return records that are akin in twos and more, and what they were drawn with."""
    chance = random.Random(seed)  # noqa: S311
    drawn = itertools.islice(invented(service, seed), number)
    return chance, [one for record in drawn for one in akin(service, record, chance)]


@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_remembered_wholes_are_those_of_each_record(folder: Any, cache_folder: str) -> None:
    service = GuidelineService(folder)
    chance, records = several(service, 31, 12)
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


def test_a_record_with_a_new_signature_needs_no_key(cache_folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = GuidelineService()
    first, second = (service.read(record) for record in ({}, {"careLine": "first-line"}))
    made: list[object] = []
    monkeypatch.setattr("lrp_kg.answer.wholes._key", lambda run, others: made.append(run) or key(run, others))
    for record in (first, second):
        service.assessor.assess(record)
    assert not made
    service.assessor.assess(first)
    assert made


@pytest.mark.parametrize("detail", ["full", "summary"])
def test_an_answer_whose_whole_was_joined_before_is_rendered_from_one_template(
    detail: str, cache_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = GuidelineService()
    known = [r for r in itertools.islice(invented(service, 33), 12) if composable(service.read(r))]
    for _ in range(4):
        before = [service.answer_json(record, detail=detail) for record in known]

    def joined(*_: Any, **__: Any) -> Any:
        raise AssertionError("parts are joined")

    monkeypatch.setattr("lrp_kg.answer.joined.JoinedTemplate", joined)
    for name in ("decision", "programme", "box", "notices", "warnings"):
        monkeypatch.setattr(RenderedParts, name, joined)
    assert [service.answer_json(record, detail=detail) for record in known] == before
    assert len(known) > 3


@pytest.mark.parametrize("folder", [None, ANKLE], ids=["low-back-pain", "ankle"])
def test_answers_from_kept_wholes_have_the_values_and_days_of_each_record(folder: Any, cache_folder: str) -> None:
    service = GuidelineService(folder)
    chance, records = several(service, 34, 10)
    for _ in range(4):
        chance.shuffle(records)
        for record in records:
            same(service, record | {"id": str(chance.random())}, lang=chance.choice(("en", "fr")), explain=True)


def test_what_is_kept_of_joined_wholes_is_bounded(cache_folder: str) -> None:
    """A whole that stays young counts with all its bytes again."""
    service = GuidelineService()
    known = list(itertools.islice(invented(service, 35), 40))
    service.assessor.memories.limit = 100_000
    for record in known * 5:
        service.answer_json(record, explain=True)
        kept = service._answers._languages["en"].wholes
        assert sum(whole.size for whole in kept.young.values()) <= 100_000
    assert len(kept.young) < len(known)
