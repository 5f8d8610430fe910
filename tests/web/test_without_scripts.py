"""The site in a browser that runs no scripts, and on paper."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.words import phrase
from tests.support.browser import CHROMIUM, Browser, Json, Tab
from tests.support.guidelines import cases
from tests.support.records import CLUSTER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Tab]:
    """A tab that runs no scripts but those of the test."""
    found = Tab(browser)
    found.call("Emulation.setScriptExecutionDisabled", value=True)
    yield found
    assert [c for c in found.complaints() if "422" not in c] == []
    assert [url for url in found.requests() if not url.startswith(site + "/")] == []
    found.close()


def follow(tab: Tab, selector: str, *, key: str = "") -> None:
    """Press a button, or Enter in a field, and wait for the page that comes."""
    tab.js("document.documentElement.dataset.old = '1'")
    if key:
        tab.js(f"document.querySelector({json.dumps(selector)}).focus()")
        tab.enter()
    else:
        tab.click(selector)
    tab.wait("!document.documentElement?.dataset.old && document.readyState === 'complete'")


def seen(tab: Tab, selector: str) -> bool:
    return bool(tab.js(f"document.querySelector({json.dumps(selector)})?.checkVisibility()"))


def test_a_patient(tab: Tab, site: str, service: GuidelineService) -> None:
    """Fill in, answer, next question, another language, an error, another part of the site, a new patient."""
    tab.open(f"{site}/?lang=en")
    assert seen(tab, "noscript p")
    for selector in ("[data-copy]", "[data-do]", "#explain"):
        assert not seen(tab, selector), "what needs a script is not offered"
    tab.click('#f-redFlags input[value="none"]')
    tab.click('#f-radicularPain input[value="false"]')
    follow(tab, "#i-onsetDate", key="Enter")
    assert tab.js("location.href") == f"{site}/?lang=en#answer"
    answer = service.assess({"redFlags": "none", "radicularPain": False})
    assert answer["nextQuestion"]["question"] in tab.js("document.getElementById('answer-body').innerText")
    tab.click("#answer-body [data-ask]")
    tab.wait(f"location.hash === '#f-{answer['nextQuestion']['field']}'")
    field = tab.js("document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= field < 300
    tab.js("document.getElementById('i-onsetDate').value = '2124-05-01'")
    follow(tab, "[data-today]")
    words = GuidelineWords(service.guideline, "nl")
    follow(tab, '.languages button[lang="nl"]')
    assert tab.js("document.documentElement.lang") == "nl"
    assert tab.js("document.querySelector('#f-redFlags input:checked').value") == "none"
    assert phrase("page-problems", "nl") in tab.js("document.getElementById('answer-body').innerText")
    onset = next(f for f in service.guideline.fields.values() if f.id == "onsetDate")
    assert tab.js("document.querySelector('#answer-body a').innerText") == words.label(onset)
    tab.click("#answer-body a")
    tab.wait("location.hash === '#f-onsetDate'")
    assert tab.js("document.getElementById('i-onsetDate').ariaInvalid") == "true"
    tab.js("document.getElementById('i-onsetDate').value = ''")
    follow(tab, ".assess button")
    assert tab.js("document.querySelectorAll('[aria-invalid]').length") == 0
    assert tab.js("location.search") == "?lang=nl"
    follow(tab, '#record a[href="/?lang=nl"]')
    assert tab.js("document.querySelector('#f-redFlags input:checked').value") == ""
    follow(tab, '.places a[href="/guide/nl/index.html"]')
    assert tab.js("document.querySelectorAll('main a').length") > 20


# -- on paper ----------------------------------------------------------------------------------------------

FILL = """(record) => {
  for (const i of document.querySelectorAll("#record input[name]")) {
    const v = record[i.name];
    if (/radio|checkbox/.test(i.type)) i.checked = [v ?? ""].flat().map(String).includes(i.value);
    else i.value = v ?? "";
  }
}"""


def longest(service: GuidelineService) -> Json:
    """Return the record of the worked cases with most to print."""

    def size(record: Json) -> int:
        answer = service.assess(record)
        return sum(len(s["text"]) + 30 for box in answer["boxes"] for s in box["statements"]) + 30 * len(record)

    fields = service.reader.fields
    fit = [c["record"] for c in cases() if not c["expect"].get("invalid") and c["record"].keys() <= fields.keys()]
    plain = [r for r in fit if all(type(v) in (str, bool, int) for v in r.values())]
    return max(plain[::5], key=size)


def pages(tab: Tab) -> int:
    pdf = base64.b64decode(tab.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


@pytest.mark.parametrize(
    ("name", "lang", "most"),
    [("longest", "de", 3), pytest.param("longest", "fr", 3, marks=pytest.mark.long), ("cluster", "nl", 1)],
)
def test_an_answer_is_printed(tab: Tab, site: str, service: GuidelineService, name: str, lang: str, most: int) -> None:
    """With what it rests on, nothing cut, on a page, or three where the law says much, in black; without the form."""
    record = longest(service) if name == "longest" else CLUSTER | {"assessmentDate": "2024-05-20"}
    tab.open(f"{site}/?lang={lang}")
    tab.js(f"({FILL})({json.dumps(record)})")
    follow(tab, ".assess button")
    assert pages(tab) <= most
    tab.call("Emulation.setEmulatedMedia", media="print")
    tab.call("Emulation.setDeviceMetricsOverride", width=688, height=1000, deviceScaleFactor=1, mobile=False)
    assert tab.js("document.scrollingElement.scrollWidth") <= 688
    assert not seen(tab, "#record")
    assert not seen(tab, "header.site")
    printed = " ".join(tab.js("document.body.innerText").split())
    answer = service.assess(record, lang=lang)
    assert answer["assessmentDate"] in printed
    assert service.guideline.version in printed
    assert " ".join(phrase("site-intended-use", lang).split()) in printed
    for statement in (s for box in answer["boxes"] for s in box["statements"]):
        assert " ".join(statement["text"].split()) in printed, "no-break spaces are spaces here"
    assert tab.js("document.querySelectorAll('.given dl > div').length") >= len(record)
    colours = tab.js(
        "[...document.querySelectorAll('.alert, #answer a, #answer strong')].map((e) => getComputedStyle(e).color)"
    )
    assert set(colours) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
    if name == "cluster":
        assert tab.js("getComputedStyle(document.querySelector('.alert')).borderTopStyle") == "solid"
    tab.call("Emulation.setEmulatedMedia", media="")
    tab.call("Emulation.clearDeviceMetricsOverride")
