"""Why and why not: the conditions that an answer depends on, with the labels of the guideline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not, fields_of, parts_of
from lrp_kg.guideline.model import Condition, Guideline
from lrp_kg.logic.classify import FALSE, OPEN, TRUE

VERDICT_NAMES = {FALSE: "false", TRUE: "true", OPEN: "unknown"}
"""What a verdict is called in answers, as RDF the local name of its `cp:Verdict`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition on one field, and whether it holds."""

    condition: Condition
    field: str
    verdict: int


class Explainer:
    """Finds the conditions on single fields that settle, or leave open, an expression."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self._single: dict[str, str | None] = {}

    def single_field(self, cls: str) -> str | None:
        """Return the one field a named class reads, or ``None`` if it reads several."""
        if cls not in self._single:
            inputs = {self._list_of(f) for f in fields_of(Named(cls), self.guideline.classes)}
            self._single[cls] = next(iter(inputs)) if len(inputs) == 1 else None
        return self._single[cls]

    def _list_of(self, field: str) -> str:
        return self.guideline.expanded.get(field, (field, ""))[0]

    def reasons(self, cls: str, verdict: Callable[[Expression], int]) -> tuple[Reason, ...]:
        """Return the conditions for which a class holds, does not hold, or is unknown, each once."""
        found: dict[str, Reason] = {}
        for reason in self._reasons(Named(cls), None, verdict):
            found.setdefault(reason.condition.iri, reason)
        return tuple(found.values())

    def _reasons(
        self,
        expression: Expression,
        within: Condition | None,
        verdict: Callable[[Expression], int],
        whole: bool = False,
    ) -> Iterator[Reason]:
        """Yield reasons; ``whole``: what holds of an open expression too, not only what leaves it open."""
        if isinstance(expression, Named):
            condition = self.guideline.conditions.get(expression.iri)
            if condition is None:
                return
            field = self.single_field(expression.iri)
            if field is not None:
                yield Reason(condition, field, verdict(expression))
            else:
                yield from self._reasons(condition.expression, condition, verdict, whole)
        elif isinstance(expression, (All, AnyOf)):
            own = verdict(expression)
            decisive = own if own == OPEN else (FALSE if isinstance(expression, All) else TRUE)
            everything = own not in (decisive, OPEN) or (whole and isinstance(expression, All))
            parts = [p for p in parts_of(expression) if everything or verdict(p) == decisive]
            if not parts:  # over all days of an uncertain date this is certain, and no part of it is
                parts, whole = [p for p in parts_of(expression) if verdict(p) == OPEN], True
            for part in parts:
                yield from self._reasons(part, within, verdict, whole)
        elif isinstance(expression, Not):
            yield from self._reasons(expression.part, within, verdict, whole)
        elif within is not None and isinstance(expression, (Has, Between)):
            # a condition without a name of its own is reported as the one it is part of, with the verdict of that one
            yield Reason(within, self._list_of(expression.field), verdict(Named(within.iri)))
