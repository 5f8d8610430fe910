"""``/guide/...``: the guideline's pages for readers, those that ``lrp-kg docs`` writes to files."""

from __future__ import annotations

import hashlib
import posixpath

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.exceptions import NotFound

from lrp_kg.site.content import Content
from lrp_kg.site.frame import HOME
from lrp_kg.site.pages import STATIC, Site
from lrp_kg.web.assess import service
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import language
from lrp_kg.words import LANGUAGES

blueprint = Blueprint("guide", __name__, static_folder=STATIC, static_url_path="/guide/static")

_TYPES = {".html": "text/html", ".svg": "image/svg+xml"}
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A picture that is opened alone has its style within."""


def site() -> Site:
    """Return the pages of the current guideline."""
    current = service()
    return latest("lrp_kg_guide", current.guideline.index.text_hash, lambda: Site(Content(current, served=True)))


def address(name: str, lang: str) -> str:
    """Return the address of the page, or part of a page, about a term; empty if it has none."""
    entry = site().content.catalogue.find(name)
    return url_for("guide.page", path=f"{lang}/{entry.page}", _anchor=entry.anchor or None) if entry else ""


@blueprint.get("/guide/")
def start() -> Response:
    """Lead to the pages in the language of the reader."""
    return _lead(language(), "")


@blueprint.get("/guide/<path:path>")
def page(path: str) -> Response:
    """Show a page; without a language in its path, lead to the one of the reader."""
    lang, _, rest = path.partition("/")
    if lang not in LANGUAGES:
        lang, rest = language(), path
        if _file(rest) not in site().language(lang):
            raise NotFound
        return _lead(lang, rest)
    asked = language() if "lang" in request.args else lang
    g.language = asked
    if asked != lang or path == lang:
        return _lead(asked, rest)
    text = site().page(lang, _file(rest))
    if text is None:
        raise NotFound
    content = text.encode()
    response = Response(content, mimetype=_TYPES[posixpath.splitext(_file(rest))[1]])
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Language"] = lang
    if response.mimetype == _TYPES[".svg"]:
        response.headers["Content-Security-Policy"] = _PICTURE
    response.set_etag(hashlib.sha256(content).hexdigest()[:20])
    return response.make_conditional(request)  # type: ignore[return-value]


def _file(path: str) -> str:
    return path + HOME if not path or path.endswith("/") else path


def _lead(lang: str, path: str) -> Response:
    return redirect(url_for("guide.page", path=f"{lang}/{path}"))  # type: ignore[return-value]
