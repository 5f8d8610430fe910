"""Requests from pages of other origins (CORS): every address takes them, but never with the cookie of a session.

An address that needs a token takes it in `Authorization`, which a page of another origin has to know; no response
allows credentials, so that browsers send no cookie and show the page nothing that a cookie would open.
"""

from __future__ import annotations

from flask import Response, request

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, ETag, Lrp-Guideline, Retry-After, WWW-Authenticate",
}
"""Headers of every response."""

_TAKEN = {
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


def preflight() -> Response | None:
    """Answer the request by which a browser asks whether a page may send the real one; that one gets any error."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    rule = request.url_rule
    methods = sorted((rule.methods if rule else None) or ("GET", "HEAD", "OPTIONS", "POST"))
    return Response(status=204, headers=_TAKEN | {"Access-Control-Allow-Methods": ", ".join(methods)})


def open_to_all(response: Response) -> Response:
    """Let pages of other origins read the response."""
    response.headers.update(OPEN)
    return response
