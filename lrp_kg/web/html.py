"""Pages of the service: a template with the words of a language, in the frame that all pages have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from flask import Response, current_app, render_template, request

from lrp_kg.answer.service import GuidelineService
from lrp_kg.site.frame import Frame, language_links
from lrp_kg.words import LANGUAGES, Words

_PLACES = {"queries": "place-queries", "editor": "place-sparql", "search": "place-alphabetical"}
"""The place in the navigation of the addresses of a blueprint; the start page, and what its form is sent to, is one."""

_SENT = ("assess.assess",)
"""What answers a body only, so that a link cannot ask for it in another language."""


def html(
    template: str, lang: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object
) -> Response:
    """Return a page in a language; ``words`` are the phrases of that language unless given."""
    known: dict[str, object] = {"lang": lang, "languages": LANGUAGES, "words": Words(lang), "frame": frame(lang)}
    page = render_template(template, **(known | context))
    return Response(page, status, headers, mimetype="text/html")


def frame(lang: str) -> Frame:
    """Return what surrounds a page of this request; other languages have its address with another ``lang``."""
    service = cast(GuidelineService, current_app.extensions["lrp_kg"])
    sent = request.args.items(multi=True) if request.method in ("GET", "HEAD") else ()
    others = [(name, value) for name, value in sent if name != "lang"]
    addresses = {code: f"?{urlencode([*others, ('lang', code)])}" for code in LANGUAGES}
    return Frame(
        guideline=service.guideline,
        lang=lang,
        guide=f"{request.script_root}/guide/",
        service=f"{request.script_root}/",
        languages=() if request.endpoint in _SENT else language_links(lang, addresses),
        here="place-patient" if request.path in ("/", "/assess") else _PLACES.get(request.blueprint or "", ""),
    )
