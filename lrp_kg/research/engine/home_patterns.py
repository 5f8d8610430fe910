"""Writes a triple pattern, or a property path, of a graph of data for a store that does not keep such graphs apart.

It is matched in the default graph, restricted to what is at home in the graph (`lrp_kg.research.engine.homes`), and in
the few triples that the store names the graph of. What cannot be written so raises `UnreadQuery`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lrp_kg.research.engine.homes import DATA, TYPE, Homes
from lrp_kg.research.engine.tokens import UnreadQuery, bound_once

Graphs = tuple[str, ...]
"""The graphs of data that patterns are matched in."""

NONE = "<https://w3id.org/lrp-kg/graph/none>"
"""A graph that no store has."""


@dataclass(frozen=True)
class Path:
    """A property path: an IRI as it is written and in full, or an operator and its operands.

    Those of ``!`` are IRIs, and ``^`` of IRIs.
    """

    operator: str
    parts: tuple[Path, ...] = ()
    text: str = ""
    iri: str = ""

    def leaves(self) -> Iterator[Path]:
        """Yield the IRIs in it, and what is none of some IRIs."""
        if self.operator in ("iri", "!"):
            yield self
            return
        for part in self.parts:
            yield from part.leaves()

    def __str__(self) -> str:
        """Return it as SPARQL has it."""
        if self.operator == "iri":
            return self.text
        if self.operator in "/|":
            return "(" + self.operator.join(map(str, self.parts)) + ")"
        return f"^({self.parts[0]})" if self.operator == "^" else f"({self.parts[0]}){self.operator}"


@dataclass(frozen=True)
class HomePatterns:
    """Writes the patterns of one query.

    ``names`` says whether the store names a graph for a triple, or for one with a predicate. ``variable`` makes a new
    variable, ``full`` returns the IRI that a term is, or nothing. ``text`` is the query.
    """

    homes: Homes
    names: Callable[[str, str | None], bool]
    variable: Callable[[], str]
    full: Callable[[str], str]
    text: str

    @cached_property
    def _bound_once(self) -> frozenset[str]:
        return bound_once(self.text)

    def along(self, subject: str, path: Path, value: str, active: Graphs) -> str:
        """Return what a path leads to in some graphs."""
        if path.operator == "iri":
            return self._one(subject, path, value, active)
        if path.operator == "!":
            return self._by_none(subject, path, value, active)
        if all(self._is_plain(leaf, active) for leaf in path.leaves()) and "*" not in str(path):
            return f" {subject} {path} {value} ."
        if path.operator == "^":
            return self.along(value, path.parts[0], subject, active)
        if path.operator == "|":
            if any(leaf.operator == "!" for leaf in path.leaves()):
                raise UnreadQuery  # a row is there once, however many of their triples give it
            return self._either_of(subject, path, value, active)
        if path.operator == "/":
            for n, part in enumerate(path.parts):
                beside = path.parts[max(n - 1, 0) : n] + path.parts[n + 1 : n + 2]
                if part.operator == "*" and any(other.operator == "iri" for other in beside):
                    return self._repeated(subject, path, n, value, active)
            stops = [subject, *(self.variable() for _ in path.parts[1:]), value]
            steps = zip(stops, path.parts, stops[1:], strict=False)
            return "".join(self.along(start, part, end, active) for start, part, end in steps)
        if path.operator == "+" and len(active) == 1 and all(self._is_named(leaf, active) for leaf in path.leaves()):
            return f" GRAPH <{active[0]}> {{ {subject} {path} {value} }}"
        raise UnreadQuery  # a path of no length leads from a term to itself, whatever graph that is in

    def _either_of(self, subject: str, path: Path, value: str, active: Graphs) -> str:
        """Return what one of some paths leads to: a row for each pair of ends, as the engine has it."""
        ways = [self.along(subject, part, value, active) for part in path.parts]
        if all((part.parts[0] if part.operator == "^" else part).operator == "iri" for part in path.parts):
            # each triple is a row, so a pair is there again only where an earlier path leads to it too
            others = ["".join(f" FILTER NOT EXISTS {{{way} }}" for way in ways[:n]) for n in range(len(ways))]
            return " UNION".join(f" {{{way}{other} }}" for way, other in zip(ways, others, strict=True))
        found = " UNION".join(f" {{{way} }}" for way in ways)
        ends = " ".join(dict.fromkeys(end for end in (subject, value) if end.startswith(("?", "$"))))
        return f" {{ SELECT DISTINCT {ends} {{{found} }} }}" if ends else f" FILTER EXISTS {{{found} }}"

    def _by_none(self, subject: str, path: Path, value: str, active: Graphs) -> str:
        """Return the triples whose predicate is none of some, of which each is one row.

        Where both ends are bound elsewhere too, the rows depend on the order in which the engine goes.
        """
        if not any(end.startswith(("?", "$")) and end[1:] in self._bound_once for end in (subject, value)):
            raise UnreadQuery
        if len({part.operator for part in path.parts}) > 1:
            raise UnreadQuery  # of what leads both forwards and backwards a row is there once
        backwards = path.parts[0].operator == "^"
        verb, (first, last) = self.variable(), (value, subject) if backwards else (subject, value)
        names = listed(leaf.iri for part in path.parts for leaf in part.leaves())
        return f"{self.of_any(first, verb, last, active)} FILTER({verb} NOT IN ({names}))"

    def _repeated(self, subject: str, path: Path, place: int, value: str, active: Graphs) -> str:
        """Return a sequence of which one part, beside an IRI, leads on any number of times: none, or some."""
        before, (part,), after = path.parts[:place], path.parts[place].parts, path.parts[place + 1 :]
        first, last = (self.variable() if parts else end for parts, end in ((before, subject), (after, value)))

        def along(start: str, parts: tuple[Path, ...], end: str) -> str:
            return self.along(start, parts[0] if len(parts) == 1 else Path("/", parts), end, active) if parts else ""

        some = self.along(first, Path("+", (part,)), last, active) + f" FILTER(!SAMETERM({first}, {last}))"
        ends = along(subject, before, first) + some + along(last, after, value)
        return f" {{{along(subject, (*before, *after), value)} }} UNION {{{ends} }}"

    def _is_named(self, leaf: Path, active: Graphs) -> bool:
        """Return whether the store names the graph of all triples in it with a predicate."""
        return leaf.operator == "iri" and leaf.iri != TYPE and self.homes.predicates.get(leaf.iri) not in active

    def _is_plain(self, leaf: Path, active: Graphs) -> bool:
        """Return whether a predicate is nowhere but in the graphs that patterns are matched in."""
        at_home = leaf.operator == "iri" and leaf.iri != TYPE and self.homes.predicates.get(leaf.iri) in active
        return at_home and not self._elsewhere(leaf.iri)

    # -- one triple -------------------------------------------------------------------------------

    def _elsewhere(self, predicate: str) -> list[str]:
        """Return the graphs of data that the store names for a predicate."""
        return [graph for graph in DATA if self.names(graph, predicate)]

    def _one(self, subject: str, verb: Path, value: str, active: Graphs) -> str:
        if verb.iri == TYPE:
            if value.startswith(("?", "$")):
                return self._any_type(subject, value, active)
            home = self.homes.classes.get(self.full(value))
        else:
            home = self.homes.predicates.get(verb.iri)
        said, ways = f"{subject} <{verb.iri}> {value}", []
        named = self._elsewhere(verb.iri)
        for graph in active:
            if graph == home:
                ways.append(said + " ." + _not_in((g for g in named if g != graph), said))
            elif graph in named:
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)

    def _any_type(self, subject: str, value: str, active: Graphs) -> str:
        said, ways = f"{subject} <{TYPE}> {value}", []
        for graph in active:
            if classes := self.homes.own_classes.get(graph):
                ways.append(f"{said} . FILTER({value} IN ({listed(classes)}))")
            if self.names(graph, TYPE):
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)

    def of_any(self, subject: str, verb: str, value: str, active: Graphs) -> str:
        """Return a pattern whose predicate is a variable."""
        said, ways = f"{subject} {verb} {value}", []
        for graph in active:
            own, classes = (known.get(graph, ()) for known in (self.homes.own_predicates, self.homes.own_classes))
            elsewhere = {name: [g for g in self._elsewhere(name) if g != graph] for name in own}
            if certain := [name for name in own if not elsewhere[name]]:
                ways.append(f"VALUES {verb} {{ {_spaced(certain)} }} {said} .")
            if doubtful := [name for name in own if elsewhere[name]]:
                others = dict.fromkeys(g for name in doubtful for g in elsewhere[name])
                ways.append(f"VALUES {verb} {{ {_spaced(doubtful)} }} {said} .{_not_in(others, said)}")
            if classes:
                of_type = f"{subject} <{TYPE}> {value} . FILTER({value} IN ({listed(classes)}))"
                ways.append(f"VALUES {verb} {{ <{TYPE}> }} {of_type}")
            if self.names(graph, None):
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)


def listed(names: Iterable[str]) -> str:
    """Return IRIs as the list of an expression."""
    return ", ".join(f"<{name}>" for name in names)


def _spaced(names: Iterable[str]) -> str:
    return " ".join(f"<{name}>" for name in names)


def _not_in(graphs: Iterable[str], said: str) -> str:
    return "".join(f" FILTER NOT EXISTS {{ GRAPH <{graph}> {{ {said} }} }}" for graph in graphs)


def _either(ways: list[str], said: str) -> str:
    """Return what one of some patterns matches; without any, nothing, but with its variables."""
    if not ways:
        return f" GRAPH {NONE} {{ {said} }}"
    return f" {ways[0]}" if len(ways) == 1 else " " + " UNION ".join(f"{{ {way} }}" for way in ways)
