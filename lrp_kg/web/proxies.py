"""What proxies in front say of a request: its client, its scheme and its host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SCHEME, _HOST = "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"


class OutermostSaid:
    """Reduces X-Forwarded-Proto and -Host to what the outermost of the trusted proxies said.

    A proxy adds to these headers, replaces them, or passes them on as they are: there can be fewer values than proxies.
    """

    def __init__(self, inner: WSGIApplication, proxies: int) -> None:
        self._inner = inner
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        for name in (_SCHEME, _HOST):
            said = environ.get(name, "").split(",")[-self._proxies :][0].strip()
            environ[name] = said.lower() if name == _SCHEME else said
        if environ[_SCHEME] not in ("http", "https"):
            environ[_SCHEME] = ""
        return self._inner(environ, start_response)


def believe(app: Flask, proxies: int) -> None:
    """Let an application believe its proxies, after everything else that changes requests is in place."""
    if proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=1, x_host=1, x_prefix=0)
        app.wsgi_app = OutermostSaid(fixed, proxies)  # type: ignore[method-assign]
