"""``/search``: everything of the guideline that has a label, found by words; as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, request, url_for

from lrp_kg.errors import UnknownParameter
from lrp_kg.research.questions.model import CatalogueEntry
from lrp_kg.site.search_index import LABEL, Hit, Searchable, SearchIndex, marked
from lrp_kg.site.searchable import KINDS, LEADING, OWN_KINDS, searchables
from lrp_kg.web.guide import site
from lrp_kg.web.html import html
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import accepted, language
from lrp_kg.web.queries import offer
from lrp_kg.web.terms import terms
from lrp_kg.words import error, in_language, other_language, phrase

blueprint = Blueprint("search", __name__)

LONGEST = 200
"""Characters of a question."""

SHOWN = 50
"""Things that are listed; the number of all is said."""

AROUND = 90
"""Characters of an excerpt before and after the first word that was found."""

Parts = list[tuple[str, bool]]
"""A text in parts, and whether each part was looked for."""


@dataclass(frozen=True)
class FoundRow:
    """Something found as the page shows it; ``lang`` is the language of a label that is not in that of the page.

    ``excerpt`` is where its words are if not in the label, in the language ``other`` if that is another.
    """

    kind: str
    href: str
    label: Parts
    lang: str
    about: str
    excerpt: Parts
    other: str
    other_name: str


@blueprint.get("/v1/search")
@blueprint.get("/search")
def search() -> Response:
    """Return what a question finds, as a page or as JSON."""
    offered = {"text/html": "html", "application/json": "json"}
    form = accepted(dict(reversed(offered.items())) if request.path.startswith("/v1/") else offered)
    lang = language()
    question = " ".join(request.args.get("q", "").split())
    if len(question) > LONGEST:
        raise error(UnknownParameter, "search-long", most=LONGEST)
    if form == "json" and not question:
        raise error(UnknownParameter, "search-nothing-asked")
    hits, complete = index().find(question, lang)
    headers = {"Cache-Control": "no-cache"}
    if form == "json":
        results = [_as_data(hit.item, lang) for hit in hits[:SHOWN]]
        data = {"q": question, "lang": lang, "count": len(hits), "complete": complete, "results": results}
        return Response(orjson.dumps(data), headers=headers, mimetype="application/json")
    return html(
        "search.html",
        lang,
        headers=headers,
        question=question,
        longest=LONGEST,
        own_kinds=OWN_KINDS,
        count=len(hits),
        complete=complete,
        rows=[_row(hit, question, lang) for hit in hits[:SHOWN]],
    )


def index() -> SearchIndex:
    """Return the index of the current guideline and its catalogue, made when it is first asked."""
    catalogue, offered, names = site().content.catalogue, offer(), terms()

    def make() -> SearchIndex:
        found = {item.iri or item.id: item for item in (*searchables(catalogue), *_queries(offered.entries.values()))}
        others = [
            Searchable("term", names.short(iri), iri, f"/term/{names.short(iri)}", (labels,), texts=(definitions,))
            for iri, labels, definitions in names.labelled()
            if iri not in found and catalogue.find(iri) is None
        ]
        return SearchIndex([*found.values(), *others], KINDS, LEADING)

    return latest("lrp_kg_search", (catalogue.guideline.index.text_hash, id(offered)), make)


def _queries(entries: Iterable[CatalogueEntry]) -> Iterator[Searchable]:
    for e in entries:
        yield Searchable("query", e.name, "", f"/queries/{e.name}", (e.summary,), texts=(e.description,))


def _address(item: Searchable, lang: str) -> str:
    """Return the address of what is found."""
    if item.address.startswith("/"):
        return f"{request.script_root}{item.address}?lang={lang}"
    page, _, anchor = item.address.partition("#")
    return url_for("guide.page", path=f"{lang}/{page}", _anchor=anchor or None)


def _as_data(item: Searchable, lang: str) -> dict[str, str | None]:
    return {
        "kind": item.kind,
        "id": item.id,
        "iri": item.iri or None,
        "label": in_language(item.labels[0], lang, item.id),
        "about": in_language(item.about, lang) or None,
        "href": _address(item, lang),
    }


def _row(hit: Hit, question: str, lang: str) -> FoundRow:
    item, other = hit.item, hit.lang if hit.lang != lang else ""
    return FoundRow(
        kind=item.kind,
        href=_address(item, lang),
        label=marked(in_language(item.labels[0], lang, item.id), question),
        lang=other_language(item.labels[0], lang),
        about=in_language(item.about, lang),
        excerpt=[] if not other and hit.fit <= LABEL else _excerpt(hit, question, labels=bool(other)),
        other=other,
        other_name=phrase("language-name", other) if other else "",
    )


def _excerpt(hit: Hit, question: str, *, labels: bool) -> Parts:
    """Return the words around the first one that was found in a text of the language in which it was found."""
    for texts in (*(hit.item.labels if labels else hit.item.labels[1:]), *hit.item.texts):
        parts = marked(texts.get(hit.lang, ""), question)
        first = next((n for n, (_, looked_for) in enumerate(parts) if looked_for), None)
        if first is not None:
            before = "".join(text for text, _ in parts[:first])
            cut = before if len(before) <= AROUND else f"…{before[-AROUND:]}"
            return [(cut, False), *_cut(parts[first:])]
    return []


def _cut(parts: Parts) -> Iterator[tuple[str, bool]]:
    room = AROUND
    for text, looked_for in parts:
        if len(text) > room:
            yield f"{text[:room]}…", looked_for
            return
        room -= len(text)
        yield text, looked_for
