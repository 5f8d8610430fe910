"""The application in the process of a test, with a guideline that is already loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from lrp_kg import GuidelineService
from lrp_kg.errors import BeingPrepared
from lrp_kg.web import application, create_app


@contextmanager
def made(service: GuidelineService, *, queries: bool = True, **config: Any) -> Iterator[Flask]:
    """Create an application, and wait for its query engine unless the test asks no queries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "GuidelineService", lambda folder=None: service)
        app = create_app({"GUIDELINE": None, **config})
    engines = app.extensions["lrp_kg_engines"]
    end = time.monotonic() + 120
    while queries:  # the dataset is prepared once for all tests: its closure takes a while
        try:
            engines.get()
            break
        except BeingPrepared:
            assert time.monotonic() < end
    yield app
    engines.close()


class Quiet(WSGIRequestHandler):
    """A handler that prints nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the name is werkzeug's
        """Print nothing."""


@contextmanager
def in_a_thread(app: Flask) -> Iterator[str]:
    """Serve an application in a thread of the test; the value is its address."""
    with running(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as address:
        yield address


@contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """Run a server in a thread of the test; the value is its address."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
