"""What a part of an answer is worked out from: the readings of a record.

A part of an answer (a decision with its reasons, a box with its statements) depends on little of a record. Nobody lists
on what: while a part is worked out, its `Run` notes every **reading** that it takes of the record, such as a verdict,
the outcome of a decision, or whether a date is known. Each reading says which cells of the record settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from lrp_kg.logic.classify import TRUE
from lrp_kg.logic.editions import StatesByDay
from lrp_kg.logic.verdicts import CellGroup, SignatureVerdicts

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run
    from lrp_kg.guideline.validity import Validity

_numbers = count()
_number = attrgetter("number")


class PartReading:
    """Something that can be read of a record beside verdicts, which are read by the numbers of expressions.

    ``cells`` are those that settle it, together with ``others`` that are read; without cells it is settled by itself.
    One that is ``late`` is an empty tuple in all records with the same cells and other readings, or in none of them.
    One ``of_part`` is taken of another part of the answer, so that what settles that part settles it too.
    ``number`` gives readings an order, in which their values are in keys.
    """

    __slots__ = ("cells", "group", "late", "number", "of", "of_part", "others")

    def __init__(
        self,
        of: Callable[[Run], Hashable],
        cells: tuple[int, ...] | None = None,
        others: tuple[PartReading, ...] = (),
        group: CellGroup | None = None,
        *,
        late: bool = False,
        of_part: bool = False,
    ) -> None:
        self.of = of
        self.late = late
        self.of_part = of_part
        self.cells = cells
        self.others = (self,) if cells is None and not others else others
        self.group = group
        """What these cells settle, where they are few and alone."""
        self.number = next(_numbers)


class Readings(SignatureVerdicts):
    """The readings of one record, each taken when it is asked for; verdicts by the numbers of expressions.

    Those of a record with an uncertain date are not what its cells settle, so they are not kept with these.
    """

    __slots__ = ("_by_cells", "run")

    def __init__(self, run: Run) -> None:
        super().__init__(run.a.verdicts, run.signature)
        self.run = run
        self._by_cells = run.signatures == (run.signature,)
        readable = run.a.readable
        self.update(readable.no_dates)
        for name in run.record.dates:
            if name in readable.known:
                self[readable.known[name]] = True

    def __missing__(self, reading: Any) -> Any:
        if reading.__class__ is int:
            return self.work_out(reading)
        if reading.group and self._by_cells:
            settled = reading.group.settled(self)
            if reading not in settled:
                settled[reading] = self._take(reading)
            self.update(settled)
            return settled[reading]
        self[reading] = found = self._take(reading)
        return found

    def _take(self, reading: PartReading) -> Hashable:
        """Take a reading; what it is itself worked out from is not noted."""
        run = self.run
        noted, run.noted = run.noted, None
        try:
            return reading.of(run)
        finally:
            run.noted = noted


class ReadingsMade(dict[Any, Any]):
    """Readings by what they are about, each made when it is asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, about: Any) -> Any:
        return self.setdefault(about, self._make(about))


class Readable:
    """All that can be read of a record by one assessor; of verdicts what is read for them."""

    def __init__(self, assessor: Assessor) -> None:
        g = assessor.guideline
        self._a = assessor
        self.grown = object()
        """Another one each time that more settles some part."""
        self.no_dates: dict[PartReading, bool] = {}
        """That no date is known, by the readings of whether one is."""
        self.known = ReadingsMade(self._known)
        self._situation = ReadingsMade(lambda name: PartReading(lambda run: run.situation(name), late=True))
        self.outcome = ReadingsMade(lambda name: self._decided(name, lambda run: run.result(name)))
        self.answers = ReadingsMade(lambda name: self._decided(name, lambda run: run.answers(name)))
        self.why = ReadingsMade(lambda cls: self._settled(cls, lambda run: run.reasons_of(cls)))
        self.holds = ReadingsMade(self._holds)
        self._era = PartReading(lambda run: run.era)
        places = {rule: place for place, rule in enumerate(g.validities)}
        self.in_force = ReadingsMade(lambda rule: self._in_force(rule, places.get(rule)))
        in_turn = [(n, w.calls_for, w.applies_to) for n, w in reversed([*enumerate(g.warnings)])]
        self.calls = ReadingsMade(lambda advice: [(n, cls) for n, called, cls in in_turn if called == advice])
        """The warnings that call for an advice, the last first: their places, and their situations."""
        self.calling = ReadingsMade(
            lambda advice: self._of_classes((c for _, c in self.calls[advice]), lambda run: run.calling(advice))
        )
        warned = [(n, self._a.verdicts.number(w.applies_to)) for n, w in enumerate(g.warnings)]
        self._warned = [(n, number) for n, number in warned if number is not None]
        self._always = [n for n, number in warned if number is None]
        self.holding = self._of_classes((w.applies_to for w in g.warnings), self._holding)
        self.programme = ReadingsMade(self._programme)
        self.touched = ReadingsMade(lambda name: PartReading(lambda run: run.knows_own(g.programmes[name])))

    def settling(self, read: Iterable[int | PartReading]) -> tuple[frozenset[int], frozenset[PartReading]]:
        """Return the cells that settle readings, and what else does."""
        cells: set[int] = set()
        others: set[PartReading] = set()
        for one in read:
            if isinstance(one, int):
                cells.update(self._a.verdicts.read_by(one))
            else:
                cells.update(one.cells or ())
                others.update(one.others)
        return frozenset(cells), frozenset(others)

    def _known(self, name: str) -> PartReading:
        """Return the reading of whether a date is known."""
        found = PartReading(lambda run: name in run.record.dates)
        self.no_dates[found] = False
        return found

    def _decided(self, name: str, of: Callable[[Run], Hashable]) -> PartReading:
        """Return a reading of the outcome of a decision, by its IRI."""
        decider = self._a.decider(name)
        known = tuple(self.known[date] for date in decider.dates_read)
        situation = (self._situation[name],) if decider.durations else ()
        return PartReading(of, decider.cells_read, (*known, *situation))

    def _programme(self, name: str) -> PartReading:
        """Return the reading of all of a programme, by its IRI, that its part depends on."""
        programme = self._a.guideline.programmes[name]
        outcomes = [self.outcome[e.decision] for e in programme.editions]
        cells, others = self.settling(outcomes)
        known = {self.known[date] for e in programme.editions for date in self._a.decider(e.decision).dates_read}
        by_day = StatesByDay(programme)
        field = self._a.guideline.choosing_field(programme)

        def key(run: Run) -> Hashable:
            day = None if field in run.record.ranges else run.record.dates.get(field or "")
            return by_day.of(day) if day else run.programme_run(programme).key()

        if by_day.constant is None:
            known.add(PartReading(key))

        def whole(run: Run) -> Hashable:
            return run.programme_run(programme).read()

        return PartReading(whole, tuple(sorted(cells)), tuple(sorted(known | others, key=_number)))

    def _in_force(self, rule: Validity, place: int | None) -> PartReading:
        if place is None:
            return PartReading(lambda run: run.in_force(rule))
        return PartReading(lambda run: run.era[place], (), (self._era,))

    def _holding(self, run: Run) -> Hashable:
        """Return the places of the warnings whose situation holds."""
        verdicts = run.by_number
        found = [n for n, number in self._warned if verdicts[number] == TRUE]
        return tuple(sorted(found + self._always))

    def _holds(self, cls: str) -> PartReading | None:
        """Return the reading of whether a class certainly holds; there is none of the class of all records."""
        number = self._a.verdicts.number(cls)
        return None if number is None else self._settled(cls, lambda run: run.by_number[number] == TRUE)

    def _settled(self, cls: str, of: Callable[[Run], Hashable]) -> PartReading:
        """Return the reading of something that the cells of a class settle."""
        number = self._a.verdicts.number(cls)
        reads = () if number is None else self._a.verdicts.read_by(number)
        return PartReading(of, reads, group=None if number is None else self._a.verdicts.group_of[number])

    def _of_classes(self, classes: Iterable[str | None], of: Callable[[Run], Hashable]) -> PartReading:
        """Return the reading of something that the cells of some classes settle."""
        numbers = {n for cls in classes if cls and (n := self._a.verdicts.number(cls)) is not None}
        return PartReading(of, tuple(sorted(self.settling(numbers)[0])))
