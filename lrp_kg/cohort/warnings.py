"""The warnings that the answer to each row gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.answered import AnsweredRows, CohortLogic
from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.results import boolean
from lrp_kg.guideline.model import Box, Caution
from lrp_kg.logic.classify import FALSE


class WarningColumns:
    """True where a warning is given, null where it may be when more is known."""

    def __init__(self, logic: CohortLogic) -> None:
        self._g = logic.guideline
        self._boxes: dict[str | None, list[Box]] = {}
        for box in self._g.boxes.values():
            for advice in {s.advice for s in box.statements}:
                self._boxes.setdefault(advice, []).append(box)
        self._options = [(d.id, o.id, c) for d, o, c in logic.assessor.urgent]

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for caution in (*(c for _, _, c in self._options), *self._g.warnings):
            yield pa.field(f"warning.{caution.id}", pa.bool_())

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        for decision, option, _ in self._options:
            yield boolean(rows.option(decision, option))
        for warning in self._g.warnings:
            yield boolean(self._given(warning, rows))

    def _given(self, warning: Caution, rows: AnsweredRows) -> Array:
        found = rows.verdict(warning.applies_to)
        if warning.calls_for is not None:
            boxes = [rows.shown(box) for box in self._boxes.get(warning.calls_for, ())]
            possible = np.any([box != FALSE for box in boxes], axis=0) if boxes else np.zeros(rows.size, bool)
            found = np.where(possible, found, FALSE)
        if warning.validity is not None and not warning.printed:
            found = np.where(rows.in_force(warning.validity) == FALSE, FALSE, found)
        return found
