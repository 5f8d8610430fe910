"""From a record to the result of each decision: its status, its answers, what remains possible, what is missing.

Where fields are unknown they are completed in all valid ways, on the decision's diagram; dates that are known
bound what the unknown ones can be. If every completion agrees the decision is certain, whatever is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from operator import itemgetter
from typing import Any, NamedTuple, cast

from lrp_kg.guideline.model import Decision
from lrp_kg.logic.calendar import Calendar, DateRanges, DateValues, KnownDates
from lrp_kg.logic.cells import UNKNOWN, Cells, Signature, cells_of
from lrp_kg.logic.classify import FALSE, TRUE, Verdicts
from lrp_kg.logic.diagrams import Axis, Builder, Diagram, DiagramTooLarge, Function
from lrp_kg.logic.memory import BoundedMemory, SharedBound
from lrp_kg.logic.outcomes import UNDETERMINED, Outcome, merged

LIMIT = 16 * 1024 * 1024
"""Bytes of remembered outcomes, where they have a bound of their own."""
_ENTRY = 500
COMPLETIONS = 100_000
"""Joint completions of dates that are looked at for one decision; beyond it the dates count as independent."""


@dataclass(frozen=True, slots=True)
class DateGroup:
    """An unknown date whose partners are known, or lie in ranges, the axes it settles, and their joint choices.

    ``names`` are the date itself and the partners that make a difference too.
    """

    names: tuple[str, ...]
    axes: tuple[int, ...]
    choices: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Completions:
    """What a decision comes to when what is unknown becomes known: its outcomes, the fields that make a difference.

    ``functions`` say how the outcome depends on what remains unknown, one for each choice of dates that others bound;
    those of two decisions can be compared.
    """

    outcomes: frozenset[Outcome]
    missing: tuple[str, ...]
    functions: frozenset[str]


class _Free(NamedTuple):
    """A date of a `DateGroup` before its choices are known, with the variables of its axes."""

    name: str
    names: tuple[str, ...]
    axes: tuple[int, ...]
    variables: tuple[int, ...]


class _Standing(NamedTuple):
    """What is left of a decision for a record, and what its days say of it, where it ``waits`` for days."""

    function: Function
    groups: tuple[DateGroup, ...]
    waits: bool


class Decider:
    """Decides one decision for records, on its diagram."""

    def __init__(
        self, diagram: Diagram, decision: Decision, cells: Cells, dates: Calendar, memories: SharedBound | None = None
    ) -> None:
        self.diagram = diagram
        self._options = tuple(o.id for o in decision.options)
        self.cells = cells
        self.dates = dates
        self._axes = diagram.axes
        self._choice = [axis.number for axis in diagram.axes]
        self._choosing = [_choosing(axis, cells) for axis in diagram.axes]
        self._variables = tuple(v for axis in diagram.axes for v in axis.variables)
        self._order = {f.iri: f.ask_order or 0 for f in cells.guideline.fields.values()}
        self._derived = tuple(v for v in self._variables if v in dates.derived)
        self._durations = tuple(
            (number, dates.derived[axis.variables[0]])
            for number, axis in enumerate(diagram.axes)
            if axis.variables[0] in dates.derived
        )
        self.durations = self._durations_read()
        dated = sorted({name for v in self._derived for name in (dates.derived[v].start, dates.derived[v].end)})
        self.dates_read = tuple(dated)
        """The dates of which it matters whether they are known; durations depend on what they are."""
        self._ruling = self._ruling_out()
        """The variables that say that a field which is read cannot have a value."""
        self.cells_read = (*self._variables, *self._ruling)
        """The variables that the result depends on."""
        self._cells_of = cells_of(self.cells_read)
        self._durations_of = cells_of(self._derived)
        self._ruling_cells_of = cells_of(self._implied())
        bound = memories or SharedBound(LIMIT)
        self._known: BoundedMemory[Hashable, Outcome] = BoundedMemory(bound, _ENTRY)
        self._by_function: BoundedMemory[Hashable, Outcome] = BoundedMemory(bound, _ENTRY)
        self._completed: BoundedMemory[Hashable, Completions] = BoundedMemory(bound, 3 * _ENTRY)
        self._free: BoundedMemory[Hashable, tuple[_Free, ...]] = BoundedMemory(bound, _ENTRY)
        self._groups: BoundedMemory[Hashable, DateGroup] = BoundedMemory(bound, 3 * _ENTRY)

    def _durations_read(self) -> frozenset[Axis]:
        return frozenset(self.diagram.axes[number] for number, _ in self._durations)

    def date_key(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Hashable:
        """Return what the result depends on beside the signature and which dates are known."""
        return self._date_groups(signature, known_dates, ranges) if self._derived else ()

    def situation(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Hashable:
        """Return that `date_key`, in a tuple, where it makes a difference: the cells alone say whether it does."""
        if UNKNOWN not in self._durations_of(signature):
            return ()
        found = self._standing(signature, known_dates, ranges)
        return (found.groups,) if found.waits else ()

    def _standing(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> _Standing:
        """Return what is left for a record, and what bounds the dates that make a difference; once for a record."""
        kept = known_dates.standing if isinstance(known_dates, KnownDates) else {}
        key = self, signature, tuple(ranges.items())
        found = kept.get(key)
        if found is None:
            function = self.left(signature)
            waits = self._waits(signature, function)
            groups = self._date_groups(signature, known_dates, ranges) if waits else ()
            found = kept[key] = _Standing(function, groups, waits)
        return found

    def completions(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Completions:
        """Return what the decision can come to."""
        function, groups, _ = self._standing(signature, known_dates, ranges)
        return self.completions_by(signature, known_dates, groups, function)

    def completions_by(
        self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function | None = None
    ) -> Completions:
        """Return what the decision can come to with the dates that are known, as a `date_key` bounds the others.

        ``function`` is the one that is `left` for the signature, where that was worked out before.
        """
        function = function or self.left(signature)
        whole = self._settling(signature, known_dates, key, function)
        known = self._completed.get(whole)
        if known is None:
            found, groups = self._explore(function, cast("tuple[DateGroup, ...]", key))
            known = Completions(
                frozenset(self._outcomes(found)),
                self._made_different(found, groups, self._known_ends(signature, known_dates), signature),
                frozenset(function.diagram.meaning(left.node) for left in found.values()),
            )
            self._completed.put(whole, known)
        return known

    def decide(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Outcome:
        """Return the result for a signature, the dates that are known, and the bounds of those that are uncertain."""
        key = self._cells_of(signature), tuple([name in known_dates for name in self.dates_read])
        if not ranges:
            found = self._known.young.get(key) or self._known.get(key)
            if found is not None:
                return found
        function, groups, waits = self._standing(signature, known_dates, ranges)
        found = self.decide_by(signature, known_dates, groups, function)
        return found if waits else self._known.put_again(key, found)

    def _waits(self, signature: Signature, function: Function) -> bool:
        """Return whether a duration that is unknown makes a difference: then days can bound it."""
        if not self._durations:
            return False
        support = function.support
        return any(
            n in support and UNKNOWN in [signature[v] for v in self.diagram.axes[n].variables]
            for n, _ in self._durations
        )

    def decide_by(
        self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function | None = None
    ) -> Outcome:
        """Return the result for a signature and the dates that are known, as another `date_key` bounds the others.

        ``function`` is the one that is `left` for the signature, where that was worked out before.
        """
        function = function or self.left(signature)
        whole = self._settling(signature, known_dates, key, function)
        found = self._by_function.get(whole)
        if found is None:
            groups = cast("tuple[DateGroup, ...]", key)
            found = self._decide(signature, groups, self._known_ends(signature, known_dates), function)
            self._by_function.put(whole, found)
        return found

    def _settling(self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function) -> Hashable:
        """Return all that a result depends on."""
        return function, self.relevant(signature, known_dates, key, function), self._ruling_cells_of(signature)

    def relevant(self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function) -> Hashable:
        """Return what of a `date_key`, and of the dates that are known, makes a difference to a function."""
        support = function.support
        ends = {name for number, d in self._durations if number in support for name in (d.start, d.end)}
        if not ends:
            return ()
        groups = tuple([g for g in cast("tuple[DateGroup, ...]", key) if g.choices and not support.isdisjoint(g.axes)])
        return groups, self._known_ends(signature, known_dates) & ends

    def left(self, signature: Signature, function: Function | None = None) -> Function:
        """Return what is left for the cells of a signature, of the whole decision or of a function of its diagram."""
        if function is None:
            diagram = self.diagram
            diagram.forget()
            if diagram.grown:
                self.diagram = diagram = diagram.anew()
            function = Function(diagram, diagram.root)
        return function.restrict(tuple([choice(taken(signature)) for choice, taken in self._choosing]))

    def _known_ends(self, signature: Signature, known: Mapping[str, date]) -> frozenset[str]:
        return frozenset(
            name
            for v in self._derived
            if signature[v] == UNKNOWN
            for name in (self.dates.derived[v].start, self.dates.derived[v].end)
            if name in known
        )

    def _date_groups(self, signature: Signature, known: DateValues, ranges: DateRanges) -> tuple[DateGroup, ...]:
        open_ones = tuple([n for n, _ in self._durations if UNKNOWN in [signature[v] for v in self._axes[n].variables]])
        state = tuple([name in known or name in ranges and -1 for name in self.dates_read])
        free = self._free.get((open_ones, state))
        if free is None:
            free = self._free.put((open_ones, state), self._freed(open_ones, known, ranges))
        groups = []
        for name, names, axes, variables in free:
            key = names, axes, self.dates.joint(name, variables, known, ranges)
            groups.append(self._groups.get(key) or self._groups.put(key, self._group(*key)))
        return tuple(groups)

    def _freed(self, open_ones: tuple[int, ...], known: DateValues, ranges: DateRanges) -> tuple[_Free, ...]:
        """Return the unknown dates whose partners are known, or within bounds."""
        by_date: dict[str, list[int]] = {}
        beside: dict[str, set[str]] = {}
        for number, derived in self._durations:
            if number not in open_ones:
                continue
            unknown = [d for d in (derived.start, derived.end) if d not in known]
            free = [d for d in unknown if d not in ranges] if len(unknown) > 1 else unknown
            if len(free) == 1:
                by_date.setdefault(free[0], []).append(number)
                beside.setdefault(free[0], set()).update(set(unknown).difference(free))
        return tuple(
            _Free(
                name,
                (name, *sorted(beside[name])),
                tuple(axes),
                tuple(v for a in axes for v in self._axes[a].variables),
            )
            for name, axes in sorted(by_date.items())
        )

    def _group(self, names: tuple[str, ...], axes: tuple[int, ...], joint: tuple[tuple[int, ...], ...]) -> DateGroup:
        choices = set()
        for cells in joint:
            split, choice = list(cells), []
            for a in axes:
                width = len(self.diagram.axes[a].variables)
                own, split = tuple(split[:width]), split[width:]
                choice.append(self._choice[a].get(own, -1))
            if -1 not in choice:
                choices.add(tuple(choice))
        return DateGroup(names, axes, tuple(sorted(choices)))

    def _decide(
        self, signature: Signature, groups: tuple[DateGroup, ...], known_ends: frozenset[str], function: Function
    ) -> Outcome:
        found, groups = self._explore(function, groups)
        outcomes = self._outcomes(found)
        if len(outcomes) == 1 and next(iter(outcomes)).status != UNDETERMINED:
            return next(iter(outcomes))
        return merged(outcomes, self._options, self._made_different(found, groups, known_ends, signature))

    def _explore(
        self, function: Function, groups: tuple[DateGroup, ...]
    ) -> tuple[dict[tuple[int, ...], Function], tuple[DateGroup, ...]]:
        """Return the function that is left for each joint choice of some dates, and the dates that matter."""
        support = function.support
        groups = tuple(g for g in groups if g.choices and support.intersection(g.axes))
        total = 1
        for group in groups:
            total *= len(group.choices)
        if total > COMPLETIONS:
            groups = ()
        if not groups:
            return {(): function}, groups
        found: dict[tuple[int, ...], Function] = {}
        for combination in product(*(range(len(g.choices)) for g in groups)):
            # what is known is not read by the function any more
            filled: list[int | None] = [None] * len(function.diagram.axes)
            for group, number in zip(groups, combination, strict=True):
                for axis_number, choice in zip(group.axes, group.choices[number], strict=True):
                    filled[axis_number] = choice
            found[combination] = function.restrict(tuple(filled))
        return found, groups

    def _outcomes(self, found: Mapping[tuple[int, ...], Function]) -> set[Outcome]:
        return set().union(*(left.leaves for left in set(found.values())))

    def _made_different(
        self,
        found: Mapping[tuple[int, ...], Function],
        groups: tuple[DateGroup, ...],
        known_ends: frozenset[str],
        signature: Signature,
    ) -> tuple[str, ...]:
        missing = self._missing(found, groups, known_ends)
        return tuple(f for f in missing if not self._ruled_out(f, signature))

    def _implied(self) -> tuple[int, ...]:
        """Return the variables that a field which is read implies."""
        fields = {name for v in self._variables for name in self.cells.inputs(v)}
        implied = {i for name in fields for i in self.cells.guideline.fields[name].implies}
        return tuple(sorted({self.cells.index[i] for i in implied if i in self.cells.index}))

    def _ruling_out(self) -> tuple[int, ...]:
        return tuple(v for v in self._implied() if v not in self._variables)

    def _ruled_out(self, field: str, signature: Signature) -> bool:
        """Return whether a field cannot have a value, since it would imply what is known to be false."""
        for implied in self.cells.guideline.fields[field].implies:
            variable = self.cells.index.get(implied)
            if variable is not None and signature[variable] != UNKNOWN:
                return self.cells.variables[variable].representative(signature[variable]) is not True
        return False

    def _missing(
        self, found: Mapping[tuple[int, ...], Function], groups: tuple[DateGroup, ...], known_ends: frozenset[str]
    ) -> tuple[str, ...]:
        fields: set[str] = set()
        for left in set(found.values()):
            for axis in left.support:
                for variable in left.diagram.axes[axis].variables:
                    fields.update(self.cells.inputs(variable))
        for place, group in enumerate(groups):
            outcomes: dict[tuple[int, ...], Function] = {}
            for combination, left in found.items():
                others = combination[:place] + combination[place + 1 :]
                if outcomes.setdefault(others, left) != left:
                    fields.update(group.names)
                    break
        return tuple(sorted(fields - known_ends, key=lambda f: (self._order.get(f, 0), f)))


class KleeneDecider:
    """Decides by Kleene's logic alone: for a decision whose diagram is beyond the bound.

    It never says more than is certain; what is missing is every unknown field that what is unknown reads.
    """

    def __init__(self, builder: Builder, decision: Decision) -> None:
        self.builder = builder
        self.decision = decision
        self._roots = list(builder.roots(decision))
        self._needed = builder.program.needed(self._roots)
        self.reads = builder.reads(self._roots)
        self.cells_read = tuple(sorted(self.reads))
        self.dates_read = tuple(sorted({n for v in self.reads for n in builder.program.cells.inputs(v)}))
        self.durations: frozenset[Axis] = frozenset()

    def date_key(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Hashable:
        """Return what the result depends on beside the signature and which dates are known: nothing."""
        return ()

    situation = date_key

    def completions(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Completions:
        """Return what the decision can come to, as far as Kleene's logic says; dates do not bound it."""
        outcome = self.decide(signature, known_dates, ranges)
        meaning = repr(outcome) if outcome.status != UNDETERMINED else self.decision.iri
        return Completions(frozenset((outcome,)), outcome.missing, frozenset((meaning,)))

    def completions_by(
        self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function | None = None
    ) -> Completions:
        """Return what the decision comes to; dates do not bound it."""
        return self.completions(signature, known_dates, {})

    def decide_by(
        self, signature: Signature, known_dates: DateValues, key: Hashable, function: Function | None = None
    ) -> Outcome:
        """Return the result for a signature; dates do not bound it."""
        return self.decide(signature, known_dates, {})

    def decide(self, signature: Signature, known_dates: DateValues, ranges: DateRanges) -> Outcome:
        """Return the result for a signature."""
        program = self.builder.program
        verdicts = program.classify([signature], self._needed)[0]
        outcome = self.builder.outcome(self.decision, verdicts)
        if outcome.status != UNDETERMINED:
            return outcome
        fields = {
            name
            for variable in self.builder.live(self._roots, verdicts)
            if signature[variable] == UNKNOWN
            for name in program.cells.inputs(variable)
            if name not in known_dates
        }
        order = {f.iri: f.ask_order or 0 for f in program.guideline.fields.values()}
        possible = tuple(o for o in self._candidates(verdicts) if o not in outcome.answers)
        missing = tuple(sorted(fields, key=lambda f: (order.get(f, 0), f)))
        return outcome._replace(possible=possible, missing=missing)

    def _candidates(self, verdicts: Verdicts) -> Iterator[str]:
        """Yield the options that hold or may hold; of a decision whose first option wins, none after one that holds."""
        for option in self.decision.options:
            found = self.builder.program.verdict(verdicts, option.applies_to)
            if found != FALSE:
                yield option.id
            if found == TRUE and self.decision.policy == "First":
                return


def _choosing(axis: Axis, cells: Cells) -> tuple[Callable[[Any], int | None], Callable[[Signature], Any]]:
    """Return what gives the number of the choice of an axis for some cells, none where one of them is unknown.

    And what takes these cells of a signature.
    """
    taken = itemgetter(*axis.variables)
    if len(axis.variables) > 1:
        return axis.number.get, taken
    size = cells.variables[axis.variables[0]].size
    return [None, *(axis.number.get((cell,)) for cell in range(1, size + 1))].__getitem__, taken


def decider_of(
    builder: Builder,
    decision: Decision,
    diagram_of: Callable[[Decision], Diagram],
    memories: SharedBound | None = None,
) -> Decider | KleeneDecider:
    """Return what decides a decision: its diagram, or Kleene's logic alone where that is too large."""
    try:
        return Decider(diagram_of(decision), decision, builder.program.cells, builder.dates, memories)
    except DiagramTooLarge:
        return KleeneDecider(builder, decision)
