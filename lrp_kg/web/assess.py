"""``POST /assess`` and ``POST /validate``: answer records, or list what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import orjson
import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request

from lrp_kg.answer.service import GuidelineService
from lrp_kg.answer.summary import FULL, check_detail
from lrp_kg.errors import LrpError, NotAcceptable, RecordError, TooLarge
from lrp_kg.record.model import RawRecord
from lrp_kg.record.strict_json import decode, ndjson, parse_json
from lrp_kg.web.html import html
from lrp_kg.web.negotiation import accepted, content_type, flag, language

blueprint = Blueprint("assess", __name__)

BODIES = {
    "application/json": "json",
    "application/ld+json": "json",
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/x-ndjson": "ndjson",
}
ANSWERS = {
    "application/json": "json",
    "application/ld+json": "jsonld",
    "text/turtle": "turtle",
    "text/html": "html",
    "text/plain": "text",
}
_RDF = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES}
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}


def service() -> GuidelineService:
    """Return the guideline of the application."""
    return cast(GuidelineService, current_app.extensions["lrp_kg"])


def body() -> bytes:
    """Return the request body; raise `TooLarge` over the limit, also if the request states no length."""
    data = request.get_data(cache=False)
    limit = int(current_app.config["MAX_BODY"])
    if len(data) > limit:
        raise TooLarge(f"The body is over the limit of {limit} bytes. Send records one by one, or in parts.")
    return data


def _one_record(kind: str) -> RawRecord:
    text = decode(body())
    if kind == "json":
        return service().reader.from_json(parse_json(text))
    records = service().reader.from_rdf(text, _RDF[kind])
    if len(records) != 1:
        raise RecordError(
            f"The body has {len(records)} nodes of type cp:PatientRecord; send exactly one, or NDJSON for many."
        )
    return records[0]


@blueprint.post("/v1/assess")
@blueprint.post("/assess")
def assess() -> Response:
    """Assess the record in the body; for NDJSON, return an answer or findings for each line."""
    kind = content_type(BODIES)
    lang = language()
    explain, changes = flag("explain"), flag("changes")
    detail = request.args.get("detail", FULL)
    check_detail(detail, explain=explain, changes=changes)
    only = [name for part in request.args.getlist("for") for name in part.split(",") if name] or None
    if kind == "ndjson":

        def respond(_: int, raw: RawRecord) -> bytes:
            return service().answer_json(raw, lang=lang, only=only, explain=explain, changes=changes, detail=detail)

        return _assess_many(respond, lang)
    form = accepted(ANSWERS)
    check_detail(detail, rdf=form == "turtle")
    if form == "json":
        rendered = service().answer_json(
            _one_record(kind), lang=lang, only=only, explain=explain, changes=changes, detail=detail
        )
        return Response(rendered, headers=_HEADERS, mimetype="application/json")
    found = service().assessment(_one_record(kind), only=only, explain=explain, changes=changes)
    if form == "turtle":
        from lrp_kg.answer.as_rdf import to_graph

        return Response(to_graph(found).serialize(format="turtle"), headers=_HEADERS, mimetype="text/turtle")
    answer = service().renderer(lang).render(found, explain=explain, detail=detail)
    if form == "jsonld":
        from lrp_kg.answer.as_rdf import answer_context

        rendered = orjson.dumps({"@context": answer_context(service().reader.namespace), **answer})
        return Response(rendered, headers=_HEADERS, mimetype="application/ld+json")
    from lrp_kg.answer.as_text import AnswerWords, points_to_show, to_text

    if form == "text":
        return Response(to_text(service().guideline, answer, lang), headers=_HEADERS, mimetype="text/plain")
    words = AnswerWords(service().guideline, lang)
    points = points_to_show(answer)
    standalone = not flag("fragment")
    return html("answer.html", lang, headers=_HEADERS, words=words, answer=answer, points=points, standalone=standalone)


def _assess_many(respond: Callable[[int, RawRecord], bytes], lang: str) -> Response:
    if accepted({"application/x-ndjson": "ndjson", "application/json": "ndjson"}) != "ndjson":
        raise NotAcceptable("NDJSON records are answered as NDJSON.")
    return _by_line(respond, lang)


def _by_line(respond: Callable[[int, RawRecord], bytes], lang: str, **invalid: bool) -> Response:
    """Respond to each line of NDJSON with a line; ``invalid`` is added to the findings of a line with an error."""
    lines = []
    for number, line in ndjson(decode(body())):
        try:
            lines.append(respond(number, service().reader.from_json(parse_json(line))))
        except LrpError as error:
            data = {
                **invalid,
                "line": number,
                "invalid": True,
                "code": error.code,
                "detail": error.message,
                "findings": [f.as_dict(lang) for f in error.findings],
            }
            lines.append(orjson.dumps(data))
    return Response(b"\n".join([*lines, b""]), headers=_HEADERS, mimetype="application/x-ndjson")


@blueprint.post("/v1/validate")
@blueprint.post("/validate")
def validate() -> Response:
    """Validate a record and list every problem: 200 if valid, 422 otherwise."""
    kind = content_type(BODIES)
    lang = language()
    accepted({"application/json": "json", "application/problem+json": "json"})
    if kind == "ndjson":
        return _by_line(_valid_line, lang, valid=False)
    service().read(_one_record(kind))
    return Response(orjson.dumps({"valid": True, "findings": []}), headers=_HEADERS, mimetype="application/json")


def _valid_line(number: int, raw: RawRecord) -> bytes:
    service().read(raw)
    return orjson.dumps({"line": number, "valid": True, "findings": []})
