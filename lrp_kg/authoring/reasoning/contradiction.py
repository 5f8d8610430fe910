"""Finds which statements contradict each other: a smallest set, from which none can be left out.

A reasoner only says that a set of statements is inconsistent. Of growing sets it is asked for the first that is: the
last statement of that one is needed. The others are looked for in the same way among those before it, nearest first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import pyoxigraph as ox

from lrp_kg.authoring.reasoning.statements import OwlStatement

FirstInconsistent = Callable[[Sequence[Sequence[ox.Triple]]], int | None]
"""Says which of some growing sets of triples is the first that is inconsistent."""
FEW = 64
"""Statements up to which sets grow slowly: to start a reasoner takes longer than to ask it about many small sets."""
SETS = 8
"""Larger sets that a reasoner is asked about at once, and three times as many small ones."""
SECONDS = 60.0
"""After which the set that is found is not made smaller."""


def smallest_contradiction(
    statements: Sequence[OwlStatement],
    near: Iterable[str],
    first_inconsistent: FirstInconsistent,
    background: Sequence[ox.Triple] = (),
    seconds: float = SECONDS,
) -> list[OwlStatement]:
    """Return statements that cannot all be true together with a background; none where all can.

    ``near`` are terms that the contradiction is about, where they are known. Past its time it returns more than needed.
    """
    end = time.monotonic() + seconds
    declared = [s for s in statements if s.declares]
    pool = nearest([s for s in statements if not s.declares], set(near))
    needed: list[OwlStatement] = []
    while time.monotonic() < end:
        size = _first_size(pool, needed, first_inconsistent, [*background], declared)
        if size is None:
            return needed and [*needed, *pool]
        if size == 0:
            return needed
        needed.append(pool[size - 1])
        pool = nearest(pool[: size - 1], {name for s in needed for name in s.terms})
    return [*needed, *pool]


def _first_size(
    pool: Sequence[OwlStatement],
    needed: Sequence[OwlStatement],
    first_inconsistent: FirstInconsistent,
    background: Sequence[ox.Triple],
    declared: Sequence[OwlStatement],
) -> int | None:
    """Return how many of the first statements are inconsistent with what is needed; ``None`` where all are not."""

    def triples(size: int) -> list[ox.Triple]:
        chosen = [*needed, *pool[:size]]
        names = {name for s in chosen for name in s.terms} | {value for t in background for value in _names(t)}
        known = [t for s in declared if s.terms[0] in names for t in s.triples]
        return [*background, *known, *(t for s in chosen for t in s.triples)]

    sizes = _growing(len(pool))
    while True:
        found = first_inconsistent([triples(size) for size in sizes])
        if found is None:
            return None
        low = sizes[found - 1] if found else -1
        if sizes[found] - low <= 1:
            return sizes[found]
        sizes = _between(low, sizes[found])


def _growing(most: int) -> list[int]:
    """Return sizes from none to all, growing slowly at first and then doubling."""
    sizes = [0]
    while sizes[-1] < most:
        last = sizes[-1]
        sizes.append(min(most, last + max(1, last // 4 if last < FEW else last)))
    return sizes


def _between(low: int, high: int) -> list[int]:
    """Return sizes above the one and up to the other."""
    steps = 3 * SETS if high <= 4 * FEW else SETS
    sizes = [low + round((high - low) * n / steps) for n in range(steps + 1)]
    return [b for a, b in pairwise(sizes) if b > a]


def nearest(statements: Sequence[OwlStatement], terms: set[str]) -> list[OwlStatement]:
    """Return statements in the order of their distance from some terms, those without a connection last."""
    return [*_connected(statements, terms)] if terms else [*statements]


def _connected(statements: Sequence[OwlStatement], terms: set[str]) -> Iterator[OwlStatement]:
    by_term: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name in statement.terms:
            by_term.setdefault(name, []).append(number)
    seen: set[int] = set()
    reached, pending = set(terms), sorted(terms)
    while pending:
        found = dict.fromkeys(n for name in pending for n in by_term.get(name, ()) if n not in seen)
        seen.update(found)
        yield from (statements[n] for n in sorted(found))
        pending = sorted({name for n in found for name in statements[n].terms} - reached)
        reached.update(pending)
    yield from (s for n, s in enumerate(statements) if n not in seen)


def _names(t: ox.Triple) -> list[str]:
    return [node.value for node in (t.subject, t.predicate, t.object) if isinstance(node, ox.NamedNode)]
