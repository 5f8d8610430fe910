"""Changes over time as a person reads them: plain data in one language, the same for every layout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property

from lrp_kg.answer.results import ELIGIBLE
from lrp_kg.authoring.compare.model import Region
from lrp_kg.authoring.compare.over_time import ruling_period
from lrp_kg.authoring.compare.over_time_model import DayChange, EditionChange, PlaceChange, RoleChange, RuleChange
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.view import ViewData, region_view
from lrp_kg.authoring.compare.words import DiffWords
from lrp_kg.guideline.model import Caution, Criterion, Fact, Guideline, Option, Statement, Term, TimeLimit
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.outcomes import DECIDED, Outcome

Part = tuple[str, str]
"""An input and what is allowed of it; without an input, alternatives in words."""
Parts = tuple[Part, ...]


class OverTimeViewer:
    """Puts changes over time in words."""

    def __init__(self, guideline: Guideline, words: DiffWords) -> None:
        self.guideline = guideline
        self.words = words

    @cached_property
    def _sources(self) -> dict[str, Term]:
        return {s.id: s for s in self.guideline.sources.values()}

    def view(self, days: Sequence[DayChange]) -> ViewData:
        """Return everything that is shown."""
        return {
            "lang": self.words.lang,
            "guideline": self.words.text(self.guideline.label, self.guideline.id),
            "days": [self.day(d) for d in days],
        }

    def day(self, d: DayChange) -> ViewData:
        """Return what changes from one day to another."""
        w = self.words
        return {
            "day": d.after.isoformat(),
            "two_days": w.say("two-days", before=d.before.isoformat(), after=d.after.isoformat()),
            "editions": [self.edition(e) for e in d.editions],
            "ended": [(p.iri, self._label(p), self._label(e)) for p, e in d.ended],
            "places": [self.place(p) for p in d.places],
            "differs": d.differs,
        }

    # -- editions ---------------------------------------------------------------------------------

    def edition(self, e: EditionChange) -> ViewData:
        """Return who gets another verdict by a later edition."""
        w = self.words
        groups = [
            (name, [self._region(e, r) for r in found])
            for name, found in (
                ("gains", [r for r in e.regions if _eligible(r.after)]),
                ("loses", [r for r in e.regions if _eligible(r.before) and not _eligible(r.after)]),
                ("other-verdict", [r for r in e.regions if not _eligible(r.before) and not _eligible(r.after)]),
            )
        ]
        groups.append(("still-open", [self._region(e, r) | {"count": ""} for r in e.still_open]))
        return {
            "iri": e.programme.iri,
            "programme": self._label(e.programme),
            "before": self._label(e.before),
            "after": self._label(e.after),
            "chosen_by": w.term(e.field) if e.field else "",
            "criteria": [
                {"before": self._criterion(c.before), "after": self._criterion(c.after), "same": _same(c)}
                for c in e.criteria
            ],
            "note": {"too-large": w.say("too-large"), "same": w.say("no-verdict-changes")}.get(e.status, ""),
            "asked": [w.term(name) for name in e.asked],
            "groups": [{"title": w.say(name), "name": name, "regions": own} for name, own in groups if own],
        }

    def _region(self, e: EditionChange, r: Region) -> ViewData:
        w, programme = self.words, e.programme.id
        found = region_view(r, w.outcome(programme, r.before, OLD), w.outcome(programme, r.after, NEW), w)
        every, rest = _shared([tuple(c["parts"]) for c in found["conditions"]])
        return (
            found
            | ({} if r.example else {"example": w.say("no-example")})
            | {"valid": "", "common": every, "others": [_joined(own, w) for own in _alternatives(rest)]}
        )

    def _criterion(self, criterion: Criterion | None) -> str:
        return self._label(criterion) if criterion else "\N{EN DASH}"

    # -- rules ------------------------------------------------------------------------------------

    def place(self, p: PlaceChange) -> ViewData:
        """Return places with their rules that begin or end; several that have a printed name by it alone."""
        w, several = self.words, len(p.places) > 1
        return {
            "kind": w.kind(p.places[0].kind),
            "places": [
                (x.iri, "", x.printed) if several and x.printed else (x.iri, x.printed, w.term(x.iri))
                for x in p.places
                if x.iri
            ],
            "rules": [self.rule(r) for r in p.rules],
        }

    def rule(self, r: RuleChange) -> ViewData:
        """Return a rule that begins or ends."""
        w, rule = self.words, r.rule
        said = None if isinstance(rule, Option) else rule
        ruled = rule if isinstance(rule, (Statement, Caution)) else None
        actor = rule.actor if isinstance(rule, Statement) else None
        stays = r.what == "ends" and r.validity and ruled and ruled.printed
        source = self._sources.get(said.source) if said else None
        where = [self._label(source) if source else "", w.text(said.locator) if said else ""]
        return {
            "iri": rule.iri,
            "id": rule.id,
            "what": w.say(r.what),
            "begins": r.what == "begins",
            "force": self._label(ruled.modality) if ruled else "",
            "actor": self._label(actor) if actor else "",
            "label": w.term(rule.iri),
            "part": self._part(r.part),
            "dates": self._dates(r.validity) if r.validity else w.say("with-edition"),
            "stays": w.say("stays-marked") if stays else "",
            "where": ", ".join(part for part in where if part),
            "example": json.dumps(r.witness, ensure_ascii=False) if r.witness else "",
        }

    def _dates(self, validity: Validity) -> str:
        """Return which dates say that a rule is in force, and between which days others must lie."""
        w = self.words
        ruling = ruling_period(self.guideline, validity)
        found = [f"{w.say('by-dates')} {', '.join(w.term(name) for name in ruling.by)}"]
        for period in validity.every:
            if period is not ruling:
                days = [w.say("since", day=period.first.isoformat()) if period.first else ""]
                days.append(w.say("until", day=period.last.isoformat()) if period.last else "")
                names = ", ".join(w.term(name) for name in period.by)
                found.append(f"{names}{w.colon}{', '.join(day for day in days if day)}")
        return "; ".join(found)

    def _part(self, part: TimeLimit | Fact | None) -> str:
        w = self.words
        if isinstance(part, TimeLimit):
            field = w.term(part.counted_from)
            periods = (("not-before", part.not_before), ("within", part.within))
            return ", ".join(w.say(name, period=w.period(p), field=field) for name, p in periods if p)
        if isinstance(part, Fact):
            return f"{part.key} = {json.dumps(part.value)}"
        return ""

    def _label(self, term: Term) -> str:
        return self.words.text(term.label, term.id)


def _shared(conditions: list[Parts]) -> tuple[Parts, list[Parts]]:
    """Return what several conditions have in common, and what else each says."""
    if len(conditions) < 2:
        return (), conditions
    every = tuple(part for part in conditions[0] if all(part in other for other in conditions))
    return every, [tuple(part for part in own if part not in every) for own in conditions]


def _alternatives(conditions: list[Parts]) -> list[tuple[Parts, Parts]]:
    """Return the conditions with those that differ in one part only as one: what they share, and these parts."""
    found: list[tuple[Parts, Parts]] = []
    left = list(conditions)
    while left:
        groups: dict[Parts, dict[Parts, Part]] = {}
        for own in left:
            for part in own:
                groups.setdefault(tuple(p for p in own if p != part), {})[own] = part
        rest, members = max(groups.items(), key=lambda item: len(item[1]), default=((), {left[0]: None}))
        if len(members) < 2:
            return found + [(own, ()) for own in left]
        found.append((rest, tuple(part for part in members.values() if part)))
        left = [own for own in left if own not in members]
    return found


def _joined(condition: tuple[Parts, Parts], words: DiffWords) -> list[Part]:
    """Return a condition as parts, its alternatives as one."""
    rest, alternatives = condition
    parts = [*rest]
    if alternatives:
        said = [f"{field}{words.colon if allowed else ''}{allowed}" for field, allowed in alternatives]
        parts.append(("", f" {words.say('or')} ".join(said)))
    return parts or [(words.say("every-record"), "")]


def _same(c: RoleChange) -> bool:
    """Return whether both editions ask for the same class, in the same words."""
    return bool(c.before and c.after) and len({_asked(x) for x in (c.before, c.after) if x}) == 1


def _asked(criterion: Criterion) -> tuple[str, tuple[tuple[str, str], ...]]:
    return criterion.applies_to, tuple(sorted(criterion.label.items()))


def _eligible(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.status == DECIDED and ELIGIBLE in outcome.answers
