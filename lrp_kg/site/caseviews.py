"""Cases as pages show them: the record, what the case expects, and what the guideline answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from lrp_kg.authoring.cases.files import Case
from lrp_kg.logic.outcomes import NOT_APPLICABLE
from lrp_kg.site.catalogue import slug
from lrp_kg.site.content import file_of
from lrp_kg.site.exercised import AnsweredCase
from lrp_kg.site.views import CASES, PageView


class Cases:
    """The cases, as seen from a page."""

    def __init__(self, view: PageView) -> None:
        self.view = view

    def by_page(self) -> list[tuple[str, tuple[Case, ...]]]:
        """Return the pages of cases, each with its cases."""
        return [(self.page(file), self.view.content.cases_in(file)) for file in self.view.content.case_files]

    def answered(self, file: Path) -> tuple[AnsweredCase, ...]:
        """Return the cases of a file with their answers."""
        return self.view.content.answered(file)

    @staticmethod
    def page(file: Path) -> str:
        """Return the page of a file of cases."""
        return f"{CASES}/{slug(file.stem)}.html"

    @staticmethod
    def name(page: str) -> str:
        """Return the name of a file of cases from its page."""
        return Path(page).stem

    @staticmethod
    def anchor(case: Case) -> str:
        """Return the anchor of a case."""
        return f"case-{slug(case.id)}"

    def of(self, name: str) -> tuple[AnsweredCase, ...]:
        """Return the cases whose answers name a term."""
        return self.view.content.runs_by_term.get(name, ())

    def links(self, name: str) -> Markup:
        """Return links to the cases whose answers name a term; pages of all languages share them."""
        known = self.view.content.case_links
        key = (name, self.view.root)
        if key not in known:
            start = str(Markup('<li><a href="{}').format(self.view.root))
            known[key] = Markup("".join(start + self.end_of_link(run.case) for run in self.of(name)))  # noqa: S704 - escaped
        return known[key]

    def end_of_link(self, case: Case) -> str:
        """Return the link to a case after the address of the site, escaped; computed once."""
        known = self.view.content.ends_of_case_links
        if case.where not in known:
            end = Markup('{}#{}">{}</a></li>').format(self.page(file_of(case)), self.anchor(case), case.id)
            known[case.where] = str(end)
        return known[case.where]

    @staticmethod
    def as_json(part: Mapping[str, object]) -> str:
        """Return the record or the expectation of a case as JSON."""
        return json.dumps(dict(part), ensure_ascii=False, indent=1)

    def answers(self, run: AnsweredCase) -> list[tuple[str, str, list[Markup]]]:
        """Return the IRI, status and answers of each decision that applies in a case."""
        if run.found is None:
            return []
        return [
            (
                d.decision.iri,
                self.view.words.status(d.result.status),
                [self.view.answer(o) for o in d.decision.options if o.id in d.result.answers],
            )
            for d in run.found.decisions.values()
            if d.result.status != NOT_APPLICABLE
        ]

    def problems(self, run: AnsweredCase) -> list[str]:
        """Return why the record of a case is refused."""
        return [f.text(self.view.lang) for f in run.refused] or [run.message]
