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
from lrp_kg.authoring.examples import Record, ValidExamples
from lrp_kg.findings import Finding
from lrp_kg.logic.example_record import TODAY, ExampleRecords

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline
    from lrp_kg.record.read import RecordReader
    from lrp_kg.record.validate import Validator

TRIES = 60
"""Records of a box, and of all, among which one is looked for that both sides accept."""
_ACCEPTED = Finding("record-accepted", "A version accepts the record that is looked for among those that it refuses.")


class Records:
    """Makes records, and checks whether both sides accept them."""

    def __init__(self, space: SharedSpace) -> None:
        self.space = space

    @cached_property
    def _sides(self) -> tuple[tuple[RecordReader, Validator], ...]:
        from lrp_kg.record.read import RecordReader
        from lrp_kg.record.validate import Validator  # judges with rdflib and pySHACL: only where something differs

        old, new = self.space.sides
        after = RecordReader(new), Validator(new)
        return (after if _records_alike(old, new) else (RecordReader(old), Validator(old))), after

    def problems(self, record: Mapping[str, Any]) -> tuple[list[Finding], list[Finding]]:
        """Return what the old and the new version find wrong with a record."""
        found = {side: side[1].findings(side[0].from_json(dict(record))) for side in dict.fromkeys(self._sides)}
        return found[self._sides[OLD]], found[self._sides[NEW]]

    def smallest(
        self, boxes: list[Box], axes: Axes, pair: Pair, period: Period | None = None
    ) -> tuple[Record | None, tuple[bool, bool]]:
        """Return the record with the fewest fields in some boxes that those sides accept that answer it.

        Where none is found it is one that either side accepts, or ``None``.
        """
        wanted = pair.before is not None, pair.after is not None
        best: dict[tuple[bool, bool], Record] = {}

        def unwanted(record: Record) -> list[Finding]:
            problems = self.problems(record)
            valid = not problems[OLD], not problems[NEW]
            best.setdefault(valid, record)
            if valid == wanted:
                return []
            asked = [f for side in (OLD, NEW) if wanted[side] for f in problems[side]]
            return asked or [_ACCEPTED]

        candidates = sorted(islice(self.candidates(boxes, axes, period), TRIES), key=len)
        found = ValidExamples(self.space.sides[NEW], unwanted).first(candidates)
        if found.record is not None:
            return dict(found.record), wanted
        sides = next((valid for valid in ((True, False), (False, True)) if valid in best), (False, False))
        return best.get(sides) if any(sides) else None, sides

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
            for known in self._of_one_version(cells):
                for record in maker.variants(known):
                    yield self._dated(record, period)

    def _of_one_version(self, cells: dict[int, int]) -> Iterator[dict[int, int]]:
        """Yield cells that a record can have: no field of the old version alone beside one of the new alone."""
        sides = {v: {side for side in (OLD, NEW) if self._has(side, v)} for v in cells}
        if {OLD} in sides.values() and {NEW} in sides.values():
            for side in (OLD, NEW):
                yield {v: c for v, c in cells.items() if side in sides[v]}
        else:
            yield cells

    def _has(self, side: int, variable: int) -> bool:
        """Return whether records of a version have the field of a variable."""
        g, name = self.space.sides[side], self.space.cells.variables[variable].iri
        return name in g.fields or name in g.expanded or name in g.derived

    def _old(self, variable: int) -> bool:
        """Return whether a variable is a field as only the old version has it, which no record of the new one has."""
        return original(self.space.cells.variables[variable].iri)[1]

    def _dated(self, record: Record, period: Period | None) -> Record:
        """Add a date that chooses the edition of a period, where the record has none and it matters."""
        if period is None or not (period.since or period.until) or any(name in record for name in period.fields):
            return record
        return record | {name: _day(period).isoformat() for name in period.fields[:1]}


def _records_alike(old: Guideline, new: Guideline) -> bool:
    """Return whether two versions accept the same records, because all that says so is written the same."""
    texts = [{m.file.name: m.text.text for m in side.index.modules if not m.is_ontology} for side in (old, new)]
    said = [(side.namespace, side.fields, side.derived) for side in (old, new)]
    return texts[OLD] == texts[NEW] and said[OLD] == said[NEW]


def _day(period: Period | None) -> date:
    """Return a day in a period, from which dates are counted."""
    if period is None:
        return TODAY
    day = max(TODAY, period.since) if period.since else TODAY
    return min(day, period.until) if period.until else day
