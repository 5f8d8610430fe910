"""The form of the start page without JavaScript: the server fills it in again, with the answer or the problems."""

from __future__ import annotations

import html
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.errors import InvalidRecord
from lrp_kg.record.form import NONE, ROUGHLY, from_form
from lrp_kg.words import LANGUAGES, phrase
from tests.support.application import made
from tests.support.guidelines import cases
from tests.support.paths import ANKLE
from tests.support.records import FIRST_VISIT

Sent = dict[str, list[str]]
HTML = {"Accept": "text/html"}


class Filled(HTMLParser):
    """What a form would send that a page shows, and which fields it marks as wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: Sent = {}
        self.ids: list[str] = []
        self.links: list[str] = []
        self.wrong: set[str] = set()
        self.lines = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        self.lines += "data-line" in found
        if "aria-invalid" in found:
            self.wrong.add((found["aria-describedby"] or "").removeprefix("e-"))
        if tag == "input" and "name" in found and found["type"] != "search":  # the box in the header is another form
            if found["type"] not in ("radio", "checkbox") or "checked" in found:
                self.sent.setdefault(found["name"] or "", []).append(found["value"] or "")


def form_of(record: dict[str, Any]) -> Sent:
    """Return a record as a browser sends it."""
    found: Sent = {}
    for name, value in record.items():
        if isinstance(value, list):
            found[name] = value or [NONE]
        elif isinstance(value, dict):
            found[name + ROUGHLY] = [f"{value.get('earliest', '')}/{value.get('latest', '')}"]
        elif isinstance(value, str) and re.fullmatch(r"\d{4}(-\d\d)?", value):
            found[name + ROUGHLY] = [value]
        else:
            found[name] = [str(value).lower() if isinstance(value, bool) else str(value)]
    return found


def post(client: FlaskClient, sent: Sent, lang: str = "en", also: str = "") -> tuple[int, Filled, str]:
    response = client.post(f"/?lang={lang}{also}", data=sent, headers=HTML)
    assert response.mimetype == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, Filled(response.text), response.text


# -- reading -----------------------------------------------------------------------------------------------


def sayable(service: GuidelineService, name: str, value: Any) -> bool:
    """Return whether a form can say that a field has a value."""
    f = service.reader.fields.get(name)
    kinds = {"boolean": (bool,), "integer": (int,), "values": (list,), "date": (str, dict)}
    if f is None or type(value) not in kinds.get(f.kind, (str,)):
        return False
    texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [str(value)]
    whole = not isinstance(value, dict) or value.keys() == {"earliest", "latest"}
    whole = whole and (f.kind != "date" or f.bounds is not None or len(str(value)) > len("2024-05"))
    return whole and all(isinstance(t, str) and t == t.strip() != "" and "T00:00" not in t for t in texts)


def records_of_forms(service: GuidelineService) -> list[tuple[dict[str, Any], bool]]:
    """Return the records of the worked cases that a form can say, and whether each is valid."""
    found = [(case["record"], not case["expect"].get("invalid")) for case in cases()]
    return [(r, valid) for r, valid in found if all(sayable(service, *item) for item in r.items())]


def test_worked_cases_are_read_as_their_json(service: GuidelineService) -> None:
    """A form says what JSON says, also where that is not valid."""
    found = records_of_forms(service)
    assert len(found) > 1000
    for record, _ in found:
        assert from_form(service.reader, form_of(record)) == service.reader.from_json(record)


@pytest.mark.parametrize(
    ("sent", "name", "field"),
    [
        ({"noSuchField": ["1"]}, "unknown-field", "noSuchField"),
        ({"@id": ["urn:x:1"]}, "unknown-field", "@id"),
        ({"@context": ["https://example.org/"]}, "unknown-field", "@context"),
        ({"onsetDateEarliest": ["2024-01-01"]}, "unknown-field", "onsetDateEarliest"),
        ({"redFlags" + ROUGHLY: ["none"]}, "unknown-field", "redFlags" + ROUGHLY),
        ({"redFlags": ["none", "cluster"]}, "more-than-one-value", "redFlags"),
        ({"redFlags": ["none", "none"]}, "more-than-one-value", "redFlags"),
        ({"medications": [NONE, "nsaid"]}, "values-do-not-agree", "medications"),
        ({"medications": ["nsaid", "nsaid"]}, "value-repeated", "medications"),
        ({"medications": ["zork"]}, "value-not-in-list", "medications"),
        ({"onsetDate": ["2024-01-08"], "onsetDate" + ROUGHLY: ["2024"]}, "values-do-not-agree", "onsetDate"),
        ({"onsetDate" + ROUGHLY: ["2024-01-08/2024-01-09/2024-01-10"]}, "wrong-type", "onsetDate"),
        ({"onsetDate" + ROUGHLY: ["/"]}, "wrong-type", "onsetDate"),
        ({"radicularPain": ["perhaps"]}, "wrong-type", "radicularPain"),
        ({"incapacityPercentage": ["150"]}, "value-too-large", "incapacityPercentage"),
        ({"incapacityPercentage": ["5.5"]}, "wrong-type", "incapacityPercentage"),
        ({"incapacityPercentage": ["٥"]}, "wrong-type", "incapacityPercentage"),
        ({"incapacityPercentage": ["9" * 5000]}, "over-limit", "incapacityPercentage"),
        ({"id": ["a\x00b"]}, "wrong-character", "id"),
        ({"redFlags": ["x" * 2000]}, "over-limit", "redFlags"),
    ],
)
def test_what_cannot_be_read_is_refused(service: GuidelineService, sent: Sent, name: str, field: str) -> None:
    """Each with its problem at its field; nothing is left out in silence."""
    found = service.validate(from_form(service.reader, sent))
    assert (name, field) in {(f.name, f.field) for f in found}, found
    assert all(f.messages[lang] for f in found for lang in LANGUAGES)


def test_empty_texts_and_spaces(service: GuidelineService) -> None:
    """What is empty is unknown, what is unknown is never *none*; spaces around a value do not count."""
    assert service.read(from_form(service.reader, {"redFlags": [""], "medications": [""], "onsetDate": [" "]})) == (
        service.read({})
    )
    assert service.read(from_form(service.reader, {"medications": [NONE]})) == service.read({"medications": []})
    sent = {"incapacityPercentage": [" 50 "], "onsetDate" + ROUGHLY: ["2024-01-08 / 2024-01-09"]}
    same = {"incapacityPercentage": 50, "onsetDate": {"earliest": "2024-01-08", "latest": "2024-01-09"}}
    assert service.read(from_form(service.reader, sent)) == service.read(same)


def test_more_names_than_fields(service: GuidelineService) -> None:
    with pytest.raises(InvalidRecord, match="300 fields"):
        from_form(service.reader, {f"f{i}": ["1"] for i in range(300)})


# -- the page ----------------------------------------------------------------------------------------------


def check_page(client: FlaskClient, service: GuidelineService, record: dict[str, Any], lang: str) -> None:
    """The page holds the summary that programs get, and the form as it was sent."""
    status, page, text = post(client, form_of(record), lang)
    assert status == 200
    answer = service.assess(record, lang=lang)
    for line in answer["summary"]:
        assert html.escape(line["text"], quote=False).replace("'", "&#39;") in text.replace("&#34;", '"')
    assert page.lines == len(answer["summary"])
    shown = {name: sorted(texts) for name, texts in page.sent.items() if any(texts)}
    assert shown == {name: sorted(texts) for name, texts in form_of(record).items()}
    assert len(page.ids) == len(set(page.ids))
    assert [a for a in page.links if a.startswith("#") and a[1:] not in page.ids] == []
    assert not page.wrong


@pytest.mark.parametrize("step", [200, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.slow
def test_page_has_the_answer_and_the_form_as_sent(app: Flask, service: GuidelineService, step: int) -> None:
    records = [record for record, valid in records_of_forms(service) if valid]
    for number, record in enumerate(records[::step]):
        check_page(app.test_client(), service, record, LANGUAGES[number % 4])


def test_second_guideline() -> None:
    ankle = GuidelineService(ANKLE)
    record = next(c["record"] for c in cases(ANKLE / "cases") if not c["expect"].get("invalid"))
    with made(ankle) as app:
        check_page(app.test_client(), ankle, record, "fr")


def test_both_encodings_of_a_form(app: Flask) -> None:
    sent = form_of(FIRST_VISIT)
    shown = app.test_client().post("/?lang=nl", data=sent, headers=HTML).text
    assert (
        app.test_client().post("/?lang=nl", data=sent, headers=HTML, content_type="multipart/form-data").text == shown
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_problems_are_at_their_fields(app: Flask, lang: str) -> None:
    """Nothing is answered, everything that was sent is still there, each wrong field says why and is linked."""
    sent = {"incapacityPercentage": ["150"], "redFlags": ["cluster"], "medications": [NONE, "nsaid"], "zork": ["1"]}
    status, page, text = post(app.test_client(), sent, lang)
    assert status == 422
    assert page.lines == 0
    assert page.wrong == {"incapacityPercentage", "medications"}
    assert {"#f-incapacityPercentage", "#f-medications"} < set(page.links)
    assert {n: t for n, t in page.sent.items() if any(t)} == {n: t for n, t in sent.items() if n != "zork"} | {
        "medications": ["nsaid", NONE]
    }
    assert html.escape(phrase("form-unknown", lang, field="zork")).replace("&#x27;", "&#39;") in text
    for said in re.findall(r'class="problem"[^>]*><li>(.*?)</li>', text):
        assert "incapacityPercentage" not in said
        assert "medications" not in said


def test_today_only_where_it_is_asked_for(app: Flask) -> None:
    _, page, _ = post(app.test_client(), {"redFlags": ["none"]}, also="&today=yes")
    assert page.sent["assessmentDate"] == [date.today().isoformat()]
    _, page, _ = post(app.test_client(), {"redFlags": ["none"]})
    assert page.sent["assessmentDate"] == [""]


MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;"


def test_hostile_texts_are_escaped(app: Flask, service: GuidelineService) -> None:
    """Markup in every field, in a name, and characters that no text has."""
    names = [*service.reader.fields, "onsetDate" + ROUGHLY, MARKUP]
    for text, some in ((MARKUP, names), ("\x00\x1b\u202e\ud7ff", names), ("x" * 1001, names[::2])):  # a form has an end
        response = app.test_client().post("/", data={name: [text] for name in some}, headers=HTML)
        assert response.status_code == 422
        assert "<script>alert" not in response.text
        assert "<img" not in response.text
    response = app.test_client().post(
        "/", data=b"redFlags=%ff%fe&id=%00&=x&&;", headers=HTML, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 422


FILE = b'--x\r\nContent-Disposition: form-data; name="redFlags"; filename="a.txt"\r\n\r\nnone\r\n--x--\r\n'
NAMELESS = b"--x\r\nContent-Disposition: form-data\r\n\r\nhigh\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"redFlags=none", "application/json", 415),
        (b"redFlags=none", "application/x-www-form-urlencoded; charset=utf-16", 415),
        (b"redFlags=none", "", 415),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x", 400),
        (FILE, "multipart/form-data; boundary=x", 400),
        (NAMELESS, "multipart/form-data; boundary=x", 400),
    ],
)
def test_bodies_that_are_no_form(app: Flask, body: bytes, kind: str, status: int) -> None:
    response = app.test_client().post("/", data=body, content_type=kind, headers=HTML)
    assert response.status_code == status
