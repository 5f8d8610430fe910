"""Which rows are valid: SHACL says it of one row for each value and combination that a constraint looks at.

The service validates whole rows. A row that is valid shows that each of its values, and each combination that a
constraint looks at together, conforms; rows that have only such ones are valid too. Every other row is validated
itself, and so has the findings that the service reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np

from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.arrays import ABSENT, Array, distinct
from lrp_kg.cohort.inputs import Inputs, Portion, fits
from lrp_kg.cohort.measures import by_day
from lrp_kg.durations import add_period, day_number
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import DateSpan, Field
from lrp_kg.namespaces import local_name
from lrp_kg.record.limits import problem, shown

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
            fit &= np.asarray(texts.is_null()) if iri in self._rules.of_value else fits(texts)
        families = [distinct(columns) + (list(columns),) for columns in self._families(batch)]
        while len(self._conforming) < len(families):
            self._conforming.append(set())
        keys = [list(zip(*(c[first].tolist() for c in columns), strict=True)) for first, _, columns in families]
        while True:
            open_rows = ~settled & fit
            proven = open_rows.copy()
            doubtful: set[int] = set()
            for own, (_, inverse, _), known in zip(keys, families, self._conforming, strict=True):
                good = np.array([key in known for key in own], bool)
                if good.all():
                    continue
                bad = np.flatnonzero(open_rows & ~good[inverse])
                proven[bad] = False
                _, first = np.unique(inverse[bad], return_index=True)
                doubtful.update(bad[first].tolist())
            certain |= proven
            if not doubtful:
                break
            for row in sorted(doubtful):
                settled[row] = True
                if self._look(batch, row, refused):
                    for own, (_, inverse, _), known in zip(keys, families, self._conforming, strict=True):
                        known.add(own[inverse[row]])

    def _texts(self, batch: Portion) -> Iterator[tuple[str, Any]]:
        yield self._g.roles.identifier or "", batch.ids
        for key, texts in batch.texts.items():
            yield self._g.field_names[key].iri, texts

    # -- what constraints look at -------------------------------------------------------------------

    def _families(self, batch: Portion) -> Iterator[list[Array]]:
        """Yield the columns that constraints look at together; the last is which shapes apply at all."""
        size = batch.size
        there: dict[str, Array] = {iri: days != ABSENT for iri, days in batch.days.items()}

        def present(iri: str) -> Array:
            if iri in there:
                return there[iri]
            codes = batch.codes.get(local_name_of(iri))
            found: Array = np.zeros(size, bool) if codes is None else codes > 0
            return found

        def local_name_of(iri: str) -> str:
            f = self._g.fields.get(iri)
            return f.id if f else local_name(iri)

        def value(iri: str) -> list[Array]:
            if iri in batch.days:
                return [batch.days[iri]]
            codes = batch.codes.get(local_name_of(iri))
            return [] if codes is None else [codes]

        triggers = [present(iri) for iri in self._rules.triggers]
        for iri, f in self._dates.items():
            yield [self._kind_of_day(batch.days[iri], f), *(triggers if iri in self._rules.conditional else ())]
        for f in self._g.fields.values():
            if f.kind not in ("date", "string"):
                columns = value(f.iri) or [np.zeros(size, np.int8)]
                yield [*columns, *(triggers if f.iri in self._rules.conditional else ())]
        for first, second in sorted(self._rules.ordered):
            a, b = batch.days.get(first), batch.days.get(second)
            if a is None or b is None:
                yield [c for iri in (first, second) for c in value(iri)] or [np.zeros(size, np.int8)]
            else:
                yield [np.where((a == ABSENT) | (b == ABSENT), 0, np.sign(a - b) + 2)]
        for several in self._rules.joined:
            known = [iri for iri in several if iri in self._g.fields or iri in self._dates]
            if several in self._rules.by_presence:
                yield [present(iri) for iri in known]
                continue
            span = next((s for pair, s in self._spans.items() if set(pair) == set(known)), None)
            if span and set(known) <= self._dates.keys():
                yield [present(iri) for iri in known] + self._beside_end(batch, span)
            else:
                yield [present(iri) for iri in known] + [c for iri in known for c in value(iri)]
        yield [np.zeros(size, np.int8), *triggers]

    @staticmethod
    def _kind_of_day(days: Array, f: Field) -> Array:
        """Return the year of each day, and whether it is before the first or after the last that can be."""
        years = np.where(days == ABSENT, 0, days).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        before = days < day_number(f.first_day) if f.first_day else np.zeros(len(days), bool)
        after = days > day_number(f.last_day) if f.last_day else np.zeros(len(days), bool)
        kind: Array = years * 3 + before + 2 * after
        return np.where(days == ABSENT, ABSENT // 2, kind)

    @staticmethod
    def _beside_end(batch: Portion, span: DateSpan) -> list[Array]:
        """Return where a day is beside the end of the period in which it must be; near it, both days themselves."""
        own, start = batch.days[span.field], batch.days[span.counted_from]
        both = np.flatnonzero((own != ABSENT) & (start != ABSENT))
        side, near, near_start = (np.zeros(batch.size, np.int64) for _ in range(3))
        until: Callable[[date], date] = lambda day: add_period(day, span.within) or date.max  # noqa: E731
        beyond = own[both] - by_day(until, start[both])
        side[both] = np.sign(beyond) + 2
        close = both[np.abs(beyond) <= _NEAR]
        near[close], near_start[close] = own[close], start[close]
        return [side, near, near_start]
