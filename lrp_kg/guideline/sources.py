"""The sources of a guideline: who speaks in each, how much of it was read and when, and what rests on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node, iri
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.namespaces import CP, DCTERMS, OWL
from lrp_kg.words import Text, Words

PARTS = {
    **{"Stage": "stages", "Edition": "editions", "Criterion": "criteria", "Box": "boxes", "Statement": "statements"},
    **{"Benefit": "statements", "ProcessStep": "statements", "Limit": "limits", "Warning": "warnings"},
    **{"SupersededWarning": "warnings", "Option": "warnings", "OpenPoint": "openPoints"},
}
"""What can rest on a source, by the class of the vocabulary: the name under which it is listed."""
RULES = ("editions", "statements", "limits", "warnings")
"""Those that can have a first and a last day."""


@dataclass(frozen=True)
class SourceState(Term):
    """A source and what is known of it.

    ``rank`` is the place of its kind, ``printed`` whether the guideline names it as its own. ``read_on`` is a day or a
    month; after ``read_again_by`` somebody has to look at the source again. ``version`` is empty where it has none.
    """

    kind: Term | None
    rank: int
    official: bool
    printed: bool
    publisher: Text
    version: Text
    issued: str
    number: str
    part_read: Term | None
    read_on: str
    read_again_by: date | None
    followed_by: tuple[Term, ...]
    where: str

    def expired(self, day: date) -> bool:
        """Return whether it had to be read again before a day."""
        return self.read_again_by is not None and self.read_again_by < day


@dataclass(frozen=True)
class Resting:
    """The terms that name a source as theirs, by the names of `PARTS`, and those that were only read in it.

    ``first`` and ``last`` are the days between which rules of the source hold; ``None`` where that side is open.
    """

    own: Mapping[str, tuple[Term, ...]]
    read_in: tuple[Term, ...]
    first: date | None = None
    last: date | None = None

    @property
    def parts(self) -> Mapping[str, tuple[Term, ...]]:
        """What rests on the source, with what was only read in it as ``readIn``."""
        return {**self.own, "readIn": self.read_in} if self.read_in else self.own


def origin(source: SourceState, words: Words) -> str:
    """Return in words which version of a source it is; without one when it was issued, and under which number."""
    if version := words.text(source.version):
        return version
    by_day = len(source.issued) == len("2026-11-29")
    issued = words.say("source-published", day=source.issued) if by_day else source.issued
    number = words.say("source-number", number=source.number) if source.number else ""
    return ", ".join(filter(None, (issued, number))) or words.say("source-undated")


def printed_sources(guideline: Guideline) -> tuple[Term, ...]:
    """Return the sources that the guideline names as its own; where it names none, all are."""
    own = {node.value for node in guideline.index.graph.all(iri(guideline.iri), DCTERMS + "source")}
    return tuple(s for s in guideline.sources.values() if not own or s.iri in own)


def source_states(guideline: Guideline, day: date | None = None) -> tuple[SourceState, ...]:
    """Return every source: the printed ones, then those of each kind, oldest first.

    With a day those come first that had to be read again before it, then the others by the day until which they are
    trusted.
    """
    found = [source_state(guideline, s) for s in guideline.sources.values()]
    found.sort(key=lambda s: (not s.printed, s.rank, s.issued or "9", s.id))
    if day is not None:
        found.sort(key=lambda s: (not s.expired(day), s.read_again_by or date.max))
    return tuple(found)


def resting_on(guideline: Guideline) -> Mapping[str, Resting]:
    """Return what rests on each source, by its IRI; an identifier that is used for several terms counts for each."""
    own: dict[str, dict[str, dict[str, Term]]] = {name: {} for name in guideline.sources}
    read: dict[str, dict[str, Term]] = {name: {} for name in guideline.sources}
    for node, part in _parts(guideline):
        term = _term(guideline, node)
        for source in guideline.index.graph.all(node, DCTERMS + "source"):
            if source.value in own:
                own[source.value].setdefault(part, {})[term.iri] = term
        for source in guideline.index.graph.all(node, CP + "readIn"):
            if source.value in read:
                read[source.value][term.iri] = term
    return {
        name: Resting(
            {part: tuple(terms.values()) for part, terms in parts.items()},
            tuple(read[name].values()),
            *_days(guideline, [term for part in RULES for term in parts.get(part, {})]),
        )
        for name, parts in own.items()
    }


def read_since(guideline: Guideline) -> str:
    """Return the earliest month in which a source was last read; empty where none says it."""
    graph = guideline.index.graph
    return min(
        (node.value[:7] for name in guideline.sources for node in graph.all(iri(name), CP + "readOn")), default=""
    )


def _days(guideline: Guideline, rules: list[str]) -> tuple[date | None, date | None]:
    """Return the first day of the first of some rules and the last of the last, where all have one."""
    graph = guideline.index.graph
    first, last = (
        [node and date.fromisoformat(node.value) for node in (graph.one(iri(rule), name) for rule in rules)]
        for name in (DCTERMS + "valid", CP + "validUntil")
    )
    return _known(first, min), _known(last, max)


def _known(days: list[date | None], which: Callable[[list[date]], date]) -> date | None:
    known = [day for day in days if day]
    return which(known) if known and len(known) == len(days) else None


def _parts(guideline: Guideline) -> Iterator[tuple[Node, str]]:
    graph = guideline.index.graph
    seen: set[Node] = set()
    for kind, part in PARTS.items():
        for node in graph.instances(CP + kind):
            if node not in seen and (kind != "Option" or graph.one(node, CP + "severity")):
                seen.add(node)
                yield node, part


def _term(guideline: Guideline, node: Node) -> Term:
    reader = GraphReader(guideline.index.graph, guideline.index.positions)
    term = reader.term(node)
    advice = guideline.index.graph.one(node, CP + "advice")
    return Term(term.iri, term.id, term.label or (reader.label(advice) if advice else {}))


def source_state(guideline: Guideline, source: Term) -> SourceState:
    """Return what is known of a source."""
    graph = guideline.index.graph
    reader, node = GraphReader(graph, guideline.index.positions), iri(source.iri)
    kind, part = (graph.one(node, CP + name) for name in ("sourceKind", "partRead"))
    again = reader.text(node, CP + "readAgainBy")
    return SourceState(
        iri=source.iri,
        id=source.id,
        label=source.label,
        kind=reader.term(kind) if kind else None,
        rank=reader.priority(kind) if kind else 0,
        official=kind is not None and reader.flag(kind, CP + "official"),
        printed=source in printed_sources(guideline),
        publisher=graph.texts(node, DCTERMS + "publisher"),
        version=graph.texts(node, OWL + "versionInfo"),
        issued=reader.text(node, DCTERMS + "issued"),
        number=reader.text(node, CP + "gazetteNumber"),
        part_read=reader.term(part) if part else None,
        read_on=reader.text(node, CP + "readOn"),
        read_again_by=date.fromisoformat(again) if again else None,
        followed_by=tuple(reader.term(n) for n in graph.all(node, CP + "followedBy")),
        where=guideline.index.positions.where(source.iri),
    )
