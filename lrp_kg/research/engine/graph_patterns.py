"""Rewrites a query that names graphs of data for a store that does not keep them apart.

What a query asks of such a graph is asked of the default graph, restricted to what is at home in it, and of the few
triples that the store names the graph of (`lrp_kg.research.engine.homes`). Every triple pattern is written by itself
then (`lrp_kg.research.engine.home_patterns`); all else is copied as it is. What cannot be written so raises
`UnreadQuery`; the caller then copies the graphs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from lrp_kg.research.engine.home_patterns import NONE, Graphs, HomePatterns, Path, listed
from lrp_kg.research.engine.homes import DATA, TYPE, Homes
from lrp_kg.research.engine.tokens import PATTERNS, Token, UnreadQuery, token_at

Active = Graphs | None
"""The graphs of data that patterns are matched in; nothing where they are copied as they are."""

LONGEST = 1_000_000
"""Characters of a rewritten query."""

STAR = "\x00"
"""In place of the star that asks for every variable."""

OWN = "lrpkg"
"""What the names of new variables begin with."""
_ESCAPE = re.compile(r"\\(.)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_TERMS = frozenset(("variable", "iri", "name", "text", "number", "blank"))


@dataclass
class Rewriting:
    """A query that is being rewritten.

    ``names`` says whether the store names a graph for a triple, or for one with a predicate. ``named`` are the graphs
    that GRAPH may name; nothing: all. ``new`` are the variables that it has and the query had not; ``closed``, that it
    can have no more, since every variable is asked for. ``bound`` is what binds the variable of GRAPH in the groups of
    MINUS, where a group has some.
    """

    text: str
    homes: Homes
    names: Callable[[str, str | None], bool]
    named: frozenset[str] | None = None
    prefixes: dict[str, str] = field(default_factory=dict)
    place: int = 0
    before: Token | None = None
    gap: str = ""
    new: int = 0
    closed: bool = False
    has_base: bool = False
    bound: str = ""

    def query(self, active: Active) -> str:
        """Return the query rewritten; ``active`` are the graphs of data that its default graph is made of."""
        if OWN in self.text or STAR in self.text or "\\u" in self.text or "\\U" in self.text:
            raise UnreadQuery
        return self._until("", active)

    # -- tokens -----------------------------------------------------------------------------------

    def _peek(self) -> Token | None:
        return token_at(self.text, self.place, self.before)

    def _next(self) -> Token:
        token = self._peek()
        if token is None:
            raise UnreadQuery
        self.gap = self.text[self.place : token.start]
        self.place, self.before = token.end, token
        return token

    def _copied(self, token: Token) -> str:
        """Return the token that was read last, with what is before it."""
        return f"{self.gap}{token.text}"

    def _expect(self, text: str) -> None:
        if self._next().text != text:
            raise UnreadQuery

    def _full(self, token: Token) -> str:
        """Return the IRI that a token is."""
        if token.kind == "iri" and not self.has_base and _ABSOLUTE.match(token.text, 1):
            return token.text[1:-1]
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in self.prefixes:
                return self.prefixes[prefix] + _ESCAPE.sub(r"\1", local)
        raise UnreadQuery

    # -- what is around patterns ------------------------------------------------------------------

    def _until(self, end: str, active: Active) -> str:
        """Copy a query or subquery up to a token that ends it, which is left, or to the end of the text."""
        out, template = [], False
        while (token := self._peek()) is not None and (not end or token.text != end):
            if token.text == "{" and template:
                out.append(self._braces())
                template = False
                continue
            if token.text == "{":
                out.append(self._group(active))
                continue
            out.append(self._copied(self._next()))
            word = token.word
            if word in ("PREFIX", "BASE"):
                out.append(self._prologue(word))
            elif word == "CONSTRUCT":
                following = self._peek()
                template = following is not None and following.text == "{"
                if not template and active is not None:
                    raise UnreadQuery  # its pattern is its template too
            elif word == "DESCRIBE":
                if active is not None:
                    raise UnreadQuery  # what it says of a term is taken from the default graph
                self.closed = True
            elif word == "SELECT":
                out.append(self._star(inner=bool(end)))
            elif word == "VALUES":
                out.append(self._values())
            elif token.text == "(":
                out.append(self._parentheses(active))
        return "".join(out)

    def _prologue(self, word: str) -> str:
        name = ""
        if word == "PREFIX":
            declared = self._next()
            if declared.kind != "name":
                raise UnreadQuery
            name = declared.text[:-1]
        iri = self._next()
        if iri.kind != "iri":
            raise UnreadQuery
        if word == "BASE":
            self.has_base = True
            return self._copied(iri)
        if not _ABSOLUTE.match(iri.text, 1):
            raise UnreadQuery
        self.prefixes[name] = iri.text[1:-1]
        return f" {name}: {iri.text}"

    def _star(self, *, inner: bool) -> str:
        """Return what is selected as long as that is every variable, which must not be ours too."""
        out, place, before = [], self.place, self.before
        token = self._next()
        if token.word in ("DISTINCT", "REDUCED"):
            out.append(self._copied(token))
            token = self._next()
        if token.text == "*":
            self.closed |= inner
            return "".join([*out, " ", "*" if inner else STAR])
        self.place, self.before = place, before
        return ""

    def _braces(self) -> str:
        """Copy what is between braces that hold no pattern: a template, or rows of VALUES."""
        self._expect("{")
        out = [" {"]
        while (token := self._next()).text != "}":
            if token.text == "{":
                raise UnreadQuery
            out.append(self._copied(token))
        return "".join([*out, " }"])

    def _values(self) -> str:
        out = []
        while (token := self._peek()) is not None and token.text != "{":
            out.append(self._copied(self._next()))
        return "".join(out) + self._braces()

    def _parentheses(self, active: Active) -> str:
        """Copy an expression up to the parenthesis that closes it; patterns of EXISTS in it are rewritten."""
        out = []
        while (token := self._peek()) is not None:
            if token.text == "{":
                out.append(self._group(active))
                continue
            self._next()
            out.append(self._copied(token))
            if token.text == "(":
                out.append(self._parentheses(active))
            elif token.text == ")":
                return "".join(out)
        raise UnreadQuery

    # -- patterns ---------------------------------------------------------------------------------

    def _group(self, active: Active) -> str:
        self._expect("{")
        out = [" {"]
        while (token := self._peek()) is not None:
            if token.text == "}":
                self._next()
                return "".join([*out, " }"])
            out.append(self._element(token, active))
            if sum(map(len, out)) > LONGEST:
                raise UnreadQuery
        raise UnreadQuery

    def _element(self, token: Token, active: Active) -> str:
        word = token.word
        if token.text == "{":
            return self._group(active)
        if word == "SELECT":
            return self._until("}", active)
        if word in PATTERNS:
            self._next()
            if word == "GRAPH":
                return self._graph()
            if word == "FILTER":
                return " FILTER" + self._constraint(active)
            if word == "VALUES":
                return " VALUES" + self._values()
            if word == "SERVICE":
                raise UnreadQuery
            if word == "MINUS" and self.bound:
                return f" MINUS {{{self.bound}{self._group(active).removeprefix(' {')}"
            return f" {word}"
        if token.text == "(" and self.before is not None and self.before.word == "BIND":
            self._next()
            return " (" + self._parentheses(active)
        if active is None:
            return self._copied(self._next())
        if token.text == ".":
            self._next()
            return ""
        return self._triples(active)

    def _constraint(self, active: Active) -> str:
        out = []
        token = self._next()
        out.append(self._copied(token))
        if token.word == "NOT":
            token = self._next()
            out.append(self._copied(token))
        if token.word == "EXISTS":
            return "".join(out) + self._group(active)
        if token.text != "(":
            self._expect("(")
            out.append(" (")
        return "".join(out) + self._parentheses(active)

    def _graph(self) -> str:
        name = self._next()
        if name.kind != "variable":
            return self._one_graph(name)
        seen = [graph for graph in DATA if self.named is None or graph in self.named]
        inside, minus = self._names_inside(name.text[1:])
        place, before = self.place, self.before
        parts = [f"{{ GRAPH {name.text}{self._group(None)} FILTER({name.text} NOT IN ({listed(DATA)})) }}"]
        for graph in seen:
            self.place, self.before = place, before
            value = f" VALUES {name.text} {{ <{graph}> }}"
            self.bound = value if minus else ""
            found = self._group((graph,))
            self.bound = ""
            parts.append(f" {{{value}{found.removeprefix(' {')}" if inside or minus else f"{{{found}{value} }}")
        return " " + " UNION ".join(parts)

    def _names_inside(self, variable: str) -> tuple[bool, bool]:
        """Return whether the group that follows names the variable of its graph, and whether it has MINUS.

        Every triple pattern binds that variable, so what is on either side of MINUS shares it. Where it may not be
        bound, by a subquery or nothing but values, or is named in a group of its own, nothing is said.
        """
        place, before = self.place, self.before
        found, opened, patterns, minus = False, list[bool](), False, False
        while (token := self._peek()) is not None:
            last = self.before.word if self.before is not None else ""
            self._next()
            if token.text == "{":
                opened.append(not opened or (len(opened) == 1 and last in ("OPTIONAL", "EXISTS")))
            elif token.text == "}":
                opened.pop()
                if not opened:
                    break
            elif token.word == "SELECT":
                raise UnreadQuery
            elif token.kind == "variable" and token.text[1:] == variable and last != "GRAPH":
                if not all(opened):
                    raise UnreadQuery
                found = True
            if token.word in ("VALUES", "BIND", "GRAPH"):
                patterns = True
            if token.word == "MINUS":
                minus = True
                if len(opened) > 1 or not self._begins_with_triple():
                    raise UnreadQuery
        self.place, self.before = place, before
        if (found or patterns or minus) and not self._begins_with_triple():
            raise UnreadQuery
        return found, minus

    def _begins_with_triple(self) -> bool:
        """Return whether the first thing in the group that follows is a triple pattern."""
        brace = self._peek()
        first = token_at(self.text, brace.end, brace) if brace is not None else None
        return first is not None and (first.kind in _TERMS or first.text == "[")

    def _one_graph(self, name: Token) -> str:
        graph = self._full(name)
        if graph not in DATA:
            return f" GRAPH <{graph}>{self._group(None)}"
        if self.named is not None and graph not in self.named:
            return f" GRAPH {NONE}{self._group(None)}"
        return self._group((graph,))

    # -- triples ----------------------------------------------------------------------------------

    def _triples(self, active: Graphs) -> str:
        """Rewrite what is said of one subject."""
        out: list[str] = []
        first = self._peek()
        subject = self._node(active, out)
        following = self._peek()
        alone = first is not None and first.text == "[" and out
        if not (alone and (following is None or following.text in (".", "}") or following.word in PATTERNS)):
            self._properties(subject, active, out)
        return "".join(out)

    def _node(self, active: Graphs, out: list[str]) -> str:
        token = self._next()
        if token.text == "[":
            name = self._variable()
            following = self._peek()
            if following is not None and following.text != "]":
                self._properties(name, active, out)
            self._expect("]")
            return name
        if token.kind == "blank":
            if self.closed:
                raise UnreadQuery
            self.new += 1
            return f"?{OWN}_b_" + re.sub(r"\W", lambda m: f"_{ord(m[0])}_", token.text[2:])
        if token.text in ("true", "false"):
            return token.text
        if token.kind not in _TERMS:
            raise UnreadQuery
        if token.kind != "text":
            return token.text
        following = self._peek()
        if following is not None and following.kind == "language":
            return token.text + self._next().text
        if following is not None and following.text == "^^":
            self._next()
            return f"{token.text}^^<{self._full(self._next())}>"
        return token.text

    def _variable(self) -> str:
        if self.closed:
            raise UnreadQuery
        self.new += 1
        return f"?{OWN}_{self.new}"

    def _properties(self, subject: str, active: Graphs, out: list[str]) -> None:
        while True:
            token = self._peek()
            if token is None:
                raise UnreadQuery
            if token.kind == "variable":
                verb: str | Path = self._next().text
            else:
                verb = self._path()
            while True:
                value = self._node(active, out)
                out.append(
                    self._patterns.of_any(subject, verb, value, active)
                    if isinstance(verb, str)
                    else self._patterns.along(subject, verb, value, active)
                )
                if not self._goes_on(","):
                    break
            again = False
            while self._goes_on(";"):
                again = True
            token = self._peek()
            if not again or token is None or token.text in (".", "}", "]") or token.word in PATTERNS:
                return

    def _goes_on(self, sign: str) -> bool:
        token = self._peek()
        if token is None or token.text != sign:
            return False
        self._next()
        return True

    # -- paths ------------------------------------------------------------------------------------

    def _path(self) -> Path:
        return self._joined("|", lambda: self._joined("/", self._step))

    def _joined(self, sign: str, read: Callable[[], Path]) -> Path:
        parts = [read()]
        while self._goes_on(sign):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Path(sign, tuple(parts))

    def _step(self) -> Path:
        if self._goes_on("^"):
            return Path("^", (self._step(),))
        if self._goes_on("!"):
            found = self._none()
        elif self._goes_on("("):
            found = self._path()
            self._expect(")")
        else:
            found = self._iri()
        following = self._peek()
        if following is not None and following.text == "?":
            raise UnreadQuery
        for sign in "*+":
            if self._goes_on(sign):
                return Path(sign, (found,))
        return found

    def _iri(self) -> Path:
        token = self._next()
        return Path("iri", text=token.text, iri=TYPE if token.text == "a" else self._full(token))

    def _none(self) -> Path:
        """Read what is none of some IRIs, forwards or backwards."""
        parts, several = [], self._goes_on("(")
        while True:
            parts.append(Path("^", (self._iri(),)) if self._goes_on("^") else self._iri())
            if not (several and self._goes_on("|")):
                break
        if several:
            self._expect(")")
        return Path("!", tuple(parts))

    # -- what is written instead --------------------------------------------------------------------

    @cached_property
    def _patterns(self) -> HomePatterns:
        return HomePatterns(self.homes, self.names, self._variable, self._value, self.text)

    def _value(self, text: str) -> str:
        """Return the IRI that a term is; nothing where it is none."""
        token = token_at(text, 0, None)
        return self._full(token) if token is not None and token.kind in ("iri", "name") else ""
