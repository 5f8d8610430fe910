"""Open points that are decisive, and the line that says so."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.as_text import to_text
from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.classify import TRUE
from tests.support.guidelines import CASES, cases

Json = dict[str, Any]
REQUIRED = {
    *("relapse-without-maximum", "end-of-month", "relapse-without-recurrent-pain", "profile-a-and-or"),
    *("second-line-chronic-great-improvement", "place-of-programme-indication", "programme-of-profile-b"),
    *("isolated-red-flag", "first-follow-up-after-onset", "follow-up-limit-already-past"),
    *("drugs-after-first-weeks", "recent-surgery-in-second-line-acute"),
}
OWN = [c for c in cases() if "decisive" in c["expect"]]
ISOLATED = {"careLine": "first-line", "redFlags": "isolated", "radicularPain": False}


def decisive(answer: Json, decision: str) -> list[str]:
    return [p["id"] for p in answer["decisions"][decision]["openPoints"] if p["decisive"]]


def test_required_points_have_a_case_on_either_side() -> None:
    assert CASES.is_dir()
    for wanted in (True, False):
        tried = {point for c in OWN for point, found in c["expect"]["decisive"].items() if found is wanted}
        assert REQUIRED - tried == set()


@pytest.mark.slow
def test_where_a_point_is_decisive_it_applies(service: GuidelineService, ankle: GuidelineService) -> None:
    for guideline_service in (service, ankle):
        assessor = guideline_service.assessor
        points = [p for p in assessor.guideline.open_points if p.decisive_in and p.applies_to]
        random = Random(11)
        sizes = [variable.size for variable in assessor.cells.variables]
        signatures = [bytes(random.randint(0, size) for size in sizes) for _ in range(4000)]
        if guideline_service is service:
            read = (service.reader.understand(service.reader.from_json(c["record"])) for c in OWN)
            signatures += [assessor.signature(record) for record in read]
        names = {name for p in points for name in (p.decisive_in, p.applies_to) if name}
        needed = assessor.program.needed([Named(name) for name in names])
        seen = set()
        for verdicts in assessor.program.classify(signatures, needed):
            for p in points:
                if assessor.program.verdict(verdicts, p.decisive_in) == TRUE:
                    seen.add(p.id)
                    assert assessor.program.verdict(verdicts, p.applies_to) == TRUE, p.id
        assert len(seen) >= 3 * len(points) // 4


def test_a_decision_that_does_not_apply_rests_on_nothing(service: GuidelineService) -> None:
    for case in OWN:
        for decision in service.assess(case["record"])["decisions"].values():
            if decision["status"] == "not-applicable":
                assert decision["openPoints"] == [], case["id"]


@pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
def test_text_says_on_which_reading_an_answer_rests(service: GuidelineService, lang: str) -> None:
    words = AnswerWords(service.guideline, lang)
    answer = service.assess(ISOLATED, lang=lang)
    (decisive,) = (p for p in answer["decisions"]["exit"]["openPoints"] if p["decisive"])
    point = answer["openPoints"][decisive["id"]]
    text = to_text(service.guideline, answer, lang, width=2000, full=True)
    assert f"{words.say('decisive')}{words.colon}{point['label']} → {point['reading']}" in text
    assert text.count(words.say("decisive")) == 1
    other = to_text(
        service.guideline, service.assess(ISOLATED | {"redFlags": "none"}, lang=lang), lang, width=2000, full=True
    )
    assert words.say("decisive") not in other
    assert words.say("openPoints") not in other


def test_definitions_that_the_source_leaves_open_need_explain(service: GuidelineService) -> None:
    record = ISOLATED | {"redFlags": "none", "assessmentDate": "2024-05-20", "onsetDate": "2024-03-20"}
    record |= {"contact": "first-contact", "chronicityRisk": "low"}
    answer = service.assess(record, explain=True)
    ident = answer["decisions"]["management"]["openPoints"][0]["id"]
    assert ident not in service.assess(record)["openPoints"]
    label = answer["openPoints"][ident]["label"]
    assert label not in to_text(service.guideline, service.assess(record), "en", width=2000, full=True)
    assert label in to_text(service.guideline, answer, "en", width=2000, full=True)


@pytest.mark.slow
def test_cached_answers_have_the_same_points_and_questions(service: GuidelineService) -> None:
    for case in OWN:
        for _ in range(2):
            assert json.loads(service.answer_json(case["record"])) == service.assess(case["record"]), case["id"]
