"""What the pages of all languages share: catalogue, uses, decision tables and answered cases, each made when needed."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases.files import Case, case_files, load_cases
from lrp_kg.authoring.compare.over_time import RulesOverTime, days_of_change
from lrp_kg.authoring.compare.over_time_model import DayChange
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.exercised import AnsweredCase, answered, by_term
from lrp_kg.site.tables import DecisionTable, table_of
from lrp_kg.site.uses import uses_of


class Content:
    """The content of a guideline's site; dictionaries about terms have their IRIs as keys.

    With ``in_full`` every case is answered, so that a page can list the cases whose answers name its term: that takes
    as long as all cases together. Without, a case is answered when the page of its file is asked for. Pages that are
    ``served`` also lead to the other pages of the service.
    """

    def __init__(self, service: GuidelineService, *, in_full: bool = False, served: bool = False) -> None:
        self.service = service
        self.in_full = in_full
        self.served = served
        self.guideline = service.guideline
        self.assessor = service.assessor
        self.catalogue = Catalogue(self.guideline)
        self._tables: dict[str, DecisionTable | None] = {}
        self.case_links: dict[tuple[str, str], Markup] = {}
        self.ends_of_case_links: dict[str, str] = {}

    @cached_property
    def uses(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The terms that use a term, by role."""
        return uses_of(self.catalogue)

    @cached_property
    def days_of_change(self) -> list[date]:
        """The days on which rules change."""
        return days_of_change(self.guideline)

    @cached_property
    def over_time(self) -> list[DayChange]:
        """What changes on each of these days."""
        return RulesOverTime(self.service).all()

    def table(self, decision: str) -> DecisionTable | None:
        """Return the table of a decision; ``None`` if its diagram is too large."""
        if decision not in self._tables:
            self._tables[decision] = table_of(self.assessor, self.guideline.decisions[decision])
        return self._tables[decision]

    @cached_property
    def case_files(self) -> tuple[Path, ...]:
        """The files with worked cases of the guideline."""
        return tuple(case_files(self.guideline.folder))

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The worked cases."""
        return load_cases(self.guideline.folder, self.guideline).cases

    def cases_in(self, file: Path) -> tuple[Case, ...]:
        """Return the cases of a file."""
        return self._cases_by_file.get(file, ())

    @cached_property
    def _cases_by_file(self) -> dict[Path, tuple[Case, ...]]:
        return {file: tuple(found) for file, found in groupby(self.cases, file_of)}

    @cached_property
    def runs(self) -> tuple[AnsweredCase, ...]:
        """All cases with their answers."""
        return answered(self.service, self.cases)

    @cached_property
    def runs_by_term(self) -> dict[str, tuple[AnsweredCase, ...]]:
        """The cases whose answers name a term; none unless in full."""
        return by_term(self.guideline, self.runs) if self.in_full else {}

    def answered(self, file: Path) -> tuple[AnsweredCase, ...]:
        """Return the cases of a file with their answers."""
        if self.in_full:
            return self._runs_by_file.get(file, ())
        return answered(self.service, self.cases_in(file))

    @cached_property
    def _runs_by_file(self) -> dict[Path, tuple[AnsweredCase, ...]]:
        return {file: tuple(found) for file, found in groupby(self.runs, lambda run: file_of(run.case))}


def file_of(case: Case) -> Path:
    """Return the file that a case is in."""
    return Path(case.where.rpartition(":")[0])
