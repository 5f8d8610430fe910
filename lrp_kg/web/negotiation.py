"""Content type, Accept and language of a request, matched by Werkzeug."""

from __future__ import annotations

from flask import Response, g, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from lrp_kg.answer.asked import language as known_language
from lrp_kg.errors import NotAcceptable, UnknownParameter, UnsupportedMediaType, WrongCharset
from lrp_kg.settings import yes_or_no
from lrp_kg.words import error as say
from lrp_kg.words.languages import preferred

_WITHOUT_LANGUAGE = ("text/turtle", "application/n-triples", "application/sparql-query", "image/svg+xml")
"""Media types whose texts, if any, are in all languages."""


def content_type(supported: dict[str, str]) -> str:
    """Return the format of the body by its content type; raise if the type is unknown or the charset not UTF-8."""
    name, options = parse_options_header(request.headers.get("Content-Type", ""))
    if name.lower() not in supported:
        text = "error-media-type" if name else "error-no-media-type"
        raise say(UnsupportedMediaType, text, name=repr(name), known=", ".join(supported))
    demand_utf8(options)
    return supported[name.lower()]


def demand_utf8(options: dict[str, str]) -> None:
    """Raise `WrongCharset` if the parameters of a content type name another charset than UTF-8."""
    charset = options.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise say(WrongCharset, "error-charset", name=repr(charset))


def depends_on(*headers: str) -> None:
    """Note that the response to this request is chosen by these headers of it; `describe_choice` says so."""
    g.setdefault("depends_on", set()).update(headers)


def without_parameters(accept: MIMEAccept) -> MIMEAccept:
    """Return accepted types without parameters such as charset, which would match nothing."""
    return MIMEAccept([(name.split(";")[0].strip(), quality) for name, quality in accept])


def accepted(offered: dict[str, str]) -> str:
    """Return the offered format that the caller prefers; the first one if there is no Accept header."""
    depends_on("Accept")
    if not request.accept_mimetypes:
        return next(iter(offered.values()))
    best = without_parameters(request.accept_mimetypes).best_match(list(offered))
    if best is None:
        raise say(NotAcceptable, "error-accept", known=", ".join(offered))
    return offered[best]


def language() -> str:
    """Return the language: ``?lang=``, else ``Accept-Language``, else English; `describe_choice` says which."""
    asked = request.args.getlist("lang")
    if len(set(asked)) > 1:
        raise UnknownParameter("lang is in the address more than once. Send one language.")
    if not asked:
        depends_on("Accept-Language")
        found = preferred(request.accept_languages)
    else:
        found = known_language(asked[0])
    g.language = found
    return found


def describe_choice(response: Response) -> Response:
    """Say in which language a response is, and by which headers of the request it was chosen: the only ``Vary``."""
    if "language" in g and response.mimetype not in _WITHOUT_LANGUAGE and response.status_code != 304:
        response.headers.setdefault("Content-Language", g.language)
    response.vary.update(sorted(g.get("depends_on", ())))
    return response


def language_or_default() -> str:
    """Return the language for an error: that of the page if it is known; English if ``?lang=`` is unknown."""
    if "language" in g:
        return str(g.language)
    try:
        return language()
    except UnknownParameter:
        return "en"


def flag(name: str, *, otherwise: bool = False) -> bool:
    """Return a yes/no parameter; without a value it means yes, ``otherwise`` is what holds where it is not there."""
    value = request.args.get(name)
    if value is None:
        return otherwise
    said = yes_or_no(value or "yes")
    if said is not None:
        return said
    raise say(UnknownParameter, "error-flag", name=name, value=repr(value))
