"""Each decision as a reduced ordered decision diagram over the cells it reads.

A diagram is built by asking SPARQL for the verdicts of partial signatures, level by level, branching only on
what can still matter. Two functions are equal exactly if their nodes are the same, so a diagram answers at once:
is the decision certain whatever is missing, which fields make a difference, which answers remain possible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from lrp_kg.guideline.criteria import Between, Expression, Has, Named, parts_of
from lrp_kg.guideline.model import Decision
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.cells import UNKNOWN, Signature, assign
from lrp_kg.logic.classify import OPEN, TRUE, Program, Verdicts
from lrp_kg.logic.outcomes import NO_ANSWER, SEVERAL, UNDETERMINED, Outcome, outcome_of

BOUND = 50_000
"""Partial signatures a diagram may ask for before it is given up (the decision is then Kleene's only)."""


@dataclass(frozen=True)
class Axis:
    """What a diagram branches on: one variable, or the variables derived from the same two dates.

    ``members`` are, for each choice, the joint cells between which the diagram does not distinguish, of those that some
    pair of dates reaches. Thresholds that only other decisions know thus add no choice.
    """

    variables: tuple[int, ...]
    members: tuple[tuple[tuple[int, ...], ...], ...]

    @cached_property
    def choices(self) -> tuple[tuple[int, ...], ...]:
        """The joint cells that stand for each choice: its first ones."""
        return tuple(cells[0] for cells in self.members)

    @cached_property
    def number(self) -> Mapping[tuple[int, ...], int]:
        """The number of the choice of each joint cells."""
        return {cells: n for n, own in enumerate(self.members) for cells in own}


RESTRICTED = 5000
"""Restrictions of one diagram that are remembered from one record to others."""
FUNCTIONS = 3000
"""Functions that restrictions of one diagram came to, beside its own, after which it is used `Diagram.anew`."""

_numbering = Lock()
"""Held while a function gets its number, which two threads could give to different ones."""


@dataclass(eq=False)
class Diagram:
    """A decision over its axes. Leaves are outcomes; nodes are numbered, equal functions share a number."""

    axes: tuple[Axis, ...]
    root: int
    nodes: list[tuple[int, tuple[int, ...]] | Outcome]
    _unique: dict[tuple[int, tuple[int, ...]] | Outcome, int]
    _restricted: dict[tuple[int | None, ...], int] = field(default_factory=dict)
    _reads: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _support: dict[int, frozenset[int]] = field(default_factory=dict)
    _leaves: dict[int, frozenset[Outcome]] = field(default_factory=dict)
    _meanings: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._own = len(self.nodes)

    def node(self, key: tuple[int, tuple[int, ...]] | Outcome) -> int:
        """Return the number of a node or leaf; a node with equal children is its child."""
        if not isinstance(key, Outcome) and len(set(key[1])) == 1:
            return key[1][0]
        number = self._unique.get(key)
        if number is None:
            with _numbering:
                number = self._unique.get(key)
                if number is None:
                    number = len(self.nodes)
                    self.nodes.append(key)
                    self._unique[key] = number
        return number

    def restrict(self, node: int, chosen: tuple[int | None, ...]) -> int:
        """Return the function that is left when axes take the choice of that number; ``None`` leaves one open."""
        while True:
            inner = self.nodes[node]
            if isinstance(inner, Outcome):
                return node
            axis, children = inner
            choice = chosen[axis]
            if choice is None:
                break
            node = children[choice]
        key = (node, *[chosen[axis] for axis in self._read(node)])
        known = self._restricted.get(key)
        if known is None:
            known = self._restricted[key] = self.node((axis, tuple([self.restrict(c, chosen) for c in children])))
        return known

    def _read(self, node: int) -> tuple[int, ...]:
        """Return the axes on which a function depends, in their order."""
        known = self._reads.get(node)
        if known is None:
            known = self._reads[node] = tuple(sorted(self.support(node)))
        return known

    def support(self, node: int) -> frozenset[int]:
        """Return the axes on which a function depends."""
        known = self._support.get(node)
        if known is None:
            inner = self.nodes[node]
            known = frozenset()
            if not isinstance(inner, Outcome):
                known = known.union((inner[0],), *(self.support(c) for c in inner[1]))
            self._support[node] = known
        return known

    def leaves(self, node: int) -> frozenset[Outcome]:
        """Return the outcomes a function can still reach."""
        known = self._leaves.get(node)
        if known is None:
            inner = self.nodes[node]
            if isinstance(inner, Outcome):
                known = frozenset((inner,))
            else:
                known = frozenset().union(*(self.leaves(c) for c in inner[1]))
            self._leaves[node] = known
        return known

    def meaning(self, node: int) -> str:
        """Return a digest of a function, the same for equal functions of diagrams over the same variables."""
        known = self._meanings.get(node)
        if known is None:
            inner = self.nodes[node]
            if isinstance(inner, Outcome):
                said = repr(inner)
            else:
                axis = self.axes[inner[0]]
                below = [self.meaning(child) for child in inner[1]]
                said = repr((axis.variables, sorted((cells, below[n]) for cells, n in axis.number.items())))
            known = self._meanings[node] = hashlib.sha256(said.encode()).hexdigest()
        return known

    def over(self, axes: tuple[Axis, ...]) -> Diagram:
        """Return the same decision over axes of the same variables with at least its choices."""
        finer = [tuple(own.number[cells] for cells in axis.choices) for own, axis in zip(self.axes, axes, strict=True)]
        nodes: list[tuple[int, tuple[int, ...]] | Outcome] = [
            n if isinstance(n, Outcome) else (n[0], tuple(n[1][choice] for choice in finer[n[0]])) for n in self.nodes
        ]
        return Diagram(axes, self.root, nodes, {n: i for i, n in enumerate(nodes)})

    @property
    def grown(self) -> bool:
        """Whether restrictions came to more functions than are kept."""
        return len(self.nodes) > self._own + FUNCTIONS

    def anew(self) -> Diagram:
        """Return the same diagram without the functions that restrictions came to; its own have the same numbers."""
        nodes = self.nodes[: self._own]
        return Diagram(self.axes, self.root, nodes, {n: i for i, n in enumerate(nodes)})

    def forget(self) -> None:
        """Drop what was remembered about restrictions, which grows with the records seen, once it is much.

        It is called between restrictions: within one it would make work.
        """
        if len(self._restricted) > RESTRICTED:
            self._restricted.clear()


class Function(NamedTuple):
    """What is left of a decision: a node of its diagram."""

    diagram: Diagram
    node: int

    @property
    def support(self) -> frozenset[int]:
        """The axes on which it depends."""
        return self.diagram.support(self.node)

    @property
    def leaves(self) -> frozenset[Outcome]:
        """The outcomes that it can still reach."""
        return self.diagram.leaves(self.node)

    def restrict(self, chosen: tuple[int | None, ...]) -> Function:
        """Return what is left when axes take the choice of that number; ``None`` leaves one open."""
        return Function(self.diagram, self.diagram.restrict(self.node, chosen))


class DiagramTooLarge(Exception):
    """A decision has more partial signatures than the bound."""


class Builder:
    """Builds the diagrams of a program's decisions."""

    def __init__(self, program: Program, dates: Calendar, decisions: Mapping[str, Decision]) -> None:
        self.program = program
        self.dates = dates
        self.decisions = decisions

    def reads(self, expressions: Iterable[Expression]) -> frozenset[int]:
        """Return the variables that some expressions read."""
        return frozenset().union(*(self.program.fields(expression) for expression in expressions))

    def roots(self, decision: Decision) -> Iterator[Expression]:
        """Yield the expressions that a decision depends on: its scope, its options, and what refines them."""
        for name in (decision.scope, *(o.applies_to for o in decision.options)):
            if Named(name) in self.program.index:
                yield Named(name)
        for option in decision.options:
            if option.refined_by:
                yield from self.roots(self.decisions[option.refined_by])

    def outcome(self, decision: Decision, verdicts: Verdicts) -> Outcome:
        """Return the outcome by Kleene's logic alone."""
        return outcome_of(
            decision,
            lambda name: self.program.verdict(verdicts, name),
            lambda name: self.outcome(self.decisions[name], verdicts),
        )

    def axes(self, variables: Collection[int], roots: Sequence[Expression] | None = None) -> tuple[Axis, ...]:
        """Return the axes of some variables, in the order in which questions are asked.

        With ``roots`` they have the choices between which these expressions distinguish; otherwise those of all cells.
        """
        cuts = None if roots is None else self.cuts(roots)
        found = []
        done: set[int] = set()
        for variable in sorted(variables):
            if variable in done:
                continue
            group = tuple(v for v in self.dates.group(variable) if v in variables)
            done.update(group)
            if len(group) == 1:
                size = self.program.cells.variables[variable].size
                cells: tuple[tuple[int, ...], ...] = tuple((c,) for c in range(1, size + 1))
            else:
                cells = self.dates.reachable(group)
            found.append(Axis(group, self._together(group, cells, cuts)))
        return tuple(found)

    def _together(
        self, group: tuple[int, ...], cells: Iterable[tuple[int, ...]], cuts: Mapping[str, set[int]] | None
    ) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Return joint cells, those together between which there is no cut."""
        variables = [self.program.cells.variables[v] for v in group]
        coarse = [v.coarse(None if cuts is None else cuts.get(v.iri, set())) for v in variables]
        found: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for own in cells:
            found.setdefault(tuple(of[c - 1] for of, c in zip(coarse, own, strict=True)), []).append(own)
        return tuple(tuple(together) for together in found.values())

    def cuts(self, roots: Iterable[Expression]) -> dict[str, set[int]]:
        """Return, by field, the numbers at which an interval of some expressions begins or has ended."""
        found: dict[str, set[int]] = {}
        waiting = list(roots)
        seen: set[Expression] = set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, Between):
                found.setdefault(node.field, set()).update(node.cuts)
            elif isinstance(node, Named):
                waiting.append(self.program.guideline.classes[node.iri])
            waiting += parts_of(node)
        return found

    def live(self, roots: Sequence[Expression], verdicts: Verdicts) -> set[int]:
        """Return the variables read by expressions that are still unknown."""
        live: set[int] = set()
        seen: set[int] = set()
        stack = [self.program.index[r] for r in roots]
        while stack:
            number = stack.pop()
            if number in seen or verdicts[number] != OPEN:
                continue
            seen.add(number)
            node = self.program.nodes[number]
            parts = parts_of(node)
            if parts:
                stack += [self.program.index[p] for p in parts]
            elif isinstance(node, (Has, Between)):
                live.add(self.program.cells.index[node.field])
        return live

    def build(
        self,
        decision: Decision,
        *,
        extras: tuple[str, ...] = (),
        always: bool = False,
        further: Collection[int] = (),
    ) -> Diagram:
        """Build the diagram of a decision; raise `DiagramTooLarge` beyond the bound.

        ``extras`` are classes of which the leaves without one answer (``always``: every leaf) say whether they hold;
        ``further`` are variables that it has axes of besides those that it reads.
        """
        extras = tuple(name for name in extras if Named(name) in self.program.index)
        roots: list[Expression] = [*self.roots(decision), *(Named(name) for name in extras)]
        axes = self.axes(self.reads(roots).union(further), roots)
        needed = self.program.needed(roots)
        diagram = Diagram(axes, 0, [], {})
        children: dict[Signature, tuple[int, list[Signature]] | Outcome] = {}
        start = self.program.cells.unknown
        frontier = [start]
        asked = 0
        while frontier:
            asked += len(frontier)
            if asked > BOUND:
                raise DiagramTooLarge(decision.id)
            following: dict[Signature, None] = {}
            for signature, verdicts in zip(frontier, self.program.classify(frontier, needed), strict=True):
                outcome = self.outcome(decision, verdicts)
                open_roots: Sequence[Expression] = roots
                if outcome.status != UNDETERMINED:
                    asks = extras if always or outcome.status in (NO_ANSWER, SEVERAL) else ()
                    open_roots = [Named(name) for name in asks if self.program.verdict(verdicts, name) == OPEN]
                    if not open_roots:
                        holding = tuple(name for name in asks if self.program.verdict(verdicts, name) == TRUE)
                        children[signature] = outcome._replace(holding=holding)
                        continue
                live = self.live(open_roots, verdicts)
                number = next(
                    (
                        i
                        for i, axis in enumerate(axes)
                        if signature[axis.variables[0]] == UNKNOWN and live.intersection(axis.variables)
                    ),
                    None,
                )
                if number is None:
                    children[signature] = outcome
                    continue
                below = [assign(signature, axes[number].variables, c) for c in axes[number].choices]
                children[signature] = (number, below)
                following.update(dict.fromkeys(b for b in below if b not in children))
            frontier = list(following)
        root = self._reduce(diagram, start, children)
        return Diagram(axes, root, diagram.nodes, diagram._unique)  # all these nodes are its own

    def _reduce(
        self,
        diagram: Diagram,
        signature: Signature,
        children: dict[Signature, tuple[int, list[Signature]] | Outcome],
    ) -> int:
        inner = children[signature]
        if isinstance(inner, Outcome):
            return diagram.node(inner)
        return diagram.node((inner[0], tuple(self._reduce(diagram, b, children) for b in inner[1])))
