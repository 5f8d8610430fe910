"""``/query``: the SPARQL editor, with the prefixes and terms of the guideline, and the catalogue as examples."""

from __future__ import annotations

import base64
import hashlib

import orjson
from flask import Blueprint, Response, request

from lrp_kg.namespaces import OWL, RDF
from lrp_kg.web.access import guard
from lrp_kg.web.engine import engines
from lrp_kg.web.html import html
from lrp_kg.web.negotiation import language
from lrp_kg.web.terms import terms
from lrp_kg.words import phrases

blueprint = Blueprint("editor", __name__)
blueprint.before_request(guard)

WORDS = ("query-", "queries-tag-", "login-in", "yes", "no")
"""The phrases that scripts of the editor use, by the beginning of their names."""

START = """SELECT ?stage ?label
WHERE {
  ?stage a cp:Stage ;
    rdfs:label ?label .
  FILTER (LANG(?label) = "%s")
}
ORDER BY ?stage
"""

_UNDERLINE = base64.b64encode(hashlib.sha256(b"text-decoration:underline").digest()).decode()
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-hashes' 'sha256-{_UNDERLINE}'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""YASGUI's style sheet embeds icons and fonts as data, and one of its hints has a style attribute, which the hash
allows; the page runs no other inline script or style."""


@blueprint.get("/query")
def query() -> Response:
    """Show the editor with the query of ``?query=``."""
    lang = language()
    index = terms()
    prefixes = {p: n for p, n in sorted(index.prefixes.items()) if p}
    head = "".join(f"PREFIX {p}: <{prefixes[p]}>\n" for p in ("cp", "rdfs") if p in prefixes)
    return html(
        "query.html",
        lang,
        headers={"Content-Security-Policy": _POLICY},
        given=request.args.get("query"),
        text=request.args.get("query") or head + "\n" + START % lang,
        settings=orjson.dumps(
            {
                "lang": lang,
                "prefixes": prefixes,
                "own": index.namespaces,
                "words": {name: text for name, text in phrases(lang).items() if name.startswith(WORDS)},
            }
        ).decode(),
        seconds=f"{engines().limits.seconds:g}",
        rows=f"{engines().limits.rows:,}".replace(",", "\u202f"),
    )


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
    return Response(body, headers={"Cache-Control": "no-cache"}, mimetype="application/json")
