"""Pages of the service: a template with the words of a language."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, render_template

from lrp_kg.words import LANGUAGES, Words

VARY = {"Vary": "Accept, Accept-Language"}
"""Headers of what is chosen by format and language."""


def html(
    template: str, lang: str, *, status: int = 200, headers: Mapping[str, str] = VARY, **context: object
) -> Response:
    """Return a page in a language; ``words`` are the phrases of that language unless given."""
    known: dict[str, object] = {"lang": lang, "languages": LANGUAGES, "words": Words(lang)}
    page = render_template(template, **(known | context))
    return Response(page, status, headers, mimetype="text/html")
