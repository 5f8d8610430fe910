"""A cohort from end to end: rows of a table are read, judged, decided, and become rows of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.answered import AnsweredRows, CohortLogic
from lrp_kg.cohort.buffers import bits_of, nulls, numbers_of, plain_texts, texts
from lrp_kg.cohort.cells import CellReader, Rows
from lrp_kg.cohort.choice import Choice
from lrp_kg.cohort.columns import columns_of
from lrp_kg.cohort.describing import of_guideline
from lrp_kg.cohort.inputs import ID, Inputs, Portion
from lrp_kg.cohort.judging import RowJudge
from lrp_kg.cohort.numbered import decoded
from lrp_kg.findings import Finding
from lrp_kg.record.limits import TEXT, problem


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
    """What a guideline says of rows, for any columns of input; ``choice`` are the columns that are wanted.

    Lists stay ``coded`` where a file of Parquet is written from them (`lrp_kg.cohort.numbered`).
    """

    def __init__(self, service: GuidelineService, choice: Choice | None = None, *, coded: bool = False) -> None:
        self._coded = coded
        self.service = service
        self._logic = CohortLogic(service.assessor, kept=service.assessor.diagrams.cache)
        self._columns = columns_of(self._logic, choice or Choice())
        fields = [field for columns in self._columns for field in columns.fields()]
        own = pa.field(ID, pa.string(), nullable=False)
        self.schema = pa.schema([own, *fields], metadata=of_guideline(service.guideline))

    def table(self, ids: pa.Array, rows: Rows) -> pa.RecordBatch:
        """Return the answers to rows."""
        answered = AnsweredRows(self._logic, rows)
        arrays = [ids, *(array for columns in self._columns for array in columns.arrays(answered))]
        if not self._coded:
            return pa.RecordBatch.from_arrays([decoded(array) for array in arrays], schema=self.schema)
        fields = [field.with_type(array.type) for field, array in zip(self.schema, arrays, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, self.schema.metadata))

    def keep(self) -> None:
        """Keep on disk what the logic was asked for the first time, for the next run."""
        self._logic.keep()


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

    def refused(self, rows: pa.RecordBatch, first: int) -> list[Refused]:
        """Return the rows that are refused, without answering the others."""
        return self._judged(self._inputs.read(rows, first))[1]

    def _answer(self, batch: Portion) -> tuple[pa.RecordBatch, list[Refused]]:
        valid, refused = self._judged(batch)
        return self._answers.table(valid.ids, self._cells.rows(valid)), refused

    def _judged(self, batch: Portion) -> tuple[Portion, list[Refused]]:
        """Return the rows that are valid, and those that are refused."""
        others = self._check_ids(batch)
        found = self._judge.findings(batch)
        for row in others - found.keys():
            found[row] = [_id_missing()]
        refused = [
            Refused(batch.first + row, batch.ids[row].as_py(), tuple(findings))
            for row, findings in sorted(found.items())
        ]
        if refused:
            batch = batch.of(np.setdiff1d(np.arange(batch.size), np.fromiter(found, np.int64, len(found))))
        return batch, refused

    def _check_ids(self, batch: Portion) -> set[int]:
        """Report the rows without an id, and those with one that another row has.

        Return the rows whose id is no text: what is wrong with it is found where all values are judged.
        """
        others: set[int] = set()
        if not plain_texts(batch.ids, TEXT):
            trimmed = pc.utf8_length(pc.utf8_trim_whitespace(batch.ids))
            empty = np.flatnonzero((nulls(batch.ids) == 1) | (numbers_of(trimmed) == 0))
            without = set(empty.tolist()).difference(batch.broken)
            others = {row for row in without if not isinstance(batch.whole.get(row, {}).get(ID), str | None)}
            for row in sorted(without - others):
                batch.found.setdefault(row, []).append(_id_missing())
        if self.repeated:
            twice = pc.is_in(batch.ids, texts(sorted(self.repeated)))
            for row in np.flatnonzero(bits_of(twice)).tolist():
                name = batch.ids[row].as_py()
                batch.found.setdefault(row, []).append(problem("id-repeated", "row-id-repeated", ID, name))
        return others


def _id_missing() -> Finding:
    return problem("id-missing", "row-id-missing", ID)
