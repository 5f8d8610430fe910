"""Checks what the passage of time makes out of date: sources to be read again, and rules that nothing follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Caution, Edition, Guideline, Programme, Statement
from lrp_kg.guideline.sources import source_states
from lrp_kg.guideline.validity import Validity
from lrp_kg.namespaces import CP

SHOWN = 3
"""How many terms a finding names; the others are counted."""

Rule = Statement | Caution | Edition


@dataclass(frozen=True)
class _OutOfDate:
    """A term and the last day on which it was to be relied on."""

    iri: str
    id: str
    last: date


def day_findings(guideline: Guideline, day: date, severity: str) -> Iterator[Finding]:
    """Yield what is out of date on a day: one finding of each name for a file, at the first term that it is about."""
    where = guideline.index.positions.where
    sources = [_OutOfDate(s.iri, s.id, s.read_again_by) for s in source_states(guideline) if s.read_again_by]
    for found in _by_file(guideline, [s for s in sources if s.last < day]):
        message = (
            f"{_count(len(found), 'source')} had to be read again before {day}: {_names(found)}. Look whether they "
            f"still hold, then correct cp:readOn and cp:readAgainBy. lrp-kg sources --on {day} says what rests on them."
        )
        yield Finding("source-expired", message, where(found[0].iri), severity=severity, term=found[0].iri)
    ended = [_OutOfDate(rule.iri, rule.id, last) for rule, last in ended_rules(guideline, day)]
    for found in _by_file(guideline, ended):
        message = (
            f"{_count(len(found), 'rule')} ended before {day}, and none follows: {_names(found)}. Answers mark what "
            "the guideline's own sources print as outdated, and leave out other rules. Add the rule that follows, or "
            "correct cp:validUntil."
        )
        yield Finding("statement-outdated", message, where(found[0].iri), severity=severity, term=found[0].iri)


def ended_rules(guideline: Guideline, day: date) -> list[tuple[Rule, date]]:
    """Return statements, warnings and editions whose last day is before a day and that no later rule follows.

    Counted are last days by the day of the assessment or the day that chooses an edition: a rule of another date still
    holds for records with an earlier one. A rule is followed by one that begins on the day after in one of its places
    (box, stage or programme; warnings have none), by an edition that begins then and is chosen by the same date, or by
    one that agrees with it or differs from it.
    """
    places = _places(guideline)
    rules: dict[str, Statement | Caution] = {s.iri: s for s in guideline.statements}
    rules |= {w.iri: w for w in guideline.warnings}
    found: list[tuple[Rule, date]] = []
    for rule in rules.values():
        last = _last_day(guideline, rule)
        if last is None or last >= day:
            continue
        if any(_next_edition(rule, last, programme) for programme in guideline.programmes.values()):
            continue
        others = [o for o in rules.values() if o.iri != rule.iri and type(o) is type(rule)]
        if not any(_follows(guideline, other, rule, last, places) for other in others):
            found.append((rule, last))
    for programme in guideline.programmes.values():
        edition = programme.in_force(day)
        if edition.valid_until and edition.valid_until < day:
            found.append((edition, edition.valid_until))
    return found


def _next_edition(rule: Statement | Caution, last: date, programme: Programme) -> bool:
    by = {field for validity in _validities(rule) for period in validity.every for field in period.by}
    return programme.valid_by in by and any(e.valid_from == last + timedelta(days=1) for e in programme.editions)


def _follows(
    guideline: Guideline, other: Statement | Caution, rule: Rule, last: date, places: Mapping[str, frozenset[str]]
) -> bool:
    graph = guideline.index.graph
    marks = (graph.all(iri(other.iri), CP + name) for name in ("agreesWith", "differsFrom"))
    if any(node.value == rule.iri for nodes in marks for node in nodes):
        return True
    together = isinstance(other, Caution) or bool(places[other.iri] & places[rule.iri])
    return together and any(p.first == last + timedelta(days=1) for v in _validities(other) for p in v.every)


def _last_day(guideline: Guideline, rule: Statement | Caution) -> date | None:
    """Return the last day of a rule or of the first of its parts that ends, by the dates that move with time."""
    moving = {guideline.roles.assessment, *(p.valid_by for p in guideline.programmes.values())}
    periods = [p for v in _validities(rule) for p in v.every]
    return min((p.last for p in periods if p.last and moving.intersection(p.by)), default=None)


def _validities(rule: Statement | Caution) -> tuple[Validity, ...]:
    if isinstance(rule, Statement):
        return rule.validities
    return (rule.validity,) if rule.validity else ()


def _places(guideline: Guideline) -> Mapping[str, frozenset[str]]:
    """Return the boxes, stages and programmes in which each statement is, by its IRI."""
    found: dict[str, set[str]] = {s.iri: set() for s in guideline.statements}
    for box in guideline.boxes.values():
        for s in box.statements:
            found[s.iri].add(box.iri)
    for stage, notices in guideline.notices.items():
        for s in notices:
            found[s.iri].add(stage)
    for programme in guideline.programmes.values():
        for edition in programme.editions:
            for s in edition.statements:
                found[s.iri].add(programme.iri)
    return {name: frozenset(own) for name, own in found.items()}


def _by_file(guideline: Guideline, found: list[_OutOfDate]) -> Iterator[list[_OutOfDate]]:
    """Yield terms by the file that they are in, each in the order of its lines."""

    def place(term: _OutOfDate) -> tuple[str, int]:
        file, _, line = guideline.index.positions.where(term.iri).rpartition(":")
        return file, int(line) if line.isdigit() else 0

    for _, terms in groupby(sorted(found, key=place), key=lambda term: place(term)[0]):
        yield list(terms)


def _names(found: list[_OutOfDate]) -> str:
    named = ", ".join(f"{term.id} ({term.last})" for term in found[:SHOWN])
    more = len(found) - SHOWN
    return f"{named} and {more} more" if more > 0 else named


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
