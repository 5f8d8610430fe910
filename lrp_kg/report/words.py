"""The words of a report: while it is counted, and where it is shown."""

from __future__ import annotations

from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.report.counts import Key
from lrp_kg.report.model import CountRow, ReportCard
from lrp_kg.words import Words, phrases


class ReportWords(GuidelineWords):
    """The words in which a guideline is counted."""

    prefix = "report-"

    def reason(self, name: str) -> str:
        """Return why a row is refused, by the name of the finding; that name where shapes alone know what it is."""
        return self.say(f"why-{name}") if f"{self.prefix}why-{name}" in phrases(self.lang) else name


class ShownWords(Words):
    """The words around the numbers."""

    prefix = "report-"

    def suppression(self, report: ReportCard) -> str:
        """Return what is suppressed, or that nothing is."""
        if report.below is None:
            return self.say("all-shown")
        name = "hidden-some" if report.suppressed else "hidden-none"
        fill = {"last": report.below - 1, "count": report.suppressed}
        return self.say(name, **(fill if report.suppressed else {"last": report.below - 1}))

    def count(self, report: ReportCard, key: Key | None) -> str:
        """Return a count; nothing where there is none."""
        if key is None:
            return ""
        found = report.counts.shown(key)
        return self.say("hidden") if found is None else self.number(found)

    def share(self, report: ReportCard, row: CountRow, key: Key | None) -> str:
        """Return the share of a count in its row; nothing where it is not shown, or is over nothing."""
        share = report.share(row, key) if key else None
        if share is None:
            return ""
        text = f"{share:.1f}".replace(".", "." if self.lang == "en" else ",")
        return f"{text} %" if self.lang == "en" else f"{text}\N{NO-BREAK SPACE}%"
