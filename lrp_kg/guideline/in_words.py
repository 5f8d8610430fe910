"""What a guideline says, in the words of one language: its terms by their labels, its criteria as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lrp_kg.durations import parse_period
from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.namespaces import local_name
from lrp_kg.words import Text, Words


@dataclass(frozen=True)
class ExpressionPart:
    """A part of an expression in words: ``how`` is all, any, not, named, value or always.

    ``iri`` is the condition or the field, ``label`` its words, ``value`` what the field must be.
    """

    how: str
    parts: tuple[ExpressionPart, ...] = ()
    iri: str = ""
    label: str = ""
    value: str = ""

    def flat(self) -> ExpressionPart:
        """Return the part with nested *all* (or nested *any*) merged into one, without repeats."""
        parts: list[ExpressionPart] = []
        for part in (p.flat() for p in self.parts):
            parts += part.parts if part.how == self.how and self.how != "not" else (part,)
        return ExpressionPart(self.how, tuple(dict.fromkeys(parts)), self.iri, self.label, self.value)


class ExpressionWords(Words):
    """Puts class expressions in words; who knows the labels overrides `term`."""

    always = "every-record"
    """The phrase for the class of every record."""

    def term(self, iri: str) -> str:
        """Return what a condition, field or value is called."""
        return local_name(iri)

    def choice(self, value: str | bool) -> str:
        """Return what a value is called."""
        return self.term(value) if isinstance(value, str) else self.yes_no(value)

    def interval(self, field: str, low: int | None, high: int | None) -> str:
        """Return an interval of integers, both ends included, in signs that every language reads."""
        if low is not None and high is not None:
            return str(low) if low == high else f"{low}\u2013{high}"
        return f"\u2265 {low}" if low is not None else f"\u2264 {high}" if high is not None else "\u2013"

    def bounds(self, field: str, low: int | None, high: int | None) -> str:
        """Return an interval as a criterion has it; by default its signs alone."""
        return self.interval(field, low, high)

    def valued(self, field: str, value: str) -> str:
        """Return a field with what it must be."""
        return f"{field}{self.colon}{value}"

    def period(self, period: str) -> str:
        """Return an ISO 8601 period in words, with days as weeks if they are whole weeks."""
        months, days = parse_period(period)
        parts = [self._count("month", months)] if months else []
        if days and days % 7 == 0:
            parts.append(self._count("week", days // 7))
        elif days or not months:
            parts.append(self._count("day", days))
        return " ".join(parts)

    def _count(self, unit: str, number: int) -> str:
        return self.say(f"period-{unit}") if number == 1 else self.say(f"period-{unit}s", n=number)

    def part(self, expression: Expression, definitions: Mapping[str, Expression] | None = None) -> ExpressionPart:
        """Return an expression in words, part by part; with ``definitions`` these take the place of named classes."""
        if isinstance(expression, (All, AnyOf)):
            how = "all" if isinstance(expression, All) else "any"
            return ExpressionPart(how, tuple(self.part(p, definitions) for p in expression.parts))
        if isinstance(expression, Not):
            return ExpressionPart("not", (self.part(expression.part, definitions),))
        if isinstance(expression, Named):
            if definitions:
                return self.part(definitions[expression.iri], definitions)
            return ExpressionPart("named", iri=expression.iri, label=self.term(expression.iri))
        if isinstance(expression, Has):
            value = self.choice(expression.value)
        elif isinstance(expression, Between):
            value = self.bounds(expression.field, expression.low, expression.high)
        else:
            return ExpressionPart("always")
        return ExpressionPart("value", iri=expression.field, label=self.term(expression.field), value=value)

    def line(self, expression: Expression) -> str:
        """Return an expression in one line."""
        return self._line(self.part(expression))

    def _line(self, part: ExpressionPart) -> str:
        if part.how in ("all", "any"):
            parts = (f"({self._line(p)})" if p.how in ("all", "any") else self._line(p) for p in part.parts)
            return f" {self.say('and' if part.how == 'all' else 'or')} ".join(parts)
        if part.how == "not":
            return f"{self.say('not')} ({self._line(part.parts[0])})"
        if part.how == "value":
            return self.valued(part.label, part.value)
        return part.label if part.how == "named" else self.say(self.always)


def short_title(box: str, stage: str, section: str) -> str:
    """Return the label of a box without its stage and section."""
    left = box
    for known in (stage, section):
        if known and left.casefold().startswith(known.casefold()):
            left = left[len(known) :].lstrip(" ,:;\u00a0\u2013-")
    return left


class GuidelineWords(ExpressionWords):
    """The words of a language for one guideline; what has no label in any is called by its identifier."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        super().__init__(lang)
        self.guideline = guideline

    def label(self, term: Term) -> str:
        """Return the label of a term."""
        return self.text(term.label, term.id)

    def in_stage(self, label: str, stage: str, section: str) -> str:
        """Return the title of a box where its stage is said already: its section, and what else it says."""
        rest = short_title(label, stage, section)
        return f"{section}{self.colon}{rest}" if rest else section

    def term(self, iri: str) -> str:
        """Return the label of a condition, field or value by its IRI."""
        term = self._terms.get(iri)
        return self.label(term) if term else local_name(iri)

    def status(self, name: str) -> str:
        """Return the word for a status of a decision, eligibility or a criterion."""
        own = self.guideline.statuses.get(name)
        return self.text(own) if own else self.say(name)

    def date_status(self, name: str) -> str:
        """Return the word for where a date lies."""
        return self.text(self.guideline.date_statuses[name])

    def modality(self, name: str) -> str:
        """Return the label of a modality."""
        return self.text(self.guideline.modalities.get(name, {}), name)

    def field(self, name: str) -> str:
        """Return the label of a field by its name in JSON."""
        return self.text(self._fields.get(name, {}), name)

    def value(self, field: str, name: str) -> str:
        """Return the label of a value by the names in JSON of its field and its own: fields can share a name."""
        return self.text(self._values.get((field, name), {}), name)

    def condition(self, name: str) -> str:
        """Return a condition by its identifier as it follows what depends on it: *if ...*."""
        return self.text(self._conditions.get(name, {}), name)

    def decision(self, name: str) -> str:
        """Return the label of a decision by its identifier."""
        return next((self.label(d) for d in self.guideline.decisions.values() if d.id == name), name)

    def option(self, decision: str, name: str) -> str:
        """Return the label of an option by the identifiers of its decision and its own."""
        own = (o for d in self.guideline.decisions.values() if d.id == decision for o in d.options)
        return next((self.label(o) for o in own if o.id == name), name)

    @cached_property
    def _terms(self) -> dict[str, Term]:
        g = self.guideline
        values = {v.iri: v for f in g.fields.values() for v in f.values}
        return {**values, **g.conditions, **g.derived, **g.fields}

    @cached_property
    def _conditions(self) -> dict[str, Text]:
        return {c.id: c.if_phrase for c in self.guideline.conditions.values()}

    @cached_property
    def _fields(self) -> dict[str, Text]:
        g = self.guideline
        return {f.id: f.label for f in (*g.fields.values(), *g.derived.values())}

    @cached_property
    def _values(self) -> dict[tuple[str, str], Text]:
        return {(f.id, v.id): v.label for f in self.guideline.fields.values() for v in f.values}
