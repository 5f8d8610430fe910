"""The file of answers that ``lrp-kg cohort`` writes, counted by DuckDB in bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow.parquet as pq

from lrp_kg.answer.columns import box_column, criterion_column, edition_column, fact_columns
from lrp_kg.cohort.csv_head import head_of_csv
from lrp_kg.cohort.inputs import EMPTY, ID, SEPARATOR
from lrp_kg.cohort.reading import parts_of
from lrp_kg.errors import CohortError
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Decision, Guideline, Programme
from lrp_kg.logic.outcomes import STATUSES
from lrp_kg.words import error as say
from lrp_kg.words import in_every_language, of_system

KINDS = (".parquet", ".csv", ".ndjson", ".jsonl")
TEXTS = "VARCHAR[]"
COPIED = 100_000
"""Rows of Parquet up to which a copy of them is faster to ask than the files."""
NAMED = 20
"""Values of another guideline that an error names."""


def quoted(name: str) -> str:
    """Return a name of a column as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


class AnswerTable:
    """The rows of a file of answers; raises `CohortError` where they are not those of a guideline.

    ``version`` is that of the guideline that answered, where its content was another than now.
    """

    def __init__(self, guideline: Guideline, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._guideline = guideline
        self.path = path
        self.connection = connection
        self.version: str | None = None
        self._known: dict[tuple[tuple[str, ...], str, str], dict[tuple[Any, ...], int]] = {}
        if path.suffix.lower() not in KINDS:
            raise say(CohortError, "error-cohort-kind", file=str(path), known=", ".join(KINDS))
        types = _types(guideline)
        try:
            self._parts = parts_of(path)
            with self._parts[0].open("rb"):
                pass
            self._names = self._read_names()
            self.columns = frozenset(self._names) & types.keys()
            if ID not in self._names or not any(name.endswith("_status") for name in self.columns):
                raise say(CohortError, "error-report-file", file=str(path), guideline=guideline.id)
            self._open({name: types[name] for name in types if name in self.columns})
            self._check_values()
            self._demand_own_ids()
        except (OSError, csv.Error, duckdb.Error, UnicodeDecodeError, ValueError) as error:
            what = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
            reason = of_system(error) if isinstance(error, OSError) and error.strerror else what
            raise say(CohortError, "error-file", file=str(path), what=reason) from None

    def lacking(self, *names: str) -> list[str]:
        """Return the columns that the file does not have."""
        return [name for name in names if name not in self.columns]

    def number(self, condition: str = "true", *, source: str = "answers") -> int:
        """Return how many rows are so."""
        return next(iter(self.groups(source=source, where=condition).values()), 0)

    def numbers(self, conditions: Iterable[str], *, source: str = "answers") -> list[int]:
        """Return how many rows are so, for each of some conditions, in one pass."""
        every = list(conditions)
        return self.numbers_by("1", every, source=source).get(1, [0] * len(every))

    def numbers_by(
        self, value: str, conditions: Iterable[str], *, source: str = "answers", where: str = "true"
    ) -> dict[Any, list[int]]:
        """Return how many rows of each value are so, for each of some conditions, in one pass."""
        counted = "".join(f", count(*) FILTER (WHERE {condition})" for condition in conditions)
        rows = self.connection.execute(
            f"SELECT {value} AS v{counted} FROM {source} WHERE {where} GROUP BY v"  # noqa: S608
        ).fetchall()
        return {row[0]: list(row[1:]) for row in rows}

    def groups(self, *by: str, source: str = "answers", where: str = "true") -> dict[tuple[Any, ...], int]:
        """Return how many rows there are of each combination of values; what was asked before is remembered."""
        asked = (by, source, where)
        if asked not in self._known:
            self._known[asked] = self._groups(*asked)
        return self._known[asked]

    def _groups(self, by: tuple[str, ...], source: str, where: str) -> dict[tuple[Any, ...], int]:
        named = ", ".join(f"{expression} AS v{n}" for n, expression in enumerate(by)) or "1 AS v"
        values = ", ".join(f"v{n}" for n, _ in enumerate(by))
        rows = self.connection.execute(
            f"SELECT {values}{', ' * bool(by)}count(*) FROM (SELECT {named} FROM {source} WHERE {where}) "  # noqa: S608
            + (f"GROUP BY {values}" if by else "")
        ).fetchall()
        return {tuple(row[:-1]): row[-1] for row in rows}

    # -- reading ------------------------------------------------------------------------------------

    def _read_names(self) -> list[str]:
        suffix = self.path.suffix.lower()
        if suffix == ".parquet":
            schema = pq.read_schema(self._parts[0])
            self._read_version((schema.metadata or {}).get(b"guideline"))
            return list(schema.names)
        if suffix == ".csv":
            csv_head = head_of_csv(self.path)
            self._delimiter = csv_head.delimiter
            return csv_head.names
        with self.path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline()
        first = orjson.loads(head) if head.strip() else {}
        return list(first) if isinstance(first, dict) else []

    def _open(self, types: dict[str, str]) -> None:
        """Make the table of answers: a copy, or a view of much Parquet, which is read as often as it is asked."""
        suffix, file = self.path.suffix.lower(), literal(str(self.path))
        if suffix == ".parquet":
            parts = ", ".join(literal(str(part)) for part in self._parts)
            small = sum(pq.read_metadata(part).num_rows for part in self._parts) <= COPIED
            source, kind = f"read_parquet([{parts}])", "TABLE" if small else "VIEW"
        elif suffix == ".csv":
            names = [n if n in types else f"#{place}" for place, n in enumerate(self._names)]  # others may be odd
            texts = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
            form = f"delim = {literal(self._delimiter)}, auto_detect = false, header = true"
            source, kind = f"read_csv({file}, columns = {{{texts}}}, {form})", "TABLE"
        else:
            texts = ", ".join(f"{literal(n)}: {literal(t)}" for n, t in types.items())
            source, kind = f"read_json({file}, format = 'newline_delimited', columns = {{{texts}}})", "TABLE"
        chosen = ", ".join(_converted(n, t, split=suffix == ".csv") for n, t in types.items())
        self.connection.execute(f"CREATE TEMP {kind} answers AS SELECT {chosen} FROM {source}")  # noqa: S608

    def _read_version(self, said: bytes | None) -> None:
        """Note of which guideline the answers are, where the file says it; raise `CohortError` if of another one."""
        found = orjson.loads(said) if said else {}
        if found.get("iri", self._guideline.iri) != self._guideline.iri:
            raise say(CohortError, "error-report-file", file=str(self.path), guideline=self._guideline.id)
        if found and found.get("content") != f"sha256:{self._guideline.content_hash}":
            self.version = str(found.get("version", "?"))

    def _demand_own_ids(self) -> None:
        """Raise `CohortError` where a row has no id, or that of another row: it would be counted twice."""
        if self.number() != self.connection.execute("SELECT count(DISTINCT id) FROM answers").fetchall()[0][0]:
            raise say(CohortError, "error-report-ids", file=str(self.path))

    def _check_values(self) -> None:
        """Raise `CohortError` with statuses and answers that the guideline does not know."""
        named = [(name, known) for name, known in _known_values(self._guideline) if name in self.columns]
        types, findings = _types(self._guideline), []
        for name, known in named:
            values = self.groups(f"unnest({quoted(name)})" if types[name] == TEXTS else quoted(name))
            for value in sorted({row[0] for row in values} - known - {None}):
                texts = in_every_language("report-value", name=name, value=value, guideline=self._guideline.id)
                findings.append(Finding("report-value", texts["en"], field=name, messages=texts))
        if findings:
            error = say(CohortError, "error-report-values", file=str(self.path), count=len(findings))
            raise CohortError(error.message, findings[:NAMED], error.messages)


def subjects(guideline: Guideline) -> Iterator[Decision | Programme]:
    """Yield what has columns of its own: decisions and programmes, in the order of the guideline."""
    yield from guideline.own_decisions.values()
    yield from guideline.programmes.values()


def options_of(guideline: Guideline, subject: Decision | Programme) -> list[str]:
    """Return the answers that a decision or programme can have."""
    decision = subject if isinstance(subject, Decision) else guideline.decisions[subject.editions[-1].decision]
    return [o.id for o in decision.options]


def _types(guideline: Guideline) -> dict[str, str]:
    """Return the columns that a report reads, with their types in SQL."""
    found = {ID: "VARCHAR"}
    for subject in subjects(guideline):
        found |= {f"{subject.id}_{part}": TEXTS for part in ("answers", "possible", "missing")}
        found[f"{subject.id}_status"] = "VARCHAR"
    found |= {box_column(box.id): "BOOLEAN" for box in guideline.boxes.values()}
    for programme in guideline.programmes.values():
        found[edition_column(programme.id)] = "VARCHAR"
        roles = {c.id for edition in programme.editions for c in edition.criteria}
        found |= {criterion_column(programme.id, role): "BOOLEAN" for role in roles}
    if key := guideline.roles.next_contact:
        found |= zip(fact_columns(key), ("DATE", "VARCHAR"), strict=True)
    return found


def _known_values(guideline: Guideline) -> Iterator[tuple[str, frozenset[str]]]:
    fields = frozenset(guideline.field_names)
    for subject in subjects(guideline):
        yield f"{subject.id}_status", frozenset(STATUSES)
        yield f"{subject.id}_answers", frozenset(options_of(guideline, subject))
        yield f"{subject.id}_missing", fields
        if isinstance(subject, Programme):
            yield f"edition.{subject.id}", frozenset(e.id for e in subject.editions)


def _converted(name: str, kind: str, *, split: bool) -> str:
    own = quoted(name)
    if kind == TEXTS:
        known = f"nullif(nullif({own}, ''), {literal(EMPTY)})" if split else own
        made = f"string_split({known}, {literal(SEPARATOR)})" if split else f"CAST({own} AS {TEXTS})"
        return f"CASE WHEN {known} IS NULL THEN CAST([] AS {TEXTS}) ELSE {made} END AS {own}"
    return f"CAST({own} AS {kind}) AS {own}"
