"""What a store says of its records as a data frame, one row each, in the columns of cohorts.

What a store does not say is missing, never *no*: that a box without a decision of its own is not shown, and that a
warning of a situation is not given, is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas

from lrp_kg.answer.columns import (
    APPLIES,
    box_column,
    cautions_of,
    criteria_of,
    criterion_column,
    edition_column,
    fact_columns,
    fact_sources,
    has_latest_day,
    latest_column,
    shown_statements,
    warning_column,
)
from lrp_kg.guideline.model import Decision, Guideline, Programme, Term
from lrp_kg.logic.outcomes import DECIDED, STATUSES
from lrp_kg.namespaces import CP, DCTERMS, PATIENT_RECORD, local_name
from lrp_kg.research.wide import INDEX, Wording, days, ordered, typed

Ask = Callable[[str], list[dict[str, Any]]]
Lists = Mapping[str, list[str]]
Columns = dict[str, Any]
_WHICH = f"SELECT ?record WHERE {{ ?record a <{PATIENT_RECORD}> }}"
_ASSESSED = f"?record <{CP}assessment>"
_VERDICTS = {"true": True, "false": False}
_APPLYING = dict(zip(("appliesNow", "appliesLater", "appliesPerhaps"), APPLIES, strict=True))
"""Whether a fact applies, by the term of the graph; of what applies no longer the graph does not say it."""


def answers_frame(guideline: Guideline, ask: Ask, wording: Wording) -> pandas.DataFrame:
    """Return what a store says of its records, in the columns of cohorts.

    A record that is no longer valid has no answers: all its columns are missing.
    """
    g = guideline
    rows = sorted(row["record"] for row in ask(_WHICH))
    columns: Columns = {}
    if g.roles.identifier:
        sent = {r["record"]: r["id"] for r in ask(f"SELECT ?record ?id WHERE {{ ?record <{g.roles.identifier}> ?id }}")}
        columns["id"] = pandas.array([sent.get(r) for r in rows], dtype="string")
    ids = {iri: option.id for iri, (_, option) in g.option_owners.items()}
    ids |= {f.iri: f.id for f in g.fields.values()}
    results: dict[str, list[Lists | None]] = {}
    asked: list[tuple[Term, Decision]] = [(d, d) for d in g.own_decisions.values()]
    asked += [(p, g.decisions[p.editions[-1].decision]) for p in g.programmes.values()]
    for term, decision in asked:
        found = _results(ask, term.iri, ids)
        results[term.iri] = [found.get(r) for r in rows]
        columns |= _decision(g, term.id, decision, results[term.iri], wording)
    columns |= _boxes(g, ask, rows, results)
    for p in g.programmes.values():
        columns |= _editions(p, ask, rows, wording)
    statements = list(shown_statements(g))
    for key in g.fact_keys.values():
        columns |= _fact(g, ask, key, rows)
    for statement in filter(has_latest_day, statements):
        said = f"?date <{CP}ofStatement> <{statement.iri}> ; <{CP}latest> ?term . {_ASSESSED}/<{CP}dateResult> ?date"
        latest = {row["record"]: row["term"] for row in ask(f"SELECT ?record ?term WHERE {{ {said} }}")}
        columns[latest_column(statement.id)] = days([latest.get(r) for r in rows])
    columns |= _warnings(g, ask, rows, results)
    frame = pandas.DataFrame(columns)
    frame.index = pandas.Index(rows, name=INDEX, dtype="object")
    return frame


def _boxes(g: Guideline, ask: Ask, rows: Sequence[str], results: Mapping[str, list[Lists | None]]) -> Columns:
    """Return whether boxes are shown; of one that no option shows the store only says where it is."""
    columns = {}
    for box in g.boxes.values():
        decision, option = g.shown_with(box)
        if option:
            shown = [None if r is None else _chosen(r, option.id) for r in results[decision.iri]]
        else:
            having = _records(ask, box.iri, "showsBox")
            shown = [True if r in having else None for r in rows]
        columns[box_column(box.id)] = pandas.array(shown, dtype="boolean")
    return columns


def _chosen(result: Lists, option: str) -> bool | None:
    return True if option in result["answer"] else None if option in result["possible"] else False


def _records(ask: Ask, term: str, *links: str) -> set[str]:
    """Return the records whose assessments have one of some links to a term."""
    given = " ".join(f"<{CP}{link}>" for link in links)
    said = f"VALUES ?link {{ {given} }} {_ASSESSED} ?term . ?term ?link <{term}>"
    return {row["record"] for row in ask(f"SELECT DISTINCT ?record ?term WHERE {{ {said} }}")}


def _decision(
    g: Guideline, name: str, decision: Decision, results: Sequence[Lists | None], wording: Wording
) -> dict[str, Any]:
    words = wording.of(decision.options)
    places = {option: n for n, option in enumerate(words)}
    fields = wording.of(g.fields.values())
    asked = {f.id: (f.ask_order is None, f.ask_order or 0, f.id) for f in g.fields.values()}
    statuses = wording.texts({s: g.statuses.get(s, {}) for s in STATUSES})

    def lists(part: str, said: Mapping[str, str], order: Mapping[str, Any]) -> pandas.Series:
        last = (2,) if part == "missingField" else len(order)
        every = [
            None if r is None else [said.get(x, x) for x in sorted(r[part], key=lambda x: order.get(x, last))]
            for r in results
        ]
        return pandas.Series(every, dtype="object")

    status = [None if r is None else r["status"][0] for r in results]
    answers = lists("answer", words, places)
    if decision.policy == "Collect":
        one: Any = pandas.Series(
            [a if s == DECIDED else None for a, s in zip(answers, status, strict=True)], dtype="object"
        )
    else:
        one = ordered([r["answer"][0] if r and r["status"] == [DECIDED] else None for r in results], words)
    return {
        name: one,
        f"{name}_answers": answers,
        f"{name}_status": ordered(status, statuses),
        f"{name}_possible": lists("possible", words, places),
        f"{name}_missing": lists("missingField", fields, asked),
    }


def _results(ask: Ask, decision: str, ids: Mapping[str, str]) -> dict[str, Lists]:
    """Return status, answers, possible answers and missing fields of a decision, by the record."""
    of = f"?result <{CP}ofDecision> <{decision}>"
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in ask(f"SELECT ?result ?status WHERE {{ {of} ; <{CP}status>/<{DCTERMS}identifier> ?status }}"):
        said[row["result"]]["status"].append(row["status"])
    for part in ("answer", "possible", "missingField"):
        for row in ask(f"SELECT ?result ?value WHERE {{ {of} ; <{CP}{part}> ?value }}"):
            said[row["result"]][part].append(ids.get(row["value"], row["value"]))
    links = ask(f"SELECT ?record ?result WHERE {{ {of} . ?record <{CP}assessment>/<{CP}decisionResult> ?result }}")
    return {row["record"]: said[row["result"]] for row in links}


def _editions(p: Programme, ask: Ask, rows: Sequence[str], wording: Wording) -> Columns:
    """Return whether the criteria of a programme are met by every edition that may apply, and its edition."""
    having = [_records(ask, e.iri, "usesEdition") for e in p.editions]
    used = [[e for e, own in zip(p.editions, having, strict=True) if r in own] for r in rows]
    columns: Columns = {}
    verdicts = _criteria(ask, p.iri)
    for name in criteria_of(p):
        conditions = [[_condition(e.criteria, name) for e in own] for own in used]
        met = [_same({verdicts.get((r, c)) for c in own}) for r, own in zip(rows, conditions, strict=True)]
        columns[criterion_column(p.id, name)] = pandas.array(met, dtype="boolean")
    only = [own[0].id if len(own) == 1 else None for own in used]
    columns[edition_column(p.id)] = ordered(only, wording.of(p.editions))
    return columns


def _criteria(ask: Ask, programme: str) -> dict[tuple[str, str | None], bool]:
    """Return whether conditions of a programme's criteria hold, by record and condition; none where it is open."""
    of = f"?result <{CP}ofDecision> <{programme}>"
    said: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    reason = f"<{CP}criterionResult> ?reason . ?reason <{CP}ofCondition> ?term ; <{CP}verdict> ?verdict"
    for row in ask(f"SELECT ?result ?term ?verdict WHERE {{ {of} ; {reason} }}"):
        verdict = local_name(row["verdict"])
        if verdict in _VERDICTS:
            said[row["result"]].append((row["term"], _VERDICTS[verdict]))
    links = ask(f"SELECT ?record ?result WHERE {{ {of} . {_ASSESSED}/<{CP}decisionResult> ?result }}")
    return {(row["record"], term): verdict for row in links for term, verdict in said[row["result"]]}


def _condition(criteria: Sequence[Any], name: str) -> str | None:
    return next((c.applies_to for c in criteria if c.id == name), None)


def _same(verdicts: set[bool | None]) -> bool | None:
    return verdicts.pop() if len(verdicts) == 1 else None


def _fact(g: Guideline, ask: Ask, key: Term, rows: Sequence[str]) -> Columns:
    """Return the value of a fact, of its own type, and whether it applies; nothing where no answer can have it."""
    sources = fact_sources(g, key.id, shown_statements(g))
    if not sources:
        return {}
    value, applies = fact_columns(key.id)
    of = f"?fact <{CP}factKey> <{key.iri}>"
    values: dict[str, list[Any]] = defaultdict(list)
    for row in ask(f"SELECT ?fact ?term WHERE {{ {of} ; <{CP}factValue> ?term }}"):
        values[row["fact"]].append(row["term"])
    when = {
        r["fact"]: _APPLYING.get(local_name(r["term"]))
        for r in ask(f"SELECT ?fact ?term WHERE {{ {of} ; <{CP}applies> ?term }}")
    }
    links = ask(
        f"SELECT ?record ?term WHERE {{ ?term <{CP}factKey> <{key.iri}> . {_ASSESSED}/<{CP}factResult> ?term }}"
    )
    facts = {row["record"]: row["term"] for row in links}
    found = [values.get(facts.get(r, ""), ()) for r in rows]
    only = [own[0] if len(own) == 1 else None for own in found]
    columns: Columns = {}
    if sources.type is tuple:
        order = [o.id for own in sources.decisions.values() for d in own for o in d.options]
        places = {name: n for n, name in enumerate(order)}
        lists = [
            sorted(own, key=lambda x: places.get(x, len(places))) if r in facts else None
            for r, own in zip(rows, found, strict=True)
        ]
        columns[value] = pandas.Series(lists, dtype="object")
    elif sources.type is str:
        texts = list(dict.fromkeys((*sources.texts, *(v for v in only if v is not None))))
        columns[value] = pandas.Categorical(only, categories=texts)
    elif sources.type is date:
        columns[value] = days(only)
    else:
        kinds: dict[type | None, str] = {bool: "boolean", int: "Int64"}
        columns[value] = typed(only, kinds.get(sources.type, "string"))
    columns[applies] = ordered([when.get(facts.get(r, "")) for r in rows], {name: name for name in APPLIES})
    return columns


def _warnings(g: Guideline, ask: Ask, rows: Sequence[str], results: Mapping[str, list[Lists | None]]) -> Columns:
    """Return whether warnings are given; of those that no option has the store only says where they are."""
    options = {o.caution.iri: (d, o) for d in g.own_decisions.values() for o in d.options if o.caution}
    columns = {}
    for caution in cautions_of(g):
        if caution.iri in options:
            decision, option = options[caution.iri]
            given = [None if r is None else _chosen(r, option.id) for r in results[decision.iri]]
        else:
            having = _records(ask, caution.iri, "warns", "mayWarn", "outdatedWarning")
            given = [True if r in having else None for r in rows]
        columns[warning_column(caution.id)] = pandas.array(given, dtype="boolean")
    return columns
