"""Lists of terms: alphabetical, and by kind in groups."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lrp_kg.guideline.model import Term
from lrp_kg.site.catalogue import Entry
from lrp_kg.site.views import PageView

Groups = list[tuple[str, list[Entry]]]
"""Entries under headings; an empty string is no heading."""

FIRST = ("stage", "box", "decision", "option", "programme", "source")
"""The kinds that a reader looks for; the others are folded under each letter."""


@dataclass(frozen=True)
class Letter:
    """The terms whose labels begin with a letter, in their order: those of the `FIRST` kinds, and the others."""

    name: str
    first: tuple[Entry, ...]
    others: tuple[Entry, ...]


def sorting_key(text: str) -> str:
    """Return the key by which a text is sorted, without accents and case."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


class Lists:
    """The lists of a page."""

    def __init__(self, view: PageView) -> None:
        self.view = view

    def alphabetical(self) -> list[Letter]:
        """Return terms, options and criteria by the first letter of their label, ``#`` if it is no letter.

        Open points, which are whole sentences, are not among them.
        """
        view = self.view
        parts = [e for e in view.catalogue.parts.values() if e.kind in ("option", "criterion")]
        terms = [e for e in view.catalogue.entries.values() if e.kind != "open-point"]
        found: dict[str, list[tuple[str, str, Entry]]] = {}
        for entry in [*terms, *(p for p in parts if not view.catalogue.leads_to_a_box_of_its_name(p))]:
            key = sorting_key(view.words.label(entry.term))
            letter = key[:1].upper() if key[:1].isalpha() else "#"
            found.setdefault(letter, []).append((key, entry.address, entry))
        return [
            _letter(letter, [entry for *_, entry in sorted(own, key=lambda x: x[:2])])
            for letter, own in sorted(found.items())
        ]

    def of_kind(self, kind: str) -> Groups:
        """Return the terms of a kind, grouped for some kinds."""
        view = self.view
        entries = view.catalogue.of_kind(kind)
        if kind == "box":
            stages = {e.term.iri: e.term for e in view.catalogue.of_kind("stage")}
            boxes = view.guideline.boxes
            return _grouped(entries, lambda e: self._name(stages.get(boxes[e.term.iri].stage)))
        if kind == "condition":
            ordered = sorted(entries, key=lambda e: view.is_situation(e.term))
            return _grouped(ordered, lambda e: view.w("situations" if view.is_situation(e.term) else "conditions"))
        if kind == "field":
            return _grouped(entries, lambda e: view.w("derived-fields" if view.is_derived(e.term) else "asked-fields"))
        if kind == "open-point":
            kinds = {p.iri: p.kind for p in view.guideline.open_points}
            ordered = sorted(entries, key=lambda e: self._name(kinds[e.term.iri]))
            return _grouped(ordered, lambda e: self._name(kinds[e.term.iri]))
        return [("", entries)]

    def _name(self, term: Term | None) -> str:
        return self.view.words.label(term) if term else ""


def _letter(name: str, entries: Iterable[Entry]) -> Letter:
    found = tuple(entries)
    return Letter(name, tuple(e for e in found if e.kind in FIRST), tuple(e for e in found if e.kind not in FIRST))


def _grouped(entries: Iterable[Entry], heading: Callable[[Entry], str]) -> Groups:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(heading(entry), []).append(entry)
    return list(found.items())
