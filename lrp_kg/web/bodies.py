"""What a body may be before the application reads it: not compressed, and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.http import parse_options_header

from lrp_kg.errors import LengthNeeded, UnsupportedEncoding
from lrp_kg.words import error as say
from lrp_kg.words import in_every_language

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SHOWS_ITS_END = {"application/json", "application/ld+json", "application/x-ndjson"}
"""Formats in which a body that is cut is not a body; others need a Content-Length."""


def has_body(environ: WSGIEnvironment) -> bool:
    """Return whether a request has a body, also if it states no length."""
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def register_bodies(app: Flask) -> None:
    """Refuse compressed bodies, and bodies that nobody could tell from cut ones."""

    @app.before_request
    def look_at_the_body() -> None:
        encodings = request.headers.get("Content-Encoding", "")
        others = [name for part in encodings.split(",") if (name := part.strip().lower()) and name != "identity"]
        if others:
            raise say(UnsupportedEncoding, "error-encoding", names=repr(", ".join(others)))
        if request.content_length is None and "Transfer-Encoding" in request.headers:
            name = parse_options_header(request.headers.get("Content-Type", ""))[0].lower()
            if name not in SHOWS_ITS_END:
                raise say(LengthNeeded, "error-length", name=name or in_every_language("a-body"))
