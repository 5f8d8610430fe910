"""Loads records into a remote store, by SPARQL updates.

Batches go into graphs of this load alone. One last update request moves them to where readers look, so that readers
see all of a load or nothing of it as far as the remote store carries out one request as a whole. After an
interruption the same load begins again with its own graphs cleared; nothing of it was visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.dataset.deriving import Job, batches, derive
from lrp_kg.dataset.loading import Fates, Report, read_items
from lrp_kg.dataset.making import Progress, Source, told_of
from lrp_kg.dataset.quads import RECORD_DIGEST, ROOT, activity_lines
from lrp_kg.dataset.snapshot import guideline_snapshot
from lrp_kg.engine.model import Limits
from lrp_kg.engine.remote import RemoteEngine
from lrp_kg.errors import StoreError
from lrp_kg.guideline import Guideline
from lrp_kg.namedgraphs import ANSWERS, CLOSURE, GRAPHS

LINES = 5000
"""Lines of N-Quads in one update request."""

STAGING = f"{GRAPHS}staging/"


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
    _guideline(guideline, remote, target, progress)
    fates = Fates(lambda assessment: _digest(remote, assessment), replace=False)
    activity = f"{ROOT}load/{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    job = Job(guideline.folder, activity)
    count = 0
    graphs: set[str] = set()
    _clear_staging(remote, target)
    for batch in derive(job, batches(read_items(guideline, sources))):
        lines = batch.results.splitlines(keepends=True)
        for derived in batch.items:
            told = told_of(derived)
            fates.decide(told)
            if told["fate"] == "stored":
                report.stored += 1
                lines += derived.lines.splitlines(keepends=True)
            elif told["fate"] == "unchanged":
                report.unchanged += 1
            else:
                report.rejected.append(told)
        graphs |= _insert(target, lines, STAGING)
        count += len(batch.items)
        progress("derive", count)
    if report.stored:
        progress("store", report.stored)
        moment = datetime.now(UTC).replace(microsecond=0).isoformat()
        graphs |= _insert(target, list(activity_lines(activity, guideline, moment, __version__)), STAGING)
        target.update(" ; ".join(_moves(sorted(graphs))))
    else:
        _clear_staging(remote, target)
    report.generation = remote.version
    report.records = _records(remote)
    return report


def _moves(graphs: Sequence[str]) -> Iterator[str]:
    """Yield the operations of one request that move staged graphs to their places."""
    for graph in graphs:
        name = graph.removeprefix(STAGING)
        yield f"ADD <{graph}> TO {'DEFAULT' if name == 'default' else f'<{GRAPHS}{name}>'}"
        yield f"DROP GRAPH <{graph}>"


def _clear_staging(remote: RemoteEngine, target: RemoteEngine) -> None:
    """Drop what an interrupted load has left."""
    query = f'SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER STRSTARTS(STR(?g), "{STAGING}") }}'
    left = [row["g"] for row in remote.rows(query)]
    if left:
        target.update(" ; ".join(f"DROP GRAPH <{name}>" for name in left))


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
    """Put the guideline into the remote store where its closure is not there yet, replacing another version."""
    file = guideline_snapshot(guideline)
    quads = list(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS))
    wanted = sum(1 for q in quads if isinstance(q.graph_name, ox.NamedNode) and q.graph_name.value == CLOSURE)
    found = remote.rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{CLOSURE}> {{ ?s ?p ?o }} }}")
    if int(found[0]["n"]) == wanted:
        return
    if int(found[0]["n"]) and _records(remote):
        raise StoreError(
            "The remote store holds records that were answered with another guideline. Load them into an empty one."
        )
    progress("guideline", 0)
    graphs = sorted({q.graph_name.value for q in quads if isinstance(q.graph_name, ox.NamedNode)})
    target.update(" ; ".join(["CLEAR DEFAULT", *(f"CLEAR SILENT GRAPH <{name}>" for name in graphs)]))
    for start in range(0, len(quads), LINES):
        by_graph: dict[str, list[str]] = {}
        for q in quads[start : start + LINES]:
            name = q.graph_name.value if isinstance(q.graph_name, ox.NamedNode) else ""
            by_graph.setdefault(name, []).append(f"{_no_blank(q.subject)} {q.predicate} {_no_blank(q.object)} .")
        parts = [f"GRAPH <{n}> {{ {' '.join(t)} }}" if n else " ".join(t) for n, t in by_graph.items()]
        target.update(f"INSERT DATA {{ {' '.join(parts)} }}")


def _no_blank(node: object) -> str:
    """Return a term; a blank node gets a name, since it would be another one in the next request."""
    if isinstance(node, ox.BlankNode):
        return f"<{ROOT}.well-known/genid/{node.value}>"
    return str(node)


def _digest(remote: RemoteEngine, assessment: str) -> str | None:
    found = remote.rows(f"SELECT ?d {{ GRAPH <{ANSWERS}> {{ <{assessment}> <{RECORD_DIGEST}> ?d }} }}")
    return found[0]["d"] if found else None


def _records(remote: RemoteEngine) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{ANSWERS}> {{ ?a <{RECORD_DIGEST}> ?d }} }}"
    return int(remote.rows(query)[0]["n"])
