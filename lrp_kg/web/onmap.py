"""``POST /guide/<language>/``: the map of the pathway with the place of the patient whose record is in the body.

The record is sent as JSON, or as the form of the start page sends it; it is kept nowhere, and is in no address.
"""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from lrp_kg.record.form import Sent, from_form, said
from lrp_kg.record.model import RawRecord
from lrp_kg.web.assess import body, only_record, service, streams
from lrp_kg.web.guide import site
from lrp_kg.web.negotiation import accepted, content_type
from lrp_kg.web.patient import FORMS, form_sent
from lrp_kg.words import LANGUAGES

blueprint = Blueprint("onmap", __name__)

RECORDS = {"application/json": "json", **FORMS}
"""What the record is sent as."""


@blueprint.post("/guide/<lang>/")
def on_map(lang: str) -> Response:
    """Show the place of a patient on the map, and the way there."""
    if lang not in LANGUAGES:
        raise NotFound
    kind = content_type(RECORDS)
    accepted({"text/html": "html"})
    if kind == "form":
        sent = said(form_sent())
        with streams().alone():
            return _page(lang, from_form(service().reader, sent), sent)
    with only_record(body(), kind) as raw:
        return _page(lang, raw, {})


def _page(lang: str, raw: RawRecord, sent: Sent) -> Response:
    page = site().on_map(lang, service().read(raw), sent)
    return Response(page, headers={"Cache-Control": "no-store", "Content-Language": lang}, mimetype="text/html")
