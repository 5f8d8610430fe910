"""Runs the application on Granian, a WSGI server; each worker creates it once, outside garbage collection."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import threading
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click
from flask import Flask
from werkzeug.wsgi import ClosingIterator

from lrp_kg.errors import Busy
from lrp_kg.web.application import create_app
from lrp_kg.web.bodies import has_body
from lrp_kg.web.metrics import Measured, counted_together
from lrp_kg.web.problems import problem
from lrp_kg.web.stream import STREAMED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 512
"""Requests that a worker answers at once: more than the limit of queries, so that queries never block the others."""

KILL_SECONDS = 10
"""Seconds in which a worker can finish its requests when the service stops."""

REST = 8 * 1024 * 1024
"""Bytes of a rejected body to drain, so that the client sees the error."""

BODIES = 320
"""Requests with a body that a worker accepts at once, so that slow uploads never hold all threads."""


class BoundedBodies:
    """Limits concurrent requests with a body, and answers `Busy` over the limit; the others always have threads."""

    def __init__(self, inner: WSGIApplication, most: int = BODIES) -> None:
        self._inner = inner
        self._slots = threading.BoundedSemaphore(most)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS") and not has_body(environ):
            return self._inner(environ, start_response)
        if not self._slots.acquire(blocking=False):
            detail = "Too many requests are being sent at once. Send this one again in a moment."
            return problem(Busy.status, Busy.code, Busy.title, detail, headers=Busy.headers)(environ, start_response)
        held = False
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)  # werkzeug then notices where less arrives than was announced
        try:
            answer = self._inner(environ, start_response)
            if environ.get(STREAMED):
                held = True
                return ClosingIterator(answer, self._slots.release)
            _drain(environ)
            return answer
        finally:
            if not held:
                self._slots.release()


def _drain(environ: WSGIEnvironment) -> None:
    """Read the rest of a body that was rejected early: a client that is still sending would not see the answer."""
    left = REST
    while left > 0 and (part := environ["wsgi.input"].read(min(left, 65536))):
        left -= len(part)


def make() -> Flask:
    """Create the application of a worker, and exempt it from garbage collection (a full one would take 20 ms)."""
    _listen_to_the_main_process()
    app = create_app()
    app.wsgi_app = BoundedBodies(app.wsgi_app)  # type: ignore[method-assign]
    if "lrp_kg_figures" in app.extensions:
        figures = app.extensions["lrp_kg_figures"]
        figures.limits.labels("bodies").set(BODIES)
        app.wsgi_app = Measured(app.wsgi_app, figures)  # type: ignore[method-assign]
    app.extensions["lrp_kg_engines"].prepare()
    gc.collect()
    gc.freeze()
    return app


def _listen_to_the_main_process() -> None:
    """End at once on SIGTERM from the main process.

    Until it serves, a worker has the signal handlers of the main process, which only record a signal: a worker that
    is still loading would never end. Ctrl+C reaches every process of a terminal; the main process then ends workers.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _is_free(host: str, port: int) -> bool:
    """Return whether the port is free; Granian itself would silently share it with an older server."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def run(host: str, port: int, workers: int, *, metrics: bool = False) -> None:
    """Serve until interrupted; print the address, and log no request and no body.

    Raise `MetricsError` if ``metrics`` are asked for and cannot be had.
    """
    with counted_together(workers) if metrics else nullcontext():
        _run(host, port, workers)


def _run(host: str, port: int, workers: int) -> None:
    if not _is_free(host, port):
        click.secho(
            f"Port {port} of {host} is in use. Stop the program that uses it, or choose another --port.",
            err=True,
            fg="red",
        )
        raise SystemExit(2)
    from granian import Granian
    from granian.constants import Interfaces

    # Granian warns about many threads, but most of these only wait for slow uploads
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    click.echo(f"lrp-kg serves at http://{host}:{port}/ (stop with Ctrl+C)")
    Granian(
        "lrp_kg.web.server:make",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        workers_kill_timeout=KILL_SECONDS,
        factory=True,
        log_access=False,
        websockets=False,
    ).serve()
