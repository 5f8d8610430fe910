"""The SPARQL editor in a real browser: it runs queries, shows results, and contacts no other server."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import browser as chromium
from tests.support.browser import CHROMIUM, Browser
from tests.support.paths import PACKAGE
from tests.support.serving import Service, serving

VENDOR = PACKAGE / "web" / "static" / "vendor" / "yasgui"
CP = "PREFIX cp: <https://w3id.org/lrp-kg/care-pathway#>\n"

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium or google-chrome on the path")


def test_editor_files_match_their_checksums() -> None:
    sums = (VENDOR / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    assert len(sums) == 2
    for line in sums:
        digest, name = line.split()
        data = (VENDOR / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        assert b"sourceMappingURL" not in data
    assert "4.6.2" in (VENDOR / "README.md").read_text(encoding="utf-8")
    assert "MIT License" in (VENDOR / "LICENSE").read_text(encoding="utf-8")


class Tab(chromium.Tab):
    """A tab with the editor."""

    def query(self, text: str) -> None:
        """Put a query into the editor, run it, and wait for the result or the error."""
        editor = "document.querySelector('#editor .CodeMirror').CodeMirror"
        self.js(f"{editor}.setValue({json.dumps(text)})")
        self.js("document.getElementById('status').textContent = ''")
        self.click("#run")
        self.wait(
            "!document.getElementById('run').hasAttribute('aria-busy')"
            " && document.getElementById('status').textContent !== ''"
        )

    def choose(self, view: str) -> None:
        self.js(f"document.querySelector('.yasr_btn.select_{view}').click()")

    @property
    def status(self) -> str:
        return str(self.js("document.getElementById('status').textContent"))

    @property
    def results(self) -> str:
        return str(self.js("document.getElementById('results').innerText"))


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(QUERY_SECONDS="1") as found:
        yield found


@pytest.fixture(scope="module")
def shared_tab(browser: Browser) -> Iterator[Tab]:
    own = Tab(browser)
    yield own
    own.close()


@pytest.fixture
def tab(shared_tab: Tab, service: Service, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab with the editor; checks at the end that it contacted no other server and kept the policy."""
    own = shared_tab
    lang = getattr(request, "param", "en")
    own.begin(f"{service.url}/query?lang={lang}")
    own.wait("document.querySelector('.CodeMirror') && document.querySelectorAll('#example option').length > 1")
    yield own
    assert [url for url in own.requests() if not url.startswith(service.url + "/")] == []
    complaints = [c for c in own.complaints() if "503" not in c and "400" not in c]
    assert complaints == []


pytestmark = [pytest.mark.slow]


@needs_browser
class TestPage:
    @pytest.mark.parametrize("tab", ["en", "nl", "fr", "de"], indirect=True)
    def test_initial_query_runs(self, tab: Tab) -> None:
        tab.click("#run")
        tab.wait("document.querySelectorAll('#results tbody tr').length >= 9")
        assert tab.status.startswith("9 ")
        assert tab.js("document.documentElement.lang") in tab.js("document.querySelector('#editor').dataset.settings")

    def test_catalogue_query_is_inserted_and_runs(self, tab: Tab) -> None:
        assert tab.js("document.querySelectorAll('#example option').length") > 30
        tab.js(
            "(() => { const s = document.getElementById('example'); s.value = 'decisions';"
            " s.dispatchEvent(new Event('change')); })()"
        )
        tab.wait("document.querySelector('#editor .CodeMirror').CodeMirror.getValue().includes('hitPolicy')")
        tab.click("#run")
        tab.wait("document.querySelectorAll('#results tbody tr').length > 5")

    def test_query_in_the_address(self, tab: Tab, service: Service) -> None:
        text = "SELECT (42 AS ?answer) {}"
        tab.open(f"{service.url}/query?lang=en&query={quote(text)}")
        tab.wait("document.querySelector('.CodeMirror') && document.querySelectorAll('#example option').length > 1")
        tab.click("#run")
        tab.wait("document.querySelectorAll('#results tbody tr').length === 1")
        assert "42" in tab.results

    def test_share_link_contains_the_query(self, tab: Tab) -> None:
        tab.query("SELECT (7 AS ?x) {}")
        assert "SELECT" in tab.js("new URL(document.getElementById('link').href).searchParams.get('query')")

    def test_editor_completes_terms(self, tab: Tab) -> None:
        editor = "document.querySelector('#editor .CodeMirror').CodeMirror"
        tab.js(f"{editor}.setValue('SELECT * WHERE {{ ?s a cp:Stag }}'); {editor}.setCursor(0, 29); {editor}.focus()")
        tab.call("Page.bringToFront")
        tab.call("Input.insertText", text="e")  # as typed: completion shows by itself
        tab.wait("!!document.querySelector('.CodeMirror-hints')")
        assert "cp:Stage" in tab.js("document.querySelector('.CodeMirror-hints').innerText")
        tab.enter()
        tab.wait(editor + ".getValue().includes('PREFIX cp:')")  # the term itself is there as typed
        assert "cp:Stage" in tab.js(editor + ".getValue()")

    def test_counts_are_drawn_as_a_bar_chart(self, tab: Tab) -> None:
        tab.query(
            CP + "SELECT ?m (COUNT(?s) AS ?n) { ?s a cp:Statement ; cp:modality ?m } GROUP BY ?m ORDER BY ?m",
        )
        tab.choose("chart")
        tab.wait("document.querySelectorAll('.bars rect.bar').length > 5")
        assert "125" in tab.results

    def test_triples_are_drawn_as_a_graph(self, tab: Tab) -> None:
        tab.query(CP + "CONSTRUCT { ?b cp:inStage ?s } WHERE { ?b a cp:Box ; cp:inStage ?s } LIMIT 20")
        tab.choose("graph")
        tab.wait("document.querySelectorAll('svg.plot .node').length > 10")
        assert tab.js("document.querySelectorAll('.graph-list li').length") == 20

    def test_yes_or_no(self, tab: Tab) -> None:
        tab.query("ASK {}")
        assert "Yes" in tab.results

    def test_links_of_own_terms_lead_to_their_pages(self, tab: Tab) -> None:
        tab.query(CP + "SELECT ?s { ?s a cp:Stage } LIMIT 1")
        tab.js("document.querySelector('#results tbody a').dispatchEvent(new Event('focusin', {bubbles: true}))")
        assert "/term/?iri=" in tab.js("document.querySelector('#results tbody a').href")

    def test_error_is_shown(self, tab: Tab) -> None:
        tab.query("SELECT ?x WHERE {")
        assert "The query cannot be read" in tab.status
        assert tab.js("document.getElementById('status').classList.contains('failed')")

    def test_limit_is_shown(self, tab: Tab) -> None:
        tab.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }")
        assert "LRP_QUERY_" in tab.status

    def test_escape_leaves_the_editor(self, tab: Tab) -> None:
        tab.js("document.querySelector('#editor .CodeMirror').CodeMirror.focus()")
        tab.key("Escape", 27)
        assert tab.js("document.activeElement.id") == "run"

    def test_nothing_is_kept_in_the_browser(self, tab: Tab) -> None:
        tab.query("SELECT ('secret' AS ?x) {}")
        time.sleep(0.3)
        kept = tab.js("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
        assert "secret" not in kept

    def test_small_screens(self, tab: Tab, tmp_path: Path) -> None:
        tab.picture(tmp_path / "small.png", 360, 800)
        assert tab.js("document.documentElement.scrollWidth") <= 360
        assert (tmp_path / "small.png").stat().st_size > 5000


HOSTILE: list[Any] = [
    "SELECT ('<img src=x onerror=\"window.hit=1\">' AS ?x) {}",
    "SELECT ('<script>window.hit=1</script>' AS ?x) (1 AS ?n) {}",
    "SELECT (<javascript:window.hit=1> AS ?x) {}",
    "CONSTRUCT { <urn:a> <javascript:window.hit=1> '<svg onload=\"window.hit=1\">' } WHERE {}",
    "SELECT ('\"><img src=x onerror=window.hit=1>'@en AS ?x) {}",
    "SELECT (STRDT('<img src=x onerror=window.hit=1>', <https://example.org/<b>>) AS ?x) {}",
]


@needs_browser
@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_results_run_nothing(tab: Tab, query: str) -> None:
    tab.query(query)
    for view in ("table", "chart", "graph", "response"):
        tab.choose(view)
        time.sleep(0.1)
    for link in tab.js("[...document.querySelectorAll('#results a')].map(a => a.href)"):
        assert not link.startswith("javascript:") or not tab.js("window.hit")
    tab.js("[...document.querySelectorAll('#results a[href^=javascript]')].forEach(a => a.click())")
    time.sleep(0.1)
    assert tab.js("window.hit") is None
