"""Two diagrams over the same axes walked together: which pair of outcomes each combination of cells has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

from lrp_kg.authoring.compare.aspects import Aspect
from lrp_kg.authoring.compare.shared_space import NEW, OLD, SharedSpace
from lrp_kg.logic.diagrams import Diagram
from lrp_kg.logic.outcomes import UNDETERMINED, Outcome


@dataclass(frozen=True)
class Pair:
    """The outcomes of both sides for the same records; ``None`` where a side does not accept them."""

    before: Outcome | None
    after: Outcome | None


IMPOSSIBLE = Pair(None, None)
"""No record has this combination: neither side accepts it."""

Box = dict[int, frozenset[int]]
"""The allowed cells by variable; a variable that is not there is free. Cell 0 is: not there."""

Node = Pair | tuple[int, tuple[int, ...]]


class Axes:
    """The axes on which an aspect of either version branches, with what each side accepts on them.

    A duration whose date implies another field cannot be there where that field is false: its axis then has one
    choice more, absent.
    """

    def __init__(self, space: SharedSpace, before: Aspect, after: Aspect) -> None:
        self.space = space
        self.aspects = (before, after)
        reads = [v.reads(a.decision, a.extras) for v, a in zip(space.versions, self.aspects, strict=True)]
        self.axes = axes = space.versions[NEW].builder.axes(reads[OLD] | reads[NEW])
        place = {v: i for i, axis in enumerate(axes) for v in axis.variables}
        links = []
        for number, axis in enumerate(axes):
            by_side = [frozenset().union(*(space.implied(side, v) for v in axis.variables)) for side in (OLD, NEW)]
            for implied in sorted(by_side[OLD] | by_side[NEW]):
                if place.get(implied, number) != number:
                    links.append((number, place[implied], (implied in by_side[OLD], implied in by_side[NEW])))
        self.links = tuple(links)
        self.dated = frozenset(number for number, _, _ in links)
        self.watched = self.dated | {implied for _, implied, _ in links}
        self.choices = tuple(
            axis.choices + ((0,) * len(axis.variables),) * (number in self.dated) for number, axis in enumerate(axes)
        )
        self.valid = tuple(
            tuple(
                tuple(all(space.valid(side, v, c) for v, c in zip(axis.variables, cells, strict=True)) for cells in own)
                for side in (OLD, NEW)
            )
            for axis, own in zip(axes, self.choices, strict=True)
        )

    def absent(self, axis: int, choice: int) -> bool:
        """Return whether a choice of an axis is that its date is not there."""
        return axis in self.dated and choice == len(self.choices[axis]) - 1

    def holds(self, axis: int, choice: int) -> bool:
        """Return whether a choice of an axis is that a boolean field is true."""
        cells = self.choices[axis][choice]
        return self.space.cells.variables[self.axes[axis].variables[0]].representative(cells[0]) is True

    @property
    def accepted_alike(self) -> bool:
        """Return whether both sides accept the same records."""
        return all(old == new for old, new in self.valid) and all(old == new for _, _, (old, new) in self.links)

    def restricts(self, axis: int) -> bool:
        """Return whether something on an axis is not accepted by a side, or not together with another axis."""
        return axis in self.watched or not all(all(side) for side in self.valid[axis])

    def boxes(self, path: Mapping[int, tuple[int, ...]]) -> Iterator[Box]:
        """Yield boxes that together are a path; an axis of several variables gives one for each of its choices."""
        boxes: list[Box] = [{}]
        for number, choices in path.items():
            axis = self.axes[number]
            own = self.choices[number]
            if len(axis.variables) == 1:
                parts: list[Box] = [{axis.variables[0]: frozenset(own[c][0] for c in choices)}]
            else:
                parts = [{v: frozenset((x,)) for v, x in zip(axis.variables, own[c], strict=True)} for c in choices]
            boxes = [{**box, **part} for box in boxes for part in parts]
        yield from boxes


class PairDiagram:
    """The reduced diagram of the pairs of outcomes of two diagrams.

    Raises `DiagramTooLarge` where one of the two cannot be built.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        old, new = self.diagrams = tuple(
            v.diagram(a.decision, axes.axes, a.extras) for v, a in zip(axes.space.versions, axes.aspects, strict=True)
        )
        self.nodes: list[Node] = []
        self._unique: dict[Node, int] = {}
        self._walked: dict[tuple[object, ...], int] = {}
        self._reach: dict[int, frozenset[Pair]] = {}
        self.root = self._walk(0, (old.root, new.root), (True, True), ())

    def _node(self, key: Node) -> int:
        if not isinstance(key, Pair) and len(set(key[1])) == 1:
            return key[1][0]
        number = self._unique.setdefault(key, len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(key)
        return number

    def _walk(
        self, level: int, at: tuple[int, int], valid: tuple[bool, bool], seen: tuple[tuple[int, int], ...]
    ) -> int:
        """Return the node for what is left from an axis on; ``seen`` are choices that bind later axes."""
        if not any(valid):
            return self._node(IMPOSSIBLE)
        level = self._next(level, at)
        key = (level, at, valid, seen)
        known = self._walked.get(key)
        if known is not None:
            return known
        if level == len(self.axes.axes):
            known = self._node(Pair(*(self._leaf(side, at[side]) if valid[side] else None for side in (OLD, NEW))))
        else:
            children = []
            for choice in range(len(self.axes.choices[level])):
                still, later = self._after(level, choice, valid, seen)
                below = (self._child(OLD, at[OLD], level, choice), self._child(NEW, at[NEW], level, choice))
                children.append(self._walk(level + 1, below, still, later))
            known = self._node((level, tuple(children)))
        self._walked[key] = known
        return known

    def _next(self, level: int, at: tuple[int, int]) -> int:
        """Return the next axis that matters."""
        tops = []
        for side in (OLD, NEW):
            inner = self.diagrams[side].nodes[at[side]]
            tops.append(len(self.axes.axes) if isinstance(inner, Outcome) else inner[0])
        assert min(tops) >= level  # noqa: S101  diagrams are ordered
        while level < min(tops) and not self.axes.restricts(level):
            level += 1
        return level

    def _after(
        self, axis: int, choice: int, valid: tuple[bool, bool], seen: tuple[tuple[int, int], ...]
    ) -> tuple[tuple[bool, bool], tuple[tuple[int, int], ...]]:
        accepted = self.axes.valid[axis]
        still = [valid[side] and accepted[side][choice] for side in (OLD, NEW)]
        if axis not in self.axes.watched:
            return (still[0], still[1]), seen
        chosen = dict((*seen, (axis, choice)))
        for dated, implied, sides in self.axes.links:
            if axis not in (dated, implied) or dated not in chosen or implied not in chosen:
                continue
            absent, holds = self.axes.absent(dated, chosen[dated]), self.axes.holds(implied, chosen[implied])
            if absent and holds:  # a record that leaves the date open: it is judged by what completes it
                return (False, False), ()
            if not absent and not holds:
                still = [still[side] and not sides[side] for side in (OLD, NEW)]
        later = tuple(sorted((a, c) for a, c in chosen.items() if self._matters_after(a, axis)))
        return (still[0], still[1]), later

    def _matters_after(self, seen: int, level: int) -> bool:
        return any(seen in link[:2] and max(link[:2]) > level for link in self.axes.links)

    def _child(self, side: int, node: int, axis: int, choice: int) -> int:
        diagram = self.diagrams[side]
        inner = diagram.nodes[node]
        if isinstance(inner, Outcome) or inner[0] != axis:
            return node
        return self._agree(diagram, frozenset(inner[1])) if self.axes.absent(axis, choice) else inner[1][choice]

    def _agree(self, diagram: Diagram, nodes: frozenset[int]) -> int:
        """Return what functions have in common: undetermined where they differ."""
        if len(nodes) == 1:
            return next(iter(nodes))
        inner = [diagram.nodes[n] for n in sorted(nodes)]
        tops = [i[0] for i in inner if not isinstance(i, Outcome)]
        if not tops:
            return diagram.node(Outcome(UNDETERMINED))
        axis = min(tops)
        below = []
        for choice in range(len(self.axes.axes[axis].choices)):
            taken = frozenset(
                n if isinstance(i, Outcome) or i[0] != axis else i[1][choice]
                for n, i in zip(sorted(nodes), inner, strict=True)
            )
            below.append(self._agree(diagram, taken))
        return diagram.node((axis, tuple(below)))

    def _leaf(self, side: int, node: int) -> Outcome:
        outcome = self.diagrams[side].nodes[node]
        assert isinstance(outcome, Outcome)  # noqa: S101  every axis is settled
        return self.axes.aspects[side].read(outcome)

    # -- queries ---------------------------------------------------------------------------------

    def pairs(self, node: int | None = None) -> frozenset[Pair]:
        """Return the pairs that can be reached from a node."""
        at = self.root if node is None else node
        if at not in self._reach:
            inner = self.nodes[at]
            below = [(inner,)] if isinstance(inner, Pair) else map(self.pairs, inner[1])
            self._reach[at] = frozenset().union(*below)
        return self._reach[at]

    def differing(self) -> list[Pair]:
        """Return the pairs whose outcomes differ."""
        found = (p for p in self.pairs() if p.before != p.after)
        return sorted(found, key=lambda p: (p.before or Outcome(""), p.after or Outcome("")))

    def count(self, wanted: frozenset[Pair], allowed: Mapping[int, tuple[int, ...]] | None = None) -> int:
        """Return how many combinations of cells have a wanted pair; ``allowed`` are the choices of some axes."""
        within: list[Sequence[int]] = [range(len(choices)) for choices in self.axes.choices]
        for axis, choices in (allowed or {}).items():
            within[axis] = choices

        @cache
        def below(at: int, level: int) -> int:
            inner = self.nodes[at]
            top = len(within) if isinstance(inner, Pair) else inner[0]
            free = prod(len(choices) for choices in within[level:top])
            if isinstance(inner, Pair):
                return free if inner in wanted else 0
            return free * sum(below(inner[1][choice], top + 1) for choice in within[top])

        return below(self.root, 0)

    def combinations(self) -> int:
        """Return how many combinations of cells some record can have."""
        return self.count(self.pairs() - {IMPOSSIBLE})

    def paths(self, wanted: Pair, node: int | None = None) -> Iterator[dict[int, tuple[int, ...]]]:
        """Yield disjoint paths to a pair: the choices by axis, an axis that does not matter left out."""
        at = self.root if node is None else node
        inner = self.nodes[at]
        if isinstance(inner, Pair):
            if inner == wanted:
                yield {}
            return
        axis, children = inner
        for child in dict.fromkeys(children):
            if wanted not in self.pairs(child):
                continue
            choices = tuple(c for c, other in enumerate(children) if other == child)
            for path in self.paths(wanted, child):
                yield {axis: choices, **path}
