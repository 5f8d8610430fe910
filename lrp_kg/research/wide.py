"""One wide row a record, as a data frame: what is recorded, and what the guideline says of it.

Columns have the names of ``lrp-kg cohort``: fields, decisions and programmes by their identifiers. What is not known is
missing (``pandas.NA``, ``NaT``), never *no*; a list of nothing is an empty list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas

from lrp_kg.guideline.model import Decision, Guideline, Term
from lrp_kg.guideline.named_graphs import RECORDS
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, NOT_APPLICABLE, SEVERAL, UNDETERMINED
from lrp_kg.namespaces import CP, DCTERMS, PATIENT_RECORD, local_name
from lrp_kg.record.model import Members, RawRecord
from lrp_kg.words import Text, in_language

Ask = Callable[[str], list[dict[str, Any]]]
Lists = Mapping[str, list[str]]

ALL_RECORDS = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{RECORDS}> {{ ?s ?p ?o }} }}"
STATUSES = (DECIDED, SEVERAL, UNDETERMINED, NO_ANSWER, NOT_APPLICABLE)
_INDEX = "record"
_TYPES = {"integer": "Int64", "string": "string"}
_WHICH = f"SELECT ?record WHERE {{ ?record a <{PATIENT_RECORD}> }}"


@dataclass(frozen=True)
class Wording:
    """How terms are written in a frame: by their identifiers (``codes``), or their labels in a language."""

    lang: str
    codes: bool

    def of(self, terms: Iterable[Term]) -> dict[str, str]:
        """Return how each term is written, by identifier; labels that two terms share keep the identifier."""
        return self.texts({t.id: t.label for t in terms})

    def texts(self, labels: Mapping[str, Text]) -> dict[str, str]:
        """Return how identifiers with labels are written."""
        if self.codes:
            return {name: name for name in labels}
        said = {name: in_language(label, self.lang, name) for name, label in labels.items()}
        shared = list(said.values())
        return {name: f"{text} ({name})" if shared.count(text) > 1 else text for name, text in said.items()}


def ordered(values: Sequence[str | None], words: Mapping[str, str]) -> pandas.Categorical:
    """Return identifiers as ordered categories; ``words`` has those of the guideline, in the order of the pathway.

    Others, which a store answered by another version can have, come last as they are.
    """
    words = {**words, **{v: v for v in values if v is not None and v not in words}}
    return pandas.Categorical(
        [None if v is None else words[v] for v in values], categories=list(words.values()), ordered=True
    )


def days(values: Sequence[str | None]) -> pandas.Series:
    """Return dates as ``datetime64``; in seconds, which every year fits."""
    return _typed(values, "datetime64[s]")


def _typed(values: Sequence[Any], dtype: str) -> pandas.Series:
    """Return a column of a type, as text where a value is not of it: a store can hold what is no longer valid."""
    try:
        return pandas.Series(values, dtype=dtype)
    except (ValueError, TypeError):
        return pandas.Series([None if v is None else str(v) for v in values], dtype="string")


def records_frame(guideline: Guideline, records: Iterable[RawRecord], wording: Wording) -> pandas.DataFrame:
    """Return the fields of records; bounds of uncertain dates are columns where a record has some.

    So is what is no field of this guideline, by its IRI.
    """
    found = sorted(records, key=lambda raw: raw.subject)
    said = [dict(raw.entries) for raw in found]
    columns: dict[str, Any] = {}
    own = guideline.roles.identifier
    for f in sorted(guideline.fields.values(), key=lambda f: f.iri != own):
        values = [entries.get(f.iri) for entries in said]
        words = {v.iri: word for v, word in zip(f.values, wording.of(f.values).values(), strict=True)}
        if f.kind == "values":
            lists = [[words.get(n.value, n.value) for n in v.nodes] if isinstance(v, Members) else None for v in values]
            columns[f.id] = pandas.Series(lists, dtype="object")
            continue
        texts = [None if v is None or isinstance(v, Members) else v.value for v in values]
        if f.kind == "value":
            columns[f.id] = ordered(texts, words)
        elif f.kind == "date":
            columns[f.id] = days(texts)
            for bound in f.bounds or ():
                if any(bound in entries for entries in said):
                    columns[local_name(bound)] = days([_text(entries.get(bound)) for entries in said])
        elif f.kind == "boolean":
            truths = {"true": True, "1": True, "false": False, "0": False}
            columns[f.id] = _typed([None if t is None else truths.get(t, t) for t in texts], "boolean")
        else:
            columns[f.id] = _typed([_whole(t) for t in texts] if f.kind == "integer" else texts, _TYPES[f.kind])
    known = {*guideline.fields, *guideline.bounded}
    for name in dict.fromkeys(p for entries in said for p in entries if p not in known):
        columns[name] = _typed([_text(entries.get(name)) for entries in said], "string")
    frame = pandas.DataFrame(columns)
    frame.index = pandas.Index([raw.subject for raw in found], name=_INDEX, dtype="object")
    return frame


def _whole(text: str | None) -> int | str | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return text


def _text(value: Any) -> str | None:
    if isinstance(value, Members):
        return ";".join(node.value for node in value.nodes)
    return None if value is None else str(value.value)


def answers_frame(guideline: Guideline, ask: Ask, wording: Wording) -> pandas.DataFrame:
    """Return what a store says of its records: for each decision and programme five columns, editions, and boxes.

    Boxes are those that an option shows; a store does not say of others that they are not shown. A record that is no
    longer valid has no answers: all its columns are missing.
    """
    g = guideline
    rows = sorted(row["record"] for row in ask(_WHICH))
    columns: dict[str, Any] = {}
    if g.roles.identifier:
        sent = {r["record"]: r["id"] for r in ask(f"SELECT ?record ?id WHERE {{ ?record <{g.roles.identifier}> ?id }}")}
        columns["id"] = pandas.array([sent.get(r) for r in rows], dtype="string")
    ids = {iri: option.id for iri, (_, option) in g.option_owners.items()}
    ids |= {f.iri: f.id for f in g.fields.values()}
    results: dict[str, list[Mapping[str, list[str]] | None]] = {}
    asked: list[tuple[Term, Decision]] = [(d, d) for d in g.own_decisions.values()]
    asked += [(p, g.decisions[p.editions[-1].decision]) for p in g.programmes.values()]
    for term, decision in asked:
        found = _results(ask, term.iri, ids)
        results[term.iri] = [found.get(r) for r in rows]
        columns |= _decision(g, term.id, decision, results[term.iri], wording)
    editions = _linked(ask, "usesEdition")
    for p in g.programmes.values():
        used = [[e.id for e in p.editions if e.iri in editions.get(r, ())] for r in rows]
        only = [names[0] if len(names) == 1 else None for names in used]
        columns[f"edition.{p.id}"] = ordered(only, wording.of(p.editions))
    for box in g.boxes.values():
        decision, option = g.shown_with(box)
        if option:
            shown = [None if r is None else _chosen(r, option.id) for r in results[decision.iri]]
            columns[f"box.{box.id}"] = pandas.array(shown, dtype="boolean")
    frame = pandas.DataFrame(columns)
    frame.index = pandas.Index(rows, name=_INDEX, dtype="object")
    return frame


def _chosen(result: Lists, option: str) -> bool | None:
    return True if option in result["answer"] else None if option in result["possible"] else False


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


def _linked(ask: Ask, link: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in ask(f"SELECT ?record ?term WHERE {{ ?record <{CP}assessment>/<{CP}{link}> ?term }}"):
        found[row["record"]].add(row["term"])
    return found
