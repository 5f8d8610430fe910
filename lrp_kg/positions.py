"""Where a term is written down: RDF parsers forget it, so this is an index of our own over the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      |(?P<string>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''|\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')
      |(?P<iri><[^<>"{}|^`\\\s]*>)
      |(?P<name>[A-Za-z][\w.-]*)?:(?P<local>(?:[\w%-](?:[\w%.:-]*[\w%:-])?)?)
      |(?P<open>[\[(])|(?P<close>[\])])|(?P<dot>\.)(?=\s|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_PREFIX = re.compile(r"@?prefix\s+([A-Za-z][\w.-]*)?:\s*<([^>]*)>", re.IGNORECASE)


class Positions:
    """The line on which each term is first described, read from the files only when asked for."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)

    @cached_property
    def _lines(self) -> dict[str, tuple[Path, int]]:
        found: dict[str, tuple[Path, int]] = {}
        for file in self._files:
            text = file.read_text(encoding="utf-8")
            prefixes = {m[1] or "": m[2] for m in _PREFIX.finditer(text)}
            depth, at_subject = 0, True
            for token in _TOKEN.finditer(text):
                kind = token.lastgroup
                if kind == "comment":
                    continue
                if kind == "open":
                    depth += 1
                elif kind == "close":
                    depth -= 1
                elif kind == "dot" and depth == 0:
                    at_subject = True
                    continue
                if at_subject and depth == 0 and kind in ("iri", "local"):
                    term = (
                        token["iri"][1:-1] if kind == "iri" else prefixes.get(token["name"] or "", "") + token["local"]
                    )
                    found.setdefault(term, (file, text.count("\n", 0, token.start()) + 1))
                if kind in ("iri", "local", "string", "open"):
                    at_subject = False
        return found

    def where(self, term: str) -> str:
        """Return ``file:line`` of the first statement about a term, or an empty string."""
        place = self._lines.get(term)
        return f"{place[0]}:{place[1]}" if place else ""
