"""Runs the application on Granian, a WSGI server; each worker creates it once, outside garbage collection."""

from __future__ import annotations

import ctypes
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from werkzeug.wsgi import ClosingIterator

from lrp_kg.answer.service import GuidelineService
from lrp_kg.effort import collect_seldom
from lrp_kg.errors import Busy, LrpError
from lrp_kg.linux import require_linux
from lrp_kg.web.application import create_app
from lrp_kg.web.bodies import has_body
from lrp_kg.web.host import OneHost
from lrp_kg.web.leaving import leave
from lrp_kg.web.listening import BACKLOG, listen, url
from lrp_kg.web.metrics import Measured, counted_together
from lrp_kg.web.problems import problem
from lrp_kg.web.reading import Reading
from lrp_kg.web.stream import STREAMED
from lrp_kg.web.supervisor import LEAVE, Ready, Supervisor, say

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 512
"""Requests that a worker answers at once: more than the limit of queries, so that queries never block the others."""

REST = 8 * 1024 * 1024
"""Bytes of a rejected body to drain, so that the client sees the error."""

ARENAS = 2
"""Pools of memory that all threads share: glibc would let each keep what it once needed, hundreds of megabytes."""

LARGE = 1024 * 1024
"""Bytes from which a block is returned to the system when it is freed.

Without this, glibc lets that grow to the largest block that was ever freed: then tens of megabytes, such as those of a
file that is read once, stay with a worker for good.
"""

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""The numbers of these settings for ``mallopt``."""

BODIES = 320
"""Requests with a body that a worker accepts at once, so that slow uploads never hold all threads."""


SWITCH = 0.0005
"""Seconds that a thread may run while another waits: a tenth of what Python allows, for those beside large bodies."""


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


def make(service: GuidelineService) -> Flask:
    """Create the application of a worker, and exempt it from garbage collection (a full one would take 20 ms).

    ``service`` is the guideline of the settings. Large bodies are read in other processes, unless the guideline may
    change; so this process may have no threads yet.
    """
    app = create_app(service=service)
    if not app.config["RELOAD"]:
        streams = app.extensions["lrp_kg_streams"]
        streams.reading = Reading(service, streams.effort)
    app.wsgi_app = BoundedBodies(OneHost(app.wsgi_app))  # type: ignore[method-assign]
    if "lrp_kg_figures" in app.extensions:
        figures = app.extensions["lrp_kg_figures"]
        figures.limits.labels("bodies").set(BODIES)
        app.wsgi_app = Measured(app.wsgi_app, figures)  # type: ignore[method-assign]
    app.extensions["lrp_kg_engines"].prepare()
    collect_seldom()
    return app


def return_memory() -> None:
    """Let this process, and those that it forks, return memory to the system where it can."""
    with suppress(AttributeError, OSError):  # only glibc has it, and needs it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, ARENAS)
        mallopt(_M_MMAP_THRESHOLD, LARGE)


def _work(ready: Ready, listener: socket.socket, service: GuidelineService) -> None:
    """Answer requests as a worker until it is asked to stop."""
    from granian._granian import SocketHolder
    from granian.constants import Interfaces, RuntimeModes
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    try:
        app = make(service)
    except LrpError as error:
        say(f"{error.title}: {error.message}", bad=True)
        raise SystemExit(1) from None
    sys.setswitchinterval(SWITCH)
    granian: Any = MPServer(
        "",
        interface=Interfaces.WSGI,
        runtime_mode=RuntimeModes.mt,
        blocking_threads=THREADS,
        backpressure=BACKLOG,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
    )
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    granian._shd, granian._sso = SocketHolder(listener.fileno(), False, BACKLOG), None  # type: ignore[call-arg]
    signal.signal(LEAVE, lambda _number, _frame: leave(app, listener))
    ready()
    threading.Thread(target=service.prepare_findings, name="findings", daemon=True).start()
    # What Granian's main process does in each worker that it starts; this process is one already
    granian._spawn_worker(0, granian._spawn_wsgi_worker, lambda: app).inner.run()


def run(
    host: str, port: int, prefix: str, workers: int, load: Callable[[], GuidelineService], *, metrics: bool = False
) -> int:
    """Serve until stopped, and return the exit code; log no request and no body.

    ``load`` gives the guideline, now and at each SIGHUP. Raise `LrpError` where the service cannot start.
    """
    require_linux()
    return_memory()
    with counted_together(workers) if metrics else nullcontext():
        served = [load()]
        listener = listen(host, port)

        def reload() -> bool:
            try:
                served[0] = load()
            except LrpError as error:
                say(f"{error.title}: {error.message}", bad=True)
                for finding in error.findings:
                    say(f"  {finding.where + ': ' if finding.where else ''}{finding.message} [{finding.name}]")
                say("What was served before goes on.", bad=True)
                return False
            say("The guideline and the tokens are loaded again.")
            return True

        def announce() -> None:
            with suppress(OSError, ValueError):
                click.echo(f"lrp-kg serves at {url(host, listener.getsockname()[1], prefix)} (stop with Ctrl+C)")

        def work(_number: int, ready: Ready) -> None:
            _work(ready, listener, served[0])

        return Supervisor(work, workers, announce=announce, reload=reload, stopping=listener.close).run()
