"""Class expressions as a reader sees them: nested all of / any of / not, with the labels of one language."""

from __future__ import annotations

from dataclasses import dataclass

from lrp_kg.authoring.site.catalogue import Catalogue
from lrp_kg.authoring.site.words import SiteWords
from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not
from lrp_kg.guideline.model import Term
from lrp_kg.namespaces import PATIENT_RECORD, local_name


@dataclass(frozen=True)
class Shown:
    """A part of an expression: ``how`` is all, any, not, named, value or always.

    ``iri`` is the condition or the field, ``label`` its words, ``value`` what the field must be.
    """

    how: str
    parts: tuple[Shown, ...] = ()
    iri: str = ""
    label: str = ""
    value: str = ""


class ExpressionReader:
    """Turns expressions into what is shown in one language."""

    def __init__(self, catalogue: Catalogue, words: SiteWords) -> None:
        self.catalogue = catalogue
        self.guideline = catalogue.guideline
        self.words = words
        self._values = {v.iri: v for f in self.guideline.fields.values() for v in f.values}

    def show(self, expression: Expression, *, in_full: bool = False) -> Shown:
        """Return an expression as it is shown; ``in_full`` with the definitions of named conditions in their place."""
        if isinstance(expression, (All, AnyOf)):
            how = "all" if isinstance(expression, All) else "any"
            parts: list[Shown] = []
            for part in expression.parts:
                shown = self.show(part, in_full=in_full)
                parts += shown.parts if shown.how == how else (shown,)
            return Shown(how, tuple(dict.fromkeys(parts)))
        if isinstance(expression, Not):
            return Shown("not", (self.show(expression.part, in_full=in_full),))
        if isinstance(expression, Named):
            condition = self.guideline.conditions[expression.iri]
            if in_full:
                return self.show(condition.expression, in_full=True)
            return Shown("named", iri=expression.iri, label=self.words.label(condition))
        if isinstance(expression, Has):
            value = expression.value
            text = self.words.yes_no(value) if isinstance(value, bool) else self.value(value)
            return Shown("value", iri=expression.field, label=self.field(expression.field), value=text)
        if isinstance(expression, Between):
            text = self.interval(expression.low, expression.high)
            return Shown("value", iri=expression.field, label=self.field(expression.field), value=text)
        return Shown("always")

    def of_class(self, name: str, *, in_full: bool = False) -> Shown:
        """Return the definition of a named class."""
        if name == PATIENT_RECORD:
            return Shown("always")
        return self.show(self.guideline.classes[name], in_full=in_full)

    def field(self, name: str) -> str:
        """Return the label of anything that criteria read."""
        g = self.guideline
        known: Term | None = g.fields.get(name) or g.derived.get(name)
        return self.words.label(known) if known else self.words.text(self.catalogue.label(name)) or local_name(name)

    def value(self, name: str) -> str:
        """Return the label of a value of a list."""
        return self.words.label(self._values[name])

    @staticmethod
    def interval(low: int | None, high: int | None) -> str:
        """Return an interval of integers, both ends included, in signs that every language reads."""
        if low is not None and high is not None:
            return str(low) if low == high else f"{low}\u2013{high}"
        return f"\u2265 {low}" if low is not None else f"\u2264 {high}" if high is not None else "\u2013"

    def text(self, shown: Shown) -> str:
        """Return an expression in one line."""
        if shown.how in ("all", "any"):
            joint = f" {self.words.say('and' if shown.how == 'all' else 'or')} "
            return joint.join(f"({self.text(p)})" if p.how in ("all", "any") else self.text(p) for p in shown.parts)
        if shown.how == "not":
            return f"{self.words.say('not')} ({self.text(shown.parts[0])})"
        if shown.how == "named":
            return shown.label
        return f"{shown.label}: {shown.value}" if shown.how == "value" else self.words.say("always")
