"""A checker of links: every relative address of a folder of pages leads to a file, and to a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class LinkReport:
    """How many pages and links were looked at, and those that lead nowhere."""

    pages: int = 0
    links: int = 0
    broken: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Collects the links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element links to and what it is called."""
        for name, value in attrs:
            if value is None:
                continue
            if name in ("href", "src", "data", "action", "poster") or name == "xlink:href":
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)


def check_links(folder: Path) -> LinkReport:
    """Check the links of every HTML page in a folder; addresses elsewhere are left alone."""
    pages: dict[Path, _Page] = {}
    for file in sorted(folder.rglob("*.html")):
        page = _Page()
        page.feed(file.read_text(encoding="utf-8"))
        page.close()
        pages[file.resolve()] = page
    report = LinkReport(pages=len(pages))
    root = folder.resolve()
    for file, page in pages.items():
        for link, problem in _problems(file, page, pages, root):
            report.links += 1
            if problem:
                report.broken.append(f"{file.relative_to(root)}: {link}: {problem}")
    return report


def _problems(file: Path, page: _Page, pages: dict[Path, _Page], root: Path) -> Iterator[tuple[str, str]]:
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if parts.path.startswith("/"):
            yield link, "is not relative"
        elif not target.is_relative_to(root):
            yield link, "leaves the folder"
        elif not target.is_file():
            yield link, "there is no such file"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield link, "the page has no such part"
        else:
            yield link, ""
