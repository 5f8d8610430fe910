"""Which records each decision answers differently: exactly, over all combinations of cells of both versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from lrp_kg.authoring.compare.minimal_conditions import Box, MinimalConditions
from lrp_kg.authoring.compare.model import DecisionEffect, Literal, Period, Region
from lrp_kg.authoring.compare.pairs import Axes, PairDiagram
from lrp_kg.authoring.compare.records import Records
from lrp_kg.authoring.compare.shared_space import NEW, OLD, SharedSpace
from lrp_kg.guideline.model import Decision, Edition, Programme
from lrp_kg.logic.diagrams import DiagramTooLarge
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import Outcome

Report = Callable[[str], None]


def same(outcome: Outcome) -> Outcome:
    """Return an outcome as it is."""
    return outcome


class Effects:
    """Compares what both versions decide."""

    def __init__(self, space: SharedSpace, records: Records, report: Report = lambda _: None) -> None:
        self.space = space
        self.records = records
        self.report = report
        self._meanings: dict[tuple[str, str], str] = {}

    # -- decisions --------------------------------------------------------------------------------

    def decisions(self) -> list[DecisionEffect]:
        """Return the effect on every decision and programme, by identifier, those without difference included."""
        found = []
        old, new = (_plain(side.decisions.values(), side.programmes.values()) for side in self.space.sides)
        for name in dict.fromkeys((*new, *old)):
            self.report(name)
            if name not in old or name not in new:
                found.append(DecisionEffect(name, "added" if name in new else "removed"))
            else:
                found.append(self._decision(name, old[name], new[name]))
        before, after = ({p.id: p for p in side.programmes.values()} for side in self.space.sides)
        for name in dict.fromkeys((*after, *before)):
            self.report(name)
            if name not in before or name not in after:
                found.append(DecisionEffect(name, "added" if name in after else "removed"))
            else:
                found += [
                    self._decision(
                        name,
                        self.space.sides[OLD].decisions[a.decision],
                        self.space.sides[NEW].decisions[b.decision],
                        (a.id, b.id),
                        period,
                    )
                    for a, b, period in editions_in_force(before[name], after[name], self._choosing(after[name]))
                ]
        return found

    def _choosing(self, programme: Programme) -> tuple[str, ...]:
        """Return the names in JSON of the date fields that choose the edition of a programme of the new version."""
        new = self.space.sides[NEW]
        return tuple(new.fields[f].id for f in new.choosing_fields(programme))

    def _decision(
        self,
        name: str,
        old: Decision,
        new: Decision,
        editions: tuple[str, str] = ("", ""),
        period: Period | None = None,
    ) -> DecisionEffect:
        before, after = self.space.decision(OLD, old), self.space.decision(NEW, new)
        axes = Axes(self.space, self.space.axes(before, after))
        if self.alike(before, after) and not any(axes.restricts(i) for i in range(len(axes.axes))):
            return DecisionEffect(name, "same", editions=editions, period=period)
        try:
            diagram = PairDiagram(
                axes,
                self.space.diagram(before, axes.axes),
                self.space.diagram(after, axes.axes),
                (same, same),
            )
        except DiagramTooLarge:
            return DecisionEffect(name, "too-large", editions=editions, period=period)
        regions = self.regions(diagram, period)
        return DecisionEffect(
            name,
            "differs" if regions else "same",
            diagram.combinations(),
            sum(r.combinations for r in regions),
            regions,
            editions,
            period,
        )

    def alike(self, old: Decision, new: Decision) -> bool:
        """Tell whether two decisions are written the same, so that no diagram is needed."""
        if (old.policy, old.scope, len(old.options)) != (new.policy, new.scope, len(new.options)):
            return False
        decisions = self.space.guideline.decisions
        for a, b in zip(old.options, new.options, strict=True):
            if (a.id, a.applies_to, bool(a.refined_by)) != (b.id, b.applies_to, bool(b.refined_by)):
                return False
            if a.refined_by and b.refined_by and not self.alike(decisions[a.refined_by], decisions[b.refined_by]):
                return False
        return True

    def regions(self, diagram: PairDiagram, period: Period | None = None) -> tuple[Region, ...]:
        """Return the regions where two diagrams differ, the largest first."""
        found = []
        for pair in diagram.differing():
            boxes = MinimalConditions(diagram, pair).boxes()
            record, valid = self.records.smallest([box for box, _ in boxes], diagram.axes, pair, period)
            conditions = tuple((self.literals(box), size) for box, size in boxes)
            count = diagram.count(frozenset((pair,)))
            found.append(Region(pair.before, pair.after, count, conditions, record, valid))
        return tuple(sorted(found, key=lambda r: -r.combinations))

    def literals(self, box: Box) -> tuple[Literal, ...]:
        """Return what a box says of each input, in the order of questions."""
        found = []
        for variable, cells in sorted(box.items()):
            own = self.space.cells.variables[variable]
            absent = 0 in cells
            known = sorted(cells - {0})
            name, old = self.space.original(own.iri)
            if own.values:
                found.append(Literal(name, tuple(own.values[c - 1] for c in known), absent=absent, old=old))
                continue
            ranges: list[tuple[int | None, int | None]] = []
            last = -1
            for cell in known:
                low, high = own.bounds(cell)
                if last == cell - 1 and ranges:
                    ranges[-1] = (ranges[-1][0], high)
                else:
                    ranges.append((None if cell == 1 else low, high))
                last = cell
            found.append(Literal(name, ranges=tuple(ranges), absent=absent, old=old))
        return tuple(found)

    # -- classes ----------------------------------------------------------------------------------

    def meaning(self, old: str, new: str) -> str:
        """Compare a class of the old version with one of the new: same, loosened, tightened or changed."""
        names = self.space.name(OLD, old), self.space.name(NEW, new)
        known = self._meanings.get(names)
        if known is None:
            known = "same" if names[OLD] == names[NEW] else self._compare(*names)
            self._meanings[names] = known
        return known

    def _compare(self, old: str, new: str) -> str:
        try:
            diagram = self.membership(old, new)
        except DiagramTooLarge:
            return "changed"
        pairs = [p for p in diagram.differing() if p.before and p.after]
        more = any(p.after.answers for p in pairs if p.after)
        fewer = any(p.before.answers for p in pairs if p.before)
        return "changed" if more and fewer else "loosened" if more else "tightened" if fewer else "same"

    def membership(self, old: str, new: str) -> PairDiagram:
        """Return which records belong to two classes, by their names in the shared space."""
        before, after = membership({"in": old}), membership({"in": new})
        axes = Axes(self.space, self.space.axes(before, after))
        diagrams = [self.space.diagram(decision, axes.axes) for decision in (before, after)]
        return PairDiagram(axes, diagrams[OLD], diagrams[NEW], (same, same))


def editions_in_force(
    old: Programme, new: Programme, fields: tuple[str, ...]
) -> Iterator[tuple[Edition, Edition, Period]]:
    """Yield which editions are in force together and when, by some fields; the first is open-ended at its start."""
    turns = sorted({e.valid_from for p in (old, new) for e in p.editions[1:] if e.valid_from})
    found: list[tuple[Edition, Edition, date | None]] = []
    for since in (None, *turns):
        a, b = (_in_force(p, since) for p in (old, new))
        if not found or found[-1][:2] != (a, b):
            found.append((a, b, since))
    for number, (a, b, since) in enumerate(found):
        following = found[number + 1][2] if number + 1 < len(found) else None
        yield a, b, Period(since, following - timedelta(days=1) if following else None, fields)


def _in_force(programme: Programme, day: date | None) -> Edition:
    valid = [e for e in programme.editions[1:] if day and e.valid_from and e.valid_from <= day]
    return valid[-1] if valid else programme.editions[0]


def _plain(decisions: Iterable[Decision], programmes: Iterable[Programme]) -> dict[str, Decision]:
    generated = {e.decision for p in programmes for e in p.editions}
    return {d.id: d for d in decisions if d.iri not in generated}
