"""What is compared of two versions: the outcome of a decision, membership of a class, where something is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrp_kg.guideline.model import Decision, Guideline, Statement
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import NOT_APPLICABLE, UNDETERMINED, Outcome
from lrp_kg.namespaces import PATIENT_RECORD

SHOWN, HIDDEN = Outcome("shown"), Outcome("not-shown")


@dataclass(frozen=True)
class Aspect:
    """A decision of one version, and further classes that its outcomes say hold or not.

    With ``option`` what counts of an outcome is whether it shows something: it has the option, and the classes hold.
    """

    decision: Decision
    extras: tuple[str, ...] = ()
    option: str = ""

    def read(self, outcome: Outcome) -> Outcome:
        """Return what of an outcome is compared."""
        if not self.option:
            return outcome
        chosen = outcome.status not in (NOT_APPLICABLE, UNDETERMINED) and self.option in outcome.answers
        return SHOWN if chosen and set(self.extras) <= set(outcome.holding) else HIDDEN


def belonging(condition: str) -> Aspect:
    """Return whether a record belongs to a class."""
    return Aspect(membership({"in": condition}))


def shown_where(guideline: Guideline, shown_for: str, applies_to: str | None, condition: str | None) -> Aspect | None:
    """Return where something is shown: for a decision that applies or for an option, and where classes hold."""
    extras = (condition,) if condition else ()
    decision = guideline.decisions.get(shown_for)
    if decision is not None:
        applies = membership({"in": applies_to or PATIENT_RECORD}, decision.scope)
        return Aspect(applies, extras, "in")
    options = ((d, o) for d in guideline.decisions.values() for o in d.options if o.iri == shown_for)
    return next((Aspect(decision, extras, option.id) for decision, option in options), None)


@dataclass(frozen=True)
class Place:
    """Where statements are shown: a box, the notices of a stage, or an edition; ``shown_for`` says when."""

    iri: str
    id: str
    kind: str
    shown_for: str
    statements: tuple[Statement, ...]
    printed: str = ""
    stage: str = ""
    applies_to: str | None = None


def places_of(guideline: Guideline) -> Iterator[Place]:
    """Yield the places of a guideline."""
    options = {o.iri: o for d in guideline.decisions.values() for o in d.options}
    for box in guideline.boxes.values():
        yield Place(
            iri=box.iri,
            id=box.id,
            kind="box",
            shown_for=box.shown_for,
            statements=box.statements,
            printed=box.printed,
            stage=box.stage,
            applies_to=box.applies_to,
        )
    for stage, statements in guideline.notices.items():
        name = options[stage].id if stage in options else stage
        yield Place(stage, name, "notices", stage, statements, stage=stage)
    for programme in guideline.programmes.values():
        for e in programme.editions:
            eligible = next(o.iri for o in guideline.decisions[e.decision].options if o.id == "eligible")
            yield Place(e.iri, e.id, "edition", eligible, e.statements)
