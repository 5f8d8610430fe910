"""Where a guideline has gaps, overlaps and options that are never chosen: exact, each with a smallest witness record.

The diagrams of the decisions are walked; their leaves are asked, by SPARQL too, which open points declare them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from lrp_kg.answer.decisions import Assessor
from lrp_kg.guideline.criteria import Named
from lrp_kg.guideline.model import Decision, Guideline, OpenPoint
from lrp_kg.logic.diagrams import Diagram
from lrp_kg.logic.example_record import ExampleRecords
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, SEVERAL, Outcome

Path = Mapping[int, int]
"""Choices by axis; an axis that is not there does not matter."""


@dataclass(frozen=True)
class UnclearRegion:
    """A part of the input space where a decision has no answer, or several, with its declaring open points."""

    decision: Decision
    outcome: Outcome
    declared: tuple[str, ...]
    paths: tuple[Path, ...]
    cells: int
    witness: Mapping[str, object]
    edge: bool


@dataclass(frozen=True)
class DeadOption:
    """An option that is never an answer; ``swallowed_by`` are the options that come before it where it holds."""

    decision: Decision
    option: str
    swallowed_by: tuple[str, ...]


def paths_to(diagram: Diagram, node: int, wanted: frozenset[Outcome]) -> Iterator[dict[int, int]]:
    """Yield the choices that lead from a node to a wanted leaf."""
    inner = diagram.nodes[node]
    if isinstance(inner, Outcome):
        if inner in wanted:
            yield {}
        return
    if not diagram.leaves(node) & wanted:
        return
    axis, children = inner
    for choice, child in enumerate(children):
        for path in paths_to(diagram, child, wanted):
            yield {axis: choice, **path}


class Coverage:
    """Analyses the decisions of a guideline."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self.guideline: Guideline = assessor.guideline
        self.diagrams = assessor.diagrams
        self.witnesses = ExampleRecords(assessor)

    def diagram(self, decision: Decision) -> tuple[Diagram, tuple[OpenPoint, ...]]:
        """Return the diagram of a decision whose leaves without one answer also name the open points that hold."""
        points = tuple(p for p in self.guideline.open_points if p.declares and decision.iri in self._concerned(p))
        classes = tuple(dict.fromkeys(p.applies_to for p in points if p.applies_to))
        return self.diagrams.get(decision, extras=classes), points

    def _concerned(self, point: OpenPoint) -> set[str]:
        decisions = {
            e.decision for p in self.guideline.programmes.values() if p.iri in point.concerns for e in p.editions
        }
        return decisions | set(point.concerns)

    def regions(self, decision: Decision) -> list[UnclearRegion]:
        """Return the gaps of a decision, and its overlaps where its options exclude each other."""
        diagram, points = self.diagram(decision)
        found = []
        for leaf in sorted(diagram.leaves(diagram.root)):
            if leaf.status not in (NO_ANSWER, SEVERAL):
                continue
            declared = tuple(
                p.id
                for p in points
                if leaf.status in p.declares and (p.applies_to is None or p.applies_to in leaf.holding)
            )
            paths = [
                path for path in paths_to(diagram, diagram.root, frozenset((leaf,))) if self.reachable(diagram, path)
            ]
            if not paths:
                continue
            shortest = min(paths, key=lambda p: (len(p), sorted(p.items())))
            witness = self.witnesses.record(diagram, shortest)
            cells = sum(self._size(diagram, p) for p in paths)
            edge = not declared and self._is_edge(diagram, shortest, leaf.status)
            found.append(UnclearRegion(decision, leaf, declared, tuple(paths), cells, witness, edge))
        return found

    def combinations(self, decision: Decision, fields: tuple[str, ...], status: str) -> set[tuple[int, ...]]:
        """Return the cells of some fields, by IRI, that can come with a status; for an exact listing."""
        diagram, _ = self.diagram(decision)
        wanted = frozenset(o for o in diagram.leaves(diagram.root) if o.status == status)
        places = [
            next(i for i, axis in enumerate(diagram.axes) if self._named(axis.variables[0]) == field)
            for field in fields
        ]
        found: set[tuple[int, ...]] = set()
        for path in paths_to(diagram, diagram.root, wanted):
            options = [[path[place]] if place in path else range(len(diagram.axes[place].choices)) for place in places]
            found |= set(product(*options))
        return found

    def _named(self, variable: int) -> str:
        return self.assessor.cells.variables[variable].iri

    def _size(self, diagram: Diagram, path: Path) -> int:
        size = 1
        for number, axis in enumerate(diagram.axes):
            if number not in path:
                size *= len(axis.choices)
        return size

    def reachable(self, diagram: Diagram, path: Path) -> bool:
        """Tell whether a record can take a path: no field that is false may be implied by one with a value."""
        cells = {
            self._named(v): c
            for number, choice in path.items()
            for v, c in zip(diagram.axes[number].variables, diagram.axes[number].choices[choice], strict=True)
        }
        for name in cells:
            variable = self.assessor.cells.index[name]
            for source in self.assessor.cells.inputs(variable):
                for implied in self.guideline.fields[source].implies:
                    other = self.assessor.cells.index.get(implied)
                    if other is None or implied not in cells:
                        continue
                    if self.assessor.cells.variables[other].representative(cells[implied]) is not True:
                        return False
        return True

    def _is_edge(self, diagram: Diagram, path: Path, status: str) -> bool:
        """Tell whether an interval between two answered neighbours is left uncovered, or covered twice."""
        for number, choice in path.items():
            axis = diagram.axes[number]
            variable = self.assessor.cells.variables[axis.variables[0]]
            if not variable.starts or len(axis.variables) > 1 or not 0 < choice < len(axis.choices) - 1:
                continue
            around = []
            for beside in (choice - 1, choice + 1):
                chosen = tuple({**path, number: beside}.get(i) for i in range(len(diagram.axes)))
                around.append(diagram.leaves(diagram.restrict(diagram.root, chosen)))
            if all(all(o.status == DECIDED for o in leaves) for leaves in around):
                return True
        return False

    def dead_options(self, decision: Decision) -> list[DeadOption]:
        """Return the options that are never an answer within the scope."""
        diagram = self.diagrams.get(decision)
        chosen = {a for leaf in diagram.leaves(diagram.root) for a in leaf.answers}
        found = []
        for number, option in enumerate(decision.options):
            if option.id in chosen:
                continue
            before: tuple[str, ...] = ()
            if decision.policy == "First" and self.satisfiable(decision.scope, option.applies_to):
                before = tuple(o.id for o in decision.options[:number])
            found.append(DeadOption(decision, option.id, before))
        return found

    def satisfiable(self, *classes: str) -> bool:
        """Tell whether some record belongs to all of some classes."""
        names = [c for c in classes if Named(c) in self.assessor.program.index]
        diagram = self.diagrams.get(membership({name: name for name in names}))
        return any(set(names) <= set(o.answers) for o in diagram.leaves(diagram.root))

    def never_true(self) -> list[str]:
        """Return the conditions and situations that no record belongs to."""
        return [name for name in self.guideline.conditions if not self.satisfiable(name)]

    def stale(self, regions: Iterable[UnclearRegion]) -> list[OpenPoint]:
        """Return the open points that declare a gap or overlap which is not there."""
        used = {name for region in regions for name in region.declared}
        return [p for p in self.guideline.open_points if p.declares and p.id not in used]
