"""Properties of every record: decisions stay, order does not matter, questions end, missing fields matter."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService
from lrp_kg.answer.run import Run
from lrp_kg.errors import InvalidRecord
from lrp_kg.logic.classify import FALSE
from tests.support.asking import asked_about
from tests.support.examples import examples
from tests.support.outcomes import outcomes

CERTAIN = ("decided", "several", "no-answer", "not-applicable")
DATES = ("2024-01-08", "2024-01-21", "2024-02-12", "2024-02-18", "2024-02-19", "2024-03-24", "2024-03-25", "2024-04-08")


@pytest.fixture(scope="module")
def fields(service: GuidelineService) -> dict[str, st.SearchStrategy[Any]]:
    kinds: dict[str, st.SearchStrategy[Any]] = {"boolean": st.booleans(), "date": st.sampled_from(DATES)}
    found = {}
    for f in service.guideline.fields.values():
        if f.kind == "value":
            found[f.id] = st.sampled_from([v.id for v in f.values])
        elif f.kind == "values":
            found[f.id] = st.lists(st.sampled_from([v.id for v in f.values]), unique=True)
        elif f.kind == "integer":
            found[f.id] = st.sampled_from([0, 20, 21, 35, 36, 49, 50, 100])
        elif f.kind in kinds:
            found[f.id] = kinds[f.kind]
    return found


@pytest.fixture(scope="module")
def records(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def assess(service: GuidelineService, record: dict[str, Any], **kwargs: Any) -> dict[str, Any] | None:
    try:
        return service.assess(record, **kwargs)
    except InvalidRecord:
        return None


def outcome(decision: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    return decision["status"], tuple(decision["answers"])


@pytest.mark.slow
@examples(40, 150)
@given(data=st.data())
def test_adding_a_field_retracts_no_decision(
    service: GuidelineService, fields: Any, records: Any, data: st.DataObject
) -> None:
    record = data.draw(records)
    before = assess(service, record)
    absent = sorted(set(fields) - set(record))
    if before is None or not absent:
        return
    name = data.draw(st.sampled_from(absent))
    after = assess(service, {**record, name: data.draw(fields[name])})
    if after is None:
        return
    for decision, found in before["decisions"].items():
        if found["status"] in CERTAIN:
            assert outcome(after["decisions"][decision]) == outcome(found), (decision, name)
        elif name not in found["missing"]:
            assert outcome(after["decisions"][decision]) == outcome(found), f"{name} is not missing of {decision}"


@examples(15, 60)
@given(data=st.data())
def test_order_of_fields_and_triples_does_not_matter(
    service: GuidelineService, records: Any, data: st.DataObject
) -> None:
    record = data.draw(records)
    found = assess(service, record, explain=True)
    if found is None:
        return
    names = data.draw(st.permutations(list(record)))
    assert service.assess({name: record[name] for name in names}, explain=True) == found
    if record.get("medications"):
        record = {**record, "medications": list(reversed(record["medications"]))}
        assert service.assess(record, explain=True)["decisions"] == found["decisions"]
    linked = {"@context": service.reader.context, "@type": "PatientRecord", **record}
    assert service.assess(json.loads(json.dumps(linked)))["decisions"].keys() == found["decisions"].keys()


def reply(service: GuidelineService, question: dict[str, Any], record: dict[str, Any], rng: random.Random) -> Any:
    """Return a valid reply to any question."""
    kind = question["type"]
    options = [o["value"] for o in question["options"]]
    for _ in range(200):
        value: Any
        if kind == "date":
            value = rng.choice(DATES)
        elif kind == "integer":
            value = rng.choice([0, 20, 21, 36, 50, 100])
        elif kind == "boolean":
            value = rng.choice([True, False])
        elif kind == "values":
            value = rng.sample(options, rng.randint(0, len(options)))
        else:
            value = rng.choice(options)
        if not service.validate({**record, question["field"]: value}):
            return value
    raise AssertionError(f"no valid answer to {question['field']} of {record}")


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(12))
def test_questions_end_with_an_answer(service: GuidelineService, seed: int) -> None:
    rng = random.Random(seed)
    ids = service.assessor.decision_ids
    for only in [*((name,) for name in ids), tuple(ids)]:
        record: dict[str, Any] = {}
        asked = []
        while True:
            answer = service.assess(record, only=only)
            question = answer["nextQuestion"]
            if question is None:
                break
            assert question["field"] in answer["missing"]
            assert question["field"] not in record
            asked.append(question["field"])
            record[question["field"]] = reply(service, question, record, rng)
            assert len(asked) <= len(service.guideline.fields)
        for name in asked_about(service, answer, only):
            decision = answer["decisions"][name]
            closed = closed_fields(service, record).issuperset(decision["missing"])
            assert decision["status"] != "undetermined" or closed, (name, record)


def closed_fields(service: GuidelineService, record: dict[str, Any]) -> set[str]:
    """Return the fields that another answer closes: those that are asked for in a situation that is ruled out."""
    run = Run(service.assessor, service.read(record), explain=False)
    return {f.id for f in service.guideline.fields.values() if run.verdict(f.ask_if) == FALSE}


@examples(20, 80)
@given(data=st.data())
@pytest.mark.slow
def test_missing_field_makes_a_difference(
    service: GuidelineService, fields: Any, records: Any, data: st.DataObject
) -> None:
    """For some completion, two values of a missing field lead to different outcomes."""
    record = data.draw(records)
    answer = assess(service, record)
    if answer is None:
        return
    undetermined = [n for n, d in answer["decisions"].items() if d["status"] == "undetermined"]
    if not undetermined:
        return
    decision = data.draw(st.sampled_from(sorted(undetermined)))
    missing = answer["decisions"][decision]["missing"]
    assert missing, f"{decision} is undetermined and has no missing field"
    name = data.draw(st.sampled_from(missing))
    names = service.guideline.field_names
    kept_unknown = {name} | {m for m in missing if names[name].iri in names[m].implies}  # one of its values denies them
    rng = random.Random(1)
    for _ in range(400):
        different = set()
        filled = {**record, **{m: pick(service, m, rng) for m in missing if m not in kept_unknown}}
        for value in values_of(service, name):
            with contextlib.suppress(InvalidRecord):
                different.add(outcomes(service, {**filled, name: value}, decision)[decision])
        if len(different) > 1:
            return
    raise AssertionError(f"{name} makes no difference to {decision} of {record}")


def values_of(service: GuidelineService, name: str) -> list[Any]:
    f = service.guideline.field_names[name]
    if f.kind == "value":
        return [v.id for v in f.values]
    if f.kind == "values":
        return [[], *([v.id] for v in f.values)]
    if f.kind == "boolean":
        return [True, False]
    return (
        [0, 20, 21, 36, 49, 50]
        if f.kind == "integer"
        else [*DATES, "2023-12-01", "2023-09-01", "2024-05-01", "2024-09-01"]
    )


def pick(service: GuidelineService, name: str, rng: random.Random) -> Any:
    return rng.choice(values_of(service, name))
