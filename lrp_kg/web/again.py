"""Requests that differ from an earlier one in their body only: the record is answered, and the rest is known.

What an address, its parameters and its headers ask for is worked out by Flask, its views and its hooks, and takes
longer than most answers. It depends on nothing else, so it is remembered: `AskedAgain` reads the next such body, has
the view's own function answer it and sends the headers that the first response had. Whatever is not a plain answer,
such as a record that is not valid, goes the whole way, and none of the work is done twice.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from lrp_kg.web.compression import LEVEL, SMALLEST
from lrp_kg.web.metrics import ROUTE
from lrp_kg.web.reading import LARGE, one_record
from lrp_kg.web.repeats import Repeats

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from lrp_kg.record.model import RawRecord
    from lrp_kg.record.read import RecordReader
    from lrp_kg.web.stream import Stream

REMEMBERED = 200
"""Kinds of requests that are remembered; beyond it all are forgotten."""

RAISED = "lrp_kg.raised"
"""In the environment of a request: the error with which the work on its record ended."""

_ASKED = "lrp_kg.asked"
_OF_REQUEST = (
    *("PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "CONTENT_TYPE"),
    *("wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"),
)
_NO_MATTER = frozenset(
    f"HTTP_{name}"
    for name in ("USER_AGENT", "CONNECTION", "CONTENT_LENGTH", "X_REQUEST_ID", "TRACEPARENT", "TRACESTATE", "PRIORITY")
)
"""Headers on which no response with an answer depends."""
_WHOLE_WAY = frozenset(("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_RANGE"))
"""Headers with which a request always goes the whole way."""


@dataclass
class Asked:
    """What a request asks for: the function that answers a record, and the headers, by whether the answer is small."""

    respond: Callable[[RawRecord], bytes]
    kind: str
    addresses: Collection[str]
    size: int
    number: int = field(default_factory=count().__next__)
    route: str | None = None
    headers: dict[bool, list[tuple[str, str]]] = field(default_factory=dict)
    zipped: bool = False


def answered(respond: Callable[[RawRecord], bytes], raw: RawRecord, kind: str, addresses: Collection[str]) -> bytes:
    """Return the answer to the only record of a request, and note how to answer the next one like it."""
    answer = respond(raw)
    request.environ[_ASKED] = Asked(respond, kind, addresses, len(answer))
    return answer


class AskedAgain:
    """Answers requests of which all but the body is known, and remembers what others ask for."""

    def __init__(
        self,
        app: Flask,
        reader: RecordReader,
        streams: Stream,
        begun: Callable[[WSGIEnvironment, str], None] | None,
        repeats: Repeats | None,
    ) -> None:
        self._inner: WSGIApplication = app.wsgi_app
        self._config = app.config
        self._reader = reader
        self._streams = streams
        self._begun = begun
        self._repeats = repeats
        self._known: dict[tuple[Any, ...], Asked] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        key = _key(environ)
        if key is None:
            return self._inner(environ, start_response)
        asked = self._known.get(key)
        if asked is not None and int(environ["CONTENT_LENGTH"]) <= self._config["MAX_BODY"]:
            found = self._answer(asked, environ)
            if found is not None:
                headers, content = found
                if self._begun and asked.route:
                    self._begun(environ, asked.route)
                start_response("200 OK", headers)
                return [content]
        return self._inner(environ, self._noting(key, environ, start_response))

    def _answer(self, asked: Asked, environ: WSGIEnvironment) -> tuple[list[tuple[str, str]], bytes] | None:
        """Return headers and content of the answer; ``None`` where the request is to go the whole way."""
        sent = _body(environ)
        environ["wsgi.input"] = io.BytesIO(sent)
        if len(sent) != int(environ["CONTENT_LENGTH"]):
            return None

        def work() -> bytes:
            with self._streams.alone():
                return asked.respond(one_record(self._reader, sent, asked.kind, asked.addresses))

        try:
            content = self._repeats.answer(asked.number, sent, work) if self._repeats else work()
        except Exception as error:  # noqa: BLE001 - raised again by the view, whose handlers know it
            environ[RAISED] = error
            return None
        headers = asked.headers.get(len(content) < SMALLEST)
        if headers is None:
            return None
        if asked.zipped and len(content) >= SMALLEST:
            content = gzip.compress(content, LEVEL, mtime=0)
        return [*headers, ("Content-Length", str(len(content)))], content

    def _noting(self, key: tuple[Any, ...], environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
        """Return what begins a response and remembers its headers, if it is an answer."""

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            asked: Asked | None = environ.pop(_ASKED, None)
            if asked and line == "200 OK" and not error:
                self._note(key, asked, headers, environ)
            return start_response(line, headers, *error)

        return start

    def _note(
        self, key: tuple[Any, ...], asked: Asked, headers: list[tuple[str, str]], environ: WSGIEnvironment
    ) -> None:
        said = {name.lower(): value for name, value in headers}
        if "set-cookie" in said or said.get("content-encoding", "gzip") != "gzip":
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        known = self._known.get(key, asked)
        small = asked.size < SMALLEST
        known.headers[small] = [(name, value) for name, value in headers if name.lower() != "content-length"]
        known.route = environ.get(ROUTE)
        known.zipped = known.zipped or "content-encoding" in said
        self._known[key] = known


def _key(environ: WSGIEnvironment) -> tuple[Any, ...] | None:
    """Return all of a request that its answer can depend on beside the body; ``None`` where there may be more."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ["REQUEST_METHOD"] != "POST" or not (length.isdecimal() and length.isascii()) or int(length) >= LARGE:
        return None
    found = [environ.get(name) for name in _OF_REQUEST]
    for name, value in environ.items():
        if name.startswith("HTTP_") and name not in _NO_MATTER:
            if name in _WHOLE_WAY:
                return None
            found += (name, value)
    return tuple(found)


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, or what there is of it."""
    left = int(environ["CONTENT_LENGTH"])
    parts = []
    while left > 0 and (part := environ["wsgi.input"].read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
