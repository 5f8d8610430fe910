"""A record that takes a given path through a diagram: the smallest one, ready to paste as a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from itertools import combinations

from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.diagrams import Diagram
from lrp_kg.namespaces import local_name

TODAY = date(2024, 6, 10)
"""The day from which the dates of an example record are counted."""


class ExampleRecords:
    """Makes records of the guideline of a calendar; their dates are counted back from ``today``."""

    def __init__(self, calendar: Calendar, today: date = TODAY) -> None:
        self.calendar = calendar
        self.guideline = calendar.cells.guideline
        self.today = today

    def record(self, diagram: Diagram, path: Mapping[int, int]) -> dict[str, object]:
        """Return a record, by JSON names, whose cells are those of a path."""
        cells: dict[int, int] = {}
        for number, choice in sorted(path.items()):
            axis = diagram.axes[number]
            cells.update(zip(axis.variables, axis.choices[choice], strict=True))
        return self.from_cells(cells)

    def from_cells(self, cells: Mapping[int, int]) -> dict[str, object]:
        """Return a record whose variables have these cells, at the lower end of each interval."""
        return self._made(cells, frozenset())

    def variants(self, cells: Mapping[int, int]) -> Iterator[dict[str, object]]:
        """Yield records whose variables have these cells, at either end of each interval, the lower ends first."""
        intervals = [v for v in cells if not self.calendar.cells.variables[v].values]
        groups = list(dict.fromkeys(self._between(v) or v for v in intervals))
        seen: list[dict[str, object]] = []
        for number in range(len(groups) + 1):
            for high in combinations(groups, number):
                with suppress(ValueError):  # no dates have these durations so
                    record = self._made(cells, frozenset(high))
                    if record not in seen:
                        seen.append(record)
                        yield record

    def _between(self, variable: int) -> tuple[str, str] | None:
        """Return the two dates of a duration."""
        derived = self.calendar.derived.get(variable)
        return (derived.start, derived.end) if derived else None

    def _made(self, cells: Mapping[int, int], high: frozenset[object]) -> dict[str, object]:
        """Return a record; ``high`` are the variables and pairs of dates at the upper end of their interval."""
        record: dict[str, object] = {}
        lists: dict[str, list[str]] = {}
        values = {v.iri: v.id for f in self.guideline.fields.values() for v in f.values}
        durations: dict[int, int] = {}
        for variable, cell in cells.items():
            own = self.calendar.cells.variables[variable]
            if variable in self.calendar.derived:
                durations[variable] = cell
                continue
            value = own.representative(cell)
            if variable in high:
                low, last = own.bounds(cell)
                value = low + 1 if last is None else last
            if own.iri in self.guideline.expanded:
                field, member = self.guideline.expanded[own.iri]
                taken = lists.setdefault(field, [])
                if value is True:
                    taken.append(values[member])
                continue
            record[local_name(own.iri)] = values.get(value, value) if isinstance(value, str) else value
        record |= {local_name(name): day.isoformat() for name, day in self.dates(durations, high).items()}
        record |= {local_name(name): taken for name, taken in lists.items()}
        order = {f.id: f.ask_order or 0 for f in self.guideline.fields.values()}
        return dict(sorted(record.items(), key=lambda item: order.get(item[0], 0)))

    def dates(self, durations: Mapping[int, int], high: frozenset[object] = frozenset()) -> dict[str, date]:
        """Return dates between which the durations fall in their cells; empty where there are none.

        A first date is as late as it can be, and as early for the pairs of dates that are ``high``.
        """
        if not durations:
            return {}
        groups: dict[tuple[str, str], list[int]] = {}
        for variable in durations:
            derived = self.calendar.derived[variable]
            groups.setdefault((derived.start, derived.end), []).append(variable)
        ends = list(dict.fromkeys(end for _, end in groups))
        for days in range(800):
            found = {end: self.today - timedelta(days=days) for end in ends}
            for (start, end), variables in groups.items():
                day = self._start(tuple(variables), durations, found[end], early=(start, end) in high)
                if day is None:
                    break
                found[start] = day
            else:
                return found
        raise ValueError("no dates have these durations")

    def _start(
        self, variables: tuple[int, ...], durations: Mapping[int, int], end: date, *, early: bool
    ) -> date | None:
        own, derived = self.calendar.cells.variables, self.calendar.derived
        first = own[variables[0]]
        low, high = first.bounds(durations[variables[0]])
        unit = 31 if derived[variables[0]].measure.endswith("Months") else 7 if first.starts[0] == 1 else 1
        last = high if high is not None else low + 40
        span = range(max(0, (low - 1) * unit), (last + 1) * unit + 1)
        for days in reversed(span) if early else span:
            start = end - timedelta(days=days)
            if all(own[v].cell(self.calendar.measure(v, start, end)) == durations[v] for v in variables):
                return start
        return None
