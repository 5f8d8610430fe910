"""The smallest record of a region, valid on both sides where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from lrp_kg.authoring.compare.model import Period
from lrp_kg.authoring.compare.pairs import Axes, Box, Pair
from lrp_kg.authoring.compare.shared_space import NEW, OLD, SharedSpace, original
from lrp_kg.logic.example_record import TODAY, ExampleRecords

if TYPE_CHECKING:
    from lrp_kg.record.read import RecordReader
    from lrp_kg.record.validate import Validator

Record = dict[str, object]

TRIES = 60
"""Records tried for one that both sides accept."""


class Records:
    """Makes records, and checks whether both sides accept them."""

    def __init__(self, space: SharedSpace) -> None:
        self.space = space

    @cached_property
    def _sides(self) -> tuple[tuple[RecordReader, Validator], ...]:
        from lrp_kg.record.read import RecordReader
        from lrp_kg.record.validate import Validator  # imports rdflib and pySHACL: only where something differs

        return tuple((RecordReader(side), Validator(side)) for side in self.space.sides)

    def valid(self, record: Mapping[str, Any]) -> tuple[bool, bool]:
        """Return whether the old and the new version accept a record."""
        found = [not validator.findings(reader.from_json(dict(record))) for reader, validator in self._sides]
        return found[OLD], found[NEW]

    def smallest(
        self, boxes: list[Box], axes: Axes, pair: Pair, period: Period | None = None
    ) -> tuple[Record, tuple[bool, bool]]:
        """Return the record with the fewest fields in some boxes, and which sides accept it."""
        wanted = pair.before is not None, pair.after is not None
        best: tuple[Record, tuple[bool, bool]] = {}, (False, False)
        for record in sorted(islice(self.candidates(boxes, axes, period), TRIES), key=len):
            valid = self.valid(record)
            if valid == wanted:
                return record, valid
            if not best[0] or sum(valid) > sum(best[1]):
                best = record, valid
        return best

    def candidates(self, boxes: Iterable[Box], axes: Axes, period: Period | None = None) -> Iterator[Record]:
        """Yield records in some boxes, those about the fewest fields first; a side may not accept them."""
        for box in sorted(boxes, key=lambda box: sum(cells != {0} for cells in box.values())):
            yield from islice(self._in_box(box, axes, period), TRIES)

    def _in_box(self, box: Box, axes: Axes, period: Period | None) -> Iterator[Record]:
        """Yield records that have only what a box is about."""
        parts: list[list[dict[int, int]]] = []
        for number, axis in enumerate(axes.axes):
            own = [v for v in axis.variables if v in box]
            if not own:
                continue
            found = {
                tuple((v, c) for v, c in zip(axis.variables, cells, strict=True) if v in box): None
                for cells in axes.choices[number]
                if all(c in box.get(v, (c,)) for v, c in zip(axis.variables, cells, strict=True))
            }
            parts.append([{v: c for v, c in part if c} for part in found])
        maker = ExampleRecords(self.space.dates, _day(period))
        for chosen in product(*parts):
            cells = {v: c for part in chosen for v, c in part.items()}
            cells = {v: c for v, c in cells.items() if v in self.space.dates.derived or not self._old(v)}
            try:
                record = maker.from_cells(cells)
            except ValueError:
                continue
            yield self._dated(record, period)

    def _old(self, variable: int) -> bool:
        """Return whether a variable is a field as only the old version has it, which no record of the new one has."""
        return original(self.space.cells.variables[variable].iri)[1]

    def _dated(self, record: Record, period: Period | None) -> Record:
        """Add a date that chooses the edition of a period, where the record has none and it matters."""
        if period is None or not (period.since or period.until) or any(name in record for name in period.fields):
            return record
        return record | {name: _day(period).isoformat() for name in period.fields[:1]}


def _day(period: Period | None) -> date:
    """Return a day in a period, from which dates are counted."""
    if period is None:
        return TODAY
    day = max(TODAY, period.since) if period.since else TODAY
    return min(day, period.until) if period.until else day
