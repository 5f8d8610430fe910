"""The layout of a pathway's picture: lanes and columns, derived from the criteria, and the arrows between stages.

A lane is a value of the value list that splits the stages into the fewest groups; a column is an interval of the
number that most stages depend on. The meaning of these values and numbers plays no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.gaps import paths_to
from lrp_kg.guideline.model import Box, Decision, Option
from lrp_kg.logic.cells import Variable
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.tables import Choice, diagram_of

Possible = Mapping[int, Choice]
"""For each variable, the cells in which a stage is possible."""


@dataclass(frozen=True)
class Placed:
    """A stage with its boxes, and the first and last column it covers."""

    stage: Option
    boxes: tuple[Box, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Lane:
    """Stages side by side; ``value`` is the IRI of the value they share, empty if there is only one lane."""

    value: str
    stages: tuple[Placed, ...]

    def clusters(self) -> dict[tuple[int, int], list[Placed]]:
        """Group the stages that cover the same columns, in the order of the columns."""
        found: dict[tuple[int, int], list[Placed]] = {}
        for placed in sorted(self.stages, key=lambda p: (p.first, p.last)):
            found.setdefault((placed.first, placed.last), []).append(placed)
        return found


@dataclass(frozen=True)
class Passage:
    """An arrow from a stage to another lane, whose value a fact in the stage's boxes names."""

    stage: str
    lane: int
    target: str
    printed: tuple[str, ...]


@dataclass(frozen=True)
class Pathway:
    """The gates before the stages, the lanes and columns, and the passages between lanes.

    ``lane_field`` is the field that splits the lanes; ``columns`` are intervals of ``column_variable``, as cells.
    """

    gates: tuple[Decision, ...]
    lane_field: str
    lanes: tuple[Lane, ...]
    column_variable: Variable | None
    columns: tuple[tuple[int, int], ...]
    passages: tuple[Passage, ...]


def lay_out(catalogue: Catalogue, assessor: Assessor) -> Pathway:
    """Find lanes, columns and arrows of a guideline's stages."""
    stages = catalogue.stages
    possible = _possible(catalogue, assessor)
    variables = assessor.cells.variables
    lane_variable = _lane_variable(stages, possible, variables)
    groups: dict[int, list[Option]] = {}
    for s in stages:
        cells = possible[s.iri].get(lane_variable) if lane_variable is not None else None
        groups.setdefault(min(cells) if cells else 0, []).append(s)
    column_variable = _column_variable(stages, possible, variables)
    spans, columns = _columns(list(groups.values()), possible, column_variable)
    lanes = tuple(
        Lane(
            str(variables[lane_variable].values[cell - 1]) if lane_variable is not None and cell else "",
            tuple(Placed(s, catalogue.boxes_of(s.iri), *spans[s.iri]) for s in groups[cell]),
        )
        for cell in sorted(groups)
    )
    return Pathway(
        _gates(catalogue),
        variables[lane_variable].iri if lane_variable is not None else "",
        lanes,
        variables[column_variable] if column_variable is not None else None,
        columns,
        _passages(catalogue, lanes),
    )


def _gates(catalogue: Catalogue) -> tuple[Decision, ...]:
    """Return the decisions before any stage whose answer is the first option that holds."""
    first = min((d.priority for d in catalogue.stage_decisions), default=0)
    return tuple(d for d in catalogue.decisions if d.policy == "First" and d.priority < first)


def _possible(catalogue: Catalogue, assessor: Assessor) -> dict[str, Possible]:
    """Return for each stage the cells of each variable in which it is possible, without variables it ignores."""
    found: dict[str, Possible] = {s.iri: {} for s in catalogue.stages}
    for decision in catalogue.stage_decisions:
        diagram = diagram_of(assessor, decision)
        if diagram is None:
            continue
        for option in decision.options:
            wanted = frozenset(o for o in diagram.leaves(diagram.root) if option.id in o.answers)
            cells: dict[int, set[int]] = {}
            for path in paths_to(diagram, diagram.root, wanted):
                for number, axis in enumerate(diagram.axes):
                    choices = axis.members[path[number]] if number in path else axis.number
                    for place, variable in enumerate(axis.variables):
                        cells.setdefault(variable, set()).update(c[place] for c in choices)
            sizes = assessor.cells.variables
            found[option.iri] = {v: frozenset(c) for v, c in cells.items() if len(c) < sizes[v].size}
    return found


def _lane_variable(
    stages: tuple[Option, ...], possible: Mapping[str, Possible], variables: tuple[Variable, ...]
) -> int | None:
    best: tuple[int, int] | None = None
    for number, variable in enumerate(variables):
        if not variable.values or not isinstance(variable.values[0], str):
            continue
        cells = [possible[s.iri].get(number, frozenset()) for s in stages]
        groups = len(set(cells))
        if groups > 1 and all(len(c) == 1 for c in cells) and (best is None or groups < best[0]):
            best = (groups, number)
    return best[1] if best else None


def _column_variable(
    stages: tuple[Option, ...], possible: Mapping[str, Possible], variables: tuple[Variable, ...]
) -> int | None:
    counts = {n: sum(n in possible[s.iri] for s in stages) for n, variable in enumerate(variables) if variable.starts}
    number = max(counts, key=lambda n: (counts[n], -n), default=None)
    return number if number is not None and counts[number] * 2 > len(stages) else None


def _columns(
    groups: list[list[Option]], possible: Mapping[str, Possible], variable: int | None
) -> tuple[dict[str, tuple[int, int]], tuple[tuple[int, int], ...]]:
    """Return the columns that each stage covers, and the cells of each column (none without a variable)."""
    if variable is None:
        spans = {s.iri: (n, n) for group in groups for n, s in enumerate(group)}
        return spans, ()
    own: dict[str, tuple[int, int]] = {}
    loose: list[str] = []
    for group in groups:
        taken: list[Choice] = []
        for s in group:
            cells = possible[s.iri].get(variable)
            if not cells:
                loose.append(s.iri)
                continue
            # where stages overlap, the later one is drawn only in the cells that it has alone
            left = cells.difference(*(t for t in taken if t != cells)) or cells
            taken.append(cells)
            own[s.iri] = (min(left), max(left))
    starts = sorted({low for low, _ in own.values()} | {high + 1 for _, high in own.values()})
    columns = tuple((a, b - 1) for a, b in zip(starts, starts[1:], strict=False))
    first = {low: n for n, (low, _) in enumerate(columns)}
    last = {high: n for n, (_, high) in enumerate(columns)}
    spans = {name: (first[low], last[high]) for name, (low, high) in own.items()}
    return spans | {name: (0, max(len(columns) - 1, 0)) for name in loose}, columns


def _passages(catalogue: Catalogue, lanes: tuple[Lane, ...]) -> tuple[Passage, ...]:
    g = catalogue.guideline
    ids = {v.iri: v.id for f in g.fields.values() for v in f.values}
    number = {ids[lane.value]: n for n, lane in enumerate(lanes) if lane.value}
    printed: dict[tuple[str, int], dict[str, None]] = {}
    for here, lane in enumerate(lanes):
        for placed in lane.stages:
            for box in placed.boxes:
                for value in (f.value for s in box.statements for f in s.facts):
                    there = number.get(str(value), here)
                    if there != here:
                        printed.setdefault((placed.stage.iri, there), {})[box.printed] = None
    spans = {p.stage.iri: p for lane in lanes for p in lane.stages}
    found = []
    for (stage, there), labels in printed.items():
        target = _opposite(spans[stage], lanes[there])
        if target:
            found.append(Passage(stage, there, target.stage.iri, tuple(labels)))
    return tuple(found)


def _opposite(placed: Placed, lane: Lane) -> Placed | None:
    """Return the stage of another lane in the same columns, else the next one."""
    same = [p for p in lane.stages if p.first <= placed.last and placed.first <= p.last]
    later = [p for p in lane.stages if p.first > placed.last]
    return next(iter(same or later), None)
