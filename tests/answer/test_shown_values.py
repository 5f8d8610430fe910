"""Values of a record in words: those of their own field, in each language, also where fields share a name."""

from __future__ import annotations

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.words import LANGUAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_value_is_called_as_in_its_field(service: GuidelineService, lang: str) -> None:
    words = AnswerWords(service.guideline, lang)
    values = [(field.id, value) for field in service.guideline.fields.values() for value in field.values]
    assert len({value.id for _, value in values}) < len(values)
    for field, value in values:
        assert words.shown(value.id, field) == value.label[lang]
        assert words.shown([value.id, value.id], field) == f"{value.label[lang]}, {value.label[lang]}"
