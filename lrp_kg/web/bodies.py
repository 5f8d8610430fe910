"""Bodies of requests, before the application reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def has_body(environ: WSGIEnvironment) -> bool:
    """Return whether a request has a body, also if it states no length."""
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
