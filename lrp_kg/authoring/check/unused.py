"""Fields of the record that no part of an answer depends on: what a sender fills in there is accepted and ignored."""

from __future__ import annotations

from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP


def unused_fields(guideline: Guideline) -> list[Finding]:
    """Return a finding for each field that has no effect; which fields are only asked for a reason does not count.

    The sender's identifiers and the day of the assessment have a part of their own.
    """
    roles = guideline.roles
    used = fields_used(guideline) | {roles.assessment, roles.identifier, roles.episode}
    return [
        Finding(
            "field-unused",
            f"{field.id}: no decision, statement, warning or fact depends on it, so that an answer ignores it. "
            "Name it in a condition that something depends on, or remove the field and its shape.",
            guideline.index.positions.where(field.iri),
            severity="warning",
            term=field.iri,
        )
        for field in guideline.fields.values()
        if field.iri not in used
    ]


def fields_not_drawn(guideline: Guideline) -> list[Finding]:
    """Return a note for each field that the guideline's model of invented records leaves out, if it has a model."""
    graph, roles = guideline.index.graph, guideline.roles
    drawn = {
        field.value for model in graph.instances(CP + "FieldModel") for field in graph.all(model, CP + "drawnField")
    }
    return [
        Finding(
            "field-not-drawn",
            f"{field.id}: no cp:FieldModel draws it, so that no invented record has it. Add one with cp:drawnField.",
            guideline.index.positions.where(field.iri),
            severity="note",
            term=field.iri,
        )
        for field in guideline.fields.values()
        if drawn and field.iri not in drawn | {roles.identifier, roles.episode}
    ]


def fields_never_asked(guideline: Guideline) -> list[Finding]:
    """Return a finding for each field that has a question and no place among the questions: nobody is asked it."""
    roles = guideline.roles
    return [
        Finding(
            "ask-order-missing",
            f"{field.id}: has a question and no cp:askOrder, so that nobody is asked it. Add a whole number; fields "
            "with a lower one are asked first.",
            guideline.index.positions.where(field.iri),
            severity="warning",
            term=field.iri,
        )
        for field in guideline.fields.values()
        if field.question and field.ask_order is None and field.iri not in (roles.identifier, roles.episode)
    ]


def fields_used(guideline: Guideline) -> set[str]:
    """Return the fields that decisions, boxes, statements, warnings, validity and the choice of editions depend on."""
    g = guideline
    named = {name for d in g.decisions.values() for name in (d.scope, *(o.applies_to for o in d.options))}
    named |= {box.applies_to for box in g.boxes.values() if box.applies_to}
    named |= {name for s in g.statements for name in s.classes}
    named |= {warning.applies_to for warning in g.warnings}
    used = {name for cls in named & g.classes.keys() for name in fields_of(g.classes[cls], g.classes)}
    used |= {limit.counted_from for s in g.statements for limit in s.limits}
    used |= {p.valid_by for p in g.programmes.values() if p.valid_by}
    used |= {name for validity in g.validities for name in validity.fields}
    used |= {end for name in used & g.derived.keys() for end in (g.derived[name].start, g.derived[name].end)}
    used |= {listed for settled, (listed, _) in g.expanded.items() if settled in used}
    while True:  # a field that settles one that is used
        more = {f.iri for f in g.fields.values() if used.intersection(f.implies + f.excludes)} - used
        if not more:
            return used
        used |= more
