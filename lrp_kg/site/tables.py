"""Decision tables: the paths of a decision's diagram, merged by a simple search into few readable rules.

A table covers only the scope of its decision, which the page shows beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from lrp_kg.answer.decisions import Assessor
from lrp_kg.guideline.model import Decision
from lrp_kg.logic.cells import Cells, Variable
from lrp_kg.logic.diagrams import Axis, Diagram, DiagramTooLarge
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, SEVERAL, Outcome

Choice = frozenset[int]
"""A set of cells of one variable, or of choices of one axis."""
Row = tuple[tuple[Choice, ...], Outcome]
"""The choices of every axis, and the outcome that they lead to."""


@dataclass(frozen=True)
class Rule:
    """A row: the cells that each column must be in (``None``: any), and the outcome."""

    cells: tuple[Choice | None, ...]
    outcome: Outcome


@dataclass(frozen=True)
class DecisionTable:
    """A decision table with one column per variable."""

    columns: tuple[Variable, ...]
    rules: tuple[Rule, ...]


def diagram_of(assessor: Assessor, decision: Decision) -> Diagram | None:
    """Return the diagram of a decision, ``None`` if it is too large to build."""
    try:
        return assessor.diagrams.get(decision)
    except DiagramTooLarge:
        return None


def table_of(assessor: Assessor, decision: Decision) -> DecisionTable | None:
    """Return the table of a decision, ``None`` if its diagram is too large."""
    diagram = diagram_of(assessor, decision)
    if diagram is None:
        return None
    sizes = [len(axis.choices) for axis in diagram.axes]
    rows = merged(_Scoped(diagram).rows(), sizes)
    used = [n for n in range(len(sizes)) if any(len(cells[n]) < sizes[n] for cells, _ in rows)]
    variables = [assessor.cells.variables[v] for n in used for v in diagram.axes[n].variables]
    rules = []
    for cells, outcome in rows:
        parts = [_boxes(*_all_cells(diagram.axes[n], cells[n])) for n in used]
        for combination in product(*parts):
            flat = [c for part in combination for c in part]
            kept = (None if len(c) == v.size else c for c, v in zip(flat, variables, strict=True))
            rules.append(Rule(tuple(kept), outcome))
    order = {o.id: n for n, o in enumerate(decision.options)}
    rules.sort(key=lambda r: (_rank(r.outcome, order), [sorted(c or ()) for c in r.cells]))
    return DecisionTable(tuple(variables), tuple(rules))


def _all_cells(axis: Axis, choices: Choice) -> tuple[tuple[tuple[int, ...], ...], Choice]:
    """Return all joint cells of an axis, and the numbers of those that belong to some choices."""
    cells = tuple(axis.number)
    return cells, frozenset(n for n, own in enumerate(cells) if axis.number[own] in choices)


def _rank(outcome: Outcome, order: dict[str, int]) -> tuple[int, list[int]]:
    group = 0 if outcome.status == DECIDED else 1 if outcome.status == SEVERAL else 2
    return group, [order.get(a, 0) for a in outcome.answers]


class _Scoped:
    """A diagram within its scope; inputs outside get the outcome of their neighbours."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self._reduced: dict[int, int | None] = {}

    def reduced(self, number: int) -> int | None:
        """Return the node that replaces a node within the scope; ``None`` if it is wholly outside."""
        if number not in self._reduced:
            node = self.diagram.nodes[number]
            if isinstance(node, Outcome):
                self._reduced[number] = None if node.status == NOT_APPLICABLE else number
            else:
                kept = {k for c in node[1] if (k := self.reduced(c)) is not None}
                self._reduced[number] = next(iter(kept)) if len(kept) == 1 else number if kept else None
        return self._reduced[number]

    def rows(self) -> list[Row]:
        """Return the paths that lead to an outcome within the scope."""
        root = self.reduced(self.diagram.root)
        full = tuple(frozenset(range(len(axis.choices))) for axis in self.diagram.axes)
        return [] if root is None else list(self._below(root, full))

    def _below(self, number: int, cells: tuple[Choice, ...]) -> Iterator[Row]:
        node = self.diagram.nodes[number]
        if isinstance(node, Outcome):
            yield cells, node
            return
        axis, children = node
        groups: dict[int, set[int]] = {}
        for choice, child in enumerate(children):
            kept = self.reduced(child)
            if kept is not None:
                groups.setdefault(kept, set()).add(choice)
        for kept, choices in groups.items():
            yield from self._below(kept, (*cells[:axis], cells[axis] & choices, *cells[axis + 1 :]))


def merged(rows: Iterable[Row], sizes: Sequence[int]) -> list[Row]:
    """Merge rows that have one outcome and differ in a single place until there are none; best column first."""
    found = list(dict.fromkeys(rows))
    while True:
        best: list[Row] | None = None
        for place in range(len(sizes)):
            groups: dict[tuple[tuple[Choice, ...], tuple[Choice, ...], Outcome], set[int]] = {}
            for cells, outcome in found:
                groups.setdefault((cells[:place], cells[place + 1 :], outcome), set()).update(cells[place])
            if len(groups) < len(best if best is not None else found):
                best = [
                    ((*before, frozenset(own), *after), outcome) for (before, after, outcome), own in groups.items()
                ]
        if best is None:
            return found
        found = best


def _boxes(choices: Sequence[tuple[int, ...]], taken: Choice) -> list[tuple[Choice, ...]]:
    """Split choices of an axis into boxes: products of sets of cells in which every reachable combination is taken."""
    wanted = {choices[n] for n in taken}
    found: list[tuple[set[int], ...]] = [tuple({c} for c in one) for one in sorted(wanted)]
    joined = True
    while joined:
        joined = False
        for i, j in combinations(range(len(found)), 2):
            both = tuple(a | b for a, b in zip(found[i], found[j], strict=True))
            if all(c in wanted for c in choices if all(x in s for x, s in zip(c, both, strict=True))):
                found[i] = both
                del found[j]
                joined = True
                break
    return [tuple(frozenset(s) for s in one) for one in found]


def stretches(cells: Choice) -> list[tuple[int, int]]:
    """Return the runs of neighbouring cells, each as its first and last cell."""
    runs: list[tuple[int, int]] = []
    for cell in sorted(cells):
        if runs and cell == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], cell)
        else:
            runs.append((cell, cell))
    return runs


def bounds_of(cells: Cells, variable: Variable, first: int, last: int) -> tuple[int | None, int | None]:
    """Return the integers from the first to the last cell; ``None`` if there is no bound."""
    field = cells.guideline.fields.get(variable.iri)
    open_below = field is not None and field.low is None
    low = None if first == 1 and open_below else variable.bounds(first)[0]
    high = variable.bounds(last)[1]
    return low, field.high if high is None and field else high
