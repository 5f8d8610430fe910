"""A warning that calls for an advice is given where a box with it is shown, and in doubt where it only may be."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_text import to_text
from lrp_kg.words import LANGUAGES, phrase

Json = dict[str, Any]
WARNING = "early-appointment"
REASONS = ("severePain", "severeFunctionalDeficit", "majorSleepProblems")
CLEAR: Json = {"redFlags": "none", "radicularPain": False}
ONSET = "2024-01-08"
DAYS = {4: "2024-01-12", 20: "2024-01-28", 60: "2024-03-08", 120: "2024-05-07"}
CHOICES: dict[str, tuple[Any, ...]] = {
    "contact": ("first-contact", "follow-up"),
    "recurrentPain": (True, False),
    "chronicityRisk": ("low", "high"),
    "improvement": ("great", "beginning", "little-or-none"),
}


def given(answer: Json) -> Json | None:
    return next((w for w in answer["warnings"] if w["id"] == WARNING), None)


def status(answer: Json) -> str:
    warning = given(answer)
    return "absent" if warning is None else "in doubt" if warning.get("applies") == "unknown" else "certain"


def called(answer: Json) -> list[str]:
    return [s["locator"] for box in answer["boxes"] for s in box["statements"] if s.get("calledFor") == WARNING]


def record(day: int, line: str, **values: Any) -> Json:
    return {**CLEAR, "careLine": line, "onsetDate": ONSET, "assessmentDate": DAYS[day], "severePain": True, **values}


@pytest.mark.exhaustive
@pytest.mark.parametrize("line", ["first-line", "second-line"])
@pytest.mark.parametrize("day", DAYS)
def test_warning_is_as_certain_as_its_box(service: GuidelineService, day: int, line: str) -> None:
    """Every record of these fields, compared with all its completions."""
    wholes = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    answers = [(whole, service.assess(record(day, line, **whole))) for whole in wholes]
    for _, answer in answers:
        assert (status(answer) == "certain") is bool(called(answer))
        assert status(answer) != "in doubt"
    for values in product(*((*options, None) for options in CHOICES.values())):
        part = {name: value for name, value in zip(CHOICES, values, strict=True) if value is not None}
        found = status(service.assess(record(day, line, **part), only=["stage"]))  # which has all warnings
        whole = {status(a) for w, a in answers if part.items() <= w.items()}
        assert found in {"certain": ("certain",), "absent": ("absent",)}.get("".join(whole), ("in doubt",)) or (
            found == "in doubt" and whole == {"certain"}  # two boxes may be shown, each with the advice
        )


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_enough(service: GuidelineService, reason: str) -> None:
    nothing = record(4, "first-line", recurrentPain=False) | dict.fromkeys(REASONS, False)
    before, after = service.assess(nothing), service.assess(nothing | {reason: True})
    assert (status(before), called(before)) == ("absent", [])
    assert (status(after), called(after)) == ("certain", ["1.E-2"])
    assert given(after) is not None and given(after)["severity"] == "warning"  # type: ignore[index]
    assert before["boxes"] != after["boxes"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_marks_the_statement_that_is_called_for(service: GuidelineService, lang: str) -> None:
    mark = phrase("called-for", lang)
    for reason, times in (({}, 1), ({"severePain": False}, 0)):
        answer = service.assess(record(4, "first-line", recurrentPain=False) | reason, lang=lang)
        assert to_text(service.guideline, answer, lang, width=400, full=True).count(mark) == times


@pytest.mark.parametrize("lang", LANGUAGES)
def test_doubt_is_in_the_words_of_the_warning(service: GuidelineService, lang: str) -> None:
    certain = given(service.assess(record(4, "first-line", recurrentPain=False), lang=lang))
    doubtful = given(service.assess({"severePain": True}, lang=lang))
    assert certain and doubtful
    assert doubtful["label"] == f"{certain['label']} ({phrase('if-possible', lang)})"
    assert len(doubtful["label"]) <= 140
    assert "applies" not in certain


@pytest.mark.parametrize("change", [{"redFlags": "cluster"}, {"radicularPain": True}, {"contact": "first-contact"}])
def test_nothing_is_called_for_after_an_exit(service: GuidelineService, change: Json) -> None:
    line = "second-line" if "contact" in change else "first-line"
    answer = service.assess(record(4, line, recurrentPain=False) | change)
    assert answer["decisions"]["exit"]["answers"] != ["continue"]
    assert (status(answer), called(answer)) == ("absent", [])


def test_warning_does_not_depend_on_the_decisions_asked_for_nor_on_the_cache(service: GuidelineService) -> None:
    for own in (record(4, "first-line"), record(60, "first-line"), record(120, "second-line"), {"severePain": True}):
        whole = service.assess(own)
        assert service.assess(own, only=["stage"])["warnings"] == whole["warnings"]
        assert json.loads(service.answer_json(own)) == whole
        assert json.loads(service.answer_json(own)) == whole


def test_call_has_few_words_for_a_summary(service: GuidelineService) -> None:
    calling = [w for w in service.guideline.warnings if w.calls_for]
    assert [w.id for w in calling] == [WARNING]
    assert all(0 < len(w.call_text[lang]) < 60 for w in calling for lang in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("day", "line"), [(4, "first-line"), (20, "first-line"), (60, "second-line")])
def test_summary_has_the_call_in_place_of_a_later_date(
    service: GuidelineService, day: int, line: str, lang: str
) -> None:
    calm = record(day, line, contact="first-contact", recurrentPain=False, chronicityRisk="low")
    calm |= dict.fromkeys(REASONS, False)
    before, after = (service.assess(calm | change, lang=lang)["summary"] for change in ({}, {"severePain": True}))
    assert [w["ref"] for w in after if w["kind"] == "warning"] == [{"warning": WARNING}]
    (planned,) = (w for w in before if w.get("section") == "follow-up" and w.get("date"))
    (called,) = (w for w in after if w.get("section") == "follow-up" and "date" not in w)
    (warning,) = (w for w in service.guideline.warnings if w.id == WARNING)
    assert called["text"] == warning.call_text[lang]
    assert planned["text"] not in [w["text"] for w in after]
    assert not [w for w in after if w.get("section") == "follow-up" and w.get("date")]


def test_summary_says_that_a_limit_is_reached(service: GuidelineService) -> None:
    whole = record(60, "second-line", contact="follow-up", recurrentPain=False, chronicityRisk="high")
    whole |= {"spinalSurgery": False, "improvement": "little-or-none", "severePain": False}
    whole |= {"unbearablePainDespiteTreatment": False, "incapacitated": False, "resumption": "none"}
    whole |= {"returnExamination": False, "newSpinalOperation": False}
    whole |= {"socioProfessionalReintegration": False, "secondSeriesAgreed": False}
    whole |= {
        "programmeStart": whole["assessmentDate"],
        "promsRecorded": True,
    }  # with nothing to ask there is room for the programme
    programme = "multidisciplinary-rehabilitation"
    for sessions, earlier, limited in ((36, False, True), (3, True, True), (35, False, False)):
        reached = {"sessionsFollowed": sessions, "earlierProgramme": earlier}
        answer = service.assess(whole | reached)
        (line,) = (w for w in answer["summary"] if w["ref"] == {"programme": programme})
        label = answer["eligibility"][programme]["label"]
        frame = "summary-limit-reached" if limited else "summary-eligible"
        assert line["text"] == phrase(frame, "en", label=label)
        assert line["severity"] == ("warning" if limited else "info")
        assert json.loads(service.answer_json(whole | reached)) == answer
