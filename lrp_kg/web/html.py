"""Pages of the service: a template with the words of a language."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, render_template

from lrp_kg.words import LANGUAGES, Words


def html(
    template: str, lang: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object
) -> Response:
    """Return a page in a language; ``words`` are the phrases of that language unless given."""
    known: dict[str, object] = {"lang": lang, "languages": LANGUAGES, "words": Words(lang)}
    page = render_template(template, **(known | context))
    return Response(page, status, headers, mimetype="text/html")
