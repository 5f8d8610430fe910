"""The Host header: an HTTP/1.1 request has exactly one, which is the name of a host (RFC 9112, section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lrp_kg.errors import WrongHost
from lrp_kg.web.problems import problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[\w.~%!$&'()*+;=-]+)(:[0-9]*)?", re.ASCII)
"""A name or address with or without a port. RFC 3986 lets a name have a comma too: the server puts one between two."""

_WRONG = "A request has one Host header, with the name of a host. Send one, such as guideline.example:8000."


class OneHost:
    """Rejects a request of HTTP/1.1 without a Host header or with several, and any in which it is no name of a host."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        host = environ.get("HTTP_HOST", "")
        if HOST.fullmatch(host) or (not host and environ.get("SERVER_PROTOCOL") != "HTTP/1.1"):
            return self._inner(environ, start_response)
        return problem(WrongHost.status, WrongHost.code, WrongHost.title, _WRONG)(environ, start_response)
