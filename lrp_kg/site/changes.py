"""Changes of rules over time, as a page shows them."""

from __future__ import annotations

from functools import cached_property

from markupsafe import Markup

from lrp_kg.authoring.compare.over_time_document import words_of
from lrp_kg.authoring.compare.over_time_view import OverTimeViewer
from lrp_kg.authoring.compare.view import ViewData
from lrp_kg.site.views import PageView


class ChangesOverTime:
    """The changes of the guideline's rules, as seen from a page."""

    def __init__(self, view: PageView) -> None:
        self.view = view
        self.words = words_of(view.guideline, view.lang)

    @cached_property
    def days(self) -> list[ViewData]:
        """Return what changes on each day."""
        viewer = OverTimeViewer(self.view.guideline, self.words)
        found: list[ViewData] = viewer.view(self.view.content.over_time)["days"]
        return found

    def link(self, iri: str, label: str) -> Markup:
        """Return a link to a term, with its label; the label alone where it has no page."""
        href = self.view.href(iri) if iri and self.view.catalogue.find(iri) else ""
        return Markup('<a href="{}">{}</a>').format(href, label) if href else Markup.escape(label)
