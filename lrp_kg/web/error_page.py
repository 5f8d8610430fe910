"""Errors as pages for people: what happened and what to do, in words of theirs; what programs get is folded."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from lrp_kg.web.html import html
from lrp_kg.web.negotiation import depends_on, without_parameters

PROBLEM = "application/problem+json"

_REQUEST = ("failed-request", "failed-request-do")
_SAID: Mapping[int, tuple[str, str]] = {
    401: ("failed-token", "failed-token-do"),
    404: ("failed-missing", "failed-missing-do"),
    405: ("failed-method", "failed-method-do"),
    409: ("failed-records", "failed-records-do"),
    413: ("failed-size", "failed-size-do"),
    422: ("failed-record", "failed-record-do"),
    429: ("failed-attempts", "failed-attempts-do"),
    500: ("failed-service", "failed-service-do"),
    503: ("failed-limit", "failed-limit-do"),
}
"""The phrases of a status: what happened, and what to do."""


def wants_page() -> bool:
    """Return whether the sender of the request reads pages rather than problems: what a browser opens, no script."""
    depends_on("Accept")
    accept = without_parameters(request.accept_mimetypes)
    return "fragment" not in request.args and accept.quality("text/html") > accept.quality(PROBLEM)


def error_page(status: int, code: str, detail: str, lang: str, headers: Mapping[str, str]) -> Response:
    """Return an error as a page."""
    what, do = _SAID.get(status) or (_SAID[500] if status >= 500 else _REQUEST)
    return html(
        "error.html", lang, status=status, headers=headers, number=status, code=code, detail=detail, what=what, do=do
    )
