"""``/queries``: the catalogue as pages with forms, tables and pictures, and as JSON, CSV and SPARQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from lrp_kg.errors import LrpError, RecordsNeeded, UnknownParameter, UnknownQuery
from lrp_kg.namespaces import local_name
from lrp_kg.research.questions.charts import draw
from lrp_kg.research.questions.entries import query_files, read_catalogue
from lrp_kg.research.questions.listing import as_data, by_topic
from lrp_kg.research.questions.model import CatalogueEntry, Parameter
from lrp_kg.research.questions.parameters import Vocabulary, prefixes_of, spliced
from lrp_kg.research.questions.running import JSON, Cell, Table, question, run
from lrp_kg.web.access import guard
from lrp_kg.web.assess import service
from lrp_kg.web.engine import engine, may_hold_records
from lrp_kg.web.html import html
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import accepted, language
from lrp_kg.web.parameters import LANG, AddressParameter, problems, refuse
from lrp_kg.web.sparql import answer
from lrp_kg.web.terms import query_about, terms
from lrp_kg.words import LANGUAGES, in_language

blueprint = Blueprint("queries", __name__)

SHOWN = 1000
"""Rows that a page shows; the other formats return all."""

_TEXT = "application/sparql-query"


@dataclass(frozen=True)
class Offer:
    """The catalogue of the current guideline, and the vocabulary for values of its parameters."""

    entries: Mapping[str, CatalogueEntry]
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Input:
    """A parameter in a form: its current value, and the choices if it has a closed list."""

    parameter: Parameter
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]


def offer() -> Offer:
    """Return the catalogue of the current guideline, read again after a query file has changed."""
    guideline = service().guideline
    files = [f for f in query_files(guideline.folder) if f.is_file()]
    key = (guideline.index.text_hash, tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files))
    return latest(
        "lrp_kg_catalogue", key, lambda: Offer(read_catalogue(guideline.folder).entries, Vocabulary(guideline))
    )


@blueprint.get("/queries/")
@blueprint.get("/queries")
def index() -> Response:
    """List the catalogue, as a page or as JSON."""
    lang = language()
    entries = offer().entries.values()
    if accepted({"text/html": "html", "application/json": "json"}) == "json":
        queries = [as_data(e, lang) | {"href": url_for("queries.page", name=e.name)} for e in entries]
        data = {"records": may_hold_records(), "queries": queries}
        return Response(orjson.dumps(data), mimetype="application/json")
    groups = [
        (tag, topics, all(e.needs == "records" for _, found in topics for e in found))
        for tag, topics in by_topic(entries)
    ]
    return _html("catalogue.html", lang, groups=groups, records=may_hold_records())


@blueprint.get("/queries/<name>")
def page(name: str) -> Response:
    """Show a query: its question, a form for its parameters, its result as table and chart, and its text."""
    lang = language()
    if accepted({"text/html": "html", JSON: "json", "application/json": "json"}) == "json":
        return as_json(name)
    entry = _entry(name)
    refused = guard()
    if refused is not None:
        return refused
    values = _values(entry, lang, form=True)
    vocabulary = offer().vocabulary
    table: Table | None = None
    problem: LrpError | None = None
    text = entry.query
    try:
        text = _text(entry, values)
        table = run(entry, engine(), values, vocabulary, lang)
    except LrpError as error:
        problem = error
    unasked = isinstance(problem, RecordsNeeded)
    picture = _picture(entry, table, lang)
    given = {k: v for k, v in values.items() if v}
    response = _html(
        "catalogue-entry.html",
        lang,
        status=problem.status if problem else 200,
        entry=entry,
        inputs=[_input(p, values.get(p.name, ""), entry, lang) for p in entry.parameters],
        table=table,
        rows=[[_shown(cell, lang) for cell in row] for row in table.rows[:SHOWN]] if table else [],
        problem=None if unasked else problem,
        unasked=unasked,
        picture=Markup(picture),  # noqa: S704 - our own drawing, its texts escaped
        text=text,
        formats={
            form: f"{url_for('queries.page', name=name)}.{form}?{urlencode(given)}" for form in ("csv", "json", "rq")
        },
        editor=url_for("editor.query", query=text, lang=lang),
        shown=SHOWN,
    )
    if problem is not None:
        response.headers.extend(problem.headers)
    response.headers["Cache-Control"] = "no-store" if entry.needs == "records" else "no-cache"
    return response


@blueprint.get("/queries/<name>.json")
def as_json(name: str) -> Response:
    """Return the result as SPARQL results in JSON."""
    return _result(name, JSON)


@blueprint.get("/queries/<name>.csv")
def as_csv(name: str) -> Response:
    """Return the result as CSV."""
    return _result(name, "text/csv")


@blueprint.get("/queries/<name>.rq")
def as_text(name: str) -> Response:
    """Return the query with its parameters."""
    entry = _entry(name)
    return Response(_text(entry, _values(entry, language())), mimetype=_TEXT)


def _entry(name: str) -> CatalogueEntry:
    found = offer().entries.get(name)
    if found is None:
        raise UnknownQuery("The catalogue has no query of this name. GET /queries lists them.")
    return found


def _result(name: str, media_type: str) -> Response:
    entry = _entry(name)
    refused = guard()
    if refused is not None:
        return refused
    values = _values(entry, language())
    _text(entry, values)
    return answer(question(entry, engine(), values, offer().vocabulary, media_type))


def _values(entry: CatalogueEntry, lang: str, *, form: bool = False) -> dict[str, str]:
    """Return the parameters of a request; ``lang`` may always be sent, because it is also the language of the page."""
    values = dict(request.args)
    values.pop("lang", None)
    if any(p.name == p.type == "lang" for p in entry.parameters):
        values["lang"] = lang
    if form:  # show the defaults in the form
        values = {p.name: p.default or "" for p in entry.parameters} | values
    return values


def _text(entry: CatalogueEntry, values: Mapping[str, str]) -> str:
    """Return the query with its parameters; raise `UnknownParameter` with everything that is wrong with them."""
    known = {p.name: AddressParameter(p.name, in_language(p.label, "en")) for p in entry.parameters} | {LANG.name: LANG}
    wrong = problems(request.args.items(multi=True), known.values())
    try:
        text = spliced(entry, {n: v for n, v in values.items() if n in known}, offer().vocabulary)
    except UnknownParameter as error:
        if not wrong:
            raise
        said = {lang: " ".join([*(f.text(lang) for f in wrong), error.text(lang)]) for lang in LANGUAGES}
        raise UnknownParameter(said["en"], wrong, said) from None
    refuse(wrong)
    return text


def _input(parameter: Parameter, value: str, entry: CatalogueEntry, lang: str) -> Input:
    choices: tuple[tuple[str, str], ...] = ()
    if parameter.type == "lang":
        choices = tuple((code, code) for code in LANGUAGES)
    elif parameter.type == "choice":
        choices = tuple((v, v) for v in parameter.values)
    elif parameter.type == "iri" and parameter.of:
        vocabulary, prefixes = offer().vocabulary, prefixes_of(entry.text)
        choices = tuple(vocabulary.instances(parameter.of, prefixes, lang))
        value = vocabulary.named(value, parameter.of, prefixes)
    return Input(parameter, in_language(parameter.label, lang), value, choices)


def _picture(entry: CatalogueEntry, table: Table | None, lang: str) -> str:
    if entry.chart is None or table is None:
        return ""
    return draw(entry.chart, table, title=in_language(entry.summary, lang), lang=lang)


def _shown(cell: Cell | None, lang: str) -> dict[str, str | bool]:
    if cell is None:
        return {"text": ""}
    if not cell.is_iri:
        return {"text": cell.text, "lang": cell.lang or "", "number": cell.number is not None}
    text = local_name(cell.text) or cell.text
    if not terms().knows(cell.text):  # such as a record, which has no page
        return {"text": text, "href": url_for("editor.query", query=query_about(cell.text), lang=lang)}
    return {"text": text, "href": url_for("terms.index", iri=cell.text, lang=lang)}


def _html(template: str, lang: str, *, status: int = 200, **context: Any) -> Response:
    others = {k: v for k, v in request.args.items() if k != "lang"}
    return html(
        template,
        lang,
        status=status,
        here=request.script_root + request.path,
        others=others,
        query_string=urlencode,
        **context,
    )
