"""Says which statements are the cause of a contradiction, or of a condition that nobody can fulfil."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.reasoning.contradiction import FirstInconsistent, nearest, smallest_contradiction
from lrp_kg.authoring.reasoning.logic import Logic
from lrp_kg.authoring.reasoning.statements import OwlStatement, StatementPlaces, statements_of
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.namespaces import OWL, RDF, local_name

MOST = 3
"""Contradictions that are explained in one check, and impossible conditions."""
NEAR = 300
"""Statements nearest to some terms among which a contradiction about these is looked for."""
LISTED = 12
"""Statements of a contradiction that are listed."""
PROBE = "urn:lrp-kg:probe:"
"""Begins the name of a member that a class is supposed to have."""


class Causes:
    """Looks for causes in the ontology of a guideline."""

    def __init__(self, modules: Sequence[Module], logic: Logic, folder: Path) -> None:
        self._places = StatementPlaces(modules)
        self._logic = logic
        self._folder = str(folder)

    def contradictions(
        self, known: Collection[OwlStatement], near: Collection[str], first_inconsistent: FirstInconsistent
    ) -> Iterator[list[OwlStatement]]:
        """Yield the smallest contradictions in all but some known statements, one after the other.

        With terms that a contradiction is ``near`` it yields only one, if it is not far from them.
        """
        statements = [s for s in statements_of(self._logic.triples) if s not in known]
        if near:
            pool = [s for s in nearest(statements, set(near)) if not s.declares][:NEAR]
            found = smallest_contradiction([*(s for s in statements if s.declares), *pool], near, first_inconsistent)
            yield from [found] if found else []
            return
        for number in range(MOST):
            if (known or number) and first_inconsistent([[t for s in statements for t in s.triples]]) is None:
                return
            found = smallest_contradiction(statements, (), first_inconsistent)
            if not found:
                return
            yield found
            statements = [s for s in statements if s not in found]

    def exclusion(self, condition: str, first_inconsistent: FirstInconsistent) -> list[OwlStatement]:
        """Return the fewest statements by which nobody can fulfil a condition."""
        statements = statements_of(self._logic.reached(condition))
        return smallest_contradiction(statements, [condition], first_inconsistent, [member_of(condition)])

    def contradiction(self, statements: Sequence[OwlStatement]) -> Finding:
        """Return the finding about statements that contradict each other, at the first of them."""
        placed = sorted(statements, key=self._places.order)
        if len(placed) == 1:
            said = f"This statement contradicts itself: {self._listed(placed)}. Correct it."
        else:
            said = f"These {len(placed)} statements contradict each other: {self._listed(placed)}. Correct one of them."
        where = next(filter(None, map(self._places.where, placed)), self._folder)
        return Finding("ontology-inconsistent", said, where, term=placed[0].terms[0] if placed[0].terms else "")

    def impossible(self, condition: str, statements: Sequence[OwlStatement], where: str) -> Finding:
        """Return the finding about a condition that nobody can fulfil because of some statements."""
        placed = sorted(statements, key=self._places.order)
        said = f"because of {'this statement' if len(placed) == 1 else f'these {len(placed)} statements'}"
        text = f"{local_name(condition)}: cannot have a member, {said}: {self._listed(placed)}. Correct one of them."
        return Finding("unsatisfiable-class", text, where or self._folder, term=condition)

    def _listed(self, statements: Sequence[OwlStatement]) -> str:
        shown = []
        for statement in statements[:LISTED]:
            file, _, line = self._places.where(statement).rpartition(":")
            shown.append(f"{statement} ({Path(file).name}:{line})" if file else str(statement))
        more = len(statements) - LISTED
        return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def member_of(condition: str) -> ox.Triple:
    """Return that a condition has a member."""
    return ox.Triple(ox.NamedNode(PROBE + local_name(condition)), ox.NamedNode(RDF + "type"), ox.NamedNode(condition))


def with_differences(triples: Sequence[ox.Triple]) -> list[ox.Triple]:
    """Return triples with which values differ, pair by pair, since owlrl ignores the last of an owl:AllDifferent."""
    found = list(triples)
    items: dict[object, dict[str, ox.Triple]] = {}
    for t in triples:
        items.setdefault(t.subject, {})[t.predicate.value] = t
    for t in triples:
        if t.predicate.value not in (OWL + "distinctMembers", OWL + "members"):
            continue
        kind = items[t.subject].get(RDF + "type")
        if kind is None or value_of(kind.object) != OWL + "AllDifferent":
            continue
        members, node = [], t.object
        while node in items and RDF + "first" in items[node]:
            members.append(items[node][RDF + "first"].object)
            node = items[node][RDF + "rest"].object
        pairs = combinations([m for m in members if isinstance(m, ox.NamedNode)], 2)
        found += [ox.Triple(a, ox.NamedNode(OWL + "differentFrom"), b) for a, b in pairs]
    return found
