"""Cases as they are shown: record, expectation, and what the guideline answers."""

from __future__ import annotations

import json

from markupsafe import Markup

from lrp_kg.outcomes import NOT_APPLICABLE
from lrp_kg.site.catalogue import slug
from lrp_kg.site.exercised import CaseRun
from lrp_kg.site.views import CASES, View


class Cases:
    """The cases, as seen from a page."""

    def __init__(self, view: View) -> None:
        self.view = view

    def of(self, name: str) -> tuple[CaseRun, ...]:
        """Return the cases in whose answer a term occurs."""
        return self.view.content.runs_by_term.get(name, ())

    def address(self, run: CaseRun) -> str:
        """Return the address of a case."""
        return f"{self.view.to(CASES)}#{self.anchor(run)}"

    def anchor(self, run: CaseRun) -> str:
        """Return the anchor of a case."""
        return f"case-{slug(run.case.id)}"

    def record(self, run: CaseRun) -> str:
        """Return the record of a case."""
        return json.dumps(dict(run.case.record), ensure_ascii=False, indent=1)

    def expected(self, run: CaseRun) -> str:
        """Return what a case expects."""
        return json.dumps(dict(run.case.expect), ensure_ascii=False, indent=1)

    def answers(self, run: CaseRun) -> list[tuple[str, str, list[Markup]]]:
        """Return the decisions that apply in a case: IRI, status, and the answers."""
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

    def problems(self, run: CaseRun) -> list[str]:
        """Return why the record of a case is refused."""
        return [f.text(self.view.lang) for f in run.refused] or [run.message]
