"""The query parameters of every address: what is sent beside them is refused, and OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, request

from lrp_kg.answer.service import GuidelineService
from lrp_kg.answer.summary import DETAILS, FULL
from lrp_kg.errors import UnknownParameter
from lrp_kg.findings import Finding
from lrp_kg.record.hints import nearest
from lrp_kg.record.limits import legible, problem
from lrp_kg.settings import yes_or_no
from lrp_kg.words import LANGUAGES, in_every_language
from lrp_kg.words.languages import look_up

LONGEST = 100
"""Characters of a name or value that are shown."""

PROBLEMS = ("unknown-parameter", "repeated-parameter", "value-not-in-list", "more-problems")
"""What can be wrong with a parameter."""

MOST = 20
"""Problems that are listed; one more says how many parameters were not looked at."""


@dataclass(frozen=True)
class AddressParameter:
    """A query parameter: one of some values if there are any, ``many`` times or once; a flag means yes without a value.

    With ``ids`` its values are identifiers of decisions and programmes, apart by commas.
    """

    name: str
    about: str
    values: tuple[str, ...] = ()
    default: str = ""
    flag: bool = False
    many: bool = False
    ids: bool = False

    def unfit(self, value: str, ids: tuple[str, ...]) -> tuple[list[str], Iterable[str]]:
        """Return what of a value cannot be taken, and what there is to choose among."""
        if self.flag:
            return [value] if yes_or_no(value or "yes") is None else [], ("true", "false")
        if self.ids:
            return [part for part in value.split(",") if part and part not in ids], ids
        known = not self.values or value in self.values or (self is LANG and look_up(value) is not None)
        return [] if known else [value], self.values

    def described(self, ids: tuple[str, ...]) -> dict[str, Any]:
        """Return the parameter as OpenAPI has it."""
        schema: dict[str, Any] = {"type": "boolean" if self.flag else "string"}
        if self.values or self.ids:
            schema["enum"] = list(self.values or ids)
        if self.default:
            schema["default"] = self.default
        found: dict[str, Any] = {"name": self.name, "in": "query", "description": self.about}
        if self.flag:
            found["allowEmptyValue"] = True
        return found | {"schema": {"type": "array", "items": schema} if self.many else schema}


LANG = AddressParameter(
    "lang", "The language of the answer, of problems too; by default that of Accept-Language.", LANGUAGES
)
_QUERY = AddressParameter("query", "A query in SPARQL 1.1.")
_TODAY = AddressParameter("today", "Take the day of the server as that of the assessment.", flag=True)

PARAMETERS: Mapping[str, tuple[AddressParameter, ...]] = {
    "assess.assess": (
        AddressParameter("explain", "Say why, and why not.", flag=True),
        AddressParameter("changes", "Add what changes on later days of assessment.", flag=True),
        AddressParameter("whatIf", "Add with which other value of one field a decision changes.", flag=True),
        AddressParameter("detail", "How much of the answer; a text is one screen without it.", DETAILS, FULL),
        AddressParameter("for", "Only these decisions and programmes.", many=True, ids=True),
        AddressParameter("fragment", "Of the page only the answer, without its frame.", flag=True),
    ),
    "assess.validate": (AddressParameter("record", "Return the record too, as plain JSON.", flag=True),),
    "pages.index": (_TODAY,),
    "pages.form": (_TODAY,),
    "sparql.sparql": (
        _QUERY,
        AddressParameter("default-graph-uri", "A graph of the default graph.", many=True),
        AddressParameter("named-graph-uri", "A named graph.", many=True),
        AddressParameter("format", "The format, by a short name or media type; by default that of Accept."),
        AddressParameter("output", "As format."),
        AddressParameter("results", "As format."),
    ),
    "editor.query": (_QUERY,),
    "search.search": (AddressParameter("q", "Words to look for, at most 200 characters."),),
    "terms.index": (
        AddressParameter("iri", "The IRI of one term."),
        AddressParameter("kind", "The IRI of a class: its terms."),
    ),
    "access.login": (AddressParameter("next", "The address of this service to go to after logging in."),),
}
"""What each view takes beside the language, which all take; those of catalogue questions are in their files."""

_OTHERS = ("sparql.sparql", "queries.page", "queries.as_json", "queries.as_csv", "queries.as_text")
"""The views that check their parameters themselves: with those of a form, or of a question."""


def taken_by(endpoint: str) -> tuple[AddressParameter, ...]:
    """Return the parameters of a view."""
    return (*PARAMETERS.get(endpoint, ()), LANG)


def demand_known() -> None:
    """Raise `UnknownParameter` where the address has a parameter that its view does not take."""
    if request.query_string and request.endpoint and request.method != "OPTIONS" and request.endpoint not in _OTHERS:
        refuse(problems(request.args.items(multi=True), taken_by(request.endpoint)))


def problems(pairs: Iterable[tuple[str, str]], known: Iterable[AddressParameter]) -> list[Finding]:
    """Return everything that is wrong with parameters: unknown ones, repeated ones, values that they cannot have."""
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        sent.setdefault(name, []).append(value)
    by_name = {p.name: p for p in known}
    ids: tuple[str, ...] = ()
    if any(p.ids for p in by_name.values()):
        ids = tuple(cast(GuidelineService, current_app.extensions["lrp_kg"]).assessor.decision_ids)
    found: list[Finding] = []
    for number, (name, values) in enumerate(sent.items()):
        if len(found) >= MOST:
            more = problem("more-problems", "limit-findings", count=len(sent) - number)
            return [*found[:MOST], more]
        found += _of_one(name, values, by_name, ids)
    return found


def _of_one(
    name: str, values: list[str], known: Mapping[str, AddressParameter], ids: tuple[str, ...]
) -> Iterator[Finding]:
    parameter = known.get(name)
    if parameter is None:
        yield _unknown(name, values[0], list(known))
        return
    if len(values) > 1 and not parameter.many:
        yield _finding("repeated-parameter", "parameter-repeated", name, values[-1], count=len(values))
    for value in values:
        wrong, allowed = parameter.unfit(value, ids)
        yield from (unlisted(name, part, allowed) for part in wrong)


def unlisted(name: str, value: str, allowed: Iterable[str]) -> Finding:
    """Return the problem that a parameter has no such value."""
    return _finding("value-not-in-list", "parameter-value", name, value, allowed=", ".join(allowed))


def _unknown(name: str, value: str, known: list[str]) -> Finding:
    similar = nearest(name, known, 0.7)
    fill = {"similar": similar} if similar else {"known": ", ".join(known)}
    return _finding("unknown-parameter", "parameter-similar" if similar else "parameter-unknown", name, value, **fill)


def _finding(kind: str, text: str, name: str, value: str, **fill: object) -> Finding:
    texts = in_every_language(text, name=legible(_cut(name)), value=legible(_cut(value)), **fill)
    return Finding(kind, texts["en"], field=_cut(name), value=_cut(value), messages=texts)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def refuse(found: list[Finding]) -> None:
    """Raise `UnknownParameter` with everything that is wrong, if anything is."""
    if found:
        said = {lang: " ".join(f.text(lang) for f in found) for lang in LANGUAGES}
        raise UnknownParameter(said["en"], found, said)


def demand_page(name: str, form: str) -> None:
    """Raise `UnknownParameter` where a parameter of pages is sent and the answer is none."""
    if name in request.args and form != "html":
        refuse([_finding("unknown-parameter", "parameter-page", name, request.args[name])])
