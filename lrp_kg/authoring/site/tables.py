"""Decision tables: the paths of a decision's diagram, merged into as few readable rules as a simple search finds.

A table speaks within the scope of its decision, which is said beside it: outside, every input is alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from lrp_kg.answer.decisions import Assessor
from lrp_kg.guideline.model import Decision
from lrp_kg.logic.cells import Cells, Variable
from lrp_kg.logic.diagrams import Diagram, DiagramTooLarge
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, SEVERAL, Outcome

Choice = frozenset[int]
"""Cells of one variable, or choices of one axis, that a rule takes together."""


@dataclass(frozen=True)
class Rule:
    """A row: what each column must be (``None`` where it does not matter), and the outcome."""

    cells: tuple[Choice | None, ...]
    outcome: Outcome


@dataclass(frozen=True)
class DecisionTable:
    """A table with one column a variable."""

    columns: tuple[Variable, ...]
    rules: tuple[Rule, ...]


def diagram_of(assessor: Assessor, decision: Decision) -> Diagram | None:
    """Return the diagram of a decision, ``None`` where it is too large to be built."""
    try:
        return assessor.diagrams.get(decision)
    except DiagramTooLarge:
        return None


def table_of(assessor: Assessor, decision: Decision) -> DecisionTable | None:
    """Return the table of a decision, ``None`` where its diagram is too large."""
    diagram = diagram_of(assessor, decision)
    if diagram is None:
        return None
    sizes = [len(axis.choices) for axis in diagram.axes]
    rows = merged(_Scoped(diagram).rows(), sizes)
    used = [n for n in range(len(sizes)) if any(len(cells[n]) < sizes[n] for cells, _ in rows)]
    variables = [assessor.cells.variables[v] for n in used for v in diagram.axes[n].variables]
    rules = []
    for cells, outcome in rows:
        parts = [_boxes(diagram.axes[n].choices, cells[n]) for n in used]
        for combination in product(*parts):
            flat = [c for part in combination for c in part]
            rules.append(Rule(tuple(_unless_all(c, v) for c, v in zip(flat, variables, strict=True)), outcome))
    order = {o.id: n for n, o in enumerate(decision.options)}
    rules.sort(key=lambda r: (_rank(r.outcome, order), [sorted(c or ()) for c in r.cells]))
    return DecisionTable(tuple(variables), tuple(rules))


def _rank(outcome: Outcome, order: dict[str, int]) -> tuple[int, list[int]]:
    group = 0 if outcome.status == DECIDED else 1 if outcome.status == SEVERAL else 2
    return group, [order.get(a, 0) for a in outcome.answers]


def _unless_all(cells: Choice, variable: Variable) -> Choice | None:
    return None if len(cells) == variable.size else cells


class _Scoped:
    """A diagram whose inputs outside the scope are taken to be like their neighbours."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self._reduced: dict[int, int | None] = {}

    def reduced(self, number: int) -> int | None:
        """Return the node that remains of a node; ``None`` where all of it is outside the scope."""
        if number not in self._reduced:
            node = self.diagram.nodes[number]
            if isinstance(node, Outcome):
                self._reduced[number] = None if node.status == NOT_APPLICABLE else number
            else:
                kept = {k for c in node[1] if (k := self.reduced(c)) is not None}
                self._reduced[number] = next(iter(kept)) if len(kept) == 1 else number if kept else None
        return self._reduced[number]

    def rows(self) -> list[tuple[tuple[Choice, ...], Outcome]]:
        """Return the paths that lead to an outcome within the scope."""
        root = self.reduced(self.diagram.root)
        full = tuple(frozenset(range(len(axis.choices))) for axis in self.diagram.axes)
        return [] if root is None else list(self._below(root, full))

    def _below(self, number: int, cells: tuple[Choice, ...]) -> Iterator[tuple[tuple[Choice, ...], Outcome]]:
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


def merged(
    rows: Iterable[tuple[tuple[Choice, ...], Outcome]], sizes: Sequence[int]
) -> list[tuple[tuple[Choice, ...], Outcome]]:
    """Join rows of one outcome that differ in a single place, until none are left; columns that decide least first."""
    found = list(dict.fromkeys(rows))
    while True:
        best: list[tuple[tuple[Choice, ...], Outcome]] | None = None
        for place in range(len(sizes)):
            groups: dict[tuple[object, ...], set[int]] = {}
            for cells, outcome in found:
                groups.setdefault((cells[:place], cells[place + 1 :], outcome), set()).update(cells[place])
            if len(groups) < len(best if best is not None else found):
                best = [
                    ((*before, frozenset(own), *after), outcome)
                    for (before, after, outcome), own in groups.items()
                    if isinstance(before, tuple) and isinstance(after, tuple) and isinstance(outcome, Outcome)
                ]
        if best is None:
            return found
        found = best


def _boxes(choices: Sequence[tuple[int, ...]], taken: Choice) -> list[tuple[Choice, ...]]:
    """Split choices of an axis into boxes: sets of cells per variable whose reachable combinations are all taken."""
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
    """Return the runs of neighbouring cells, as first and last."""
    runs: list[tuple[int, int]] = []
    for cell in sorted(cells):
        if runs and cell == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], cell)
        else:
            runs.append((cell, cell))
    return runs


def bounds_of(cells: Cells, variable: Variable, first: int, last: int) -> tuple[int | None, int | None]:
    """Return the integers from the first to the last cell; ``None`` where there is no bound."""
    field = cells.guideline.fields.get(variable.iri)
    open_below = field is not None and field.low is None
    low = None if first == 1 and open_below else variable.bounds(first)[0]
    high = variable.bounds(last)[1]
    return low, field.high if high is None and field else high
