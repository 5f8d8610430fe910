"""The pages of a guideline by their paths, each rendered when it is asked for: by the service, or to write a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from lrp_kg.record.model import Record
from lrp_kg.site.caseviews import Cases
from lrp_kg.site.catalogue import KINDS
from lrp_kg.site.changes import ChangesOverTime
from lrp_kg.site.content import Content
from lrp_kg.site.drawing import draw
from lrp_kg.site.frame import ALPHABETICAL, CHANGES, HOME
from lrp_kg.site.lists import Lists
from lrp_kg.site.lit import lit_by
from lrp_kg.site.pathwaymap import PathwayMap
from lrp_kg.site.sourceviews import SourcesView
from lrp_kg.site.tableviews import Tables
from lrp_kg.site.views import CASES, PICTURE, PageView
from lrp_kg.site.words import SiteWords
from lrp_kg.words import LANGUAGES

STATIC = Path(__file__).parent / "static"
"""Style sheet and icon of all pages, those of the service too."""
TEMPLATES = PackageLoader("lrp_kg.site", "templates")
"""The templates of reading pages, and the frame of every page."""
KEPT = 256
"""Rendered pages that are remembered."""

Pages = Mapping[str, Callable[[], str]]
"""By path, a function that returns the text."""


class Compiled(BytecodeCache):
    """Templates as this process has compiled them, for every environment with the same options."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what is known; of a template that has changed since, the bucket takes nothing."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Site:
    """The pages of a guideline in every language. Their links are relative, so they are the same wherever they are."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.environment = Environment(
            loader=TEMPLATES,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=COMPILED,
        )
        self.language: Callable[[str], Pages] = lru_cache(len(LANGUAGES))(lambda lang: dict(self._of_language(lang)))
        self.page: Callable[[str, str], str | None] = lru_cache(KEPT)(self._page)

    def _page(self, lang: str, path: str) -> str | None:
        """Return the page at a path within a language; ``None`` if there is none."""
        render = self.language(lang).get(path)
        return render() if render else None

    def render(self, template: str, words: SiteWords, path: str, **values: object) -> str:
        """Return a page."""
        view = PageView(self.content, words, path)
        tools = {
            "v": view,
            "tables": Tables(view),
            "cases": Cases(view),
            "lists": Lists(view),
            "sources": SourcesView(view),
            "changes": ChangesOverTime(view),
        }
        return self.environment.get_template(template).render(frame=view.frame, **tools, **values)

    def on_map(self, lang: str, record: Record, sent: Mapping[str, Sequence[str]]) -> str:
        """Return the map with the place of a patient; ``sent`` are the texts of the form that the record came in."""
        catalogue, assessor = self.content.catalogue, self.content.assessor
        words = SiteWords(catalogue, lang)
        pathway = PathwayMap(catalogue, assessor, words)
        pathway.lit = lit_by(assessor, record, catalogue.stages, pathway.layout.lane_field)
        return self.render("home.html", words, HOME, pathway=pathway, sent=sent)

    def files(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield every file of a written site."""
        yield HOME, partial(self.render, "choose.html", SiteWords(self.content.catalogue, LANGUAGES[0]), HOME)
        for file in sorted(STATIC.iterdir()):
            yield f"{STATIC.name}/{file.name}", partial(file.read_text, encoding="utf-8")
        for lang in LANGUAGES:
            yield from ((f"{lang}/{path}", text) for path, text in self.language(lang).items())

    def _of_language(self, lang: str) -> Iterator[tuple[str, Callable[[], str]]]:
        catalogue, assessor = self.content.catalogue, self.content.assessor
        words = SiteWords(catalogue, lang)

        def page(path: str, template: str, **values: object) -> tuple[str, Callable[[], str]]:
            return path, partial(self.render, template, words, path, **values)

        yield page(HOME, "home.html", pathway=PathwayMap(catalogue, assessor, words), sent={})
        yield PICTURE, partial(draw, catalogue, assessor, words)
        yield page(ALPHABETICAL, "alphabetical.html")
        if self.content.days_of_change:
            yield page(CHANGES, "changes.html")
        if self.content.case_files:
            yield page(f"{CASES}/{HOME}", "cases.html")
        for file in self.content.case_files:
            yield page(Cases.page(file), "case.html", file=file)
        for kind in KINDS:
            if catalogue.of_kind(kind):
                yield page(f"{kind}/{HOME}", "sources.html" if kind == "source" else "kind.html", kind=kind)
        for entry in catalogue.entries.values():
            yield page(entry.page, f"{entry.kind}.html", kind=entry.kind, term=entry.term)
