"""An answer as readable text, short or in full: coloured on a terminal, plain elsewhere."""

from __future__ import annotations

from rich.console import Console, RenderableType

from lrp_kg.answer.as_json import Json
from lrp_kg.answer.short_text import ShortAnswer
from lrp_kg.answer.text_parts import TextAnswer
from lrp_kg.guideline.model import Guideline

WIDTH = 80
"""Characters of a line of plain text."""


def lay_out(guideline: Guideline, answer: Json, lang: str, *, full: bool, how: str = "--full") -> RenderableType:
    """Return an answer as something rich can print: one screen, or all; ``how`` is what to ask for to see all."""
    layout = TextAnswer(guideline, lang) if full else ShortAnswer(guideline, lang, how)
    return layout.lay_out(answer)


def to_text(
    guideline: Guideline, answer: Json, lang: str, *, width: int = WIDTH, full: bool = False, how: str = "--full"
) -> str:
    """Return an answer as plain text."""
    console = Console(width=width, no_color=True, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(lay_out(guideline, answer, lang, full=full, how=how))
    return captured.get()
