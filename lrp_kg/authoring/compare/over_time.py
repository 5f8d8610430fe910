"""Changes of the rules of one guideline over time: editions of programmes, and rules that begin or end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from lrp_kg.answer.results import ELIGIBLE
from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.compare.aspects import Aspect, Place, places_of
from lrp_kg.authoring.compare.effects import Effects
from lrp_kg.authoring.compare.known_only import KnownOnly
from lrp_kg.authoring.compare.minimal_conditions import MinimalConditions
from lrp_kg.authoring.compare.model import Region
from lrp_kg.authoring.compare.over_time_model import DayChange, EditionChange, PlaceChange, RoleChange, RuleChange
from lrp_kg.authoring.compare.pairs import Axes, PairDiagram
from lrp_kg.authoring.compare.shared_space import OLD, space_of
from lrp_kg.authoring.compare.witnesses import Witnesses, accepted
from lrp_kg.guideline.model import Caution, Edition, Fact, Guideline, OpenPoint, Option, Programme, Statement, TimeLimit
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.diagrams import DiagramTooLarge

ONE_DAY = timedelta(days=1)


def days_of_change(guideline: Guideline) -> list[date]:
    """Return every day from which a rule of a guideline holds, or on which it no longer does, in order."""
    found = {e.valid_from for p in guideline.programmes.values() for e in p.editions[1:]}
    found |= {e.valid_until + ONE_DAY for e in guideline.editions if e.valid_until}
    for validity in guideline.validities:
        ruling = ruling_period(guideline, validity)
        found |= {ruling.first, ruling.last + ONE_DAY if ruling.last else None}
    return sorted(day for day in found if day)


def ruling_period(guideline: Guideline, validity: Validity) -> Validity:
    """Return the period that says when a rule is in force; its further ones say for whom, by other dates.

    It is the one by the date of the assessment, else the first.
    """
    return next((p for p in validity.every if guideline.roles.assessment in p.by), validity)


class RulesOverTime:
    """Compares the rules of a guideline on two days."""

    def __init__(self, service: GuidelineService) -> None:
        self.service = service
        self.guideline = service.guideline

    @cached_property
    def _effects(self) -> Effects:
        return Effects(self._witnesses.space, self._witnesses.records)

    @cached_property
    def _witnesses(self) -> Witnesses:
        return Witnesses(self.service, space_of(self.guideline, self.guideline))

    def all(
        self, since: date = date.min, until: date = date.max, report: Callable[[str], None] = lambda _: None
    ) -> list[DayChange]:
        """Return the change of every day between two on which rules change; ``report`` is called before each."""
        found = []
        for day in days_of_change(self.guideline):
            if since <= day <= until:
                report(f"rules of {day}")
                found.append(self.between(day - ONE_DAY, day))
        return found

    def between(self, before: date, after: date) -> DayChange:
        """Return how the rules of a day differ from those of an earlier one."""
        programmes = self.guideline.programmes.values()
        pairs = [(p, p.in_force(before), p.in_force(after)) for p in programmes]
        ended = tuple(
            (p, new) for p, old, new in pairs if _has_ended(new, after) and not (old == new and _has_ended(old, before))
        )
        editions = tuple(self._editions(p, old, new, after) for p, old, new in pairs if old != new)
        return DayChange(before, after, editions, ended, tuple(self._places(before, after)))

    # -- editions ---------------------------------------------------------------------------------

    def _editions(self, programme: Programme, old: Edition, new: Edition, day: date) -> EditionChange:
        """Return what the later edition of a programme changes; its examples are asked for on a day."""
        g, field = self.guideline, self.guideline.choosing_field(programme)
        same = EditionChange(programme, old, new, field or "", tuple(_roles(old, new)), "same")
        axes = Axes(self._witnesses.space, Aspect(g.decisions[old.decision]), Aspect(g.decisions[new.decision]))
        try:
            diagram = PairDiagram(axes)
        except DiagramTooLarge:
            return replace(same, status="too-large")
        left_open = self._only_in_later(axes)
        regions = tuple(self._regions(diagram, same, day))
        known = {(r.before, r.after) for r in regions}
        still_open = self._regions(KnownOnly(diagram, left_open), same, day) if left_open else ()
        cells = self._witnesses.space.cells
        inputs = [{name for v in axis.variables for name in cells.inputs(v)} for axis in axes.axes]
        asked = set[str]().union(*(inputs[n] for n in left_open))
        read = set[str]().union(*(own for n, own in enumerate(inputs) if n not in left_open))
        order = {f.iri: f.ask_order or 0 for f in g.fields.values()}
        return replace(
            same,
            status="differs" if regions else "same",
            combinations=diagram.combinations(),
            regions=regions,
            still_open=tuple(r for r in still_open if (r.before, r.after) not in known),
            asked=tuple(sorted(asked - read, key=lambda n: (order.get(n, 0), n))),
        )

    @staticmethod
    def _only_in_later(axes: Axes) -> frozenset[int]:
        """Return the axes of which the earlier edition reads nothing."""
        reads = axes.space.versions[OLD].reads(axes.aspects[OLD].decision, ())
        return frozenset(n for n, axis in enumerate(axes.axes) if not reads.intersection(axis.variables))

    def _regions(self, diagram: PairDiagram, editions: EditionChange, day: date) -> Iterator[Region]:
        """Yield the regions of a diagram whose outcomes differ, the largest first, each with a record that shows it."""
        found = []
        for pair in diagram.differing():
            boxes = MinimalConditions(diagram, pair).boxes()
            record = self._witnesses.of_verdicts(
                editions.programme,
                (editions.before, editions.after),
                boxes=[box for box, _ in boxes],
                axes=diagram.axes,
                pair=pair,
                day=day,
            )
            conditions = tuple((self._effects.literals(box), size) for box, size in boxes)
            count = diagram.count(frozenset((pair,)))
            found.append(Region(pair.before, pair.after, count, conditions, record, accepted(record)))
        yield from sorted(found, key=lambda r: -r.combinations)

    # -- rules ------------------------------------------------------------------------------------

    def _places(self, before: date, after: date) -> Iterator[PlaceChange]:
        """Yield the places with rules that are in force on one of the two days only."""
        found = [
            (place, rule)
            for place in places_of(self.guideline)
            if place.kind != "edition"
            for rule in self._rules(place.statements, place.statements, before, after)
        ]
        for places, rules in _same_places(found):
            yield PlaceChange(places, tuple(replace(r, witness=self._witness(places[0], r)) for r in rules))
        for p in self.guideline.programmes.values():
            own = Place(p.iri, p.id, "programme", p.iri, ())
            old, new = (p.in_force(day).statements for day in (before, after))
            rules = [replace(r, witness=self._witness(own, r)) for r in self._rules(old, new, before, after)]
            if rules:
                yield PlaceChange((own,), tuple(rules))
        for d in self.guideline.decisions.values():
            for option in d.options:
                rules = [*self._parts(option, before, after)]
                if rules:
                    yield PlaceChange((Place(option.iri, option.id, "option", option.iri, ()),), tuple(rules))
        alone: dict[str, tuple[Caution | OpenPoint, ...]] = {
            "warning": self.guideline.warnings,
            "open-point": self.guideline.open_points,
        }
        for kind, some in alone.items():
            rules = [*self._alone(some, before, after)]
            if rules:
                yield PlaceChange((Place("", kind, kind, "", ()),), tuple(rules))

    def _alone(self, found: Iterable[Caution | OpenPoint], before: date, after: date) -> Iterator[RuleChange]:
        """Yield the warnings or open points that begin or end."""
        for rule in found:
            was, now = (self.in_force(rule.validity, day) for day in (before, after))
            if was is not now:
                yield RuleChange("begins" if now else "ends", rule, validity=rule.validity)

    def _rules(
        self, old: Iterable[Statement], new: Iterable[Statement], before: date, after: date
    ) -> Iterator[RuleChange]:
        """Yield the rules of a place that begin or end, those that end first."""
        was = {s.iri: s for s in old if self.in_force(s.validity, before)}
        now = {s.iri: s for s in new if self.in_force(s.validity, after)}
        for s in was.values():
            if s.iri not in now:
                by_days = s.validity if not self.in_force(s.validity, after) else None
                yield RuleChange("ends", s, validity=by_days)
        for s in now.values():
            if s.iri in was:
                yield from self._parts(s, before, after)
            else:
                by_days = s.validity if not self.in_force(s.validity, before) else None
                yield RuleChange("begins", s, validity=by_days)

    def _parts(self, rule: Statement | Option, before: date, after: date) -> Iterator[RuleChange]:
        """Yield the time limits and facts of a rule that begin or end."""
        parts: tuple[TimeLimit | Fact, ...] = rule.facts
        if isinstance(rule, Statement):
            parts += rule.limits
        for part in parts:
            was, now = (self.in_force(part.validity, day) for day in (before, after))
            if was is not now:
                yield RuleChange("begins" if now else "ends", rule, part=part, validity=part.validity)

    def in_force(self, validity: Validity | None, day: date) -> bool:
        """Return whether a rule is in force on a day."""
        if validity is None:
            return True
        ruling = ruling_period(self.guideline, validity)
        return (ruling.first or date.min) <= day <= (ruling.last or date.max)

    def _witness(self, place: Place, change: RuleChange) -> dict[str, object] | None:
        """Return a record that a statement is shown for, from its first day on or on its last."""
        s = change.rule
        if not isinstance(s, Statement) or s.validity is None or change.part:
            return None
        g, ruling = self.guideline, ruling_period(self.guideline, s.validity)
        day = ruling.last if change.what == "ends" else ruling.first
        if day is None:
            return None
        if place.kind != "programme":
            return self._witnesses.of_statement(place, s, ruling, day)
        programme = g.programmes[place.iri]
        options = g.decisions[programme.in_force(day).decision].options
        eligible = next(o.iri for o in options if o.id == ELIGIBLE)
        field = g.choosing_field(programme)
        chosen_by = (g.fields[field].id,) if field else ()
        return self._witnesses.of_statement(replace(place, shown_for=eligible), s, ruling, day, chosen_by)


def _same_places(found: Iterable[tuple[Place, RuleChange]]) -> Iterator[tuple[tuple[Place, ...], list[RuleChange]]]:
    """Yield changes by the places in which they are, those in the same places together."""
    changes: dict[Hashable, tuple[RuleChange, list[Place]]] = {}
    for place, rule in found:
        changes.setdefault((rule.what, rule.rule.iri, rule.part), (rule, []))[1].append(place)
    groups: dict[tuple[str, ...], tuple[tuple[Place, ...], list[RuleChange]]] = {}
    for rule, places in changes.values():
        groups.setdefault(tuple(p.iri for p in places), (tuple(places), []))[1].append(rule)
    yield from groups.values()


def _has_ended(edition: Edition, day: date) -> bool:
    return edition.valid_until is not None and edition.valid_until < day


def _roles(old: Edition, new: Edition) -> Iterator[RoleChange]:
    """Yield the criteria of two editions by role, in the order of the later one."""
    before, after = ({c.id: c for c in e.criteria} for e in (old, new))
    for role in dict.fromkeys((*after, *before)):
        yield RoleChange(role, before.get(role), after.get(role))
