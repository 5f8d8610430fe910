"""One HTTP address that answers SPARQL queries: what it sends is whole, within the limits and in time, or an error."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlencode, urlsplit

from lrp_kg.errors import LrpError, MalformedQuery, NotAcceptable, StoreError, UnreadableFile
from lrp_kg.research.engine.limits import limit_reached
from lrp_kg.research.engine.model import CHUNK, Limits
from lrp_kg.text_files import read_text

_OPEN_ENDED = frozenset(("text/csv", "text/tab-separated-values", "application/n-triples", "text/turtle"))
"""Formats in which a part of a result reads like a whole one."""


class RemoteStoreFailed(StoreError):
    """The remote endpoint cannot be reached, or does not answer as a SPARQL endpoint does."""

    code = "remote-store"
    title = "The remote store failed"
    status = 502


def credentials(file: str | Path | None) -> dict[str, str]:
    """Return the header of a file that holds ``user:password``, or a bearer token alone."""
    if not file:
        return {}
    try:
        text = read_text(Path(file), secret=True).strip()
    except UnreadableFile as error:
        raise StoreError(f"{error.message} LRP_STORE_CREDENTIALS names {file}.") from None
    if not text or "\n" in text or not (":" in text or (text.isascii() and text.isprintable())):
        raise StoreError(f"{file} (LRP_STORE_CREDENTIALS) is not one line with user:password, or with a token.")
    if ":" in text:
        return {"Authorization": "Basic " + b64encode(text.encode()).decode()}
    return {"Authorization": f"Bearer {text}"}


class Endpoint:
    """The address of a remote store; ``headers`` (credentials) go to that address only."""

    def __init__(self, url: str, limits: Limits, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise StoreError(f"{url!r} is no address of an endpoint. Write http(s)://host/path, without credentials.")
        self.limits = limits
        self._parts = parts
        self._headers = headers

    def post(self, fields: Sequence[tuple[str, str]], accept: str, deadline: float) -> tuple[str, IO[bytes]]:
        """Return the media type and the body of an answer; raise an `LrpError` that says why there is none."""
        status, kind, ended, body = self._send(urlencode(fields).encode(), accept, deadline)
        if status != 200:
            raise self._failure(status, body)
        if not ended and kind in _OPEN_ENDED:
            body.close()
            raise RemoteStoreFailed(
                f"The remote store gives {kind} without its length, so it may be incomplete. Accept JSON or XML."
            )
        return kind, body

    def _send(self, sent: bytes, accept: str, deadline: float) -> tuple[int, str, bool, IO[bytes]]:
        """Return the status and the media type of an answer, whether it says where it ends, and its body."""
        parts = self._parts
        headers = {
            "Accept": accept,
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "lrp-kg",
            **self._headers,
        }
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                str(parts.hostname), parts.port, timeout=self.limits.seconds, context=context
            )
        else:
            connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=self.limits.seconds)
        watch = None
        try:
            connection.connect()
            # one that drips, its headers too, is never silent for long enough
            watch = threading.Timer(max(deadline - time.monotonic(), 0.001), _hang_up, (connection.sock,))
            watch.daemon = True
            watch.start()
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, sent, headers)
            with connection.getresponse() as response:
                kind = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
                ended = bool(response.chunked) or response.length is not None
                return response.status, kind, ended, self._body(response, deadline)
        except TimeoutError:
            raise limit_reached("limit-time", self.limits) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            if time.monotonic() >= deadline:
                raise limit_reached("limit-time", self.limits) from None
            raise RemoteStoreFailed(
                f"The remote store did not answer completely: {type(error).__name__}. Ask again; if it happens again, "
                "look at that server."
            ) from None
        finally:
            if watch is not None:
                watch.cancel()
            connection.close()

    def _body(self, response: http.client.HTTPResponse, deadline: float) -> IO[bytes]:
        body = tempfile.SpooledTemporaryFile(max_size=4 * CHUNK)  # noqa: SIM115 - handed on
        try:
            while part := response.read1(CHUNK):
                if body.tell() + len(part) > self.limits.size:
                    raise limit_reached("limit-size", self.limits)
                body.write(part)
            if time.monotonic() >= deadline:
                raise limit_reached("limit-time", self.limits)  # then the end is that of the watch
            if response.length:
                raise http.client.IncompleteRead(b"")
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def _failure(self, status: int, body: IO[bytes]) -> LrpError:
        reason = " ".join(body.read(2000).decode("utf-8", "replace").split())[:500]
        body.close()
        if status == 400:
            return MalformedQuery(f"The remote store cannot read the query: {reason}")
        if status == 406:
            return NotAcceptable("The remote store gives the result of this query in none of the accepted formats.")
        if status in (408, 504):
            return limit_reached("limit-time", self.limits)
        what = "asks for credentials" if status in (401, 403) else f"answered with status {status}"
        return RemoteStoreFailed(f"The remote store {what}. Ask the operator of this service to correct that.")


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
