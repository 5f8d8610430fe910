"""``lrp-kg queries`` and ``lrp-kg query``, and the catalogue on the web."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.research.questions.model import TOPICS
from lrp_kg.research.store import loading, opening
from lrp_kg.web import create_app
from lrp_kg.words import phrase
from tests.support.guidelines import guideline_copy
from tests.support.queryset import DATA, ENTRIES, ROOT, golden, load_records

pytestmark = pytest.mark.slow

RECORDS = str(DATA / "records.ndjson")
TOKEN = "a-token-of-the-tests-only"  # noqa: S105 - none of any service
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def store(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return load_records(service.guideline, tmp_path_factory.mktemp("commands") / "store")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "200"})


# -- the command line ---------------------------------------------------------------------------------


def test_queries_are_listed_by_tag_and_language() -> None:
    listed = run("queries")
    assert listed.exit_code == 0
    assert all(name in listed.stdout for name in ENTRIES)
    checks = run("queries", "--tag", "check", "--lang", "nl").stdout
    assert ENTRIES["unused-terms"].summary["nl"] in checks
    assert "work-rules" not in checks
    data = json.loads(run("queries", "--format", "json", "--lang", "de").stdout)
    assert {d["name"]: d["summary"] for d in data} == {e.name: e.summary["de"] for e in ENTRIES.values()}


def test_query_runs_on_the_guideline() -> None:
    done = run("query", "work-rules", "--format", "csv")
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == golden("work-rules")["columns"]
    assert [row["printed"] for row in rows] == [row[1] for row in golden("work-rules")["rows"]]


def test_formats(store: Path) -> None:
    shown = run("query", "records-by-exit", "--store", str(store), "--lang", "fr")
    assert ENTRIES["records-by-exit"].summary["fr"] in " ".join(shown.stdout.split())
    assert "dossiers" in shown.stdout
    found = json.loads(run("query", "records-by-exit", "--store", str(store), "--format", "json").stdout)
    assert [b["records"]["value"] for b in found["results"]["bindings"]] == [
        row[1].partition("^^")[0] for row in golden("records-by-exit")["rows"]
    ]
    assert run("query", "records-by-exit", "--store", str(store), "--format", "tsv").stdout.startswith(
        "?exit\t?records"
    )
    text = run("query", "near-boundary", "-p", "within=7", "--format", "rq", "--lang", "nl").stdout
    assert 'VALUES (?lang ?within) { ("nl" "7"^^<http://www.w3.org/2001/XMLSchema#integer>) } # parameters' in text


def test_records_of_a_file_need_no_store() -> None:
    done = run("query", "failed-criteria", "--records", RECORDS, "--format", "json")
    assert done.exit_code == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]["bindings"]) == len(golden("failed-criteria")["rows"])


def test_rejected_records_are_reported() -> None:
    done = run("query", "records-by-exit", "--records", str(ROOT / "examples" / "cohort.ndjson"))
    assert done.exit_code == 0
    assert "left out" in done.stderr and "invalid-record" in done.stderr


def test_query_in_a_file(tmp_path: Path, store: Path) -> None:
    bare = tmp_path / "bare.rq"
    bare.write_text("SELECT (COUNT(?r) AS ?n) { ?r a <https://w3id.org/lrp-kg/care-pathway#PatientRecord> }")
    done = run("query", "-f", str(bare), "--store", str(store), "--format", "csv")
    assert done.stdout.split() == ["n", "32"]
    headed = tmp_path / "headed.rq"
    headed.write_text(ENTRIES["near-boundary"].text)
    done = run("query", "-f", str(headed), "-p", "within=2", "--store", str(store), "--format", "csv")
    assert done.exit_code == 0 and len(done.stdout.splitlines()) > 5
    graph = tmp_path / "graph.rq"
    graph.write_text("CONSTRUCT { ?s a ?o } { ?s a ?o } LIMIT 1")
    assert "<" in run("query", "-f", str(graph)).stdout
    ask = tmp_path / "ask.rq"
    ask.write_text("ASK { ?s ?p ?o }")
    assert "true" in run("query", "-f", str(ask)).stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["query"], "Say which query"),
        (["query", "work-rules", "-f", "x.rq"], "not both"),
        (["query", "work-rule"], "Did you mean work-rules"),
        (["query", "zzz"], "lrp-kg queries lists them"),
        (["query", "records-by-exit"], "none are loaded"),
        (["query", "stage-differences", "-p", "first"], "--param name=value"),
        (["query", "stage-differences", "-p", "first=nope", "-p", "x=1"], "'x' is no parameter"),
        (["query", "stage-differences", "-p", "x=1", "--records", RECORDS], "'x' is no parameter"),
        (["query", "work-rules", "--records", RECORDS, "--store", "x"], "not both"),
        (["query", "-f", "no-such-file.rq"], "cannot be read"),
        (["query", "--lang", "fr"], "Dites quelle requête\u00a0: un NAME"),
        (["query", "records-by-exit", "--lang", "nl"], "records-by-exit vraagt naar dossiers"),
        (["query", "stage-differences", "--lang", "de", "-p", "x=1"], "'x' ist kein Parameter von stage-differences"),
        (["query", "work-rules", "--lang", "nl", "--records", RECORDS, "--store", "x"], "niet allebei"),
    ],
)
def test_query_that_cannot_run_is_reported(
    arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is reported before the dataset is opened, or records are loaded, which takes long."""
    monkeypatch.setattr(opening, "open_engine", None)
    monkeypatch.setattr(loading, "load", None)
    done = run(*arguments)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert not done.stdout


def test_bare_query_has_no_parameters_and_broken_header_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "q.rq"
    file.write_text("ASK {}")
    assert "no parameters" in run("query", "-f", str(file), "-p", "a=b").stderr
    file.write_text("#+ summary: [\nASK {}")
    assert "query-header-yaml" in run("query", "-f", str(file)).stderr
    file.write_bytes(b"\xff")
    assert "UTF-8" in run("query", "-f", str(file)).stderr


# -- the web ------------------------------------------------------------------------------------------


def application(**config: Any) -> Iterator[Flask]:
    app = create_app(config)
    client = app.test_client()
    deadline = time.monotonic() + 90
    while client.get("/queries/facts.json", headers=bearer()).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    yield app
    app.extensions["lrp_kg_engines"].close()


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def plain() -> Iterator[FlaskClient]:
    for app in application():
        yield app.test_client()


@pytest.fixture(scope="module")
def cohort(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    file = tmp_path_factory.mktemp("token") / "tokens"
    file.write_text(TOKEN)
    os.chmod(file, 0o600)
    for app in application(STORE=str(store), TOKEN_FILE=str(file)):
        yield app.test_client()


class Page(HTMLParser):
    """What a page holds: links, table rows, fields of its own form, and what a strict policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.rows = 0
        self.fields: dict[str, str] = {}
        self.inline: list[str] = []
        self.lang = ""
        self.main = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given.get("href") or ""] * (tag == "a")
        self.rows += tag == "tr"
        self.main = self.main or tag == "main"
        if tag in ("select", "input") and self.main:
            self.fields[given.get("name") or ""] = given.get("id") or ""
        if tag in ("script", "style") or "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)
        if tag == "html":
            self.lang = given.get("lang") or ""


@pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
def test_catalogue_page_in_each_language(lang: str, plain: FlaskClient) -> None:
    answer = plain.get(f"/queries?lang={lang}", headers=HTML)
    page = Page(answer.text)
    assert answer.status_code == 200 and page.lang == lang and not page.inline
    assert all(f"/queries/{name}?lang={lang}" in page.links for name in ENTRIES)
    assert all(e.summary[lang].replace("'", "&#39;") in answer.text for e in ENTRIES.values())
    assert not re.search(r"queries-\w+<", answer.text), "every word is a phrase"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_questions_about_records_are_folded_where_there_are_none(plain: FlaskClient, cohort: FlaskClient) -> None:
    """The fold says why, and what to do; its pages say so too, as a note."""
    without, with_records = (client.get("/queries?lang=nl", headers=HTML).text for client in (plain, cohort))
    assert with_records.count("<details") == without.count("<details") - 1
    folded = without[without.index('<details class="panel">') : without.index("</details>")]
    about = {name for name, e in ENTRIES.items() if e.needs == "records" and e.tags[0] == "cohort"}
    assert set(re.findall(r"/queries/([\w-]+)\?", folded)) == about
    assert phrase("queries-none-loaded", "nl") in folded and "lrp-kg load" in folded
    page = plain.get("/queries/records-by-exit?lang=nl", headers=HTML).text
    assert "lrp-kg load" in page and 'role="alert"' not in page
    assert [
        c.get("/queries", headers={"Accept": "application/json"}).get_json()["records"] for c in (plain, cohort)
    ] == [False, True]


def test_catalogue_lists_topics_in_their_order(plain: FlaskClient) -> None:
    page = plain.get("/queries?lang=en", headers=HTML).text
    listed = re.findall(r"/queries/([\w-]+)\?", page)
    assert sorted(listed) == sorted(ENTRIES)
    assert listed[:2] == ["section-statements", "stage-differences"]
    headings = re.findall(r"<h3>([^<]+)</h3>", page)
    assert headings == [phrase(f"queries-topic-{topic}", "en") for topic in TOPICS if topic != "texts"]


def test_catalogue_as_json(plain: FlaskClient) -> None:
    data = plain.get("/queries?lang=nl", headers={"Accept": "application/json"}).get_json()
    assert [q["name"] for q in data["queries"]] == sorted(ENTRIES)
    assert all(plain.get(q["href"], method="HEAD").status_code in (200, 409) for q in data["queries"][:2])


@pytest.mark.parametrize(
    ("name", "lang"),
    [
        *((name, "en") for name in sorted(ENTRIES)),
        *(("records-by-stage-and-risk", lang) for lang in ("nl", "fr", "de")),
    ],
)
def test_every_query_has_a_page(name: str, lang: str, cohort: FlaskClient) -> None:
    answer = cohort.get(f"/queries/{name}?lang={lang}", headers={**HTML, **bearer()})
    page = Page(answer.text)
    entry = ENTRIES[name]
    assert answer.status_code == 200 and page.lang == lang and not page.inline
    assert set(page.fields) == {p.name for p in entry.parameters}
    assert all(f'for="{field}"' in answer.text for field in page.fields.values())
    if entry.tags != ("check",) and "check" not in entry.tags:
        assert page.rows == len(golden(name)["rows"]) + 1
    if entry.chart:
        assert answer.text.count('<div class="bars" role="img" aria-label="') == 1
        assert "<rect" in answer.text
    assert any(link.startswith("/query?query=PREFIX") for link in page.links)


def test_iris_are_links_to_terms(cohort: FlaskClient) -> None:
    answer = cohort.get("/queries/decisions", headers={**HTML, **bearer()})
    links = [link for link in Page(answer.text).links if unquote(link).startswith("/term/?iri=https://w3id.org")]
    assert len(links) == len(golden("decisions")["rows"])


def test_json_csv_and_sparql(cohort: FlaskClient) -> None:
    found = cohort.get("/queries/records-by-stage-and-risk.json", headers=bearer())
    assert found.mimetype == "application/sparql-results+json"
    assert len(found.get_json()["results"]["bindings"]) == len(golden("records-by-stage-and-risk")["rows"])
    text = cohort.get("/queries/records-by-stage-and-risk.csv?lang=nl", headers=bearer())
    assert text.mimetype == "text/csv" and text.text.splitlines()[0] == "stage,risk,records"
    query = cohort.get("/queries/near-boundary.rq?within=3&lang=fr")
    assert query.mimetype == "application/sparql-query" and '("fr" "3"^^' in query.text
    assert cohort.get("/queries/facts", headers={"Accept": "application/json", **bearer()}).mimetype == (
        "application/sparql-results+json"
    )


def test_head_has_the_headers_of_get(cohort: FlaskClient) -> None:
    for path in ("/queries", "/queries/facts", "/queries/facts.json", "/queries/facts.csv", "/queries/facts.rq"):
        answer = cohort.head(path, headers=bearer())
        assert answer.status_code == 200 and not answer.data


def test_form_keeps_values_and_shows_problems(plain: FlaskClient) -> None:
    answer = plain.get("/queries/stage-differences?first=first-line-week-3-5&second=%22%3E%3Cb%3E", headers=HTML)
    assert answer.status_code == 400
    assert 'stage-first-line-week-3-5" selected' in answer.text
    assert 'role="alert"' in answer.text and "<b>" not in answer.text and "&lt;b&gt;" in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/queries/nope", 404, "unknown-query"),
        ("/queries/nope.json", 404, "unknown-query"),
        ("/queries/..%2Fsecrets.rq", 404, "not-found"),
        ("/queries/facts.xml", 404, "unknown-query"),
        ("/queries/facts.json?x=1", 400, "unknown-parameter"),
        ("/queries/facts.json?lang=it", 400, "unknown-parameter"),
        ("/queries/near-boundary.rq?within=1&within=2", 400, "unknown-parameter"),
        ("/queries/records-by-exit.csv", 409, "records-needed"),
    ],
)
def test_problems(path: str, status: int, code: str, plain: FlaskClient) -> None:
    answer = plain.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_query_about_records_reports_that_none_are_loaded(plain: FlaskClient) -> None:
    answer = plain.get("/queries/records-by-exit?lang=nl", headers=HTML)
    assert answer.status_code == 409
    assert "Deze vraag gaat over dossiers" in answer.text


def test_records_need_a_token(cohort: FlaskClient) -> None:
    assert cohort.get("/queries/records-by-exit.json").status_code == 401
    answer = cohort.get("/queries/records-by-exit", headers=HTML)
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/login")
    assert cohort.get("/queries", headers=HTML).status_code == 200


def test_added_query_is_served_without_a_restart(tmp_path: Path) -> None:
    guideline_copy(tmp_path)  # the small guideline, of which the dataset is prepared meanwhile
    app = create_app({"GUIDELINE": str(tmp_path)})
    try:
        client = app.test_client()
        assert "/queries/new-one" not in client.get("/queries", headers=HTML).text
        (tmp_path / "queries" / "new-one.rq").write_text((ROOT / "queries" / "facts.rq").read_text())
        assert "/queries/new-one" in client.get("/queries", headers=HTML).text
    finally:
        app.extensions["lrp_kg_engines"].close()
