"""What the pages of all languages share: catalogue, uses, decision tables and answered cases."""

from __future__ import annotations

from markupsafe import Markup

from lrp_kg.answer.service import GuidelineService
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.exercised import by_term, run_all
from lrp_kg.site.tables import table_of
from lrp_kg.site.uses import uses_of


class Content:
    """The content of a guideline's site, computed once; dictionaries about terms have their IRIs as keys."""

    def __init__(self, service: GuidelineService) -> None:
        self.guideline = service.guideline
        self.assessor = service.assessor
        self.catalogue = Catalogue(self.guideline)
        self.uses = uses_of(self.catalogue)
        self.tables = {name: table_of(self.assessor, d) for name, d in self.guideline.decisions.items()}
        self.runs = run_all(service)
        self.runs_by_term = by_term(self.runs)
        self.case_links: dict[tuple[str, str], Markup] = {}
        self.ends_of_case_links: dict[str, str] = {}
