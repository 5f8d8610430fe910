"""Which rows are valid: SHACL says it of one row for each value and combination that a constraint looks at.

The service validates whole rows. A row that is valid shows that each of its values, and each combination that a
constraint looks at together, conforms; rows that have only such ones are valid too. Every other row is validated
itself, and so has the findings that the service reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.arrays import ABSENT, Array, distinct
from lrp_kg.cohort.buffers import nulls
from lrp_kg.cohort.families import Family, OfDays, OfFields, OfOrder, OfSpan, packed
from lrp_kg.cohort.inputs import Inputs, Portion, fits, is_absent
from lrp_kg.durations import parse_period
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import DateSpan
from lrp_kg.namespaces import local_name
from lrp_kg.record.conformance import PRESENCE
from lrp_kg.record.limits import problem, shown

_FIRST = 2048
"""Rows that are looked at before all others, so that little is left to be proven when these are."""


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
            return list(packed([present(iri) for iri in names], size))

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
            return OfFields([*presences, *values], flags, options, columns, lambda: seen_bits(own))

        triggers = tuple(self._rules.triggers)
        for iri, f in self._dates.items():
            beside = there_as_bits(triggers) if iri in self._rules.conditional else []
            yield OfDays(batch.days[iri], f, beside)
        for f in self._g.fields.values():
            if f.kind not in ("date", "string"):
                yield of_fields(triggers if f.iri in self._rules.conditional else (), [f.iri])
        for first, second in sorted(self._rules.ordered):
            a, b = batch.days.get(first), batch.days.get(second)
            if a is None or b is None:
                yield of_fields((), (first, second))
            else:
                yield OfOrder(a, b)
        for several in self._rules.joined:
            known = [iri for iri in several if iri in self._g.fields or iri in self._dates]
            if several in self._rules.by_presence:
                yield of_fields(known, ())
                continue
            span = next((s for pair, s in self._spans.items() if set(pair) == set(known)), None)
            if span and set(known) <= self._dates.keys() and self._looks_at_span(known, span):
                yield OfSpan(batch, span)
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
