"""``/query``: the SPARQL editor, with our prefixes, completion of our terms, and the catalogue as examples."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, render_template, request

from lrp_kg.namespaces import OWL, RDF
from lrp_kg.text import TextAnswer
from lrp_kg.web.access import guard
from lrp_kg.web.assess import service
from lrp_kg.web.engine import engines
from lrp_kg.web.negotiation import language
from lrp_kg.web.terms import terms

blueprint = Blueprint("editor", __name__)
blueprint.before_request(guard)

WORDS = (
    "query-label",
    "query-running",
    "query-rows",
    "query-failed",
    "query-chart",
    "query-graph",
    "query-graph-note",
    "query-of",
    "query-against",
    "query-none",
    "query-example",
)
START = """SELECT ?stage ?label
WHERE {
  ?stage a cp:Stage ;
    rdfs:label ?label .
  FILTER (LANG(?label) = "%s")
}
ORDER BY ?stage
"""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Styles may stand in the page: the table of YASGUI sets the widths of its columns so. Scripts may not."""


@blueprint.get("/query")
def query() -> Response:
    """Show the editor; ``?query=`` is what stands in it."""
    lang = language()
    words = TextAnswer(service().guideline, lang)
    index = terms()
    prefixes = {p: n for p, n in sorted(index.prefixes.items()) if p}
    head = "".join(f"PREFIX {p}: <{prefixes[p]}>\n" for p in ("cp", "rdfs") if p in prefixes)
    page = render_template(
        "query.html",
        lang=lang,
        words=words,
        text=request.args.get("query") or head + "\n" + START % lang,
        settings=orjson.dumps(
            {
                "lang": lang,
                "prefixes": prefixes,
                "own": index.namespaces,
                "words": {name: words.word(name) for name in WORDS},
            }
        ).decode(),
        limits=engines().limits,
    )
    headers = {"Content-Security-Policy": _POLICY, "Vary": "Accept-Language"}
    return Response(page, headers=headers, mimetype="text/html")


@blueprint.get("/query/terms.json")
def completions() -> Response:
    """List the terms that the editor completes: prefixed name and label."""
    lang = language()
    index = terms()
    shown = []
    for kind, _ in index.kinds():
        if kind in (OWL + "Ontology", RDF + "List"):
            continue
        shown += index.of_kind(kind)
    rows = sorted({(index.short(iri), index.label(iri, lang)) for iri in shown})
    body = orjson.dumps([{"name": name, "label": label} for name, label in rows if ":" in name])
    return Response(body, headers={"Cache-Control": "no-cache", "Vary": "Accept-Language"}, mimetype="application/json")
