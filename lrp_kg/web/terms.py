"""``/term/...``: every IRI of the guideline as a page or as RDF; ``/ontology``: its modules as RDF.

A browser is led to the reading page about a term where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.exceptions import NotFound

from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.named_graphs import GRAPHS, merged_ontology
from lrp_kg.namespaces import CP, RDF, local_name
from lrp_kg.research.engine.formats import GRAPHS as FORMATS
from lrp_kg.research.questions.parameters import expanded
from lrp_kg.research.store.quads import ROOT
from lrp_kg.research.store.terms import Terms
from lrp_kg.site.catalogue import KINDS
from lrp_kg.web import guide
from lrp_kg.web.assess import service
from lrp_kg.web.html import html
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import accepted, language

blueprint = Blueprint("terms", __name__)

USES = 200
"""Uses of a term that its page lists for each property; RDF and SPARQL return all."""

_HEADERS = {"Cache-Control": "no-cache"}


@dataclass(frozen=True)
class ShownValue:
    """A value on a page: its text, its address if it has one, and its parts if it is a blank node."""

    text: str
    href: str | None = None
    lang: str | None = None
    parts: tuple[tuple[Any, tuple[Any, ...]], ...] = ()


def terms() -> Terms:
    """Return the index of the current guideline."""
    guideline = service().guideline
    return latest("lrp_kg_terms", guideline.index.text_hash, lambda: Terms(guideline))


@blueprint.get("/term/")
def index() -> Response:
    """List the kinds of terms, or the terms of one kind; ``?iri=`` is one term."""
    iri, kind = request.args.get("iri"), request.args.get("kind")
    if iri is not None and kind is not None:
        raise UnknownParameter("iri is one term, and kind is the terms of a class. Send one of them.")
    if iri is not None:
        return _term(iri)
    form = accepted({"text/html": "html", "application/json": "json"})
    lang = language()
    index = terms()
    if kind is not None:
        try:
            names = index.of_kind(kind)
        except ValueError:  # no IRI
            names = []
        if not names:
            raise NotFound
        rows = sorted(((index.label(n, lang), n, index.definition(n, lang) or "") for n in names), key=lambda r: r[0])
    else:
        kinds = index.kinds()
        read = {CP + "".join(part.capitalize() for part in kind.split("-")): n for n, kind in enumerate(KINDS)}
        kinds.sort(key=lambda k: read.get(k[0], len(read)))
        rows = [(index.label(k, lang), k, str(n)) for k, n in kinds]
    if form == "json":
        import orjson

        data = [{"iri": iri, "label": label, "kind" if kind else "count": more} for label, iri, more in rows]
        return Response(orjson.dumps(data), headers=_HEADERS, mimetype="application/json")
    return html(
        "terms.html",
        lang,
        headers=_HEADERS,
        kind=kind,
        title=index.label(kind, lang) if kind else None,
        rows=[(label, _address(index, name, kind=not kind), more) for label, name, more in rows],
        first=len(rows) if kind else len(KINDS),
    )


@blueprint.get("/term/<path:name>")
def term(name: str) -> Response:
    """Show a term by its prefixed name, such as ``cp:Stage``."""
    iri = expanded(name, terms().prefixes)
    if iri is None:
        raise NotFound
    return _term(iri)


def _term(iri: str) -> Response:
    index = terms()
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        raise NotFound from None
    stored = current_app.config["STORE"] is not None and iri.startswith(ROOT)
    if not (index.knows(iri) or stored):
        raise NotFound
    form = accepted({"text/html": "html", **{kind: kind for kind in FORMATS}})
    if not index.knows(iri):
        return _in_store(iri, form)
    if form != "html":
        return _rdf(list(index.bounded(iri)), form)
    lang = language()
    page = guide.address(iri, lang)
    if page:
        return Response(status=303, headers={"Location": page} | _HEADERS)
    return html(
        "term.html",
        lang,
        headers=_HEADERS,
        iri=iri,
        short=index.short(iri),
        label=index.label(iri, lang),
        definition=index.definition(iri, lang),
        kinds=[_shown(index, o, lang) for p, o in index.said.get(node, ()) if p == RDF + "type"],
        properties=_properties(index, node, lang),
        uses=_uses(index, node, lang),
        formats=[(FORMATS[kind].name, kind) for kind in FORMATS],
    )


def query_about(iri: str) -> str:
    """Return the query that shows what a store says of something that is no term, such as a record or an answer."""
    return f"SELECT ?property ?value {{ <{iri}> ?property ?value }} ORDER BY ?property"


def _in_store(iri: str, form: str) -> Response:
    """Lead to what the store says of a node that it names; that address asks for a token where one is needed."""
    if form == "html":
        address = url_for("editor.query", query=query_about(iri), lang=language())
    else:
        address = f"{request.script_root}/sparql?{urlencode({'query': f'DESCRIBE <{iri}>'})}"
    return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def _properties(
    index: Terms, node: Any, lang: str, depth: int = 0
) -> tuple[tuple[ShownValue, tuple[ShownValue, ...]], ...]:
    """Return the values of a node by property; texts in the language of the page come first."""
    grouped: dict[str, list[Any]] = {}
    for predicate, value in dict.fromkeys(index.said.get(node, ())):
        if predicate != RDF + "type" or depth:
            grouped.setdefault(predicate, []).append(value)
    return tuple(
        (
            _shown(index, ox.NamedNode(predicate), lang),
            tuple(_shown(index, v, lang, depth) for v in sorted(values, key=lambda v: _order(v, lang))),
        )
        for predicate, values in grouped.items()
    )


def _order(value: Any, lang: str) -> tuple[bool, str]:
    return (getattr(value, "language", None) not in (lang, None), str(value))


def _shown(index: Terms, value: Any, lang: str, depth: int = 0) -> ShownValue:
    if isinstance(value, ox.Literal):
        return ShownValue(value.value, lang=value.language)
    if isinstance(value, ox.NamedNode):
        return ShownValue(index.label(value.value, lang), _address(index, value.value))
    if isinstance(value, ox.BlankNode) and depth < 12:
        return ShownValue("", parts=_properties(index, value, lang, depth + 1))
    return ShownValue("…")


def _address(index: Terms, iri: str, *, kind: bool = False) -> str:
    if kind:
        return url_for("terms.index", kind=iri)
    short = index.short(iri)
    if short != iri and iri.startswith(index.namespaces):
        return url_for("terms.term", name=short)
    ours = iri.startswith(index.namespaces) or not iri.startswith(("http://", "https://"))
    return url_for("terms.index", iri=iri) if ours else iri


def _uses(index: Terms, node: ox.NamedNode, lang: str) -> dict[ShownValue, list[ShownValue]]:
    """Return the terms that refer to a node, by property; a blank node counts as the term it is part of."""
    found: dict[str, dict[str, None]] = {}
    for subject, predicate in index.used.get(node, ())[: 10 * USES]:
        owner = _owner(index, subject)
        if owner and owner != node.value:
            found.setdefault(predicate, {})[owner] = None
    return {
        _shown(index, ox.NamedNode(predicate), lang): [
            _shown(index, ox.NamedNode(owner), lang) for owner in list(owners)[:USES]
        ]
        for predicate, owners in found.items()
    }


def _owner(index: Terms, node: Any) -> str | None:
    for _ in range(50):
        if isinstance(node, ox.NamedNode):
            return node.value
        above = index.used.get(node)
        if not above:
            return None
        node = above[0][0]
    return None


@blueprint.get("/ontology")
@blueprint.get("/ontology/<path:module>")
def ontology(module: str | None = None) -> Response:
    """Return the whole ontology as one file for ontology tools, or one of its modules, as RDF."""
    form = accepted({kind: kind for kind in FORMATS})
    if module is None:
        return _rdf(merged_ontology(service().guideline), form)
    graphs = {local_name(name): triples for name, triples in terms().modules.items() if not name.startswith(GRAPHS)}
    if module not in graphs:
        raise NotFound
    return _rdf(graphs[module], form)


def _rdf(triples: list[ox.Triple], media_type: str) -> Response:
    prefixes = {p: n for p, n in terms().prefixes.items() if p}
    text = ox.serialize(triples, format=FORMATS[media_type], prefixes=prefixes)
    return Response(text, headers=_HEADERS, mimetype=media_type)
