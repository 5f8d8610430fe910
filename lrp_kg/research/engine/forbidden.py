"""What a query may not ask for: anything remote, and any change.

Oxigraph hands out no syntax tree, and no other parser reads every query as it does. So SERVICE is looked for in the
text, on the safe side: wherever some reading of the grammar lets it be a keyword, the query is refused. FROM is read
from rdflib's syntax tree, which has to have as many of them as the text can have.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from lrp_kg.errors import MalformedQuery, QueryRefused
from lrp_kg.research.engine.model import BASE
from lrp_kg.words import error as say

_CODEPOINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_WORDS = re.compile("service|from", re.IGNORECASE)
_IRI = r"""<[^<>"{}|^`\\\x00-\x20]*>"""
_ASIDE = re.compile(
    r'"""(?:"{0,2}(?:[^"\\]|\\.))*"""'
    r"""|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"""
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|#[^\n\r]*"
    r"|:(?:[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])*"
    r"|[?$]\w+",
    re.DOTALL,
)
"""Tokens of the grammar in which a keyword is none: texts, comments, local names, variables. (IRIs are apart.)"""
_IRI_AT = re.compile(_IRI)
_SURELY_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
"""What is no comparison: two slashes are nowhere else in the grammar."""
_PLAIN = re.compile(r"""[^<"'#:?$sSfF]+""")
_SPACE = r"(?:\s|#[^\n\r]*(?:[\n\r]|$))*"
_KEYWORDS = {
    "service": re.compile(rf"service{_SPACE}(?:silent{_SPACE})?[^\s{{}}]+{_SPACE}\{{", re.IGNORECASE),
    "from": re.compile(rf"from{_SPACE}(?:named{_SPACE})?(?:<|[^\s{{}}:]*:)", re.IGNORECASE),
}
"""Keywords with what has to follow them: a graph, and what it is asked."""
_UPDATES = re.compile("insert|delete|load|clear|drop|create|add|move|copy", re.IGNORECASE)


class QueryGraphs(NamedTuple):
    """The graphs that a query names with FROM and FROM NAMED."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any graph is named."""
        return bool(self.default or self.named)


def plain(text: str) -> str:
    """Undo codepoint escapes, which SPARQL does before it looks for keywords."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else ""

    return _CODEPOINT.sub(character, text)


def keywords(text: str) -> Counter[str]:
    """Count the places where SERVICE and FROM can be keywords in some reading of a query.

    `<` is followed both ways, as the begin of an IRI and as a comparison, unless only one of them is possible.
    """
    found: Counter[str] = Counter()
    if not _WORDS.search(text):
        return found
    pending, seen = [0], set[int]()
    while pending:
        place = pending.pop()
        while place < len(text) and place not in seen:
            seen.add(place)
            character = text[place]
            aside = _ASIDE.match(text, place)
            if character == "<":
                iri = _IRI_AT.match(text, place)
                if iri and not _SURELY_IRI.match(text, place):
                    pending.append(place + 1)
                place = iri.end() if iri else place + 1
            elif aside:
                place = aside.end()
            elif plain := _PLAIN.match(text, place):
                place = plain.end()
            else:
                found.update(word for word, pattern in _KEYWORDS.items() if pattern.match(text, place))
                place += 1
    return found


def preload() -> None:
    """Import the parser now: a process that forks does so once for all its children."""
    import rdflib.plugins.sparql.algebra
    import rdflib.plugins.sparql.parser  # noqa: F401


def examine(text: str) -> QueryGraphs:
    """Return the dataset that a query names; raise `QueryRefused` where it reaches for something remote."""
    if _CODEPOINT.search(text) and (_WORDS.search(text) or _WORDS.search(plain(text))):
        raise QueryRefused(
            "The query has the word SERVICE or FROM, and characters written with \\u, which together are not read "
            "here. Write these characters themselves."
        )
    found = keywords(text)
    if found["service"]:
        raise QueryRefused(
            "SERVICE would send data to another server. Ask that server yourself, and leave it out here."
        )
    if not found["from"]:
        return QueryGraphs()
    from rdflib.plugins.sparql.algebra import translatePrologue, traverse
    from rdflib.plugins.sparql.parser import parseQuery
    from rdflib.plugins.sparql.parserutils import CompValue

    try:
        # rdflib ends comments at line feeds only
        prologue, query = parseQuery(text.replace("\r\n", "\n").replace("\r", "\n"))
    except RecursionError:
        raise MalformedQuery("The query is nested too deeply. Write it flatter.") from None
    except Exception as error:  # noqa: BLE001 - pyparsing raises many kinds
        raise _unreadable(error) from error
    try:
        names = translatePrologue(prologue, BASE)
        clauses = [c for c in query.get("datasetClause") or [] if isinstance(c, CompValue)]
        resolved = [traverse(c, visitPost=lambda n: _resolve(n, names)) for c in clauses]
    except Exception as error:  # noqa: BLE001 - an undeclared prefix raises a plain Exception
        raise _unreadable(error) from error
    if len(clauses) != found["from"]:
        raise QueryRefused(
            "The word FROM is where it may or may not name a graph. Write every IRI in full, with its scheme and two "
            "slashes or with a prefix, and name no prefix so."
        )
    default = tuple(str(c["default"]) for c in resolved if "default" in c)
    named = tuple(str(c["named"]) for c in resolved if "named" in c)
    return QueryGraphs(tuple(dict.fromkeys(default)), tuple(dict.fromkeys(named)))


def _resolve(node: Any, names: Any) -> Any:
    from rdflib import URIRef
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue) and node.name == "pname":
        return names.absolutize(node)
    return names.absolutize(node) if isinstance(node, URIRef) else None


def _unreadable(error: Exception) -> MalformedQuery:
    """Return that a query cannot be parsed; Oxigraph is not asked, since it would also run what it can parse."""
    line, column = (getattr(error, name, None) for name in ("lineno", "column"))
    if line is not None:
        return say(MalformedQuery, "query-not-read-at", line=line, column=column)
    return say(MalformedQuery, "query-not-read")


def syntax_error(text: str, error: SyntaxError) -> Exception:
    """Return what is wrong with a query that Oxigraph cannot parse: its words, or that it is an update."""
    if _UPDATES.search(plain(text)):
        from rdflib.plugins.sparql.parser import parseUpdate

        try:
            parseUpdate(text)
        except Exception:  # noqa: BLE001, S110 - then it is no update either
            pass
        else:
            return QueryRefused("This is an update; the endpoint is read-only. Data is loaded with lrp-kg load.")
    reason = " ".join(str(error.msg).split())[:500]
    return say(MalformedQuery, "query-not-sparql", reason=reason)
