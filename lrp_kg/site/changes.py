"""Changes of rules over time, as a page shows them."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path

from markupsafe import Markup

from lrp_kg.authoring.compare import over_time_document
from lrp_kg.authoring.compare.over_time_document import words_of
from lrp_kg.authoring.compare.over_time_view import OverTimeViewer
from lrp_kg.authoring.compare.view import ViewData
from lrp_kg.cache import json_of, remembered
from lrp_kg.site.views import PageView
from lrp_kg.words import phrases

COMPARE = Path(over_time_document.__file__).parent
"""The folder of the code that compares days."""


class ChangesOverTime:
    """The changes of the guideline's rules, as seen from a page."""

    def __init__(self, view: PageView) -> None:
        self.view = view
        self.words = words_of(view.guideline, view.lang)

    @cached_property
    def days(self) -> list[ViewData]:
        """Return what changes on each day; it takes seconds to find, so it is kept on disk."""
        view = self.view
        words = hashlib.sha256(repr(sorted(phrases(view.lang).items())).encode()).hexdigest()
        key = f"{view.guideline.index.text_hash} {view.lang} {words}"
        return remembered("changes", key, self._find, dump=json.dumps, load=json_of([dict]), further=COMPARE)

    def _find(self) -> list[ViewData]:
        viewer = OverTimeViewer(self.view.guideline, self.words)
        found: list[ViewData] = viewer.view(self.view.content.over_time)["days"]
        return found

    def link(self, iri: str, label: str) -> Markup:
        """Return a link to a term, with its label; the label alone where it has no page."""
        href = self.view.href(iri) if iri and self.view.catalogue.find(iri) else ""
        return Markup('<a href="{}">{}</a>').format(href, label) if href else Markup.escape(label)
