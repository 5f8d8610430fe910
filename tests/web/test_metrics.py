"""``/metrics``: right figures after good, bad and hostile requests, and no word of what was sent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.web import application as web_application
from lrp_kg.web import create_app
from lrp_kg.web import metrics as web_metrics
from lrp_kg.web.metrics import FOLDER, Measured, MetricsError, counted_together
from lrp_kg.web.server import BoundedBodies

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

WORDS = ("zebra-crossing", "Jansens", "1984-11-03", "secret")
"""In requests of the tests, and never in what is counted."""


class Reading(FlaskClient):
    """A client that reads each answer to its end, as the service is then done with it."""

    def open(self, *args: Any, **options: Any) -> Any:
        return super().open(*args, buffered=True, **options)


@pytest.fixture
def app(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    pytest.importorskip("prometheus_client")
    monkeypatch.setattr(web_application, "GuidelineService", lambda folder=None: service)
    made = create_app({"GUIDELINE": None, "METRICS": True})
    made.wsgi_app = BoundedBodies(made.wsgi_app, 1)  # type: ignore[method-assign]
    made.test_client_class = Reading
    made.wsgi_app = Measured(made.wsgi_app, made.extensions["lrp_kg_figures"])  # type: ignore[method-assign]
    yield made
    made.extensions["lrp_kg_engines"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def parsed(text: str) -> Samples:
    """Return the samples of a text by name and labels, by the parser of the client library."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, /, **labels: str) -> float:
    return samples.get((f"lrp_kg_{name}", tuple(sorted(labels.items()))), 0)


def figures(client: FlaskClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [word for word in WORDS if word in answer.text]
    return parsed(answer.text)


def test_requests_are_counted_by_template_method_and_status(client: FlaskClient) -> None:
    client.post("/assess?lang=nl", json={"redFlags": "none"})
    client.post("/assess", json={"redFlags": "zebra-crossing", "patient": "Jansens"})
    client.post("/assess", data=b"{", content_type="application/json")
    client.get("/queries/secret.csv")
    client.get("/secret/Jansens?born=1984-11-03")
    client.open("/assess", method="ZEBRA-CROSSING")
    client.head("/health")
    found = figures(client)
    for labels, number in (
        ({"route": "/assess", "method": "POST", "status": "200"}, 1),
        ({"route": "/assess", "method": "POST", "status": "422"}, 1),
        ({"route": "/assess", "method": "POST", "status": "400"}, 1),
        ({"route": "/queries/{name}.csv", "method": "GET", "status": "404"}, 1),
        ({"route": "none", "method": "GET", "status": "404"}, 1),
        ({"route": "none", "method": "other", "status": "405"}, 1),
        ({"route": "/health", "method": "HEAD", "status": "200"}, 1),
    ):
        assert value(found, "requests_total", **labels) == number, labels
    assert value(found, "request_seconds_count", route="/assess", method="POST") == 3
    assert value(found, "request_seconds_bucket", route="/assess", method="POST", le="+Inf") == 3
    assert value(found, "requests_active", route="/assess") == 0
    assert value(found, "requests_active", route="/metrics") == 1
    assert value(found, "bodies_active") == 0
    again = figures(client)
    assert value(again, "requests_total", route="/metrics", method="GET", status="200") == 1


def test_errors_are_counted_by_code(client: FlaskClient, app: Flask) -> None:
    app.config["MAX_BODY"] = 100
    client.post("/assess", data=b" " * 101, content_type="application/json")
    client.post("/assess", data=b"{", content_type="application/json")
    client.post("/assess", data=b"{}", content_type="text/secret")
    client.get("/secret?Jansens=1")
    found = figures(client)
    for code in ("request-entity-too-large", "broken-json", "unsupported-media-type", "not-found"):
        assert value(found, "problems_total", code=code) == 1, code


def test_what_is_being_answered_is_counted(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()
    monkeypatch.setitem(app.view_functions, "assess.assess", lambda: (reading.set(), go_on.wait(20), "done")[2])
    slow = threading.Thread(target=lambda: app.test_client().post("/assess", json={}))
    slow.start()
    try:
        assert reading.wait(20)
        busy = client.post("/assess", json={})
        assert (busy.status_code, busy.get_json()["code"]) == (503, "busy")
        found = figures(client)
        assert value(found, "requests_active", route="/assess") == 1
        assert value(found, "bodies_active") == 1
    finally:
        go_on.set()
        slow.join()
    found = figures(client)
    assert value(found, "problems_total", code="busy") == 1
    assert value(found, "requests_total", route="none", method="POST", status="503") == 1
    assert value(found, "requests_active", route="/assess") == 0
    assert value(found, "bodies_active") == 0


def test_a_failure_of_the_service_is_counted(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise ValueError("secret")

    monkeypatch.setitem(app.view_functions, "pages.health", fail)
    assert client.get("/health").status_code == 500
    found = figures(client)
    assert value(found, "requests_total", route="/health", method="GET", status="500") == 1
    assert value(found, "problems_total", code="internal-error") == 1
    assert "secret" not in caplog.text


def test_what_is_served_and_its_memory_is_in_the_figures(
    client: FlaskClient, app: Flask, service: GuidelineService, ankle: GuidelineService
) -> None:
    found = figures(client)
    served = [labels for (name, labels), is_served in found.items() if name == "lrp_kg_guideline_info" and is_served]
    assert [dict(labels)["content"] for labels in served] == [service.guideline.content_hash]
    assert value(found, "limit", name="queries") == 8
    assert value(found, "resident_bytes_max", role="worker") > 10_000_000
    app.extensions["lrp_kg"] = ankle  # as after an edit
    found = figures(client)
    served = [labels for (name, labels), is_served in found.items() if name == "lrp_kg_guideline_info" and is_served]
    assert [dict(labels)["guideline"] for labels in served] == [ankle.guideline.id]


def test_figures_are_off_unless_asked_for(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_application, "GuidelineService", lambda folder=None: service)
    assert create_app({"GUIDELINE": None}).test_client().get("/metrics").status_code == 404


def test_the_library_and_a_folder_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_metrics, "find_spec", lambda name: None)
    with pytest.raises(MetricsError, match=r"Install lrp-kg\[metrics\]"), counted_together(1):
        pass
    monkeypatch.setattr(web_metrics, "find_spec", lambda name: name)
    monkeypatch.setenv(FOLDER, str(tmp_path / "missing"))
    with pytest.raises(MetricsError, match="No such file or directory"), counted_together(2):
        pass
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with counted_together(2):
        folder = Path(os.environ[FOLDER])
        assert folder.parent == tmp_path
    assert not folder.exists()


WORKER = """
import os, sys, types
from flask import Flask
from lrp_kg.web.metrics import Figures, Measured
app = Flask("app")
guideline = types.SimpleNamespace(id="g", version="1", content_hash="c")
app.extensions["lrp_kg"] = types.SimpleNamespace(guideline=guideline)
limits = types.SimpleNamespace(concurrent=8)
app.extensions["lrp_kg_engines"] = types.SimpleNamespace(limits=limits)
app.wsgi_app = Measured(app.wsgi_app, Figures(app))
app.add_url_rule("/die", "die", lambda: os._exit(1))
client = app.test_client()
for path in sys.argv[1:]:
    answer = client.get(path, buffered=True).text
print(answer)
"""
"""A worker without a guideline, which answers a few requests."""


def run_worker(folder: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    command: list[Any] = [sys.executable, "-c", WORKER, *paths]
    return subprocess.run(command, env=os.environ | {FOLDER: str(folder)}, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_workers_are_counted_together_also_those_that_have_died(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    assert run_worker(tmp_path, "/no", "/no", "/die").returncode == 1
    done = run_worker(tmp_path, "/no", "/metrics")
    assert done.returncode == 0, done.stderr
    found = parsed(done.stdout)
    assert value(found, "requests_total", route="none", method="GET", status="404") == 3
    assert value(found, "requests_active", route="/die") == 0, "what a dead worker was answering is still counted"
    assert value(found, "requests_active", route="/metrics") == 1
    assert value(found, "limit", name="queries") == 8
