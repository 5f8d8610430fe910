"""Links each contact of an episode to the next one, before the records of a load are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, pairwise, product
from operator import itemgetter
from typing import NamedTuple

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import DERIVED, RECORDS
from lrp_kg.record.model import Members
from lrp_kg.research.engine.homes import Homes, in_graph
from lrp_kg.research.store.predicates import NEXT_CONTACT
from lrp_kg.research.store.quads import NamedRecord, term_text

_NEXT = ox.NamedNode(NEXT_CONTACT)


class Contact(NamedTuple):
    """A record with an episode, as N-Triples has it, and a day of assessment."""

    record: str
    episode: str
    day: str


def contacts_of(named: NamedRecord, guideline: Guideline) -> Iterator[Contact]:
    """Yield what a record says of its episode and its day: one contact, none where either is not there."""
    episode, day = guideline.roles.episode, guideline.roles.assessment
    sent = [(p, value) for p, value in named.raw.entries if p in (episode, day) and not isinstance(value, Members)]
    days = [value.value for p, value in sent if p == day and _is_day(value.value)]
    yield from (Contact(named.iri, term_text(value), day) for p, value in sent if p == episode for day in days)


def link_contacts(store: ox.Store, guideline: Guideline, homes: Homes, staged: Iterable[Contact]) -> Iterator[str]:
    """Yield which record is the next of its episode by the day of assessment, where the store does not say so.

    ``staged`` are the contacts that are to be stored. What the store says and is not so any more is removed. Records
    without an episode or a day have no next ones; records of one day have the same.
    """
    known = set(homes.triples(store, DERIVED, None, _NEXT))
    pairs = _pairs({*staged, *_stored(store, guideline, homes)})
    found = {ox.Triple(ox.NamedNode(record), _NEXT, ox.NamedNode(following)) for record, following in pairs}
    for triple in known - found:
        for graph in (ox.DefaultGraph(), ox.NamedNode(DERIVED)):
            store.remove(in_graph(triple, graph))
    yield from map(str, found - known)


def _stored(store: ox.Store, guideline: Guideline, homes: Homes) -> Iterator[Contact]:
    """Yield the contacts that a store has."""
    episode, day = guideline.roles.episode, guideline.roles.assessment
    if not (episode and day):
        return
    days: dict[str, list[str]] = {}
    for record, _, value in homes.triples(store, RECORDS, None, ox.NamedNode(day)):
        if _is_day(value.value):
            days.setdefault(record.value, []).append(value.value)
    for record, _, name in homes.triples(store, RECORDS, None, ox.NamedNode(episode)):
        yield from (Contact(record.value, str(name), value) for value in days.get(record.value, ()))


def _pairs(contacts: Iterable[Contact]) -> Iterator[tuple[str, str]]:
    """Yield the records of each episode with those of the next day on which it has some."""
    dated = sorted((c.episode, c.day, c.record) for c in contacts)
    for _, own in groupby(dated, itemgetter(0)):
        same_day = [[record for _, _, record in same] for _, same in groupby(own, itemgetter(1))]
        for earlier, later in pairwise(same_day):
            yield from product(earlier, later)


def _is_day(text: str) -> bool:
    """Return whether a text is a day; a stored record need not be valid any more."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
