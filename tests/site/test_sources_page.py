"""The page of sources: editions and their days, every source with its state, and what is uncertain."""

from __future__ import annotations

import re

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.sources import printed_sources, source_states
from lrp_kg.site.content import Content
from lrp_kg.site.pages import Site
from lrp_kg.words import LANGUAGES, phrase

PAGE = "source/index.html"


@pytest.fixture(scope="module")
def site(service: GuidelineService) -> Site:
    return Site(Content(service))


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_lists_every_source_and_edition(site: Site, lang: str) -> None:
    page = site.page(lang, PAGE) or ""
    main, foot = page.split("<footer")
    guideline = site.content.guideline
    for state in source_states(guideline):
        assert f'href="../{site.content.catalogue.entries[state.iri].page}"' in main, state.id
        assert state.read_again_by and state.read_again_by.isoformat() in main
    for edition in guideline.editions:
        days = [day.isoformat() for day in (edition.valid_from, edition.valid_until) if day]
        assert all(day in text_of(main) for day in days), edition.id
    assert main.count("<h2>") == foot.count("<h2>") + 3 + len(
        {s.kind.iri for s in source_states(guideline) if s.kind and not s.printed}
    )


def test_foot_names_what_is_printed_and_leads_to_all(site: Site) -> None:
    for page in (PAGE, "index.html", "alphabetical.html"):
        foot = (site.page("nl", page) or "").split("<footer")[1]
        assert phrase("site-sources-foot", "nl", day="2026-11") in foot
        named = re.findall(r'href="[^"]*source/([^"]*)\.html"', foot)
        assert len(named) == len(printed_sources(site.content.guideline)) + 1
        assert named[-1] == "index"


def test_page_of_a_source_says_its_state(site: Site, service: GuidelineService) -> None:
    for state in source_states(service.guideline):
        if state.followed_by:
            page = text_of(site.page("en", site.content.catalogue.entries[state.iri].page) or "")
            assert state.kind and f"{state.kind.label['en']}, official" in page
            assert f"to be read again by {state.read_again_by}" in page
            assert state.followed_by[0].label["en"] in page
            return
    pytest.fail("no source is followed by another")


def test_guideline_with_one_source_has_the_page(ankle: GuidelineService) -> None:
    page = Site(Content(ankle)).page("nl", PAGE) or ""
    assert "Verzonnen tekst" in page
