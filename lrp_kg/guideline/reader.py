"""Reads the graph of a guideline folder into frozen data, with every problem at its file and line."""

from __future__ import annotations

from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Index, iri
from lrp_kg.guideline.model import POLICIES, Box, Decision, Derived, Guideline, Programme
from lrp_kg.guideline.read_conditions import read_conditions
from lrp_kg.guideline.read_decisions import read_decisions, read_programmes, read_roles
from lrp_kg.guideline.read_record import Orders, read_derived, read_fields, read_spans
from lrp_kg.guideline.read_statements import read_boxes, read_open_points, read_warnings
from lrp_kg.namespaces import CP, DCTERMS, OWL, local_name


def read_guideline(index: Index) -> Guideline:
    """Return what the modules of a guideline say; raise `GuidelineError` with every finding, with file and line."""
    r = GraphReader(index.graph, index.positions)
    r.fields, orders = read_fields(r)
    guidelines = r.graph.instances(CP + "Guideline")
    for node in guidelines:
        r.assessment = r.name(node, CP + "assessmentField")
        r.printed = frozenset(source.value for source in r.graph.all(node, DCTERMS + "source"))
    derived, spans = read_derived(r), read_spans(r)
    r.conditions = read_conditions(r, derived)
    _check_fields(r, derived, orders)
    decisions = read_decisions(r)
    programmes = read_programmes(r, decisions)
    boxes, notices = read_boxes(r)
    warnings = read_warnings(r)
    open_points = read_open_points(r)
    _check_decisions(r, decisions, programmes, boxes)
    if len(guidelines) != 1:
        names = ", ".join(local_name(node.value) for node in guidelines)
        message = f"a folder has one cp:Guideline, found {len(guidelines)}{': ' if names else ''}{names}. Keep one."
        where = r.positions.where(guidelines[-1].value) if guidelines else ""
        r.findings.append(Finding("one-guideline", message, where or str(index.folder)))
        raise GuidelineError("The guideline has errors.", r.findings)
    (root,) = guidelines
    roles = read_roles(r, root, decisions)
    if r.findings:
        raise GuidelineError("The guideline has errors.", r.findings)
    return Guideline(
        index=index,
        content_hash=index.graph.digest(),
        iri=root.value,
        id=r.identifier(root),
        version=r.text(root, OWL + "versionInfo"),
        label=r.label(root),
        roles=roles,
        fields=r.fields,
        derived=derived,
        conditions=r.conditions,
        decisions=decisions,
        programmes=programmes,
        boxes=boxes,
        notices=notices,
        warnings=warnings,
        open_points=open_points,
        fact_keys={r.identifier(n): r.term(n) for n in r.graph.instances(CP + "FactKey")},
        date_orders=tuple(sorted(set(orders) | {(d.start, d.end) for d in derived.values()})),
        date_spans=spans,
        statuses=r.labels("Status"),
        date_statuses=r.labels("DateStatus"),
        modalities=r.labels("Modality"),
        message_templates={
            local_name(s.value): r.graph.texts(s, CP + "messageTemplate")
            for s in r.graph.by_subject
            if r.graph.all(s, CP + "messageTemplate")
        },
        sources=r.terms("Source"),
    )


def _check_fields(r: GraphReader, derived: dict[str, Derived], orders: Orders) -> None:
    """Report fields that point to nothing, and of dates without an order."""
    for f in r.fields.values():
        for implied in f.implies:
            if implied not in r.fields or r.fields[implied].kind != "boolean":
                message = f"implies {local_name(implied)}, no boolean field."
                r.complain("unknown-field", iri(f.iri), message, about=implied)
        for excluded in f.excludes:
            if f.kind != "boolean" or excluded not in r.fields or r.fields[excluded].kind != "boolean":
                message = f"excludes {local_name(excluded)}: only a boolean field can exclude one."
                r.complain("unknown-field", iri(f.iri), message, about=excluded)
        if f.ask_if and not r.is_defined(f.ask_if):
            r.complain("unknown-condition", iri(f.iri), f"{local_name(f.ask_if)} is not a condition.", about=f.ask_if)
    for node in r.graph.instances(CP + "TimeLimit"):
        counted = r.text(node, CP + "countedFrom")
        if counted not in r.fields or r.fields[counted].kind != "date":
            message = f"is counted from {local_name(counted) or 'nothing'}, no date field."
            r.complain("unknown-field", node, message, about=counted)
    for x in derived.values():
        if (x.start, x.end) not in orders:
            r.complain(
                "derived-without-order",
                iri(x.iri),
                f"shapes/ must say that {local_name(x.start)} is sh:lessThanOrEquals {local_name(x.end)}; "
                "without it a negative duration would count as a short one.",
            )


def _check_decisions(
    r: GraphReader, decisions: dict[str, Decision], programmes: dict[str, Programme], boxes: dict[str, Box]
) -> None:
    """Report decisions and boxes that point to nothing: they would otherwise be left out in silence."""
    options = {o.iri for d in decisions.values() for o in d.options}
    for box in boxes.values():
        if box.shown_for not in options and (box.shown_for not in decisions or box.shown_for in programmes):
            name = local_name(box.shown_for) or "nothing"
            message = f"is shown for {name}, no option and no decision."
            r.complain("box-never-shown", iri(box.iri), message, about=box.shown_for)
    for d in decisions.values():
        if d.policy not in POLICIES:
            message = f"{d.policy or 'nothing'} is not one of {', '.join(POLICIES)}."
            r.complain("unknown-hit-policy", iri(d.iri), message, about=r.name(iri(d.iri), CP + "hitPolicy"))
        for option in d.options:
            if option.refined_by and option.refined_by not in decisions:
                r.complain(
                    "unknown-decision",
                    iri(option.iri),
                    f"{local_name(option.refined_by)} is none.",
                    about=option.refined_by,
                )
