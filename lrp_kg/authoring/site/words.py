"""The words of a page: phrases and labels in one language, English where a translation is missing."""

from __future__ import annotations

from lrp_kg.durations import parse_period
from lrp_kg.guideline.model import Guideline, Term, Text


class Words:
    """Every word a page or picture shows; none stands in Python."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        self.guideline = guideline
        self.lang = lang

    def text(self, texts: Text) -> str:
        """Return a text in the language, English where it is missing, else any."""
        return texts.get(self.lang) or texts.get("en") or next(iter(texts.values()), "")

    def language_of(self, texts: Text) -> str:
        """Return the language that `text` falls back to, or an empty string where it is the page's own."""
        if not texts or texts.get(self.lang):
            return ""
        return "en" if texts.get("en") else next(iter(texts))

    def label(self, term: Term) -> str:
        """Return the label of a term, its identifier where it has none."""
        return self.text(term.label) or term.id

    def word(self, name: str, /, **values: object) -> str:
        """Return a phrase with its blanks filled in; raise `KeyError` where the vocabulary lacks it."""
        phrases = self.guideline.phrases
        text = self.text(phrases[f"site-{name}"] if f"site-{name}" in phrases else phrases[name])
        return text.format(**values) if values else text

    def yes_no(self, value: bool) -> str:
        """Return the word for a truth value."""
        return self.word("yes" if value else "no")

    def status(self, name: str) -> str:
        """Return the word for a status of a decision."""
        return self.text(self.guideline.statuses[name])

    def period(self, period: str) -> str:
        """Return an ISO 8601 period in words; days that make whole weeks as weeks."""
        months, days = parse_period(period)
        parts = []
        if months:
            parts.append(self._count("month", months))
        if days and days % 7 == 0:
            parts.append(self._count("week", days // 7))
        elif days or not months:
            parts.append(self._count("day", days))
        return " ".join(parts)

    def _count(self, unit: str, number: int) -> str:
        return self.word(unit) if number == 1 else self.word(f"{unit}s", n=number)
