"""The text of an answer is one screen, says nothing twice and names nothing by what only programs know."""

from __future__ import annotations

import re
import statistics
from typing import Any

import pytest
from rich.console import Console

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.as_text import WIDTH, to_text
from lrp_kg.answer.text_parts import Hanging
from lrp_kg.words import LANGUAGES, phrase
from tests.support.guidelines import valid_records

Json = dict[str, Any]
RECORDS = valid_records()[::25]
MORE = valid_records()


def unwrapped(service: GuidelineService, answer: Json, lang: str, **options: Any) -> list[str]:
    return [line.strip() for line in to_text(service.guideline, answer, lang, width=5000, **options).splitlines()]


@pytest.mark.parametrize("step", [24, pytest.param(8, marks=pytest.mark.long)])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_screen(service: GuidelineService, lang: str, step: int) -> None:
    """Other records in each language."""
    some = MORE[LANGUAGES.index(lang) * step // len(LANGUAGES) :: step]
    texts = [to_text(service.guideline, service.assess(r, lang=lang), lang).splitlines() for r in some]
    assert len(texts) > 50
    assert statistics.median(map(len, texts)) <= 42
    for lines in texts:
        assert all(len(line) <= WIDTH and line == line.rstrip() for line in lines)


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.slow
def test_no_line_is_said_twice(service: GuidelineService, explain: bool) -> None:
    for i, record in enumerate(RECORDS):
        lang = LANGUAGES[i % 4]
        answer = service.assess(record, lang=lang, explain=explain)
        lines = [line for line in unwrapped(service, answer, lang) if line]
        assert len(lines) > 3
        assert [line for line in set(lines) if lines.count(line) > 1] == []
        assert all(f"({name})" not in line for name in service.guideline.field_names for line in lines)


def test_what_a_person_should_see_is_there(service: GuidelineService) -> None:
    """Open decisions, readings that are decisive, strong statements and dates, without `--full`."""
    strong = 0
    for record in RECORDS:
        answer = service.assess(record, lang="nl")
        if any(line["severity"] == "critical" for line in answer["summary"]):
            continue
        text, words = "\n".join(unwrapped(service, answer, "nl")), AnswerWords(service.guideline, "nl")
        for name, d in answer["decisions"].items():
            if d["status"] in ("undetermined", "several", "no-answer") and name not in answer["eligibility"]:
                assert words.decision(name) in text
            for point in d["openPoints"]:
                assert not point["decisive"] or answer["openPoints"][point["id"]]["reading"] in text
        for box in answer["boxes"]:
            assert box["label"] in text
            marks = [m for s in box["statements"] for m in s.get("marks", ())]
            the_same = {m.get("statement") for m in marks if m["stance"] == "agrees"}
            for s in (s for s in box["statements"] if s["id"] not in the_same):
                if s["modality"] in ("must", "must-not", "maximum") and not s.get("outdated") and "calledFor" not in s:
                    assert s["text"] in text
                    strong += 1
        for name in (q["field"] for q in answer["questions"]):
            aside = {n for n, p in answer["eligibility"].items() if not p["assessed"]}
            decides = next(q["decides"] for q in answer["questions"] if q["field"] == name)
            assert not (set(decides) - aside) or words.field(name) in text
    assert strong > 50


def test_the_rest_is_named_and_follows_on_demand(service: GuidelineService) -> None:
    answer = service.assess(RECORDS[0])
    short, full = (to_text(service.guideline, answer, "en", full=full) for full in (False, True))
    assert "--full" in short and "--full" not in full
    assert "?detail=full" in to_text(service.guideline, answer, "en", how="?detail=full")
    assert len(full.splitlines()) > 1.5 * len(short.splitlines())
    assert short.rstrip().endswith(full.splitlines()[-1])


def test_after_a_critical_exit_only_what_is_to_be_done(service: GuidelineService) -> None:
    answer = service.assess({"redFlags": "cluster"})
    text = to_text(service.guideline, answer, "en")
    assert phrase("decisions", "en") not in text
    assert phrase("missing", "en") not in text
    assert len(text.splitlines()) <= 12


@pytest.mark.parametrize("full", [False, True])
def test_french_has_a_space_before_a_colon_and_no_line_begins_with_it(service: GuidelineService, full: bool) -> None:
    for record in RECORDS[::4]:
        answer = service.assess(record, lang="fr", explain=True, changes=True)
        text = to_text(service.guideline, answer, "fr", full=full)
        assert "\N{NO-BREAK SPACE}: " in text
        assert re.findall(r"\S+: .*", text) == []
        assert "\ue000" not in text


def test_a_line_is_not_broken_at_a_no_break_space() -> None:
    console = Console(width=24, no_color=True, force_terminal=False)
    with console.capture() as captured:
        console.print(Hanging("une phrase des [bold]mots[/]\N{NO-BREAK SPACE}: oui", "  - "))
    assert captured.get().splitlines() == ["  - une phrase des", "    mots\N{NO-BREAK SPACE}: oui"]
