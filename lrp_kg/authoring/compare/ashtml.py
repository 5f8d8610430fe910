"""A comparison as one HTML page that needs nothing else: no script, no other file, all four languages in it."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lrp_kg.authoring.compare.markup import block, cell, code, line, markdown, tag_text
from lrp_kg.authoring.compare.model import Comparison
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.compare.view import Viewer
from lrp_kg.authoring.compare.words import DiffWords
from lrp_kg.words import LANGUAGES

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""Pages and documents of comparisons."""
TEMPLATES.filters |= {"line": line, "md": markdown, "cell": cell, "tag": tag_text, "code": code, "block": block}


def to_html(found: Comparison, sides: tuple[Snapshot, Snapshot], lang: str) -> str:
    """Return a comparison as a page that opens in a language; the others are chosen on the page."""
    pages = []
    for name in LANGUAGES:
        words = DiffWords(sides, name)
        view = Viewer(found, words).view()
        pages.append({"lang": name, "name": words.say("language-name"), "words": words, "view": view})
    return TEMPLATES.get_template("page.html").render(pages=pages, chosen=lang)
