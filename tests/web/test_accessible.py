"""Every kind of page by axe-core, at two widths and in two themes; and none scrolls sideways on a phone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.cases.files import case_files
from lrp_kg.site.caseviews import Cases
from lrp_kg.site.catalogue import KINDS, Catalogue
from lrp_kg.words import LANGUAGES
from tests.support.browser import CHROMIUM, Browser, Tab
from tests.support.paths import ROOT, TESTS

AXE = ROOT / ".venv" / "clients" / "node_modules" / "axe-core" / "axe.min.js"
LIGHT, DARK = "light", "dark"
SAMPLE = ("critical", "editor", "box", "search")
"""Pages of `make test`, each in two of the four ways; `make long` has all."""

RUN = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
  ({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join("; ")}`))"""
WIDER = """(() => { const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`); })()"""

OPEN = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"


def of_the_guide() -> Iterator[dict[str, Any]]:
    """Yield the list of each kind of page of the guide, and a page of each kind; `where` says which."""
    for kind in KINDS:
        yield {"name": f"all of kind {kind}", "at": f"/guide/{{lang}}/{kind}/index.html"}
        yield {"name": kind, "kind": kind, "opened": OPEN}
    yield {"name": "cases of a file", "kind": "case"}


def where(service: GuidelineService, page: dict[str, Any]) -> str:
    """Return the address of a page: of a kind, the one with the longest label; of cases, the largest file."""
    if "at" in page:
        return str(page["at"])
    if page["kind"] == "case":
        file = max(case_files(service.guideline.folder), key=lambda file: file.stat().st_size)
        return f"/guide/{{lang}}/{Cases.page(file)}"
    entry = max(Catalogue(service.guideline).of_kind(page["kind"]), key=lambda e: len(str(e.term.label)))
    return f"/guide/{{lang}}/{entry.page}"


LISTED: list[dict[str, Any]] = tomllib.loads((TESTS / "web" / "pages.toml").read_text(encoding="utf-8"))["page"]
PAGES = [*LISTED, *of_the_guide()]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core, which npm installs: make clients")


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    own = Tab(browser)
    yield own
    own.close()


def show(tab: Tab, address: str, page: dict[str, Any], width: int) -> None:
    """Open a page at a width, and bring it into its state."""
    tab.begin("about:blank")
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    fragment = "#" + quote(json.dumps(page["record"])) if "record" in page else ""
    tab.call("Page.navigate", url=address + fragment)
    tab.wait("location.href !== 'about:blank' && document.readyState === 'complete'")
    if "script" in page:
        tab.js(page["script"])
    if "until" in page:
        tab.wait(f"!!({page['until']})")
    if "opened" in page:
        tab.js(page["opened"])


def ways(pages: list[dict[str, Any]]) -> Iterator[Any]:
    """Yield pages with a language and with widths and themes."""
    for number, page in enumerate(pages):
        lang, name = LANGUAGES[number % len(LANGUAGES)], page["name"].replace(" ", "-")
        if page["name"] in SAMPLE:
            yield pytest.param(page, lang, {1280: [LIGHT], 360: [DARK]}, id=f"{name}-two-ways")
        yield pytest.param(page, lang, {1280: [LIGHT, DARK], 360: [LIGHT, DARK]}, id=name, marks=pytest.mark.long)


@needs_axe
@pytest.mark.parametrize(("page", "lang", "ways"), [*ways(PAGES)])
def test_axe_finds_no_violation(
    tab: Tab, site: str, service: GuidelineService, page: dict[str, Any], lang: str, ways: dict[int, list[str]]
) -> None:
    address = site + where(service, page).replace("{lang}", lang)
    found = {}
    for width, themes in ways.items():
        show(tab, address, page, width)
        tab.js(AXE.read_text(encoding="utf-8") + "\n;0")
        for theme in themes:
            tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            found[f"{width} {theme}"] = tab.js(RUN)
        found[f"{width}: wider than the window"] = tab.js(WIDER)
    assert {where: what for where, what in found.items() if what} == {}
