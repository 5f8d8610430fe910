"""Turtle as a tree with offsets: blocks, properties and objects, so that one of them can be replaced in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      |(?P<string>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''|\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')
      |(?P<directive>(?:@prefix|@base|(?i:prefix|base)(?=\s))[^<]*<[^>]*>(?:\s*\.(?=\s|\Z))?)
      |(?P<iri><[^>]*>)
      |(?P<blank>_:[\w-](?:[\w.-]*[\w-])?)
      |(?P<suffix>\^\^|@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      |(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?<!\.))
      |(?P<name>(?:[^\W\d_][\w.-]*)?:(?:(?:[\w:%-]|\\.)(?:(?:[\w.:%-]|\\.)*(?:[\w:%-]|\\.))?)?)
      |(?P<word>[A-Za-z]+)
      |(?P<sign>[][();,.])""",
    re.VERBOSE | re.DOTALL,
)


class NotLaidOut(Exception):
    """A file cannot be laid out along another; the message says why."""


@dataclass
class Object:
    """An object: a term, a blank node with properties, or a list with items."""

    start: int
    end: int
    kind: str = "term"
    pairs: list[PropertyNode] = field(default_factory=list)
    items: list[Object] = field(default_factory=list)


@dataclass
class PropertyNode:
    """A property and its objects."""

    start: int
    predicate_end: int
    objects: list[Object]

    @property
    def end(self) -> int:
        """Where the last object ends."""
        return self.objects[-1].end


@dataclass
class Block:
    """A subject and what is said of it, to the full stop."""

    subject: Object
    pairs: list[PropertyNode]
    end: int

    @property
    def start(self) -> int:
        """Where the subject begins."""
        return self.subject.start


class TurtleTree:
    """A Turtle text with its directives and blocks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(self._read())
        self._at = 0
        self.directives: list[str] = []
        self.directives_end = 0
        self.blocks: list[Block] = []
        while self._at < len(self._tokens):
            if self._kind == "directive":
                token = self._next()
                self.directives.append(token[0])
                self.directives_end = token.end()
            else:
                self.blocks.append(self._block())

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the directives declare, by namespace."""
        found = (re.search(r"(\S*):\s*<([^>]*)>", d) for d in self.directives if "base" not in d.split("<")[0].lower())
        return {m[2]: m[1] for m in found if m}

    def comments_above(self, block: Block) -> int:
        """Return where the comments directly above a block begin, those after an empty line not counted."""
        start = self.text.rfind("\n", 0, block.start) + 1
        while True:
            before = self.text.rfind("\n", 0, max(start - 1, 0)) + 1
            if start == 0 or not self.text[before:start].lstrip().startswith("#"):
                return start
            start = before

    def _read(self) -> Iterator[re.Match[str]]:
        at = 0
        while at < len(self.text):
            token = _TOKEN.match(self.text, at)
            if token is None:
                line = self.text.count("\n", 0, at) + 1
                raise NotLaidOut(f"line {line} is not understood: {self.text[at : at + 40].splitlines()[0]!r}")
            at = token.end()
            if token.lastgroup != "space":
                yield token

    @property
    def _kind(self) -> str:
        return self._tokens[self._at].lastgroup or "" if self._at < len(self._tokens) else "end"

    @property
    def _sign(self) -> str:
        return self._tokens[self._at][0] if self._kind == "sign" else ""

    def _next(self) -> re.Match[str]:
        if self._at == len(self._tokens):
            raise NotLaidOut("the file ends in the middle of a block")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> int:
        token = self._next()
        if token[0] != sign:
            line = self.text.count("\n", 0, token.start()) + 1
            raise NotLaidOut(f"line {line} has {token[0]!r} where {sign!r} is expected")
        return token.end()

    def _block(self) -> Block:
        subject = self._object()
        pairs = [] if self._sign == "." else self._pairs()
        return Block(subject, pairs, self._expect("."))

    def _pairs(self) -> list[PropertyNode]:
        pairs = []
        while True:
            predicate = self._next()
            objects = [self._object()]
            while self._sign == ",":
                self._next()
                objects.append(self._object())
            pairs.append(PropertyNode(predicate.start(), predicate.end(), objects))
            while self._sign == ";":
                self._next()
            if self._sign in ("]", "."):
                return pairs

    def _object(self) -> Object:
        token = self._next()
        if token[0] == "[":
            pairs = [] if self._sign == "]" else self._pairs()
            return Object(token.start(), self._expect("]"), "described", pairs)
        if token[0] == "(":
            items = []
            while self._sign != ")":
                items.append(self._object())
            return Object(token.start(), self._expect(")"), "listed", items=items)
        if token.lastgroup == "sign":
            line = self.text.count("\n", 0, token.start()) + 1
            raise NotLaidOut(f"line {line} has {token[0]!r} where a term is expected")
        end = token.end()
        if token.lastgroup == "string" and self._kind == "suffix":
            suffix = self._next()
            end = self._next().end() if suffix[0] == "^^" else suffix.end()
        return Object(token.start(), end)
