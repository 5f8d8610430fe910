"""Which rows are valid: SHACL says it of one row for each value and combination that a constraint looks at.

The service validates whole rows. A row that is valid shows that each of its values, and each combination that a
constraint looks at together, conforms; rows that have only such ones are valid too. Every other row is validated
itself, and so has the findings that the service reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from datetime import date
from functools import cache
from itertools import count, product
from math import prod
from typing import Any

import numpy as np

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.arrays import ABSENT, Array, distinct, either, once
from lrp_kg.cohort.buffers import nulls
from lrp_kg.cohort.inputs import Inputs, Portion, fits, is_absent
from lrp_kg.cohort.measures import added
from lrp_kg.durations import day_number, parse_period
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import DateSpan, Field
from lrp_kg.namespaces import local_name
from lrp_kg.record.conformance import PRESENCE
from lrp_kg.record.limits import problem, shown

_MANY = 300
"""Combinations of values that are looked through before their columns are."""
_FIRST = 2048
"""Rows that are looked at before all others, so that little is left to be proven when these are."""
_WORD = 31
"""Flags that are put together into one number."""
_NO_DAY = -6000
"""In the place of the kind of a day that is not there; kinds are three for each year since 1970."""
_NEAR = 3
"""Days around the end of a period within which every pair of dates is validated itself."""


class RowJudge:
    """Says which rows are valid, remembering what was seen in valid ones."""

    def __init__(self, service: GuidelineService, inputs: Inputs) -> None:
        self._service = service
        self._inputs = inputs
        self._g = service.guideline
        self._rules = service.rules
        self._dates = {
            iri: f for f in self._g.fields.values() if f.kind == "date" for iri in (f.iri, *(f.bounds or ()))
        }
        self._spans = {(s.field, s.counted_from): s for s in self._g.date_spans}
        self._conforming: list[set[tuple[int, ...]]] = []
        self._all_conform: dict[int, Sequence[Sequence[int]]] = {}
        """By number of a family values of which every combination conforms."""

    def findings(self, batch: Portion) -> dict[int, list[Finding]]:
        """Return the findings of each row that is not valid."""
        refused = {row: list(findings) for row, findings in batch.found.items()}
        certain = np.zeros(batch.size, bool)
        settled = batch.odd.copy()
        for row in np.flatnonzero(batch.odd).tolist():
            self._look(batch, row, refused)
        for row in batch.found:
            if not settled[row] and row not in batch.broken:
                self._look(batch, row, refused)
            settled[row] = True
        if self._rules.rememberable:
            if not self._conforming and batch.size > _FIRST:
                self._settle(batch.head(_FIRST), settled[:_FIRST], certain[:_FIRST], refused)
            self._settle(batch, settled, certain, refused)
        for row in np.flatnonzero(~settled & ~certain).tolist():
            self._look(batch, row, refused)
        return refused

    def _look(self, batch: Portion, row: int, refused: dict[int, list[Finding]]) -> bool:
        found = self._service.validate(self._inputs.record(batch, row))
        if not found and row in batch.foreign:  # JSON-LD, whose keys a context maps
            found = [problem("unknown-field", "row-linked", shown(batch.foreign[row]))]
        if found:
            refused.setdefault(row, []).extend(found)
        return not found

    def _settle(self, batch: Portion, settled: Array, certain: Array, refused: dict[int, list[Finding]]) -> None:
        """Validate rows until every other one has only what valid rows have."""
        fit = np.ones(batch.size, bool)
        for iri, texts in self._texts(batch):
            fit &= nulls(texts) == 1 if iri in self._rules.of_value else fits(texts)
        families = []
        for number, family in enumerate(self._families(batch)):
            if number == len(self._conforming):
                self._conforming.append(set())
            if family.options and self._all_conform.get(number) == family.options:
                continue
            if family.each_is_known(self._conforming[number]):
                self._all_conform[number] = family.options
            elif not family.proven(self._conforming[number]):
                families.append((family.columns(), self._conforming[number]))
        self._prove([(*distinct(columns), columns, known) for columns, known in families], batch, settled, fit, refused)
        certain |= fit & ~settled

    def _prove(
        self,
        families: Sequence[tuple[Array, Array, Sequence[Array], set[tuple[int, ...]]]],
        batch: Portion,
        settled: Array,
        fit: Array,
        refused: dict[int, list[Finding]],
    ) -> None:
        """Validate rows until of every other one either all combinations conform, or it is not ``fit`` for that.

        Families are the first row of each of their combinations, which one each row has, their columns, and what
        conforms.
        """
        doubted = [
            (list(zip(*(c[first].tolist() for c in columns), strict=True)), inverse, known)
            for first, inverse, columns, known in families
        ]
        for most in (1 << n for n in count()):  # rows of one combination: those that are not valid are looked at anyway
            doubtful: set[int] = set()
            left = []
            for own, inverse, known in doubted:
                good = np.array([key in known for key in own], bool)
                if good.all():
                    continue
                left.append((own, inverse, known))
                bad = np.flatnonzero(fit & ~settled & ~good[inverse])
                doubtful.update(bad[_first_of_each(inverse[bad], most)].tolist())
            if not doubtful:
                return
            doubted = left
            for row in sorted(doubtful):
                settled[row] = True
                if self._look(batch, row, refused):
                    for own, inverse, known in doubted:
                        known.add(own[inverse[row]])

    def _texts(self, batch: Portion) -> Iterator[tuple[str, Any]]:
        yield self._g.roles.identifier or "", batch.ids
        for key, texts in batch.texts.items():
            yield self._g.field_names[key].iri, texts

    # -- what constraints look at -------------------------------------------------------------------

    def _families(self, batch: Portion) -> Iterator[Family]:
        """Yield what constraints look at together; the last is which shapes apply at all."""
        size = batch.size
        there: dict[str, Array] = {}
        nothing = np.broadcast_to(np.int8(0), size)

        def present(iri: str) -> Array:
            if iri not in there:
                days, codes = batch.days.get(iri), batch.codes.get(self._key(iri))
                if days is not None:
                    there[iri] = nothing if is_absent(days) else days != ABSENT
                else:
                    there[iri] = nothing if codes is None else codes > 0
            return there[iri]

        def value(iri: str) -> Array:
            found = batch.days.get(iri)
            return batch.codes.get(self._key(iri), nothing) if found is None else found

        @cache
        def there_as_bits(names: tuple[str, ...]) -> list[Array]:
            return list(_packed([present(iri) for iri in names], size))

        @cache
        def seen_bits(names: tuple[str, ...]) -> list[tuple[int, ...]]:
            columns = there_as_bits(names)
            first, _ = distinct(columns)
            return list(zip(*(c[first].tolist() for c in columns), strict=True))

        def of_fields(presences: Sequence[str], values: Sequence[str]) -> Family:
            own = tuple(presences)

            def columns() -> list[Array]:
                return [*there_as_bits(own), *map(value, values)]

            flags = [self._options(batch, iri, dated=iri in values) for iri in presences]
            options = [self._options(batch, iri, dated=True) for iri in values]
            return _OfFields([*presences, *values], flags, options, columns, lambda: seen_bits(own))

        triggers = tuple(self._rules.triggers)
        for iri, f in self._dates.items():
            beside = there_as_bits(triggers) if iri in self._rules.conditional else []
            yield _OfDays(batch.days[iri], f, beside)
        for f in self._g.fields.values():
            if f.kind not in ("date", "string"):
                yield of_fields(triggers if f.iri in self._rules.conditional else (), [f.iri])
        for first, second in sorted(self._rules.ordered):
            a, b = batch.days.get(first), batch.days.get(second)
            if a is None or b is None:
                yield of_fields((), (first, second))
            else:
                yield _OfOrder(a, b)
        for several in self._rules.joined:
            known = [iri for iri in several if iri in self._g.fields or iri in self._dates]
            if several in self._rules.by_presence:
                yield of_fields(known, ())
                continue
            span = next((s for pair, s in self._spans.items() if set(pair) == set(known)), None)
            if span and set(known) <= self._dates.keys() and self._looks_at_span(known, span):
                yield _OfSpan(batch, span)
            else:
                yield of_fields(known, known)
        yield of_fields(triggers, ()) if triggers else Family([nothing])

    def _looks_at_span(self, names: Sequence[str], span: DateSpan) -> bool:
        """Return whether every query over two days only compares them with the end of a period of whole years."""
        months, days = parse_period(span.within)
        offset = (span.field, span.counted_from, months // 12 * 10_000)
        own = [j for j in self._rules.joints if {look.property for look in j.looks} == set(names)]
        compared = all(j.offsets == (offset,) and all(k.of == PRESENCE for k in j.looks) for j in own)
        return bool(own) and compared and not days and not months % 12

    def _options(self, batch: Portion, iri: str, *, dated: bool) -> Sequence[int]:
        """Return the numbers that the values of a field have, as far as that is known without a look at the rows.

        Those of a date are whether it is there; none where its days matter.
        """
        days = batch.days.get(iri)
        if days is not None:
            return () if dated else (0,) if is_absent(days) else (0, 1)
        key = self._key(iri)
        return range(len(self._inputs.distinct[key].values)) if key in batch.codes else (0,)

    def _key(self, iri: str) -> str:
        f = self._g.fields.get(iri)
        return f.id if f else local_name(iri)


def _first_of_each(numbers: Array, most: int) -> Array:
    """Return the places of the first so many of each number."""
    if most == 1:
        first = np.full(int(numbers.max(initial=-1)) + 1, -1, np.int64)
        first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
        return first[first >= 0]
    order = np.argsort(numbers, kind="stable")
    begins = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    found: Array = order[rank < most]
    return found


class Family:
    """What one constraint looks at in each row: combinations of the values of some columns."""

    def __init__(self, columns: Sequence[Array], options: Sequence[Sequence[int]] = ()) -> None:
        self._columns = columns
        self.options = options
        """The numbers that the values of each column can have, as far as that is known without a look at the rows."""

    def each_is_known(self, _known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination of the ``options`` is among ``known`` ones."""
        return False

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        return self._columns

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether it is certain, without a look at each row, that all combinations are among ``known`` ones."""
        if not self._columns or not len(self._columns[0]) or any(c.strides != (0,) for c in self._columns):
            return False
        return tuple(int(c[0]) for c in self._columns) in known


class _OfFields(Family):
    """Of some fields whether there is a value, as bits, and the values of others.

    ``flags`` and ``options`` are the numbers that the values of the first and of the others can have, in the order of
    their ``names``; ``seen`` are the bits that rows have.
    """

    def __init__(
        self,
        names: Sequence[str],
        flags: Sequence[Sequence[int]],
        options: Sequence[Sequence[int]],
        columns: Callable[[], Sequence[Array]],
        seen: Callable[[], Sequence[tuple[int, ...]]],
    ) -> None:
        super().__init__([], (*flags, *options))
        self._seen = seen
        self._values = options
        self._names = names
        self._flags = len(flags)
        self._options = dict(zip(names, (*flags, *options), strict=True))
        self._made = columns

    def columns(self) -> Sequence[Array]:
        return self._made()

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination that there can be is known, or else each of bits that rows have."""
        return self.each_is_known(known) or self._each_seen_is_known(known)

    def _each_seen_is_known(self, known: Set[tuple[int, ...]]) -> bool:
        count = prod(map(len, self._values))
        if not (self._flags and known and 0 < count <= _MANY):
            return False
        bits = self._seen()
        return count * len(bits) <= max(_MANY, len(known)) and all(
            (*own, *values) in known for own in bits for values in product(*self._values)
        )

    def each_is_known(self, known: Set[tuple[int, ...]]) -> bool:
        count = prod(map(len, self._options.values()))
        if not 0 < count <= max(_MANY, len(known) + 1):
            return False
        places = [list(self._options).index(name) for name in self._names]
        every = ([own[place] for place in places] for own in product(*self._options.values()))
        return all((*_bits(own[: self._flags]), *own[self._flags :]) in known for own in every)


def _packed(flags: Sequence[Array], size: int) -> Iterator[Array]:
    """Yield columns of flags as bits of one number, or of several where they are many."""
    for first in range(0, len(flags), _WORD):
        some = [(place, own) for place, own in enumerate(flags[first : first + _WORD]) if own.strides != (0,)]
        bits = np.zeros(size, np.int32) if some else np.broadcast_to(np.int32(0), size)
        for place, own in some:
            bits |= own.astype(np.int32) << place
        yield bits


def _bits(values: Sequence[int]) -> Iterator[int]:
    """Yield the same numbers for one row, of values that are 0 where there is none."""
    for first in range(0, len(values), _WORD):
        yield sum((value > 0) << place for place, value in enumerate(values[first : first + _WORD]))


class _OfDays(Family):
    """The year of each day, and whether it is before the first or after the last that can be."""

    def __init__(self, days: Array, f: Field, beside: Sequence[Array]) -> None:
        super().__init__(beside)
        self._days = days
        self._ends = [day_number(day) if day else None for day in (f.first_day, f.last_day)]

    def columns(self) -> Sequence[Array]:
        absent = self._days == ABSENT
        days = either(absent, self._days.max(initial=0), self._days)
        first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
        kind = self._kind(np.arange(first, last + 1))[days - first] if last - first < len(days) else self._kind(days)
        return [either(absent, _NO_DAY, kind), *self._columns]

    def _kind(self, days: Array) -> Array:
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        first, last = self._ends
        before = days < first if first is not None else np.zeros(len(days), bool)
        after = days > last if last is not None else np.zeros(len(days), bool)
        found: Array = years * 3 + before + 2 * after
        return found

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        if self._columns or not len(self._days):
            return False
        last = int(self._days.max())
        if (_NO_DAY,) not in known or last == ABSENT:
            return last == ABSENT and (_NO_DAY,) in known
        first = int(either(self._days == ABSENT, last, self._days).min())
        kinds = self._kind(np.arange(first, last + 1))
        return {(kind,) for kind in once(kinds).tolist()} <= known


class _OfOrder(Family):
    """Which of two dates is the later one."""

    def __init__(self, first: Array, second: Array) -> None:
        super().__init__([])
        self._first = first
        self._second = second

    def columns(self) -> Sequence[Array]:
        a, b = self._first, self._second
        return [either((a == ABSENT) | (b == ABSENT), 0, np.sign(a - b) + 2)]

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        if (0,) in known and (is_absent(self._first) or is_absent(self._second)):
            return True
        all_but_later = {(0,), (1,), (2,)} <= known
        return all_but_later and not ((self._first > self._second) & (self._second != ABSENT)).any()


class _OfSpan(Family):
    """Where a day is beside the end of the period in which it must be; near it, both days themselves."""

    def __init__(self, batch: Portion, span: DateSpan) -> None:
        super().__init__([])
        self._own, self._start = batch.days[span.field], batch.days[span.counted_from]
        self._period = span.within
        months, days = parse_period(span.within)
        self._surely = months // 12 * 365 + months % 12 * 28 + days
        """Days that the period has at least."""

    def columns(self) -> Sequence[Array]:
        own, start = self._own, self._start
        there = (own != ABSENT, start != ABSENT)
        both = np.flatnonzero(there[0] & there[1])
        side, near, near_start = (np.zeros(len(own), np.int64) for _ in range(3))
        ends = added(start[both], self._period)
        beyond = own[both] - np.where(ends == ABSENT, day_number(date.max), ends)
        side[both] = np.sign(beyond) + 2
        close = both[np.abs(beyond) <= _NEAR]
        near[close], near_start[close] = own[close], start[close]
        return [*there, side, near, near_start]

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        within = {(1, 1, 1, 0, 0), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 0, 0, 0)} <= known
        both = (self._own != ABSENT) & (self._start != ABSENT)
        return within and not (np.where(both, self._own - self._start, 0) >= self._surely - _NEAR).any()
