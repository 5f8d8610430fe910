"""The phrases of the program in every language, and the choice of a text in one of them.

``en.toml``, ``nl.toml``, ``fr.toml`` and ``de.toml`` hold the phrases of pages, answers, the site and comparisons.
The texts of a guideline are in its Turtle files.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from lrp_kg.errors import LrpError

LANGUAGES = ("en", "nl", "fr", "de")
"""The languages of pages and answers, one file of phrases each."""

ONE = "-one"
"""At the end of the name of a phrase: what is said of one, in place of what is said of several."""

Text = dict[str, str]
"""One text in several languages, by language tag."""
_E = TypeVar("_E", bound=LrpError)


_KEPT_TOGETHER = re.compile("(?<=«) | (?=[?!;:»])")
"""The spaces within quotation marks and before punctuation of French, at which no line may break."""


def typeset(text: str, lang: str) -> str:
    """Return a text with no-break spaces where its language has a space before punctuation."""
    return _KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", text) if lang == "fr" else text


@cache
def phrases(lang: str) -> Mapping[str, str]:
    """Return every phrase of a language by its name."""
    from lrp_kg.cache import json_of, remembered

    folder = Path(__file__).parent

    def parsed() -> dict[str, str]:
        import tomllib  # takes as long as an answer, with the four files

        found = tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8"))
        return {name: typeset(text, lang) for name, text in found.items()}

    def kept(text: str) -> dict[str, str]:
        found: dict[str, str] = json_of({str: str})(text)
        if "colon" not in found:
            raise ValueError
        return found

    return remembered("phrases", lang, parsed, dump=json.dumps, load=kept, further=folder)


def phrase(name: str, lang: str, /, **fill: object) -> str:
    """Return a phrase with its blanks filled in; raise `KeyError` where no phrase has the name.

    Where its ``count`` is one, it is the phrase whose name has ``-one`` at its end, if there is one.
    """
    known = phrases(lang)
    text = known[name]
    if fill.get("count") == 1:
        text = known.get(f"{name}{ONE}", text)
    return text.format(**fill) if fill else text


def in_every_language(name: str, /, **fill: object) -> Text:
    """Return a phrase in all languages; a blank can be filled by a text in every language."""
    return {
        lang: phrase(name, lang, **{blank: v[lang] if isinstance(v, dict) else v for blank, v in fill.items()})
        for lang in LANGUAGES
    }


def error(kind: type[_E], name: str, /, **fill: object) -> _E:
    """Return an error that says a phrase in every language, filled as `in_every_language` does."""
    texts = in_every_language(name, **fill)
    return kind(texts["en"], messages=texts)


_REFUSALS = {
    errno.ENOENT: "file-missing",
    errno.EISDIR: "file-folder",
    errno.EACCES: "file-denied",
    errno.EBADF: "file-closed",
    errno.ESPIPE: "file-special",
}
"""The phrases of why a file cannot be read or written."""


def of_system(failure: OSError) -> Text:
    """Return why the system refuses a file, in every language; what is rare as the system says it."""
    name = _REFUSALS.get(failure.errno or 0)
    return in_every_language(name) if name else dict.fromkeys(LANGUAGES, failure.strerror or type(failure).__name__)


@cache
def _problems() -> Mapping[str, str]:
    """Return the names of the phrases of problems, by their English texts."""
    return {text: name for name, text in phrases("en").items() if name.startswith("problem-")}


def problem_text(text: str, lang: str) -> str:
    """Return a title, or what is said of a problem of which no more is known, in a language; else as it is."""
    return phrase(_problems()[text], lang) if text in _problems() else text


def said(error: LrpError, lang: str) -> str:
    """Return what an error says in a language, else in English."""
    if error.phrase:
        name, fill = error.phrase
        return phrase(name, lang, **fill)
    return problem_text(error.text(lang), lang)


def in_language(texts: Mapping[str, str], lang: str, otherwise: str = "") -> str:
    """Return a text in a language, else in English, else in any; ``otherwise`` where there is none."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "") or otherwise


def other_language(texts: Mapping[str, str], lang: str) -> str:
    """Return the language that `in_language` falls back to; empty if it does not fall back."""
    if not texts or texts.get(lang):
        return ""
    return "en" if texts.get("en") else next(iter(texts))


def colon(lang: str) -> str:
    """Return the colon of a language, or the English one, with the spaces around it."""
    return phrase("colon", lang if lang in LANGUAGES else "en")


class Words:
    """The words of one language; a phrase whose name begins with ``prefix`` overrides the common one."""

    prefix = ""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, name: str, /, **fill: object) -> str:
        """Return a phrase with its blanks filled in; raise `KeyError` where no phrase has the name."""
        own = self.prefix + name
        return phrase(own if own in phrases(self.lang) else name, self.lang, **fill)

    def text(self, texts: Mapping[str, str], otherwise: str = "") -> str:
        """Return a text in the language, else in English, else in any."""
        return in_language(texts, self.lang, otherwise)

    @property
    def colon(self) -> str:
        """Return the colon between what is named and what is said of it, with the spaces around it."""
        return colon(self.lang)

    def yes_no(self, value: bool) -> str:
        """Return the word for a truth value."""
        return self.say("yes" if value else "no")

    def number(self, count: int) -> str:
        """Return a number with its thousands apart."""
        return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
