"""From the columns of a table to numbers: which of its distinct values each field has, and each date as a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.cohort.arrays import ABSENT, Array, distinct, either, taken
from lrp_kg.cohort.buffers import as_column, bits_of, nulls, numbers_of, plain_texts
from lrp_kg.cohort.column_problems import of_column, refusal, refuse, repeated_names
from lrp_kg.cohort.encoding import Codes, Distinct, coding_of, days_of, plain
from lrp_kg.cohort.measures import as_date
from lrp_kg.durations import day_number
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.hints import name_hint
from lrp_kg.record.limits import TEXT, problem
from lrp_kg.record.model import DATE
from lrp_kg.record.read import RecordReader

ID = "id"
SEPARATOR = ";"
"""Between the members of a list in text."""
EMPTY = "[]"
"""The list of nothing in text; no text at all is unknown."""
PLAIN = {"@id", "@type"}
"""Keys of a line of JSON that are no field and say nothing of the patient."""
WHOLE = re.compile(r"[+-]?\d{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A day as records have it, which the reader need not be asked for."""
_NUMBER = re.compile(r"[+-]?\d{1,18}\.\d{1,20}")


@dataclass
class Portion:
    """Some rows of a table: ``codes`` are the numbers of their values by key, ``days`` the days by IRI of a date.

    ``dates`` are columns that hold days. A date that no row has is one value for all rows in ``days`` (`is_absent`).
    ``texts`` are fields that no criterion reads; ``odd`` marks rows of which a value is not understood, or is partly
    given, ``found`` what is already wrong with some; ``whole`` are rows that are not columns, such as a line of JSON,
    and ``foreign`` a key of them that is no field; ``broken`` are lines that hold no record.
    """

    first: int
    size: int
    ids: pa.Array
    odd: Array
    codes: Codes = field(default_factory=Codes)
    dates: dict[str, Array] = field(default_factory=dict)
    texts: dict[str, pa.Array] = field(default_factory=dict)
    days: dict[str, Array] = field(default_factory=dict)
    found: dict[int, list[Finding]] = field(default_factory=dict)
    whole: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    foreign: dict[int, str] = field(default_factory=dict)
    broken: Collection[int] = ()

    def head(self, size: int) -> Portion:
        """Return the first rows; each has the number that it has here."""
        return replace(
            self,
            size=min(size, self.size),
            ids=self.ids.slice(0, size),
            odd=self.odd[:size],
            codes=self.codes.head(size),
            dates={key: days[:size] for key, days in self.dates.items()},
            texts={key: own.slice(0, size) for key, own in self.texts.items()},
            days={iri: days[:size] for iri, days in self.days.items()},
        )

    def of(self, rows: Array) -> Portion:
        """Return some of the rows, as far as deciding needs them."""
        days = {iri: taken(own, rows) for iri, own in self.days.items()}
        ids = self.ids.take(as_column(rows))
        return Portion(self.first, len(rows), ids, self.odd[rows], codes=self.codes.of(rows), days=days)


def is_absent(days: Array) -> bool:
    """Return whether no row has a date, as far as that is known without a look at the rows."""
    return days.strides[0] == 0


class Inputs:
    """Reads the rows of tables with one set of columns, as records of a guideline."""

    def __init__(self, guideline: Guideline, reader: RecordReader, names: Sequence[str], *, text: bool) -> None:
        self._g = guideline
        self._reader = reader
        self._text = text
        self._fields = guideline.field_names
        self._bounds = {local_name(bound): bound for bound in guideline.bounded}
        self._members = {
            local_name(v.expands_to): (f, v.id) for f in self._fields.values() for v in f.values if v.expands_to
        }
        self._identifier = guideline.fields[guideline.roles.identifier].id if guideline.roles.identifier else None
        self.names = tuple(names)
        self._examine(names)
        lists = (f for f in self._fields.values() if f.kind == "values")
        self._lists = [(f, [n for n, (own, _) in self._members.items() if own is f and n in names]) for f in lists]
        self.distinct: dict[str, Distinct] = {}
        self._known_days: dict[str, tuple[dict[str, Array], Array]] = {}

    def _examine(self, names: Sequence[str]) -> None:
        """Raise `CohortError` with everything that is wrong with the columns."""
        known = known_columns(self._g)
        findings = [self._unknown(n, known) for n in dict.fromkeys(names) if n not in known]
        findings += repeated_names(names)
        if ID not in names:
            findings.append(of_column("column-id", ID))
        for f in self._fields.values():
            own = [n for n, (of, _) in self._members.items() if of is f]
            there = [n for n in own if n in names]
            if there and f.id in names:
                findings.append(of_column("column-list-twice", f.id, names=", ".join(there)))
            elif there and len(there) < len(own):
                lacking = ", ".join(n for n in own if n not in names)
                findings.append(of_column("column-list-part", f.id, names=lacking))
        refuse(findings)

    def _unknown(self, name: str, known: Iterable[str]) -> Finding:
        """Return the problem that a column is no field, with what it may be meant to be."""
        return of_column("column-unknown", name, hint=name_hint(self._g, name, known))

    def _examine_types(self, columns: Mapping[str, pa.Array]) -> None:
        """Raise `CohortError` for columns of text in which a list belongs."""
        lists = (n for n in columns if n in self._fields and self._fields[n].kind == "values")
        texts = [n for n in lists if _is_text(columns[n].type) and columns[n].null_count < len(columns[n])]
        refuse([of_column("column-list-text", n) for n in texts])

    # -- one batch ------------------------------------------------------------------------------

    def read(self, rows: pa.RecordBatch, first: int) -> Portion:
        """Return the rows of a batch as numbers; ``first`` is the number of its first row."""
        columns = {name: rows.column(number) for number, name in enumerate(rows.schema.names)}
        if not self._text:
            self._examine_types(columns)
        batch = Portion(first, rows.num_rows, ids_as_text(plain(columns[ID])), np.zeros(rows.num_rows, bool))
        for name, column in columns.items():
            f = self._fields.get(name)
            if name == ID or name in self._members:
                continue
            if f and f.kind == "string":
                batch.texts[name] = plain(column)
                continue
            days = days_of(column) if f is None or f.kind == "date" else None
            if days is None:
                batch.codes[name] = self._coding(name, column, f.kind if f else "date")
            else:
                batch.dates[name] = days
        for f, own in self._lists:
            if own:
                batch.codes[f.id] = self._joined(f, own, columns, batch)
        self._add_days(batch)
        return batch

    def read_whole(self, records: Sequence[Mapping[str, Any]], first: int, broken: Mapping[int, Finding]) -> Portion:
        """Return records that are JSON objects as numbers; ``broken`` says of some places why there is none."""
        size = len(records)
        batch = Portion(first, size, pa.nulls(size, pa.string()), np.zeros(size, bool))
        keys = [f.id for f in self._fields.values() if f.kind != "string"] + list(self._bounds)
        for key in keys:
            number = self._of(key).number
            batch.codes[key] = np.fromiter((number(r.get(key)) for r in records), np.int32, size)
        for f in self._fields.values():
            if f.kind == "string" and f.id != ID:
                texts = [r.get(f.id) for r in records]
                batch.texts[f.id] = pa.array([t if isinstance(t, str) else None for t in texts], pa.string())
        batch.ids = pa.array([r[ID] if isinstance(r.get(ID), str) else None for r in records], pa.string())
        strings = {f.id for f in self._fields.values() if f.kind == "string"} | {ID}
        known = {*keys, *strings}
        batch.whole.update(enumerate(records))
        batch.found.update({row: [finding] for row, finding in broken.items()})
        batch.broken = broken.keys()
        for row, record in enumerate(records):
            foreign = record.keys() - known
            if foreign or any(not isinstance(record.get(k, ""), str) for k in strings):
                batch.odd[row] = True
            if foreign - PLAIN:
                batch.foreign[row] = sorted(foreign - PLAIN)[0]
        self._add_days(batch)
        return batch

    def record(self, batch: Portion, row: int) -> dict[str, Any]:
        """Return a row as the record that it is."""
        if row in batch.whole:
            return dict(batch.whole[row])
        found = {key: self.distinct[key].values[codes[row]] for key, codes in batch.codes.items() if codes[row]}
        found |= {key: as_date(days[row]) for key, days in batch.dates.items() if days[row] != ABSENT}
        found |= {key: value for key, texts in batch.texts.items() if (value := texts[row].as_py()) is not None}
        if self._identifier:
            found[self._identifier] = batch.ids[row].as_py()
        return found

    # -- values ---------------------------------------------------------------------------------

    def _of(self, key: str) -> Distinct:
        return self.distinct.setdefault(key, Distinct())

    def _coding(self, key: str, column: pa.Array, kind: str) -> Callable[[], Array]:
        """Return what gives the number of the value of each row; the values themselves are numbered at once."""
        try:
            return coding_of(column, self._of(key), partial(_from_text, kind=kind) if self._text else None)
        except (pa.ArrowException, OverflowError, ValueError):  # such as of a time zone that is none
            raise refusal([of_column("column-type", key, type=str(column.type))]) from None

    def _joined(self, f: Field, names: Sequence[str], columns: Mapping[str, pa.Array], batch: Portion) -> Array:
        """Return the number of the list that one column for each of its values says."""
        own = self._of(f.id)
        every = [self._coding(name, columns[name], "boolean")() for name in names]
        flags = []
        known = np.zeros(batch.size, np.int64)
        for name, codes in zip(names, every, strict=True):
            values = self.distinct[name].values
            said = np.array([-1 if v is None else int(v) if isinstance(v, bool) else 2 for v in values])[codes]
            for row in np.flatnonzero(said == 2).tolist():
                batch.found.setdefault(row, []).append(problem("wrong-type", "column-flag", name, values[codes[row]]))
            flags.append(said)
            known += said >= 0
        for row in np.flatnonzero((known > 0) & (known < len(names))).tolist():
            lacking = ", ".join(n for n, said in zip(names, flags, strict=True) if said[row] < 0)
            batch.found.setdefault(row, []).append(problem("list-in-part", "column-list-row", f.id, names=lacking))
        key = np.zeros(batch.size, np.int64)
        for said in flags:
            key = key * 2 + (said == 1)
        first, inverse = distinct([key])
        tokens = [self._members[name][1] for name in names]
        numbers = []
        for bits in key[first].tolist():
            taken = [t for place, t in enumerate(tokens) if bits >> (len(tokens) - 1 - place) & 1]
            numbers.append(own.number(taken))
        return np.where(known == len(names), np.array(numbers, np.int32)[inverse], 0).astype(np.int32)

    # -- dates ----------------------------------------------------------------------------------

    def _add_days(self, batch: Portion) -> None:
        """Add the day, or the first and last possible day, of each date of each row."""
        for f in self._g.fields.values():
            if f.kind != "date":
                continue
            targets = (f.iri, *(f.bounds or ()))
            days: dict[str, Array] = {}
            for key, own in ((f.id, f.iri), *((local_name(b), b) for b in f.bounds or ())):
                for target, found in self._given(batch, key, f, own):
                    before = days.get(target)
                    if before is None:
                        days[target] = found
                        continue
                    batch.odd |= (before != ABSENT) & (found != ABSENT)  # said twice: valid where it is the same day
                    days[target] = either(before == ABSENT, found, before)
            nothing = np.broadcast_to(np.int32(ABSENT), batch.size)
            batch.days |= {iri: days.get(iri, nothing) for iri in targets}

    def _given(self, batch: Portion, key: str, f: Field, own: str) -> Iterator[tuple[str, Array]]:
        """Yield the days that the values of a key say: of the date that it is, ``own``, or of the ends of a range."""
        if key in batch.dates:
            yield own, batch.dates[key]
            return
        codes = batch.codes.get(key)
        if codes is None or not codes.any():
            return
        known, strange = self._days_of(key, f)
        batch.odd |= strange.take(codes)
        for target, days in known.items():
            yield target, days.take(codes)

    def _days_of(self, key: str, f: Field) -> tuple[dict[str, Array], Array]:
        """Return the days of each value of a key, by the date or the end that has any, and which are no dates."""
        known, strange = self._known_days.get(key, ({}, np.zeros(1, bool)))
        new = [self._understood(key, f, value) for value in self.distinct[key].values[len(strange) :]]
        if new:
            nothing = np.full(len(strange), ABSENT, np.int32)
            targets = dict.fromkeys([*known, *(iri for own in new if own for iri in own)])
            further = {t: [own.get(t, ABSENT) if own else ABSENT for own in new] for t in targets}
            known = {t: np.append(known.get(t, nothing), np.array(own, np.int32)) for t, own in further.items()}
            strange = np.append(strange, [own is None for own in new])
            self._known_days[key] = known, strange
        return known, strange

    def _understood(self, key: str, f: Field, value: Any) -> dict[str, int] | None:
        """Return the days that the reader of records takes a value for; ``None`` where it is no date."""
        if isinstance(value, str) and _DAY.fullmatch(value):
            with suppress(ValueError):
                return {f.iri if key == f.id else self._bounds[key]: day_number(date.fromisoformat(value))}
        raw = self._reader.from_python({key: value})
        found: dict[str, int] = {}
        for iri, node in raw.entries:
            text = node.value if isinstance(node, Node) and node.datatype == DATE else ""
            try:
                day = date.fromisoformat(text)
            except ValueError:
                return None
            if day.isoformat() != text or iri in found:  # Python reads 20240131 and 2024-W05-3 too
                return None
            found[iri] = day_number(day)
        own = found.keys() <= {f.iri, *(f.bounds or ())}
        return found if found and own and not raw.problems else None


def known_columns(guideline: Guideline) -> set[str]:
    """Return the names that the columns of a table can have."""
    fields = guideline.field_names
    members = {local_name(v.expands_to) for f in fields.values() for v in f.values if v.expands_to}
    return {ID, *fields, *map(local_name, guideline.bounded), *members}


def ids_as_text(column: pa.Array) -> pa.Array:
    """Return identifiers as text; numbers become text."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if text or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    raise refusal([of_column("column-id-type", ID, type=str(kind))])


def _from_text(value: str | None, kind: str) -> Any:
    """Return what a text of CSV says in a field of a kind; other text stays text, so that validation names it."""
    if value is None or not value.strip():
        return None
    value = value.strip()
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind == "integer":
        return int(value) if WHOLE.fullmatch(value) else float(value) if _NUMBER.fullmatch(value) else value
    if kind == "values":
        return [] if value == EMPTY else [part.strip() for part in value.split(SEPARATOR)]
    return value


def _is_text(kind: pa.DataType) -> bool:
    own = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(own) or pa.types.is_large_string(own) or pa.types.is_string_view(own))


def fits(texts: pa.Array) -> Array:
    """Return whether each text is short enough and without control characters, or absent; else it is looked at."""
    if pa.types.is_null(texts.type) or plain_texts(texts, TEXT):
        return np.ones(len(texts), bool)
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return nulls(texts).astype(bool)
    short = numbers_of(pc.utf8_length(texts)) <= TEXT
    found: Array = nulls(texts).astype(bool) | (short & bits_of(pc.utf8_is_printable(texts)).astype(bool))
    return found
