"""The page in a real browser: headless Chromium, controlled over its debugging pipe without a driver."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, unquote

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_text import to_text
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.record.form import from_form
from lrp_kg.words import LANGUAGES, phrase
from tests.support.browser import CHROMIUM, Json
from tests.support.guidelines import valid_records
from tests.support.patient_page import PatientTab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]


@pytest.fixture
def tab(patient_tab: PatientTab, site: str) -> Iterator[PatientTab]:
    """A tab with the page in English; checks at the end that it logged no error and contacted no other server."""
    own = patient_tab
    own.begin(site + "/?lang=en")
    yield own
    assert own.complaints() == []
    assert [url for url in own.requests() if not url.startswith(site + "/")] == []


# -- the page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language(tab: PatientTab, site: str, service: GuidelineService, lang: str) -> None:
    """The page opens, asks and answers in the language, and its first answer is that of an empty record."""
    words = GuidelineWords(service.guideline, lang)
    tab.open(f"{site}/?lang={lang}")
    assert tab.js("document.documentElement.lang") == lang
    assert tab.js("document.title") == service.guideline.label[lang]
    assert tab.record == {}
    empty = service.assess({}, lang=lang)
    assert tab.asked == empty["nextQuestion"]["field"]
    assert empty["nextQuestion"]["question"] in tab.answer
    tab.choose("redFlags", "cluster")
    assert tab.record == {"redFlags": "cluster"}
    assert words.option("exit", "refer-immediately-red-flags") in tab.answer
    assert words.say("site-translations") in tab.js("document.querySelector('footer').innerText")
    assert len(tab.requests()) >= 5, "page, style, script, icon or answers were seen"


def test_languages_are_a_click_away(tab: PatientTab) -> None:
    for lang in (*LANGUAGES[1:], "en"):
        tab.click(f'nav a[lang="{lang}"]')
        tab.wait(f"document.documentElement?.lang === '{lang}' && document.readyState === 'complete'")
        tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
        assert tab.js("document.querySelector('.languages [aria-current]').lang") == lang


def test_answer_follows_the_choices(tab: PatientTab, service: GuidelineService) -> None:
    words = GuidelineWords(service.guideline, "en")
    before = tab.answer
    tab.choose("redFlags", "none")
    assert tab.answer != before
    tab.choose("radicularPain", "false")
    tab.choose("careLine", "first-line")
    tab.choose("contact", "first-contact")
    tab.choose("recurrentPain", "false")
    tab.fill("onsetDate", "2024-01-08")
    tab.fill("assessmentDate", "2024-01-28")
    expected = service.assess(tab.record)
    assert expected["stage"] == "first-line-week-3-5"
    assert words.option("stage", "first-line-week-3-5") in tab.answer
    for box in expected["boxes"]:
        assert all(s["text"] in tab.answer for s in box["statements"])
    tab.choose("redFlags", "cluster")
    assert words.option("exit", "refer-immediately-red-flags") in tab.answer
    tab.choose("redFlags", "")
    assert "redFlags" not in tab.record


def test_following_the_next_question_to_the_end(tab: PatientTab, service: GuidelineService) -> None:
    """By keyboard only: Enter on the question, the focus is in its field, Space or typing answers it."""
    fields = service.guideline.field_names
    seen: list[str] = []
    while name := tab.asked:
        assert name not in seen, "a question that was answered is not asked again"
        assert len(seen) < len(fields)
        seen.append(name)
        tab.js("document.querySelector('#answer-body [data-ask]').focus()")
        tab.enter()
        assert tab.focus["inForm"]
        assert tab.focus["field"] == name
        kind = fields[name].kind
        if kind == "date":
            tab.fill(name, {"assessmentDate": "2024-03-01", "onsetDate": "2024-02-01"}.get(name, "2024-02-20"))
        elif kind == "integer":
            tab.fill(name, "60")
        else:
            tab.tab()
            tab.answered(tab.space)
        assert name in tab.record
    assert len(seen) > 3
    assert service.assess(tab.record)["nextQuestion"] is None
    assert service.assess({})["nextQuestion"]["field"] == seen[0]


def test_keyboard_reaches_every_field_and_button(tab: PatientTab, service: GuidelineService) -> None:
    """From the start: the link to the answer, the name, the parts, the search, the languages, the form, its buttons."""
    tab.all_questions()
    tab.js("document.body.focus()")
    tab.tab()
    assert tab.focus["tag"] == "A"
    assert tab.js("document.activeElement.getAttribute('href')") == "#answer"
    reached: list[str] = []
    for _ in range(200):
        tab.tab()
        here = tab.focus
        if here["tag"] == "BODY":
            break
        reached.append(here["name"] or here["id"] or here["text"].strip())
        assert tab.js("document.activeElement.getClientRects().length > 0"), "what has the focus can be seen"
    asked = [f.id for f in sorted(service.guideline.fields.values(), key=lambda f: f.ask_order or 0) if f.ask_order]
    first = reached.index(asked[0])
    brand = tab.js("document.querySelector('.brand').innerText")
    parts = tab.js("[...document.querySelectorAll('.places a')].map(a => a.innerText)")
    assert len(parts) == 5
    to_search = ""  # a picture with a name
    tools = tab.js("[...document.querySelectorAll('.tools button')].map(b => b.innerText)")
    assert len(tools) == 4
    head = tab.js("[...document.querySelectorAll('.head button')].map(b => b.innerText)")
    assert reached[:first] == [brand, *parts, to_search, *(lang.upper() for lang in LANGUAGES), *head]
    assert [name for name in reached if name in tools] == tools
    assert list(dict.fromkeys(name for name in reached if name in asked)) == asked
    assert tab.js("document.querySelector('.assess button').innerText") in reached


def test_focus_is_visible(tab: PatientTab) -> None:
    tab.js("document.body.focus()")
    for _ in range(8):
        tab.tab()
        outline = tab.js("(s => s.outlineStyle + s.boxShadow)(getComputedStyle(document.activeElement))")
        assert outline not in ("nonenone", "none"), tab.focus


def test_skip_to_the_answer(tab: PatientTab) -> None:
    tab.js("document.body.focus()")
    tab.tab()
    tab.enter()
    tab.wait("location.hash === '#answer'")
    assert tab.focus["id"] == "answer"


def test_sending_the_form_moves_to_the_answer(tab: PatientTab) -> None:
    tab.all_questions()
    tab.js("document.querySelector('.assess button').focus()")
    tab.enter()
    tab.wait("document.activeElement.id === 'answer'")
    assert tab.js("location.pathname") == "/", "the page was not left"


def test_none_of_a_list(tab: PatientTab) -> None:
    assert "medications" not in tab.record
    tab.choose("medications", "nsaid")
    tab.choose("medications", "opioid")
    assert tab.record["medications"] == ["nsaid", "opioid"]
    tab.choose("medications", "[]")
    assert tab.record["medications"] == [], "known to be none"
    tab.choose("medications", "opioid")
    assert tab.record["medications"] == ["opioid"]
    tab.choose("medications", "opioid")
    assert "medications" not in tab.record, "unknown again"


def test_clear(tab: PatientTab) -> None:
    before = tab.answer
    tab.choose("redFlags", "cluster")
    tab.fill("onsetDate", "2024-01-08")
    assert tab.answer != before
    tab.answered(lambda: tab.click("button[type=reset]"))
    assert tab.record == {}
    assert tab.answer == before


def test_an_onset_that_is_not_known_exactly(tab: PatientTab, service: GuidelineService) -> None:
    """A month, a year or a range is typed beside the day, has a label, is in the order of the keyboard, replaces it."""
    tab.fill("assessmentDate", "2024-05-20")
    tab.fill("onsetDate", "2024-05-10")
    place = "document.querySelector('[data-field=\"onsetDate\"] [data-roughly]')"
    for typed, sent in (
        ("2024-05", "2024-05"),
        ("2023", "2023"),
        ("2024-05-01/2024-05-19", {"earliest": "2024-05-01", "latest": "2024-05-19"}),
    ):
        tab.answered(
            lambda typed=typed: tab.js(
                f"(() => {{ const e = {place}; e.focus(); e.value = {json.dumps(typed)};"
                " e.dispatchEvent(new Event('change', {bubbles: true})); })()"
            )
        )
        assert tab.record == {"assessmentDate": "2024-05-20", "onsetDate": sent}
    assert tab.js(f"{place}.labels.length") == 1
    assert tab.js(f"{place}.tabIndex") == 0
    assert "2024" in tab.js(f"{place}.labels[0].innerText")
    tab.fill("onsetDate", "2024-05-10")
    assert tab.record["onsetDate"] == "2024-05-10"
    assert tab.js(f"{place}.value") == ""


def test_reasons_open_under_each_line(tab: PatientTab) -> None:
    tab.choose("redFlags", "cluster")
    shown = "document.querySelector('#answer-body .of-alert .reasons').checkVisibility()"
    assert not tab.js(shown)
    tab.click("#answer-body .of-alert > summary")
    tab.wait(shown)
    assert not tab.js("document.querySelector('#why-exit').checkVisibility()")
    tab.click("#answer-body .of-alert a[href='#why-exit']")
    tab.wait("document.querySelector('#why-exit').checkVisibility()")
    tab.choose("careLine", "second-line")
    assert tab.js(shown)  # what is open stays open


def test_record_in_the_address_fills_the_form(tab: PatientTab, site: str, service: GuidelineService) -> None:
    record = {"redFlags": "none", "radicularPain": False, "onsetDate": "2024-01-08", "medications": ["nsaid"]}
    tab.call("Page.navigate", url="about:blank")
    tab.wait("location.href === 'about:blank'")
    tab.call("Page.navigate", url=f"{site}/?lang=en#{json.dumps(record).replace(' ', '').replace(chr(34), '%22')}")
    tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
    assert tab.record == record
    assert tab.js("location.href") == f"{site}/?lang=en", "it does not stay in the address"
    assert all("#" not in url and "%22" not in url for url in tab.requests() if "/assess" in url)


def test_record_is_kept_in_the_tab(tab: PatientTab) -> None:
    """Through a language switch, another page, the way back and a reload; until *new patient*."""
    tab.choose("redFlags", "isolated")
    tab.fill("onsetDate", "2024-01-08")
    record = tab.record
    tab.click('nav a[lang="nl"]')
    tab.wait("document.documentElement?.lang === 'nl' && document.readyState === 'complete'")
    tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
    assert tab.record == record
    tab.click(".places a:nth-child(2)")
    tab.wait("location.pathname.startsWith('/guide')")
    tab.js("history.back()")
    tab.wait("location.pathname === '/' && document.querySelector('#answer-body')?.childElementCount > 0")
    assert tab.record == record
    tab.call("Page.reload")
    tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
    assert tab.record == record
    tab.answered(lambda: tab.click("button[type=reset]"))
    assert tab.record == {}
    tab.click('[data-do="switch"]')
    tab.wait("document.getElementById('record').classList.contains('one')")
    assert "onsetDate" not in tab.js("JSON.stringify({...sessionStorage, ...localStorage})")
    assert tab.js("localStorage.length") == 0
    assert tab.js("document.cookie") == ""


@pytest.mark.parametrize(
    "record",
    [
        {"redFlags": "none", "radicularPain": False, "medications": ["nsaid", "opioid"], "incapacityPercentage": 50},
        {"onsetDate": {"earliest": "2024-01-08", "latest": "2024-01-10"}, "medications": []},
        {"onsetDate": "2024-01", "assessmentDate": "2024-02-28"},
    ],
)
def test_form_says_what_the_script_sends(tab: PatientTab, site: str, service: GuidelineService, record: Json) -> None:
    """What the form would send without the script is read as the record that the script sends."""
    tab.go(f"{site}/?lang=en#{quote(json.dumps(record))}")
    sent = parse_qs(tab.js("String(new URLSearchParams(new FormData(document.getElementById('record'))))"))
    assert service.read(from_form(service.reader, sent)) == service.read(tab.record) == service.read(record)


def test_what_the_form_cannot_show_is_sent_too(tab: PatientTab, site: str, service: GuidelineService) -> None:
    """Nothing of a record in a link is left out, nor after a reload; it is listed, and can be taken back."""
    record = {"@id": "https://example.org/p1", "id": "p-1", "redFlags": "isolated", "assessmentDate": "2024-01-28"}
    sent = record | {"assessmentDate": "2024-01-28T00:00:00"}
    tab.go(f"{site}/?lang=en#{quote(json.dumps(sent))}")
    assert tab.record == record
    tab.call("Page.reload")
    tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
    assert tab.record == record
    assert "p-1" in tab.js("document.querySelector('[data-given=id]').innerText")
    tab.answered(lambda: tab.click('[data-forget="id"]'))
    assert tab.record == {name: value for name, value in record.items() if name != "id"}


def test_copy(tab: PatientTab, site: str, service: GuidelineService) -> None:
    """A link only where it is asked for, with a warning and without what names the patient; record and answer too."""
    record = {"id": "p-1", "episode": "e-1", "redFlags": "none", "medications": []}
    tab.go(f"{site}/?lang=en#{quote(json.dumps(record))}")
    tab.js("window.copied = []; navigator.clipboard.writeText = async (text) => { window.copied.push(text); }")
    for number, what in enumerate(("link", "record", "answer")):
        tab.click(f"[data-copy={what}]")
        tab.wait(f"window.copied.length === {number + 1}")
        said = tab.wait("document.getElementById('note').innerText")
        assert (phrase("page-copied-link", "en") in said) == (what == "link")
    link, text, answer = tab.js("window.copied")
    address, _, own = link.partition("#")
    assert address == f"{site}/?lang=en"
    assert json.loads(unquote(own)) == {"redFlags": "none", "medications": []}
    assert json.loads(text) == record
    assert answer == to_text(service.guideline, service.assess(record), "en", how="?detail=full")
    assert tab.js("location.hash") == ""
    tab.js("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    tab.click("[data-copy=link]")
    tab.wait("document.querySelector('#note textarea').checkVisibility()")
    assert tab.js("document.querySelector('#note textarea').value") == link


@pytest.mark.parametrize("width", [320, 1280])
def test_page_fits_narrow_screens(tab: PatientTab, width: int) -> None:
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    tab.choose("redFlags", "none")
    tab.js("document.querySelectorAll('#answer-body details').forEach((d) => { d.open = true; })")
    wide = tab.js("document.scrollingElement.scrollWidth")
    assert wide <= width


SUMMARY_BOTTOM = "Math.ceil(document.querySelector('.now').getBoundingClientRect().bottom)"


@pytest.mark.parametrize("step", [200, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_summary_is_seen_without_scrolling(tab: PatientTab, site: str, lang: str, step: int) -> None:
    """At 1280 x 800, for worked cases."""
    tab.open(f"{site}/?lang={lang}")
    tab.sized(1280, 800)
    show = """(async (record) => {
        const headers = {"Content-Type": "application/json", Accept: "text/html"};
        const body = JSON.stringify(record);
        const answer = await fetch("/assess?fragment=true&lang=%s", {method: "POST", headers, body});
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.getElementById("answer-body").replaceChildren(...page.body.childNodes);
    })(%s)"""
    for record in valid_records()[::step]:
        tab.js(show % (lang, json.dumps(record)))
        assert tab.js(SUMMARY_BOTTOM) <= 800, record


def test_bar_of_a_narrow_page(tab: PatientTab, service: GuidelineService) -> None:
    """What is most urgent is always in sight; a tap or Enter shows the answer, Escape or a question the form."""
    tab.sized(1280, 800)
    assert not tab.js("document.getElementById('bar').checkVisibility()"), "a wide page needs none"
    tab.sized(360, 640)
    asked = service.assess({})["nextQuestion"]["question"]
    assert tab.js("document.getElementById('bar').innerText").endswith(asked)
    tab.choose("redFlags", "cluster")
    urgent = service.assess({"redFlags": "cluster"})["summary"][0]["text"]
    box = tab.js("(r => [r.top, r.bottom])(document.getElementById('bar').getBoundingClientRect())")
    assert 480 < box[0] < box[1] <= 640
    assert tab.js("document.getElementById('bar').innerText").endswith(urgent)
    assert tab.js("document.getElementById('bar').className") == "w-critical"
    tab.click("#bar")
    assert tab.js("document.getElementById('bar').ariaExpanded") == "true"
    assert tab.focus["id"] == "answer"
    top, bottom = tab.js("(r => [r.top, r.bottom])(document.querySelector('.alert').getBoundingClientRect())")
    assert 0 <= top < bottom <= 640
    tab.key("Escape", 27)
    assert tab.focus["id"] == "bar"
    assert tab.js("document.getElementById('bar').ariaExpanded") == "false"
    tab.choose("redFlags", "none")
    tab.js("document.getElementById('bar').focus()")
    tab.enter()
    assert tab.focus["id"] == "answer"
    question = tab.asked
    tab.click("#answer-body [data-ask]")
    assert tab.focus["name"] == question
    assert tab.js("document.getElementById('bar').ariaExpanded") == "false"


def test_one_line_is_announced(tab: PatientTab, service: GuidelineService) -> None:
    said = "document.getElementById('announced').textContent"
    assert tab.js("document.querySelectorAll('[aria-live], [role=status], [role=alert]').length") == 1
    assert tab.js(said) == "", "nothing has changed yet"
    tab.choose("redFlags", "cluster")
    assert service.assess({"redFlags": "cluster"})["summary"][0]["text"] in tab.js(said)
    assert tab.js(said).endswith("; changed: 1")
    tab.choose("redFlags", "none")
    assert tab.js(said).endswith("; changed: 1")


class TestProblems:
    """The page after an error; the browser itself logs each failed request in its console."""

    @pytest.fixture
    def tab(self, patient_tab: PatientTab, site: str) -> Iterator[PatientTab]:
        own = patient_tab
        own.begin(site + "/?lang=en")
        yield own
        said = [c for c in own.complaints() if not c.startswith("network: Failed to load resource")]
        assert said == []

    @pytest.mark.parametrize("broken", ["{", "{%22redFlags%22", "%7B%22a%22:%", "{%22a%22:1}}"])
    def test_link_that_holds_no_record(self, tab: PatientTab, site: str, broken: str) -> None:
        """It is reported, and what the tab has stays."""
        tab.choose("redFlags", "none")
        tab.go(f"{site}/?lang=en#{broken}")
        assert tab.record == {"redFlags": "none"}
        assert tab.js("location.hash") == ""
        name = phrase("page-from-link", "en")
        said = tab.js("document.getElementById('note').innerText")
        assert said.startswith((phrase("page-not-opened", "en", name=name), phrase("page-link-broken", "en")))

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_findings_are_shown(self, tab: PatientTab, site: str, service: GuidelineService, lang: str) -> None:
        tab.open(f"{site}/?lang={lang}")
        tab.all_questions()
        tab.fill("assessmentDate", "2024-01-28")
        before = tab.answer
        tab.fill("onsetDate", "2024-01-29")
        reported = tab.js(
            "[...document.querySelectorAll('[data-field=onsetDate] .problem li')].map((e) => e.innerText)"
        )
        assert reported == [f.text(lang) for f in service.validate(tab.record)], "it names no field that it is beside"
        assert reported
        field = "document.querySelector('[data-field=onsetDate] input')"
        assert tab.js(f"{field}.ariaInvalid") == "true"
        assert tab.js(f"document.getElementById({field}.getAttribute('aria-describedby')).innerText") == reported[0]
        note = f"{phrase('page-behind', lang)}{reported[0]}"
        assert tab.answer.removeprefix(note).strip() == before, "the last stays, under a note that leads to the field"
        assert tab.js("document.querySelector('.behind [data-ask]').dataset.ask") == "onsetDate"
        assert tab.js("document.getElementById('bar').textContent") == phrase("page-behind", lang)
        tab.fill("onsetDate", "2024-01-08")
        assert phrase("page-behind", lang) not in tab.answer
        assert tab.js("document.querySelectorAll('.problem, [aria-invalid]').length") == 0
        assert tab.js("document.querySelectorAll('#answer-body .why-list').length") == 1

    def test_late_answer_never_replaces_a_newer_one(self, tab: PatientTab) -> None:
        """The first answer's body arrives after the second answer was shown."""
        tab.js(
            """(() => {
                let number = 0;
                window.fetch = async () => {
                    const own = ++number;
                    const page = `<p id="answer-${own}" data-content>${own}</p>`;
                    const late = new Promise((done) => { window.release = () => done(page); });
                    return { ok: true, text: () => (own === 1 ? late : Promise.resolve(page)) };
                };
            })()"""
        )
        tab.click('[data-field="redFlags"] input[value="none"]')
        tab.wait("!!window.release")
        tab.js("window.first = window.release")
        tab.click('[data-field="redFlags"] input[value="cluster"]')
        tab.wait("!!document.getElementById('answer-2')")
        tab.js("new Promise((done) => { window.first(); setTimeout(done, 50); })")
        assert tab.answer == "2"

    def test_page_that_is_no_answer_is_not_shown_as_one(self, tab: PatientTab) -> None:
        """A proxy may answer every request with a page of its own."""
        tab.choose("redFlags", "none")
        tab.js("window.fetch = async () => ({ ok: true, text: async () => '<p>Please log in</p>' })")
        tab.click('[data-field="redFlags"] input[value="cluster"]')
        tab.wait("document.getElementById('answer-body').classList.contains('stale')")
        assert "Please log in" not in tab.answer
        assert tab.record == {"redFlags": "cluster"}

    def test_old_answer_is_removed_when_the_service_fails(self, tab: PatientTab) -> None:
        """The page must show the answer to the current form, or report a failure."""
        tab.choose("redFlags", "none")
        before = tab.answer
        tab.js("window.fetch = () => Promise.reject(new TypeError('gone'))")
        tab.js("window.addEventListener('unhandledrejection', (e) => e.preventDefault())")
        tab.click('[data-field="redFlags"] input[value="cluster"]')
        time.sleep(0.3)
        assert tab.record == {"redFlags": "cluster"}
        assert tab.answer != before
