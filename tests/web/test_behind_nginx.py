"""The service behind nginx under /lrp/, by the example of docs/operating.md: by HTTP, and in a browser."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrp_kg import GuidelineService
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from tests.support.browser import CHROMIUM, Browser, Tab
from tests.support.nginx import NGINX, proxied
from tests.support.paths import ANKLE, ROOT
from tests.support.serving import TOKEN, Service, serving

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="there is no nginx: make nginx unpacks one")]

HTML = {"Accept": "text/html,*/*;q=0.8"}
JSON = {"Content-Type": "application/json"}


def example(port: int) -> str:
    """Return the parts of the configuration that the docs give for nginx, with another port of the service."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^nginx:\n+```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found.count("127.0.0.1:8000") == 1
    return str(found.replace("127.0.0.1:8000", f"127.0.0.1:{port}"))


@pytest.fixture(scope="module")
def site(ankle: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The proxy in front of a service with two records."""
    folder = tmp_path_factory.mktemp("nginx")
    tokens = folder / "tokens"
    tokens.write_text(TOKEN, encoding="utf-8")
    tokens.chmod(0o600)
    lines = b'{"@id": "urn:x:1", "deformity": true}\n{"@id": "urn:x:2", "deformity": false}\n'
    assert load(ankle.guideline, folder / "store", [Source("two.ndjson", lines)]).stored == 2
    options = ["--guideline", ANKLE, "--store", folder / "store", "--token-file", tokens, "--proxies", "1"]
    with serving(*map(str, options)) as inner, proxied(folder, example(inner.port)) as port:
        yield Service(port, inner.process)


def test_addresses_are_those_of_the_proxy(site: Service) -> None:
    page = site.ask("/lrp/", headers=HTML)
    links = re.findall(r'\s(?:href|src|action)="(/[^"]*)"', page.text)
    assert (page.status, len(links) > 15) == (200, True)
    assert all(link.startswith("/lrp/") for link in links)
    assert all(site.ask(link, headers=HTML).status == 200 for link in links if "static" in link)
    assert site.ask("/", headers=HTML).text == "outside"
    assert site.ask("/lrp", headers=HTML).headers["location"] == f"{site.url}/lrp/"
    login = site.ask("/lrp/query", headers=HTML)
    assert (login.status, login.headers["location"]) == (303, "/lrp/login?next=/lrp/query&lang=en")
    assert json.loads(site.ask("/lrp/openapi.json").body)["servers"] == [{"url": "/lrp"}]
    assert site.ask("/lrp/metrics").status == 403
    missing = site.ask("/lrp/nothing")
    assert (missing.status, "GET /lrp/openapi.json describes" in missing.text) == (404, True)


def test_records_are_assessed(site: Service) -> None:
    answer = site.ask("/lrp/assess?lang=nl-BE", "POST", '{"deformity": true}', JSON)
    assert json.loads(answer.body)["decisions"]["fracture-check"]["answers"] == ["emergency"]
    assert answer.headers["content-language"] == "nl"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert site.ask("/lrp/validate", "POST", '{"x": 1}', JSON).status == 422


def test_token_and_absolute_addresses(site: Service) -> None:
    refused = site.ask("/lrp/sparql?query=ASK%7B%7D")
    assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")
    basic = base64.b64encode(f"token:{TOKEN}".encode()).decode()
    for header in (f"Bearer {TOKEN}", f"Basic {basic}"):
        assert site.ask("/lrp/sparql?query=ASK%7B%7D", headers={"Authorization": header}).status == 200
    described = site.ask("/lrp/sparql", headers={"Authorization": f"Bearer {TOKEN}", "Accept": "text/turtle"})
    assert f"sd:endpoint <{site.url}/lrp/sparql>" in described.text


def test_stream_is_answered_line_by_line(site: Service) -> None:
    """The first answer comes while the second record has not been sent yet."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.putrequest("POST", "/lrp/assess")
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sock = connection.sock

    def send(line: bytes) -> None:
        sock.sendall(b"%x\r\n%s\r\n" % (len(line), line))

    send(b'{"deformity": true}\n')
    response = connection.getresponse()
    assert json.loads(response.readline())["line"] == 1
    send(b'{"deformity": false}\n')
    assert json.loads(response.readline())["line"] == 2
    sock.sendall(b"0\r\n\r\n")
    assert response.read() == b""
    connection.close()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path")
def test_pages_in_a_browser(site: Service, tmp_path: Path) -> None:
    browser = Browser(tmp_path)
    try:
        tab = Tab(browser)
        home = f"{site.url}/lrp/"
        tab.open(f"{home}?lang=en")
        tab.wait("document.querySelector('#answer-body')?.childElementCount > 0")
        before = tab.js("document.getElementById('answer-body').innerText")
        tab.click('[data-field="deformity"] input[value="true"]')
        tab.wait(f"document.getElementById('answer-body').innerText !== {json.dumps(before)}")
        assert json.loads(tab.js("document.getElementById('json').textContent")) == {"deformity": True}
        tab.click('nav a[lang="nl"]')
        tab.wait("document.documentElement?.lang === 'nl' && document.readyState === 'complete'")

        tab.open(f"{home}queries?lang=nl")
        tab.click('main a[href^="/lrp/queries/criteria-by-edition"]')
        tab.wait("location.pathname.startsWith('/lrp/login') && document.getElementById('token') !== null")
        tab.js(f"document.getElementById('token').value = {json.dumps(TOKEN)}")
        tab.click("main button[type=submit]")
        tab.wait("location.pathname === '/lrp/queries/criteria-by-edition'")
        tab.wait("document.querySelectorAll('tbody tr').length > 2")

        tab.open(f"{home}query?lang=en")
        tab.wait("document.querySelector('.CodeMirror') && document.querySelectorAll('#example option').length > 1")
        count = "SELECT (COUNT(*) AS ?n) { ?r a <https://w3id.org/lrp-kg/care-pathway#PatientRecord> }"
        tab.js(f"document.querySelector('#editor .CodeMirror').CodeMirror.setValue({json.dumps(count)})")
        tab.click("#run")
        tab.wait("document.querySelectorAll('#results tbody tr').length === 1")
        assert re.search(r"\b2\b", tab.js("document.getElementById('results').innerText"))

        requests = [url for url in tab.requests() if url != "about:blank"]
        assert len(requests) > 15
        assert all(url.startswith(home) for url in requests)
        assert tab.complaints() == []
    finally:
        browser.close()
