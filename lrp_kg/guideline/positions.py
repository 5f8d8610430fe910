"""Where a term is written: RDF parsers forget it, so this is an index over the text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from lrp_kg.guideline.turtle import TurtleText


class Positions:
    """The places of terms in files."""

    def __init__(self, texts: Iterable[TurtleText]) -> None:
        self._texts = tuple(texts)

    @cached_property
    def _places(self) -> dict[str, tuple[TurtleText, int]]:
        defined: dict[str, tuple[TurtleText, int]] = {}
        described: dict[str, tuple[TurtleText, int]] = {}
        for text in self._texts:
            for iri, uses in text.uses.items():
                if uses.defined is not None:
                    defined.setdefault(iri, (text, uses.defined))
                elif uses.subject:
                    described.setdefault(iri, (text, uses.subject[0]))
        return described | defined

    def file(self, term: str) -> Path | None:
        """Return the file that defines a term, or that describes it first."""
        place = self._places.get(term)
        return place[0].file if place else None

    def where(self, term: str) -> str:
        """Return ``file:line`` of the definition of a term, or of what describes it first, or an empty string."""
        place = self._places.get(term)
        return f"{place[0].file}:{place[0].line(place[1])}" if place else ""

    def uses(self, term: str) -> list[str]:
        """Return ``file:line:column`` of every place that refers to a term without describing it."""
        return [text.where(at) for text in self._texts if term in text.uses for at in text.uses[term].elsewhere]

    def use(self, subject: str, term: str) -> str:
        """Return ``file:line:column`` of the first place in a description of a subject that refers to a term."""
        for text in self._texts:
            for start in text.uses[subject].subject if subject in text.uses and term in text.uses else ():
                end = next((at for at in text.blocks if at > start), len(text.text))
                for at in text.uses[term].elsewhere:
                    if start < at < end:
                        return text.where(at)
        return ""

    def order(self, term: str) -> tuple[int, int]:
        """Return a key that sorts terms as they are in the files."""
        place = self._places.get(term)
        return (self._texts.index(place[0]), place[1]) if place else (-1, -1)
