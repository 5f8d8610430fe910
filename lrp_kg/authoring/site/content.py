"""What the pages say whatever their language: the catalogue, uses, decision tables, cases; gathered once."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.site.catalogue import Catalogue
from lrp_kg.authoring.site.exercised import AnsweredCase, by_term, run_all
from lrp_kg.authoring.site.tables import DecisionTable, table_of
from lrp_kg.authoring.site.uses import uses_of
from lrp_kg.guideline.model import Decision, Guideline


@dataclass(frozen=True)
class Content:
    """Everything that is told, by IRI where it is about a term."""

    guideline: Guideline
    assessor: Assessor
    catalogue: Catalogue
    uses: dict[str, dict[str, tuple[str, ...]]]
    tables: dict[str, DecisionTable | None]
    runs: tuple[AnsweredCase, ...]
    runs_by_term: dict[str, tuple[AnsweredCase, ...]]
    case_links: dict[tuple[str, str], Markup] = field(default_factory=dict)

    def decision(self, name: str) -> Decision:
        """Return a decision, also a generated one."""
        return self.guideline.decisions[name]


def gather(service: GuidelineService) -> Content:
    """Gather the content of a guideline's site."""
    guideline = service.guideline
    catalogue = Catalogue(guideline)
    runs = run_all(service)
    return Content(
        guideline,
        service.assessor,
        catalogue,
        uses_of(catalogue),
        {name: table_of(service.assessor, decision) for name, decision in guideline.decisions.items()},
        runs,
        by_term(runs),
    )
