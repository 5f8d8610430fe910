"""The page of a patient as the server fills it in: the form as it was sent, problems at their fields, the answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NoReturn

from flask import Response, current_app, request
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from lrp_kg.errors import BrokenForm, InvalidRecord, TooLarge
from lrp_kg.findings import Finding
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.guideline.model import Field
from lrp_kg.record.form import Sent, from_form, said
from lrp_kg.record.limits import FIELDS
from lrp_kg.web.assess import calendar_file, guideline_in, parts_of_page, service, streams
from lrp_kg.web.negotiation import content_type
from lrp_kg.words import error as say

FORMS = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "form"}
"""What a browser sends a form as."""

LONGEST = 64 * 1024
"""Bytes of a form: ten times those of one with every field."""


def form_sent() -> Sent:
    """Return the texts of the form in the body, by name; raise `TooLarge` where it is longer than a form can be."""
    content_type(FORMS)
    limit = min(LONGEST, current_app.config["MAX_BODY"])
    if (request.content_length or 0) > limit:  # a body without a length is refused before
        raise say(TooLarge, "error-body-limit", limit=limit)
    kind, options = parse_options_header(request.headers["Content-Type"])
    parser = FormDataParser(_no_file, max_form_parts=FIELDS + 1, silent=False)
    try:
        _, form, _ = parser.parse(request.stream, kind, request.content_length, options)
    except ValueError:
        raise say(BrokenForm, "error-form") from None
    if None in form:  # a part without a name, which is whose value nobody knows
        raise say(BrokenForm, "error-form")
    return {name: form.getlist(name) for name in form}


def _no_file(*_: object, **__: object) -> NoReturn:
    """Refuse a file, which no field takes."""
    raise ValueError


def empty_page(lang: str, *, today: bool) -> dict[str, Any]:
    """Return what the template of the page shows before anything is filled in, but the day if it is ``today``."""
    return _page(lang, _dated({}, today=today))


def filled_page(lang: str, sent: Sent, *, today: bool) -> tuple[int, dict[str, Any]]:
    """Return the status, and what the template of the page shows, for a form that was sent.

    With ``today`` the day of the assessment is that of the server, whatever was sent for it.
    """
    current = service()
    sent = _dated(said(sent), today=today)
    try:
        with streams().alone():
            found = current.assessment(from_form(current.reader, sent), explain=True, changes=True, what_if=True)
    except InvalidRecord as error:
        return error.status, _page(lang, sent, error.findings)
    answer = current.renderer(lang).render(found, explain=True)
    return 200, _page(lang, sent) | parts_of_page(found, answer, lang) | {"standalone": False}


def _dated(sent: Sent, *, today: bool) -> Sent:
    guideline = service().guideline
    role = guideline.roles.assessment
    return {**sent, guideline.fields[role].id: [date.today().isoformat()]} if today and role else sent


def calendar_of_form(lang: str, sent: Sent) -> Response:
    """Return what is planned for the form that was sent, as a file; raise `InvalidRecord` with every problem."""
    current = service()
    with streams().alone():
        found = current.assessment(from_form(current.reader, sent), changes=True)
    return calendar_file(found, lang)


def _page(lang: str, sent: Sent, findings: Iterable[Finding] = ()) -> dict[str, Any]:
    guideline = service().guideline
    words = GuidelineWords(guideline, lang)
    asked = [f for f in guideline.fields.values() if f.ask_order or f.id in sent]
    listed = list(findings)
    private = [guideline.fields[iri].id for iri in (guideline.roles.identifier, guideline.roles.episode) if iri]
    return {
        "words": words,
        "about": guideline_in(words),
        "fields": sorted(asked, key=lambda f: f.ask_order or 0),
        "private": ["@id", *private],
        "unasked": {f.id: words.label(f) for f in guideline.fields.values() if not f.ask_order},
        "assessment": guideline.roles.assessment,
        "sent": sent,
        "problems": {f.id: [_beside(p, f, words) for p in listed if p.field == f.id] for f in asked},
        "others": [p.text(lang) for p in listed if p.field not in {f.id for f in asked}],
    }


def _beside(problem: Finding, f: Field, words: GuidelineWords) -> str:
    """Return a problem as it is said beside its field, which need not be named there."""
    text = problem.text(words.lang)
    for name in (f"{f.id} ({words.label(f)})", f.id):
        text = text.removeprefix(name + words.colon)
    return text[:1].upper() + text[1:]
