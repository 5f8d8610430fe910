"""The tokens of a query as SPARQL 1.1 defines them, one at a time: what `<` begins depends on what is before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class UnreadQuery(Exception):
    """A query has something that is not read here."""


PATTERNS = frozenset(("OPTIONAL", "MINUS", "UNION", "GRAPH", "FILTER", "BIND", "VALUES", "SERVICE"))
"""What begins another pattern than a triple, but a group or subquery."""


class Token(NamedTuple):
    """A token: ``kind``, its text, and where it begins and ends."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword that it may be, in capital letters; else nothing."""
        return self.text.upper() if self.kind == "word" else ""


_LOCAL = r"(?:[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])"
_KINDS = {
    "text": r'"""(?:"{0,2}(?:[^"\\]|\\.))*"""'
    r"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'",
    "iri": r"""<[^<>"{}|^`\\\x00-\x20]*>""",
    "variable": r"[?$]\w+",
    "blank": r"_:\w(?:[\w.\-]*[\w\-])?",
    "name": rf"(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:{_LOCAL}(?:(?:{_LOCAL}|[.\-])*(?:{_LOCAL}|-))?)?",
    "language": r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*",
    "number": r"[+-]?(?:\d+\.\d*[eE][+-]?\d+|\.?\d+[eE][+-]?\d+|\d*\.\d+|\d+)",
    "word": r"[A-Za-z]\w*",
    "sign": r"\^\^|&&|\|\||!=|<=|>=|<<|>>|[{}()\[\].,;*/+\-|^!=<>?&]",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()), re.DOTALL)
_SPACE = re.compile(r"(?:\s|#[^\n\r]*)*")
_COMPARISON = re.compile("<=|<<|<")
_OPERANDS = frozenset(("text", "iri", "variable", "name", "language", "number"))


def token_at(text: str, place: int, before: Token | None) -> Token | None:
    """Return the next token from a place on, where ``before`` is the one before it; nothing at the end."""
    space = _SPACE.match(text, place)
    place = space.end() if space else place
    if place >= len(text):
        return None
    operand = before is not None and (before.kind in _OPERANDS or before.text == ")")
    found = _COMPARISON.match(text, place) if operand and _compares(text, place) else _TOKEN.match(text, place)
    if found is None:
        raise UnreadQuery
    kind = found.lastgroup or "sign"
    return Token(kind, found[0], place, found.end())


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a query."""
    place, before = 0, None
    while (token := token_at(text, place, before)) is not None:
        yield token
        place, before = token.end, token


def bound_once(text: str) -> frozenset[str]:
    """Return the variables of a query that it has as an object in one place, and that no other place can bind.

    An expression of a filter binds none; all else between braces, or after VALUES, may.
    """
    counts = Counter[str]()
    read, opened = list(tokens(text)), [False]
    for n, token in enumerate(read):
        last = [t.word for t in read[max(n - 2, 0) : n]]
        if token.text == "{":
            opened.append(True)
        elif token.text == "(":
            opened.append(False if "FILTER" in last else opened[-1] or last[-1:] == ["VALUES"])
        elif token.text in ("}", ")"):
            opened.pop()
        elif token.kind == "variable" and (opened[-1] or last[-1:] == ["VALUES"]):
            is_object = n + 1 < len(read) and (read[n + 1].text in _AFTER_OBJECT or read[n + 1].word in PATTERNS)
            counts[token.text[1:]] += 1 if is_object else 2
    return frozenset(name for name, count in counts.items() if count == 1)


_AFTER_OBJECT = frozenset((".", ";", ",", "}", "]"))
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:(?://|[^?<>\s]*>)")


def _compares(text: str, place: int) -> bool:
    """Return whether `<` after an operand compares; after a subject, or a predicate, an IRI can follow too."""
    if text[place] != "<":
        return False
    iri = _TOKEN.match(text, place)
    if iri is None or iri.lastgroup != "iri":
        return True
    if _ABSOLUTE.match(text, place):
        return False
    raise UnreadQuery  # in some reading it is an IRI, in another it compares
