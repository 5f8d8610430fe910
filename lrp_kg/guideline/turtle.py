"""Turtle as it is written: prefixes, comments, spelling and places, which RDF parsers forget."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lrp_kg.namespaces import XSD
from lrp_kg.text_files import read_text

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      |(?P<string>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''|\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')
      |(?P<prefix>(?:@prefix|(?i:\bprefix))\s+(?P<declared>[A-Za-z][\w.-]*)?:\s*<(?P<namespace>[^>]*)>\s*\.?)
      |(?P<iri><[^<>"{}|^`\\\s]*>)
      |(?P<name>[A-Za-z][\w.-]*)?:(?P<local>(?:[\w%-](?:[\w%.:-]*[\w%:-])?)?)
      |(?P<open>[\[(])|(?P<close>[\])])|(?P<dot>\.)(?=\s|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_HAS_TYPE = re.compile(r"\s+a\s")


@dataclass
class TurtleText:
    """One Turtle file, read as text; everything else is computed when asked for."""

    file: Path
    text: str

    @classmethod
    def read(cls, file: Path) -> TurtleText:
        """Read a file; raise `UnreadableFile` where it cannot be."""
        return cls(file, read_text(file))

    @cached_property
    def tokens(self) -> list[re.Match[str]]:
        """Comments, strings, prefix declarations, IRIs, prefixed names, brackets and final dots, in order."""
        return list(_TOKEN.finditer(self.text))

    @cached_property
    def prefixes(self) -> dict[str, tuple[str, int]]:
        """Declared prefixes: the namespace and where it is declared."""
        return {t["declared"] or "": (t["namespace"], t.start()) for t in self.tokens if t.lastgroup == "prefix"}

    @cached_property
    def used_prefixes(self) -> dict[str, int]:
        """Prefixes that names have, and where first."""
        found: dict[str, int] = {}
        for token in self.tokens:
            if token.lastgroup == "local":
                found.setdefault(token["name"] or "", token.start())
        return found

    @cached_property
    def uses(self) -> dict[str, Uses]:
        """Where each IRI is: as the subject of a block, and elsewhere."""
        found: defaultdict[str, Uses] = defaultdict(Uses)
        for kind, token in self._positions():
            if kind == "blank":
                continue
            places = found[self.iri_of(token)]
            (places.subject if kind == "subject" else places.elsewhere).append(token.start())
            if kind == "subject" and places.defined is None and _HAS_TYPE.match(self.text, token.end()):
                places.defined = token.start()
        return dict(found)

    @cached_property
    def blank_subjects(self) -> list[int]:
        """Where a block begins with a bracket."""
        return [token.start() for kind, token in self._positions() if kind == "blank"]

    @cached_property
    def string_types(self) -> list[int]:
        """Where a literal is typed ``^^xsd:string``."""
        found = []
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if before.lastgroup == "string" and token.lastgroup in ("iri", "local"):
                if self.text[before.end() : token.start()] == "^^" and self.iri_of(token) == XSD + "string":
                    found.append(before.start())
        return found

    def iri_of(self, token: re.Match[str]) -> str:
        """Return the IRI that a token means."""
        if token.lastgroup == "iri":
            return token["iri"][1:-1]
        return self.prefixes.get(token["name"] or "", ("", 0))[0] + token["local"]

    def line(self, offset: int) -> int:
        """Return the line of a place, counted from 1."""
        return self.text.count("\n", 0, offset) + 1

    def where(self, offset: int) -> str:
        """Return ``file:line:column`` of a place."""
        return f"{self.file}:{self.line(offset)}:{offset - self.text.rfind(chr(10), 0, offset)}"

    def _positions(self) -> Iterator[tuple[str, re.Match[str]]]:
        """Yield IRIs with ``subject`` or ``elsewhere``, and brackets that begin a block with ``blank``."""
        depth, at_subject = 0, True
        for token in self.tokens:
            kind = token.lastgroup
            if kind in ("comment", "prefix"):
                continue
            if kind == "dot" and depth == 0:
                at_subject = True
                continue
            if kind in ("iri", "local"):
                yield ("subject" if at_subject and depth == 0 else "elsewhere"), token
            elif kind == "open":
                if at_subject and depth == 0:
                    yield "blank", token
                depth += 1
            elif kind == "close":
                depth -= 1
            at_subject = at_subject and kind not in ("iri", "local", "string", "open")


@dataclass
class Uses:
    """Offsets of an IRI in a file; it is defined where its block says what it is (``a``)."""

    defined: int | None = None
    subject: list[int] = field(default_factory=list)
    elsewhere: list[int] = field(default_factory=list)
