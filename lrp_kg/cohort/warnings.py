"""The warnings that the answer to each row gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa

from lrp_kg.answer.decisions import Assessor
from lrp_kg.cohort.arrays import Array, Memory
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import Days, Rows
from lrp_kg.cohort.measures import as_date
from lrp_kg.durations import DateRange, day_number
from lrp_kg.guideline.model import Box, Caution
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE
from lrp_kg.logic.editions import in_force

Verdict = Callable[[str | None], Array]


class WarningColumns:
    """True where a warning is given, null where it may be when more is known."""

    def __init__(self, assessor: Assessor) -> None:
        self._a = assessor
        self._g = assessor.guideline
        self._boxes: dict[str | None, list[Box]] = {}
        for box in self._g.boxes.values():
            for advice in {s.advice for s in box.statements}:
                self._boxes.setdefault(advice, []).append(box)
        self._options = [(d.iri, o.id, c) for d, o, c in assessor.urgent]
        self._memories: dict[Validity, Memory] = {}

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for caution in (*(c for _, _, c in self._options), *self._g.warnings):
            yield pa.field(f"warning.{caution.id}", pa.bool_())

    def arrays(
        self, rows: Rows, verdict: Verdict, shown: Mapping[str, Array], chosen: Callable[[str, str], Array]
    ) -> Iterator[Array]:
        """Yield whether each is given; ``shown`` is whether boxes are, ``chosen`` whether a decision has an option."""
        bounds = ColumnBounds(self._a.dates, rows)
        known: dict[str, Days] = {}

        def days(name: str) -> Days:
            if name not in known:
                known[name] = bounds.of(name)
            return known[name]

        for decision, option, _ in self._options:
            yield chosen(decision, option)
        for warning in self._g.warnings:
            yield self._given(warning, verdict(warning.applies_to), shown, days)

    def _given(self, warning: Caution, holds: Array, shown: Mapping[str, Array], days: Callable[[str], Days]) -> Array:
        found = holds
        if warning.calls_for is not None:
            boxes = [shown[box.iri] for box in self._boxes.get(warning.calls_for, ())]
            possible = np.any([box != FALSE for box in boxes], axis=0) if boxes else np.zeros(len(holds), bool)
            found = np.where(possible, found, FALSE)
        if warning.validity is not None and not warning.printed:
            found = np.where(self._in_force(warning.validity, days) == FALSE, FALSE, found)
        return found

    def _in_force(self, validity: Validity, days: Callable[[str], Days]) -> Array:
        """Return whether a rule is in force: asked for once for each place of dates beside its first and last days."""
        fields = sorted({name for period in validity.every for name in period.by})
        ends = [day_number(d) for period in validity.every for d in (period.first, period.last) if d]
        own = [days(name) for name in fields]
        columns = [np.sign(side - end) for d in own for side in (d.low, d.high) for end in ends]

        def work_out(row: int) -> int:
            ranges = {n: DateRange(as_date(d.low[row]), as_date(d.high[row])) for n, d in zip(fields, own, strict=True)}
            return in_force(validity, ranges.__getitem__)

        return self._memories.setdefault(validity, Memory()).take(columns, work_out)
