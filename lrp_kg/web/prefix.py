"""The path under which a proxy shows the service, such as ``/lrp`` of ``https://hospital.example/lrp/``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from lrp_kg.errors import WrongPrefix
from lrp_kg.web.problems import problem
from lrp_kg.web.settings import prefix_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "HTTP_X_FORWARDED_PREFIX"


class UnderPrefix:
    """Takes the prefix of the setting or, if there is none, of the trusted proxies off the path of a request.

    A proxy may send the path with the prefix or without it, unless the prefix begins with an address of the service
    (``own``: the first parts of those): such a one is only taken from a proxy, and counts as taken off.
    """

    def __init__(self, inner: WSGIApplication, prefix: str, proxies: int, own: Iterable[str]) -> None:
        self._inner = inner
        self._prefix = prefix
        self._proxies = proxies
        self._own = frozenset(own)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            prefix = self._prefix or self._forwarded(environ.get(HEADER, ""))
        except WrongPrefix as error:
            return problem(error.status, error.code, error.title, error.message)(environ, start_response)
        if prefix:
            path = environ.get("PATH_INFO", "")
            if f"{path}/".startswith(f"{prefix}/") and first_part(prefix) not in self._own:
                path = path[len(prefix) :]
            environ["SCRIPT_NAME"] = prefix
            environ["PATH_INFO"] = path or "/"
        return self._inner(environ, start_response)

    def _forwarded(self, header: str) -> str:
        """Return what the trusted proxies took off, the outermost first; what came before them does not count."""
        if not self._proxies or not header:
            return ""
        try:
            return "".join(map(prefix_of, header.split(",")[-self._proxies :]))
        except WrongPrefix as error:
            raise WrongPrefix(f"X-Forwarded-Prefix: {error.message} The proxy sets this header.") from None


def put_under(app: Flask, prefix: str, proxies: int) -> None:
    """Let an application with all its addresses answer under a prefix; raise `WrongPrefix` if it cannot."""
    chosen = prefix_of(prefix)
    own = {first_part(rule.rule) for rule in app.url_map.iter_rules()} - {""} | {"metrics"}
    if first_part(chosen) in own:
        raise WrongPrefix(f"{chosen} begins with an address of the service, /{first_part(chosen)}. Choose another.")
    app.after_request(_redirect_by_path)
    app.wsgi_app = UnderPrefix(app.wsgi_app, chosen, proxies, own)  # type: ignore[method-assign]


def _redirect_by_path(response: Response) -> Response:
    """Redirect by path alone: the proxy may have another name than the one in the request."""
    target = response.headers.get("Location", "")
    if target.startswith(request.host_url):
        response.headers["Location"] = target.removeprefix(request.host_url[:-1])
    return response


def first_part(path: str) -> str:
    """Return the first part of a path."""
    return path.lstrip("/").partition("/")[0]
