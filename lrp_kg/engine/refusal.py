"""What a query may not ask for: anything remote, and any change. Read from its syntax tree, never by guessing.

Oxigraph hands out no syntax tree. A query in whose text a keyword does not occur cannot use it; only where it occurs
is the query parsed by rdflib, which does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lrp_kg.engine.model import BASE
from lrp_kg.errors import MalformedQuery, QueryRefused

_CODEPOINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_WORDS = re.compile("service|from", re.IGNORECASE)
_ASIDE = re.compile(
    r"""<[^<>"{}|^`\\\x00-\x20]*>"""  # an IRI
    r'''|"""(?:"{0,2}(?:[^"\\]|\\.))*"""'''
    r"""|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"""
    r'''|"(?:[^"\\\n\r]|\\.)*"'''
    r"""|'(?:[^'\\\n\r]|\\.)*'"""
    r"|#[^\n\r]*"
    r"|:[\w.:%-]+|(?P<variable>[?$]\w+)",
    re.DOTALL,
)
"""Tokens of the SPARQL grammar in which a keyword is none: IRIs, texts, comments, local names, variables."""
_UPDATES = re.compile("insert|delete|load|clear|drop|create|add|move|copy", re.IGNORECASE)


@dataclass(frozen=True)
class Dataset:
    """The graphs that a query names with FROM and FROM NAMED."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether any graph is named."""
        return bool(self.default or self.named)


def _plain(text: str) -> str:
    """Undo codepoint escapes, which SPARQL does before it looks for keywords."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else ""

    return _CODEPOINT.sub(character, text)


def without_asides(text: str) -> str:
    """Return a query with its escapes undone, and without texts, IRIs, local names and comments."""
    return _ASIDE.sub(lambda match: match["variable"] or " ", _plain(text))


def _may_use(text: str) -> bool:
    """Tell whether SERVICE or FROM stands in a query as a word of the language, escapes undone or not."""
    readings = {text, _plain(text)}
    return any(_WORDS.search(_ASIDE.sub(" ", reading)) for reading in readings)


def preload() -> None:
    """Import the parser now: a process that forks does so once for all its children."""
    import rdflib.plugins.sparql.algebra
    import rdflib.plugins.sparql.parser  # noqa: F401


def examine(text: str) -> Dataset:
    """Return the dataset that a query names; raise `QueryRefused` where it reaches for something remote."""
    if not _may_use(text):
        return Dataset()
    from rdflib.plugins.sparql.algebra import translatePrologue, traverse
    from rdflib.plugins.sparql.parser import parseQuery
    from rdflib.plugins.sparql.parserutils import CompValue

    try:
        prologue, query = parseQuery(text)
    except Exception as error:  # noqa: BLE001 - pyparsing raises many kinds
        raise _unreadable(error) from error
    if any(node.name == "ServiceGraphPattern" for node in _nodes(query)):
        raise QueryRefused(
            "SERVICE would send data to another server. Ask that server yourself, and leave it out here."
        )
    try:
        names = translatePrologue(prologue, BASE)
        clauses = [c for c in query.get("datasetClause") or [] if isinstance(c, CompValue)]
        resolved = [traverse(c, visitPost=lambda n: _resolve(n, names)) for c in clauses]
    except Exception as error:  # noqa: BLE001 - an undeclared prefix raises a plain Exception
        raise _unreadable(error) from error
    default = tuple(str(c["default"]) for c in resolved if "default" in c)
    named = tuple(str(c["named"]) for c in resolved if "named" in c)
    return Dataset(tuple(dict.fromkeys(default)), tuple(dict.fromkeys(named)))


def _resolve(node: Any, names: Any) -> Any:
    from rdflib import URIRef
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue) and node.name == "pname":
        return names.absolutize(node)
    return names.absolutize(node) if isinstance(node, URIRef) else None


def _nodes(tree: Any) -> Iterator[Any]:
    """Yield every node of a syntax tree that has a name, without recursion."""
    from pyparsing import ParseResults
    from rdflib.plugins.sparql.parserutils import CompValue

    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, CompValue):
            yield node
            todo += list(node.values())
        elif isinstance(node, (list, tuple, set, ParseResults)):
            todo += list(node)


def _unreadable(error: Exception) -> MalformedQuery:
    """Return that a query cannot be parsed; Oxigraph is not asked, since it would also run what it can parse."""
    place = f"line {error.lineno}, column {error.column}" if hasattr(error, "lineno") else "a place that is not known"  # type: ignore[attr-defined]
    return MalformedQuery(
        f"The query cannot be parsed at {place}. It holds the word SERVICE or FROM, so it is read strictly: "
        "mend it there, and declare every prefix."
    )


def syntax_error(text: str, error: SyntaxError) -> Exception:
    """Return what is wrong with a query that Oxigraph cannot parse: its words, or that it is an update."""
    if _UPDATES.search(_plain(text)):
        from rdflib.plugins.sparql.parser import parseUpdate

        try:
            parseUpdate(text)
        except Exception:  # noqa: BLE001, S110 - then it is no update either
            pass
        else:
            return QueryRefused("This is an update; the endpoint is read-only. Data is loaded with lrp-kg load.")
    reason = " ".join(str(error.msg).split())[:500]
    return MalformedQuery(f"The query is not SPARQL 1.1: {reason}. Mend it at this place.")
