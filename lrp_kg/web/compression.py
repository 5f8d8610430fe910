"""Responses compressed with gzip, for clients that accept it.

Compression beside a secret could leak it (BREACH) where somebody else chooses a part of the same response and sees its
length. Nothing does here: pages hold no secret, the cookie of a session is not sent with requests of other sites
(``SameSite=Strict``), and a token in a header is sent by the client itself.
"""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict

from flask import Response, request

from lrp_kg.web.negotiation import depends_on

SMALLEST = 1000
"""Bytes under which a response is sent as it is."""
LEVEL = 5
"""Of an answer of 29 kB a fifth is left, in 0.2 ms; level 9 takes twice as long for 1 % less."""
FILES = 64
"""Static files that are kept compressed."""
_TYPES = ("json", "xml", "javascript", "n-triples", "n-quads", "trig", "sparql-query")
"""How a media type ends, beside those of texts, whose content gets smaller."""


class Compression:
    """Compresses the responses of an application: all but streams, parts of a file, and what is small."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def compress(self, response: Response) -> Response:
        """Compress a response where that helps; one with an ETag then has a weak one, as its bytes are others."""
        accepted = request.accept_encodings
        wanted = accepted.quality("gzip") > 0 and accepted.quality("gzip") >= accepted.quality("identity")
        tag, _ = response.get_etag()
        if response.status_code == 304:
            if wanted and tag:
                response.set_etag(tag, weak=True)
            return response
        file = response.direct_passthrough
        length = response.content_length or 0
        if (
            response.status_code == 206
            or "Content-Encoding" in response.headers
            or not _shrinks(response.mimetype or "")
        ):
            return response
        if (response.is_streamed and not file) or (length if file else len(response.get_data())) < SMALLEST:
            return response
        depends_on("Accept-Encoding")
        if not wanted:
            return response
        content = self._file(response, tag) if file else gzip.compress(response.get_data(), LEVEL, mtime=0)
        response.set_data(content)
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
        if tag:
            response.set_etag(tag, weak=True)
        return response

    def _file(self, response: Response, tag: str | None) -> bytes:
        """Return a static file compressed, and remember it under its ETag."""
        key = (request.path, tag or "")
        with self._lock:
            found = self._files.get(key) if tag else None
        if found is None:
            response.direct_passthrough = False
            found = gzip.compress(response.get_data(), LEVEL, mtime=0)
            with self._lock:
                self._files[key] = found
                while len(self._files) > FILES:
                    self._files.popitem(last=False)
        else:
            response.direct_passthrough = False
            response.close()
        return found


def _shrinks(mimetype: str) -> bool:
    return mimetype.startswith("text/") or mimetype == "image/svg+xml" or mimetype.endswith(_TYPES)
