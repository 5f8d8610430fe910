"""The summary: at most eight lines, the most urgent first, in every language, and what is left with it alone."""

from __future__ import annotations

import statistics
from datetime import date
from typing import Any

import orjson
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_text import to_text
from lrp_kg.answer.summary import KINDS, LENGTH, LINES
from lrp_kg.errors import UnknownParameter
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import valid_records
from tests.support.paths import ANKLE

Json = dict[str, Any]

RECORDS = valid_records()
SEVERITIES = ("critical", "warning", "info")
BRIEF = {"id", "assessmentDate", "guideline", "stage", "summary", "summaryMore", "warnings", "nextQuestion", "missing"}
WEEK_1: Json = {
    "assessmentDate": "2024-05-20",
    "onsetDate": "2024-05-17",
    "careLine": "first-line",
    "contact": "first-contact",
    "recurrentPain": False,
    "redFlags": "none",
    "radicularPain": False,
}


def brief_part(answer: Json) -> Json:
    """Return what a full answer has in common with a summary."""
    own = {name: answer["guideline"][name] for name in ("id", "version", "content")}
    return {name: value for name, value in answer.items() if name in BRIEF} | {"guideline": own}


def of_kind(answer: Json, kind: str) -> list[Json]:
    return [line for line in answer["summary"] if line["kind"] == kind]


def ref(line: Json) -> str:
    (ident,) = line["ref"].values()
    return str(ident)


def test_all_kinds_come_in_their_order(answers: list[Json]) -> None:
    seen = set()
    for answer in answers:
        kinds = [KINDS.index(line["kind"]) for line in answer["summary"]]
        assert kinds == sorted(kinds), answer["summary"]
        seen.update(kinds)
    assert len(seen) == len(KINDS)


def test_lines_are_few_and_short(answers: list[Json]) -> None:
    longest = max(len(answer["summary"]) for answer in answers)
    assert longest == LINES
    for answer in answers:
        assert all(0 < len(line["text"]) <= LENGTH for line in answer["summary"]), answer["summary"]
        assert answer["summaryMore"] == 0 or len(answer["summary"]) == LINES
    assert any(answer["summaryMore"] > 1 for answer in answers)


def test_exits_and_warnings_are_those_of_the_answer_by_severity(answers: list[Json]) -> None:
    for answer in answers:
        urgent = of_kind(answer, "exit") + of_kind(answer, "warning")
        in_force = [
            w for w in answer["warnings"] if "outdated" not in w and ("validFrom" not in w or "applies" not in w)
        ]
        assert sorted(line["text"] for line in urgent) == sorted(w["label"] for w in in_force)
        for kind in ("exit", "warning"):
            found = [SEVERITIES.index(line["severity"]) for line in of_kind(answer, kind)]
            assert found == sorted(found)
        exits = [a for a in answer["decisions"]["exit"]["answers"] if a != "continue"]
        assert [ref(line) for line in of_kind(answer, "exit")] == ["exit"] * len(exits)


def test_nothing_but_urgent_lines_after_a_critical_exit(answers: list[Json]) -> None:
    critical = [a for a in answers if any(line["severity"] == "critical" for line in a["summary"])]
    assert len(critical) > 10
    for answer in critical:
        assert answer["summary"][0]["severity"] == "critical"
        assert {line["kind"] for line in answer["summary"]} <= {"exit", "warning"}


def test_question_is_the_last_line_unless_the_pathway_has_ended(answers: list[Json]) -> None:
    ended = 0
    for answer in answers:
        asked = of_kind(answer, "question")
        if of_kind(answer, "exit"):
            ended += answer["nextQuestion"] is not None
            assert asked == []
        elif answer["nextQuestion"]:
            assert asked == answer["summary"][-1:]
            assert asked[0]["text"] == answer["nextQuestion"]["question"]
            assert asked[0]["ref"] == {"field": answer["nextQuestion"]["field"]}
    assert ended


def test_stage_is_a_line_if_it_is_decided(answers: list[Json]) -> None:
    for answer in answers:
        critical = answer["summary"] and answer["summary"][0]["severity"] == "critical"
        assert len(of_kind(answer, "stage")) == (answer["stage"] is not None and not critical)


def test_advice_is_shown_in_a_box_and_strong_advice_comes_first(service: GuidelineService, answers: list[Json]) -> None:
    said = {c.id: set(c.if_phrase.values()) for c in service.guideline.conditions.values()}
    for answer in answers:
        shown = {s["id"]: (s, box["section"]) for box in answer["boxes"] for s in box["statements"]}
        strong = []
        for line in of_kind(answer, "advice"):
            statement, section = shown[ref(line)]
            condition = statement.get("condition", {"verdict": "true"})
            strong.append(statement["modality"] in ("must", "must-not") and condition["verdict"] == "true")
            assert line["section"] == section
            if "calledFor" in statement:  # in the words of the warning that calls for it, with no later date
                assert "date" not in line
                continue
            assert line.get("date") == statement.get("latest", statement.get("earliest"))
            assert condition["verdict"] == "true" or any(text in line["text"] for text in said[condition["id"]])
            assert statement["text"] in line["text"]
            assert (line["text"] == statement["text"]) == (
                condition["verdict"] == "true" and "conditionText" not in statement
            )
        assert strong == sorted(strong, reverse=True)


def test_only_programmes_that_are_open_now_or_soon_are_lines(answers: list[Json]) -> None:
    soon = 0
    for answer in answers:
        for line in of_kind(answer, "programme"):
            programme = answer["eligibility"][ref(line)]
            if programme["verdict"] != "eligible":
                soon += 1
                days = date.fromisoformat(programme["eligibleFrom"]) - date.fromisoformat(answer["assessmentDate"])
                assert programme["verdict"] == "not-eligible"
                assert days.days <= 31
                assert line["date"] == programme["eligibleFrom"]
                assert line["date"] != programme["eligibleOutdatedFrom"]
    assert soon > 5


def test_a_summary_leaves_nothing_out_without_saying_so(answers: list[Json]) -> None:
    for answer in answers:
        if answer["summaryMore"] or of_kind(answer, "exit"):
            continue
        programmes = answer["eligibility"].items()
        eligible = [name for name, p in programmes if p["verdict"] == "eligible" and "outdated" not in p]
        assert [ref(line) for line in of_kind(answer, "programme") if "date" not in line] == eligible


def test_only_asked_decisions_are_in_a_summary(service: GuidelineService) -> None:
    kinds = {line["kind"] for line in service.assess(WEEK_1, only=["stage"])["summary"]}
    assert kinds == {"stage"}
    sections = {line.get("section") for line in service.assess(WEEK_1, only=["follow-up"])["summary"]}
    assert sections == {"follow-up"}


def test_date_of_a_line_is_the_safe_one_and_says_from_when_it_is_counted(service: GuidelineService) -> None:
    known = {name: value for name, value in WEEK_1.items() if name != "onsetDate"}
    uncertain = known | {"onsetDateEarliest": "2024-05-15", "onsetDateLatest": "2024-05-17"}
    line = next(x for x in service.assess(uncertain)["summary"] if x.get("section") == "follow-up")
    assert line["date"] == "2024-05-29"
    assert line["countedFrom"] == {"field": "onsetDate", "date": "2024-05-15"}
    assert not any("countedFrom" in x for x in service.assess(WEEK_1)["summary"])


# -- the summary alone ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_brief_answer_is_that_part_of_the_full_one(service: GuidelineService, answers: list[Json]) -> None:
    for number in range(0, len(RECORDS), 7):
        record, lang = RECORDS[number], LANGUAGES[number % 4]
        brief = service.assess(record, lang=lang, detail="summary")
        assert brief.keys() >= BRIEF - {"id", "assessmentDate"}
        assert brief == brief_part(answers[number])
        assert service.answer_json(record, lang=lang, detail="summary") == orjson.dumps(brief)
    assert service.assess({"id": "x"}, detail="summary")["id"] == "x"


def test_brief_answers_are_small(answers: list[Json]) -> None:
    sizes = [len(orjson.dumps(brief_part(answer))) for answer in answers]
    assert statistics.median(sizes) < 3000
    assert max(sizes) < 6000


def test_other_details_are_refused(service: GuidelineService) -> None:
    for answer in (service.assess, service.answer_json):
        with pytest.raises(UnknownParameter, match="full, summary"):
            answer({}, detail="short")
        with pytest.raises(UnknownParameter, match="explain"):
            answer({}, detail="summary", explain=True)


# -- as text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_begins_with_the_summary(service: GuidelineService, lang: str) -> None:
    answer = service.assess(WEEK_1, lang=lang)
    text = to_text(service.guideline, answer, lang, width=300, full=True)
    start = 0
    for line in answer["summary"]:
        assert line["text"] in text
        start = text.index(line["text"], start)
    assert start < text.index(answer["decisions"]["exit"]["labels"]["continue"])
    assert text.count(answer["nextQuestion"]["question"]) == 1
    brief = to_text(service.guideline, service.assess(WEEK_1, lang=lang, detail="summary"), lang, width=300, full=True)
    assert text.startswith(brief.rsplit("\n\n", 1)[0])
    assert len(brief) < len(text) / 5


def test_programme_of_which_nothing_is_known_is_one_line(service: GuidelineService) -> None:
    answer = service.assess(WEEK_1)
    fedris = answer["eligibility"]["fedris-prevention"]
    assert (fedris["verdict"], fedris["assessed"]) == ("undetermined", False)
    text = to_text(service.guideline, answer, "en", width=300, full=True)
    assert f"{fedris['label']}: not assessed\n" in text
    assert text.count(fedris["label"]) == 1
    known = service.assess(WEEK_1 | {"sector": "private"})["eligibility"]["fedris-prevention"]
    assert (known["verdict"], known["assessed"]) == ("undetermined", True)
    assert all(
        p["assessed"] for p in service.assess(RECORDS[0])["eligibility"].values() if p["verdict"] != "undetermined"
    )


# -- another guideline --------------------------------------------------------------------------------------


def test_summary_of_another_guideline(cache_folder: str) -> None:
    ankle = GuidelineService(ANKLE)
    answer = ankle.assess(
        {
            **{"injuryDate": "2025-03-01", "assessmentDate": "2025-03-04", "deformity": False},
            **{"boneTenderness": False, "canBearWeight": True, "severity": "partial"},
        }
    )
    lines = [(line["kind"], ref(line), line.get("date")) for line in answer["summary"]]
    assert lines[:1] == [("stage", "step", None)] or lines[0][0] == "stage"
    assert ("advice", "acute-rest-brace", "2025-04-01") in lines
    assert ("advice", "acute-rest-no-sport", None) in lines
    assert [line["severity"] for line in ankle.assess({"deformity": True})["summary"]] == ["critical"]
    crutches = next(line for line in answer["summary"] if ref(line) == "acute-rest-crutches")
    assert crutches["text"] == "crutches – if there are stairs at home"
