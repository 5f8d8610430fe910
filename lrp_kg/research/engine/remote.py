"""Queries answered by a SPARQL 1.1 endpoint elsewhere: `RemoteEngine`.

Those who outgrow one machine keep the same queries. Before a query is sent, a worker of this machine runs it over no
data: what is refused here is refused there, and what only some other servers understand (pragmas and functions that
fetch, say) never reaches them. A result is complete and readable before it is handed out.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import json
import socket
import ssl
import tempfile
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from lrp_kg.errors import Busy, LrpError, MalformedQuery, NotAcceptable, QueryRefused, StoreError
from lrp_kg.guideline.named_graphs import ANSWERS, CLOSURE, GRAPHS, RECORDS
from lrp_kg.research.engine.formats import GRAPHS as GRAPH_FORMATS
from lrp_kg.research.engine.formats import SOLUTIONS, count, writable
from lrp_kg.research.engine.model import BASE, CHUNK, Limits, Question, Reply, setting
from lrp_kg.research.engine.pool import PoolEngine, limit_reached
from lrp_kg.research.engine.result_file import INLINE

FRESH = 5.0
"""Seconds for which the version of the remote dataset is remembered."""

UNION = (
    "The default graph of the remote store is the union of its named graphs, so that queries would mix records and "
    "answers with what follows from the ontology, and count things several times. Turn that off in the remote store, "
    "or use another one."
)

_RESULTS = "application/sparql-results+json"
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
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{file} cannot be read as text: {type(error).__name__}.") from None
    if ":" in text:
        return {"Authorization": "Basic " + b64encode(text.encode()).decode()}
    return {"Authorization": f"Bearer {text}"}


class RemoteEngine:
    """Answers queries through an endpoint at ``url``; ``headers`` (credentials) go to that address only."""

    def __init__(self, url: str, *, limits: Limits | None = None, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise StoreError(f"{url!r} is no address of an endpoint. Write http(s)://host/path, without credentials.")
        self.url = url
        self.limits = limits or Limits()
        self._parts = parts
        self._headers = headers or {}
        self._slots = threading.BoundedSemaphore(self.limits.concurrent)
        self._version: tuple[float, str] = (0.0, "")
        self._known: tuple[str, frozenset[str]] = ("", frozenset())
        self._has_records = False
        self._lock = threading.Lock()
        self._checker: PoolEngine | None = None

    # -- the dataset ------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """What the newest load into the remote dataset is; looked up at most every few seconds."""
        moment, known = self._version
        if time.monotonic() - moment > FRESH or not known:
            query = (
                "PREFIX prov: <http://www.w3.org/ns/prov#> SELECT (MAX(?t) AS ?last) (COUNT(?t) AS ?n) "
                f"WHERE {{ GRAPH <{ANSWERS}> {{ ?a prov:endedAtTime ?t }} }}"
            )
            known = hashlib.sha256(self._ask(Question(query)).read()).hexdigest()[:16]
            self._version = (time.monotonic(), known)
        return known

    @property
    def has_records(self) -> bool:
        """Tell whether the remote dataset holds records; one that did is taken to do so still."""
        if not self._has_records:
            found = json.loads(self._ask(Question(f"ASK {{ GRAPH <{RECORDS}> {{ ?s ?p ?o }} }}")).read())
            self._has_records = found.get("boolean") is True
        return self._has_records

    def close(self) -> None:
        """End the workers that check queries."""
        with self._lock:
            checker, self._checker = self._checker, None
        if checker is not None:
            checker.close()

    def __enter__(self) -> RemoteEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, query: str) -> list[dict[str, str]]:
        """Return the rows of a query of our own."""
        data = json.loads(self._ask(Question(query)).read())
        return [{k: v["value"] for k, v in row.items()} for row in data["results"]["bindings"]]

    # -- asking -----------------------------------------------------------------------------------

    def ask(self, question: Question) -> Reply:
        """Answer a query completely, or raise an `LrpError` that says why not."""
        if not self._slots.acquire(blocking=False):
            raise Busy(
                f"{self.limits.concurrent} queries are running, which is as many as may run at once "
                f"(LRP_{setting('concurrent')}). Ask again in a moment."
            )
        try:
            checker = self.prepare()
            deadline = time.monotonic() + self.limits.seconds
            with checker.ask(question) as checked:
                self._check_graphs((*question.default_graphs, *question.named_graphs, *checked.graphs))
            return self._ask(question, deadline)
        finally:
            self._slots.release()

    def check_default_graph(self) -> None:
        """Raise `StoreError` where the default graph is the union of the named graphs: it shows what was inferred."""
        inferred = f"GRAPH <{CLOSURE}> {{ ?s ?p ?o }}"
        apart = f"SELECT ?s {{ {inferred} FILTER NOT EXISTS {{ ?s ?p ?o }} }} LIMIT 1"
        if not self.rows(apart) and self.rows(f"SELECT ?s {{ {inferred} }} LIMIT 1"):
            raise StoreError(UNION)

    def prepare(self) -> PoolEngine:
        """Return an engine over no data, started once: its workers can be killed whatever a query does to them."""
        with self._lock:
            if self._checker is None:
                self._checker = PoolEngine(limits=self.limits)
            return self._checker

    def _check_graphs(self, names: tuple[str, ...]) -> None:
        """Refuse graphs that the endpoint does not hold: it might fetch them."""
        unknown = [n for n in names if not n.startswith(GRAPHS) and n not in self._graphs()]
        if unknown:
            raise QueryRefused(
                f"The remote store does not list the graph {unknown[0]!r}, and might fetch it. Name one that it holds."
            )

    def _graphs(self) -> frozenset[str]:
        """Return the names of the graphs that the endpoint holds, asked again after every load."""
        version = self.version
        if self._known[0] != version:
            names = frozenset(row["g"] for row in self.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"))
            self._known = (version, names)
        return self._known[1]

    def _ask(self, question: Question, deadline: float | None = None) -> Reply:
        accept = [t for t in (question.solutions, question.graph) if t]
        if _RESULTS not in accept and question.solutions:
            accept.append(f"{_RESULTS};q=0.5")
        fields = [("query", question.text)]
        fields += [("default-graph-uri", g) for g in question.default_graphs]
        fields += [("named-graph-uri", g) for g in question.named_graphs]
        body = urlencode(fields).encode()
        deadline = deadline or time.monotonic() + self.limits.seconds
        status, kind, ended, spool = self._post(body, ", ".join(accept), deadline)
        if status != 200:
            raise self._failure(status, spool)
        if not ended and kind in _OPEN_ENDED:
            spool.close()
            raise RemoteStoreFailed(
                f"The remote store gives {kind} without its length, so that nobody can tell whether it is whole. "
                "Accept JSON or XML."
            )
        return self._reply(question, kind, spool)

    def _post(self, body: bytes, accept: str, deadline: float) -> tuple[int, str, bool, IO[bytes]]:
        """Return the status and the media type of an answer, whether it told where it ends, and its body."""
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
            connection.request("POST", path, body, headers)
            with connection.getresponse() as response:
                kind = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
                ended = bool(response.chunked) or response.length is not None
                return response.status, kind, ended, self._spool(response, deadline)
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

    def _spool(self, response: http.client.HTTPResponse, deadline: float) -> IO[bytes]:
        spool = tempfile.SpooledTemporaryFile(max_size=4 * CHUNK)  # noqa: SIM115 - handed on
        try:
            self._receive(response, deadline, spool)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool

    def _receive(self, response: http.client.HTTPResponse, deadline: float, spool: IO[bytes]) -> None:
        size = 0
        while part := response.read1(CHUNK):
            size += len(part)
            if size > self.limits.size:
                raise limit_reached("limit-size", self.limits)
            spool.write(part)
        if time.monotonic() >= deadline:
            raise limit_reached("limit-time", self.limits)  # then the end is that of the watch
        if response.length:
            raise http.client.IncompleteRead(b"")

    def _failure(self, status: int, spool: IO[bytes]) -> LrpError:
        reason = " ".join(spool.read(2000).decode("utf-8", "replace").split())[:500]
        spool.close()
        if status == 400:
            return MalformedQuery(f"The remote store cannot read the query: {reason}")
        if status == 406:
            return NotAcceptable("The remote store gives the result of this query in none of the accepted formats.")
        if status in (408, 504):
            return limit_reached("limit-time", self.limits)
        what = "asks for credentials" if status in (401, 403) else f"answered with status {status}"
        return RemoteStoreFailed(f"The remote store {what}. This is for the operator of this service to mend.")

    def _reply(self, question: Question, kind: str, spool: IO[bytes]) -> Reply:
        """Check that a result is of a known format and whole, and give it in the format that was asked for."""
        if kind == "application/json":
            kind = _RESULTS
        if kind not in SOLUTIONS and kind not in GRAPH_FORMATS:
            spool.close()
            raise RemoteStoreFailed(
                f"The remote store answered in the format {kind[:100]!r}, which is none of SPARQL's."
            )
        wanted = question.graph if kind in GRAPH_FORMATS else question.solutions
        if wanted is None:
            spool.close()
            raise NotAcceptable("The result of this query has another form than the formats that were asked for.")
        try:
            rows = count(kind, spool)
        except (SyntaxError, ValueError, OSError):
            spool.close()
            raise RemoteStoreFailed("The answer of the remote store ends too early or is broken. Ask again.") from None
        if rows > self.limits.rows:
            spool.close()
            raise limit_reached("limit-rows", self.limits)
        spool.seek(0)
        form = "graph" if kind in GRAPH_FORMATS else "select"
        if kind != wanted:
            try:
                spool = _converted(spool, kind, wanted)
            except (SyntaxError, ValueError):
                spool.close()
                raise RemoteStoreFailed("The answer of the remote store is broken. Ask again.") from None
        if form == "select" and _is_boolean(spool, wanted):
            form = "ask"
        size = spool.seek(0, io.SEEK_END)
        spool.seek(0)
        if size > INLINE:
            return Reply(form, wanted, size, rows, spool)
        with spool:
            return Reply(form, wanted, size, rows, spool.read())


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _is_boolean(spool: IO[bytes], kind: str) -> bool:
    spool.seek(0)
    head = spool.read(4096)
    return b"boolean" in head and b"results" not in head if kind != "text/csv" else head in (b"true", b"false")


def _converted(spool: IO[bytes], kind: str, wanted: str) -> IO[bytes]:
    """Return a result in another format of the same form."""
    out = tempfile.SpooledTemporaryFile(max_size=4 * CHUNK)  # noqa: SIM115 - handed on
    target = writable(wanted, out)
    if kind in GRAPH_FORMATS:
        triples: Any = (q.triple for q in ox.parse(input=spool, format=GRAPH_FORMATS[kind], base_iri=BASE))
        ox.serialize(triples, output=target, format=GRAPH_FORMATS[wanted])
    else:
        results = ox.parse_query_results(input=spool, format=SOLUTIONS[kind])
        results.serialize(output=target, format=SOLUTIONS[wanted])
    spool.close()
    out.seek(0)
    return out
