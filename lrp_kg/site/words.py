"""The words of a page of the site."""

from __future__ import annotations

from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.site.catalogue import Catalogue


class SiteWords(GuidelineWords):
    """The words of a language for the site of one guideline."""

    prefix = "site-"
    always = "always"

    def __init__(self, catalogue: Catalogue, lang: str) -> None:
        super().__init__(catalogue.guideline, lang)
        self.catalogue = catalogue

    def term(self, iri: str) -> str:
        """Return the label of a condition, field or value."""
        return self.text(self.catalogue.label(iri)) or super().term(iri)

    def bounds(self, field: str, low: int | None, high: int | None) -> str:
        """Return an interval, with the same in weeks where the guideline counts these too."""
        said, weeks = self.interval(field, low, high), self.weeks(field, low, high)
        return f"{said} ({weeks})" if weeks else said

    def weeks(self, iri: str, low: int | None, high: int | None) -> str:
        """Return an interval of days as weeks, where the guideline counts these weeks too; else nothing."""
        derived = self.guideline.derived
        own = derived.get(iri)
        if own is None or not any(
            (own.start, own.end, own.measure, d.measure) == (d.start, d.end, "ElapsedDays", "OrdinalWeek")
            for d in derived.values()
        ):
            return ""
        if low is None or low % 7 or (high is not None and (high + 1) % 7):
            return ""
        first = low // 7 + 1
        if high is None:
            return self.say("weeks-from", first=first)
        last = (high + 1) // 7
        return self.say("weeks-between", first=first, last=last) if first < last else self.say("week-only", n=first)
