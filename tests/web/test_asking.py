"""One question after the other, in a browser: to each stage, back, left open, taken back; records that are opened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.words import phrase
from tests.support.application import in_a_thread, made
from tests.support.browser import CHROMIUM, Browser
from tests.support.guidelines import CASES, cases
from tests.support.paths import ANKLE
from tests.support.patient_page import SHOWN, PatientTab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path"),
]
EXITS = {"redFlags": "cluster", "radicularPain": True}
MOST = 7
"""Answers that lead to a stage at most, those about the exits and the date of the assessment among them."""


@pytest.fixture
def tab(patient_tab: PatientTab, site: str) -> Iterator[PatientTab]:
    own = patient_tab
    own.begin(site + "/?lang=en")
    yield own
    refused = "network: Failed to load resource: the server responded with a status of 4"
    assert [c for c in own.complaints() if not c.startswith(refused)] == []


def exact(record: dict[str, Any]) -> bool:
    return all(len(str(record.get(name, "2024-01-01"))) == 10 for name in ("onsetDate", "assessmentDate"))


def of_stage(stage: str) -> dict[str, Any]:
    """Return the record of a worked case of a stage, with days that are known exactly."""
    found: dict[str, Any] = next(
        case["record"] for case in cases(CASES) if case["expect"].get("stage") == stage and exact(case["record"])
    )
    return found


def stage_on(tab: PatientTab) -> str:
    said: str = tab.js("document.querySelector('.k-stage [data-line]')?.textContent ?? ''")
    return said


def lead_to(tab: PatientTab, service: GuidelineService, stage: str, way: str) -> None:
    record = of_stage(stage)
    answers = 0
    while not stage_on(tab):
        name = tab.at
        assert name, "the stage is not known, and nothing is asked"
        act = tab.tap if way == "tap" else tab.press
        act(record[name])
        answers += 1
        assert tab.record == {n: v for n, v in record.items() if n in tab.record}
    assert answers <= MOST
    found = service.assess(tab.record)
    assert found["stage"] == stage
    assert stage_on(tab) == next(line["text"] for line in found["summary"] if line["kind"] == "stage")


@pytest.mark.parametrize(
    ("way", "width", "first", "step"),
    [  # a finger on a narrow page to each second stage, a keyboard on a wide one to the others; all to all in make long
        ("tap", 360, 0, 2),
        ("press", 1280, 1, 2),
        *(pytest.param(way, width, 0, 1, marks=pytest.mark.long) for way in ("tap", "press") for width in (360, 1280)),
    ],
)
def test_from_the_empty_page_to_each_stage(
    tab: PatientTab, service: GuidelineService, way: str, width: int, first: int, step: int
) -> None:
    """Each answer shows the next question, which then has the focus."""
    tab.sized(width, 640 if width < 600 else 800)
    for stage in service.guideline.decisions[str(service.guideline.roles.stage)].options[first::step]:
        lead_to(tab, service, stage.id, way)
        assert tab.focus["field"] == tab.at
        assert tab.js("document.scrollingElement.scrollWidth <= innerWidth")
        tab.answered(lambda: tab.click("button[type=reset]"))
        assert tab.record == {}


# The place in the guideline, and a worked case of it: exits, profiles, programmes.
PLACES = ("C04", "C11", "J217", "E02", "E03", "E06", "E08", "J210", "H02", "J07", "P101", "G10")
OFTEN = {"C11": "press", "E06": "tap", "J210": "press", "H02": "tap", "G10": "press"}
"""One of each kind, with answers of each type, and the way that is taken; all places in both ways in ``make long``."""
WAYS = ("tap", "press")


@pytest.mark.parametrize(
    ("place", "way"),
    [
        pytest.param(place, way, marks=[] if OFTEN.get(place) == way else pytest.mark.long)
        for place in PLACES
        for way in WAYS
    ],
)
def test_each_place_is_reached(tab: PatientTab, service: GuidelineService, place: str, way: str) -> None:
    """All that a worked case knows is asked that still decides something; what it does not know is left open."""
    (case,) = [case for case in cases(CASES) if case["id"] == place]
    tab.sized(360 if way == "tap" else 1280, 800)
    while name := tab.at:
        if name in case["record"]:
            (tab.tap if way == "tap" else tab.press)(case["record"][name])
        else:
            tab.js("document.querySelector('[data-do=skip]').click()")
    found = service.assess(tab.record)
    lines = tab.js("[...document.querySelectorAll('#answer-body [data-line]')].map((e) => e.textContent)")
    assert lines == [line["text"] for line in found["summary"]]
    whole = service.assess(case["record"])
    for name in {"exit", "profile"} & set(case["expect"]):
        assert found["decisions"][name]["answers"] == whole["decisions"][name]["answers"]
    for name in case["expect"].get("eligibility", ()):
        assert found["eligibility"][name]["verdict"] == whole["eligibility"][name]["verdict"]


def test_exits(tab: PatientTab) -> None:
    """After a critical one nothing more is asked; the line that says so has the focus."""
    first = tab.at
    tab.press(EXITS["redFlags"])
    assert tab.js("document.querySelector('.alert').checkVisibility()")
    assert tab.at is None
    assert tab.focus["id"] == "done"
    tab.click(f'[data-given="{first}"] .change')
    assert tab.at == first
    assert tab.js("document.querySelector('.now input:checked').value") == EXITS["redFlags"]
    tab.press("none")
    tab.press(EXITS["radicularPain"])
    assert "w-warning" in tab.js("document.querySelector('.summary li').className")


def test_what_is_left_open_is_asked_again_only_when_wanted(tab: PatientTab) -> None:
    first = tab.at
    tab.type("0")
    second = tab.wait(f"document.querySelector('.one .now').dataset.field !== '{first}'") and tab.at
    assert tab.record == {}
    assert tab.given == {first: phrase("unknown", "en")}
    tab.press(False)
    assert tab.at not in (first, second)
    tab.click('[data-do="back"]')
    assert tab.at == second
    tab.click('[data-do="back"]')
    assert tab.at == first
    tab.press("none")
    assert tab.given == {first: "none", second: "no"}
    tab.answered(lambda: tab.click(f'[data-forget="{second}"]'))
    assert tab.record == {first: "none"}
    while tab.at:
        tab.click('[data-do="skip"]')
    tab.click('[data-do="again"]')
    assert tab.at == second


def test_today_is_offered(tab: PatientTab, service: GuidelineService) -> None:
    """The day of the assessment is never assumed."""
    role = service.guideline.fields[str(service.guideline.roles.assessment)].id
    assert role not in tab.record
    while tab.at != role:
        tab.click('[data-do="skip"]')
    tab.answered(lambda: tab.click(".now [data-today]"))
    day = tab.js("new Intl.DateTimeFormat('sv').format(new Date())")
    assert tab.record == {role: day}
    assert tab.at != role


def test_place_is_kept(tab: PatientTab, site: str) -> None:
    """Through a change of language, another page and the way back, and a reload: the record, and the question."""
    first = tab.at
    tab.type("0")
    tab.press(False)
    tab.press("first-line")
    place, record = tab.at, tab.record
    tab.click('nav.languages a[lang="nl"]')
    tab.wait(f"document.documentElement?.lang === 'nl' && {SHOWN}")
    assert (tab.at, tab.record) == (place, record)
    tab.call("Page.navigate", url=f"{site}/queries?lang=nl")
    tab.wait("location.pathname === '/queries' && document.readyState === 'complete'")
    tab.js("history.back()")
    tab.wait(f"location.pathname === '/' && {SHOWN}")
    tab.call("Page.reload")
    tab.wait(SHOWN)
    assert (tab.at, tab.record) == (place, record)
    assert list(tab.given) == [*record, first]


def test_keys_answer_only_the_question(tab: PatientTab) -> None:
    """Not while something is written, nor where all questions are shown, nor from elsewhere on the page."""
    tab.js("document.querySelector('header a').focus()")
    tab.type("1")
    assert tab.record == {}
    tab.all_questions()
    tab.js("document.querySelector('[data-kind=integer] input').focus()")
    tab.type("12")
    tab.js("document.activeElement.blur()")
    tab.type("1")
    tab.wait("document.getElementById('json').textContent.includes('12')")
    assert list(tab.record.values()) == [12]


def test_arrows_walk_through_choices(tab: PatientTab) -> None:
    """They choose, as in any group of choices; Enter goes on."""
    name = tab.at
    tab.js("document.querySelector('.now input').focus()")
    tab.answered(lambda: tab.key("ArrowDown", 40))
    assert tab.at == name
    tab.answered(tab.enter)
    assert list(tab.record) == [name]
    assert tab.at != name


def test_double_click_answers_one_question(tab: PatientTab) -> None:
    first = tab.at
    tab.answered(lambda: tab.click(".now label"))
    second = tab.wait("document.querySelector('.one .now')?.dataset.field")
    assert second != first
    place = tab.js("(r => [r.x + 20, r.y + 20])(document.querySelector('.now label').getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=2)
    assert tab.js("document.querySelectorAll('.now input:checked').length") == 0
    assert list(tab.record) == [first]


def test_focus_stays_in_the_list(tab: PatientTab) -> None:
    """What is taken back leaves it to the next row, the last one to the one before."""
    names = [str(tab.at)]
    tab.press("none")
    names.append(str(tab.at))
    tab.press(False)
    tab.answered(lambda: tab.click(f'[data-forget="{names[0]}"]'))
    assert tab.js("document.activeElement.dataset.forget") == names[1]


def test_wrong_entry(tab: PatientTab) -> None:
    """It is reported beside the question; the answer before it stays, marked; nothing else is asked meanwhile."""
    for value in ("none", False, "first-line", "2024-01-28"):
        tab.tap(value)
    name, before = tab.at, tab.answer
    tab.put(str(name), "2024-01-29")
    tab.click('[data-do="next"]')
    tab.wait("document.querySelector('.now .problem')?.checkVisibility()")
    assert tab.at == tab.focus["field"] == name
    assert tab.answer.replace(" ", "") == f"{phrase('page-behind', 'en')}{before}".replace(" ", "")
    assert phrase("page-wrong", "en") in tab.js(f"document.querySelector('[data-given={name}]').innerText")
    tab.answered(lambda: tab.click('[data-do="skip"]'))
    assert name not in tab.record
    assert tab.js("document.querySelectorAll('.problem, .behind').length") == 0


def test_what_is_typed_is_sent_when_it_is_left(tab: PatientTab) -> None:
    """Also by the way back, so that the answer is the one to what the list shows."""
    for value in ("none", False, "first-line"):
        tab.tap(value)
    name = str(tab.at)
    tab.put(name, "2024-01-28")
    tab.answered(lambda: tab.click('[data-do="back"]'))
    assert tab.at != name
    assert tab.record[name] == tab.given[name] == "2024-01-28"


def test_unfinished_date_is_reported(tab: PatientTab) -> None:
    for value in ("none", False, "first-line"):
        tab.tap(value)
    tab.type("1")
    tab.enter()
    tab.wait("document.querySelector('.now .problem')?.checkVisibility()")
    assert tab.js("document.querySelector('.now .problem').innerText") == phrase("page-unfinished", "en")


def test_service_that_does_not_answer(tab: PatientTab) -> None:
    """The page says so, keeps what was entered, and tries again."""
    before = tab.answer
    tab.js("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('gone'))")
    name = tab.at
    tab.type("1")
    tab.wait("!!document.querySelector('.behind button')")
    assert phrase("page-failed", "en") in tab.answer
    assert before.replace(" ", "") in tab.answer.replace(" ", "")
    assert tab.record == {name: "none"}
    tab.js("window.fetch = window.real")
    tab.answered(lambda: tab.click(".behind button"))
    assert tab.at != name


def test_answer_that_is_late(tab: PatientTab) -> None:
    """Meanwhile the one before does not look like the answer to what is entered, nor to a new patient."""
    tab.press("cluster")
    tab.js("window.real = window.fetch; window.fetch = (...sent) => new Promise((done) => { window.come = done; })")
    tab.js("document.querySelector('button[type=reset]').click()")
    tab.wait("!!document.querySelector('.stale .behind')")
    assert phrase("page-behind", "en") in tab.answer
    assert tab.js("document.getElementById('bar').textContent") == phrase("page-behind", "en")
    tab.js("window.fetch = window.real; document.querySelector('button[type=reset]').click()")
    tab.wait("!document.querySelector('.stale')")
    assert not tab.js("document.querySelector('.alert')")


def test_guideline_that_has_changed(tab: PatientTab) -> None:
    """The answer is that of the new one; the questions are to be renewed."""
    tab.js("document.getElementById('record').dataset.content = 'sha256:old'")
    tab.press("none")
    record = tab.record
    assert phrase("page-newer", "en") in tab.note
    tab.js("window.before = true")
    tab.click("#note button")
    tab.wait("!window.before && document.querySelector('#answer-body')?.childElementCount > 0")
    assert (tab.record, tab.note) == (record, "")


def test_page_that_is_brought_back_has_the_record_of_the_tab(tab: PatientTab) -> None:
    tab.press("none")
    tab.js("window.before = true; dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    tab.js(
        "(name => sessionStorage.setItem(name, JSON.stringify({redFlags: 'cluster'})))("
        "Object.keys(sessionStorage).find(name => !name.endsWith('place')))"
    )
    tab.js("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    tab.wait("!window.before && !!document.querySelector('.alert')")
    assert tab.record == {"redFlags": "cluster"}


def test_reload_where_nothing_can_be_answered(tab: PatientTab, site: str) -> None:
    """Neither an invalid record nor a service that is gone looks as if nothing were left to ask."""
    tab.all_questions()
    tab.fill("assessmentDate", "2024-01-28")
    tab.put("onsetDate", "2024-01-29")
    tab.wait("!!document.querySelector('.behind')")
    tab.js("document.querySelector('[data-do=switch]').click()")
    tab.call("Page.reload")
    tab.wait("!!document.querySelector('.behind')")
    assert tab.record == {"assessmentDate": "2024-01-28", "onsetDate": "2024-01-29"}
    assert not tab.js("document.getElementById('done').checkVisibility()")
    assert "not valid" in tab.js("document.querySelector('[data-given=onsetDate]').innerText")
    gone = tab.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('gone'))",
    )
    tab.js("sessionStorage.clear()")
    tab.go(f"{site}/?lang=en")
    tab.call("Page.removeScriptToEvaluateOnNewDocument", **gone)
    assert not tab.js("document.getElementById('done').checkVisibility()")
    assert tab.at is None
    tab.js("window.fetch = window.real")
    tab.answered(lambda: tab.click(".behind button"))
    assert tab.at


def test_new_patient_can_be_undone(tab: PatientTab) -> None:
    """Until the next entry."""
    tab.press("none")
    place, record = tab.at, tab.record
    tab.answered(lambda: tab.click("button[type=reset]"))
    assert tab.record == {}
    tab.answered(lambda: tab.click("#note button"))
    assert (tab.at, tab.record) == (place, record)
    tab.answered(lambda: tab.click("button[type=reset]"))
    tab.press("isolated")
    assert not tab.js("document.getElementById('note').checkVisibility()")


# -- records that are opened -------------------------------------------------------------------------------

RECORD = {
    "id": "p-1",
    "redFlags": "none",
    "onsetDate": "2024-01",
    "assessmentDate": "2024-02-20",
    "medications": ["nsaid"],
}
TURTLE = """@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
@prefix lrp: <https://w3id.org/lrp-kg/low-back-pain#> .
<https://example.org/p1> a cp:PatientRecord ; lrp:redFlags lrp:redFlags-none ; lrp:medications () ."""


def drop(tab: PatientTab, *files: tuple[str, str]) -> None:
    tab.js(
        "((files) => { const data = new DataTransfer();"
        " for (const [name, text] of files) data.items.add(new File([text], name));"
        " document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));"
        f" }})({json.dumps(files)})"
    )


def paste(tab: PatientTab, text: str) -> None:
    tab.js(
        "((text) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        " document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));"
        f" }})({json.dumps(text)})"
    )


def test_record_files(tab: PatientTab) -> None:
    """Each format; what the form has no question for is listed too, and a record before can be had back."""
    tab.press("isolated")
    tab.answered(lambda: drop(tab, ("p-1.json", json.dumps(RECORD))))
    assert tab.record == RECORD
    assert tab.note.startswith(phrase("page-opened", "en", name="p-1.json"))
    assert tab.given["id"] == "p-1"
    assert tab.js("document.querySelectorAll('#given .derived').length") > 0
    tab.answered(lambda: drop(tab, ("p1.ttl", TURTLE)))
    assert tab.record == {"@id": "https://example.org/p1", "redFlags": "none", "medications": []}
    tab.answered(lambda: tab.click("#note button"))
    assert tab.record == RECORD
    tab.answered(lambda: paste(tab, json.dumps({"redFlags": "cluster"})))
    assert tab.record == {"redFlags": "cluster"}
    tab.answered(lambda: paste(tab, TURTLE))
    assert tab.record == {"@id": "https://example.org/p1", "redFlags": "none", "medications": []}


NO_RECORDS = (
    ('{"redFlags": "none", "redFlags": "cluster"}', "redFlags"),
    ('{"redFlags": "none", "incapacityPercentage": 150, "zork": 1}', "zork"),
    ("[]", ""),
    ("not a record", ""),
    ('{"redFlags": "none"}\n{"redFlags": "cluster"}\n', ""),
)


def test_what_is_no_record_is_refused_whole(tab: PatientTab) -> None:
    """A name that is there twice, values that cannot be, more than one record, more than one file."""
    tab.press("isolated")
    record = tab.record
    for text, said in NO_RECORDS:
        for act in (lambda text=text: drop(tab, ("a.json", text)), lambda text=text: paste(tab, text)):
            tab.js("document.getElementById('note-said').textContent = ''")
            act()
            tab.wait("document.getElementById('note-said').textContent")
            assert tab.note.startswith("Not opened: ")
            assert said in tab.note
            assert tab.js("document.querySelectorAll('#note li').length") > 0
            assert tab.record == record
    drop(tab, ("a.json", "{}"), ("b.json", "{}"))
    assert tab.note == phrase("page-one-file", "en")
    assert tab.record == record


def test_another_guideline_asks_its_own_questions(browser: Browser, ankle: GuidelineService) -> None:
    """A worked case of it, from the empty page until nothing that the case knows is asked."""
    worked = [c["record"] for c in cases(Path(ANKLE) / "cases") if not c["expect"].get("invalid")]
    record = max(worked, key=len)
    with made(ankle, queries=False) as app, in_a_thread(app) as url:
        own = PatientTab(browser)
        own.open(url + "/?lang=fr")
        seen = []
        while name := own.at:
            seen.append(name)
            if name in record and ankle.guideline.field_names[name].kind != "values":
                own.press(record[name])
            else:
                own.click('[data-do="skip"]')
        assert seen[0] == ankle.assess({})["nextQuestion"]["field"]
        assert len(seen) == len(set(seen)) > 2
        assert own.complaints() == []
        own.close()
