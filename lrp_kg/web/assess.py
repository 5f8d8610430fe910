"""``POST /assess`` and ``POST /validate``: records in, answers or findings out."""

from __future__ import annotations

from typing import cast

import orjson
import pyoxigraph as ox
from flask import Blueprint, Response, current_app, render_template, request

from lrp_kg.answer.service import GuidelineService
from lrp_kg.errors import LrpError, NotAcceptable, RecordError, TooLarge
from lrp_kg.record.model import RawRecord
from lrp_kg.record.strict_json import decode, ndjson, parse_json
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
    """Return the body of the request; raise `TooLarge` over the limit, also where its length was not given."""
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


@blueprint.post("/assess")
@blueprint.post("/v1/assess")
def assess() -> Response:
    """Assess the record of the body; NDJSON gives one answer, or one set of findings, a line."""
    kind = content_type(BODIES)
    lang = language()
    explain = flag("explain")
    only = [name for part in request.args.getlist("for") for name in part.split(",") if name] or None
    if kind == "ndjson":
        return _assess_many(lang, explain, only)
    form = accepted(ANSWERS)
    if form == "json":
        rendered = service().answer_json(_one_record(kind), lang=lang, only=only, explain=explain)
        return Response(rendered, headers=_HEADERS, mimetype="application/json")
    found = service().assessment(_one_record(kind), only=only, explain=explain)
    if form == "turtle":
        from lrp_kg.answer.as_rdf import to_graph

        return Response(to_graph(found).serialize(format="turtle"), headers=_HEADERS, mimetype="text/turtle")
    answer = service().renderer(lang).render(found, explain=explain)
    if form == "jsonld":
        from lrp_kg.answer.as_rdf import answer_context

        rendered = orjson.dumps({"@context": answer_context(service().reader.namespace), **answer})
        return Response(rendered, headers=_HEADERS, mimetype="application/ld+json")
    from lrp_kg.answer.as_text import AnswerWords, to_text

    if form == "text":
        return Response(to_text(service().guideline, answer, lang), headers=_HEADERS, mimetype="text/plain")
    page = render_template(
        "answer.html",
        answer=answer,
        lang=lang,
        words=AnswerWords(service().guideline, lang),
        standalone=not flag("fragment"),
    )
    return Response(page, headers=_HEADERS, mimetype="text/html")


def _assess_many(lang: str, explain: bool, only: list[str] | None) -> Response:
    if accepted({"application/x-ndjson": "ndjson", "application/json": "ndjson"}) != "ndjson":
        raise NotAcceptable("NDJSON records are answered as NDJSON.")
    lines = []
    for number, line in ndjson(decode(body())):
        try:
            raw = service().reader.from_json(parse_json(line))
            lines.append(service().answer_json(raw, lang=lang, only=only, explain=explain))
        except LrpError as error:
            lines.append(orjson.dumps(_refused(number, error, lang)))
    return Response(b"\n".join([*lines, b""]), headers=_HEADERS, mimetype="application/x-ndjson")


def _refused(number: int, error: LrpError, lang: str) -> dict[str, object]:
    return {
        "line": number,
        "invalid": True,
        "code": error.code,
        "detail": error.message,
        "findings": [f.as_dict(lang) for f in error.findings],
    }


@blueprint.post("/validate")
@blueprint.post("/v1/validate")
def validate() -> Response:
    """Validate a record and list every problem: 200 if valid, 422 otherwise."""
    kind = content_type(BODIES)
    lang = language()
    accepted({"application/json": "json", "application/problem+json": "json"})
    if kind == "ndjson":
        lines = []
        for number, line in ndjson(decode(body())):
            try:
                service().read(service().reader.from_json(parse_json(line)))
                lines.append(orjson.dumps({"line": number, "valid": True, "findings": []}))
            except LrpError as error:
                lines.append(orjson.dumps({"valid": False, **_refused(number, error, lang)}))
        return Response(b"\n".join([*lines, b""]), headers=_HEADERS, mimetype="application/x-ndjson")
    service().read(_one_record(kind))
    return Response(orjson.dumps({"valid": True, "findings": []}), headers=_HEADERS, mimetype="application/json")
