"""The records that were answered, beside their answers: day, episode, application, and what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from lrp_kg.cohort.arrays import ABSENT
from lrp_kg.cohort.inputs import ID, Inputs, Portion
from lrp_kg.cohort.mapping import load_mapping
from lrp_kg.cohort.reading import File, JsonLines, parts_of
from lrp_kg.errors import CohortError
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.record.read import RecordReader
from lrp_kg.report.answers import quoted
from lrp_kg.words import error as say
from lrp_kg.words import in_every_language

BOOLEANS: Mapping[Any, bool | None] = {"true": True, "false": False, "": None, None: None, True: True, False: False}


class RecordTable:
    """Reads of some files of records what a report needs, into a table of the database.

    ``done`` names for decisions the columns that say whether what they are about was done: true, false or nothing.
    """

    def __init__(
        self,
        guideline: Guideline,
        connection: duckdb.DuckDBPyConnection,
        fields: Sequence[Field],
        done: Mapping[str, str],
    ) -> None:
        roles = guideline.roles
        self._guideline = guideline
        self._connection = connection
        self._days = {f.id: f.iri for f in fields}
        self._done = done
        self._episode = guideline.fields[roles.episode].id if roles.episode else None
        if roles.assessment:
            self._days[guideline.fields[roles.assessment].id] = roles.assessment
        names = [ID, "episode", *(f"day.{f}" for f in self._days), *(f"done.{d}" for d in done)]
        kinds = ["VARCHAR", "VARCHAR", *("INTEGER" for _ in self._days), *("BOOLEAN" for _ in done)]
        columns = ", ".join(f"{quoted(n)} {kind}" for n, kind in zip(names, kinds, strict=True))
        connection.execute(f"CREATE TEMP TABLE records ({columns})")

    def read(self, files: Sequence[Path], mapping: Path | None) -> None:
        """Read some files; raise `CohortError` with what is wrong with them."""
        mapped = load_mapping(self._guideline, mapping) if mapping else None
        for path in [part for name in files for part in parts_of(name)]:
            file = File(path, self._connection, mapped)
            for batch in self._batches(file):
                self._connection.register("batch", batch)
                self._connection.execute("INSERT INTO records SELECT * FROM batch")
                self._connection.unregister("batch")
        self._demand_one_each()
        self._demand_some()
        self._connection.execute(
            "CREATE TEMP VIEW known AS SELECT answers.*, records.* EXCLUDE (id), records.id IS NOT NULL AS found "
            "FROM answers LEFT JOIN records USING (id)"
        )

    def _batches(self, file: File) -> Iterator[pa.Table]:
        whole = file.kind == "ndjson"
        wanted = {ID, self._episode, *self._days}
        names = [ID] if whole else [name for name in file.names if name in wanted]
        self._demand_columns(file, whole=whole)
        inputs = Inputs(self._guideline, RecordReader(self._guideline), names, text=file.text)
        for batch in file.batches():
            if isinstance(batch, JsonLines):
                portion = inputs.read_whole(batch.records, 1, batch.broken)
                done = {d: [r.get(name) for r in batch.records] for d, name in self._done.items()}
            else:
                portion = inputs.read(batch.select(names), 1)
                done = {d: batch.column(name).to_pylist() for d, name in self._done.items()}
            yield self._table(portion, {d: self._booleans(file, d, values) for d, values in done.items()})

    def _table(self, portion: Portion, done: Mapping[str, pa.Array]) -> pa.Table:
        nothing = pa.nulls(portion.size, pa.string())
        episode = portion.texts.get(self._episode, nothing) if self._episode else nothing
        days = {}
        for name, iri in self._days.items():
            own = portion.days.get(iri, np.full(portion.size, ABSENT, np.int64))
            days[f"day.{name}"] = pa.array(np.where(own == ABSENT, 0, own), pa.int32(), mask=own == ABSENT)
        said = {f"done.{d}": values for d, values in done.items()}
        return pa.table({ID: portion.ids, "episode": episode.cast(pa.string()), **days, **said})

    def _booleans(self, file: File, decision: str, values: Sequence[Any]) -> pa.Array:
        known = [v.strip().lower() if isinstance(v, str) else v for v in values]
        if any(not isinstance(v, (str, bool, type(None))) or v not in BOOLEANS for v in known):
            raise say(CohortError, "error-report-done", file=str(file.path), name=self._done[decision])
        return pa.array([BOOLEANS[v] for v in known], pa.bool_())

    def _demand_columns(self, file: File, *, whole: bool) -> None:
        """Raise `CohortError` with the columns that are asked for and are not there; NDJSON has no fixed columns."""
        lacking = [] if whole else [n for n in (ID, *self._done.values()) if n not in file.names]
        if lacking:
            findings = []
            for name in lacking:
                texts = in_every_language("report-no-column", name=name)
                findings.append(
                    Finding("report-no-column", texts["en"], where=str(file.path), field=name, messages=texts)
                )
            error = say(CohortError, "error-columns", count=len(findings))
            raise CohortError(error.message, findings, error.messages)

    def _demand_one_each(self) -> None:
        """Raise `CohortError` where an id that was answered is that of several records."""
        twice = self._connection.execute(
            "SELECT count(*) FROM (SELECT id FROM records SEMI JOIN answers USING (id) GROUP BY id HAVING count(*) > 1)"
        ).fetchone()
        if twice and twice[0]:
            raise say(CohortError, "error-report-twice", count=twice[0])

    def _demand_some(self) -> None:
        """Raise `CohortError` where there are answers, and none of them is that of a record."""
        answered, known = "SELECT 1 FROM answers", "SELECT 1 FROM records SEMI JOIN answers USING (id)"
        some, both = (self._connection.execute(f"{query} LIMIT 1").fetchone() for query in (answered, known))
        if some and not both:
            raise say(CohortError, "error-report-none")
