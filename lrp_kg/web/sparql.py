"""``/sparql``: the query operation of the SPARQL 1.1 Protocol, read-only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from lrp_kg.errors import (
    Busy,
    MalformedQuery,
    NotAcceptable,
    QueryRefused,
    QueryTooLong,
    UnknownParameter,
    UnsupportedMediaType,
    WrongCharset,
)
from lrp_kg.research.engine.formats import GRAPHS, SOLUTIONS
from lrp_kg.research.engine.model import Question, Reply
from lrp_kg.web.access import guard
from lrp_kg.web.engine import engine, engines
from lrp_kg.web.negotiation import demand_utf8, depends_on, without_parameters
from lrp_kg.web.parameters import problems, refuse, taken_by, unlisted

blueprint = Blueprint("sparql", __name__)
blueprint.before_request(guard)

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
_JSON, _XML = "application/sparql-results+json", "application/sparql-results+xml"
FORMATS: dict[str, tuple[str | None, str | None]] = (
    {
        "json": (_JSON, "application/ld+json"),
        "xml": (_XML, "application/rdf+xml"),
        "csv": ("text/csv", None),
        "tsv": ("text/tab-separated-values", None),
        "turtle": (None, "text/turtle"),
        "ttl": (None, "text/turtle"),
        "nt": (None, "application/n-triples"),
        "json-ld": (_JSON, "application/ld+json"),
        "jsonld": (_JSON, "application/ld+json"),
        "rdf": (_XML, "application/rdf+xml"),
        "rdf+xml": (_XML, "application/rdf+xml"),
    }
    | {kind: (kind, None) for kind in SOLUTIONS}
    | {kind: (None, kind) for kind in GRAPHS}
)
"""Media types of solutions and graphs for each value of ``?format=``; Accept decides where there is ``None``."""

FORMAT_NAMES = ("format", "output", "results")
"""Parameters that name the format; some clients send all of them."""

_ALSO = {"application/json": "application/sparql-results+json", "application/xml": "application/sparql-results+xml"}
_READ_ONLY = "This is an update; the endpoint is read-only. Data is loaded with lrp-kg load."
_CHANGING = re.compile(r"now|rand|uuid|bnode|\\u", re.IGNORECASE)  # \\u can hide any of the others


@dataclass(frozen=True)
class Operation:
    """The query of a request, if it has one, with its dataset and format."""

    query: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: str | None


@blueprint.route("/v1/sparql", methods=["GET", "POST"], strict_slashes=False)
@blueprint.route("/sparql/", methods=["GET", "POST"])
@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
def sparql() -> Response:
    """Run a query; without one, describe the service."""
    depends_on("Accept")
    asked = _operation()
    accept = request.headers.get("Accept", "")
    if asked.query is None:
        if request.method == "POST":
            raise MalformedQuery("The request has no query. Send it as the parameter query, or as the body.")
        accepted = without_parameters(request.accept_mimetypes)
        if asked.format is None and accepted.best_match([*GRAPHS, "text/html"]) == "text/html":
            return redirect(url_for("editor.query"), 303)  # type: ignore[return-value]
        from lrp_kg.web.servicedescription import describe  # imports rdflib

        return describe(FORMATS[asked.format][1] if asked.format else None)
    solutions, graph = _accepted(asked.format, accept)
    question = Question(asked.query, asked.default_graphs, asked.named_graphs, solutions, graph)
    return answer(question)


@blueprint.get("/.well-known/void")
def void() -> Response:
    """Describe the dataset."""
    from lrp_kg.web.servicedescription import describe_dataset  # imports rdflib

    return describe_dataset()


def answer(question: Question) -> Response:
    """Return the reply of the engine, or 304 if the client has it already."""
    current = engine()
    tag = None
    if not _CHANGING.search(question.text):
        tag = hashlib.sha256(f"{current.version} {question}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        known = request.if_none_match
        if request.method in ("GET", "HEAD") and not known.star_tag and known.contains_weak(tag):
            return _headers(Response(status=304), tag, secret=current.has_records)
    reply = current.ask(question)
    return _headers(stream(reply), tag, secret=current.has_records)


def stream(reply: Reply) -> Response:
    """Return a complete result with its length; send a long one in parts, and close it when the client is gone."""
    if reply.in_memory:
        response = Response(reply.read(), mimetype=reply.media_type)
    else:
        response = _in_parts(reply)
    response.headers["Content-Length"] = str(reply.size)
    if reply.media_type.startswith("text/"):
        response.headers["Content-Type"] = f"{reply.media_type}; charset=utf-8"
    return response


def _in_parts(reply: Reply) -> Response:
    readers = engines().readers
    try:
        readers.enter(reply.size)
    except Busy:
        reply.close()
        raise
    response = Response(reply.chunks(), mimetype=reply.media_type)
    response.call_on_close(reply.close)
    response.call_on_close(lambda: readers.leave(reply.size))
    return response


def _headers(response: Response, tag: str | None, *, secret: bool) -> Response:
    response.headers["Cache-Control"] = "no-store" if secret else "no-cache"
    if tag:
        response.set_etag(tag)
    return response


# -- reading ------------------------------------------------------------------------------------------


def _operation() -> Operation:
    """Read the request by the rules of the SPARQL 1.1 Protocol; raise if it breaks them."""
    pairs = _pairs(request.query_string)
    query: str | None = None
    if request.method == "POST":
        name, options = parse_options_header(request.headers.get("Content-Type", ""))
        demand_utf8(options)
        name = name.lower()
        if name == UPDATE:
            raise QueryRefused(_READ_ONLY)
        if name == FORM:
            pairs += _pairs(_body())
        elif name == DIRECT:
            if any(key == "query" for key, _ in pairs):
                raise MalformedQuery("The query is in the address and in the body. Send it once.")
            query = _decode(_body())
        else:
            raise UnsupportedMediaType(
                f"{'The content type ' + repr(name) if name else 'A body without content type'} is not supported. "
                f"Send {FORM} or {DIRECT}."
            )
    queries = [value for key, value in pairs if key == "query"]
    if any(key == "update" for key, _ in pairs):
        raise QueryRefused(_READ_ONLY)
    if len(queries) > 1:
        raise MalformedQuery(f"The request has {len(queries)} queries. Send one at a time.")
    named = [(key, value) for key, value in pairs if key in FORMAT_NAMES]
    unknown = [unlisted(key, value, FORMATS) for key, value in named if value.lower() not in FORMATS]
    refuse([*problems(pairs, taken_by("sparql.sparql")), *unknown])
    formats = [value.lower() for _, value in named]
    if len(set(formats)) > 1:
        raise UnknownParameter(f"{', '.join(FORMAT_NAMES)} name different formats. Send one of them.")
    return Operation(
        query if query is not None else queries[0] if queries else None,
        tuple(value for key, value in pairs if key == "default-graph-uri"),
        tuple(value for key, value in pairs if key == "named-graph-uri"),
        formats[-1] if formats else None,
    )


def _body() -> bytes:
    limit = 4 * engines().limits.text
    data = request.get_data(cache=False)
    if len(data) > limit:
        raise QueryTooLong(f"The body has more than {limit} bytes. Shorten the query.")
    return data


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError:
        raise WrongCharset("A parameter is not UTF-8. Encode it as UTF-8, then with percent signs.") from None
    except ValueError:
        raise MalformedQuery("The request has more than 100 parameters. Send fewer.") from None


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise WrongCharset(f"Byte {error.start} is not UTF-8. Send the query as UTF-8.") from None


@lru_cache(maxsize=128)
def _accepted(name: str | None, header: str) -> tuple[str | None, str | None]:
    """Return the media types for solutions and for graphs that the caller prefers."""
    named: tuple[str | None, str | None] = FORMATS[name] if name is not None else (None, None)
    plain = without_parameters(parse_accept_header(header, MIMEAccept))
    if not plain:
        return named[0] or next(iter(SOLUTIONS)), named[1] or next(iter(GRAPHS))
    solutions = plain.best_match([*SOLUTIONS, *_ALSO])
    solutions, graph = named[0] or _ALSO.get(solutions or "", solutions), named[1] or plain.best_match(list(GRAPHS))
    if solutions is None and graph is None:
        raise NotAcceptable(f"Accept one of {', '.join([*SOLUTIONS, *GRAPHS])}.")
    return solutions, graph
