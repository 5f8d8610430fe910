"""Rewrites a query that names graphs of data for a store that does not keep them apart.

What a query asks of such a graph is asked of the default graph, restricted to what is at home in it, and of the few
triples that the store names the graph of (`lrp_kg.research.engine.homes`). Every triple pattern is written by itself
then; all else is copied as it is. What cannot be written so raises `UnreadQuery`; the caller then copies the graphs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lrp_kg.research.engine.homes import DATA, TYPE, Homes
from lrp_kg.research.engine.tokens import PATTERNS, Token, UnreadQuery, bound_once, token_at

Active = tuple[str, ...] | None
"""The graphs of data that patterns are matched in; nothing where they are copied as they are."""

LONGEST = 1_000_000
"""Characters of a rewritten query."""

STAR = "\x00"
"""In place of the star that asks for every variable."""

_NONE = "<https://w3id.org/lrp-kg/graph/none>"
OWN = "lrpkg"
"""What the names of new variables begin with."""
_ESCAPE = re.compile(r"\\(.)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_TERMS = frozenset(("variable", "iri", "name", "text", "number", "blank"))


@dataclass(frozen=True)
class Path:
    """A property path: an IRI as it is written and in full, or an operator and its operands.

    Those of ``!`` are IRIs, and ``^`` of IRIs.
    """

    operator: str
    parts: tuple[Path, ...] = ()
    text: str = ""
    iri: str = ""

    def leaves(self) -> Iterator[Path]:
        """Yield the IRIs in it, and what is none of some IRIs."""
        if self.operator in ("iri", "!"):
            yield self
            return
        for part in self.parts:
            yield from part.leaves()

    def __str__(self) -> str:
        """Return it as SPARQL has it."""
        if self.operator == "iri":
            return self.text
        if self.operator in "/|":
            return "(" + self.operator.join(map(str, self.parts)) + ")"
        return f"^({self.parts[0]})" if self.operator == "^" else f"({self.parts[0]}){self.operator}"


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
        parts = [f"{{ GRAPH {name.text}{self._group(None)} FILTER({name.text} NOT IN ({_listed(DATA)})) }}"]
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
            return f" GRAPH {_NONE}{self._group(None)}"
        return self._group((graph,))

    # -- triples ----------------------------------------------------------------------------------

    def _triples(self, active: tuple[str, ...]) -> str:
        """Rewrite what is said of one subject."""
        out: list[str] = []
        first = self._peek()
        subject = self._node(active, out)
        following = self._peek()
        alone = first is not None and first.text == "[" and out
        if not (alone and (following is None or following.text in (".", "}") or following.word in PATTERNS)):
            self._properties(subject, active, out)
        return "".join(out)

    def _node(self, active: tuple[str, ...], out: list[str]) -> str:
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

    def _properties(self, subject: str, active: tuple[str, ...], out: list[str]) -> None:
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
                    self._any(subject, verb, value, active)
                    if isinstance(verb, str)
                    else self._along(subject, verb, value, active)
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

    def _along(self, subject: str, path: Path, value: str, active: tuple[str, ...]) -> str:
        if path.operator == "iri":
            return self._one(subject, path, value, active)
        if path.operator == "!":
            return self._by_none(subject, path, value, active)
        if all(self._is_plain(leaf, active) for leaf in path.leaves()) and "*" not in str(path):
            return f" {subject} {path} {value} ."
        if path.operator == "^":
            return self._along(value, path.parts[0], subject, active)
        if path.operator == "|":
            if any(leaf.operator == "!" for leaf in path.leaves()):
                raise UnreadQuery  # a row is there once, however many of their triples give it
            return self._either_of(subject, path, value, active)
        if path.operator == "/":
            for n, part in enumerate(path.parts):
                beside = path.parts[max(n - 1, 0) : n] + path.parts[n + 1 : n + 2]
                if part.operator == "*" and any(other.operator == "iri" for other in beside):
                    return self._repeated(subject, path, n, value, active)
            stops = [subject, *(self._variable() for _ in path.parts[1:]), value]
            steps = zip(stops, path.parts, stops[1:], strict=False)
            return "".join(self._along(start, part, end, active) for start, part, end in steps)
        if path.operator == "+" and len(active) == 1 and all(self._is_named(leaf, active) for leaf in path.leaves()):
            return f" GRAPH <{active[0]}> {{ {subject} {path} {value} }}"
        raise UnreadQuery  # a path of no length leads from a term to itself, whatever graph that is in

    def _either_of(self, subject: str, path: Path, value: str, active: tuple[str, ...]) -> str:
        """Return what one of some paths leads to: a row for each pair of ends, as the engine has it."""
        ways = [self._along(subject, part, value, active) for part in path.parts]
        if all((part.parts[0] if part.operator == "^" else part).operator == "iri" for part in path.parts):
            # each triple is a row, so a pair is there again only where an earlier path leads to it too
            others = ["".join(f" FILTER NOT EXISTS {{{way} }}" for way in ways[:n]) for n in range(len(ways))]
            return " UNION".join(f" {{{way}{other} }}" for way, other in zip(ways, others, strict=True))
        found = " UNION".join(f" {{{way} }}" for way in ways)
        ends = " ".join(dict.fromkeys(end for end in (subject, value) if end.startswith(("?", "$"))))
        return f" {{ SELECT DISTINCT {ends} {{{found} }} }}" if ends else f" FILTER EXISTS {{{found} }}"

    def _by_none(self, subject: str, path: Path, value: str, active: tuple[str, ...]) -> str:
        """Return the triples whose predicate is none of some, of which each is one row.

        Where both ends are bound elsewhere too, the rows depend on the order in which the engine goes.
        """
        if not any(end.startswith(("?", "$")) and end[1:] in self._bound_once for end in (subject, value)):
            raise UnreadQuery
        if len({part.operator for part in path.parts}) > 1:
            raise UnreadQuery  # of what leads both forwards and backwards a row is there once
        backwards = path.parts[0].operator == "^"
        verb, (first, last) = self._variable(), (value, subject) if backwards else (subject, value)
        names = _listed(leaf.iri for part in path.parts for leaf in part.leaves())
        return f"{self._any(first, verb, last, active)} FILTER({verb} NOT IN ({names}))"

    @cached_property
    def _bound_once(self) -> frozenset[str]:
        return bound_once(self.text)

    def _repeated(self, subject: str, path: Path, place: int, value: str, active: tuple[str, ...]) -> str:
        """Return a sequence of which one part, beside an IRI, leads on any number of times: none, or some."""
        before, (part,), after = path.parts[:place], path.parts[place].parts, path.parts[place + 1 :]
        first, last = (self._variable() if parts else end for parts, end in ((before, subject), (after, value)))

        def along(start: str, parts: tuple[Path, ...], end: str) -> str:
            return self._along(start, parts[0] if len(parts) == 1 else Path("/", parts), end, active) if parts else ""

        some = self._along(first, Path("+", (part,)), last, active) + f" FILTER(!SAMETERM({first}, {last}))"
        ends = along(subject, before, first) + some + along(last, after, value)
        return f" {{{along(subject, (*before, *after), value)} }} UNION {{{ends} }}"

    def _is_named(self, leaf: Path, active: tuple[str, ...]) -> bool:
        """Return whether the store names the graph of all triples in it with a predicate."""
        return leaf.operator == "iri" and leaf.iri != TYPE and self.homes.predicates.get(leaf.iri) not in active

    def _is_plain(self, leaf: Path, active: tuple[str, ...]) -> bool:
        """Return whether a predicate is nowhere but in the graphs that patterns are matched in."""
        at_home = leaf.operator == "iri" and leaf.iri != TYPE and self.homes.predicates.get(leaf.iri) in active
        return at_home and not self._elsewhere(leaf.iri)

    # -- one triple -------------------------------------------------------------------------------

    def _elsewhere(self, predicate: str) -> list[str]:
        """Return the graphs of data that the store names for a predicate."""
        return [graph for graph in DATA if self.names(graph, predicate)]

    def _one(self, subject: str, verb: Path, value: str, active: tuple[str, ...]) -> str:
        if verb.iri == TYPE:
            if value.startswith(("?", "$")):
                return self._any_type(subject, value, active)
            home = self.homes.classes.get(self._value(value))
        else:
            home = self.homes.predicates.get(verb.iri)
        said, ways = f"{subject} <{verb.iri}> {value}", []
        named = self._elsewhere(verb.iri)
        for graph in active:
            if graph == home:
                ways.append(said + " ." + _not_in((g for g in named if g != graph), said))
            elif graph in named:
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)

    def _value(self, text: str) -> str:
        token = token_at(text, 0, None)
        return self._full(token) if token is not None and token.kind in ("iri", "name") else ""

    def _any_type(self, subject: str, value: str, active: tuple[str, ...]) -> str:
        said, ways = f"{subject} <{TYPE}> {value}", []
        for graph in active:
            if classes := self.homes.own_classes.get(graph):
                ways.append(f"{said} . FILTER({value} IN ({_listed(classes)}))")
            if self.names(graph, TYPE):
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)

    def _any(self, subject: str, verb: str, value: str, active: tuple[str, ...]) -> str:
        """Return a pattern whose predicate is a variable."""
        said, ways = f"{subject} {verb} {value}", []
        for graph in active:
            own, classes = (known.get(graph, ()) for known in (self.homes.own_predicates, self.homes.own_classes))
            elsewhere = {name: [g for g in self._elsewhere(name) if g != graph] for name in own}
            if certain := [name for name in own if not elsewhere[name]]:
                ways.append(f"VALUES {verb} {{ {_spaced(certain)} }} {said} .")
            if doubtful := [name for name in own if elsewhere[name]]:
                others = dict.fromkeys(g for name in doubtful for g in elsewhere[name])
                ways.append(f"VALUES {verb} {{ {_spaced(doubtful)} }} {said} .{_not_in(others, said)}")
            if classes:
                of_type = f"{subject} <{TYPE}> {value} . FILTER({value} IN ({_listed(classes)}))"
                ways.append(f"VALUES {verb} {{ <{TYPE}> }} {of_type}")
            if self.names(graph, None):
                ways.append(f"GRAPH <{graph}> {{ {said} }}")
        return _either(ways, said)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"<{name}>" for name in names)


def _spaced(names: Iterable[str]) -> str:
    return " ".join(f"<{name}>" for name in names)


def _not_in(graphs: Iterable[str], said: str) -> str:
    return "".join(f" FILTER NOT EXISTS {{ GRAPH <{graph}> {{ {said} }} }}" for graph in graphs)


def _either(ways: list[str], said: str) -> str:
    """Return what one of some patterns matches; without any, nothing, but with its variables."""
    if not ways:
        return f" GRAPH {_NONE} {{ {said} }}"
    return f" {ways[0]}" if len(ways) == 1 else " " + " UNION ".join(f"{{ {way} }}" for way in ways)
