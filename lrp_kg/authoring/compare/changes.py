"""What changed in the guideline's own terms, matched by IRI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from lrp_kg.authoring.compare.attributes import (
    TEXTS,
    Attribute,
    attribute,
    by_effect,
    level_of_adding,
    level_of_removing,
)
from lrp_kg.authoring.compare.edits import edits
from lrp_kg.authoring.compare.effects import Effects
from lrp_kg.authoring.compare.fieldchanges import field_changes, rule_changes
from lrp_kg.authoring.compare.model import Change, DecisionEffect, Level
from lrp_kg.authoring.compare.places import dependents_of, owners, places
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.snapshot import Snapshot, TripleObject
from lrp_kg.authoring.reach import reachable
from lrp_kg.guideline.criteria import names_in
from lrp_kg.namespaces import CP, PATIENT_RECORD, RDF, RDFS, SH, local_name

_ORDER = (
    *("guideline", "decision", "stage", "option", "programme", "edition", "criterion", "condition", "box"),
    *("statement", "benefit", "limit", "step", "time-limit", "fact", "fact-key", "warning", "advice"),
    *("field", "value", "derived", "rule", "list", "open-point", "source", "actor", "section", "term"),
)


class Changes:
    """Compares two versions term by term; the effect on decisions settles some of the levels."""

    def __init__(self, old: Snapshot, new: Snapshot, effects: Effects, decided: Iterable[DecisionEffect]) -> None:
        self.sides = (old, new)
        self.effects = effects
        self._levels: dict[str, Level] = {}
        for d in decided:
            self._levels[d.id] = max(d.level, self._levels.get(d.id, Level.NONE))

    def all(self) -> list[Change]:
        """Return every change, the kinds that decide first."""
        old, new = self.sides
        pairs = {term: term for term in old.kinds if self._still(term)} | self._renamed
        found = [c for before, after in pairs.items() for c in self._of_term(before, after)]
        found += [self._added(t) for t in new.kinds if t not in pairs.values()]
        found += [self._removed(t) for t in old.kinds if t not in pairs]
        found += self._vocabulary()
        order = {kind: number for number, kind in enumerate(_ORDER)}
        kept = (c for c in found if not self._said_elsewhere(c))
        return sorted(kept, key=lambda c: (order.get(c.kind, 99), c.id, c.of, c.what, c.language))

    def _still(self, term: str) -> bool:
        """Return whether a term is in both versions as something: without its type it is as good as gone."""
        kinds = [side.kinds.get(term) for side in self.sides]
        return None not in kinds and (kinds[OLD] == "term") is (kinds[NEW] == "term")

    # -- whole terms ------------------------------------------------------------------------------

    @cached_property
    def _renamed(self) -> dict[str, str]:
        """Return terms that have another IRI but the same identifier and kind."""
        found: list[dict[tuple[str, str], list[str]]] = []
        for side, other in (self.sides, self.sides[::-1]):
            named: dict[tuple[str, str], list[str]] = {}
            for term, kind in side.kinds.items():
                ident = side.explicit_identifier(term)
                if ident and kind != "value" and term not in other.kinds:
                    named.setdefault((kind, ident), []).append(term)
            found.append(named)
        before, after = found
        return {
            before[key][0]: after[key][0] for key in before if key in after and len(before[key]) == len(after[key]) == 1
        }

    def _change(self, side: int, term: str, what: str, level: Level, of: str = "", **details: Any) -> Change:
        own = self.sides[side]
        return Change(term, own.identifier(term), own.kinds[term], what, level, of, place=places(own, term), **details)

    def _added(self, term: str) -> Change:
        kind = self.sides[NEW].kinds[term]
        level = level_of_adding(kind)
        if by_effect(kind):
            level = max(level, self._effect(term))
        if kind in ("statement", "benefit", "limit", "step") and self._speaks_for(term):
            level = Level.MAJOR
        return self._change(NEW, term, "added", level)

    def _removed(self, term: str) -> Change:
        return self._change(OLD, term, "removed", level_of_removing(self.sides[OLD].kinds[term]))

    def _speaks_for(self, term: str) -> bool:
        """Return whether a statement gives a fact whose key was there before: it can contradict what others say."""
        new, old = self.sides[NEW], self.sides[OLD]
        keys = [k for fact in new.iris(term, CP + "fact") for k in new.iris(fact, CP + "factKey")]
        return any(k in old.kinds for k in keys)

    def _effect(self, term: str) -> Level:
        """Return the level of the effect on the decisions that a term belongs to."""
        names = {name for side in self.sides for name in owners(side, term)}
        return max((self._levels.get(name, Level.NONE) for name in names), default=Level.NONE)

    def _said_elsewhere(self, change: Change) -> bool:
        """Return whether a change only follows from a change of another term."""
        old, new = self.sides
        if change.kind == "list" and change.what == "changed":
            return True
        if change.kind == "rule" and change.what in ("added", "removed"):
            own, other = (new, old) if change.what == "added" else (old, new)
            paths = own.paths(change.term)
            return bool(paths) and all(p not in other.kinds for p in paths)
        return False

    # -- one term ---------------------------------------------------------------------------------

    def _of_term(self, before: str, after: str) -> Iterator[Change]:
        old, new = self.sides
        kind = new.kinds[after]
        if before != after:
            yield self._change(NEW, after, "renamed", Level.MAJOR, "iri", before=(before,), after=(after,))
        now, renamed = new.said(after), self._renamed
        was = {
            predicate: frozenset(replace(v, text=renamed[v.text]) if v.text in renamed else v for v in values)
            for predicate, values in old.said(before).items()
        }
        for predicate in sorted(was.keys() | now.keys()):
            a, b = was.get(predicate, frozenset()), now.get(predicate, frozenset())
            if a == b or attribute(predicate).level is Level.NONE:
                continue
            if predicate in TEXTS:
                yield from self._texts(after, attribute(predicate), a, b)
            elif not predicate.startswith(SH):
                yield from self._attribute(before, after, predicate, a, b)
        yield from self._wording(before, after)
        if kind == "condition":
            yield from self._definition(before, after)
        elif kind == "criterion":
            yield from self._criterion(before, after)
        elif kind in ("field", "rule"):
            compare = field_changes if kind == "field" else rule_changes
            for change in compare(self.sides, before, after):
                yield replace(change, place=places(new, after))

    def _texts(
        self, term: str, known: Attribute, old: frozenset[TripleObject], new: frozenset[TripleObject]
    ) -> Iterator[Change]:
        for language in sorted({v.language or "en" for v in old | new}):
            before, after = (
                tuple(sorted(v.text for v in side if (v.language or "en") == language)) for side in (old, new)
            )
            if before == after:
                continue
            level = Level.PATCH
            if before and after:
                what = "reworded"
            elif old and new:
                what = "translation-added" if after else "translation-removed"
            else:
                what = "added" if after else "removed"
                level = known.level
            change = self._change(NEW, term, what, level, known.name)
            yield replace(
                change, before=before, after=after, language=language, uses=dependents_of(self.sides[NEW], term)
            )

    def _wording(self, before: str, after: str) -> Iterator[Change]:
        """Compare the words of a statement that come from another shared wording than before."""
        old, new = self.sides
        if old.iris(before, CP + "advice") == new.iris(after, CP + "advice"):
            return
        own = RDFS + "label"
        if own in old.said(before) and own in new.said(after):
            return
        a, b = (
            frozenset(TripleObject(t, lang) for lang, t in s.label(x).items()) for s, x in ((old, before), (new, after))
        )
        yield from self._texts(after, attribute(own), a - b, b - a)

    def _attribute(
        self, before: str, after: str, predicate: str, old: frozenset[TripleObject], new: frozenset[TripleObject]
    ) -> Iterator[Change]:
        known = attribute(predicate)
        kind = self.sides[NEW].kinds[after]
        gone, come = (tuple(sorted(v.text for v in side)) for side in (old - new, new - old))
        if predicate == RDF + "type" and self.sides[OLD].kinds[before] == kind:
            return
        fields = (s.guideline.fields.get(t) for s, t in zip(self.sides, (before, after), strict=True))
        if predicate == RDFS + "range" and len({f.kind for f in fields if f}) > 1:
            return  # reported with the field
        if known.form == "members":
            yield from self._members(after, known, gone, come)
            return
        if known.form == "class":
            yield self._class(after, kind, known, gone, come)
            return
        level = known.level
        if known.by_effect:
            level = max(level, self._effect(after))
        elif known.form == "renamed" and not gone:
            level = Level.MINOR
        elif predicate == RDF + "type":
            level = Level.MAJOR
        what = known.form if gone and come or known.form == "deprecated" else "added" if come else "removed"
        if known.form == "renamed" and what == "removed":
            what = "renamed"
        name = local_name(predicate) if known.name == "other" else known.name
        uses = dependents_of(self.sides[NEW], after)
        yield self._change(NEW, after, what, level, name, before=gone, after=come, uses=uses)

    def _members(self, term: str, known: Attribute, gone: tuple[str, ...], come: tuple[str, ...]) -> Iterator[Change]:
        """Report what an edition or programme has lost or got; what is new or gone as a term is reported there."""
        for name in come:
            if name in self.sides[OLD].kinds:
                level = max(known.level, self._effect(term)) if known.by_effect else known.level
                yield self._change(NEW, term, "added", level, known.name, after=(name,))
        for name in gone:
            if name in self.sides[NEW].kinds:
                yield self._change(NEW, term, "removed", Level.MAJOR, known.name, before=(name,))

    def _class(self, term: str, kind: str, known: Attribute, gone: tuple[str, ...], come: tuple[str, ...]) -> Change:
        meaning = self.effects.meaning(gone[0] if gone else PATIENT_RECORD, come[0] if come else PATIENT_RECORD)
        if known.by_effect or (by_effect(kind) and (kind != "box" or owners(self.sides[NEW], term))):
            level = max(Level.PATCH, self._effect(term))
        elif meaning == "same":
            level = Level.PATCH
        else:
            level = Level.MINOR if kind == "open-point" else known.level
        what = "rewritten" if meaning == "same" else meaning
        return self._change(NEW, term, what, level, known.name, before=gone, after=come)

    # -- conditions -------------------------------------------------------------------------------

    def _definition(self, before: str, after: str) -> Iterator[Change]:
        old, new = (s.guideline.classes.get(t) for s, t in zip(self.sides, (before, after), strict=True))
        if old is None or new is None or old == new:
            return
        meaning = self.effects.meaning(before, after)
        uses = dependents_of(self.sides[NEW], after)
        level = Level.PATCH if meaning == "same" else max((self._bears_on(u) for u in uses), default=Level.PATCH)
        what = "rewritten" if meaning == "same" else meaning
        yield self._change(NEW, after, what, level, "definition", edits=edits(old, new), uses=uses)

    def _bears_on(self, term: str) -> Level:
        """Return what it means for a term that a condition it depends on means something else."""
        kind = self.sides[NEW].kinds[term]
        if kind in ("open-point", "field"):
            return Level.MINOR
        return max(Level.MINOR, self._effect(term)) if owners(self.sides[NEW], term) else Level.MAJOR

    def _criterion(self, before: str, after: str) -> Iterator[Change]:
        """Report that a criterion means something else although it names the same class."""
        old, new = (s.iris(t, CP + "appliesTo")[:1] for s, t in zip(self.sides, (before, after), strict=True))
        if old != new or not new:
            return
        meaning = self.effects.meaning(old[0], new[0])
        if meaning == "same":
            return
        through = tuple(sorted(self._edited(new[0])))
        level = max(Level.PATCH, self._effect(after))
        yield self._change(NEW, after, meaning, level, "applies-to", through=through)

    def _edited(self, condition: str) -> set[str]:
        """Return the conditions with another definition that a condition depends on, itself included."""
        old, new = (s.guideline.classes for s in self.sides)
        names = reachable([condition], lambda name: names_in(new[name]) if name in new else ())
        return {name for name in names if old.get(name) != new.get(name)}

    # -- the vocabulary ---------------------------------------------------------------------------

    def _vocabulary(self) -> Iterator[Change]:
        old, new = (s.vocabulary for s in self.sides)
        counted = sum(old.get(name) != new.get(name) for name in old.keys() | new.keys())
        if counted:
            yield Change(CP, "care-pathway", "vocabulary", "changed", Level.PATCH, after=(str(counted),))
