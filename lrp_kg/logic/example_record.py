"""A record that takes a given path through a diagram: the smallest one, ready to paste as a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

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
        """Return a record whose variables have these cells."""
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
            if own.iri in self.guideline.expanded:
                field, member = self.guideline.expanded[own.iri]
                taken = lists.setdefault(field, [])
                if value is True:
                    taken.append(values[member])
                continue
            record[local_name(own.iri)] = values.get(value, value) if isinstance(value, str) else value
        record |= {local_name(name): day.isoformat() for name, day in self.dates(durations).items()}
        record |= {local_name(name): taken for name, taken in lists.items()}
        order = {f.id: f.ask_order or 0 for f in self.guideline.fields.values()}
        return dict(sorted(record.items(), key=lambda item: order.get(item[0], 0)))

    def dates(self, durations: Mapping[int, int]) -> dict[str, date]:
        """Return dates between which the durations fall in their cells; empty where there are none."""
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
                day = self._start(tuple(variables), durations, found[end])
                if day is None:
                    break
                found[start] = day
            else:
                return found
        raise ValueError("no dates have these durations")

    def _start(self, variables: tuple[int, ...], durations: Mapping[int, int], end: date) -> date | None:
        own, derived = self.calendar.cells.variables, self.calendar.derived
        first = own[variables[0]]
        low, high = first.bounds(durations[variables[0]])
        unit = 31 if derived[variables[0]].measure.endswith("Months") else 7 if first.starts[0] == 1 else 1
        last = high if high is not None else low + 40
        for days in range(max(0, (low - 1) * unit), (last + 1) * unit + 1):
            start = end - timedelta(days=days)
            if all(own[v].cell(self.calendar.measure(v, start, end)) == durations[v] for v in variables):
                return start
        return None
