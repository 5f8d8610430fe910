"""Small mistakes that an author could make in a guideline, one at a time, in memory.

A mutant is the guideline with one change: a bound moved by one or left out, *and* for *or*, a negation too many or
too few, an operand or a criterion left out, a value of a list exchanged, the order of two options of a decision
whose first option wins, a scope widened to every record, a period longer or shorter by one, another fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeVar

from lrp_kg.durations import parse_period
from lrp_kg.guideline.criteria import All, Always, AnyOf, Between, Expression, Has, Not
from lrp_kg.guideline.in_words import ExpressionWords
from lrp_kg.guideline.model import Decision, Fact, Guideline, Statement, TimeLimit
from lrp_kg.namespaces import PATIENT_RECORD, local_name

ExpressionChange = tuple[str, str, Expression]
"""The kind of a change, what it does in words, and the expression with the change."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Mutant:
    """One change: the term it changes and, depending on what that is, what replaces it.

    ``keys`` are the facts that another period or value can change.
    """

    kind: str
    term: str
    text: str
    classes: dict[str, Expression] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    statement: Statement | None = None
    keys: frozenset[str] = frozenset()


def mutants_of(guideline: Guideline) -> Iterator[Mutant]:
    """Yield every mutant of a guideline."""
    generated = {o.applies_to: e for e in guideline.editions for o in guideline.decisions[e.decision].options}
    changes = ExpressionChanges(guideline)
    for name, condition in guideline.conditions.items():
        if name not in generated:
            for kind, text, expression in changes.of(condition.expression):
                yield Mutant(kind, name, text, classes={name: expression})
        elif isinstance(condition.expression, All):  # the criteria of an edition
            for text, expression in changes.without_one(condition.expression):
                yield Mutant("criterion-dropped", generated[name].iri, text, classes={name: expression})
    for decision in guideline.decisions.values():
        yield from _decision_mutants(guideline, decision)
    yield from _fact_mutants(guideline)


# -- expressions ------------------------------------------------------------------------------------


class ExpressionChanges:
    """Changes of class expressions."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline

    def of(self, expression: Expression) -> list[ExpressionChange]:
        """Return the changes of an expression, each result once and none that is the expression itself."""
        found: dict[Expression, ExpressionChange] = {}
        for change in self._changes(expression, negate=True):
            if change[2] != expression:
                found.setdefault(change[2], change)
        return list(found.values())

    def _changes(self, node: Expression, *, negate: bool) -> Iterator[ExpressionChange]:
        if isinstance(node, Between):
            yield from self._bounds(node)
        elif isinstance(node, Has):
            for other in self._other_values(node):
                yield _exchanged("value", node, other)
        elif isinstance(node, Not):
            yield _exchanged("negation", node, node.part)
            for kind, text, part in self._changes(node.part, negate=False):
                yield kind, text, Not(part)
        elif isinstance(node, (All, AnyOf)):
            yield _exchanged("and-or", node, AnyOf(node.parts) if isinstance(node, All) else All(node.parts))
            for text, shorter in self.without_one(node):
                yield "operand-dropped", text, shorter
            for number, part in enumerate(node.parts):
                for kind, text, changed in self._changes(part, negate=True):
                    parts = (*node.parts[:number], changed, *node.parts[number + 1 :])
                    yield kind, text, replace(node, parts=parts)
        if negate and not isinstance(node, (Not, Always)) and not self._two_values(node):
            yield _exchanged("negation", node, Not(node))

    @staticmethod
    def _bounds(node: Between) -> Iterator[ExpressionChange]:
        for shift in (-1, 1):
            if node.low is not None:
                yield _exchanged("threshold", node, replace(node, low=node.low + shift))
            if node.high is not None:
                yield _exchanged("threshold", node, replace(node, high=node.high + shift))
        if node.low is not None and node.high is not None:
            for shorter in (replace(node, low=None), replace(node, high=None)):
                yield _exchanged("bound-dropped", node, shorter)
        else:
            yield "bound-dropped", f"{as_written(node)} -> {local_name(node.field)} known", AnyOf((node, Not(node)))

    def _other_values(self, node: Has) -> Iterator[Has]:
        field = self.guideline.fields.get(node.field)
        if field is not None and isinstance(node.value, str):
            for value in field.values:
                if value.iri != node.value:
                    yield Has(node.field, value.iri)

    def _two_values(self, node: Expression) -> bool:
        """Return whether the negation is one of the exchanges of values already."""
        return isinstance(node, Has) and len(list(self._other_values(node))) == 1

    @staticmethod
    def without_one(node: All | AnyOf) -> Iterator[tuple[str, Expression]]:
        """Yield an expression with each of its operands left out, but for every record, which is no condition."""
        for number, part in enumerate(node.parts):
            if isinstance(part, Always):
                continue
            rest = node.parts[:number] + node.parts[number + 1 :]
            yield f"{as_written(part)} left out", rest[0] if len(rest) == 1 else replace(node, parts=rest)


class _AsWritten(ExpressionWords):
    """Puts expressions in the names of the files."""

    def choice(self, value: str | bool) -> str:
        return f"= {super().choice(value) if isinstance(value, str) else str(value).lower()}"

    def interval(self, field: str, low: int | None, high: int | None) -> str:
        if low is None or high is None:
            return f"<= {high}" if low is None else f">= {low}"
        return f"{low} to {high}"

    def valued(self, field: str, value: str) -> str:
        return f"{field} {value}"


def as_written(node: Expression) -> str:
    """Return an expression in the names of the files."""
    text = _AsWritten("en").line(node)
    return f"({text})" if isinstance(node, (All, AnyOf)) else text


def _exchanged(kind: str, old: Expression, new: Expression) -> ExpressionChange:
    return kind, f"{as_written(old)} -> {as_written(new)}", new


# -- decisions --------------------------------------------------------------------------------------


def _decision_mutants(guideline: Guideline, decision: Decision) -> Iterator[Mutant]:
    term = decision.iri
    for programme in guideline.programmes.values():
        if any(e.decision == decision.iri for e in programme.editions):
            term = programme.iri
    if decision.scope != PATIENT_RECORD:
        text = f"scope {local_name(decision.scope)} -> every record"
        yield Mutant("scope", term, text, decisions={decision.iri: replace(decision, scope=PATIENT_RECORD)})
    if decision.policy == "First":
        for one, other in combinations(range(len(decision.options)), 2):
            options = list(decision.options)
            options[one], options[other] = options[other], options[one]
            text = f"{decision.options[one].id} and {decision.options[other].id} change places"
            yield Mutant("priority", term, text, decisions={decision.iri: replace(decision, options=tuple(options))})


# -- facts and periods ------------------------------------------------------------------------------


def _fact_mutants(guideline: Guideline) -> Iterator[Mutant]:
    statements = {s.iri: s for s in guideline.statements}
    options = [(d, o) for d in guideline.decisions.values() for o in d.options]
    values: dict[str, list[str]] = {}
    for facts in (*(s.facts for s in statements.values()), *(o.facts for _, o in options)):
        for fact in facts:
            if isinstance(fact.value, str) and fact.value not in values.setdefault(fact.key, []):
                values[fact.key].append(fact.value)
    for statement in statements.values():
        for number, limit in enumerate(statement.limits):
            for text, changed in _periods(limit):
                limits = _exchange(statement.limits, number, changed)
                keys = frozenset(fact.key for fact in statement.facts if fact.value is None)
                changed_statement = replace(statement, limits=limits)
                yield Mutant("period", statement.iri, text, statement=changed_statement, keys=keys)
        for number, fact in enumerate(statement.facts):
            for text, other in _other_facts(fact, values):
                facts, keys = _exchange(statement.facts, number, other), frozenset((fact.key,))
                changed_statement = replace(statement, facts=facts)
                yield Mutant("fact", statement.iri, text, statement=changed_statement, keys=keys)
    for decision, option in options:
        for number, fact in enumerate(option.facts):
            for text, other in _other_facts(fact, values):
                changed_option = replace(option, facts=_exchange(option.facts, number, other))
                own = tuple(changed_option if o is option else o for o in decision.options)
                decisions = {decision.iri: replace(decision, options=own)}
                yield Mutant("fact", option.iri, text, decisions=decisions, keys=frozenset((fact.key,)))


def _exchange(items: tuple[_T, ...], number: int, item: _T) -> tuple[_T, ...]:
    return (*items[:number], item, *items[number + 1 :])


def _periods(limit: TimeLimit) -> Iterator[tuple[str, TimeLimit]]:
    if limit.within is not None:
        for period in _beside(limit.within):
            yield f"within {limit.within} -> {period}", replace(limit, within=period)
    if limit.not_before is not None:
        for period in _beside(limit.not_before):
            yield f"not before {limit.not_before} -> {period}", replace(limit, not_before=period)


def _beside(period: str) -> Iterator[str]:
    """Yield the periods that are one unit shorter and longer."""
    months, days = parse_period(period)
    for shift in (-1, 1):
        changed = (months + shift, days) if months else (months, days + shift)
        if min(changed) >= 0:
            parts = [f"{number}{unit}" for number, unit in zip(changed, "MD", strict=True) if number]
            yield "P" + ("".join(parts) or "0D")


def _other_facts(fact: Fact, values: dict[str, list[str]]) -> Iterator[tuple[str, Fact]]:
    others: Iterable[str | int | bool]
    if isinstance(fact.value, bool):
        others = (not fact.value,)
    elif isinstance(fact.value, int):
        others = (fact.value - 1, fact.value + 1)
    elif fact.value is not None:
        others = [v for v in values[fact.key] if v != fact.value][:1] or [f"{fact.value}-changed"]
    else:
        others = ()
    for other in others:
        yield f"{fact.key} {_plain(fact.value)} -> {_plain(other)}", replace(fact, value=other)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- the changed guideline --------------------------------------------------------------------------


def apply(guideline: Guideline, mutant: Mutant) -> Guideline:
    """Return the guideline with the change of a mutant."""
    conditions = dict(guideline.conditions)
    for name, expression in mutant.classes.items():
        conditions[name] = replace(conditions[name], expression=expression)
    changed = replace(guideline, conditions=conditions, decisions={**guideline.decisions, **mutant.decisions})
    new = mutant.statement
    if new is None:
        return changed

    def among(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(new if s.iri == new.iri else s for s in statements)

    boxes = {name: replace(box, statements=among(box.statements)) for name, box in guideline.boxes.items()}
    programmes = {}
    for name, p in guideline.programmes.items():
        editions = (
            replace(e, benefits=among(e.benefits), limits=among(e.limits), steps=among(e.steps)) for e in p.editions
        )
        programmes[name] = replace(p, editions=tuple(editions))
    notices = {name: among(own) for name, own in guideline.notices.items()}
    return replace(changed, boxes=boxes, notices=notices, programmes=programmes)
