"""A condition is shown as it follows the statement that depends on it: *if ...*, with the verb in its place."""

import re

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.as_text import to_text
from lrp_kg.guideline.criteria import Always
from lrp_kg.guideline.model import Condition
from lrp_kg.words import LANGUAGES

RECORD = {"assessmentDate": "2024-01-13", "onsetDate": "2024-01-08", "careLine": "first-line", "recurrentPain": False}
RECORD |= {"redFlags": "none", "radicularPain": False}
SAID = {
    "en": "(if incapacity for work is prescribed)",
    "nl": "(als arbeidsongeschiktheid wordt voorgeschreven)",
    "fr": "(si une incapacité de travail est prescrite)",
    "de": "(wenn Arbeitsunfähigkeit verordnet wird)",
}


def test_every_condition_of_a_statement_has_a_phrase_in_each_language(service: GuidelineService) -> None:
    used = {limit.condition for s in service.guideline.statements for limit in s.limits}
    used |= {s.condition for s in service.guideline.statements}
    conditions = [service.guideline.conditions[name] for name in used - {None}]
    assert len(conditions) > 25
    for condition in conditions:
        assert set(condition.said_if) == set(LANGUAGES), condition.id


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_says_the_condition_as_it_follows_the_statement(service: GuidelineService, lang: str) -> None:
    text = re.sub(r"\s+", " ", to_text(service.guideline, service.assess(RECORD, lang=lang), lang, full=True))
    assert SAID[lang] in text
    assert any(f" – {SAID[lang][1:-1]}" in line["text"] for line in service.assess(RECORD, lang=lang)["summary"])


def test_condition_without_a_phrase_is_shown_by_its_label_after_a_colon() -> None:
    condition = Condition("http://example.org/x#A", "A", {"en": "pain", "nl": "pijn"}, Always())
    assert condition.if_phrase["nl"] == "als: pijn"
    assert condition.if_phrase["fr"] == "si\N{NO-BREAK SPACE}: pain"


def test_words_give_the_phrase_by_identifier(service: GuidelineService) -> None:
    words = AnswerWords(service.guideline, "nl")
    assert words.condition("RecurrentPain") == "als de pijn recurrent is"
    assert words.condition("not-there") == "not-there"
