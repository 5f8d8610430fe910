"""Runs the application on Granian, a WSGI server; made once per worker, then frozen out of garbage collection."""

from __future__ import annotations

import gc
import socket

import click
from flask import Flask

from lrp_kg.web.application import create_app

THREADS = 24
"""Requests that a worker answers at once: more than queries may run, so that these never hold up the others."""


def make() -> Flask:
    """Make the application for a worker; a full collection with everything loaded would take 20 ms."""
    app = create_app()
    app.extensions["lrp_kg_engines"].prepare()
    gc.collect()
    gc.freeze()
    return app


def _is_free(host: str, port: int) -> bool:
    """Tell whether nothing listens: the server itself would share the port with an older one without a word."""
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

    click.echo(f"lrp-kg serves at http://{host}:{port}/ (stop with Ctrl+C)")
    Granian(
        "lrp_kg.web.server:make",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        factory=True,
        log_access=False,
        websockets=False,
    ).serve()
