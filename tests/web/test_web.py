"""The service over HTTP: formats, errors, and that no data of a record is logged and nothing fetched."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox
import pytest
import pytest_socket
import rdflib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lrp_kg import GuidelineService, __version__
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.as_text import to_text
from lrp_kg.answer.known import known_ids
from lrp_kg.answer.labels import Labels
from lrp_kg.logic.classify import record_query
from lrp_kg.logic.derive import derive_query
from lrp_kg.namespaces import CP
from lrp_kg.research.engine.formats import GRAPHS, SOLUTIONS
from lrp_kg.web import application as web_application
from lrp_kg.web import assess as web_assess
from lrp_kg.web import create_app
from lrp_kg.words import LANGUAGES, phrase
from tests.support.paths import ANKLE
from tests.support.rdf import to_graph
from tests.support.records import CLUSTER, DAY_27, FIRST_VISIT, THREE_PROBLEMS, Record
from tests.support.serving import free_port

RDFLIB_JSON_LD = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
"""rdflib's own JSON-LD parser uses what rdflib has deprecated."""

LRP = "https://w3id.org/lrp-kg/low-back-pain#"
SCRIPT = Path(sys.executable).with_name("lrp-kg")

TURTLE = (
    f"@prefix cp: <{CP}> . @prefix lrp: <{LRP}> .\n<urn:a:1> a cp:PatientRecord ; lrp:redFlags lrp:redFlags-cluster ."
)
N_TRIPLES = (
    f"<urn:a:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{CP}PatientRecord> .\n"
    f"<urn:a:1> <{LRP}redFlags> <{LRP}redFlags-cluster> .\n"
)
JSON, NDJSON, PROBLEM = "application/json", "application/x-ndjson", "application/problem+json"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


def send(
    client: FlaskClient, body: Any, kind: str | None = JSON, path: str = "/assess", **headers: str
) -> TestResponse:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=data, headers=own | ({"Content-Type": kind} if kind else {}))


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check that a response is a well-formed problem, and return its body."""
    assert response.status_code == status, response.text[:300]
    assert response.mimetype == PROBLEM
    assert response.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = orjson.loads(response.data)
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"].endswith("/" + code)
    assert body["title"]
    assert body["detail"]
    check_headers(response)
    return body


def check_headers(response: TestResponse) -> None:
    for name, value in SECURITY.items():
        assert response.headers[name] == value


# -- answers: every type in and out -------------------------------------------------------------------


def bodies(service: GuidelineService) -> dict[str, str]:
    ours = {"@context": service.reader.context, "@id": "urn:a:1", "@type": "PatientRecord", **CLUSTER}
    return {
        JSON: json.dumps(CLUSTER),
        "application/ld+json": json.dumps(ours),
        "text/turtle": TURTLE,
        "application/n-triples": N_TRIPLES,
    }


@pytest.mark.parametrize("path", ["/assess", "/v1/assess"])
@pytest.mark.parametrize("kind", [JSON, "application/ld+json", "text/turtle", "application/n-triples"])
def test_every_type_in(client: FlaskClient, service: GuidelineService, kind: str, path: str) -> None:
    response = send(client, bodies(service)[kind], kind, path)
    assert response.status_code == 200, response.text[:300]
    assert response.mimetype == JSON
    assert orjson.loads(response.data) == service.assess(CLUSTER)
    assert response.headers["Cache-Control"] == "no-store"
    assert "Accept" in response.headers["Vary"]
    check_headers(response)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "APPLICATION/JSON",
        "application/json; x=y",
    ],
)
def test_content_type_is_read_leniently(client: FlaskClient, kind: str) -> None:
    assert send(client, CLUSTER, kind).status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_begins_with_what_is_critical(client: FlaskClient, service: GuidelineService, lang: str) -> None:
    pages = {}
    for flags in ("cluster", "isolated"):
        response = send(client, {"redFlags": flags}, path=f"/assess?lang={lang}", Accept="text/html")
        assert response.status_code == 200, response.text
        label = service.assess({"redFlags": flags}, lang=lang)["warnings"][0]["label"]
        pages[flags] = (unescape(response.text.partition("<h1>")[2].partition("<table")[0]), label)
    page, label = pages["cluster"]
    assert '<section class="now" ' in page.partition('<div class="alert" role="alert">')[0]
    assert (
        f"<span data-line>{label}</span>"
        in page.partition('<div class="alert" role="alert">')[2].partition("</div>")[0]
    )
    page, label = pages["isolated"]
    first = page.partition('<li class="k-warning w-warning">')[2].partition("</li>")[0]
    assert f"<span data-line>{label}</span>" in first
    assert 'role="alert"' not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_says_once_on_which_reading_an_answer_rests(client: FlaskClient, lang: str) -> None:
    record = {"careLine": "first-line", "redFlags": "isolated", "radicularPain": False}
    for flags, times in (("isolated", 1), ("none", 0)):
        response = send(client, record | {"redFlags": flags}, path=f"/assess?lang={lang}", Accept="text/html")
        unfolded = re.sub(r'<div class="why">.*?</div>', "", unescape(response.text), flags=re.DOTALL)
        assert unfolded.count(phrase("decisive", lang)) == times


def test_page_lists_what_is_still_to_be_asked_in_order(client: FlaskClient, service: GuidelineService) -> None:
    record = {"redFlags": "none", "radicularPain": False, "incapacitated": False}
    questions = [q["question"] for q in service.assess(record)["questions"]]
    page = unescape(send(client, record, path="/assess?lang=en&fragment=true", Accept="text/html").text)
    part = page.partition('<details class="more questions">')[2].partition("</details>")[0]
    listed = re.findall(r"data-ask=\"[^\"]+\">([^<]+)<", part)
    assert listed == questions
    summary = send(client, record, path="/assess?lang=en&detail=summary", Accept="text/html")
    assert summary.status_code == 200
    assert "questions" not in summary.text
    nothing = send(client, {"redFlags": "cluster"}, path="/assess?lang=en", Accept="text/html").text
    assert "data-ask=" not in nothing.partition('<details class="more timeline-of">')[0]


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explain"])
@pytest.mark.parametrize("lang", LANGUAGES)
class TestEveryTypeOut:
    def ask(self, client: FlaskClient, accept: str, lang: str, explain: bool) -> TestResponse:
        path = f"/assess?lang={lang}&explain={str(explain).lower()}"
        response = send(client, FIRST_VISIT, path=path, Accept=accept)
        assert response.status_code == 200, response.text[:300]
        assert response.mimetype == accept
        assert response.headers["Cache-Control"] == "no-store"
        check_headers(response)
        return response

    def test_json(self, client: FlaskClient, service: GuidelineService, lang: str, explain: bool) -> None:
        response = self.ask(client, JSON, lang, explain)
        assert response.data == orjson.dumps(service.assess(FIRST_VISIT, lang=lang, explain=explain))

    @RDFLIB_JSON_LD
    @pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json"])
    def test_rdf(self, client: FlaskClient, service: GuidelineService, lang: str, explain: bool, accept: str) -> None:
        response = self.ask(client, accept, lang, explain)
        graph = rdflib.Graph().parse(data=response.text, format=accept)
        expected = to_graph(service.assessment(FIRST_VISIT, explain=explain))
        for name in ("answer", "possible", "missingField", "showsBox", "usesEdition", "status", "ofCondition"):
            predicate = rdflib.URIRef(CP + name)
            assert sorted(graph.objects(None, predicate)) == sorted(expected.objects(None, predicate))
        stage = next(d for d in service.guideline.decisions.values() if d.id == "stage")
        option = next(o for o in stage.options if o.id == "first-line-week-3-5")
        assert (None, rdflib.URIRef(CP + "answer"), rdflib.URIRef(option.iri)) in graph

    def test_text(self, client: FlaskClient, service: GuidelineService, lang: str, explain: bool) -> None:
        answer = service.assess(FIRST_VISIT, lang=lang, explain=explain)
        assert self.ask(client, "text/plain", lang, explain).text == to_text(
            service.guideline, answer, lang, how="?detail=full"
        )

    def test_text_in_full(self, client: FlaskClient, service: GuidelineService, lang: str, explain: bool) -> None:
        query = {"lang": lang, "explain": str(explain).lower(), "detail": "full"}
        found = client.post("/assess", json=FIRST_VISIT, query_string=query, headers={"Accept": "text/plain"})
        answer = service.assess(FIRST_VISIT, lang=lang, explain=explain)
        assert found.text == to_text(service.guideline, answer, lang, full=True)

    @pytest.mark.exhaustive
    def test_html(self, client: FlaskClient, service: GuidelineService, lang: str, explain: bool) -> None:
        page = read_page(self.ask(client, "text/html", lang, explain).text)
        assert page.lang == lang
        words = AnswerWords(service.guideline, lang)
        answer = service.assess(FIRST_VISIT, lang=lang, explain=explain)
        for box in answer["boxes"]:
            assert f"{box['label']} {words.box_title(box, Labels(answer).title(box), answer['stage'])}" in page.text
            for statement in box["statements"]:
                assert statement["text"] in page.text
        assert answer["decisions"]["stage"]["labels"][answer["stage"]] in page.text
        assert phrase("unofficial", lang) in page.text
        assert ("reasons" in page.classes) == explain


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("accept", [JSON, "text/html", "text/plain"])
@pytest.mark.exhaustive
def test_changes_are_given_where_they_are_asked_for(
    client: FlaskClient, service: GuidelineService, lang: str, accept: str
) -> None:
    path = f"/assess?lang={lang}&changes=true"
    response = send(client, FIRST_VISIT, path=path, Accept=accept)
    plain = send(client, FIRST_VISIT, path=f"/assess?lang={lang}&changes=false", Accept=accept)
    changes = service.assess(FIRST_VISIT, changes=True)["changes"]
    assert changes
    if accept in ("text/html", "text/plain"):
        said = phrase("changes", lang)
        text = read_page(response.text).text if accept == "text/html" else response.text
        assert said in text
        assert all(c["date"] in text for c in changes)
        assert unescape(plain.text).count(said) == 0
    else:
        assert response.get_json(force=True)["changes"] == changes
        assert "changes" not in plain.get_json(force=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_summary_alone_is_given_where_it_is_asked_for(
    client: FlaskClient, service: GuidelineService, lang: str
) -> None:
    path = f"/assess?lang={lang}&detail=summary"
    brief = service.assess(FIRST_VISIT, lang=lang, detail="summary")
    assert send(client, FIRST_VISIT, path=path).get_json() == brief
    of_stage = send(client, FIRST_VISIT, path=path + "&for=stage").get_json()["summary"]
    assert [line["kind"] for line in of_stage] == ["warning", "stage"]
    for accept in ("text/html", "text/plain"):
        whole, short = (
            unescape(send(client, FIRST_VISIT, path=p, Accept=accept).text) for p in (f"/assess?lang={lang}", path)
        )
        words = [w for line in brief["summary"] for w in line["text"].split()]
        assert all(w in short for w in words)
        assert len(short) < len(whole) / 2
    first, second = send(client, orjson.dumps(FIRST_VISIT) + b"\n{}", NDJSON, path=path).data.splitlines()
    assert orjson.loads(first) == {"line": 1, **brief}
    assert orjson.loads(second) == {"line": 2, **service.assess({}, lang=lang, detail="summary")}
    assert send(client, FIRST_VISIT, path="/assess?detail=full").data == send(client, FIRST_VISIT).data


@pytest.mark.parametrize("query", ["detail=short", "detail=", "detail=summary&explain=1", "detail=summary&changes=1"])
@pytest.mark.parametrize("kind", ["application/json", NDJSON])
def test_detail_that_there_is_none_of_is_refused(client: FlaskClient, query: str, kind: str) -> None:
    problem(send(client, FIRST_VISIT, kind, path=f"/assess?{query}"), 400, "unknown-parameter")


@pytest.mark.parametrize("query", ["detail=summary", "changes=true"])
@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json"])
def test_what_rdf_has_no_place_for_is_refused(client: FlaskClient, query: str, accept: str) -> None:
    problem(send(client, FIRST_VISIT, path=f"/assess?{query}", Accept=accept), 400, "unknown-parameter")


def test_changes_of_many_records(client: FlaskClient, service: GuidelineService) -> None:
    lines = "\n".join([json.dumps(FIRST_VISIT), "{}"])
    first, second = send(client, lines, NDJSON, path="/assess?changes=1").data.splitlines()
    assert orjson.loads(first) == {"line": 1, **service.assess(FIRST_VISIT, changes=True)}
    assert orjson.loads(second)["changes"] is None
    problem(send(client, FIRST_VISIT, path="/assess?changes=perhaps"), 400, "unknown-parameter")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_says_from_which_day_a_programme_is_open(client: FlaskClient, lang: str) -> None:
    page = read_page(send(client, DAY_27, path=f"/assess?lang={lang}", Accept="text/html").text)
    until = phrase("days-until", lang, day="2024-10-23")
    assert f"{phrase('days-from-tomorrow', lang)}, {until}" in page.text
    record = DAY_27 | {"assessmentDate": "2018-06-06", "applicationDate": "2018-06-06", "incapacityStart": "2018-05-10"}
    page = read_page(send(client, record, path=f"/assess?lang={lang}", Accept="text/html").text)
    until = phrase("days-until", lang, day="2018-11-10")  # over the change of edition
    assert f"{phrase('days-from-tomorrow', lang)}, {until}" in page.text
    assert phrase("days-outdated", lang, day="2018-06-08") not in page.text


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", "text/turtle"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/xml, text/turtle;q=0.5, application/json;q=0.4", "text/turtle"),
        ("application/json;q=0, text/plain", "text/plain"),
        pytest.param(
            "application/json; charset=utf-8",
            JSON,
        ),
    ],
)
def test_accept(client: FlaskClient, accept: str, mimetype: str) -> None:
    response = send(client, CLUSTER, Accept=accept)
    assert response.status_code == 200, response.text[:300]
    assert response.mimetype == mimetype


def test_no_accept_header_at_all(client: FlaskClient) -> None:
    assert send(client, CLUSTER).mimetype == JSON


@pytest.mark.parametrize(
    ("query", "header", "lang"),
    [
        ("", "", "en"),
        ("", "nl", "nl"),
        ("", "fr-BE,fr;q=0.9,en;q=0.8", "fr"),
        ("", "es, de;q=0.3, en;q=0.2", "de"),
        ("", "es", "en"),
        ("", "*", "en"),
        ("?lang=de", "nl", "de"),
        ("?lang=fr", "", "fr"),
    ],
)
def test_language(client: FlaskClient, service: GuidelineService, query: str, header: str, lang: str) -> None:
    response = send(client, FIRST_VISIT, path="/assess" + query, Accept_Language=header)
    assert response.data == orjson.dumps(service.assess(FIRST_VISIT, lang=lang))
    reported = problem(
        send(client, THREE_PROBLEMS, path="/assess" + query, Accept_Language=header), 422, "invalid-record"
    )
    assert reported["findings"] == [f.as_dict(lang) for f in service.validate(THREE_PROBLEMS)]
    page = client.get("/" + query, headers={"Accept": "text/html", "Accept-Language": header})
    assert read_page(page.text).lang == lang


@pytest.mark.parametrize(
    ("query", "explained"),
    [
        ("", False),
        ("?explain", True),
        ("?explain=", True),
        ("?explain=1", True),
        ("?explain=TRUE", True),
        ("?explain=yes", True),
        ("?explain=false", False),
        ("?explain=0", False),
        ("?explain=no", False),
    ],
)
def test_explain(client: FlaskClient, query: str, explained: bool) -> None:
    found = orjson.loads(send(client, CLUSTER, path="/assess" + query).data)["decisions"]["exit"]
    assert ("because" in found) == ("whyNot" in found) == explained


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("for=exit", {"exit"}),
        ("for=exit,stage", {"exit", "stage"}),
        ("for=exit&for=stage", {"exit", "stage"}),
        ("for=exit,&for=fedris-prevention", {"exit", "fedris-prevention"}),
    ],
)
def test_for(client: FlaskClient, service: GuidelineService, query: str, names: set[str]) -> None:
    answer = orjson.loads(send(client, FIRST_VISIT, path="/assess?" + query).data)
    assert set(answer["decisions"]) == names
    assert answer == service.assess(FIRST_VISIT, only=names)


def test_empty_for_means_all_decisions(client: FlaskClient, service: GuidelineService) -> None:
    assert orjson.loads(send(client, CLUSTER, path="/assess?for=").data) == service.assess(CLUSTER)


# -- NDJSON -----------------------------------------------------------------------------------------------


def test_ndjson(client: FlaskClient, service: GuidelineService) -> None:
    lines = [json.dumps(CLUSTER), "", "{broken", json.dumps(THREE_PROBLEMS), "[1]", json.dumps(FIRST_VISIT) + "\r"]
    response = send(client, "\n".join(lines), NDJSON, "/v1/assess?lang=nl&explain=true&for=exit")
    assert response.status_code == 200
    assert response.mimetype == NDJSON
    check_headers(response)
    answers = [orjson.loads(line) for line in response.data.splitlines()]
    assert len(answers) == 5
    for number, answer, record in ((1, answers[0], CLUSTER), (6, answers[4], FIRST_VISIT)):
        assert answer == {"line": number, **service.assess(record, lang="nl", explain=True, only=["exit"])}
        assert next(iter(answer)) == "line"
    refused = answers[1:4]
    assert [(r["line"], r["code"], r["invalid"]) for r in refused] == [
        (3, "broken-json", True),
        (4, "invalid-record", True),
        (5, "record-not-readable", True),
    ]
    assert refused[1]["findings"] == [f.as_dict("nl") for f in service.validate(THREE_PROBLEMS)]


def test_ndjson_to_validate(client: FlaskClient) -> None:
    response = send(client, f"{json.dumps(CLUSTER)}\n{json.dumps(THREE_PROBLEMS)}\nzork\n", NDJSON, "/validate")
    assert response.mimetype == NDJSON
    reported = [orjson.loads(line) for line in response.data.splitlines()]
    assert [(t["line"], t["valid"]) for t in reported] == [(1, True), (2, False), (3, False)]
    assert [f["field"] for f in reported[1]["findings"]] == list(THREE_PROBLEMS)


def test_ndjson_is_answered_as_ndjson_only(client: FlaskClient) -> None:
    assert send(client, json.dumps(CLUSTER), NDJSON, Accept=NDJSON).mimetype == NDJSON
    problem(send(client, json.dumps(CLUSTER), NDJSON, Accept="text/plain"), 406, "not-acceptable")


def test_invalid_line_does_not_affect_the_others(client: FlaskClient) -> None:
    for bad in HOSTILE.values():
        response = send(client, f"{json.dumps(CLUSTER)}\n{bad}\n{json.dumps(CLUSTER)}\n", NDJSON)
        assert response.status_code == 200, bad
        assert len(response.data.splitlines()) == 3


# -- validate ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/validate", "/v1/validate"])
@pytest.mark.parametrize("kind", [JSON, "application/ld+json", "text/turtle", "application/n-triples"])
def test_validate_a_valid_record(client: FlaskClient, service: GuidelineService, kind: str, path: str) -> None:
    response = send(client, bodies(service)[kind], kind, path)
    assert response.status_code == 200
    assert orjson.loads(response.data) == {"valid": True, "findings": []}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["/assess", "/v1/assess", "/validate", "/v1/validate"])
def test_every_finding_in_the_language(client: FlaskClient, service: GuidelineService, path: str, lang: str) -> None:
    reported = problem(send(client, THREE_PROBLEMS, path=f"{path}?lang={lang}"), 422, "invalid-record")
    assert [f["field"] for f in reported["findings"]] == list(THREE_PROBLEMS)
    assert reported["findings"] == [f.as_dict(lang) for f in service.validate(THREE_PROBLEMS)]


# -- each refusal on its own ----------------------------------------------------------------------------------

BAD_BODIES: dict[str, tuple[str | bytes, str, int, str, str]] = {
    "broken JSON": ('{\n "redFlags": none}', JSON, 400, "broken-json", "Line 2, column 14"),
    "nothing": ("", JSON, 400, "broken-json", "Column 1"),
    "more after the record": ("{} {}", JSON, 400, "broken-json", "Column 4"),
    "duplicate key": ('{"redFlags": "none", "redFlags": "none"}', JSON, 400, "duplicate-key", "'redFlags'"),
    "duplicate key, nested": ('{"a": {"b": 1, "b": 2}}', JSON, 400, "duplicate-key", "'b'"),
    "NaN": ('{"incapacityPercentage": NaN}', JSON, 400, "broken-json", "NaN"),
    "Infinity": ('{"incapacityPercentage": -Infinity}', JSON, 400, "broken-json", "Infinity"),
    "deep nesting": ('{"a": ' + "[" * 60 + "]" * 60 + "}", JSON, 400, "broken-json", "deeper than 50"),
    "very deep nesting": ("[" * 500_000, JSON, 400, "broken-json", "deeper than 50"),
    "huge integer": ('{"incapacityPercentage": ' + "9" * 5000 + "}", JSON, 400, "broken-json", "too long"),
    "a list": ("[{}]", JSON, 400, "record-not-readable", "not a list"),
    "null": ("null", JSON, 400, "record-not-readable", "JSON object"),
    "not UTF-8": (b'{"id": "\xe9"}', JSON, 415, "wrong-charset", "Byte 8"),
    "UTF-16": ('{"id": "x"}'.encode("utf-16"), JSON, 415, "wrong-charset", "UTF-8"),
    "not UTF-8, Turtle": (b"<urn:\xff>", "text/turtle", 415, "wrong-charset", "UTF-8"),
    "latin-1 declared": ("{}", "application/json; charset=latin-1", 415, "wrong-charset", "latin-1"),
    "unknown type": ("{}", "application/x-www-form-urlencoded", 415, "unsupported-media-type", "text/turtle"),
    "RDF/XML": ("<rdf/>", "application/rdf+xml", 415, "unsupported-media-type", "text/turtle"),
    "TriG": (TURTLE, "application/trig", 415, "unsupported-media-type", "text/turtle"),
    "N-Quads": (N_TRIPLES, "application/n-quads", 415, "unsupported-media-type", "text/turtle"),
    "broken Turtle": ("<urn:a>\n zork .", "text/turtle", 400, "broken-rdf", "Line 2, column"),
    "no record": ("<urn:a> <urn:b> <urn:c> .", "text/turtle", 400, "record-not-readable", "0 nodes"),
    "two records": (
        TURTLE + "<urn:a:2> a cp:PatientRecord .",
        "text/turtle",
        400,
        "record-not-readable",
        "2 nodes",
    ),
    "remote context": ('{"@context": "http://127.0.0.1/c"}', JSON, 400, "foreign-context", "never fetched"),
    "remote context in a list": ('{"@context": [{}, "http://127.0.0.1/c"]}', JSON, 400, "foreign-context", "never"),
    "remote @import": ('{"@context": {"@import": "http://127.0.0.1/c"}}', JSON, 400, "foreign-context", "never"),
    "context that maps too little": (
        json.dumps(
            {"@context": {"redFlags": LRP + "redFlags"}, "@type": CP + "PatientRecord", "redFlags": "none", "x": 1}
        ),
        JSON,
        400,
        "foreign-context",
        "only 1 of 2 keys",
    ),
    "context without our type": (
        json.dumps({"@context": {"@vocab": "urn:other:"}, "@type": "Thing", "redFlags": "none"}),
        JSON,
        400,
        "foreign-context",
        "not one cp:PatientRecord",
    ),
}


@pytest.mark.parametrize("path", ["/assess", "/validate"])
@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_body_is_rejected(client: FlaskClient, name: str, path: str) -> None:
    body, kind, status, code, expected = BAD_BODIES[name]
    assert expected in problem(send(client, body, kind, path), status, code)["detail"]


@pytest.mark.parametrize("path", ["/assess", "/validate"])
def test_no_content_type(client: FlaskClient, path: str) -> None:
    reported = problem(send(client, CLUSTER, None, path), 415, "unsupported-media-type")
    assert "without content type" in reported["detail"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("lang=es", "en, nl, fr, de"), ("lang=", "en, nl"), ("for=zork", "exit, stage"), ("explain=maybe", "explain")],
)
def test_unknown_parameter(client: FlaskClient, query: str, expected: str) -> None:
    assert expected in problem(send(client, CLUSTER, path="/assess?" + query), 400, "unknown-parameter")["detail"]


@pytest.mark.parametrize("path", ["/zork", "/assess/", "/v2/assess", "/static/zork.js", "/static/../application.py"])
def test_not_found(client: FlaskClient, path: str) -> None:
    problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/assess", {"OPTIONS", "POST"}),
        ("PUT", "/v1/assess", {"OPTIONS", "POST"}),
        ("DELETE", "/validate", {"OPTIONS", "POST"}),
        ("PUT", "/", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/ids", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/context.jsonld", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_method_not_allowed(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    response = client.open(path, method=method)
    problem(response, 405, "method-not-allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/assess", "/validate"])
@pytest.mark.parametrize("accept", ["application/xml", "image/*", "application/json;q=0"])
def test_not_acceptable(client: FlaskClient, path: str, accept: str) -> None:
    reported = problem(send(client, CLUSTER, path=path, Accept=accept), 406, "not-acceptable")
    assert JSON in reported["detail"]


class TestTooLarge:
    LIMIT = 1024 * 1024

    @pytest.mark.parametrize("path", ["/assess", "/validate"])
    def test_content_length_over_the_limit_is_rejected(self, client: FlaskClient, path: str) -> None:
        fits = json.dumps(CLUSTER).ljust(self.LIMIT)
        assert send(client, fits, path=path).status_code == 200
        problem(send(client, fits + " ", path=path), 413, "request-entity-too-large")

    def chunked(self, client: FlaskClient, body: bytes, kind: str, path: str = "/assess") -> TestResponse:
        return client.post(
            path,
            input_stream=BytesIO(body),
            headers={"Content-Type": kind, "Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )

    def test_body_without_a_length_is_read_up_to_the_limit(self, client: FlaskClient) -> None:
        assert self.chunked(client, json.dumps(CLUSTER).encode(), JSON).status_code == 200
        assert self.chunked(client, json.dumps(CLUSTER).ljust(self.LIMIT).encode(), JSON).status_code == 200

    @pytest.mark.slow
    def test_body_without_a_length_is_rejected_over_the_limit(self, client: FlaskClient) -> None:
        """A body over the limit is rejected, not cut off: half of a cohort with a 200 would look complete."""
        line = json.dumps(CLUSTER).ljust(1023).encode() + b"\n"
        for path in ("/assess?detail=summary", "/validate"):  # a stream is of any length; the limit is that of a line
            answered = self.chunked(client, line * 1025, NDJSON, path).data.splitlines()
            assert [orjson.loads(a)["line"] for a in answered] == list(range(1, 1026))
            assert b"invalid" not in answered[-1]
        problem(self.chunked(client, b" " * self.LIMIT + b"{}", JSON), 413, "request-entity-too-large")

    def test_body_limit_is_a_setting(
        self, app: Flask, service: GuidelineService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(web_application, "GuidelineService", lambda folder=None: service)
        small = create_app({"MAX_BODY": 30}).test_client()
        assert send(small, CLUSTER).status_code == 200
        problem(send(small, FIRST_VISIT), 413, "request-entity-too-large")
        monkeypatch.setenv("LRP_MAX_BODY", "10")
        problem(send(create_app().test_client(), CLUSTER), 413, "request-entity-too-large")


HOSTILE: dict[str, str] = {
    "half a character in id": '{"id": "\\ud800"}',
    "half a character in a value": '{"redFlags": "\\ud800"}',
    "half a character in a key": '{"\\ud800": 1}',
    "integer of 30 digits": '{"incapacityPercentage": ' + "9" * 30 + "}",
    "infinite number": '{"incapacityPercentage": 1e400}',
    "control characters": '{"id": "\\u0000\\u0001text id\\u0001\\u001b[31m"}',
    "slots": '{"id": "\\u0001facts\\u0001", "episode": "\\\\u0001dates\\\\u0001"}',
    "no IRI": '{"@id": "no iri <at> all"}',
    "no IRI but a number": '{"@id": 3}',
    "value object": '{"redFlags": {"@value": "none"}}',
    "nested context": '{"redFlags": {"@context": "http://127.0.0.1/", "@id": "x"}}',
    "keyword": '{"@graph": [{"redFlags": "none"}]}',
    "date with a time zone": '{"onsetDate": "2024-01-08Z"}',
    "week date": '{"onsetDate": "2024-W01-1"}',
    "year 9999": '{"assessmentDate": "9999-12-31", "onsetDate": "9999-12-01", "incapacityStart": "9999-12-01"}',
    "year 1": '{"assessmentDate": "0001-01-02", "onsetDate": "0001-01-01"}',
}


ALL = (JSON, "application/ld+json", "text/turtle", "text/plain", "text/html")


@pytest.mark.parametrize(
    ("name", "accept"),
    [(name, accept) for name in HOSTILE for accept in ALL],
)
def test_hostile_values_never_fail(client: FlaskClient, name: str, accept: str) -> None:
    response = send(client, HOSTILE[name], Accept=accept)
    assert response.status_code in (200, 400, 422), response.text[:300]
    assert response.mimetype in (accept, PROBLEM)


def test_week_date_is_invalid(client: FlaskClient) -> None:
    problem(send(client, HOSTILE["week date"]), 422, "invalid-record")
    problem(send(client, HOSTILE["date with a time zone"]), 422, "invalid-record")


# -- nothing is fetched, nothing is logged -----------------------------------------------------------------------

REMOTE = {
    "json, context": (JSON, '{"@context": "http://127.0.0.1:9/c", "redFlags": "none"}'),
    "json, list": (JSON, '{"@context": ["http://127.0.0.1:9/c"], "redFlags": "none"}'),
    "json, import": (JSON, '{"@context": {"@import": "http://127.0.0.1:9/c"}, "redFlags": "none"}'),
    "json, scoped": (
        JSON,
        '{"@context": {"@vocab": "' + LRP + '", "x": {"@id": "urn:x", "@context": "http://127.0.0.1:9/c"}},'
        '"@type": "' + CP + 'PatientRecord", "x": {"y": 1}}',
    ),
    "json, escaped": (JSON, '{"@context": {"\\u0040import": "http://127.0.0.1:9/c"}, "redFlags": "none"}'),
    "json, in a value": (JSON, '{"redFlags": {"@context": "http://127.0.0.1:9/c", "@value": "none"}}'),
    "json, included": (JSON, '{"@included": [{"@context": "http://127.0.0.1:9/c"}], "redFlags": "none"}'),
    "json-ld, file": ("application/ld+json", '{"@context": "file:///etc/passwd", "redFlags": "none"}'),
    "turtle": ("text/turtle", TURTLE.replace("urn:a:1", "http://127.0.0.1:9/record")),
    "turtle, base": ("text/turtle", "@base <http://127.0.0.1:9/> . " + TURTLE.replace("urn:a:1", "record")),
}


@pytest.mark.parametrize("accept", [JSON, "application/ld+json", "text/turtle", "text/html"])
@pytest.mark.parametrize("name", REMOTE)
def test_nothing_is_fetched(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[str] = []

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if watching and event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "open"):
            opened.append(f"{event} {args[0]}")

    watching = True
    sys.addaudithook(watch)  # a hook cannot be taken away again, so it is switched off
    pytest_socket.disable_socket()
    try:
        kind, body = REMOTE[name]
        response = send(client, body, kind, Accept=accept)
    finally:
        watching = False
        pytest_socket.enable_socket()
    assert response.status_code in (200, 400, 422)
    assert [o for o in opened if "127.0.0.1" in o or "passwd" in o or not o.startswith("open")] == []


PRIVATE = "Zwezerik-4711"
PRIVATE_BODIES: dict[str, tuple[str, str]] = {
    "valid": (JSON, json.dumps(FIRST_VISIT | {"id": PRIVATE, "episode": PRIVATE})),
    "value not in its list": (JSON, json.dumps({"redFlags": PRIVATE})),
    "unknown field": (JSON, json.dumps({PRIVATE: 1})),
    "ill-typed": (JSON, json.dumps({"onsetDate": PRIVATE, "incapacityPercentage": PRIVATE, "radicularPain": PRIVATE})),
    "ill-typed, with another date": (JSON, json.dumps({"onsetDate": PRIVATE, "assessmentDate": "2024-01-28"})),
    "nested": (JSON, json.dumps({"redFlags": [{PRIVATE: PRIVATE}]})),
    "broken JSON": (JSON, '{"id": "' + PRIVATE),
    "duplicate key": (JSON, f'{{"{PRIVATE}": 1, "{PRIVATE}": 2}}'),
    "record of another kind": (JSON, json.dumps({"@type": PRIVATE})),
    "identity": (JSON, json.dumps({"@id": "urn:x:" + PRIVATE})),
    "foreign context": (JSON, json.dumps({"@context": {PRIVATE: "urn:x"}, PRIVATE: PRIVATE})),
    "remote context": (JSON, json.dumps({"@context": "http://127.0.0.1:9/" + PRIVATE})),
    "Turtle": ("text/turtle", TURTLE.replace("urn:a:1", "urn:x:" + PRIVATE)),
    "Turtle, ill-typed": (
        "text/turtle",
        TURTLE[:-1] + f'; lrp:onsetDate "{PRIVATE}"^^<http://www.w3.org/2001/XMLSchema#date> ; lrp:id "{PRIVATE}"@nl .',
    ),
    "Turtle, stray": ("text/turtle", TURTLE + f' <urn:x:{PRIVATE}> <urn:b> "{PRIVATE}" .'),
    "broken Turtle": ("text/turtle", f'<urn:a> <urn:{PRIVATE}> "{PRIVATE} .'),
    "NDJSON": (NDJSON, json.dumps({"redFlags": PRIVATE}) + "\n{" + PRIVATE),
    "IRI that is none": (JSON, json.dumps({"@id": f"no iri <{PRIVATE}>"})),
    "half a character": (JSON, '{"redFlags": "' + PRIVATE + '\\ud800", "id": "' + PRIVATE + '\\ud800"}'),
    "integer of 30 digits": (JSON, '{"incapacityPercentage": 4711' + "0" * 30 + "}"),
}


def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> str:
    """Return all that was logged at any level, formatted with its traceback, and all that was printed."""
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s")
    out, err = capfd.readouterr()
    return "\n".join([*(formatter.format(r) for r in caplog.records), caplog.text, out, err])


@pytest.mark.parametrize("accept", [JSON, "text/turtle", "text/html"])
@pytest.mark.parametrize("path", ["/assess", "/validate"])
@pytest.mark.parametrize("name", PRIVATE_BODIES)
def test_nothing_of_a_record_is_logged(
    client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    name: str,
    path: str,
    accept: str,
) -> None:
    kind, body = PRIVATE_BODIES[name]
    with caplog.at_level(logging.DEBUG):
        send(client, body, kind, path, Accept=accept if kind != NDJSON else "*/*")
        send(client, body, kind, path + "?lang=nl")
    said = logged(caplog, capfd)
    assert PRIVATE not in said
    assert "4711" not in said


@pytest.mark.parametrize("accept", [JSON, "application/ld+json", "text/turtle", "text/html", "text/plain"])
@pytest.mark.parametrize("failing", ["validate", "decide", "render"])
def test_internal_error_reveals_nothing(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    service: GuidelineService,
    failing: str,
    accept: str,
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        try:
            raise KeyError(PRIVATE)
        except KeyError as error:
            raise RuntimeError(f"cannot do it for {PRIVATE}") from error

    if failing == "validate":
        monkeypatch.setattr(service, "read", fail)
    elif failing == "decide":
        monkeypatch.setattr(service.assessor, "assess", fail)
        monkeypatch.setattr(service.assessor, "signature", fail)
    else:
        monkeypatch.setattr(service, "renderer", fail)
        monkeypatch.setattr(LoneAnswer, "of", fail)
    with caplog.at_level(logging.DEBUG):
        response = send(client, CLUSTER | {"id": PRIVATE}, Accept=accept)
    assert PRIVATE not in response.text
    assert "RuntimeError" not in response.text
    if accept == "text/html":
        assert (response.status_code, response.mimetype) == (500, "text/html")
    else:
        reported = problem(response, 500, "internal-error")
        assert reported["detail"] == (
            "The service failed; nothing was decided. Try again, or report it to the operator of the service."
        )
    said = logged(caplog, capfd)
    assert PRIVATE not in said
    assert "unexpected RuntimeError at" in said  # someone who runs the service learns where it was
    assert "test_web.py:" in said


def test_error_in_an_error_handler_reveals_nothing(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(PRIVATE)

    monkeypatch.setattr("lrp_kg.findings.Finding.as_dict", fail)
    with caplog.at_level(logging.DEBUG):
        response = send(client, THREE_PROBLEMS)
    assert response.status_code == 500
    assert PRIVATE not in response.text
    assert PRIVATE not in logged(caplog, capfd)


# -- pages ------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page shows, and what could run or load something in it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", "".join(self.shown)).strip()

    @property
    def lang(self) -> str | None:
        return next(attrs["lang"] for tag, attrs in self.tags if tag == "html")

    @property
    def classes(self) -> set[str]:
        return {name for _, attrs in self.tags for name in (attrs.get("class") or "").split()}


def read_page(text: str) -> Page:
    page = Page()
    page.feed(text)
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], (tag, attrs)
        for name in ("src", "href", "action"):
            target = attrs.get(name) or ""
            assert not re.match(r"[a-z]+:|//", target), (tag, target)  # from this server only
        assert tag != "script" or attrs.get("src"), "the policy forbids scripts in the page"
    return page


SCRIPTS = "<script>alert(1)</script>"


@pytest.mark.parametrize("fragment", ["", "&fragment=true"])
def test_answer_page_escapes_the_record(client: FlaskClient, fragment: str) -> None:
    record = FIRST_VISIT | {"id": SCRIPTS, "episode": f'"><img src=x onerror="{SCRIPTS}">'}
    response = send(client, record, path="/assess?explain=true" + fragment, Accept="text/html")
    assert response.status_code == 200
    check_headers(response)
    page = read_page(response.text)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "img" not in {tag for tag, _ in page.tags}
    assert ("html" in {tag for tag, _ in page.tags}) == (not fragment)


@pytest.mark.parametrize("accept", [JSON, "*/*", "text/html, application/problem+json"])
def test_findings_are_never_a_page(client: FlaskClient, accept: str) -> None:
    """A problem with a hostile value is JSON with its own media type, which no browser runs."""
    response = send(client, {"redFlags": SCRIPTS, SCRIPTS: 1}, Accept=accept)
    reported = problem(response, 422, "invalid-record")
    assert [f["value"] for f in reported["findings"]][0] == SCRIPTS


def test_page_of_an_error_says_nothing_of_the_record(client: FlaskClient) -> None:
    response = send(client, {"redFlags": SCRIPTS, "Peeters": 1}, Accept="text/html")
    assert (response.status_code, response.mimetype) == (422, "text/html")
    check_headers(response)
    page = read_page(response.text)
    assert not {"Peeters", SCRIPTS} & set(" ".join(page.shown).split())
    assert "script" not in {tag for tag, _ in page.tags}


@pytest.mark.parametrize("path", ["/?lang=" + SCRIPTS, "/" + SCRIPTS, "/ids?lang=" + SCRIPTS])
def test_errors_on_pages_run_nothing(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code in (400, 404)
    assert response.mimetype == "text/html"
    assert "script" not in {tag for tag, _ in read_page(response.text).tags}
    check_headers(response)


def test_script_of_the_page_gets_the_phrases_that_it_says(client: FlaskClient) -> None:
    page = client.get("/?lang=fr", headers={"Accept": "text/html"}).text
    given = json.loads(unescape(re.search(r'data-words="([^"]*)"', page)[1]))  # type: ignore[index]
    modules = re.findall(r'(?:src|href)="(/static/assess/[a-z]+\.js)"', page)
    assert len(modules) == len(set(modules)) > 8
    said = {
        name for path in modules for name in re.findall(r'\bsay\("([a-z-]+)"', client.get(path, buffered=True).text)
    }
    assert given == {name: phrase(name, "fr") for name in said}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_index_page(client: FlaskClient, service: GuidelineService, lang: str) -> None:
    response = client.get(f"/?lang={lang}", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    check_headers(response)
    page = read_page(response.text)
    assert page.lang == lang
    assert service.guideline.label[lang] in page.text
    fields = {attrs["data-field"] for _, attrs in page.tags if "data-field" in attrs}
    assert fields == {f.id for f in service.guideline.fields.values() if f.ask_order}
    for f in service.guideline.fields.values():
        if f.ask_order:
            assert (f.question.get(lang) or f.label[lang]) in page.text
    for tag, attrs in page.tags:
        for name in ("src", "href"):
            target = attrs.get(name) or ""
            if target.startswith("/"):
                with client.get(target) as linked:
                    assert linked.status_code == 200, (tag, target)


def test_every_input_has_a_label(client: FlaskClient) -> None:
    text = client.get("/", headers={"Accept": "text/html"}).text
    page = read_page(text)
    labelled = {attrs["for"] for tag, attrs in page.tags if tag == "label" and "for" in attrs}
    for tag, attrs in page.tags:
        if tag == "input" and attrs.get("type") not in ("radio", "checkbox"):
            assert attrs["id"] in labelled
    assert len(re.findall(r"<fieldset", text)) == len(re.findall(r"<legend>\s*\S", text)) > 0
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_index_as_json(client: FlaskClient, service: GuidelineService, lang: str) -> None:
    response = client.get(f"/?lang={lang}", headers={"Accept": JSON})
    assert response.mimetype == JSON
    check_headers(response)
    about = orjson.loads(response.data)
    assert about["version"] == __version__
    assert about["guideline"]["label"] == service.guideline.label[lang]
    assert about["languages"] == list(LANGUAGES)
    assert set(about["bodies"]) == set(web_assess.BODIES)
    for endpoint in about["endpoints"]:
        assert endpoint["what"] not in ("", None)
        assert not endpoint["what"].startswith("endpoint-"), "without words"
        if endpoint["method"] == "GET":
            assert client.get(endpoint["path"], follow_redirects=True).status_code == 200
        else:
            assert send(client, CLUSTER, path=endpoint["path"]).status_code == 200


def test_health(client: FlaskClient) -> None:
    response = client.get("/health")
    assert response.mimetype == JSON
    health = orjson.loads(response.data)
    assert (health["status"], health["version"], health["guideline"]["id"]) == ("ok", __version__, "low-back-pain")
    assert client.head("/health").status_code == 200


@pytest.mark.parametrize("path", ["/ids", "/v1/ids"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_ids(client: FlaskClient, service: GuidelineService, path: str, lang: str) -> None:
    response = client.get(f"{path}?lang={lang}")
    assert orjson.loads(response.data) == known_ids(service.guideline, lang)
    assert client.get(path, headers={"Accept-Language": lang}).data == response.data


def test_queries(client: FlaskClient, service: GuidelineService) -> None:
    for path, expected in (
        ("/query.rq", record_query(service.assessor.program)),
        ("/derive.rq", derive_query(service.guideline)),
    ):
        response = client.get(path)
        assert response.mimetype == "application/sparql-query"
        assert response.text == expected


# -- the context --------------------------------------------------------------------------------------------------


def quads(text: str, form: ox.RdfFormat) -> ox.Dataset:
    data = ox.Dataset(ox.parse(text, format=form))
    data.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return data


RECORDS: list[Record] = [
    CLUSTER,
    FIRST_VISIT,
    {"medications": []},
    {"medications": ["opioid"], "redFlags": "none", "rehabilitationPotential": "none"},
    {"chronicityRisk": "low", "surgeryPossible": True, "incapacityPercentage": 50, "sector": "self-employed"},
    {"spinalSurgeryDate": "2024-02-29", "id": 'a "b" \\ é'},
]


@RDFLIB_JSON_LD
@pytest.mark.parametrize("record", RECORDS, ids=lambda r: ",".join(r))
def test_context_expands_a_record_as_the_service_reads_it(
    client: FlaskClient, service: GuidelineService, record: Record
) -> None:
    response = client.get("/context.jsonld")
    assert response.mimetype == "application/ld+json"
    context = orjson.loads(response.data)["@context"]
    whole = {"@context": context, "@id": "urn:a:1", "@type": "PatientRecord", **record}
    theirs = rdflib.Graph().parse(data=json.dumps(whole), format="json-ld")
    ours, _ = service._validator.judge.graph_of(service.reader.from_json({"@id": "urn:a:1", **record}))
    assert quads(theirs.serialize(format="nt"), ox.RdfFormat.N_TRIPLES) == quads(
        ours.serialize(format="nt"), ox.RdfFormat.N_TRIPLES
    )
    by_oxigraph = quads(json.dumps(whole), ox.RdfFormat.JSON_LD)
    assert by_oxigraph == quads(theirs.serialize(format="nt"), ox.RdfFormat.N_TRIPLES)
    answer = send(client, whole, "application/ld+json")
    assert answer.data == send(client, record).data


CONTEXTS = ("http://localhost/context.jsonld", "http://localhost/v1/context.jsonld", "/context.jsonld")


@pytest.mark.parametrize("address", CONTEXTS)
def test_our_context_is_known_by_the_address_of_the_service(client: FlaskClient, address: str) -> None:
    assert client.get(address).json == client.get("/context.jsonld").json
    plain, named = send(client, FIRST_VISIT), {"@context": address, **FIRST_VISIT}
    assert send(client, named).data == plain.data
    line = client.post("/assess", data=json.dumps(named), content_type="application/x-ndjson").data
    assert line == b'{"line":1,' + plain.data[1:] + b"\n"
    elsewhere = {"Host": "elsewhere.example"}
    found = client.post("/assess", json={"@context": CONTEXTS[0], **FIRST_VISIT}, headers=elsewhere)
    problem(found, 400, "foreign-context")


def test_our_context_may_be_wrapped_or_renamed(client: FlaskClient, service: GuidelineService) -> None:
    plain = send(client, FIRST_VISIT)
    published = orjson.loads(client.get("/context.jsonld").data)
    assert send(client, {**published, **FIRST_VISIT}).data == plain.data
    own_names = {
        "@context": {
            "flags": {"@id": LRP + "redFlags", "@type": "@id"},
            "day": {"@id": LRP + "onsetDate", "@type": "http://www.w3.org/2001/XMLSchema#date"},
        },
        "@type": CP + "PatientRecord",
        "flags": LRP + "redFlags-cluster",
        "day": "2024-01-08",
    }
    renamed = send(client, own_names, "application/ld+json")
    assert renamed.data == send(client, {"redFlags": "cluster", "onsetDate": "2024-01-08"}).data


# -- OpenAPI --------------------------------------------------------------------------------------------------------


def openapi(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert response.mimetype == JSON
    found: dict[str, Any] = orjson.loads(response.data)
    return found


@pytest.mark.skipif(
    importlib.util.find_spec("openapi_spec_validator") is None, reason="openapi-spec-validator is not installed"
)
@pytest.mark.slow
def test_openapi_is_valid(client: FlaskClient) -> None:
    import openapi_spec_validator

    openapi_spec_validator.validate(openapi(client))


def test_openapi_says_where_a_name_may_be_unknown(client: FlaskClient) -> None:
    described = openapi(client)
    named = [path for path in described["paths"] if "{" in path]
    assert len(named) > 5
    operations = [described["paths"][path].get(method) for path in named for method in ("get", "post")]
    assert all("404" in operation["responses"] for operation in operations if operation)
    assert {"303", "401", "429"} <= set(described["paths"]["/login"]["post"]["responses"])


def test_openapi_references_exist(client: FlaskClient) -> None:
    described = openapi(client)
    for reference in re.findall(r'"\$ref":\s*"#/([^"]+)"', json.dumps(described)):
        found: Any = described
        for step in reference.split("/"):
            found = found[step]
        assert found


def test_openapi_has_every_format(client: FlaskClient) -> None:
    described = openapi(client)
    assert set(described["paths"]["/assess"]["post"]["requestBody"]["content"]) == set(web_assess.BODIES)
    answers = set(described["paths"]["/assess"]["post"]["responses"]["200"]["content"])
    assert answers >= set(web_assess.ANSWERS)
    results = described["paths"]["/sparql"]["get"]["responses"]["200"]["content"]
    assert set(results) == {*SOLUTIONS, *GRAPHS}


def test_openapi_has_every_field(client: FlaskClient, service: GuidelineService) -> None:
    record = openapi(client)["components"]["schemas"]["Record"]
    assert record["additionalProperties"] is False
    own = {"onsetDateEarliest", "onsetDateLatest", "@id", "@type", "@context"}
    assert set(record["properties"]) == set(service.guideline.field_names) | own
    assert record["properties"]["redFlags"]["enum"] == ["none", "isolated", "cluster", None]
    assert record["properties"]["medications"]["items"]["enum"][0] == "nsaid"
    assert all(record["properties"][f]["description"] for f in service.guideline.field_names)


# -- the application ---------------------------------------------------------------------------------------------------


def test_service_of_the_second_guideline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_GUIDELINE", str(ANKLE))
    client = create_app().test_client()
    assert orjson.loads(client.get("/health").data)["guideline"]["id"] == "ankle-sprain"
    found = orjson.loads(send(client, {"deformity": True}).data)
    assert found["decisions"]["fracture-check"]["answers"] == ["emergency"]
    page = read_page(client.get("/?lang=nl", headers={"Accept": "text/html"}).text)
    assert "Enkelverstuiking" in page.text
    assert {attrs["data-field"] for _, attrs in page.tags if "data-field" in attrs} >= {"deformity", "aids"}


def test_missing_translation_is_never_shown_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_GUIDELINE", str(ANKLE))
    page = create_app().test_client().get("/?lang=fr", headers={"Accept": "text/html"})
    assert "Ankle sprain" in read_page(page.text).text
    assert "None" not in read_page(page.text).text.split()


# -- a real server ------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A server of our own."""

    process: subprocess.Popen[bytes]
    port: int
    output: Path

    def post(self, body: Any, *, chunked: bool = False, **headers: str) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("POST", "/assess", body, {"Content-Type": JSON} | headers, encode_chunked=chunked)
            response = connection.getresponse()
            return response.status, response.read()

    def get(self, path: str) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()


def left_of(group: int) -> list[int]:
    """Return the processes of a group that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, _, pgrp, *_ = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                if int(pgrp) == group and state != "Z":
                    found.append(int(entry.name))
    return found


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.slow)], ids=["1 worker", "2 workers"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    port, output = free_port(), tmp_path / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [str(SCRIPT), "serve", "--port", str(port), "--workers", str(request.param)],
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Server(process, port, output)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                if running.get("/health")[0] == 200:
                    break
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            for number in left_of(process.pid):
                os.kill(number, signal.SIGKILL)
            process.wait(5)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what is left")
def test_server_process_answers(server: Server, service: GuidelineService) -> None:
    record = FIRST_VISIT | {"id": PRIVATE}
    assert server.post(json.dumps(record)) == (200, orjson.dumps(service.assess(record)))
    in_chunks = iter([json.dumps(record)[:40].encode(), json.dumps(record)[40:].encode()])
    status, body = server.post(in_chunks, chunked=True, **{"Transfer-Encoding": "chunked"})
    assert (status, body) == (200, orjson.dumps(service.assess(record)))
    status, body = server.post(json.dumps({"redFlags": PRIVATE}), **{"Accept-Language": "de"})
    assert status == 422
    assert orjson.loads(body)["findings"] == [f.as_dict("de") for f in service.validate({"redFlags": PRIVATE})]
    assert server.post("{" + PRIVATE)[0] == 400
    assert server.post(json.dumps(CLUSTER).ljust(1024 * 1024 + 1))[0] == 413
    assert server.get("/static/assess/main.js")[0] == 200
    assert b"<html" in server.post("{}", Accept="text/html")[1]
    assert len(left_of(server.process.pid)) > 1  # the workers

    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0
    deadline = time.monotonic() + 5
    while left_of(server.process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_of(server.process.pid) == []
    said = server.output.read_text()
    assert f"http://127.0.0.1:{server.port}/" in said
    assert PRIVATE not in said
    assert "Traceback" not in said
    with pytest.raises(OSError):
        server.get("/health")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what is left")
@pytest.mark.slow
def test_sigterm_stops_workers_that_are_still_loading(tmp_path: Path) -> None:
    port = free_port()
    output = tmp_path / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [str(SCRIPT), "serve", "--port", str(port), "--workers", "3"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 30
        while len(left_of(process.pid)) < 4:  # all are forked, and none has loaded the guideline
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.005)
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(9) == 0  # before the main process loses patience and kills them
        assert left_of(process.pid) == []
    finally:
        for number in left_of(process.pid):
            os.kill(number, signal.SIGKILL)
        process.wait(5)
