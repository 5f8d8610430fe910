"""Which records each decision answers differently: exactly, over all combinations of cells of both versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from lrp_kg.authoring.compare.aspects import Aspect, belonging
from lrp_kg.authoring.compare.minimal_conditions import MinimalConditions
from lrp_kg.authoring.compare.model import DecisionEffect, Literal, Period, Region
from lrp_kg.authoring.compare.pairs import Axes, Box, PairDiagram
from lrp_kg.authoring.compare.records import Records
from lrp_kg.authoring.compare.shared_space import NEW, SharedSpace, original
from lrp_kg.guideline.model import Decision, Edition, Programme
from lrp_kg.logic.diagrams import DiagramTooLarge

Report = Callable[[str], None]


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
        found: list[DecisionEffect] = []
        for parts in ([s.own_decisions for s in self.space.sides], [s.programmes for s in self.space.sides]):
            old, new = ({part.id: part for part in own.values()} for own in parts)
            for name in dict.fromkeys((*new, *old)):
                self.report(name)
                if name in old and name in new:
                    found += self._both(name, old[name], new[name])
                else:
                    found.append(DecisionEffect(name, "added" if name in new else "removed"))
        return found

    def _both(self, name: str, old: Decision | Programme, new: Decision | Programme) -> Iterator[DecisionEffect]:
        """Yield the effects on what both versions have; on a programme for each period of its editions."""
        if isinstance(old, Programme) and isinstance(new, Programme):
            before, after = (side.decisions for side in self.space.sides)
            for a, b, period in editions_in_force(old, new, self._choosing(new)):
                yield self._decision(
                    DecisionEffect(name, "same", editions=(a.id, b.id), period=period),
                    before[a.decision],
                    after[b.decision],
                )
        elif isinstance(old, Decision) and isinstance(new, Decision):
            yield self._decision(DecisionEffect(name, "same"), old, new)

    def _choosing(self, programme: Programme) -> tuple[str, ...]:
        """Return the name in JSON of the date field that chooses the edition of a programme of the new version."""
        new = self.space.sides[NEW]
        field = new.choosing_field(programme)
        return (new.fields[field].id,) if field else ()

    def _decision(self, same: DecisionEffect, old: Decision, new: Decision) -> DecisionEffect:
        """Return the effect on a decision, given what it is where both versions answer the same."""
        axes = Axes(self.space, Aspect(old), Aspect(new))
        if self.space.alike(old, new) and axes.accepted_alike:
            return same
        try:
            diagram = PairDiagram(axes)
        except DiagramTooLarge:
            return replace(same, status="too-large")
        regions = self.regions(diagram, same.period)
        return replace(
            same,
            status="differs" if regions else "same",
            combinations=diagram.combinations(),
            differing=sum(r.combinations for r in regions),
            regions=regions,
        )

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
            name, old = original(own.iri)
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
        if (old, new) not in self._meanings:
            self._meanings[old, new] = "same" if self.space.same(old, new) else self._compare(old, new)
        return self._meanings[old, new]

    def _compare(self, old: str, new: str) -> str:
        try:
            diagram = PairDiagram(Axes(self.space, belonging(old), belonging(new)))
        except DiagramTooLarge:
            return "changed"
        pairs = [p for p in diagram.differing() if p.before and p.after]
        more = any(p.after.answers for p in pairs if p.after)
        fewer = any(p.before.answers for p in pairs if p.before)
        return "changed" if more and fewer else "loosened" if more else "tightened" if fewer else "same"


def editions_in_force(
    old: Programme, new: Programme, fields: tuple[str, ...]
) -> Iterator[tuple[Edition, Edition, Period]]:
    """Yield which editions are in force together and when, by some fields; the first is open-ended at its start."""
    turns = sorted({e.valid_from for p in (old, new) for e in p.editions[1:] if e.valid_from})
    found: list[tuple[Edition, Edition, date | None]] = []
    for since in (None, *turns):
        a, b = (p.in_force(since) for p in (old, new))
        if not found or found[-1][:2] != (a, b):
            found.append((a, b, since))
    for number, (a, b, since) in enumerate(found):
        following = found[number + 1][2] if number + 1 < len(found) else None
        yield a, b, Period(since, following - timedelta(days=1) if following else None, fields)
