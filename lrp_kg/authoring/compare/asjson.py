"""A comparison as JSON-ready data: codes and identifiers for programs, beside them the words of one language."""

from __future__ import annotations

from datetime import date
from typing import Any

from lrp_kg.authoring.compare.model import (
    CasesEffect,
    Change,
    CohortEffect,
    Comparison,
    DecisionEffect,
    Edit,
    Literal,
    PlaceEffect,
    Region,
)
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.compare.words import DiffWords
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.namespaces import local_name

Json = dict[str, Any]


def to_json(found: Comparison, words: DiffWords) -> Json:
    """Return a comparison for programs."""
    return {
        "old": {"name": found.old.name, "id": found.old.id, "version": found.old.version},
        "new": {"name": found.new.name, "id": found.new.id, "version": found.new.version},
        "differs": found.differs,
        "class": found.level.word,
        "nextVersion": found.next_version or None,
        "changes": [_change(c, words) for c in found.changes],
        "decisions": [_decision(d, words.sides) for d in found.decisions],
        "shown": [_place(p, words.sides) for p in found.places],
        "cohort": _cohort(found.cohort) if found.cohort else None,
        "cases": _cases(found.cases) if found.cases else None,
    }


def _change(c: Change, words: DiffWords) -> Json:
    return {
        "term": c.term,
        "id": c.id,
        "kind": c.kind,
        "what": c.what,
        "of": c.of or None,
        "class": c.level.word,
        "before": list(c.before),
        "after": list(c.after),
        "language": c.language or None,
        "in": list(c.place),
        "through": list(c.through),
        "concerns": list(c.uses),
        "edits": [_edit(e, words) for e in c.edits],
        "text": " – ".join(part for part in words.summary(c) if part),
    }


def _edit(e: Edit, words: DiffWords) -> Json:
    plain = e.what in ("threshold", "operator")
    return {
        "what": e.what,
        "field": local_name(e.field) or None,
        "bound": e.bound or None,
        "before": e.before if plain else None,
        "after": e.after if plain else None,
        "text": words.edit(e),
    }


def _decision(d: DecisionEffect, sides: tuple[Snapshot, Snapshot]) -> Json:
    period = d.period and {"from": _iso(d.period.since), "until": _iso(d.period.until)}
    return {
        "id": d.id,
        "status": d.status,
        "editions": [e for e in d.editions if e] or None,
        "period": period,
        "combinations": d.combinations or None,
        "differing": d.differing,
        "class": d.level.word,
        "regions": [region_json(r, sides) for r in d.regions],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def region_json(r: Region, sides: tuple[Snapshot, Snapshot]) -> Json:
    """Return a region for programs."""
    return {
        "before": _outcome(r.before),
        "after": _outcome(r.after),
        "combinations": r.combinations,
        "conditions": [
            {
                "allows": {local_name(x.field) + ":old" * x.old: _literal(x, sides) for x in literals},
                "combinations": size,
            }
            for literals, size in r.conditions
        ],
        "smallestRecord": None if r.example is None else dict(r.example),
        "validBefore": r.valid[0],
        "validAfter": r.valid[1],
    }


def _outcome(outcome: Outcome | None) -> Json:
    if outcome is None:
        return {"status": "invalid", "answers": []}
    return {"status": outcome.status, "answers": list(outcome.answers)}


def _literal(literal: Literal, sides: tuple[Snapshot, Snapshot]) -> list[Any]:
    """Return what is allowed of an input: JSON values, or ranges with both ends included; ``null`` is: not there."""
    found: list[Any] = [value if isinstance(value, bool) else _identifier(value, sides) for value in literal.values]
    found += [{"min": low, "max": high} for low, high in literal.ranges]
    return [*found, None] if literal.absent else found


def _identifier(term: str, sides: tuple[Snapshot, Snapshot]) -> str:
    return sides[NEW if term in sides[NEW].kinds else OLD].identifier(term)


def _place(p: PlaceEffect, sides: tuple[Snapshot, Snapshot]) -> Json:
    return {
        "id": p.id,
        "iri": p.iri,
        "kind": p.kind,
        "label": p.printed or None,
        "stages": [_identifier(stage, sides) for stage in p.stage],
        "what": p.what,
        "statements": [
            {"id": s.id, "what": s.what, "of": list(s.of), "regions": [region_json(r, sides) for r in s.regions]}
            for s in p.statements
        ],
        "regions": [region_json(r, sides) for r in p.regions],
    }


def _cohort(c: CohortEffect) -> Json:
    return {
        **c.counts,
        "decisions": {
            m.id: {
                "same": m.same,
                "moved": [
                    {"before": _outcome(a), "after": _outcome(b), "records": n, "first": m.first[a, b]}
                    for (a, b), n in m.moved.items()
                ],
            }
            for m in c.decisions
        },
    }


def _cases(c: CasesEffect) -> Json:
    failing = [{"id": f.id or None, "note": f.note, "where": f.where, "lines": list(f.lines)} for f in c.failing]
    return {"run": c.run, "newlyFailing": failing}
