"""What of a guideline is found by its words: every term with a page or a place on one."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Box, Condition, Field, OpenPoint, Statement, Term
from lrp_kg.namespaces import DCTERMS, SKOS
from lrp_kg.site.catalogue import Catalogue, Entry
from lrp_kg.site.search_index import Searchable
from lrp_kg.words import Text

KINDS = (
    "stage", "box", "decision", "option", "programme", "edition", "criterion", "condition", "statement", "field",
    "value", "warning", "open-point", "source", "query", "term",
)  # fmt: skip
"""What can be found, in the order in which a reader needs it."""

OWN_KINDS = ("edition", "statement", "value", "query", "term")
"""Kinds that only a search and an explanation name; the words for the others are those of the guide."""

LEADING = ("stage", "decision", "programme")
"""Kinds with names of their own: one that begins with a question comes before what only has its words."""


def searchables(catalogue: Catalogue) -> Iterator[Searchable]:
    """Yield every term of a guideline that has a page, or a place on a page."""
    places = {entry.page: entry.term for entry in catalogue.entries.values()}
    for entry in (*catalogue.entries.values(), *catalogue.parts.values()):
        if not catalogue.leads_to_a_box_of_its_name(entry):
            yield _searchable(catalogue, entry, places[entry.page] if entry.anchor else None)


def _searchable(catalogue: Catalogue, entry: Entry, whole: Term | None) -> Searchable:
    term = entry.term
    about = whole.label if whole else {}
    if isinstance(term, Box):
        about = catalogue.label(term.stage)
    return Searchable(
        kind=entry.kind,
        id=term.id,
        iri=term.iri,
        address=entry.address,
        labels=(term.label, *_other_labels(catalogue, term.iri)),
        names=(term.printed,) if isinstance(term, Box) else (),
        texts=tuple(_texts(catalogue, term)),
        about=about,
    )


def _other_labels(catalogue: Catalogue, name: str) -> Iterator[Text]:
    for predicate in (SKOS + "altLabel", DCTERMS + "title"):
        for node in catalogue.graph.all(iri(name), predicate):
            if node.is_literal:
                yield {node.language or "en": node.value}


def _texts(catalogue: Catalogue, term: Term) -> Iterator[Text]:
    if isinstance(term, Field):
        yield from (term.question, term.hint, *(t.label for t in term.considers))
    elif isinstance(term, Condition):
        yield term.said_if
    elif isinstance(term, Box):
        yield term.section.label
    elif isinstance(term, Statement):
        yield from (term.condition_text, *((term.actor.label,) if term.actor else ()))
    elif isinstance(term, OpenPoint):
        yield term.reading
    yield catalogue.definition(term.iri)
