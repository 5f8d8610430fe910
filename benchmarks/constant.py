"""The server to compare with: a Flask application with the same server settings that answers a constant.

It does not even read the request body, so that all a service could save is left out.
"""

from __future__ import annotations

import gc
import os
import sys

from flask import Flask, Response


def make() -> Flask:
    """Make the application; ``/0``, ``/1`` ... answer bodies of the sizes in ``CONSTANT_SIZES``."""
    app = Flask(__name__)
    bodies = [b'"' + b"x" * (int(size) - 2) + b'"' for size in os.environ["CONSTANT_SIZES"].split(",")]

    @app.post("/<int:number>")
    def constant(number: int) -> Response:
        return Response(bodies[number], mimetype="application/json")

    @app.get("/health")
    def health() -> Response:
        return Response(b"ok")

    gc.collect()
    gc.freeze()
    return app


def main() -> None:
    from granian import Granian
    from granian.constants import Interfaces

    port, workers = int(sys.argv[1]), int(sys.argv[2])
    Granian(
        "constant:make",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        factory=True,
        log_access=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
