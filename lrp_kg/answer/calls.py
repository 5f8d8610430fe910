"""Warnings that call for an advice: given where a box that has it is shown, or may be shown when more is known."""

from __future__ import annotations

from collections.abc import Callable

from lrp_kg.guideline.model import Box, Caution, Guideline
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import AnswersFound
from lrp_kg.logic.verdicts import both

Results = Callable[[str], AnswersFound]
Verdicts = Callable[[str | None], int]


class Calls:
    """Where each advice is that a warning calls for."""

    def __init__(self, guideline: Guideline) -> None:
        self._guideline = guideline
        self._boxes: dict[str | None, list[Box]] = {}
        for box in guideline.boxes.values():
            for advice in {s.advice for s in box.statements}:
                self._boxes.setdefault(advice, []).append(box)
        self._in_doubt = {w.iri: w.in_doubt() for w in guideline.warnings if w.calls_for}

    def given(self, warning: Caution, result: Results, verdict: Verdicts) -> Caution | None:
        """Return a warning whose situation holds as it is to be given; ``None`` where its advice is ruled out."""
        if warning.calls_for is None:
            return warning
        shown = {self.shown(box, result, verdict) for box in self._boxes.get(warning.calls_for, ())}
        if TRUE in shown:
            return warning
        return self._in_doubt[warning.iri] if OPEN in shown else None

    def shown(self, box: Box, result: Results, verdict: Verdicts) -> int:
        """Return whether a box is shown: with an answer certainly, with a possible one perhaps."""
        decision, option = self._guideline.shown_with(box)
        if option is None:
            return both(verdict(decision.scope), verdict(box.applies_to))
        found = result(decision.iri)
        return TRUE if option.id in found.answers else OPEN if option.id in found.possible else FALSE
