"""Cells: all that a criterion distinguishes of a field's value; the finite input space of a guideline.

A value only matters up to the cell it falls in: a value of a list, true or false, or an interval of integers
between two thresholds. The tuple of cells of a record is its **signature**: one byte per variable, 0 for
unknown, 1 and up for the cells.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import Between, Has, walk
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name

UNKNOWN = 0
MOST = 255
"""Cells of a variable; a signature has one byte for each variable."""

FieldValue = str | bool | int
Signature = bytes
Cellular = tuple[int, ...]
"""Cells of a signature."""


@dataclass(frozen=True)
class Variable:
    """A field that criteria read. ``values`` are the values of a list or booleans; ``starts`` interval starts."""

    iri: str
    name: str
    values: tuple[str | bool, ...]
    starts: tuple[int, ...]
    order: int

    @property
    def size(self) -> int:
        """Return the number of cells, unknown not counted."""
        return len(self.values) or len(self.starts)

    def cell(self, value: FieldValue | None) -> int:
        """Return the cell of a value, 1 and up; 0 where it is ``None``."""
        if value is None:
            return UNKNOWN
        if self.values:
            return self.values.index(value) + 1
        return max(bisect_right(self.starts, value), 1)

    def representative(self, cell: int) -> FieldValue | None:
        """Return a value in a cell; for an interval its smallest."""
        if cell == UNKNOWN:
            return None
        return self.values[cell - 1] if self.values else self.starts[cell - 1]

    def coarse(self, cuts: set[int] | None) -> tuple[int, ...]:
        """Return for each cell the first one from which no cut divides it; itself where all cuts count."""
        found: list[int] = []
        for cell in range(1, self.size + 1):
            apart = cuts is None or not self.starts or self.starts[cell - 1] in cuts
            found.append(cell if apart or not found else found[-1])
        return tuple(found)

    def bounds(self, cell: int) -> tuple[int, int | None]:
        """Return the first and last integer of an interval cell; ``None`` where it has no end."""
        return self.starts[cell - 1], self.starts[cell] - 1 if cell < len(self.starts) else None


class Cells:
    """The variables of a guideline, in the order in which questions are asked.

    Raises `GuidelineError` where a field has more cells than a signature can hold.
    """

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        cuts: dict[str, set[int]] = {}
        used: set[str] = set()
        for condition in guideline.conditions.values():
            for part in walk(condition.expression):
                if isinstance(part, Has):
                    used.add(part.field)
                elif isinstance(part, Between):
                    used.add(part.field)
                    cuts.setdefault(part.field, set()).update(part.cuts)
        variables = [self._variable(name, cuts.get(name, set())) for name in used]
        self.variables: tuple[Variable, ...] = tuple(sorted(variables, key=lambda v: (v.order, v.iri)))
        large = [self._too_large(v) for v in self.variables if v.size > MOST]
        if large:
            raise GuidelineError("The guideline has errors.", large)

    def _too_large(self, variable: Variable) -> Finding:
        what = "values" if variable.values else "ranges of numbers"
        fix = "Use a shorter list." if variable.values else "Use fewer thresholds in conditions on it."
        return Finding(
            "field-too-large",
            f"{variable.name}: conditions distinguish {variable.size} {what} of it; there can be {MOST}. {fix}",
            self.guideline.index.positions.where(variable.iri),
            term=variable.iri,
        )

    def _variable(self, name: str, cuts: set[int]) -> Variable:
        g = self.guideline
        derived = g.derived.get(name)
        if derived:
            order = max(g.fields[f].ask_order or 0 for f in (derived.start, derived.end))
            lowest = 1 if derived.measure == "OrdinalWeek" else 0
            return Variable(name, derived.id, (), self._starts(cuts, lowest, None), order)
        if name in g.expanded:
            order = g.fields[g.expanded[name][0]].ask_order or 0
            return Variable(name, local_name(name), (True, False), (), order)
        field = g.fields[name]
        order = field.ask_order or 0
        if field.kind == "value":
            return Variable(name, field.id, tuple(v.iri for v in field.values), (), order)
        if field.kind == "boolean":
            return Variable(name, field.id, (True, False), (), order)
        return Variable(name, field.id, (), self._starts(cuts, field.low, field.high), order)

    @staticmethod
    def _starts(cuts: set[int], low: int | None, high: int | None) -> tuple[int, ...]:
        inside = {c for c in cuts if (low is None or c > low) and (high is None or c <= high)}
        first = low if low is not None else min(cuts) - 1
        return (first, *sorted(inside))

    @cached_property
    def index(self) -> dict[str, int]:
        """Variables by the IRI of their field."""
        return {v.iri: i for i, v in enumerate(self.variables)}

    @cached_property
    def unknown(self) -> Signature:
        """Return the signature of which nothing is known."""
        return bytes(len(self.variables))

    def signature(self, values: Mapping[str, FieldValue]) -> Signature:
        """Return the signature of the values of fields, by IRI; derived and expanded ones included."""
        found = bytearray(len(self.variables))
        for name, value in values.items():
            number = self.index.get(name)
            if number is not None:
                found[number] = self.variables[number].cell(value)
        return bytes(found)

    def inputs(self, variable: int) -> tuple[str, ...]:
        """Return the fields a sender fills in to settle a variable: itself, its two dates, or its list."""
        name = self.variables[variable].iri
        derived = self.guideline.derived.get(name)
        if derived:
            return (derived.start, derived.end)
        expanded = self.guideline.expanded.get(name)
        return (expanded[0],) if expanded else (name,)


def assign(signature: Signature, variables: Sequence[int], cells: Sequence[int]) -> Signature:
    """Return a signature with some variables set to cells."""
    changed = bytearray(signature)
    for variable, cell in zip(variables, cells, strict=True):
        changed[variable] = cell
    return bytes(changed)


def cells_of(variables: Sequence[int]) -> Callable[[Signature], Cellular]:
    """Return what takes the cells of some variables from a signature."""
    if len(variables) < 2:
        return lambda signature: tuple([signature[v] for v in variables])
    return itemgetter(*variables)
