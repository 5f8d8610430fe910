"""Check the links of a static site: each relative address names an existing file and, if it has one, fragment."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit


@dataclass
class LinkReport:
    """The number of pages and of links checked, and the broken links."""

    pages: int = 0
    links: int = 0
    broken: list[str] = field(default_factory=list)


_TAG = re.compile(r"""<[a-zA-Z][^\s>/]*(?:\s+[^\s=>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*\s*/?>""")
_ATTRIBUTE = re.compile(r"""\s(href|src|data|poster|action|xlink:href|id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass
class _Page:
    """The links and the anchors of a page."""

    links: list[str]
    anchors: set[str]


def _read(text: str) -> _Page:
    """Find links and anchors, with quoted values, by regular expressions: many times faster than a parser."""
    page = _Page([], set())
    for tag in _TAG.finditer(text):
        for attribute in _ATTRIBUTE.finditer(tag[0]):
            value = unescape(attribute[2] if attribute[2] is not None else attribute[3])
            if attribute[1] in ("id", "name"):
                page.anchors.add(value)
            else:
                page.links.append(value)
    return page


def check_links(folder: Path) -> LinkReport:
    """Check the links of every HTML page in a folder; addresses of other sites are skipped."""
    root = folder.resolve()
    files = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    pages = {file: _read((root / file).read_text(encoding="utf-8")) for file in sorted(files) if file.endswith(".html")}
    report = LinkReport(pages=len(pages))
    problems: dict[tuple[str, str], str | None] = {}
    for file, page in pages.items():
        place = dirname(file)
        for link in page.links:
            key = (file if link.startswith("#") else place, link)
            if key not in problems:
                problems[key] = _problem(file, link, pages, files)
            problem = problems[key]
            report.links += problem is not None
            if problem:
                report.broken.append(f"{file}: {link}: {problem}")
    return report


def _problem(file: str, link: str, pages: Mapping[str, _Page], files: Collection[str]) -> str | None:
    """Return the fault of a link of a page, empty if there is none; ``None`` for an address of another site.

    Paths are texts, from the folder: the file system is not asked.
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    if parts.path.startswith("/"):
        return "is not relative"
    target = normpath(join(dirname(file), unquote(parts.path))) if parts.path else file
    if target.split("/")[0] == "..":
        return "leaves the folder"
    if target not in files:
        return "there is no such file"
    page = pages.get(target)
    return (
        "the page has no such part" if page and parts.fragment and unquote(parts.fragment) not in page.anchors else ""
    )
