"""Which terms use a term: definitions, options, scopes, statements, criteria, open points, fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lrp_kg.guideline.criteria import Between, Has, Named, walk
from lrp_kg.guideline.index import iri
from lrp_kg.namespaces import CP
from lrp_kg.site.catalogue import Catalogue

ROLES = (
    *("use-definition", "use-scope", "use-option", "use-refined", "use-box", "use-shown", "use-criterion"),
    *("use-edition", "use-chosen", "use-statement", "use-limit", "use-counted", "use-in-force", "use-marked"),
    *("use-warning", "use-asked", "use-derived", "use-implied", "use-excluded", "use-open-point", "use-source"),
    *("use-read-in", "use-wording", "use-actor"),
)
"""Names of phrases, in the order in which a page shows them."""
Uses = Mapping[str, Mapping[str, tuple[str, ...]]]
"""The terms that use a term, by the IRI of that and by role."""
_FINAL = frozenset(
    ("use-refined", "use-counted", "use-marked", "use-asked", "use-open-point", "use-source", "use-read-in")
)
"""Roles in which a user passes nothing on: what depends on it does not depend on what it uses so."""


def uses_of(catalogue: Catalogue) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return for each term, by IRI, the terms that use it, by role."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for used, role, user in _uses(catalogue):
        if used and used != user:
            found.setdefault(used, {}).setdefault(role, {})[user] = None
    return {used: _in_order(roles) for used, roles in sorted(found.items())}


def uses_through_others(uses: Uses, name: str) -> dict[str, tuple[str, ...]]:
    """Return the terms that use a term through others only, by role: an option of a situation that names it, say."""
    direct = {user for users in uses.get(name, {}).values() for user in users}
    todo, queued, definitions = [name], {name}, set[str]()
    found: dict[str, dict[str, None]] = {}
    for used in todo:
        for role, users in uses.get(used, {}).items():
            if role in _FINAL and used != name and used not in definitions:
                continue
            for user in users:
                if user not in direct and user != name:
                    found.setdefault(role, {})[user] = None
                if role == "use-definition":
                    definitions.add(user)
                if role not in _FINAL and user not in queued:
                    queued.add(user)
                    todo.append(user)
    return _in_order(found)


def _in_order(roles: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {role: tuple(roles[role]) for role in ROLES if role in roles}


def _uses(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Yield triples of a term (or an empty string), a role, and the term that uses it in that role."""
    g = catalogue.guideline
    for condition in g.conditions.values():
        if condition.iri not in catalogue.entries:
            continue
        for part in walk(condition.expression):
            if isinstance(part, Named):
                yield part.iri, "use-definition", condition.iri
            elif isinstance(part, (Has, Between)):
                for read in (part.field, *g.expanded.get(part.field, ())):
                    yield read, "use-definition", condition.iri
                if isinstance(part, Has) and isinstance(part.value, str):
                    yield part.value, "use-definition", condition.iri
    for decision in catalogue.decisions:
        yield decision.scope, "use-scope", decision.iri
        for option in decision.options:
            yield option.applies_to, "use-option", option.iri
            yield option.refined_by or "", "use-refined", option.iri
    for box in g.boxes.values():
        yield box.applies_to or "", "use-box", box.iri
        yield box.shown_for, "use-shown", box.iri
    for programme in g.programmes.values():
        if len(programme.editions) > 1:
            yield g.choosing_field(programme) or "", "use-chosen", programme.iri
        for edition in programme.editions:
            yield g.decisions[edition.decision].scope, "use-scope", programme.iri
            for criterion in edition.criteria:
                yield criterion.applies_to, "use-criterion", criterion.iri
                yield criterion.iri, "use-edition", edition.iri
    for _, statement in catalogue.statements():
        yield statement.condition or "", "use-statement", statement.iri
        yield from ((cls or "", "use-limit", statement.iri) for cls in (statement.reached_if, statement.lifted_if))
        yield from ((fact.condition or "", "use-statement", statement.iri) for fact in statement.facts)
        for limit in statement.limits:
            yield limit.condition or "", "use-limit", statement.iri
            yield limit.counted_from, "use-counted", statement.iri
        yield from ((name, "use-in-force", statement.iri) for v in statement.validities for name in v.fields)
        yield statement.advice or "", "use-wording", statement.iri
        yield statement.actor.iri if statement.actor else "", "use-actor", statement.iri
        yield from ((stance.on, "use-marked", statement.iri) for stance in statement.stances)
    for warning in g.warnings:
        yield warning.applies_to, "use-warning", warning.iri
        yield from (
            (name, "use-in-force", warning.iri) for name in (warning.validity.fields if warning.validity else ())
        )
    for field in g.fields.values():
        yield field.ask_if or "", "use-asked", field.iri
        yield from ((implied, "use-implied", field.iri) for implied in field.implies)
        yield from ((excluded, "use-excluded", field.iri) for excluded in field.excludes)
    for derived in g.derived.values():
        yield derived.start, "use-derived", derived.iri
        yield derived.end, "use-derived", derived.iri
    for point in g.open_points:
        for situation in dict.fromkeys((point.applies_to or "", point.decisive_in or "")):
            yield situation, "use-open-point", point.iri
        yield from ((concerned, "use-open-point", point.iri) for concerned in point.concerns)
        yield from ((stance.on, "use-open-point", point.iri) for stance in point.stances)
        yield from ((name, "use-in-force", point.iri) for name in (point.validity.fields if point.validity else ()))
    for entry in catalogue.entries.values():
        yield catalogue.source(entry.term.iri) or "", "use-source", entry.term.iri
    own = [s.iri for _, s in catalogue.statements() if not s.printed]
    for name in own:
        yield catalogue.source(name) or "", "use-source", name
    for name in (*catalogue.entries, *(c.iri for e in g.editions for c in e.criteria), *own):
        yield from ((node.value, "use-read-in", name) for node in catalogue.graph.all(iri(name), CP + "readIn"))
