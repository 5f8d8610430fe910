"""Terms that say two things which do not go together: roles, kinds of open points, days of sources, questions."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP, local_name

_Said = tuple[str, str, str]
"""The name of a finding, the term that it is about, and what is wrong with it."""
_OTHER_STATUS = {"Gap": "several", "Overlap": "no-answer"}
"""The status of decisions that an open point of a kind cannot declare."""


def disagreements(guideline: Guideline) -> Iterator[Finding]:
    """Yield every finding."""
    where = guideline.index.positions.where
    for name, term, message in (*_roles(guideline), *_kinds(guideline), *_days(guideline), *_asked(guideline)):
        yield Finding(name, f"{local_name(term)}: {message}", where(term), term=term)


def _roles(guideline: Guideline) -> Iterator[_Said]:
    """Yield that the guideline does not name the decision or the field that a part of it needs."""
    graph, roles = guideline.index.graph, guideline.roles
    stages = {n.value for n in graph.instances(CP + "Stage")}
    for decision in guideline.own_decisions.values():
        for predicate, named, has_part, part in (
            ("exitDecision", roles.exit, any(o.ends_pathway for o in decision.options), "ends the pathway"),
            ("stageDecision", roles.stage, any(o.iri in stages for o in decision.options), "is a stage"),
        ):
            if has_part and decision.iri != named:
                found = f"which names {local_name(named)}" if named else "which names none"
                message = (
                    f"an option of it {part}, but it is not the cp:{predicate} of the guideline, {found}. Name it."
                )
                yield "role-missing", decision.iri, message
    if roles.assessment is None and graph.instances(CP + "TimeLimit"):
        message = "has time limits, but no cp:assessmentField: no date is upcoming, due or past. Name the date field."
        yield "role-missing", guideline.iri, message


def _kinds(guideline: Guideline) -> Iterator[_Said]:
    for point in guideline.open_points:
        kind = local_name(point.kind.iri)
        if _OTHER_STATUS.get(kind) in point.declares:
            message = f"is of the kind cp:{kind}, and declares {' and '.join(point.declares)}. Correct one of the two."
            yield "open-point-kind", point.iri, message


def _days(guideline: Guideline) -> Iterator[_Said]:
    graph = guideline.index.graph
    for source in graph.instances(CP + "Source"):
        for read, again in zip(graph.all(source, CP + "readOn"), graph.all(source, CP + "readAgainBy"), strict=False):
            if again.value < read.value:
                message = f"was read on {read.value}, after the day by which it has to be read again, {again.value}. "
                message += "Correct one of the two."
                yield "source-dates", source.value, message


def _asked(guideline: Guideline) -> Iterator[_Said]:
    """Yield fields that are only asked for where they are known already."""
    for field in guideline.fields.values():
        if field.ask_if in guideline.classes:
            if field.iri in fields_of(guideline.classes[field.ask_if], guideline.classes):
                name = local_name(field.ask_if)
                message = f"is asked for only if {name}, which depends on the field itself. Name another cp:askIf."
                yield "ask-if-circular", field.iri, message
