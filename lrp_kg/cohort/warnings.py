"""The warnings that the answer to each row gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.answer.columns import cautions_of, ended_rules, warning_column
from lrp_kg.cohort.answered import AnsweredRows, CohortLogic
from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.choice import WARNING, Choice
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.results import boolean
from lrp_kg.cohort.three_valued import all_of, any_of
from lrp_kg.guideline.model import Box, Caution
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.editions import Candidate
from lrp_kg.logic.outcomes import DECIDED, UNDETERMINED
from lrp_kg.logic.verdicts import together


class WarningColumns:
    """True where a warning is given, null where it may be when more is known."""

    def __init__(self, logic: CohortLogic, choice: Choice) -> None:
        self._g = logic.guideline
        self._boxes: dict[str | None, list[Box]] = {}
        for box in self._g.boxes.values():
            for advice in {s.advice for s in box.statements}:
                self._boxes.setdefault(advice, []).append(box)
        self._options = [(d.id, o.id, c) for d, o, c in logic.assessor.urgent]
        self._cautions = cautions_of(self._g, choice.of)
        self._superseded = ended_rules(self._g, choice.of)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for caution in self._cautions:
            yield described(warning_column(caution.id), pa.bool_(), WARNING, caution)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        for decision, option, _ in self._options:
            yield boolean(rows.option(decision, option))
        for warning in self._g.warnings:
            yield boolean(self._given(warning, rows))
        for warning, programmes in self._superseded:
            yield boolean(any_of(*(_ended(warning.id, programme, rows) for programme in programmes)))

    def _given(self, warning: Caution, rows: AnsweredRows) -> Array:
        found = rows.verdict(warning.applies_to)
        if warning.calls_for is not None:
            boxes = [rows.shown(box) for box in self._boxes.get(warning.calls_for, ())]
            possible = np.any([box != FALSE for box in boxes], axis=0) if boxes else np.zeros(rows.size, bool)
            found = np.where(possible, found, FALSE)
        if warning.validity is not None and not warning.printed:
            found = all_of(found, rows.in_force(warning.validity))
        return found


def _ended(warning: str, programme: str, rows: AnsweredRows) -> Array:
    """Return whether the verdict on a programme is by rules of which a warning says that they have ended."""

    def ended(chosen: Sequence[Candidate]) -> int:
        warned = any(c.edition.superseded and c.edition.superseded.id == warning for c in chosen)
        return together(c.ended for c in chosen) if warned else FALSE

    numbers, found = rows.edition_states(programme)
    by_rules = np.array([ended(chosen) for chosen in found], np.int8)[numbers]
    return all_of(
        by_rules, rows.of_outcomes(programme, lambda o: {DECIDED: TRUE, UNDETERMINED: OPEN}.get(o.status, FALSE))
    )
