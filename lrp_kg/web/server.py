"""Runs the application on Granian, a WSGI server; made once per worker, then frozen out of garbage collection."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from flask import Flask

from lrp_kg.errors import Busy
from lrp_kg.web.application import create_app
from lrp_kg.web.problems import problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 512
"""Requests that a worker answers at once: more than queries may run, so that these never hold up the others."""

KILL_SECONDS = 10
"""Seconds that a worker has to end by itself when the service is stopped, for the answers under way."""

REST = 8 * 1024 * 1024
"""Bytes of a refused body that are still taken, so that its sender reads why."""

BODIES = 320
"""Requests with a body that a worker takes at once: whoever sends one slowly holds a thread, and never all of them."""


class BoundedBodies:
    """Answers that it is busy where too many requests with a body are under way; the others always have threads."""

    def __init__(self, inner: WSGIApplication, most: int = BODIES) -> None:
        self._inner = inner
        self._slots = threading.BoundedSemaphore(most)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS") and not _has_body(environ):
            return self._inner(environ, start_response)
        if not self._slots.acquire(blocking=False):
            detail = "Too many requests are being sent at once. Send this one again in a moment."
            return problem(Busy.status, Busy.code, Busy.title, detail, headers=Busy.headers)(environ, start_response)
        try:
            answer = self._inner(environ, start_response)
            _take_the_rest(environ)
            return answer
        finally:
            self._slots.release()


def _take_the_rest(environ: WSGIEnvironment) -> None:
    """Read what is left of a body that was refused early: a client that is still sending would not see the answer."""
    left = REST
    while left > 0 and (part := environ["wsgi.input"].read(min(left, 65536))):
        left -= len(part)


def _has_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def make() -> Flask:
    """Make the application for a worker; a full collection with everything loaded would take 20 ms."""
    _listen_to_the_main_process()
    app = create_app()
    app.wsgi_app = BoundedBodies(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["lrp_kg_engines"].prepare()
    gc.collect()
    gc.freeze()
    return app


def _listen_to_the_main_process() -> None:
    """End at once where the main process says so: until it serves, a worker has the handlers that it was forked with.

    These only take note of a signal, so a worker that gets one while it loads would never end. Ctrl+C
    reaches every process of a terminal; the main process then ends its workers.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _is_free(host: str, port: int) -> bool:
    """Say whether nothing listens: the server itself would share the port with an older one without a word."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def run(host: str, port: int, workers: int) -> None:
    """Serve until interrupted; says where, and logs no request and no body."""
    if not _is_free(host, port):
        click.secho(
            f"Port {port} of {host} is taken. Stop what listens there, or choose another --port.", err=True, fg="red"
        )
        raise SystemExit(2)
    from granian import Granian
    from granian.constants import Interfaces

    # the number of threads is meant: most of them would only wait for slow senders
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
