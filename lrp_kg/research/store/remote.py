"""Loads records into a remote store, by SPARQL updates.

Batches go into graphs of this load alone. One last update request moves them to where readers look, so that readers
see all of a load or nothing of it as far as the remote store carries out one request as a whole. After an
interruption the same load begins again with its own graphs cleared; nothing of it was visible. A load notes that it is
at work; another one is refused until that note is old.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.errors import LrpError, StoreError
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS, CLOSURE, GRAPHS
from lrp_kg.namespaces import DCTERMS, PROV
from lrp_kg.research.engine.model import Limits
from lrp_kg.research.engine.remote import RemoteEngine
from lrp_kg.research.store.deriving import Job, batches, derive
from lrp_kg.research.store.loading import Fates, Report, read_items
from lrp_kg.research.store.making import Progress, Source, told_of
from lrp_kg.research.store.quads import RECORD_DIGEST, ROOT, activity_lines
from lrp_kg.research.store.snapshot import content_of, guideline_snapshot

LINES = 5000
"""Lines of N-Quads in one update request."""

STAGING = f"{GRAPHS}staging/"
WORK = f"{GRAPHS}work"
"""The graph in which loads note when they last did something, by the clock of the remote store."""
ABOUT = f"{GRAPHS}about"
"""The graph that says which content of which guideline the closure is of."""
PATIENCE = timedelta(minutes=10)
"""Time after which a load that did nothing counts as broken off."""

UNION = (
    "The default graph of the remote store is the union of its named graphs, so that queries would mix records and "
    "answers with what follows from the ontology, and count things several times. Turn that off in the remote store, "
    "or use another one."
)


def check_default_graph(remote: RemoteEngine, said: str = f"<{CLOSURE}> <{DCTERMS}identifier>") -> None:
    """Raise `StoreError` where the default graph shows what stands in a named graph alone: subject and property."""
    if remote.rows(f"SELECT ?o {{ {said} ?o }}"):
        raise StoreError(UNION)


def load_remote(
    guideline: Guideline,
    query_url: str,
    update_url: str | None,
    sources: Sequence[Source],
    *,
    headers: dict[str, str] | None = None,
    progress: Progress = lambda _what, _count: None,
) -> Report:
    """Load files into a remote store; records that are stored with other values are refused."""
    if not update_url:
        raise StoreError(
            "A remote store is loaded by SPARQL updates. Say where it takes them: --update-url or LRP_UPDATE_URL."
        )
    limits = Limits(seconds=300.0)
    remote = RemoteEngine(query_url, limits=limits, headers=headers)
    target = RemoteEngine(update_url, limits=limits, headers=headers)
    report = Report()
    work = _Work(remote, target, _name(guideline, sources))
    work.begin()
    try:
        _guideline(guideline, remote, target, progress)
        _load(guideline, sources, remote, target, work, report, progress)
    finally:
        work.end()
    report.generation = remote.version
    report.records = _records(remote)
    return report


def _load(
    guideline: Guideline,
    sources: Sequence[Source],
    remote: RemoteEngine,
    target: RemoteEngine,
    work: _Work,
    report: Report,
    progress: Progress,
) -> None:
    fates = Fates(lambda assessment: _digest(remote, assessment), replace=False, can_replace=False)
    activity = f"{ROOT}load/{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{work.name[:12]}"
    staging = f"{STAGING}{work.name}/"
    job = Job(guideline.folder, activity)
    count = 0
    graphs: set[str] = set()
    for batch in derive(job, batches(read_items(guideline, sources))):
        work.go_on()
        lines = _lines(batch.results)
        for derived in batch.items:
            told = told_of(derived)
            fates.decide(told)
            if told["fate"] == "stored":
                report.stored += 1
                lines += _lines(derived.lines)
            elif told["fate"] == "unchanged":
                report.unchanged += 1
            else:
                report.rejected.append(told)
        graphs |= _insert(target, lines, staging)
        count += len(batch.items)
        progress("derive", count)
    if report.stored:
        progress("store", report.stored)
        moment = datetime.now(UTC).replace(microsecond=0).isoformat()
        said = activity_lines(activity, guideline, content_of(guideline), moment, __version__)
        graphs |= _insert(target, list(said), staging)
        target.update(" ; ".join(_moves(sorted(graphs), staging)))
        there = _records(remote, activity)
        if there != report.stored:
            raise StoreError(
                f"The remote store holds {there} of the {report.stored} records that were sent. Something else has "
                "changed it meanwhile. Load the same files again: what is stored already stays as it is."
            )


class _Work:
    """The note of one load that it is at work in a remote store."""

    def __init__(self, remote: RemoteEngine, target: RemoteEngine, name: str) -> None:
        self.name = name
        self._remote = remote
        self._target = target
        self._node = f"<{ROOT}work/{name}>"

    def begin(self) -> None:
        """Note the begin, and drop what broken-off loads have left; raise `StoreError` where another is at work."""
        self._refuse_others()
        self.go_on()
        try:
            check_default_graph(self._remote, f"{self._node} <{PROV}startedAtTime>")
            self._refuse_others()  # one that began at the same moment
        except StoreError:
            self._forget()
            raise
        _clear_staging(self._remote, self._target)

    def go_on(self) -> None:
        """Note that the load is still at work."""
        note = f"GRAPH <{WORK}> {{ {self._node} <{PROV}startedAtTime> ?now }}"
        self._target.update(f"DELETE WHERE {{ {note} }} ; INSERT {{ {note} }} WHERE {{ BIND (NOW() AS ?now) }}")

    def end(self) -> None:
        """Take the note back and drop what is left; where the store does not answer, the note grows old by itself."""
        with contextlib.suppress(LrpError):
            left = [g for g in _staged(self._remote) if g.startswith(f"{STAGING}{self.name}/")]
            if left:
                self._target.update(" ; ".join(f"DROP SILENT GRAPH <{name}>" for name in left))
            self._forget()

    def _forget(self) -> None:
        self._target.update(f"DELETE WHERE {{ GRAPH <{WORK}> {{ {self._node} ?p ?o }} }}")

    def _refuse_others(self) -> None:
        query = f"SELECT ?load ?t (NOW() AS ?now) {{ GRAPH <{WORK}> {{ ?load <{PROV}startedAtTime> ?t }} }}"
        for row in self._remote.rows(query):
            age = datetime.fromisoformat(row["now"]) - datetime.fromisoformat(row["t"])
            if row["load"] != self._node[1:-1] and age < PATIENCE:
                raise StoreError(
                    "Another load into this remote store is under way. Wait until it has ended; one that was broken "
                    "off is forgotten after ten minutes."
                )


def _name(guideline: Guideline, sources: Sequence[Source]) -> str:
    """Return a name of a load, which the same files have again."""
    digest = hashlib.sha256(content_of(guideline).encode())
    for source in sources:
        digest.update(hashlib.sha256(source.body).digest())
    return digest.hexdigest()[:32]


def _lines(text: str) -> list[str]:
    """Return the lines of N-Quads; only a line feed ends one, whatever else stands in a text."""
    return [f"{line}\n" for line in text.split("\n") if line]


def _moves(graphs: Sequence[str], staging: str) -> Iterator[str]:
    """Yield the operations of one request that move staged graphs to their places."""
    for graph in graphs:
        name = graph.removeprefix(staging)
        triples = "?s ?p ?o"
        into = triples if name == "default" else f"GRAPH <{GRAPHS}{name}> {{ {triples} }}"
        yield f"INSERT {{ {into} }} WHERE {{ GRAPH <{graph}> {{ {triples} }} }}"  # Jena takes no ADD within a request
        yield f"DROP SILENT GRAPH <{graph}>"


def _clear_staging(remote: RemoteEngine, target: RemoteEngine) -> None:
    """Drop what an interrupted load has left."""
    left = _staged(remote)
    if left:
        target.update(" ; ".join(f"DROP SILENT GRAPH <{name}>" for name in left))


def _staged(remote: RemoteEngine) -> list[str]:
    query = f'SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER (STRSTARTS(STR(?g), "{STAGING}")) }}'
    return [row["g"] for row in remote.rows(query)]


def _insert(target: RemoteEngine, lines: Sequence[str], prefix: str) -> set[str]:
    """Insert lines of N-Quads, each graph under a name of this load; return these names."""
    used: set[str] = set()
    for start in range(0, len(lines), LINES):
        by_graph: dict[str, list[str]] = {}
        for line in lines[start : start + LINES]:
            triple, graph = _split(line)
            by_graph.setdefault(prefix + (graph.removeprefix(GRAPHS) or "default"), []).append(triple)
        used |= by_graph.keys()
        parts = (f"GRAPH <{graph}> {{ {' '.join(triples)} }}" for graph, triples in by_graph.items())
        target.update(f"INSERT DATA {{ {' '.join(parts)} }}")
    return used


def _split(line: str) -> tuple[str, str]:
    """Return the triple of a line that we wrote, and its graph; an empty name is the default graph."""
    body = line.rstrip().removesuffix(" .")
    head, _, last = body.rpartition(" <")
    if last.startswith(GRAPHS) and last.endswith(">"):
        return f"{head} .", last[:-1]
    return f"{body} .", ""


def _guideline(guideline: Guideline, remote: RemoteEngine, target: RemoteEngine, progress: Progress) -> None:
    """Put the guideline into the remote store where its content is not there yet, replacing another one."""
    file, content = guideline_snapshot(guideline), content_of(guideline)
    found = remote.rows(f"SELECT ?content {{ GRAPH <{ABOUT}> {{ <{CLOSURE}> <{DCTERMS}identifier> ?content }} }}")
    if [row["content"] for row in found] == [content]:
        return
    if _records(remote):
        raise StoreError(
            "The remote store holds records that were answered with another guideline. Load them into an empty one."
        )
    progress("guideline", 0)
    quads = list(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS))
    graphs = sorted({q.graph_name.value for q in quads if isinstance(q.graph_name, ox.NamedNode)})
    graphs.append(ABOUT)
    target.update(" ; ".join(["CLEAR DEFAULT", *(f"CLEAR SILENT GRAPH <{name}>" for name in graphs)]))
    for start in range(0, len(quads), LINES):
        by_graph: dict[str, list[str]] = {}
        for q in quads[start : start + LINES]:
            name = q.graph_name.value if isinstance(q.graph_name, ox.NamedNode) else ""
            by_graph.setdefault(name, []).append(f"{_no_blank(q.subject)} {q.predicate} {_no_blank(q.object)} .")
        parts = [f"GRAPH <{n}> {{ {' '.join(t)} }}" if n else " ".join(t) for n, t in by_graph.items()]
        target.update(f"INSERT DATA {{ {' '.join(parts)} }}")
    said = f'<{CLOSURE}> <{DCTERMS}identifier> "{content}"'
    target.update(f"INSERT DATA {{ GRAPH <{ABOUT}> {{ {said} }} }}")  # when all the rest is there


def _no_blank(node: object) -> str:
    """Return a term; a blank node gets a name, since it would be another one in the next request."""
    if isinstance(node, ox.BlankNode):
        return f"<{ROOT}.well-known/genid/{node.value}>"
    return str(node)


def _digest(remote: RemoteEngine, assessment: str) -> str | None:
    found = remote.rows(f"SELECT ?d {{ GRAPH <{ANSWERS}> {{ <{assessment}> <{RECORD_DIGEST}> ?d }} }}")
    return found[0]["d"] if found else None


def _records(remote: RemoteEngine, activity: str | None = None) -> int:
    """Count the records of the store, or those that one load has put there."""
    of = f" ; <{PROV}wasGeneratedBy> <{activity}>" if activity else ""
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{ANSWERS}> {{ ?a <{RECORD_DIGEST}> ?d{of} }} }}"
    return int(remote.rows(query)[0]["n"])
