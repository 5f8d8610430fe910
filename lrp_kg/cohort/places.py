"""Where answers show statements: in boxes, with options, and in programmes; in each row as verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from lrp_kg.answer.results import ELIGIBLE
from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.choice import Choice
from lrp_kg.cohort.three_valued import any_of
from lrp_kg.guideline.model import Box, Guideline, Programme, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.editions import Candidate
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED, Outcome
from lrp_kg.logic.verdicts import together


class StatementPlace(Protocol):
    """A place of a statement in answers."""

    @property
    def statement(self) -> Statement:
        """The statement."""

    def shows(self, rows: AnsweredRows) -> Array:
        """Return whether an answer shows the statement there if it applies: true, false, or perhaps."""

    def in_force(self, rows: AnsweredRows) -> Array:
        """Return whether the statement is in force there."""

    def settled(self, rows: AnsweredRows) -> Array:
        """Return whether dates and facts are taken from the statement there if it applies."""

    def settled_in_force(self, rows: AnsweredRows) -> Array:
        """Return whether the statement from which dates and facts are taken is in force."""


@dataclass(frozen=True)
class BoxPlace:
    """The boxes that have a statement, and the options, each with its decision, that it is a notice of."""

    statement: Statement
    boxes: list[Box] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)

    def shows(self, rows: AnsweredRows) -> Array:
        """Return whether any of the boxes is shown, or any of the options an answer."""
        return any_of(*map(rows.shown, self.boxes), *(rows.option(*option) for option in self.options))

    def in_force(self, rows: AnsweredRows) -> Array:
        """Return whether the statement is in force."""
        return rows.in_force(self.statement.validity)

    def settled(self, rows: AnsweredRows) -> Array:
        """Return whether it is certain that the statement is shown."""
        found: Array = self.shows(rows) == TRUE
        return found

    def settled_in_force(self, rows: AnsweredRows) -> Array:
        """Return whether the statement is in force."""
        return self.in_force(rows)


@dataclass(frozen=True)
class ProgrammePlace:
    """The editions of a programme, by identifier, that have a statement as a benefit, a limit, or a ``step``."""

    statement: Statement
    programme: Programme
    step: bool
    editions: list[str] = field(default_factory=list)

    def shows(self, rows: AnsweredRows) -> Array:
        """Return whether the patient is eligible; steps may be shown until that is settled.

        For a step that is given with any verdict it is enough to be in the scope.
        """
        in_scope = self.step and self.statement.any_verdict
        return rows.once((ProgrammePlace, self.programme.id, self.step, in_scope), lambda: self._shows(rows))

    def _shows(self, rows: AnsweredRows) -> Array:
        if not self.step:
            return rows.of_outcomes(self.programme.id, _eligible)
        if not self.statement.any_verdict:
            return rows.of_outcomes(self.programme.id, lambda o: OPEN if o.status == UNDETERMINED else _eligible(o))
        status = rows.of_outcomes(self.programme.id, _in_scope)
        certain = np.ones(rows.size, bool)
        for place, edition in enumerate(self.programme.editions):
            scope = rows.verdict(rows.guideline.decisions[edition.decision].scope)
            certain &= (scope == TRUE) | (rows.editions(self.programme.id) >> place & 1 == 0)
        return np.where((status == OPEN) & certain, np.int8(TRUE), status)

    def in_force(self, rows: AnsweredRows) -> Array:
        """Return whether every edition that may apply has the statement, in force."""
        return self._by_edition(rows, self._in_all)

    def settled(self, rows: AnsweredRows) -> Array:
        """Return whether the patient is eligible by an edition that has the statement."""
        numbers, chosen = rows.edition_states(self.programme.id)
        has = np.array([any(c.edition.id in self.editions for c in own) for own in chosen])
        eligible = rows.once((_eligible, self.programme.id), lambda: rows.of_outcomes(self.programme.id, _eligible))
        found: Array = has[numbers] & (eligible == TRUE)
        return found

    def settled_in_force(self, rows: AnsweredRows) -> Array:
        """Return whether the statement is in force by the newest edition that may apply and has it."""
        return self._by_edition(rows, self._in_newest)

    def _by_edition(self, rows: AnsweredRows, function: Callable[[Sequence[Candidate], int], int]) -> Array:
        """Return whether the statement is in force by the editions that may apply and by its own days."""
        own = rows.in_force(self.statement.validity)
        numbers, found = rows.edition_states(self.programme.id)
        by_own = [[function(chosen, verdict) for verdict in (FALSE, TRUE, OPEN)] for chosen in found]
        return np.array(by_own, np.int8)[numbers, own]

    def _forces(self, chosen: Sequence[Candidate], own: int) -> list[int]:
        """Return whether the statement is in force by each edition that has it; ``own`` is by its own days."""
        ended = {FALSE: own, TRUE: FALSE}
        return [ended.get(c.ended, OPEN) for c in chosen if c.edition.id in self.editions]

    def _in_all(self, chosen: Sequence[Candidate], own: int) -> int:
        forces = self._forces(chosen, own)
        if not any(forces):
            return FALSE
        return together(forces) if len(forces) == len(chosen) else OPEN

    def _in_newest(self, chosen: Sequence[Candidate], own: int) -> int:
        forces = self._forces(chosen, own)
        return forces[-1] if forces else FALSE


def _eligible(outcome: Outcome) -> int:
    """Return whether the outcome of a programme is that the patient is eligible; it may be while that is open."""
    if outcome.status == UNDETERMINED:
        return OPEN if ELIGIBLE in (*outcome.answers, *outcome.possible) else FALSE
    return TRUE if outcome.status == DECIDED and outcome.answers == (ELIGIBLE,) else FALSE


def _in_scope(outcome: Outcome) -> int:
    """Return whether an outcome says that a record is in the scope; one that is undetermined may not."""
    return {UNDETERMINED: OPEN, NOT_APPLICABLE: FALSE}.get(outcome.status, TRUE)


def places_of(g: Guideline, choice: Choice) -> dict[str, list[StatementPlace]]:
    """Return the places of each statement, by its IRI, that belong to decisions and programmes of a choice."""
    boxes: dict[str, BoxPlace] = {}
    for box in g.boxes.values():
        if choice.of(g.shown_with(box)[0].id):
            for s in box.statements:
                boxes.setdefault(s.iri, BoxPlace(s)).boxes.append(box)
    for iri, statements in g.notices.items():
        decision, option = g.option_owners[iri]
        if choice.of(decision.id):
            for s in statements:
                boxes.setdefault(s.iri, BoxPlace(s)).options.append((decision.id, option.id))
    found: dict[str, list[StatementPlace]] = {iri: [place] for iri, place in boxes.items()}
    for programme in g.programmes.values():
        if choice.of(programme.id):
            for place in _in_programme(programme):
                found.setdefault(place.statement.iri, []).append(place)
    return found


def _in_programme(programme: Programme) -> Iterator[ProgrammePlace]:
    for part in ("benefits", "limits", "steps"):
        places: dict[str, ProgrammePlace] = {}
        for edition in programme.editions:
            for s in getattr(edition, part):
                place = places.setdefault(s.iri, ProgrammePlace(s, programme, step=part == "steps"))
                place.editions.append(edition.id)
        yield from places.values()
