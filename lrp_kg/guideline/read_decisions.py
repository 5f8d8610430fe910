"""Reads decisions with their options, programmes with their editions, and the roles of fields and decisions."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from lrp_kg.guideline import criteria
from lrp_kg.guideline.criteria import Expression
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node, iri
from lrp_kg.guideline.model import Condition, Criterion, Decision, Edition, Option, Programme, Roles
from lrp_kg.guideline.read_statements import read_caution, read_facts, read_statements, read_superseded
from lrp_kg.guideline.read_validity import read_days
from lrp_kg.namespaces import CP, DCTERMS, local_name
from lrp_kg.words import in_every_language


def read_decisions(r: GraphReader) -> dict[str, Decision]:
    """Return the decisions that the guideline itself states, by priority."""
    g = r.graph
    options: dict[str, list[Option]] = {}
    for node in g.instances(CP + "Option", CP + "Stage"):
        option = Option(
            iri=node.value,
            id=r.identifier(node),
            label=r.label(node),
            applies_to=r.required_condition(node, CP + "appliesTo"),
            priority=r.priority(node),
            refined_by=r.name(node, CP + "refinedBy"),
            facts=read_facts(r, node),
            ends_pathway=r.flag(node, CP + "endsPathway"),
            caution=read_caution(r, node) if r.one(node, CP + "severity") else None,
            advises_against=r.flag(node, CP + "advisesAgainst"),
            against_advice=r.flag(node, CP + "againstAdvice"),
        )
        options.setdefault(r.required(node, CP + "optionOf").value, []).append(option)
    decisions = {}
    for node in g.instances(CP + "Decision"):
        fact_key = r.one(node, CP + "factKey")
        own = sorted(options.pop(node.value, []), key=lambda o: o.priority)
        if not own:
            r.complain("decision-without-options", node, "has no options.")
        decisions[node.value] = Decision(
            iri=node.value,
            id=r.identifier(node),
            label=r.label(node),
            scope=r.required_condition(node, CP + "scope"),
            policy=local_name(r.required(node, CP + "hitPolicy").value),
            priority=r.priority(node),
            options=tuple(own),
            fact_key=r.identifier(fact_key) if fact_key else None,
        )
    for name in options:
        if name:
            message = f"{local_name(name)} is not a decision."
            r.complain("unknown-decision", iri(options[name][0].iri), message, about=name)
    return dict(sorted(decisions.items(), key=lambda item: item[1].priority))


def read_roles(r: GraphReader, node: Node, decisions: dict[str, Decision]) -> Roles:
    """Return which fields and decisions of a guideline have a part that the engine must know."""

    def decision(predicate: str) -> str | None:
        name = r.name(node, CP + predicate)
        if name and name not in decisions:
            r.complain("unknown-decision", node, f"cp:{predicate} {local_name(name)} is not a decision.", about=name)
        return name

    key = r.one(node, CP + "nextContactKey")
    return Roles(
        assessment=r.field_of_kind(node, CP + "assessmentField", "date"),
        identifier=r.field_of_kind(node, CP + "identifierField", "string"),
        episode=r.field_of_kind(node, CP + "episodeField", "string"),
        stage=decision("stageDecision"),
        exit=decision("exitDecision"),
        next_contact=r.identifier(key) if key else None,
    )


def read_programmes(r: GraphReader, decisions: dict[str, Decision]) -> dict[str, Programme]:
    """Return the programmes; each edition adds a decision eligible or not eligible, and its two classes."""
    programmes = {}
    for node in r.graph.instances(CP + "Programme"):
        scope = r.required_condition(node, CP + "scope")
        editions = [_edition(r, node, edition, scope, decisions) for edition in r.graph.all(node, CP + "edition")]
        if not editions:
            r.complain("programme-without-edition", node, "needs a cp:edition.")
        valid_by = r.field_of_kind(node, CP + "validBy", "date")
        if valid_by is None and len(editions) > 1:
            message = f"has {len(editions)} editions, and no date field chooses among them. Name it with cp:validBy."
            r.complain("edition-not-chosen", node, message)
        editions.sort(key=lambda e: e.valid_from or date.min)
        for earlier, later in pairwise(editions):
            dated = later.valid_from is None and r.text(iri(later.iri), DCTERMS + "valid")
            if not dated and (later.valid_from is None or later.valid_from == earlier.valid_from):
                r.complain("edition-not-chosen", iri(later.iri), f"begins with {earlier.id}. Write its first day.")
        programmes[node.value] = Programme(
            iri=node.value,
            id=r.identifier(node),
            label=r.label(node),
            editions=tuple(editions),
            priority=r.priority(node),
            valid_by=valid_by,
        )
    return dict(sorted(programmes.items(), key=lambda item: item[1].priority))


def _edition(r: GraphReader, programme: Node, node: Node, scope: str, decisions: dict[str, Decision]) -> Edition:
    g = r.graph
    own = [
        Criterion(n.value, r.identifier(n), r.label(n), r.required_condition(n, CP + "appliesTo"), r.priority(n))
        for n in g.all(node, CP + "criterion")
    ]
    own.sort(key=lambda c: c.priority)
    if not own:
        r.complain("edition-without-criterion", node, "needs a cp:criterion.")
    decision = _eligibility(r, programme, node, scope, own)
    decisions[decision.iri] = decision
    benefits, limits, steps = (
        read_statements(r, g.all(node, CP + part)) for part in ("benefit", "limit", "processStep")
    )
    first, last = read_days(r, node)
    return Edition(
        iri=node.value,
        id=r.identifier(node),
        label=r.label(node),
        valid_from=first,
        valid_until=last,
        criteria=tuple(own),
        benefits=benefits,
        limits=limits,
        steps=steps,
        decision=decision.iri,
        superseded=read_superseded(r, programme, node, last),
    )


def _eligibility(r: GraphReader, programme: Node, edition: Node, scope: str, own: list[Criterion]) -> Decision:
    """Return the generated decision of an edition; the classes of its two options become conditions."""
    names = tuple(criteria.Named(c.applies_to) for c in own)
    eligible = f"{edition.value}-eligible"
    expressions: dict[str, Expression] = {
        "eligible": criteria.All(names) if len(names) != 1 else names[0],
        "not-eligible": criteria.Not(criteria.Named(eligible)),
    }
    options = []
    for number, (ident, expression) in enumerate(expressions.items(), 1):
        name, label = f"{edition.value}-{ident}", in_every_language(ident)
        r.conditions[name] = Condition(name, local_name(name), label, expression)
        options.append(
            Option(iri=name, id=ident, label=label, applies_to=name, priority=number, refined_by=None, facts=())
        )
    return Decision(
        iri=f"{edition.value}-decision",
        id=r.identifier(programme),
        label=r.label(programme),
        scope=scope,
        policy="Unique",
        priority=r.priority(programme),
        options=tuple(options),
        fact_key=None,
    )
