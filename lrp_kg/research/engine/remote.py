"""Queries answered by a SPARQL 1.1 endpoint elsewhere: `RemoteEngine`.

Those who outgrow one machine keep the same queries. Before a query is sent, a worker of this machine runs it over no
data: what is refused here is refused there, and what only some other servers understand (pragmas and functions that
fetch, say) never reaches them. A result is complete and readable before it is handed out.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import threading
import time
from typing import IO, Any

import pyoxigraph as ox

from lrp_kg.errors import NotAcceptable, QueryRefused, StoreError
from lrp_kg.guideline.named_graphs import ANSWERS, CLOSURE, GRAPHS, RECORDS
from lrp_kg.research.engine.endpoint import Endpoint, RemoteStoreFailed
from lrp_kg.research.engine.formats import GRAPHS as GRAPH_FORMATS
from lrp_kg.research.engine.formats import SOLUTIONS, check_passed_on, count, writable
from lrp_kg.research.engine.limits import limit_reached, slot
from lrp_kg.research.engine.model import BASE, CHUNK, Closing, Limits, Question, Reply
from lrp_kg.research.engine.pool import PoolEngine
from lrp_kg.research.engine.result_file import INLINE

FRESH = 5.0
"""Seconds for which the version of the remote dataset is remembered."""

UNION = (
    "The default graph of the remote store is the union of its named graphs, so that queries would mix records and "
    "answers with what follows from the ontology, and count things several times. Turn that off in the remote store, "
    "or use another one."
)

_RESULTS = "application/sparql-results+json"


class RemoteEngine(Closing):
    """Answers queries through an endpoint at ``url``; ``headers`` (credentials) go to that address only."""

    def __init__(self, url: str, *, limits: Limits | None = None, headers: dict[str, str] | None = None) -> None:
        self.url = url
        self.limits = limits or Limits()
        self._endpoint = Endpoint(url, self.limits, headers or {})
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
        """Return whether the remote dataset holds records; asked again only until it does."""
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

    def rows(self, query: str) -> list[dict[str, str]]:
        """Return the rows of a query of our own."""
        return self._ask(Question(query)).rows_as_text()

    # -- asking -----------------------------------------------------------------------------------

    def ask(self, question: Question) -> Reply:
        """Answer a query completely, or raise an `LrpError` that says why not."""
        with slot(self._slots, self.limits):
            checker = self.prepare()
            deadline = time.monotonic() + self.limits.seconds
            with checker.ask(question) as checked:
                self._check_graphs((*question.default_graphs, *question.named_graphs, *checked.graphs))
            return self._ask(question, deadline)

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
        deadline = deadline or time.monotonic() + self.limits.seconds
        kind, body = self._endpoint.post(fields, ", ".join(accept), deadline)
        try:
            return self._reply(question, kind, body)
        except BaseException:
            body.close()
            raise

    def _reply(self, question: Question, kind: str, body: IO[bytes]) -> Reply:
        """Check that a result is of a known format and whole, and give it in the format that was asked for."""
        if kind == "application/json":
            kind = _RESULTS
        if kind not in SOLUTIONS and kind not in GRAPH_FORMATS:
            raise RemoteStoreFailed(
                f"The remote store answered in the format {kind[:100]!r}, which is none of SPARQL's."
            )
        wanted = question.graph if kind in GRAPH_FORMATS else question.solutions
        if wanted is None:
            raise NotAcceptable("The result of this query has another form than the formats that were asked for.")
        try:
            rows = count(kind, body)
        except (SyntaxError, ValueError, OSError):
            raise RemoteStoreFailed("The answer of the remote store ends too early or is broken. Ask again.") from None
        if rows > self.limits.rows:
            raise limit_reached("limit-rows", self.limits)
        body.seek(0)
        form = "graph" if kind in GRAPH_FORMATS else "select"
        if kind != wanted:
            try:
                body = _converted(body, kind, wanted)
            except (SyntaxError, ValueError):
                raise RemoteStoreFailed("The answer of the remote store is broken. Ask again.") from None
        else:
            check_passed_on(kind, body)
        if form == "select" and _is_boolean(body, wanted):
            form = "ask"
        size = body.seek(0, io.SEEK_END)
        body.seek(0)
        if size > INLINE:
            return Reply(form, wanted, size, rows, body)
        with body:
            return Reply(form, wanted, size, rows, body.read())


def _is_boolean(body: IO[bytes], kind: str) -> bool:
    body.seek(0)
    head = body.read(4096)
    return b"boolean" in head and b"results" not in head if kind != "text/csv" else head in (b"true", b"false")


def _converted(body: IO[bytes], kind: str, wanted: str) -> IO[bytes]:
    """Return a result in another format of the same form."""
    out = tempfile.SpooledTemporaryFile(max_size=4 * CHUNK)  # noqa: SIM115 - handed on
    with writable(wanted, out) as target:
        if kind in GRAPH_FORMATS:
            triples: Any = (q.triple for q in ox.parse(input=body, format=GRAPH_FORMATS[kind], base_iri=BASE))
            ox.serialize(triples, output=target, format=GRAPH_FORMATS[wanted])
        else:
            results = ox.parse_query_results(input=body, format=SOLUTIONS[kind])
            results.serialize(output=target, format=SOLUTIONS[wanted])
    body.close()
    out.seek(0)
    return out
