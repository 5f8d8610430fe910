"""How durations go from cell to cell while one of their two dates moves, day by day, and the other stays."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count

from lrp_kg.durations import COUNTING_DAYS, first_end, last_start
from lrp_kg.guideline.model import Derived
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.memory import BoundedMemory, SharedBound

LIMIT = 4 * 1024 * 1024
"""Bytes of remembered steps, where they have a bound of their own."""
_ENTRY, _CONTENT = 300, 4000
_LAST = date.max.toordinal()
_MIDDLE = date.fromordinal(_LAST // 2)
_numbers = count()


class Steps:
    """The joint cells of durations, by how many days the moving date is after the one that stays.

    From ``offsets[n]`` on they are ``cells[n + 1]``; before the first offset ``cells[0]``. ``number`` is the same where
    durations and steps are.
    """

    __slots__ = ("cells", "number", "offsets", "reach")

    def __init__(self, offsets: tuple[int, ...], cells: tuple[tuple[int, ...], ...]) -> None:
        self.offsets = offsets
        self.cells = cells
        self.number = next(_numbers)
        self.reach = max(map(abs, offsets), default=0)
        """Days beyond which nothing changes."""

    def place(self, days: int) -> int:
        """Return the place of the cells that there are after so many days."""
        return bisect_right(self.offsets, days)

    def days(self, fixed: date) -> list[date]:
        """Return the days on which some duration gets another cell, where the other date stays on a day."""
        return [fixed + timedelta(days=n) for n in self.offsets]


class Stepper:
    """Finds the steps of derived durations: the days follow from thresholds, and are looked for nowhere."""

    def __init__(self, cells: Cells, derived: Mapping[int, Derived], memories: SharedBound | None = None) -> None:
        self._variables = cells.variables
        self._derived = derived
        bound = memories or SharedBound(LIMIT)
        self._known: BoundedMemory[tuple[tuple[int, ...], date, bool], Steps] = BoundedMemory(bound, _ENTRY)
        self._same: BoundedMemory[object, Steps] = BoundedMemory(bound, _CONTENT)
        self._everywhere: dict[tuple[tuple[int, ...], bool], Steps | None] = {}

    def steps(self, variables: tuple[int, ...], fixed: date, moves_end: bool) -> Steps:
        """Return the steps of durations between the same two dates.

        ``moves_end``: their end moves, and their start stays on the fixed day; otherwise it is the other way round.
        """
        found = self._of_all_days(variables, moves_end)
        if found is not None and found.reach < fixed.toordinal() <= _LAST - found.reach:
            return found
        key = variables, fixed, moves_end
        return self._known.get(key) or self._known.put(key, self._worked_out(variables, fixed, moves_end))

    def last_cells(self, variables: tuple[int, ...]) -> tuple[int, ...]:
        """Return the last cell of each of some durations."""
        return tuple([self._variables[v].size for v in variables])

    def _of_all_days(self, variables: tuple[int, ...], moves_end: bool) -> Steps | None:
        """Return the steps from any day that is not at an end of the calendar, where durations count days only."""
        key = variables, moves_end
        if key not in self._everywhere:
            found = None
            if all(self._derived[v].measure in COUNTING_DAYS for v in variables):
                found = self._worked_out(variables, _MIDDLE, moves_end)
                if found.cells[-1 if moves_end else 0] != self.last_cells(variables):
                    found = None  # too long for the calendar
            self._everywhere[key] = found
        return self._everywhere[key]

    def _worked_out(self, variables: tuple[int, ...], fixed: date, moves_end: bool) -> Steps:
        turns: list[tuple[int, int, int]] = []
        first = []
        for place, variable in enumerate(variables):
            own = list(self._turns(variable, fixed, moves_end))
            top = len(own) + 1
            first.append(1 if moves_end else top)
            turns += [(days, place, cell if moves_end else cell - 1) for cell, days in enumerate(own, start=2)]
        cells = [tuple(first)]
        offsets: list[int] = []
        for days, place, cell in sorted(turns, key=lambda turn: (turn[0], turn[2] if moves_end else -turn[2])):
            following = (*cells[-1][:place], cell, *cells[-1][place + 1 :])
            if offsets and offsets[-1] == days:
                cells[-1] = following
            else:
                offsets.append(days)
                cells.append(following)
        content = variables, moves_end, tuple(offsets), tuple(cells)
        return self._same.get(content) or self._same.put(content, Steps(*content[2:]))

    def _turns(self, variable: int, fixed: date, moves_end: bool) -> Iterator[int]:
        """Yield for each further cell by how many days the moving date is after the fixed one on its first day.

        Where the start moves, this is the first day that is too late for the cell.
        """
        measure = self._derived[variable].measure
        for value in self._variables[variable].starts[1:]:
            day = (first_end if moves_end else last_start)(measure, fixed, value)
            if day is None:
                return
            yield (day - fixed).days + (not moves_end)


class Moving:
    """Durations between the same two dates while one of them moves, and the other is one of some days.

    ``near`` are the steps from the day that gives the shortest durations, ``far`` those from the other end; there are
    none where the other date has no bound on that side.
    """

    __slots__ = ("_far_day", "_most", "_near_day", "far", "near", "variables")

    def __init__(
        self, stepper: Stepper, variables: tuple[int, ...], near: date | None, far: date | None, moves_end: bool
    ) -> None:
        self.variables = variables
        self.near = self.far = stepper.steps(variables, near, moves_end) if near else None
        self._near_day = self._far_day = near.toordinal() if near else 0
        if far != near:
            self.far = stepper.steps(variables, far, moves_end) if far else None
            self._far_day = far.toordinal() if far else 0
        self._most = None if self.far else stepper.last_cells(variables)

    def turns(self, low: int, high: int) -> Iterator[int]:
        """Yield the days after a first one, up to a last one, on which the cells at one of the ends change."""
        ends = [(self.near, self._near_day)]
        if (self.far, self._far_day) != ends[0]:
            ends.append((self.far, self._far_day))
        for steps, fixed in ends:
            if steps:
                for n in steps.offsets[steps.place(low - fixed) : steps.place(high - fixed)]:
                    yield fixed + n

    def cells(self, day: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the lowest and the highest cells on a day; where nothing bounds them, these are the first and last."""
        near, far = self.near, self.far
        least = near.cells[bisect_right(near.offsets, day - self._near_day)] if near else (1,) * len(self.variables)
        if far is near and self._far_day == self._near_day and near:
            return least, least
        return least, far.cells[bisect_right(far.offsets, day - self._far_day)] if far else self._most or ()

    def course(self, low: int, high: int) -> tuple[Hashable, ...]:
        """Return what cells come to from a first day to a last one, but for which of the two ends turns first."""
        found: list[int] = []
        for steps, fixed in ((self.near, self._near_day), (self.far, self._far_day)):
            found += (steps.number, steps.place(low - fixed), steps.place(high - fixed)) if steps else (-1,)
        return tuple(found)

    @property
    def apart(self) -> int:
        """How many days the two ends are apart, up to where it makes no difference any more."""
        reach = sum(steps.reach for steps in (self.near, self.far) if steps)
        return min(abs(self._far_day - self._near_day), reach + 1)

    @property
    def ends(self) -> tuple[int, int]:
        """The days from which the steps are counted."""
        return self._near_day, self._far_day


def course_of(moving: Sequence[Moving], low: int, high: int) -> Hashable:
    """Return what the joint cells from a first day to a last one depend on, which is less than the days."""
    if len(moving) == 1:
        return moving[0].course(low, high), moving[0].apart
    days = [day for m in moving for day in m.ends]
    return tuple([m.course(low, high) for m in moving]), tuple([day - days[0] for day in days])
