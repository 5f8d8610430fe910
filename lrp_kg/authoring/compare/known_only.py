"""Two diagrams for records that leave some axes open: what all choices of these have in common."""

from __future__ import annotations

from lrp_kg.authoring.compare.pairs import IMPOSSIBLE, Node, Pair, PairDiagram
from lrp_kg.logic.outcomes import UNDETERMINED, Outcome

_OPEN = Outcome(UNDETERMINED)


class KnownOnly(PairDiagram):
    """The pairs of outcomes over the other axes; a side is undetermined where the open ones make a difference."""

    def __init__(self, full: PairDiagram, left_open: frozenset[int]) -> None:
        self.axes = full.axes
        self.nodes: list[Node] = []
        self._unique: dict[Node, int] = {}
        self._reach: dict[int, frozenset[Pair]] = {}
        self._full = full
        self._left_open = left_open
        self._merged: dict[frozenset[int], int] = {}
        self.root = self._merge(frozenset((full.root,)))

    def _merge(self, nodes: frozenset[int]) -> int:
        """Return the node for what some nodes of the full diagram have in common."""
        known = self._merged.get(nodes)
        if known is not None:
            return known
        inner = {n: self._full.nodes[n] for n in nodes}
        axis = min((i[0] for i in inner.values() if not isinstance(i, Pair)), default=None)
        if axis is None:
            known = self._node(_common([i for i in inner.values() if isinstance(i, Pair)]))
        else:
            at = {n: i[1] if not isinstance(i, Pair) and i[0] == axis else None for n, i in inner.items()}
            if axis in self._left_open:
                known = self._merge(frozenset(c for n, children in at.items() for c in children or (n,)))
            else:
                count = len(self.axes.choices[axis])
                known = self._node(
                    (
                        axis,
                        tuple(
                            self._merge(frozenset(children[i] if children else n for n, children in at.items()))
                            for i in range(count)
                        ),
                    )
                )
        self._merged[nodes] = known
        return known


def _common(pairs: list[Pair]) -> Pair:
    """Return the pair of what is certain on each side, of records that there can be."""
    found = [p for p in pairs if p != IMPOSSIBLE]
    before, after = {p.before for p in found}, {p.after for p in found}
    if not found:
        return IMPOSSIBLE
    return Pair(before.pop() if len(before) == 1 else _OPEN, after.pop() if len(after) == 1 else _OPEN)
