"""Runs the application on Granian, a WSGI server; made once per worker, then frozen out of garbage collection."""

from __future__ import annotations

import gc

import click
from flask import Flask

from lrp_kg.web.application import create_app


def make() -> Flask:
    """Make the application for a worker; a full collection with everything loaded would take 20 ms."""
    app = create_app()
    gc.collect()
    gc.freeze()
    return app


def run(host: str, port: int, workers: int) -> None:
    """Serve until interrupted; says where, and logs no request and no body."""
    from granian import Granian
    from granian.constants import Interfaces

    click.echo(f"lrp-kg serves at http://{host}:{port}/ (stop with Ctrl+C)")
    Granian(
        "lrp_kg.web.server:make",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        factory=True,
        log_access=False,
        websockets=False,
    ).serve()
