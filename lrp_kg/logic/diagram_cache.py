"""Diagrams cached on disk, outside the repository, each under a fingerprint of all that it was built from.

An edit of a label rebuilds nothing; an edit of a criterion rebuilds the decisions that read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from lrp_kg.cache import remembered
from lrp_kg.guideline.criteria import Expression, Named, parts_of
from lrp_kg.guideline.model import Decision
from lrp_kg.logic.diagrams import Axis, Builder, Diagram, DiagramTooLarge
from lrp_kg.logic.outcomes import Outcome


class Fingerprints:
    """Digests of expressions by what they mean, whatever they are called."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.known: dict[Expression, str] = {}

    def of(self, expression: Expression) -> str:
        """Return the digest of what an expression means."""
        known = self.known.get(expression)
        if known is None:
            if isinstance(expression, Named):
                known = self.of(self.builder.program.guideline.classes[expression.iri])
            else:
                parts = [self.of(p) for p in parts_of(expression)] or [repr(expression)]
                known = hashlib.sha256(f"{type(expression).__name__} {parts}".encode()).hexdigest()
            self.known[expression] = known
        return known

    def of_decision(self, decision: Decision) -> str:
        """Return the digest of all that the diagram of a decision is built from."""
        classes = self.builder.program.guideline.classes
        parts: list[Any] = [self.builder.program.engine.name, decision.policy]
        for name in (decision.scope, *(o.applies_to for o in decision.options)):
            parts.append(self.of(Named(name)) if name in classes else name)
        for option in decision.options:
            parts.append((option.id, option.priority))
            if option.refined_by:
                parts.append(self.of_decision(self.builder.decisions[option.refined_by]))
        parts += self._variables(self.builder.reads(self.builder.roots(decision)))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]

    def of_diagram(self, decision: Decision, extras: tuple[str, ...], always: bool) -> str:
        """Return the digest of all that a diagram is built from whose leaves name further classes that hold."""
        parts: list[Any] = [self.of_decision(decision), always]
        names = [name for name in extras if Named(name) in self.builder.program.index]
        parts += [(name, self.of(Named(name))) for name in names]
        parts += self._variables(self.builder.reads(Named(name) for name in names))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]

    def _variables(self, numbers: Iterable[int]) -> Iterator[Any]:
        cells, derived = self.builder.program.cells, self.builder.dates.derived
        for number in sorted(numbers):
            own = derived.get(number)
            measure = (own.start, own.end, own.measure) if own else ()
            v = cells.variables[number]
            yield number, v.iri, v.values, v.starts, measure


def _dump(diagram: Diagram | None) -> str:
    if diagram is None:
        return "null"
    nodes: list[Any] = [
        {"status": n.status, "answers": n.answers, "holding": n.holding}
        if isinstance(n, Outcome)
        else [n[0], list(n[1])]
        for n in diagram.nodes
    ]
    return json.dumps({"axes": [[a.variables, a.members] for a in diagram.axes], "root": diagram.root, "nodes": nodes})


def _load(text: str) -> Diagram | None:
    data = json.loads(text)
    if data is None:
        return None
    axes = tuple(
        Axis(tuple(v), tuple(tuple(tuple(cells) for cells in own) for own in members)) for v, members in data["axes"]
    )
    nodes: list[tuple[int, tuple[int, ...]] | Outcome] = [
        Outcome(n["status"], tuple(n["answers"]), holding=tuple(n["holding"]))
        if isinstance(n, dict)
        else (n[0], tuple(n[1]))
        for n in data["nodes"]
    ]
    return Diagram(axes, data["root"], nodes, {n: i for i, n in enumerate(nodes)})


class DiagramCache:
    """The diagrams of a builder, from the cache if it has them."""

    def __init__(self, builder: Builder, *, cache: bool = True) -> None:
        self.builder = builder
        self.cache = cache
        self.prints = Fingerprints(builder)
        self.known: dict[str, str] = {}
        """What another process has built, as `built` returns it there."""

    def get(self, decision: Decision, *, extras: tuple[str, ...] = (), always: bool = False) -> Diagram:
        """Return the diagram of a decision from the cache, or build it (see `Builder.build`) and cache it.

        Raises `DiagramTooLarge` where there is none, which is remembered too.
        """

        def build() -> Diagram | None:
            try:
                return self.builder.build(decision, extras=extras, always=always)
            except DiagramTooLarge:
                return None

        key = self.prints.of_diagram(decision, extras, always) if self.cache or self.known else ""
        if key in self.known:
            found = _load(self.known[key])
        elif self.cache:
            found = remembered("diagrams", key, build, dump=_dump, load=_load)
        else:
            found = build()
        if found is None:
            raise DiagramTooLarge(decision.id)
        return found

    def built(self, decisions: Iterable[Decision]) -> dict[str, str]:
        """Return the diagrams of decisions as texts by digest, for ``known`` in another process."""
        found = {}
        for decision in decisions:
            try:
                text = _dump(self.get(decision))
            except DiagramTooLarge:
                text = _dump(None)
            found[self.prints.of_diagram(decision, (), False)] = text
        return found
