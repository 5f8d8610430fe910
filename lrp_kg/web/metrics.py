"""Figures for Prometheus at ``/metrics``, off by default: of an address only its template, of a record nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from flask import Flask, Response, request
from werkzeug.wsgi import ClosingIterator

from lrp_kg import __version__
from lrp_kg.answer.service import GuidelineService
from lrp_kg.errors import LrpError
from lrp_kg.web.bodies import has_body
from lrp_kg.web.processes import Processes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from prometheus_client import CollectorRegistry

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the client library finds the files that several processes count in."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Bounds of the buckets of durations."""

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH")
NO_ROUTE = "none"
"""In place of a template: no address of the service, a method that it does not have, or refused before it was read."""

ROUTE = "lrp_kg.route"
"""In the environment of a request: the template of its address."""


class MetricsError(LrpError):
    """Metrics are asked for and cannot be had."""

    code = "metrics-not-available"
    title = "Metrics cannot be served"


@contextmanager
def counted_together(workers: int) -> Iterator[None]:
    """Let several workers count in files of a temporary folder; one counts in its memory.

    Raise `MetricsError` where the client library is missing or no folder can be written.
    """
    if find_spec("prometheus_client") is None:
        raise MetricsError("The package prometheus-client is not installed. Install lrp-kg[metrics].")
    parent = os.environ.pop(FOLDER, None)
    if workers == 1:
        yield
        return
    try:
        folder = tempfile.mkdtemp(prefix="lrp-kg-metrics-", dir=parent)
    except OSError as error:
        where = f"{parent} ({FOLDER})" if parent else "no temporary folder (TMPDIR)"
        raise MetricsError(
            f"Several workers count in files, and {where} can be written: {error.strerror}. "
            "Name a folder that can be written, or serve with one worker."
        ) from None
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Figures:
    """What an application counts, and its answer to ``/metrics``."""

    def __init__(self, app: Flask) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

        disable_created_metrics()  # they double what is sent
        self.app = app
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry, "namespace": "lrp_kg"}
        by = ("route", "method", "status")
        self.requests = Counter("requests", "Requests answered.", by, **own)
        self.seconds = Histogram(
            "request_seconds", "Time until the last byte of an answer.", ("route", "method"), buckets=SECONDS, **own
        )
        self.problems = Counter(
            "problems", "Errors answered, by code; those of limits are named for them.", ("code",), **own
        )
        self.active = Gauge(
            "requests_active", "Requests being answered.", ("route",), multiprocess_mode="livesum", **own
        )
        self.bodies = Gauge("bodies_active", "Requests with a body.", multiprocess_mode="livesum", **own)
        self.limits = Gauge("limit", "Limits of each worker.", ("name",), multiprocess_mode="livemax", **own)
        about = ("package", "guideline", "version", "content")
        self.serving = Gauge("guideline_info", "1 for what is served.", about, multiprocess_mode="livemax", **own)
        self._described: tuple[str, ...] | None = None
        self.describe()
        self.limits.labels("queries").set(app.extensions["lrp_kg_engines"].limits.concurrent)
        app.before_request(self._begin)
        app.add_url_rule("/metrics", "metrics", self.answer)

    def describe(self) -> None:
        """Say which guideline is served; one that was served before it has 0 from now on."""
        service = cast(GuidelineService, self.app.extensions["lrp_kg"])
        guideline = service.guideline
        labels = (__version__, guideline.id, guideline.version, guideline.content_hash)
        if labels != self._described:
            if self._described:
                self.serving.labels(*self._described).set(0)
            self.serving.labels(*labels).set(1)
            self._described = labels

    def _begin(self) -> None:
        self.describe()
        if request.url_rule is not None:
            self.begun(request.environ, template(request.url_rule.rule))

    def begun(self, environ: WSGIEnvironment, route: str) -> None:
        """Count a request to the address of a template as one that is being answered."""
        environ[ROUTE] = route
        self.active.labels(route).inc()

    def answer(self) -> Response:
        """Answer ``/metrics``: the figures of all workers, in the text format of Prometheus."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

        folder = os.environ.get(FOLDER)
        shown: CollectorRegistry = self.registry
        memory = CollectorRegistry()
        memory.register(cast(Any, Processes()))
        if folder:
            for file in Path(folder).glob("gauge_live*_*.db"):
                pid = int(file.stem.rpartition("_")[2])
                if not Path(f"/proc/{pid}").exists():
                    mark_process_dead(pid, folder)
            shown = CollectorRegistry()
            MultiProcessCollector(shown, folder)
        return Response(
            generate_latest(shown) + generate_latest(memory),
            headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST},
        )


class Measured:
    """Counts and times the requests of an application."""

    def __init__(self, inner: WSGIApplication, figures: Figures) -> None:
        self._inner = inner
        self._figures = figures

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        begun: list[Any] = ["500", ""]

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            begun[:] = line[:3], next((v for k, v in headers if k.lower() == "content-type"), "")
            return start_response(line, headers, *error)

        sent = has_body(environ)
        if sent:
            self._figures.bodies.inc()
        end = partial(self._end, environ, begun, time.perf_counter(), sent)
        try:
            parts = self._inner(environ, start)
            if begun[1].startswith("application/problem+json"):
                parts = self._read(parts)
        except BaseException:
            end()
            raise
        return ClosingIterator(parts, end)

    def _read(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        """Count a problem, and return it again."""
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        if body:  # a HEAD request has none
            self._figures.problems.labels(orjson.loads(body)["code"]).inc()
        return [body]

    def _end(self, environ: WSGIEnvironment, begun: list[Any], start: float, sent: bool) -> None:
        figures = self._figures
        route = environ.get(ROUTE)
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "other"
        if route is not None:
            figures.active.labels(route).dec()
        if sent:
            figures.bodies.dec()
        figures.requests.labels(route or NO_ROUTE, method, begun[0]).inc()
        figures.seconds.labels(route or NO_ROUTE, method).observe(time.perf_counter() - start)


def template(rule: str) -> str:
    """Return the template of an address: ``/queries/{name}.csv``."""
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule)
