"""Where something is in its source is said in the language of the answer; labels of boxes stay as printed."""

import re

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES

WORD = re.compile(r"[a-z]{3}")
RECORD = {
    "assessmentDate": "2024-03-01",
    "onsetDate": "2024-01-10",
    "careLine": "first-line",
    "contact": "first-contact",
}
RECORD |= {"redFlags": "none", "radicularPain": False, "chronicityRisk": "low"}


def test_locators_with_words_are_in_each_language(service: GuidelineService) -> None:
    g = service.guideline
    texts = [x.locator for x in (*g.statements, *g.warnings, *g.open_points)]
    worded = [t for t in texts if any(WORD.search(said) for said in t.values())]
    assert len(worded) > 30
    assert all(set(t) == set(LANGUAGES) for t in worded)
    assert not any("extraction" in said for t in texts for said in t.values())


def test_answer_says_in_its_language_where_statements_are(service: GuidelineService) -> None:
    answer = service.assess(RECORD, lang="nl")
    said = {s["locator"] for box in answer["boxes"] for s in box["statements"]}
    assert "3.A-2" in said
    assert "3.E-1 (laag risico)" in said
