"""Errors as ``application/problem+json`` (RFC 9457) or pages: what, where, what to do; never an exception's text."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, has_request_context, request
from werkzeug.exceptions import BadHost, ClientDisconnected, HTTPException, default_exceptions

from lrp_kg.errors import BodyCutShort, LrpError, WrongHost
from lrp_kg.findings import Finding
from lrp_kg.web.error_page import PROBLEM, error_page, wants_page
from lrp_kg.web.negotiation import language_or_default
from lrp_kg.web.origins import OPEN
from lrp_kg.words import LANGUAGES, problem_text, said

_ADVICE = {
    404: (
        "There is nothing at this address. "
        "GET {root}/openapi.json describes the addresses of the service; {root}/endpoints lists them as a page."
    ),
    405: (
        "This address does not support this method. "
        "GET {root}/openapi.json describes the addresses of the service; {root}/endpoints lists them as a page."
    ),
    413: "The body is over the size limit. Send records one by one, or as NDJSON in parts.",
}
TOO_LONG = "The body is over the size limit. Shorten the query."
CUT_SHORT = "The body ended before its Content-Length. Send it again."
BAD_HOST = "The Host header is not the name of a host. Correct it, or the proxy that sets it."
FAILED = (
    "internal-error",
    "The service failed; nothing was decided. Try again, or report it to the operator of the service.",
)
OUT_OF_MEMORY = ("limit-memory", "The service has no memory left for this request; nothing was decided. Send less.")
"""The code and detail of what is nobody's mistake."""
_log = logging.getLogger("lrp_kg.web")


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    findings: Iterable[Finding] = (),
    headers: dict[str, str] | None = None,
    messages: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem response; the only place that writes error bodies. ``messages`` is the detail by language."""
    found = list(findings)
    lang = language_or_default() if has_request_context() else "en"
    if len(found) == 1 and detail == found[0].message:
        messages = found[0].messages
    detail_in = (messages or {}).get(lang, problem_text(detail, lang))
    here = detail_in.replace("{root}", request.script_root if has_request_context() else "")
    languages = lang if detail_in != detail or lang == "en" else f"{lang}, en"
    given = {"Cache-Control": "no-store", "Content-Language": languages, **OPEN, **(headers or {})}
    if has_request_context() and wants_page():
        try:
            return error_page(status, code, here, lang, given)
        except Exception as error:  # what the page needs may be what failed
            log_unexpected(error)
    body = _body(status, code, problem_text(title, lang), here, [f.as_dict(lang) for f in found])
    return Response(orjson.dumps(body), status, given, mimetype=PROBLEM)


def _body(status: int, code: str, title: str, detail: str, findings: list[dict[str, Any]]) -> dict[str, Any]:
    kind = f"https://w3id.org/lrp-kg/problem/{code}"
    body = {"type": kind, "title": title, "status": status, "code": code, "detail": detail}
    return body | ({"findings": findings} if findings else {})


def problem_data(error: LrpError) -> dict[str, Any]:
    """Return the body of an error in English."""
    return _body(error.status, error.code, error.title, error.message, [f.as_dict() for f in error.findings])


def codes() -> list[str]:
    """Return every code that a problem can have."""
    known = {FAILED[0], OUT_OF_MEMORY[0]} | {_code(kind.name) for kind in map(_made, default_exceptions.values())}
    kinds = [LrpError]
    for kind in kinds:  # which grows meanwhile
        known.add(kind.code)
        kinds += kind.__subclasses__()
    return sorted(known)


def _made(kind: type[HTTPException]) -> HTTPException:
    return kind()


def _code(name: str | None) -> str:
    return (name or "Error").lower().replace(" ", "-")


def log_unexpected(error: BaseException | None) -> None:
    """Log only the type and place of an error, because its message may contain data of a record."""
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    _log.error("unexpected %s at %s", type(error).__name__, place)


class QuietFlask(Flask):
    """Flask that never logs the text of an exception, even if an error handler fails."""

    def log_exception(self, exc_info: Any) -> None:
        """Log the type and place of an exception."""
        log_unexpected(exc_info[1])


def register_errors(app: Flask) -> None:
    """Turn every error of the application into a problem response."""

    @app.errorhandler(LrpError)
    def known(error: LrpError) -> Response:
        return problem(
            error.status,
            error.code,
            error.title,
            error.message,
            findings=error.findings,
            headers=error.headers,
            messages={lang: said(error, lang) for lang in LANGUAGES} if error.phrase else error.messages,
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        name = _code(error.name)
        headers = {"Allow": ", ".join(sorted(m))} if (m := getattr(error, "valid_methods", None)) else {}
        advice = _ADVICE.get(status, error.description or "")
        if status == 413 and request.path.endswith("/sparql"):
            advice = TOO_LONG
        return problem(status, name, error.name or "Error", advice, headers=headers)

    @app.errorhandler(ClientDisconnected)
    def cut_short(_: ClientDisconnected) -> Response:
        error = BodyCutShort(CUT_SHORT)
        return problem(error.status, error.code, error.title, error.message)

    @app.errorhandler(BadHost)
    def bad_host(_: BadHost) -> Response:
        return known(WrongHost(BAD_HOST))

    @app.errorhandler(MemoryError)
    def out_of_memory(error: MemoryError) -> Response:
        log_unexpected(error)
        return problem(503, OUT_OF_MEMORY[0], "Out of memory", OUT_OF_MEMORY[1], headers={"Retry-After": "1"})

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log_unexpected(error)
        return problem(500, FAILED[0], "Internal error", FAILED[1])
