"""The fields that a record does not have and that would settle more of its answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from lrp_kg.answer.results import AskedField, DecisionResult, StatementResult
from lrp_kg.guideline.criteria import Between, Expression, Has, Named, parts_of
from lrp_kg.guideline.model import Decision, Guideline, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program


def unknown_in(
    expression: Expression,
    program: Program,
    verdict_of: Callable[[Expression], int],
    known: Callable[[str], bool],
) -> set[str]:
    """Return the unknown input fields that leave an expression without a verdict; ``known``: whether a date is."""
    node = program.nodes[program.index[expression]]
    if verdict_of(expression) != OPEN:
        return set()
    if isinstance(node, (Has, Between)):
        return {name for name in program.cells.inputs(program.cells.index[node.field]) if not known(name)}
    return set().union(*(unknown_in(part, program, verdict_of, known) for part in parts_of(node)))


def inputs_of(guideline: Guideline, program: Program, decisions: Iterable[Decision]) -> frozenset[str]:
    """Return the input fields that decisions read, with those that refine their options."""
    found: set[str] = set()
    for d in decisions:
        read = (program.fields(Named(cls)) for cls in (d.scope, *(o.applies_to for o in d.options)))
        found.update(name for fields in read for i in fields for name in program.cells.inputs(i))
        inner = [guideline.decisions[o.refined_by] for o in d.options if o.refined_by]
        found |= inputs_of(guideline, program, inner)
    return frozenset(found)


def own_fields(guideline: Guideline, program: Program) -> dict[str, frozenset[str]]:
    """Return by programme the input fields that it reads and that no decision of the guideline itself reads."""
    elsewhere = inputs_of(guideline, program, guideline.own_decisions.values())
    return {
        p.iri: inputs_of(guideline, program, (guideline.decisions[e.decision] for e in p.editions)) - elsewhere
        for p in guideline.programmes.values()
    }


def open_fields(
    statements: Iterable[StatementResult],
    verdict_of: Callable[[str | None], int],
    unknown_of: Callable[[str], set[str]],
    undated: Callable[[Statement], set[str]],
    known: Callable[[str], bool],
) -> set[str]:
    """Return the unknown fields that shown statements and their dates wait for; ``unknown_of`` those of a class.

    ``undated`` are the dates that say whether a statement is in force, ``known`` says whether a date is known.
    """
    found: set[str] = set()
    for s in statements:
        if s.verdict == OPEN and s.statement.condition:
            found |= unknown_of(s.statement.condition)
        if s.reached == OPEN and s.statement.reached_if:
            found |= unknown_of(s.statement.reached_if)
        if s.reached in (TRUE, OPEN) and s.statement.lifted_if:
            found |= unknown_of(s.statement.lifted_if)
        found |= undated(s.statement)
        for limit in s.statement.limits:
            counts = verdict_of(limit.condition)
            if counts == OPEN and limit.condition:
                found |= unknown_of(limit.condition)
            if counts != FALSE and not known(limit.counted_from):
                found.add(limit.counted_from)
    return found


def asking_order(guideline: Guideline, name: str) -> tuple[int, str]:
    """Return by what fields are sorted to be asked for."""
    return guideline.fields[name].ask_order or 0, name


def in_question_order(
    guideline: Guideline, results: Iterable[DecisionResult], further: Iterable[str]
) -> tuple[str, ...]:
    """Return the fields that decisions miss, then those that only statements and their dates wait for."""
    first = {name for r in results for name in r.result.missing}

    def ordered(names: set[str]) -> list[str]:
        return sorted(names, key=lambda name: asking_order(guideline, name))

    return tuple(ordered(first) + ordered(set(further) - first))


def questions_of(
    guideline: Guideline, fields: Iterable[str], results: Mapping[str, DecisionResult], partial: Collection[str]
) -> tuple[AskedField, ...]:
    """Return the questions for fields, in the order in which the guideline asks them; last what is known in part."""
    in_order = sorted(fields, key=lambda name: (name in partial, asking_order(guideline, name)))
    missed_by: dict[str, list[str]] = {}
    for decision, found in results.items():
        for name in set(found.result.missing):
            missed_by.setdefault(name, []).append(decision)
    return tuple([AskedField(name, tuple(missed_by.get(name, ())), name in partial) for name in in_order])
