"""The OWL 2 RL rules of owlrl, with the same conclusions and errors, without steps that can conclude nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import owlrl
import rdflib
from rdflib.namespace import OWL, RDF, RDFS

_Triple = tuple[Any, Any, Any]
_VOCABULARY = tuple(str(namespace) for namespace in (OWL, RDF, RDFS))
_DIFFERENT, _SAME, _TYPE = OWL.differentFrom, OWL.sameAs, RDF.type
_BELOW, _EQUIVALENT = RDFS.subClassOf, OWL.equivalentClass
_PARTS = frozenset((RDF.first, RDF.rest, OWL.onProperty))
"""Predicates that rules look up, but with which none begins."""
_LEVEL = frozenset((RDFS.subClassOf, OWL.equivalentClass, RDFS.subPropertyOf, OWL.equivalentProperty))
"""Predicates from which nothing follows about other terms where subject and object are one term."""
_REFLEXIVE = _LEVEL | {_SAME}
_COMPARED = frozenset((RDFS.subClassOf, RDFS.subPropertyOf))
"""Predicates by which rules compare what restrictions are of, also of one term with itself."""
_PLACES = (OWL.onProperty, OWL.someValuesFrom, OWL.allValuesFrom)
GROUPS = ("_properties", "_equality", "_classes", "_class_axioms", "_schema_vocabulary")
"""Methods of owlrl that hold its rules, in their order."""


for _namespace in (OWL, RDF, RDFS):  # rdflib looks a term up at each access, of which owlrl has millions
    for _name in _namespace.__annotations__:
        setattr(_namespace, _name, _namespace[_name])


@cache
def groups_of(term: rdflib.term.Node) -> tuple[Callable[..., None], ...]:
    """Return the groups with a rule that can begin with this predicate or type: those whose code names it."""
    name = str(term).rpartition("#")[2]
    found = (getattr(owlrl.OWLRL_Semantics, group) for group in GROUPS)
    return tuple(group for group in found if name in group.__code__.co_names)


class Rules(owlrl.OWLRL_Semantics):  # type: ignore[misc]
    """The rules of owlrl, several times as fast.

    owlrl applies every rule to every triple in each round. Each rule but one (that each term is the same as itself)
    begins with a predicate, or with a type, of OWL, RDF or RDFS.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.known: set[_Triple] = set()
        self.same: set[Any] = set()
        self.applied: set[_Triple] = set()
        self.blank: set[rdflib.BNode] = set()
        self.raised: set[Any] = set()
        self.filled: set[Any] = set()
        super().__init__(*arguments, **options)
        self.known.update(self.graph)

    def empty_stored_triples(self) -> None:
        """Begin the next round; the triples of the last one are in the graph by now."""
        added: set[_Triple] = getattr(self, "added_triples", set())
        self.known |= added
        self.raised = {s for s, p, _ in added if p == _BELOW}
        self.filled = {o for _, p, o in added if p == _TYPE}
        super().empty_stored_triples()

    def store_triple(self, t: _Triple) -> None:
        """Store a derived triple unless it is known."""
        if t not in self.known and not isinstance(t[1], rdflib.Literal):
            self.added_triples.add(t)

    def rules(self, t: _Triple, cycle_num: int) -> None:
        """Apply the rules to a triple that can set off one."""
        if cycle_num == 1:
            self.blank.update(node for node in t if isinstance(node, rdflib.BNode))
        for node in t:
            if node not in self.same:
                self.same.add(node)
                self.store_triple((node, _SAME, node))
        if self.can_conclude(*t) and not (t in self.applied and self.concludes_the_same(*t)):
            self.applied.add(t)
            for group in groups_of(t[2] if t[1] == _TYPE else t[1]):
                group(self, t, max(cycle_num, 2))  # what the first adds is said before all rounds

    def can_conclude(self, s: Any, p: Any, o: Any) -> bool:
        """Return whether a triple can set off a rule other than that of equality with itself."""
        if p == _SAME and s == o:
            return (s, _DIFFERENT, s) in self.known
        of_owl = str(p).startswith(_VOCABULARY) and p not in _PARTS
        return of_owl and (p != _TYPE or str(o).startswith(_VOCABULARY))

    def concludes_the_same(self, s: Any, p: Any, o: Any) -> bool:
        """Return whether the last round added nothing of what the rules look up for a triple, known for some kinds.

        That a class is below another makes it one below those above, and its members members; owlrl would conclude
        both again in each round. Of two equivalent classes each is below the other, and the rest follows from that.
        """
        if p in _LEVEL and s == o:
            return True
        if p == _BELOW:
            return o not in self.raised and s not in self.filled
        return bool(p == _EQUIVALENT or (p == _TYPE and o == OWL.Class))

    def post_process(self) -> None:
        """Remove triples whose predicate is a blank node."""
        self.bnodes = list(self.blank)
        super().post_process()


class IrreflexiveRules(Rules):
    """The rules without conclusions of a term about itself, from which most often nothing follows.

    Some are concluded meanwhile, and taken away in the end: that a class or property of a restriction is below itself,
    by which rules compare restrictions, and so of what is the same as another term, of which then follows as much; and
    that what differs from itself is the same, which is an error.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.meanwhile: set[_Triple] = set()
        super().__init__(*arguments, **options)

    def store_triple(self, t: _Triple) -> None:
        """Store a derived triple unless it is about a term and itself, and no rule asks for it."""
        if t[0] != t[2] or t[1] not in _REFLEXIVE:
            super().store_triple(t)
            if t[0] == t[2] and t[1] == _DIFFERENT:  # which is an error
                self._store_meanwhile((t[0], _SAME, t[0]))
        elif t not in self.known and self._is_asked_for(t[0], t[1]):
            self._store_meanwhile(t)

    def concludes_the_same(self, s: Any, p: Any, o: Any) -> bool:
        """Return what the rules do, but of a class: a restriction to it may have come, or what is the same."""
        return not (p == _TYPE and o == OWL.Class) and super().concludes_the_same(s, p, o)

    def post_process(self) -> None:
        """Remove what was only concluded meanwhile."""
        for triple in self.meanwhile:
            self.graph.remove(triple)
        super().post_process()

    def _store_meanwhile(self, t: _Triple) -> None:
        if t not in self.known:
            self.meanwhile.add(t)
            super().store_triple(t)

    def _is_asked_for(self, term: Any, p: Any) -> bool:
        if p == _SAME:
            return (term, _DIFFERENT, term) in self.known
        if any(other != term for other in self.graph.objects(term, _SAME)):
            return True
        return p in _COMPARED and any((None, place, term) in self.graph for place in _PLACES)
