"""Every answer is valid against the JSON Schema that is derived from the guideline, and hardly anything else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.known import known_ids
from lrp_kg.answer.schema import answer_schema
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import valid_records

Validator = jsonschema_rs.Draft202012Validator


@pytest.fixture(scope="module")
def schema(service: GuidelineService) -> Any:
    found = answer_schema(service.guideline)
    jsonschema_rs.meta.validate(found)
    return Validator(found)


def demand_valid(schema: Any, answer: Any) -> None:
    assert schema.is_valid(answer), [f"{e.instance_path}: {e.message[:300]}" for e in schema.iter_errors(answer)]


def test_answers_of_all_cases(schema: Any, answers: list[dict[str, Any]]) -> None:
    assert len(answers) > 500
    for answer in answers:
        demand_valid(schema, answer)


@pytest.mark.parametrize(
    "asked",
    [
        {"explain": True, "changes": True},
        {"detail": "summary"},
        {"only": ("stage", "exit")},
        {"only": ("fedris-prevention",), "explain": True},
    ],
    ids=str,
)
def test_answers_of_every_kind(service: GuidelineService, schema: Any, asked: dict[str, Any]) -> None:
    for number, record in enumerate(valid_records()[::23]):
        found = service.answer_json(record, lang=LANGUAGES[number % 4], **asked)
        demand_valid(schema, orjson.loads(found))


def test_schema_of_the_second_guideline(ankle: GuidelineService) -> None:
    schema = Validator(answer_schema(ankle.guideline))
    for record in ({}, {"deformity": True}, {"painScore": 4}):
        for asked in ({}, {"detail": "summary"}, {"explain": True, "changes": True}):
            assert schema.is_valid(ankle.assess(record, **asked)), record


def changed(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield paths into an answer with what is wrong there: a word that there is none of, a key too many."""
    if isinstance(value, dict):
        yield path, value | {"zork": 1}
        for key, inner in value.items():
            yield from changed(inner, (*path, key))
    elif isinstance(value, list):
        if value:
            yield path, [*value, 4.5]
        for number, inner in enumerate(value):
            yield from changed(inner, (*path, number))
    else:
        yield path, 4.5
        if isinstance(value, str):
            yield path, value + " zork"


FREE = {
    "text",
    "label",
    "title",
    "question",
    "reading",
    "locator",
    "toLabel",
    "hint",
    "considers",
    "unit",
    "conditionText",
}
FREE |= {"toLabel", "version", "labels", "kind", "id", "episode", "ifPhrase"}
"""Where any text is possible: labels and texts of the guideline, and what the sender calls the record."""


def test_what_is_changed_in_an_answer_is_found(schema: Any, service: GuidelineService) -> None:
    record = json.loads((service.guideline.folder / "examples" / "first-visit.json").read_text(encoding="utf-8"))
    answer = service.assess(record, explain=True, changes=True, what_if=True)
    demand_valid(schema, answer)
    assert not schema.is_valid(answer | {"zork": 1})
    missed = []
    tried = list(changed(answer))[1::3]
    for path, wrong in tried:
        if isinstance(wrong, str) and FREE & set(map(str, path[-3:])):
            continue
        if "value" in path and {"because", "whyNot"} & set(path):
            continue  # of a field of the record, whose schema says what it can be
        at: Any = answer
        for step in path[:-1]:
            at = at[step]
        before, at[path[-1]] = at[path[-1]], wrong
        if schema.is_valid(answer):
            missed.append(path)
        at[path[-1]] = before
    assert len(tried) > 500
    assert not missed, missed[:20]


def test_what_must_be_there_is_missed(schema: Any, service: GuidelineService) -> None:
    answer = service.assess({"redFlags": "cluster"})
    for name in answer:
        assert not schema.is_valid({k: v for k, v in answer.items() if k != name}), name


def test_identifiers_are_those_that_are_served(service: GuidelineService) -> None:
    known = known_ids(service.guideline)
    parts = answer_schema(service.guideline)["$defs"]
    for part, kind in {"Modality": "modalities", "Source": "sources", "Status": "statuses", "BoxId": "boxes"}.items():
        assert parts[part]["enum"] == [row["id"] for row in known[kind]]
