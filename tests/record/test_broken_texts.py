"""What is no record is refused in every language."""

import tomllib
from pathlib import Path

import pytest

from lrp_kg import GuidelineService
from lrp_kg.errors import LrpError, WrongCharset
from lrp_kg.record.strict_json import decode
from lrp_kg.web.reading import one_record
from lrp_kg.words import LANGUAGES

TEXTS = tomllib.loads(Path(__file__).with_name("broken_texts.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TEXTS.items() for text in texts])
def test_each_error_is_in_every_language(service: GuidelineService, kind: str, text: str) -> None:
    with pytest.raises(LrpError) as caught:
        one_record(service.reader, text.encode(), kind, ())
    error = caught.value
    assert error.text("nl") == TEXTS[kind][text]
    assert error.text("en") == error.message
    assert len({error.text(lang) for lang in LANGUAGES}) == len(LANGUAGES)


def test_where_bytes_are_no_text() -> None:
    with pytest.raises(WrongCharset) as caught:
        decode(b"{\xff}")
    assert caught.value.text("fr") == "L'octet 1 n'est pas de l'UTF-8. Envoyez le contenu en UTF-8."
