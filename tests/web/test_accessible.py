"""Every kind of page by axe-core, at two widths and in two themes; and none scrolls sideways on a phone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES
from tests.support.application import in_a_thread, made
from tests.support.browser import CHROMIUM, Browser, Tab
from tests.support.paths import ROOT, TESTS

AXE = ROOT / ".venv" / "clients" / "node_modules" / "axe-core" / "axe.min.js"
LIGHT, DARK = "light", "dark"
SAMPLE = ("critical", "question", "editor")
"""Pages of `make test`, each in two of the four ways; `make long` has all."""

RUN = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
  ({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join("; ")}`))"""
WIDER = """(() => { const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`); })()"""

PAGES: list[dict[str, Any]] = tomllib.loads((TESTS / "web" / "pages.toml").read_text(encoding="utf-8"))["page"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core, which npm installs: make clients")


@pytest.fixture(scope="module")
def app(service: GuidelineService) -> Iterator[Flask]:
    with made(service) as found:
        yield found


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    with in_a_thread(app) as found:
        yield found


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    own = Tab(browser)
    yield own
    browser.close()


def show(tab: Tab, site: str, page: dict[str, Any], lang: str, width: int) -> None:
    """Open a page at a width, and bring it into its state."""
    tab.begin("about:blank")
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    fragment = "#" + quote(json.dumps(page["record"])) if "record" in page else ""
    tab.call("Page.navigate", url=site + page["at"].replace("{lang}", lang) + fragment)
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
    tab: Tab, site: str, page: dict[str, Any], lang: str, ways: dict[int, list[str]]
) -> None:
    found = {}
    for width, themes in ways.items():
        show(tab, site, page, lang, width)
        tab.js(AXE.read_text(encoding="utf-8") + "\n;0")
        for theme in themes:
            tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
            found[f"{width} {theme}"] = tab.js(RUN)
        found[f"{width}: wider than the window"] = tab.js(WIDER)
    assert {where: what for where, what in found.items() if what} == {}
