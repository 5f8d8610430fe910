"""What the caller sends, accepts and reads: content type, Accept, language. Werkzeug does the matching."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_options_header

from lrp_kg.errors import NotAcceptable, UnknownParameter, UnsupportedMediaType, WrongCharset
from lrp_kg.words import LANGUAGES

_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}


def content_type(supported: dict[str, str]) -> str:
    """Return what the body is, by its content type; raise on an unknown type or another charset than UTF-8."""
    name, options = parse_options_header(request.headers.get("Content-Type", ""))
    if name.lower() not in supported:
        raise UnsupportedMediaType(
            f"{'The content type ' + repr(name) if name else 'A body without content type'} is not read here. "
            f"Send one of {', '.join(supported)}."
        )
    charset = options.get("charset", "utf-8").lower()
    if charset not in _UTF8:
        raise WrongCharset(f"The charset {charset!r} is not read here. Send the body as UTF-8.")
    return supported[name.lower()]


def accepted(offered: dict[str, str]) -> str:
    """Return which of the offered media types the caller likes best; the first where it says nothing."""
    if not request.accept_mimetypes:
        return next(iter(offered.values()))
    # a parameter such as charset would match nothing
    plain = MIMEAccept([(name.split(";")[0].strip(), quality) for name, quality in request.accept_mimetypes])
    best = plain.best_match(list(offered))
    if best is None:
        raise NotAcceptable(f"Accept one of {', '.join(offered)}.")
    return offered[best]


def language() -> str:
    """Return the language: ``?lang=``, else ``Accept-Language``, else English."""
    asked = request.args.get("lang")
    if asked is not None and asked not in LANGUAGES:
        raise UnknownParameter(f"lang={asked!r} is no language here. Choose among {', '.join(LANGUAGES)}.")
    return asked or request.accept_languages.best_match(LANGUAGES) or "en"


def language_or_default() -> str:
    """Return the language for an error, English where what was asked is unknown."""
    try:
        return language()
    except UnknownParameter:
        return "en"


def flag(name: str) -> bool:
    """Return a yes/no parameter; present without a value counts as yes."""
    value = request.args.get(name)
    if value is None:
        return False
    if value.lower() in ("", "1", "true", "yes"):
        return True
    if value.lower() in ("0", "false", "no"):
        return False
    raise UnknownParameter(f"{name}={value!r} is neither true nor false.")
