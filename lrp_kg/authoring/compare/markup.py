"""Text of a guideline in GitHub-flavoured Markdown and HTML: nothing of it is taken for markup, and it stays readable.

Only what would be taken for markup where it is gets an escape, so that a text is also read without being rendered.
"""

from __future__ import annotations

import html
import re

_SPACE = re.compile("[ \t\r\n\v\f\x85\u2028\u2029]+")
_INVISIBLE = re.compile("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows."""
_MARKED = re.compile(
    r"[\\`*~]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word is one
    r"|\](?=[(\[:])"
)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BLOCK = re.compile(r"^(?:>|=|[-+](?=\s|-|$)|#(?=#*(?:\s|$))|\[(?=[ xX]\])|\d{1,9}(?=[.)](?:\s|$)))")
"""Begins a quotation, a rule, a list, a heading, a task, a numbered list."""
_MENTION = re.compile(r"(?<!\w)(?<!&amp;)[@#!](?=\w)|:(?=[a-z_+-][\w+-]*:)")
"""Names somebody, an issue or an emoji on a hosting service."""
_FENCE = re.compile("`+")
_APART = "\N{ZERO WIDTH SPACE}"
CUT = "…"


def line(text: str, most: int) -> str:
    """Return a text as one line of so many characters at most."""
    own = _INVISIBLE.sub("", _SPACE.sub(" ", text[: 4 * most + 4])).strip()
    return own if len(own) <= most else own[: max(most - 1, 0)].rstrip() + CUT


def markdown(text: str) -> str:
    """Return a line as Markdown, to be put anywhere but in a table."""
    text = _MARKED.sub(r"\\\g<0>", text)
    text = _ENTITY.sub("&amp;", text)
    text = _TAG.sub("&lt;", text)
    text = _BLOCK.sub(lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", text)
    return _apart(text)


def cell(text: str) -> str:
    """Return a line as Markdown in a table."""
    return markdown(text).replace("|", "\\|")


def tag_text(text: str) -> str:
    """Return a line as text within an HTML tag of a Markdown document."""
    return _apart(html.escape(text, quote=False))


def code(text: str) -> str:
    """Return a line as code within Markdown."""
    fence = "`" * (_longest(text) + 1)
    space = " " if text[:1] in ("`", " ", "") or text[-1:] in ("`", " ") else ""
    return f"{fence}{space}{text}{space}{fence}"


def block(text: str, kind: str = "") -> str:
    """Return lines as a block of code."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{kind}\n{text}\n{fence}"


def _longest(text: str) -> int:
    return max((len(run) for run in _FENCE.findall(text)), default=0)


def _apart(text: str) -> str:
    """Keep names of people and issues from being notified or linked, and dollars from being read as formulas."""
    text = _MENTION.sub(lambda m: m[0] + _APART, text)
    return text.replace("$", "<span>$</span>") if text.count("$") > 1 else text
