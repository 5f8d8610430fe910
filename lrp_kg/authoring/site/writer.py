"""Writes the site: a folder a language, a page a term, the picture, one style sheet; always the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lrp_kg.authoring.site.caseviews import Cases
from lrp_kg.authoring.site.catalogue import KINDS
from lrp_kg.authoring.site.content import Content
from lrp_kg.authoring.site.drawing import draw
from lrp_kg.authoring.site.lists import Lists
from lrp_kg.authoring.site.tableviews import Tables
from lrp_kg.authoring.site.views import ALPHABETICAL, CASES, HOME, PICTURE, PageView
from lrp_kg.authoring.site.words import SiteWords
from lrp_kg.words import LANGUAGES

WRITTEN = "written.txt"
"""The list of what was written, so that the next run takes away what is no longer there."""

Step = Callable[[], None]


class Site:
    """The pages of a guideline, ready to be written."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.environment = Environment(
            loader=PackageLoader("lrp_kg.authoring.site", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def size(self) -> int:
        """Return how many files there will be."""
        kinds = sum(bool(self.content.catalogue.of_kind(kind)) for kind in KINDS)
        cases = len({Cases.page(run) for run in self.content.runs}) + bool(self.content.runs)
        one = 3 + cases + kinds + len(self.content.catalogue.entries)
        return one * len(LANGUAGES) + 2

    def render(self, template: str, words: SiteWords, path: str, **values: object) -> str:
        """Return a page."""
        view = PageView(self.content, words, path)
        tools = {"v": view, "tables": Tables(view), "cases": Cases(view), "lists": Lists(view)}
        return self.environment.get_template(template).render(**tools, **values)

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the text of every file."""
        own = SiteWords(self.content.catalogue, LANGUAGES[0])
        yield "index.html", self.render("choose.html", own, HOME)
        yield "site.css", (Path(__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
        for lang in LANGUAGES:
            for path, text in self.of_language(SiteWords(self.content.catalogue, lang)):
                yield f"{lang}/{path}", text

    def of_language(self, words: SiteWords) -> Iterator[tuple[str, str]]:
        """Yield the files of one language."""
        catalogue, assessor = self.content.catalogue, self.content.assessor
        view = PageView(self.content, words, HOME)
        yield HOME, self.render("home.html", words, HOME, picture=Markup(draw(catalogue, assessor, words, view.href)))  # noqa: S704
        yield PICTURE, draw(catalogue, assessor, words)
        yield ALPHABETICAL, self.render("alphabetical.html", words, ALPHABETICAL)
        if self.content.runs:
            yield from self.cases(words)
        for kind in KINDS:
            if catalogue.of_kind(kind):
                path = f"{kind}/{HOME}"
                yield path, self.render("kind.html", words, path, kind=kind)
        for entry in catalogue.entries.values():
            yield entry.page, self.render(f"{entry.kind}.html", words, entry.page, kind=entry.kind, term=entry.term)

    def cases(self, words: SiteWords) -> Iterator[tuple[str, str]]:
        """Yield the pages of the cases: a list, and one for each file."""
        path = f"{CASES}/{HOME}"
        yield path, self.render("cases.html", words, path)
        for page, runs in Cases(PageView(self.content, words, path)).pages().items():
            yield page, self.render("case.html", words, page, runs=runs)


def write(content: Content, folder: Path, *, step: Step = lambda: None) -> int:
    """Write the site into a folder and return the number of its files; ``step`` is called after each."""
    site = Site(content)
    written = []
    for path, text in site.files():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
        step()
    _take_away(folder, set(written))
    (folder / WRITTEN).write_text("".join(f"{p}\n" for p in sorted(written)), encoding="utf-8", newline="\n")
    return len(written)


def _take_away(folder: Path, kept: set[str]) -> None:
    """Remove what an earlier run wrote and this one did not; nothing else in the folder is touched."""
    record = folder / WRITTEN
    if not record.is_file():
        return
    for path in record.read_text(encoding="utf-8").splitlines():
        file = (folder / path).resolve()
        if path not in kept and file.is_relative_to(folder.resolve()) and file.is_file():
            file.unlink()
