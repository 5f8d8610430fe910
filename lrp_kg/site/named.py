"""Finds the terms of a guideline that somebody means: by IRI, name, identifier or label, whole or in part."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Box, Term
from lrp_kg.namespaces import CP, local_name
from lrp_kg.site.catalogue import Catalogue, Entry
from lrp_kg.site.search_index import SearchIndex, plain
from lrp_kg.site.searchable import KINDS, LEADING, searchables

SIMILAR = 5
"""How many similar names are proposed."""


@dataclass(frozen=True)
class MeantTerms:
    """The terms that can be meant, the likeliest first; where there is none, names that are written similarly."""

    entries: tuple[Entry, ...] = ()
    similar: tuple[str, ...] = ()


class TermFinder:
    """The terms of a guideline by what they are called."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.prefixes = catalogue.guideline.index.prefixes

    def find(self, asked: str, lang: str) -> MeantTerms:
        """Return what somebody means; a whole name or label comes before a part of one."""
        asked = asked.strip().removeprefix("<").removesuffix(">")
        entry = self.entry(self.expanded(asked))
        if entry:
            return MeantTerms((entry,))
        entries = list(self._entries())
        for same in (str, plain):
            found = [e for e in entries if same(asked) in map(same, _called(e.term))]
            if found:
                placed = [e for e in found if e.kind != "term"]
                return MeantTerms(tuple(placed or found))
        index = SearchIndex(list(searchables(self.catalogue)), KINDS, LEADING)
        hits, complete = index.find(asked, lang)
        if hits and complete:
            known = (self.entry(hit.item.iri) for hit in hits)
            return MeantTerms(tuple(e for e in known if e))
        called: dict[str, str] = {}
        for name in (name for e in entries for name in _called(e.term)):
            called.setdefault(plain(name), name)  # of two that are written alike the one with a page
        own = asked if " " in asked else local_name(self.expanded(asked))
        near = difflib.get_close_matches(plain(own), called, SIMILAR, 0.7)
        return MeantTerms(similar=tuple(called[n] for n in near))

    def expanded(self, name: str) -> str:
        """Return the IRI of a prefixed name; any other name as it is."""
        prefix, colon, rest = name.partition(":")
        return self.prefixes[prefix] + rest if colon and prefix in self.prefixes else name

    def entry(self, name: str) -> Entry | None:
        """Return the entry of an IRI; a term that has no place on a page is of the kind *term*."""
        known = self.catalogue.find(name)
        if known or not self.catalogue.graph.of(iri(name)):
            return known
        return Entry(self.catalogue.term(name), "term", "")

    def _entries(self) -> Iterator[Entry]:
        yield from self.catalogue.entries.values()
        yield from self.catalogue.parts.values()
        own = (self.catalogue.guideline.namespace, CP)
        for node in self.catalogue.graph.by_subject:
            if node.kind == "iri" and node.value.startswith(own) and not self.catalogue.find(node.value):
                yield Entry(self.catalogue.term(node.value), "term", "")


def _called(term: Term) -> tuple[str, ...]:
    printed = (term.printed,) if isinstance(term, Box) else ()
    return (*term.label.values(), term.id, local_name(term.iri), *printed)
