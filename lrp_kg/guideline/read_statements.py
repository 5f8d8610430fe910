"""Reads what the source says: statements with their time limits and facts, boxes, warnings, open points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lrp_kg.durations import parse_period
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node, iri
from lrp_kg.guideline.model import (
    STANCES,
    Box,
    Caution,
    DateNote,
    Fact,
    OpenPoint,
    Severity,
    Stance,
    Statement,
    TimeLimit,
)
from lrp_kg.guideline.read_validity import read_validity
from lrp_kg.namespaces import CP, DCTERMS, PATIENT_RECORD, XSD, local_name
from lrp_kg.words import colon


def read_statements(r: GraphReader, nodes: Iterable[Node]) -> tuple[Statement, ...]:
    """Return statements, by priority."""
    g = r.graph
    found = []
    for node in nodes:
        actor = r.one(node, CP + "actor")
        statement = Statement(
            iri=node.value,
            id=r.identifier(node),
            label=r.label(r.one(node, CP + "advice") or node),
            modality=r.term(r.required(node, CP + "modality")),
            actor=r.term(actor) if actor else None,
            priority=r.priority(node),
            headline_order=r.integer(node, CP + "headlineOrder") if r.one(node, CP + "headlineOrder") else None,
            condition=r.condition(node, CP + "condition"),
            condition_text=g.texts(node, CP + "conditionText"),
            limits=tuple(_time_limit(r, n) for n in g.all(node, CP + "timeLimit")),
            facts=read_facts(r, node),
            source=r.source(node),
            locator=r.locator(node),
            advice=r.name(node, CP + "advice"),
            reached_if=r.condition(node, CP + "reachedIf"),
            lifted_if=r.condition(node, CP + "liftedIf"),
            any_verdict=r.flag(node, CP + "anyVerdict"),
            printed=_is_printed(r, node),
            validity=read_validity(r, node),
            stances=_stances(r, node),
        )
        _check_printed(r, node, statement)
        found.append(statement)
    return tuple(sorted(found, key=lambda s: s.priority))


_STATEMENTS = ("Statement", "Benefit", "Limit", "ProcessStep")
"""The classes of statements: of boxes and stages, and of programmes."""


def _is_printed(r: GraphReader, node: Node) -> bool:
    return not r.printed or any(source.value in r.printed for source in r.graph.all(node, DCTERMS + "source")[:1])


def _check_printed(r: GraphReader, node: Node, rule: Statement | Caution) -> None:
    if rule.printed and rule.validity and rule.validity.first:
        r.complain("printed-from-a-day", node, "is of the guideline's own sources, which have no first day.")


def _stances(r: GraphReader, node: Node) -> tuple[Stance, ...]:
    """Return what a statement or an open point says of statements; a statement is read beside those it speaks of."""
    g, found = r.graph, []
    own = set(g.all(node, CP + "inBox"))
    for name, kind in STANCES.items():
        for target in g.all(node, CP + name):
            if not any(target in g.instances(CP + cls) for cls in _STATEMENTS):
                message = f"cp:{name} {local_name(target.value)}, which is no statement."
                r.complain("unknown-statement", node, message, about=target.value)
            for box in g.all(target, CP + "inBox") if own else ():
                if box not in own:
                    other, place = local_name(target.value), local_name(box.value)
                    r.complain("marks-from-elsewhere", node, f"cp:{name} {other}, and is not in its box, {place}.")
            found.append(Stance(kind, target.value))
    return tuple(found)


def _time_limit(r: GraphReader, node: Node) -> TimeLimit:
    within, not_before = _period(r, node, CP + "within"), _period(r, node, CP + "notBefore")
    if within and not_before and _days(within, 31) < _days(not_before, 28):
        message = (
            f"cp:notBefore {not_before} is longer than cp:within {within}, so that no day is between. Correct one."
        )
        r.complain("unknown-period", node, message)
    return TimeLimit(
        within=within,
        not_before=not_before,
        counted_from=r.required(node, CP + "countedFrom").value,
        condition=r.condition(node, CP + "condition"),
        validity=read_validity(r, node),
    )


def _days(period: str, month: int) -> int:
    months, days = parse_period(period)
    return months * month + days


def _period(r: GraphReader, node: Node, predicate: str) -> str | None:
    found = r.one(node, predicate)
    try:
        if found:
            parse_period(found.value)
        return found.value if found else None
    except ValueError as error:
        r.complain("unknown-period", node, f"{error}.")
        return None


def read_facts(r: GraphReader, node: Node) -> tuple[Fact, ...]:
    """Return the facts of a statement or option."""
    found = []
    for fact in r.graph.all(node, CP + "fact"):
        value = r.one(fact, CP + "factValue")
        key = r.identifier(r.required(fact, CP + "factKey"))
        condition, validity = r.condition(fact, CP + "condition"), read_validity(r, fact)
        found.append(Fact(key, _plain(value) if value else None, condition, validity))
    return tuple(found)


def _plain(node: Node) -> str | int | bool:
    if node.datatype == XSD + "boolean":
        return node.value in ("true", "1")
    return int(node.value) if node.is_integer else node.value


def read_boxes(r: GraphReader) -> tuple[dict[str, Box], dict[str, tuple[Statement, ...]]]:
    """Return the boxes with their statements, and the statements of stages outside of boxes."""
    g = r.graph
    in_box: dict[str, list[Node]] = {}
    in_stage: dict[str, list[Node]] = {}
    for statement in g.instances(CP + "Statement"):
        for predicate, place in (("inBox", in_box), ("inStage", in_stage)):
            for target in g.all(statement, CP + predicate):
                place.setdefault(target.value, []).append(statement)
    boxes = {}
    for node in g.instances(CP + "Box"):
        is_option = node in g.instances(CP + "Option")
        section = r.required(node, CP + "section")
        boxes[node.value] = Box(
            iri=node.value,
            id=r.identifier(node),
            label=r.label(node),
            section=r.term(section),
            section_order=r.integer(section, CP + "priority", 99),
            printed=r.text(node, CP + "printedLabel"),
            stage=r.required(node, CP + "inStage").value,
            priority=r.priority(node),
            shown_for=node.value if is_option else r.text(node, CP + "shownFor"),
            applies_to=None if is_option else r.condition(node, CP + "appliesTo"),
            statements=read_statements(r, in_box.pop(node.value, [])),
        )
    for name, orphans in in_box.items():
        r.complain("unknown-box", orphans[0], f"{local_name(name)} is not a box.", about=name)
    return boxes, {name: read_statements(r, nodes) for name, nodes in in_stage.items()}


def read_warnings(r: GraphReader) -> tuple[Caution, ...]:
    """Return what is to be pointed out in a situation."""
    return tuple(read_caution(r, n) for n in r.graph.instances(CP + "Warning"))


def read_caution(r: GraphReader, node: Node) -> Caution:
    """Return what a warning, or an option that has a severity, points out."""
    severity = r.required(node, CP + "severity")
    caution = Caution(
        iri=node.value,
        id=r.identifier(node),
        label=r.label(node),
        applies_to=r.required_condition(node, CP + "appliesTo"),
        severity=Severity(severity.value, r.identifier(severity), r.label(severity), r.priority(severity)),
        modality=r.term(r.required(node, CP + "modality")),
        source=r.source(node),
        locator=r.locator(node),
        calls_for=r.name(node, CP + "callsFor"),
        call_text=r.graph.texts(node, CP + "callText"),
        printed=_is_printed(r, node),
        validity=read_validity(r, node),
    )
    _check_printed(r, node, caution)
    return caution


def read_superseded(r: GraphReader, programme: Node, edition: Node, last: date | None) -> Caution | None:
    """Return what to point out where an edition is used after its last day, in the words of the vocabulary."""
    node = next(iter(r.graph.instances(CP + "SupersededWarning")), None)
    if last is None or node is None:
        return None
    names, texts = r.label(programme), r.label(node)
    label = {lang: f"{names.get(lang, names.get('en', ''))}{colon(lang)}{text} {last}" for lang, text in texts.items()}
    severity = iri(CP + "Warning")
    return Caution(
        iri=node.value,
        id=r.identifier(node),
        label=label,
        applies_to=PATIENT_RECORD,
        severity=Severity(severity.value, r.identifier(severity), r.label(severity), r.priority(severity)),
        modality=r.term(r.required(node, CP + "modality")),
        source=r.source(edition),
        locator=r.locator(edition),
    )


def read_open_points(r: GraphReader) -> tuple[OpenPoint, ...]:
    """Return the places where the source is open."""
    g = r.graph
    return tuple(
        OpenPoint(
            iri=n.value,
            id=r.identifier(n),
            label=r.label(n),
            kind=r.term(r.required(n, CP + "kind")),
            concerns=tuple(o.value for o in g.all(n, CP + "concerns")),
            declares=tuple(r.identifier(o) for o in g.all(n, CP + "declares")),
            applies_to=r.condition(n, CP + "appliesTo"),
            decisive_in=r.condition(n, CP + "decisiveIn"),
            reading=g.texts(n, CP + "reading"),
            source=r.source(n),
            locator=r.locator(n),
            note=_date_note(r, n),
            validity=read_validity(r, n),
            stances=_stances(r, n),
        )
        for n in g.instances(CP + "OpenPoint")
    )


def _date_note(r: GraphReader, node: Node) -> DateNote | None:
    key, after = (r.one(node, CP + name) for name in ("notedOnDateOf", "notedAfterDateOf"))
    if key is None:
        return None
    within = _period(r, node, CP + "notedWithin")
    return DateNote(r.identifier(key), within, r.identifier(after) if after else None)
