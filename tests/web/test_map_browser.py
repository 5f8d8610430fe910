"""The map of the pathway in a real browser: nothing is cut or overlaps at any width, on paper, or where it is lit."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest

from lrp_kg import GuidelineService
from lrp_kg.site.catalogue import slug
from lrp_kg.words import LANGUAGES
from tests.support.application import in_a_thread, made
from tests.support.browser import CHROMIUM, Browser, Tab
from tests.support.records import CLUSTER, FIRST_VISIT, Record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]

FAULTS = """(() => {
  const faults = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) faults.push("scrolls sideways");
  const parts = [...document.querySelectorAll(".exit, .stage, .chip > summary, .axis li, .passage")]
    .filter((e) => e.offsetParent && e.getClientRects().length);
  const boxes = parts.map((e) => e.getBoundingClientRect());
  parts.forEach((e, n) => {
    const r = boxes[n];
    if (r.left < 0 || r.right > wide + 0.5) faults.push(`outside: ${e.textContent.trim().slice(0, 40)}`);
    if (e.scrollWidth > e.clientWidth + 1) faults.push(`cut: ${e.textContent.trim().slice(0, 40)}`);
    for (let m = n + 1; m < parts.length; m += 1) {
      if (e.contains(parts[m])) continue;
      const o = boxes[m];
      const over = Math.min(r.right, o.right) - Math.max(r.left, o.left) > 1
        && Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top) > 1;
      if (over) faults.push(`overlap: ${e.textContent.trim()} | ${parts[m].textContent.trim()}`);
    }
  });
  return faults;
})()"""


@pytest.fixture(scope="module")
def site(service: GuidelineService) -> Iterator[str]:
    with made(service) as app, in_a_thread(app) as found:
        yield found


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    own = Tab(browser)
    yield own
    own.close()


def fill_in(tab: Tab, site: str, record: Record, lang: str) -> None:
    """Fill in a record on the start page as a link does, and go to the map by its link."""
    tab.begin(f"{site}/?lang={lang}")
    tab.js(f"location.hash = encodeURIComponent({json.dumps(json.dumps(record))})")
    kept = f"{json.dumps([*record])}.every(name => Object.values(sessionStorage).some(text => text.includes(name)))"
    tab.wait(f"{kept} && !!document.querySelector('.on-map a')")
    tab.js("document.querySelector('.on-map a').click()")
    tab.wait("!!document.querySelector('#map-place .patient')")


def of_width(tab: Tab, width: int) -> None:
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)


LONG = pytest.mark.long


@pytest.mark.parametrize("width", [360, 1280, 1920, pytest.param(768, marks=LONG), pytest.param(1000, marks=LONG)])
def test_nothing_overlaps_or_is_cut(tab: Tab, site: str, width: int) -> None:
    lang = LANGUAGES[width % len(LANGUAGES)]
    tab.begin(f"{site}/guide/{lang}/")
    of_width(tab, width)
    assert tab.js(FAULTS) == []
    tab.js("document.querySelectorAll('.chip').forEach((d) => { d.open = true; })")
    assert tab.js(FAULTS) == []
    assert tab.complaints() == []


def test_place_of_the_patient_is_lit_and_goes_with_the_record(tab: Tab, site: str, service: GuidelineService) -> None:
    fill_in(tab, site, FIRST_VISIT, "nl")
    of_width(tab, 1280)
    answer = service.assess(FIRST_VISIT)
    boxes = {b.id: slug(b.iri) for b in service.guideline.boxes.values()}
    lit = tab.js("[...document.querySelectorAll('.chip.lit-certain')].map((e) => e.id)")
    assert set(lit) == {boxes[b["id"]] for b in answer["boxes"]}
    assert tab.js("document.querySelector('.stage[aria-current=location] h3').innerText").endswith("Week 3-5")
    assert tab.js("document.getElementById('map-status').textContent") == "Deze patiënt: eerste lijn, week 3-5"
    assert tab.js("location.href") == f"{site}/guide/nl/"
    assert tab.js(FAULTS) == []
    tab.js("document.querySelector('.languages a[lang=fr]').click()")
    tab.wait("document.documentElement?.lang === 'fr' && !!document.querySelector('#map-place .patient')")
    tab.js("document.querySelector('.patient .back').click()")
    tab.wait("!!document.querySelector('#answer-body [data-line]')")
    assert tab.complaints() == []


def test_map_without_a_record_is_not_lit(tab: Tab, site: str) -> None:
    tab.begin(f"{site}/guide/en/")
    tab.wait("document.readyState === 'complete'")
    assert not tab.js("document.querySelector('.lit, .patient')")
    assert tab.js("document.getElementById('map-status').innerText").startswith("Fill in what is known")
    assert f"{site}/guide/en/" in tab.requests()


def test_record_that_is_refused_is_said(tab: Tab, site: str) -> None:
    fill_in(tab, site, CLUSTER, "en")
    tab.js(
        "sessionStorage.setItem(Object.keys(sessionStorage).find((k) => !k.endsWith(' place')), '{\"redFlags\": 3}')"
    )
    tab.js("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    tab.wait("document.getElementById('map-status').className === 'problem'")
    assert not tab.js("document.querySelector('.lit, .patient')")
    assert "cannot be shown" in tab.js("document.getElementById('map-status').innerText")


def test_link_to_a_box_opens_it(tab: Tab, site: str, service: GuidelineService) -> None:
    name = slug(next(iter(service.guideline.boxes)))
    tab.begin(f"{site}/guide/en/#{name}")
    tab.wait(f"document.getElementById({json.dumps(name)}).open")


@pytest.mark.parametrize("lang", ["de", *(pytest.param(x, marks=LONG) for x in LANGUAGES if x != "de")])
def test_map_prints_on_one_page(tab: Tab, site: str, lang: str) -> None:
    fill_in(tab, site, {"careLine": "second-line", "redFlags": "none", "radicularPain": False}, lang)
    paper = tab.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
    assert len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(paper))) == 1
    tab.call("Emulation.setEmulatedMedia", media="print")
    of_width(tab, 1077)  # 285 mm: A4 without its margins
    found = tab.js(FAULTS)
    tab.call("Emulation.setEmulatedMedia", media="")
    assert found == []
