"""Regions in as few conditions as are needed: maximal boxes of cells that together are exactly a region.

A box allows some cells of some variables. It is maximal: no further cell and no further variable can be allowed
without leaving the region. Boxes may overlap; combinations that no record has are taken where they help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from lrp_kg.authoring.compare.pairs import IMPOSSIBLE, Axes, Box, Pair, PairDiagram
from lrp_kg.authoring.reach import reachable

ENOUGH = 400
"""Boxes beyond which none is looked at for being superfluous."""


class MinimalConditions:
    """The maximal boxes of one pair of outcomes."""

    def __init__(self, diagram: PairDiagram, pair: Pair) -> None:
        self.diagram = diagram
        self.axes: Axes = diagram.axes
        self.pair = pair
        self.wanted = frozenset((pair,))
        self._all = {
            v: frozenset(cells[i] for cells in self.axes.choices[number])
            for number, axis in enumerate(self.axes.axes)
            for i, v in enumerate(axis.variables)
        }
        self._home = {v: number for number, axis in enumerate(self.axes.axes) for v in axis.variables}

    def boxes(self) -> list[tuple[Box, int]]:
        """Return the boxes with how many combinations of the region each has, the largest first."""
        found: list[Box] = []
        for path in self.diagram.paths(self.pair):
            for seed in self.axes.boxes(path):
                if not any(_within(seed, box) for box in found):
                    found.append(self._grow(seed))
        counted = [(box, self.diagram.count(self.wanted, self._allowed(box))) for box in found]
        counted.sort(key=lambda item: (-item[1], len(item[0]), sorted((v, sorted(c)) for v, c in item[0].items())))
        if len(counted) <= ENOUGH:
            for item in counted[::-1]:
                others = [box for box, _ in counted if box is not item[0]]
                if others and self._covered(self._allowed(item[0]), others):
                    counted.remove(item)
        return counted

    def _grow(self, seed: Box) -> Box:
        """Return a maximal box around a box: literals are dropped, then widened, the last asked first.

        That a date is not there is left to what it would imply, which a record can say.
        """
        box = dict(seed)
        for variable in sorted(seed, key=lambda v: (seed[v] == {0}, v), reverse=True):
            without = {v: cells for v, cells in box.items() if v != variable}
            if self._inside(without):
                box = without
        for variable in sorted(box, reverse=True):
            for cell in sorted(self._all[variable] - box[variable] - {0}):
                wider = {**box, variable: box[variable] | {cell}}
                if self._inside(wider):
                    box = wider
        return {v: cells for v, cells in box.items() if cells != self._all[v]}

    def _allowed(self, box: Box) -> dict[int, tuple[int, ...]]:
        """Return the choices a box allows, by axis."""
        found: dict[int, tuple[int, ...]] = {}
        for number in sorted({self._home[v] for v in box}):
            variables = self.axes.axes[number].variables
            found[number] = tuple(
                c
                for c, cells in enumerate(self.axes.choices[number])
                if all(x in box.get(v, self._all[v]) for v, x in zip(variables, cells, strict=True))
            )
        return found

    def _inside(self, box: Box) -> bool:
        """Return whether every combination of a box that some record has is in the region."""
        allowed = self._allowed(box)

        def children(at: int) -> Iterable[int]:
            inner = self.diagram.nodes[at]
            if isinstance(inner, Pair):
                return ()
            return inner[1] if inner[0] not in allowed else [inner[1][c] for c in allowed[inner[0]]]

        nodes = (self.diagram.nodes[at] for at in reachable([self.diagram.root], children))
        return not any(isinstance(node, Pair) and node not in (self.pair, IMPOSSIBLE) for node in nodes)

    def _covered(self, within: Mapping[int, tuple[int, ...]], boxes: list[Box]) -> bool:
        """Return whether boxes hold all of the region that is within some choices."""
        allowed = [self._allowed(box) for box in boxes]

        @cache
        def covered(at: int, level: int, active: tuple[int, ...]) -> bool:
            if self.pair not in self.diagram.pairs(at):
                return True
            if not active or level == len(self.axes.axes):
                return bool(active)
            inner = self.diagram.nodes[at]
            for choice in within.get(level, range(len(self.axes.choices[level]))):
                below = at if isinstance(inner, Pair) or inner[0] != level else inner[1][choice]
                still = tuple(b for b in active if choice in allowed[b].get(level, (choice,)))
                if not covered(below, level + 1, still):
                    return False
            return True

        return covered(self.diagram.root, 0, tuple(range(len(boxes))))


def _within(inner: Box, outer: Box) -> bool:
    return all(v in inner and inner[v] <= cells for v, cells in outer.items())
