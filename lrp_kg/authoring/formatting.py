"""Formats Turtle files: with turtlefmt, without its blank before the first comment, and with long lines broken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

LONGEST = 160
"""A line longer than this, in characters, is broken between its objects."""
_INDENT = "    "
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^\S+)?|<[^>]*>|[^\s\[\]()]+|[\[\]()]')
_OPEN, _CLOSE = ("(", "["), (")", "]")


def formatter() -> str | None:
    """Return the path of turtlefmt: in the scripts folder of this Python, or on the PATH."""
    return shutil.which("turtlefmt", path=sysconfig.get_path("scripts")) or shutil.which("turtlefmt")


def formatted(program: str, text: str) -> str | None:
    """Return a formatted Turtle text, or ``None`` if turtlefmt cannot read it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "module.ttl")
        file.write_text(text, encoding="utf-8")
        run = subprocess.run([program, str(file)], capture_output=True, check=False, timeout=60)  # noqa: S603
        return None if run.returncode else _layout(file.read_text(encoding="utf-8"))


def _layout(text: str) -> str:
    lines: list[str] = []
    in_long_string = False
    for line in text.removeprefix(" ").split("\n"):
        plain = not in_long_string and '"""' not in line and len(line) > LONGEST
        has_comment = plain and any(token.startswith("#") for token in _TOKEN.findall(line))
        lines += _broken(line) if plain and not has_comment else [line]
        in_long_string ^= line.count('"""') % 2 == 1
    return "\n".join(lines)


def _broken(line: str) -> Iterator[str]:
    """Yield a line in parts: one object per line, then, if that is still too long, one member of a list per line."""
    margin = line[: len(line) - len(line.lstrip())]
    for number, tokens in enumerate(_objects(_TOKEN.findall(line))):
        indent = margin + _INDENT if number else margin
        part = indent + " ".join(tokens)
        if len(part) <= LONGEST or "(" not in tokens:
            yield part
            continue
        opening = tokens.index("(")
        if tokens[opening - 1] == "owl:withRestrictions":  # a datatype and its bounds stay together
            opening = max(n for n in range(opening) if tokens[n] == "[")
        closing = opening + _length(tokens[opening:]) - 1
        inside = tokens[opening + 1 : closing]
        yield indent + " ".join(tokens[: opening + 1])
        for member in _members(inside) if tokens[opening] == "(" else [inside]:
            yield from _broken(indent + _INDENT + " ".join(member))
        yield indent + " ".join(tokens[closing:])


def _objects(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Yield the tokens in groups, each ending with the comma between two objects of one predicate."""
    depth, group = 0, []
    for token in tokens:
        depth += (token in _OPEN) - (token in _CLOSE)
        group.append(token)
        if token == "," and depth == 0:  # noqa: S105 - a comma
            yield group
            group = []
    yield group


def _members(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the members of a list."""
    while tokens:
        length = _length(tokens)
        yield tokens[:length]
        tokens = tokens[length:]


def _length(tokens: Sequence[str]) -> int:
    """Return the number of tokens in the first term: one, or those of a whole bracket."""
    depth = 0
    for number, token in enumerate(tokens, 1):
        depth += (token in _OPEN) - (token in _CLOSE)
        if depth == 0:
            return number
    return len(tokens)
