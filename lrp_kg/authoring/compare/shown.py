"""Which boxes, notices and editions have changed statements, or are shown to other records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lrp_kg.authoring.compare.aspects import Place, places_of, shown_where
from lrp_kg.authoring.compare.effects import Effects
from lrp_kg.authoring.compare.model import Change, PlaceEffect, Region, StatementEffect
from lrp_kg.authoring.compare.pairs import Axes, PairDiagram
from lrp_kg.authoring.compare.shared_space import NEW, OLD, SharedSpace
from lrp_kg.guideline.model import Statement
from lrp_kg.logic.diagrams import DiagramTooLarge
from lrp_kg.namespaces import PATIENT_RECORD

_TEXTS = {"label", "definition", "note"}


class ShownPlaces:
    """Compares what both versions show."""

    def __init__(self, effects: Effects, changes: Iterable[Change]) -> None:
        self.effects = effects
        self.space: SharedSpace = effects.space
        self._touching: dict[str, dict[str, None]] = {}
        for change in changes:
            if change.what in ("added", "removed") and not change.of:
                continue
            for term in (change.term, *(change.uses if change.kind != "condition" else ())):
                self._touching.setdefault(term, {})[change.of] = None

    def all(self) -> list[PlaceEffect]:
        """Return the places that changed, in the order of the new version, those that are gone last."""
        old, new = ({p.iri: p for p in places_of(side)} for side in self.space.sides)
        homes = [{s.iri for p in side.values() for s in p.statements} for side in (old, new)]
        found = []
        for iri in dict.fromkeys((*new, *old)):
            self.effects.report(iri.rsplit("#", 1)[-1])
            effect = self._place(old.get(iri), new.get(iri), (homes[OLD], homes[NEW]))
            if effect.what != "same":
                found.append(effect)
        return found

    def _place(self, old: Place | None, new: Place | None, homes: tuple[set[str], set[str]]) -> PlaceEffect:
        one = new or old
        assert one is not None  # noqa: S101  a place is in one version at least
        statements: list[StatementEffect] = []
        before = {s.iri: s for s in old.statements} if old else {}
        after = {s.iri: s for s in new.statements} if new else {}
        for iri in dict.fromkeys((*after, *before)):
            s = after.get(iri) or before[iri]
            if iri not in before:
                statements.append(StatementEffect(iri, s.id, "moved-here" if iri in homes[OLD] else "added"))
            elif iri not in after:
                statements.append(StatementEffect(iri, s.id, "moved-away" if iri in homes[NEW] else "removed"))
            elif old and new:
                statements += self._statement(old, new, before[iri], after[iri])
        # who is eligible is reported with the decision
        regions = self._compare(old, new) if old and new and new.kind != "edition" else ()
        stages = tuple(dict.fromkeys(p.stage for p in (old, new) if p and p.stage))
        what = "added" if old is None else "removed" if new is None else "same"
        if what == "same" and (statements or regions or len(stages) > 1):
            what = "changed"
        effect = PlaceEffect(one.iri, one.id, one.kind, one.printed, stages, what)
        return replace(effect, statements=tuple(statements), regions=regions)

    def _statement(self, old: Place, new: Place, before: Statement, after: Statement) -> Iterator[StatementEffect]:
        touched = dict.fromkeys(name for name in self._touching.get(after.iri, ()) if name != "locator")
        regions: tuple[Region, ...] = ()
        if self._differ(before.condition, after.condition):
            regions = self._compare(old, new, before.condition, after.condition)
            touched |= {"condition": None} if regions else {}
        if any(self._differ(a.condition, b.condition) for a, b in zip(before.limits, after.limits, strict=False)):
            touched["time-limit"] = None
        if touched:
            yield StatementEffect(
                after.iri, after.id, "reworded" if set(touched) <= _TEXTS else "changed", tuple(touched), regions
            )

    def _differ(self, before: str | None, after: str | None) -> bool:
        return self.effects.meaning(before or PATIENT_RECORD, after or PATIENT_RECORD) != "same"

    # -- when something is shown ------------------------------------------------------------------

    def _compare(
        self, old: Place, new: Place, condition: str | None = None, condition_after: str | None = None
    ) -> tuple[Region, ...]:
        """Return where a place, or a statement of it with these conditions, is shown in one version only."""
        before = shown_where(self.space.sides[OLD], old.shown_for, old.applies_to, condition)
        after = shown_where(self.space.sides[NEW], new.shown_for, new.applies_to, condition_after)
        if before is None or after is None:
            return ()
        alike = self.space.alike(before.decision, after.decision) and old.shown_for == new.shown_for
        if alike and self.space.same(condition or PATIENT_RECORD, condition_after or PATIENT_RECORD):
            return ()
        try:
            diagram = PairDiagram(Axes(self.space, before, after))
        except DiagramTooLarge:
            return ()
        return tuple(r for r in self.effects.regions(diagram) if r.before and r.after)
