"""A cohort from end to end: rows of a table are read, judged, decided, and become rows of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.arrays import Array, Numbering
from lrp_kg.cohort.cells import CellReader, Rows
from lrp_kg.cohort.deciding import DecisionColumn, States
from lrp_kg.cohort.inputs import ID, Inputs, Portion
from lrp_kg.cohort.judging import RowJudge
from lrp_kg.cohort.programmes import ProgrammeColumn
from lrp_kg.cohort.results import OutcomeColumns
from lrp_kg.cohort.verdicts import MoreColumns
from lrp_kg.findings import Finding
from lrp_kg.record.limits import problem


@dataclass(frozen=True)
class Refused:
    """A row that is not answered: its number from 1, its id, and why."""

    row: int
    id: str | None
    findings: tuple[Finding, ...]

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {"row": self.row, "id": self.id, "findings": [f.as_dict(lang) for f in self.findings]}


class Answers:
    """What a guideline says of rows, for any columns of input."""

    def __init__(self, service: GuidelineService) -> None:
        self.service = service
        g, a = service.guideline, service.assessor
        self._outcomes = Numbering()
        deciders = {name: a.decider(name) for name in g.decisions}
        self._decided = {
            name: DecisionColumn(name, d, States(d, a.cells, a.dates), self._outcomes) for name, d in deciders.items()
        }
        self._programmes = {p.id: ProgrammeColumn(p, a, self._decided, self._outcomes) for p in g.programmes.values()}
        self._columns = [
            OutcomeColumns(g, d.id, [o.id for o in d.options], self._outcomes, collects=d.policy == "Collect")
            for d in g.own_decisions.values()
        ]
        self._columns += [
            OutcomeColumns(
                g, p.id, [o.id for o in g.decisions[p.editions[-1].decision].options], self._outcomes, collects=False
            )
            for p in g.programmes.values()
        ]
        self._more = MoreColumns(a, self._programmes, self._outcomes, list(g.own_decisions))
        self.schema = pa.schema(
            [
                pa.field(ID, pa.string(), nullable=False),
                *(f for c in self._columns for f in c.fields()),
                *self._more.fields(),
            ]
        )

    def outcomes(self, rows: Rows) -> list[Array]:
        """Return the numbers of the outcomes of all decisions and programmes, in the order of the columns."""
        g = self.service.guideline
        found = [self._decided[d.iri].outcomes(rows) for d in g.own_decisions.values()]
        return found + [p.outcomes(rows) for p in self._programmes.values()]

    def table(self, ids: pa.Array, rows: Rows) -> pa.RecordBatch:
        """Return the answers to rows."""
        numbers = self.outcomes(rows)
        arrays = [a for c, own in zip(self._columns, numbers, strict=True) for a in c.arrays(own)]
        arrays += self._more.arrays(rows, numbers)
        return pa.RecordBatch.from_arrays([ids, *arrays], schema=self.schema)


class CohortRun:
    """Answers the rows of tables with one set of columns; ``repeated`` are the ids that more than one row has.

    The values of ``text`` are all text, as in CSV; rows that are ``whole`` are JSON objects and have no columns.
    """

    def __init__(self, answers: Answers, names: Sequence[str], *, text: bool = False, whole: bool = False) -> None:
        service = answers.service
        self._answers = answers
        self.repeated: frozenset[str] = frozenset()
        self._inputs = Inputs(service.guideline, service.reader, [ID] if whole else names, text=text)
        self._judge = RowJudge(service, self._inputs)
        self._cells = CellReader(service.guideline, service.assessor.cells, service.reader, self._inputs)

    def answer(self, rows: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, list[Refused]]:
        """Return the answers to rows, of which the first has a number, and those that are refused."""
        return self._answer(self._inputs.read(rows, first))

    def answer_whole(
        self, records: Sequence[Mapping[str, Any]], first: int, broken: Mapping[int, Finding]
    ) -> tuple[pa.RecordBatch, list[Refused]]:
        """Return the answers to JSON objects, and those that are refused; ``broken`` are no records."""
        return self._answer(self._inputs.read_whole(records, first, broken))

    def _answer(self, batch: Portion) -> tuple[pa.RecordBatch, list[Refused]]:
        self._check_ids(batch)
        found = self._judge.findings(batch)
        refused = [
            Refused(batch.first + row, batch.ids[row].as_py(), tuple(findings))
            for row, findings in sorted(found.items())
        ]
        if refused:
            batch = batch.of(np.setdiff1d(np.arange(batch.size), np.fromiter(found, np.int64, len(found))))
        return self._answers.table(batch.ids, self._cells.rows(batch)), refused

    def _check_ids(self, batch: Portion) -> None:
        """Report the rows without an id, and those with one that another row has."""
        empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(batch.ids), ""), True)
        for row in np.setdiff1d(np.flatnonzero(np.asarray(empty)), list(batch.broken)).tolist():
            batch.found.setdefault(row, []).append(problem("id-missing", "row-id-missing", ID))
        if self.repeated:
            twice = pc.is_in(batch.ids, pa.array(sorted(self.repeated), pa.string()))
            for row in np.flatnonzero(np.asarray(twice)).tolist():
                name = batch.ids[row].as_py()
                batch.found.setdefault(row, []).append(problem("id-repeated", "row-id-repeated", ID, name))
