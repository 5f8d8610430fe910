"""The start page with the form for a record, and /health, /ids, /context.jsonld, /query.rq, /openapi.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, g, request

from lrp_kg import __version__
from lrp_kg.answer.known import known_fields, known_ids
from lrp_kg.answer.schema import answer_schema
from lrp_kg.errors import InvalidRecord
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.logic.classify import record_query
from lrp_kg.logic.derive import derive_query
from lrp_kg.record.schema import record_schema
from lrp_kg.web.assess import BODIES, guideline_in, service
from lrp_kg.web.html import html
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import accepted, flag, language
from lrp_kg.web.parameters import demand_page
from lrp_kg.web.patient import calendar_of_form, empty_page, filled_page, form_sent
from lrp_kg.words import LANGUAGES, phrase

blueprint = Blueprint("pages", __name__)

ENDPOINTS = (
    ("POST", "/assess", "endpoint-assess"),
    ("POST", "/validate", "endpoint-validate"),
    ("GET", "/ids", "endpoint-ids"),
    ("GET", "/fields", "endpoint-fields"),
    ("GET", "/schema/record.json", "endpoint-schema-record"),
    ("GET", "/schema/answer.json", "endpoint-schema-answer"),
    ("GET", "/context.jsonld", "endpoint-context"),
    ("GET", "/query.rq", "endpoint-query"),
    ("GET", "/openapi.json", "endpoint-openapi"),
    ("GET", "/health", "endpoint-health"),
    ("GET", "/queries", "endpoint-queries"),
    ("GET", "/query", "endpoint-editor"),
    ("GET", "/sparql", "endpoint-sparql"),
    ("GET", "/guide/", "endpoint-guide"),
    ("GET", "/search", "endpoint-search"),
    ("GET", "/term/", "endpoint-terms"),
    ("GET", "/ontology", "endpoint-ontology"),
)
_TEXTS = (
    *("yes", "no", "unknown", "page-failed", "page-changed", "page-behind", "page-retry", "page-unfinished"),
    *("page-newer", "page-reload"),
    *("page-wrong", "page-take-back", "page-again", "page-cleared", "page-undo", "page-copied", "page-copied-link"),
    *("page-not-copied", "page-link-broken", "page-from-link", "page-pasted", "page-opened", "page-not-opened"),
    "page-one-file",
)
"""The phrases that the script of the start page says."""
_SCRIPTS = Path(__file__).with_name("static") / "assess"
_MODULES = tuple(f"assess/{file.name}" for file in sorted(_SCRIPTS.glob("*.js")) if file.stem not in ("early", "main"))
"""What the script of the start page imports, fetched at once rather than one import after the other."""
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@blueprint.after_app_request
def secure(response: Response) -> Response:
    """Add headers that keep pages from loading anything from another server."""
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    return response


def _json(data: object, media_type: str = "application/json") -> Response:
    return Response(orjson.dumps(data, option=orjson.OPT_INDENT_2), mimetype=media_type)


@blueprint.get("/")
def index() -> Response:
    """Show the form and the addresses of the service, as a page or as JSON."""
    lang = language()
    guideline = service().guideline
    words = GuidelineWords(guideline, lang)
    about = guideline_in(words)
    if accepted({"text/html": "html", "application/json": "json"}) == "json":
        demand_page("today", "json")
        return _json(
            {
                "service": "lrp-kg",
                "version": __version__,
                "guideline": about,
                "languages": LANGUAGES,
                "bodies": list(BODIES),
                "endpoints": [
                    {"method": m, "path": request.script_root + p, "what": words.say(w)} for m, p, w in ENDPOINTS
                ],
                "note": words.say("unofficial"),
            }
        )
    return _start(lang, empty_page(lang, today=flag("today")))


@blueprint.post("/")
def form() -> Response:
    """Answer the form of the start page as that page: filled in, with the answer or with its problems."""
    lang = language()
    accepted({"text/html": "html"})
    status, shown = filled_page(lang, form_sent(), today=flag("today"))
    return _start(lang, shown, status)


@blueprint.post("/calendar")
def calendar() -> Response:
    """Answer the form of the start page as a calendar file; where it has problems, as that page."""
    lang = language()
    accepted({"text/calendar": "calendar", "text/html": "html"})
    sent = form_sent()
    try:
        return calendar_of_form(lang, sent)
    except InvalidRecord:
        status, shown = filled_page(lang, sent, today=False)
        return _start(lang, shown, status)


def _start(lang: str, shown: dict[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"} if shown["sent"] else {}
    texts = {name: phrase(name, lang) for name in _TEXTS}
    common = {"broken": g.get("guideline_findings", ()), "texts": texts, "modules": _MODULES}
    return html("index.html", lang, status=status, headers=headers, **common, **shown)


@blueprint.get("/endpoints")
def endpoints() -> Response:
    """List the addresses of the service, for developers."""
    return html("endpoints.html", language(), endpoints=ENDPOINTS)


@blueprint.get("/health")
def health() -> Response:
    """Report that the service is ready, and its guideline."""
    guideline = service().guideline
    findings = [f.as_dict() for f in g.get("guideline_findings", ())]
    about = {"id": guideline.id, "version": guideline.version}
    broken = {"warning": "the last good guideline is served", "findings": findings} if findings else {}
    return _json({"status": "ok", "version": __version__, "guideline": about, **broken})


@blueprint.get("/v1/ids")
@blueprint.get("/ids")
def ids() -> Response:
    """List every identifier that an answer can hold."""
    return _json(known_ids(service().guideline, language()))


@blueprint.get("/v1/fields")
@blueprint.get("/fields")
def fields() -> Response:
    """List the fields of a record: values, limits, questions, columns."""
    return _json({"fields": known_fields(service().guideline, language())})


@blueprint.get("/v1/schema/record.json")
@blueprint.get("/schema/record.json")
def schema_of_records() -> Response:
    """Return the JSON Schema of a record."""
    return _json(record_schema(service().guideline, language()), "application/schema+json")


@blueprint.get("/v1/schema/answer.json")
@blueprint.get("/schema/answer.json")
def schema_of_answers() -> Response:
    """Return the JSON Schema of an answer."""
    return _json(answer_schema(service().guideline), "application/schema+json")


@blueprint.get("/v1/context.jsonld")
@blueprint.get("/context.jsonld")
def context() -> Response:
    """Return the JSON-LD context of a record."""
    return _json({"@context": service().reader.context}, "application/ld+json")


@blueprint.get("/v1/query.rq")
@blueprint.get("/query.rq")
def query() -> Response:
    """Return the classification query."""
    return Response(record_query(service().assessor.program), mimetype="application/sparql-query")


@blueprint.get("/v1/derive.rq")
@blueprint.get("/derive.rq")
def derive() -> Response:
    """Return the query that derives values for the criteria."""
    return Response(derive_query(service().guideline), mimetype="application/sparql-query")


@blueprint.get("/v1/openapi.json")
@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe the service for programs."""
    from lrp_kg.web.openapi import description  # imports rdflib

    current, rules = service(), current_app.url_map.iter_rules()
    about = latest("lrp_kg_openapi", current.guideline.index.text_hash, lambda: description(current, rules))
    return Response(
        orjson.dumps(about | {"servers": [{"url": request.script_root or "/"}]}), mimetype="application/json"
    )
