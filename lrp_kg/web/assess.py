"""``POST /assess`` and ``POST /validate``: answer records, or list what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import orjson
from flask import Blueprint, Response, current_app, request

from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.service import GuidelineService
from lrp_kg.answer.summary import FULL, check_calendar, check_detail
from lrp_kg.errors import NotAcceptable, TooLarge
from lrp_kg.record.model import RawRecord
from lrp_kg.record.plain import plain
from lrp_kg.web.again import RAISED, answered
from lrp_kg.web.html import html
from lrp_kg.web.negotiation import accepted, content_type, flag, language
from lrp_kg.web.parameters import demand_page
from lrp_kg.web.reading import one_record
from lrp_kg.web.stream import NDJSON, Stream
from lrp_kg.words import error as say

if TYPE_CHECKING:
    from lrp_kg.answer.as_json import Json
    from lrp_kg.answer.results import Assessment
    from lrp_kg.guideline.in_words import GuidelineWords

blueprint = Blueprint("assess", __name__)

BODIES = {
    "application/json": "json",
    "application/ld+json": "json",
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    NDJSON: "ndjson",
}
ANSWERS = {
    "application/json": "json",
    "application/ld+json": "jsonld",
    "text/turtle": "turtle",
    "text/html": "html",
    "text/plain": "text",
    "text/calendar": "calendar",
}
CONTEXTS = ("/context.jsonld", "/v1/context.jsonld")
"""Where the context of a record is served."""
_HEADERS = {"Cache-Control": "no-store"}


def service() -> GuidelineService:
    """Return the guideline of the application."""
    return cast(GuidelineService, current_app.extensions["lrp_kg"])


def body() -> bytes:
    """Return the request body; raise `TooLarge` over the limit, also if the request states no length."""
    data = request.get_data(cache=False)
    limit: int = current_app.config["MAX_BODY"]
    if len(data) > limit:
        raise say(TooLarge, "error-body-limit", limit=limit)
    return data


def streams() -> Stream:
    """Return what answers the streams of the application, and limits the work on each record."""
    return cast(Stream, current_app.extensions["lrp_kg_streams"])


def context_addresses() -> Collection[str]:
    """Return the addresses of the context of a record at this service."""
    paths = [f"{request.script_root}{path}" for path in CONTEXTS]
    return [*paths, *(f"{request.host_url.rstrip('/')}{path}" for path in paths)]


@contextmanager
def only_record(sent: bytes, kind: str) -> Iterator[RawRecord]:
    """Work on the only record of a body; raise what that ended with, if it was tried already."""
    if RAISED in request.environ:
        raise request.environ[RAISED]
    addresses = context_addresses()
    raw = streams().apart(sent, kind, addresses)
    with streams().alone():
        yield raw or one_record(service().reader, sent, kind, addresses)


@blueprint.post("/v1/assess")
@blueprint.post("/assess")
def assess() -> Response:
    """Assess the record in the body; for NDJSON, return an answer or findings for each line."""
    kind = content_type(BODIES)
    lang = language()
    detail = request.args.get("detail", FULL)
    if kind == "ndjson":
        if accepted({NDJSON: kind, "application/json": kind}) != kind:
            raise say(NotAcceptable, "error-ndjson")
        form = kind
    else:
        form = accepted(ANSWERS)
    demand_page("fragment", form)
    whole_page = form == "html" and detail == FULL  # says why, and what would change it, without being asked
    explain, changes, what_if = (flag(name, otherwise=whole_page) for name in ("explain", "changes", "whatIf"))
    rdf = form in ("turtle", "jsonld")
    check_detail(detail, rdf=rdf, explain=explain, changes=changes, whatIf=what_if)
    only = [name for part in request.args.getlist("for") for name in part.split(",") if name] or None
    current = service()

    def respond(raw: RawRecord) -> bytes:
        return current.answer_json(
            raw, lang=lang, only=only, explain=explain, changes=changes, what_if=what_if, detail=detail
        )

    if kind == "ndjson":
        return _by_line(respond, lang)
    if form == "calendar":
        check_calendar(detail, explain=explain, changes=changes, whatIf=what_if)
    sent = body()
    with only_record(sent, kind) as raw:
        if form == "json":
            answer = answered(respond, raw, kind, context_addresses())
            return Response(answer, headers=_HEADERS, mimetype="application/json")
        found = current.assessment(raw, only=only, explain=explain, changes=changes, what_if=what_if)
        return _rendered(found, form, lang, explain=explain, detail=detail)


def _rendered(found: Assessment, form: str, lang: str, *, explain: bool, detail: str) -> Response:
    if form == "calendar":
        return calendar_file(found, lang)
    if form == "turtle":
        return Response(LoneAnswer.of(found).turtle(), headers=_HEADERS, mimetype="text/turtle")
    if form == "jsonld":
        return Response(orjson.dumps(LoneAnswer.of(found).json_ld()), headers=_HEADERS, mimetype="application/ld+json")
    answer = service().renderer(lang).render(found, explain=explain, detail=detail)
    from lrp_kg.answer.as_text import to_text

    if form == "text":
        full = request.args.get("detail") == FULL  # without the parameter a text is one screen
        said = to_text(service().guideline, answer, lang, full=full, how="?detail=full")
        return Response(said, headers=_HEADERS, mimetype="text/plain")
    alone = not flag("fragment")
    template = "answer-page.html" if alone else "answer.html"
    return html(template, lang, headers=_HEADERS, standalone=alone, **parts_of_page(found, answer, lang))


def calendar_file(found: Assessment, lang: str) -> Response:
    """Return what an assessment plans, as a file to download."""
    current = service()
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{current.guideline.id}.ics"'}
    return Response(current.calendar(found, lang=lang), headers=headers, mimetype="text/calendar")


def guideline_in(words: GuidelineWords) -> dict[str, str]:
    """Return identifier, version and label of the guideline."""
    guideline = words.guideline
    return {"id": guideline.id, "version": guideline.version, "label": words.text(guideline.label)}


def parts_of_page(found: Assessment, answer: Json, lang: str) -> dict[str, Any]:
    """Return what the template of an answer shows of it."""
    from lrp_kg.answer.answer_words import AnswerWords, points_to_show
    from lrp_kg.answer.labels import Labels
    from lrp_kg.web.durations import durations_of
    from lrp_kg.web.first_lines import first_lines, not_in_lines
    from lrp_kg.web.given import given_of
    from lrp_kg.web.guide import address
    from lrp_kg.web.timeline import timeline_view
    from lrp_kg.web.why import Explained

    words = AnswerWords(service().guideline, lang)
    whole = "decisions" in answer
    explained = whole and all("because" in d for d in answer["decisions"].values())
    return {
        "words": words,
        "answer": answer,
        "lines": first_lines(answer, words),
        "labels": Labels(answer) if whole else None,
        "points": points_to_show(answer),
        "also": not_in_lines(service().renderer(lang), found, answer) if whole else [],
        "explained": Explained(answer, words, partial(address, lang=lang)) if explained else None,
        "derived": durations_of(found, words),
        "given": given_of(found, words),
        "about": guideline_in(words),
        "timeline": timeline_view(service(), found, words) if whole else None,
    }


def _by_line(respond: Callable[[RawRecord], bytes], lang: str, **invalid: bool) -> Response:
    response = streams().answer(request.environ, service().reader, context_addresses(), respond, lang, **invalid)
    response.headers.update(_HEADERS)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep the answers back
    return response


@blueprint.post("/v1/validate")
@blueprint.post("/validate")
def validate() -> Response:
    """Validate a record and list every problem: 200 if valid, 422 otherwise."""
    kind = content_type(BODIES)
    lang = language()
    echo = flag("record")
    accepted({"application/json": "json", "application/problem+json": "json"})
    current = service()

    def respond(raw: RawRecord) -> bytes:
        current.read(raw)
        own = {"record": plain(raw, current.guideline)} if echo else {}
        return orjson.dumps({"valid": True, "findings": [], **own})

    if kind == "ndjson":
        return _by_line(respond, lang, valid=False)
    with only_record(body(), kind) as raw:
        answer = answered(respond, raw, kind, context_addresses())
        return Response(answer, headers=_HEADERS, mimetype="application/json")
