"""What every part of a report is made from: the guideline, the words, the answers and what is counted so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lrp_kg.guideline.model import Decision, Guideline, Programme
from lrp_kg.logic.outcomes import DECIDED, STATUSES, UNDETERMINED
from lrp_kg.report.answers import AnswerTable, literal, options_of, quoted
from lrp_kg.report.counts import ANSWERED, Counts, Key
from lrp_kg.report.model import CountRow, CountTable, Measure, ReportSection
from lrp_kg.report.words import ReportWords

NAMED = 6
"""Columns that are named where a file lacks them."""


@dataclass
class Basis:
    """The guideline, its words in a language, the answers, and the counts that all parts share.

    ``with_records`` says whether the records are given beside the answers, and ``done`` for which decisions a column
    says whether what they are about was done. ``on`` is the day of which it is asked what is overdue.
    """

    guideline: Guideline
    words: ReportWords
    answers: AnswerTable
    counts: Counts = field(default_factory=Counts)
    with_records: bool = False
    done: Mapping[str, str] = field(default_factory=dict)
    on: date | None = None

    def statuses(self, subject: Decision | Programme) -> Mapping[str, Key]:
        """Return how many records have each status of a decision or programme."""
        keys = {status: ("status", subject.id, status) for status in STATUSES}
        if keys[DECIDED] not in self.counts.values:
            found = self.answers.groups(quoted(f"{subject.id}_status"))
            self.counts.split(ANSWERED, {key: found.get((status,), 0) for status, key in keys.items()})
        return keys

    def decided(self, subject: Decision | Programme) -> Mapping[str, Key]:
        """Return how many records a decision has decided for each answer; a decision that collects has others."""
        keys = {option: ("decided", subject.id, option) for option in options_of(self.guideline, subject)}
        if any(key not in self.counts.values for key in keys.values()):
            status, own = quoted(f"{subject.id}_status"), quoted(f"{subject.id}_answers")
            found = self.answers.groups(f"{own}[1]", where=f"{status} = {literal(DECIDED)}")
            total = self.statuses(subject)[DECIDED]
            self.counts.split(total, {key: found.get((option,), 0) for option, key in keys.items()})
        return keys

    def section(self, name: str, *tables: CountTable, note: str = "", lacking: str = "") -> ReportSection:
        """Return a section with its title."""
        return ReportSection(name, self.words.say(f"section-{name}"), tables, note, lacking)

    def columns(self, names: list[str]) -> str:
        """Return the sentence that the file does not have some columns."""
        return self.words.say("columns", names=", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else ""))

    def absent(self, name: str, columns: list[str]) -> ReportSection:
        """Return a section whose columns the file does not have."""
        return self.section(name, lacking=self.columns(columns))

    def measure(self, name: str, *, open_: bool = False) -> Measure:
        """Return a column of a table with its heading; what precedes a hyphen in its name says what it is of."""
        return Measure(name.partition("-")[2] or name, self.words.say(f"measure-{name}"), open_)

    def status_row(self, subject: Decision | Programme, status: str) -> CountRow:
        """Return the line of the records that have a status."""
        key = self.statuses(subject)[status]
        label = self.words.text(self.guideline.statuses[status])
        return CountRow(f"status.{status}", label, (key,), ANSWERED, open=status == UNDETERMINED)
