"""What an answer asks, in which order and for which decisions, and what it says of itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.labels import Labels
from lrp_kg.guideline.criteria import Between, Has, Named, walk

Json = dict[str, Any]


@pytest.mark.slow
def test_questions_are_of_missing_fields_in_order(service: GuidelineService, answers: list[Json]) -> None:
    fields = service.guideline.field_names
    for answer in answers:
        asked = [q["field"] for q in answer["questions"]]
        in_part = {q["field"] for q in answer["questions"] if q.get("partial")}
        assert asked == sorted(asked, key=lambda name: (name in in_part, fields[name].ask_order or 0))
        assert set(asked) <= set(answer["missing"])
        assert answer["nextQuestion"] == (answer["questions"][0] if asked else None)
        for question in answer["questions"]:
            holders = [name for name, d in answer["decisions"].items() if question["field"] in d["missing"]]
            assert question["decides"] == holders
            assert set(question) >= {"field", "question", "type", "options", "unit", "decides"}


def test_every_missing_field_that_may_be_asked_is_a_question(service: GuidelineService) -> None:
    record = {"careLine": "first-line", "redFlags": "none", "radicularPain": False, "incapacitated": False}
    answer = service.assess(record)
    closed = {f.id for f in service.guideline.fields.values() if f.ask_if and f.ask_if.endswith("#Incapacitated")}
    assert {q["field"] for q in answer["questions"]} == set(answer["missing"]) - closed


def test_a_question_comes_after_what_it_presupposes(service: GuidelineService, ankle: GuidelineService) -> None:
    for guideline in (service.guideline, ankle.guideline):
        for field in guideline.fields.values():
            if field.ask_if is None:
                continue
            read = set()
            stack = [guideline.classes[field.ask_if]]
            while stack:
                for part in walk(stack.pop()):
                    if isinstance(part, Named):
                        stack.append(guideline.classes[part.iri])
                    elif isinstance(part, (Has, Between)):
                        derived = guideline.derived.get(part.field)
                        read |= {derived.start, derived.end} if derived else {part.field}
            orders = [guideline.fields[name].ask_order for name in read if name in guideline.fields]
            assert all(order and field.ask_order and order < field.ask_order for order in orders), field.id


def test_nothing_about_incapacity_is_asked_before_whether_there_is_any(service: GuidelineService) -> None:
    answer = service.assess({"redFlags": "none", "radicularPain": False})
    asked = [q["field"] for q in answer["questions"]]
    about = ["incapacityStart", "incapacityCause", "paidBySicknessFund", "incapacityPercentage"]
    assert all(asked.index("incapacitated") < asked.index(name) for name in about)
    denied = service.assess({"redFlags": "none", "radicularPain": False, "incapacitated": False})
    assert not {q["field"] for q in denied["questions"]} & set(about)


def test_units_are_those_of_the_language(service: GuidelineService) -> None:
    units = {}
    for lang in ("en", "nl"):
        for question in service.assess({}, lang=lang)["questions"]:
            units.setdefault(question["field"], []).append(question["unit"])
    assert units["priorIncapacityDays"] == ["days", "dagen"]
    assert units["incapacityPercentage"] == ["%", "%"]
    assert units["redFlags"] == [None, None]


def test_an_answer_says_its_day_and_the_rules_it_comes_from(service: GuidelineService) -> None:
    answer = service.assess({"assessmentDate": "2024-05-20"}, lang="nl")
    assert answer["assessmentDate"] == "2024-05-20"
    assert service.assess({})["assessmentDate"] is None
    guideline = answer["guideline"]
    assert guideline["iri"] == service.guideline.iri
    assert guideline["label"] == service.guideline.label["nl"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", guideline["content"])
    assert guideline["content"].endswith(service.guideline.content_hash)


def test_boxes_name_the_decision_and_option_they_are_shown_with(answers: list[Json]) -> None:
    several = 0
    for answer in answers:
        by_decision: dict[str, list[str]] = {name: [] for name in answer["decisions"]}
        for box in answer["boxes"]:
            by_decision[box["decision"]].append(box["id"])
            decision = answer["decisions"][box["decision"]]
            assert box["option"] is None or box["option"] in decision["answers"]
            assert Labels(answer).title(box)
            several += box["option"] is None
        assert {name: d["boxes"] for name, d in answer["decisions"].items()} == by_decision
    assert several > 0
