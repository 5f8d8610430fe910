"""Where terms are: the box of a statement, the decision of an option, and what depends on a condition."""

from __future__ import annotations

from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.reach import reachable
from lrp_kg.namespaces import CP, SH

_UP = ("inBox", "inStage", "optionOf", "shownFor")
_HOLDERS = ("criterion", "edition", "benefit", "limit", "processStep")
_CARRIERS = {"condition", "time-limit", "fact", "advice"}
"""Kinds that are looked through for what depends on them."""
_USES = {CP + name for name in ("appliesTo", "scope", "condition", "askIf", "timeLimit", "fact", "advice")}


def places(side: Snapshot, term: str) -> tuple[str, ...]:
    """Return the terms in which a term is: boxes, stages, decisions, editions, fields."""
    kind = side.kinds.get(term)
    found = [name for up in (_UP if kind != "box" else ("inStage",)) for name in side.iris(term, CP + up)]
    held = {CP + name for name in _HOLDERS}
    found += [name for name, predicate in side.referring.get(term, ()) if predicate in held]
    if kind == "value":
        found += [f.iri for f in side.guideline.fields.values() if term in {v.iri for v in f.values}]
    if kind == "rule":
        found += side.iris(term, SH + "path")
    return tuple(dict.fromkeys(found))


def owners(side: Snapshot, term: str) -> set[str]:
    """Return the identifiers of the decisions and programmes that a term is part of."""
    ends = ("decision", "programme")

    def above(name: str) -> list[str]:
        if side.kinds.get(name) in ends:
            return []
        holders = [x for x, p in side.referring.get(name, ()) if p in (CP + "criterion", CP + "edition")]
        return side.iris(name, CP + "optionOf") + holders

    return {side.identifier(name) for name in reachable([term], above) if side.kinds.get(name) in ends}


def dependents_of(side: Snapshot, term: str) -> tuple[str, ...]:
    """Return what depends on a condition, a time limit, a fact or shared wording, directly or through others."""
    if side.kinds.get(term) not in _CARRIERS:
        return ()

    def carriers(name: str) -> list[str]:
        return [other for other, _ in side.referring.get(name, ()) if side.kinds[other] in _CARRIERS]

    using = (pair for name in reachable([term], carriers) for pair in side.referring.get(name, ()))
    return tuple(dict.fromkeys(other for other, p in using if p in _USES and side.kinds[other] not in _CARRIERS))
