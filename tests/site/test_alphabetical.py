"""The list from A to Z: what a reader looks for first, the rest folded, letters to jump to."""

from __future__ import annotations

import re

import pytest

from lrp_kg import GuidelineService
from lrp_kg.site.content import Content
from lrp_kg.site.lists import FIRST, sorting_key
from lrp_kg.site.pages import Site
from lrp_kg.words import LANGUAGES


@pytest.fixture(scope="module")
def site(service: GuidelineService) -> Site:
    return Site(Content(service))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_letters_and_their_terms(site: Site, lang: str) -> None:
    page = site.page(lang, "alphabetical.html")
    assert page
    bar = re.findall(r'<a href="#(letter-\d+)">(.)</a>', page)
    headings = re.findall(r'<h2 id="(letter-\d+)">(.)</h2>', page)
    assert bar == headings and len(bar) > 15
    for part in page.split('<section class="letter">')[1:]:
        letter = re.findall(r'<h2 id="letter-\d+">(.)', part)[0]
        first, *folded = part.split("</section>")[0].split("<details>")
        for listed in (first, *folded):
            names = [sorting_key(name) for name in re.findall(r"<li><a [^>]*>([^<]+)</a>", listed)]
            assert names == sorted(names) and len(folded) < 2
            assert all((n[:1].upper() if n[:1].isalpha() else "#") == letter for n in names)
        assert all(f"/{kind}/" not in first for kind in ("condition", "field", "warning", "open-point"))


def test_every_page_is_listed_once(site: Site) -> None:
    page = site.page("nl", "alphabetical.html") or ""
    catalogue = site.content.catalogue
    links = re.findall(r'<li><a href="([^"]+)"', page)
    assert len(links) == len(set(links))
    assert {e.page for e in catalogue.entries.values() if e.kind != "open-point"} <= set(links)
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert all((f'"{e.page}"' in shown) is (e.kind in FIRST) for e in catalogue.entries.values())
    assert 'href="open-point/index.html"' in page
