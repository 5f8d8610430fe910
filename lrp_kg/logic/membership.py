"""Which of some classes a record belongs to, as a decision that is in no guideline."""

from __future__ import annotations

from collections.abc import Mapping

from lrp_kg.guideline.model import Decision, Option
from lrp_kg.namespaces import PATIENT_RECORD


def membership(classes: Mapping[str, str], scope: str = PATIENT_RECORD) -> Decision:
    """Return the decision whose answers are the keys of the classes that a record in the scope belongs to."""
    options = tuple(
        Option(iri="", id=key, label={}, applies_to=cls, priority=number, refined_by=None, facts=())
        for number, (key, cls) in enumerate(classes.items(), 1)
    )
    return Decision(iri="", id="", label={}, scope=scope, policy="Collect", priority=0, options=options, fact_key=None)
