"""What a comparison says in one language: labels of the two guidelines, and phrases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from lrp_kg.authoring.compare.model import Change, DecisionEffect, Edit, Literal
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.guideline.in_words import ExpressionWords
from lrp_kg.logic.outcomes import DECIDED, SEVERAL, Outcome
from lrp_kg.namespaces import XSD, local_name
from lrp_kg.words import phrases

ARROW = "→"


class DiffWords(ExpressionWords):
    """The words of one language for two versions of a guideline."""

    prefix = "diff-"

    def __init__(self, sides: tuple[Snapshot, Snapshot], lang: str) -> None:
        super().__init__(lang)
        self.sides = sides

    def kind(self, kind: str) -> str:
        """Return the word for a kind of term."""
        return self.say(f"kind-{kind}")

    def of(self, name: str) -> str:
        """Return the word for an attribute; one that is not known is named as in the files."""
        known = (key for key in (f"of-{name}", f"kind-{name}") if self.prefix + key in phrases(self.lang))
        return next((self.say(key) for key in known), name)

    def status(self, name: str) -> str:
        """Return the word for a status of a decision or of what is shown."""
        texts = self.sides[NEW].guideline.statuses.get(name) or self.sides[OLD].guideline.statuses.get(name)
        return self.text(texts) if texts else self.say(name)

    # -- terms ------------------------------------------------------------------------------------

    def term(self, iri: str, side: int | None = None) -> str:
        """Return the label of a term on a side, by default the new one, else the old; with its name if fields share it.

        A field that is renamed has the label of the one that it replaces.
        """
        label = self._label(iri, side)
        return f"{label} [{local_name(iri)}]" if iri in self._fields and self._fields[iri] in self._shared else label

    def _label(self, iri: str, side: int | None = None) -> str:
        found = [self.sides[own].label(iri) for own in ((NEW, OLD) if side is None else (side, 1 - side))]
        own_language = (texts for texts in found if self.lang in texts)
        return self.text(next(own_language, found[0] or found[1]), local_name(iri))

    @cached_property
    def _fields(self) -> dict[str, str]:
        names = {name for own in self.sides for g in (own.guideline,) for name in (*g.fields, *g.derived, *g.expanded)}
        return {name: self._label(name) for name in names}

    @cached_property
    def _shared(self) -> set[str]:
        """Labels that several fields have."""
        return {label for label, number in Counter(self._fields.values()).items() if number > 1}

    def terms(self, iris: Iterable[str], most: int = 6) -> str:
        """Return the labels of terms, the first few."""
        found = list(dict.fromkeys(self.term(i) for i in iris))
        text = "; ".join(found[:most])
        return text + (f" (+{len(found) - most})" if len(found) > most else "")

    def value(self, text: str, side: int) -> str:
        """Return a value before or after a change: the label of a term, a type in words, another literal as it is."""
        is_iri = "://" in text and " " not in text
        if is_iri and not text.startswith(XSD):
            return self.term(text, side)
        name = text.removeprefix(XSD) if is_iri else text
        return self.say(_PHRASES[name]) if name in _PHRASES else name

    def values(self, texts: tuple[str, ...], side: int) -> str:
        """Return the values before or after a change."""
        return "; ".join(self.value(t, side) for t in texts) or "–"

    def summary(self, change: Change) -> tuple[str, str, str]:
        """Return what a change is about, which attribute of it changed, and what happened."""
        label = self.term(change.term) if change.kind != "vocabulary" else ""
        return label, self.of(change.of) if change.of else "", self.say(change.what)

    # -- answers ----------------------------------------------------------------------------------

    def decision(self, name: str) -> str:
        """Return the label of a decision or programme by its identifier."""
        both = [self.sides[side].guideline for side in (NEW, OLD)]
        known = (d for g in both for d in (*g.programmes.values(), *g.decisions.values()) if d.id == name)
        return next((self.text(d.label, name) for d in known), name)

    def outcome(self, decision: str, outcome: Outcome | None, side: int) -> str:
        """Return an answer of a decision: its options, or the status where there is none."""
        if outcome is None:
            return self.say("refused")
        answers = " + ".join(self.option(decision, a, side) for a in outcome.answers)
        if outcome.status == DECIDED and answers:
            return answers
        status = self.status(outcome.status)
        return f"{status}{self.colon}{answers}" if answers and outcome.status != SEVERAL else answers or status

    def option(self, decision: str, name: str, side: int) -> str:
        """Return the label of an option, with its identifier where that says more."""
        decisions = self.sides[side].guideline.decisions.values()
        options = (o for d in decisions if d.id == decision for o in d.options if o.id == name)
        label = next((self.text(o.label, name) for o in options), name)
        return label if name in _GENERATED or label == name else f"{label} [{name}]"

    def in_force_together(self, effect: DecisionEffect) -> str:
        """Return when the editions of a programme are in force together."""
        parts = [f" {ARROW} ".join(dict.fromkeys(e for e in effect.editions if e))]
        if effect.period and effect.period.since:
            parts.append(self.say("since", day=effect.period.since.isoformat()))
        if effect.period and effect.period.until:
            parts.append(self.say("until", day=effect.period.until.isoformat()))
        return ", ".join(part for part in parts if part)

    # -- conditions -------------------------------------------------------------------------------

    def measured(self, field: str, number: int) -> str:
        """Return a number of a field with its unit."""
        known = (self.sides[side].guideline.derived.get(field) for side in (NEW, OLD))
        derived = next((d for d in known if d), None)
        return self.say(f"unit-{derived.measure}", n=number) if derived else str(number)

    def interval(self, field: str, low: int | None, high: int | None) -> str:
        """Return a range of integers."""
        if low is None and high is None:
            return self.say("no-bound")
        if low is None or high is None:
            found = low if high is None else high
            assert found is not None  # noqa: S101  one of the two is there
            return self.say("at-least" if high is None else "at-most", n=self.measured(field, found))
        return self.measured(field, low) if low == high else self.say("range", low=low, high=self.measured(field, high))

    def literal(self, literal: Literal) -> tuple[str, str]:
        """Return an input and what is allowed of it."""
        allowed = [self.choice(v) for v in literal.values]
        allowed += [self.interval(literal.field, low, high) for low, high in literal.ranges]
        if literal.absent:
            allowed.append(self.say("absent"))
        label = self.term(literal.field, OLD if literal.old else None)
        return f"{label} ({self.say('old')})" if literal.old else label, f" {self.say('or')} ".join(allowed)

    def asked(self, field: str) -> tuple[int, str]:
        """Return where an input comes in the order of questions."""
        for side in (NEW, OLD):
            g = self.sides[side].guideline
            own = g.derived.get(field)
            sources = (own.start, own.end) if own else g.expanded.get(field, (field,))[:1]
            orders = [g.fields[name].ask_order or 0 for name in sources if name in g.fields]
            if orders:
                return max(orders), field
        return 0, field

    def condition(self, literals: tuple[Literal, ...]) -> list[tuple[str, str]]:
        """Return a condition as pairs of an input and what is allowed of it."""
        return [self.literal(x) for x in literals] or [(self.say("every-record"), "")]

    def edit(self, edit: Edit) -> str:
        """Return how a definition was edited."""
        if edit.what == "threshold":
            sides = [
                self.interval(edit.field, *((n, None) if edit.bound == "min" else (None, n)))
                for n in (edit.before, edit.after)
                if n is None or isinstance(n, int)
            ]
            return f"{self.term(edit.field)}{self.colon}{f' {ARROW} '.join(sides)}"
        if edit.what == "operator":
            words = [self.say(str(w)) if w else "–" for w in (edit.before, edit.after)]
            return f"{self.say('operator')}{self.colon}{f' {ARROW} '.join(words)}"
        before, after = (
            "" if e is None or isinstance(e, (int, str)) else self.line(e) for e in (edit.before, edit.after)
        )
        if edit.what in ("added", "removed"):
            return f"{self.say(edit.what)}{self.colon}{before or after}"
        return f"{before} {ARROW} {after}"


_TYPES = ("boolean", "integer", "date", "string", "value", "values")
_PHRASES = {"true": "yes", "false": "no"} | {name: f"type-{name}" for name in _TYPES}
_GENERATED = ("eligible", "not-eligible")
