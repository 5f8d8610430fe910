"""The gaps and overlaps of decisions, each with a smallest example record, and the options that are never chosen.

The result is exact: it covers every path through the diagrams of the decisions. The leaves of the diagrams, which
SPARQL decides, also say which open points declare them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.examples import Record, ValidExample, ValidExamples
from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import Named
from lrp_kg.guideline.model import Decision, Guideline, OpenPoint, Option
from lrp_kg.logic.diagrams import Diagram, DiagramTooLarge
from lrp_kg.logic.example_record import ExampleRecords
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, SEVERAL, Outcome

Path = Mapping[int, int]
"""Choices by axis; any choice of an absent axis will do."""
PATHS = 100
"""Paths, the shortest, among which an example is looked for."""
OF_ONE = 16
"""Combinations of cells of one path, and records of each, that can be an example."""


@dataclass(frozen=True)
class Edge:
    """An interval of a field between two whose outcome is one answer; ``high`` is ``None`` where nothing ends it."""

    field: str
    low: int
    high: int | None


@dataclass(frozen=True)
class UnclearRegion:
    """A part of the input space where a decision has no answer, or several.

    ``declared`` are the open points that declare it, ``cells`` its number of combinations, ``example`` a smallest
    record in it that is valid; ``edge`` is the interval that makes it, where both intervals beside have one answer.
    """

    decision: Decision
    outcome: Outcome
    declared: tuple[str, ...]
    cells: int
    example: ValidExample
    edge: Edge | None


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

    def __init__(self, assessor: Assessor, problems: Callable[[Record], Sequence[Finding]] = lambda _: ()) -> None:
        self.assessor = assessor
        self.guideline: Guideline = assessor.guideline
        self.diagrams = assessor.diagrams
        self.records = ExampleRecords(assessor.dates)
        self.examples = ValidExamples(self.guideline, problems)

    def diagram(self, decision: Decision) -> tuple[Diagram, tuple[OpenPoint, ...]]:
        """Return the diagram of a decision and the open points about it, which its leaves without one answer name."""
        points = tuple(p for p in self.guideline.open_points if p.declares and decision.iri in self.concerned(p))
        classes = tuple(dict.fromkeys(p.applies_to for p in points if p.applies_to))
        return self.diagrams.get(decision, extras=classes), points

    def concerned(self, point: OpenPoint) -> set[str]:
        """Return the decisions that an open point is about, those of editions of a programme included."""
        decisions = {
            e.decision
            for p in self.guideline.programmes.values()
            for e in p.editions
            if not {p.iri, e.iri}.isdisjoint(point.concerns)
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
            paths.sort(key=lambda p: (len(p), sorted(p.items())))
            shortest = paths[0]
            example = self.examples.first(self._candidates(diagram, paths))
            sizes = [len(axis.choices) for axis in diagram.axes]
            cells = sum(prod(size for n, size in enumerate(sizes) if n not in path) for path in paths)
            edge = None if declared else self._edge(diagram, shortest)
            found.append(UnclearRegion(decision, leaf, declared, cells, example, edge))
        return found

    def _candidates(self, diagram: Diagram, paths: Sequence[Path]) -> Iterator[Record]:
        """Yield records that take some paths: one for each of the first paths, then others of each."""
        for path in paths[:PATHS]:
            yield self.records.record(diagram, path)
        for path in paths[:PATHS]:
            numbers = sorted(path)
            members = [diagram.axes[n].members[path[n]] for n in numbers]
            for chosen in islice(product(*members), OF_ONE):
                pairs = zip(numbers, chosen, strict=True)
                cells = {v: c for n, own in pairs for v, c in zip(diagram.axes[n].variables, own, strict=True)}
                yield from islice(self.records.variants(cells), OF_ONE)

    def _named(self, variable: int) -> str:
        return self.assessor.cells.variables[variable].iri

    def reachable(self, diagram: Diagram, path: Path) -> bool:
        """Return whether a record can take a path: a field with a value must not imply one that is false."""
        cells = {
            self._named(v): c
            for number, choice in path.items()
            for v, c in zip(diagram.axes[number].variables, diagram.axes[number].choices[choice], strict=True)
        }
        for name in cells:
            variable = self.assessor.cells.index[name]
            for source in self.assessor.cells.inputs(variable):
                if self.assessor.cells.variables[variable].representative(cells[name]) is False:
                    continue
                for implied in self.guideline.fields[source].implies:
                    other = self.assessor.cells.index.get(implied)
                    if other is None or implied not in cells:
                        continue
                    if self.assessor.cells.variables[other].representative(cells[implied]) is not True:
                        return False
        return True

    def _edge(self, diagram: Diagram, path: Path) -> Edge | None:
        """Return the interval without one answer that lies between two neighbours that have one."""
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
                (first,), (last,) = axis.members[choice][0], axis.members[choice][-1]
                return Edge(variable.iri, variable.bounds(first)[0], variable.bounds(last)[1])
        return None

    def dead_options(self, decision: Decision) -> list[tuple[Option, tuple[str, ...]]]:
        """Return the options that are never an answer within the scope, each with the earlier options that hide it.

        Earlier options hide one only by the hit policy First, and if its situation is possible within the scope.
        """
        diagram = self.diagrams.get(decision)
        chosen = {a for leaf in diagram.leaves(diagram.root) for a in leaf.answers}
        found = []
        for number, option in enumerate(decision.options):
            if option.id in chosen:
                continue
            before: tuple[str, ...] = ()
            if decision.policy == "First" and self.satisfiable(decision.scope, option.applies_to):
                before = tuple(o.id for o in decision.options[:number])
            found.append((option, before))
        return found

    def satisfiable(self, *classes: str) -> bool:
        """Return whether some record belongs to all of the classes; where that is too much to say, that one does."""
        names = [c for c in classes if Named(c) in self.assessor.program.index]
        try:
            diagram = self.diagrams.get(membership({name: name for name in names}))
        except DiagramTooLarge:
            return True
        return any(set(names) <= set(o.answers) for o in diagram.leaves(diagram.root))

    def never_true(self) -> list[str]:
        """Return the conditions and situations that no record belongs to."""
        return [name for name in self.guideline.conditions if not self.satisfiable(name)]

    def stale(self, regions: Iterable[UnclearRegion]) -> list[OpenPoint]:
        """Return the open points that declare a gap or overlap that does not exist."""
        used = {name for region in regions for name in region.declared}
        return [p for p in self.guideline.open_points if p.declares and p.id not in used]
