"""Writes the site: a folder per language, a page per term, the picture, one style sheet; always the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.progress import Progress

from lrp_kg.answer.service import GuidelineService
from lrp_kg.site.caseviews import Cases
from lrp_kg.site.catalogue import KINDS
from lrp_kg.site.content import Content
from lrp_kg.site.drawing import draw
from lrp_kg.site.lists import Lists
from lrp_kg.site.pathwaymap import PathwayMap
from lrp_kg.site.tableviews import Tables
from lrp_kg.site.views import ALPHABETICAL, CASES, HOME, PICTURE, PageView
from lrp_kg.site.words import SiteWords
from lrp_kg.words import LANGUAGES

WRITTEN = "written.txt"
"""Lists the files written, so that the next run can remove those no longer needed."""

SiteFile = tuple[str, Callable[[], str]]
"""The path of a file, and a function that returns its text."""


class Site:
    """The files of a guideline's site."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.environment = Environment(
            loader=PackageLoader("lrp_kg.site", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, words: SiteWords, path: str, **values: object) -> str:
        """Return a page."""
        view = PageView(self.content, words, path)
        tools = {"v": view, "tables": Tables(view), "cases": Cases(view), "lists": Lists(view)}
        return self.environment.get_template(template).render(**tools, **values)

    def files(self) -> Iterator[SiteFile]:
        """Yield every file."""
        catalogue = self.content.catalogue
        yield HOME, partial(self.render, "choose.html", SiteWords(catalogue, LANGUAGES[0]), HOME)
        for style in ("site.css", "map.css"):
            yield style, partial((Path(__file__).parent / "static" / style).read_text, encoding="utf-8")
        for lang in LANGUAGES:
            for path, text in self.of_language(SiteWords(catalogue, lang)):
                yield f"{lang}/{path}", text

    def of_language(self, words: SiteWords) -> Iterator[SiteFile]:
        """Yield the files of one language."""

        def page(path: str, template: str, **values: object) -> SiteFile:
            return path, partial(self.render, template, words, path, **values)

        catalogue, assessor = self.content.catalogue, self.content.assessor
        view = PageView(self.content, words, HOME)
        yield page(HOME, "home.html", pathway=PathwayMap(catalogue, assessor, words))
        yield PICTURE, partial(draw, catalogue, assessor, words)
        yield page(ALPHABETICAL, "alphabetical.html")
        if self.content.runs:
            yield page(f"{CASES}/{HOME}", "cases.html")
        for path, runs in Cases(view).pages().items():
            yield page(path, "case.html", runs=runs)
        for kind in KINDS:
            if catalogue.of_kind(kind):
                yield page(f"{kind}/{HOME}", "kind.html", kind=kind)
        for entry in catalogue.entries.values():
            yield page(entry.page, f"{entry.kind}.html", kind=entry.kind, term=entry.term)


def build(service: GuidelineService, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the site of a guideline into a folder and return the number of its files."""
    return write(Content(service), folder, progress=progress)


def write(content: Content, folder: Path, *, progress: Progress | None = None) -> int:
    """Write the site of some content into a folder and return the number of its files."""
    bar = progress or Progress(disable=True)
    files = dict(Site(content).files())
    for path, text in bar.track(files.items(), description="pages"):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), encoding="utf-8", newline="\n")
    _remove_stale(folder, set(files))
    (folder / WRITTEN).write_text("".join(f"{p}\n" for p in sorted(files)), encoding="utf-8", newline="\n")
    return len(files)


def _remove_stale(folder: Path, kept: set[str]) -> None:
    """Remove the files that an earlier run wrote and this one did not; touch nothing else in the folder."""
    record = folder / WRITTEN
    if not record.is_file():
        return
    for path in record.read_text(encoding="utf-8").splitlines():
        file = (folder / path).resolve()
        if path not in kept and file.is_relative_to(folder.resolve()) and file.is_file():
            file.unlink()
