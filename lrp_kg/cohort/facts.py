"""The columns of facts: the value of each key, of its own type, and whether it applies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.answer.columns import APPLIES, fact_columns, fact_sources
from lrp_kg.answer.facts import facts_of
from lrp_kg.answer.results import DecisionResult, FactResult, FactValue
from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array, Memory, Numbering, once
from lrp_kg.cohort.buffers import TEXTS, as_column, column_of, texts
from lrp_kg.cohort.choice import FACT, Choice
from lrp_kg.cohort.dating import Dated, DatedStatement, in_force_in, verdict_in
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.results import CATEGORIES, ORDERED, days, ordered
from lrp_kg.guideline.model import Guideline, Term

_TYPES: dict[type | None, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    str: CATEGORIES,
    date: pa.date32(),
    tuple: TEXTS,
    None: pa.string(),
}


@dataclass(frozen=True)
class _Kind:
    """What a fact is in some rows: its value, or the place of the statement whose latest day it is."""

    applies: str | None = None
    value: FactValue | None = None
    latest_of: int | None = None


class FactColumns:
    """The value of a fact and whether it applies; asked for once for each combination of what is said of it."""

    def __init__(self, guideline: Guideline, term: Term, choice: Choice, dated: Iterable[DatedStatement]) -> None:
        self._term, self._key = term, term.id
        key = term.id
        self._statements = [d for d in dated if any(f.key == key for f in d.statement.facts)]
        self._sources = fact_sources(guideline, key, (d.statement for d in self._statements), choice.of)
        self._decisions = self._sources.decisions
        self._facts = self._sources.facts
        self._memory = Memory()
        self._kinds = Numbering()
        self._kinds.number(_Kind())

    @property
    def there(self) -> bool:
        """Return whether an answer can have the fact."""
        return bool(self._sources)

    @property
    def type(self) -> pa.DataType:
        """The type of the values; where they are of several it is text."""
        return _TYPES[self._sources.type]

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        value, applies = fact_columns(self._key)
        yield described(value, self.type, FACT, self._term, categories=self._sources.texts)
        yield described(applies, ORDERED, f"{FACT}.applies", self._term, categories=APPLIES)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        dated = [d.of(rows) for d in self._statements]
        there = np.arange(rows.size) if self._decisions else once(np.concatenate([d.rows for d in dated]))
        numbers = np.zeros(rows.size, np.int32)
        if len(there):
            columns = list(self._said(rows, dated, there))
            numbers[there] = self._memory.take(columns, lambda place: self._ask(rows, int(there[place])))
        kinds: list[_Kind] = self._kinds.values
        yield self._values(kinds, numbers, dated)
        yield ordered([APPLIES.index(k.applies) if k.applies else None for k in kinds], numbers, APPLIES)

    def _said(self, rows: AnsweredRows, dated: Sequence[Dated], there: Array) -> Iterator[Array]:
        """Yield what the fact depends on in some rows."""
        for d in dated:
            yield _spread(d.rows, d.results, 0, rows.size)[there]
        for name, own in self._decisions.items():
            yield rows.outcomes(name)[there]
            if len(own) > 1:
                yield rows.editions(name)[there]
        for condition in dict.fromkeys(f.condition for f in self._facts):
            if condition:
                yield rows.verdict(condition)[there]
        for validity in dict.fromkeys(f.validity for f in self._facts):
            if validity:
                yield rows.in_force(validity)[there]
        for a, b in combinations(dated, 2):
            both, in_a, in_b = np.intersect1d(a.rows, b.rows, assume_unique=True, return_indices=True)
            if len(both):  # statements that give different days disagree
                yield _spread(both, a.latest[in_a] != b.latest[in_b], False, rows.size)[there]

    def _ask(self, rows: AnsweredRows, row: int) -> int:
        """Return the number of what the fact is in a row."""
        results = [result for d in self._statements if (result := d.settled_result(rows, row))]
        decided = []
        for name, own in self._decisions.items():
            decision = own[int(rows.editions(name)[row]).bit_length() - 1] if len(own) > 1 else own[0]
            outcome = rows.results(name)[rows.outcomes(name)[row]]
            decided.append(DecisionResult(decision, outcome, (), {}, (), frozenset()))
        found = facts_of(results, decided, verdict_in(rows, row), in_force_in(rows, row)).get(self._key)
        return self._kinds.number(self._kind(found)) if found else 0

    def _kind(self, found: FactResult) -> _Kind:
        if not isinstance(found.value, date):
            return _Kind(found.applies, found.value)
        ids = [d.statement.id for d in self._statements]
        return _Kind(found.applies, latest_of=ids.index(found.statements[0]))

    def _values(self, kinds: Sequence[_Kind], numbers: Array, dated: Sequence[Dated]) -> pa.Array:
        kind = self.type
        if pa.types.is_dictionary(kind):
            known = self._sources.texts
            places = column_of([known.index(k.value) if isinstance(k.value, str) else None for k in kinds], pa.int16())
            return pa.DictionaryArray.from_arrays(places.take(as_column(numbers)), texts(known))
        latest = np.full(len(numbers), ABSENT, np.int32)
        for place, d in enumerate(dated):
            own = np.array([k.latest_of == place for k in kinds])[numbers[d.rows]]
            latest[d.rows[own]] = d.latest[own]
        if kind == pa.date32():
            return days(latest)
        if kind == pa.string():
            constant = texts([None if k.value is None else _text(k.value) for k in kinds]).take(as_column(numbers))
            return pc.coalesce(constant, days(latest).cast(kind))
        values = [list(k.value) if isinstance(k.value, tuple) else k.value for k in kinds]
        return column_of(values, kind).take(as_column(numbers))


def _spread(places: Array, values: Array, empty: object, size: int) -> Array:
    """Return a column that has values in some places."""
    found: Array = np.full(size, empty, values.dtype)
    found[places] = values
    return found


def _text(value: FactValue) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
