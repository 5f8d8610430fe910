"""The explanation of a term as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from lrp_kg.site.words import SiteWords

Json = dict[str, Any]
WIDTH = 80
"""Characters of a line where nobody says how wide the terminal is."""
MOST, SOME = 10, 4
"""Terms of one list, and lines of one definition, that are printed unless all are asked for; of what uses a term
through others fewer."""
_RELATIONS = {
    "narrower": "conditions-narrower",
    "broader": "conditions-broader",
    "excluded": "conditions-excluded",
}
"""The phrase of each relation between conditions."""


class ExplainedText:
    """Lays out explanations in the words of one language, in full or with long lists cut."""

    def __init__(self, words: SiteWords, *, full: bool, width: int = WIDTH) -> None:
        self.words = words
        self.full = full
        self.width = width

    def lines(self, data: Json) -> Iterator[str]:
        """Yield the lines of an explanation; those that do not begin with a space are headings."""
        yield from self._head(data)
        for situation in data["situations"]:
            yield from self._situation(situation)
        for role, parts in data["parts"].items():
            yield from self._listed(self.words.say(role), parts, 0)
        for kind, related in data["relations"].items():
            yield from self._listed(self.words.say(_RELATIONS[kind]), related, 0, SOME)
        for heading, roles, most in (
            ("used-by", data["usedBy"], MOST),
            ("used-through", data["usedThroughOthers"], SOME),
        ):
            if roles:
                yield self.words.say(heading)
                for role, users in roles.items():
                    yield from self._listed(self.words.say(f"use-{role}"), users, 2, most)
        if not (data["usedBy"] or data["usedThroughOthers"]):
            yield self.words.say("used-by-nothing")
        if data["cases"] is not None:
            named = [f"  {case['id']}  {case['place']}" for case in data["cases"]]
            yield self.words.say("cases-here", n=len(named)) if named else self.words.say("no-cases-here")
            yield from self._cut(named, 2)

    def several(self, references: Sequence[Json], more: int) -> Iterator[str]:
        """Yield the lines of a list of terms, each with the name to ask for it by, and how many more there are."""
        for found in references:
            yield from self._reference(found | {"label": f"{found['label']} [{found['kindLabel']}]"}, 2)
            yield f"    {found['name']}"
        if more:
            yield f"  {self.words.say('and-more', n=more)}"

    def _head(self, data: Json) -> Iterator[str]:
        yield from self._wrapped(f"{data['kindLabel']}{self.words.colon}{data['label']}", 0)
        yield f"  {data['name']}"
        if data["place"]:
            yield f"  {data['place']}"
        for text in (data["about"] and f"({data['about']})", data["definition"]):
            yield from self._wrapped(text or "", 2)
        for fact in data["facts"]:
            yield from self._wrapped(f"{fact['what']}{self.words.colon}{fact['text']}", 2)

    def _situation(self, situation: Json) -> Iterator[str]:
        yield from self._wrapped(situation["what"], 0)
        indent = 2
        if situation["condition"]:
            yield from self._reference(situation["condition"], 2)
            indent = 4
        yield from self._cut(list(self._expression(situation["definition"], indent)), indent)
        if situation["inFull"] != situation["definition"]:
            yield f"  {self.words.say('in-full')}"
            yield from self._cut(list(self._expression(situation["inFull"], 4)), 4)

    def _expression(self, part: Json, indent: int, mark: str = "") -> Iterator[str]:
        how = part["how"]
        if how in ("all", "any", "not"):
            said = self.words.say({"all": "all-of", "any": "any-of", "not": "none-of"}[how])
            yield from self._wrapped(mark + said, indent)
            for own in part["parts"]:
                yield from self._expression(own, indent + 2, "- ")
        elif how == "value":
            yield from self._wrapped(f"{mark}{part['label']}{self.words.colon}{part['value']}", indent)
        else:
            yield from self._wrapped(mark + (part["label"] if how == "named" else self.words.say("always")), indent)

    def _listed(self, heading: str, references: Sequence[Json], indent: int, most: int = MOST) -> Iterator[str]:
        yield from self._wrapped(f"{heading} ({len(references)})", indent)
        yield from self._cut([self._reference(found, indent + 2) for found in references], indent + 2, most)

    def _cut(self, things: Sequence[str | Iterable[str]], indent: int, most: int = MOST) -> Iterator[str]:
        """Yield the lines of things, the first few only unless in full, and how many are left out."""
        shown = things if self.full or len(things) <= most + 1 else things[:most]
        for thing in shown:
            yield from [thing] if isinstance(thing, str) else thing
        if len(shown) < len(things):
            yield f"{' ' * indent}{self.words.say('and-more', n=len(things) - len(shown))}"

    def _reference(self, found: Json, indent: int) -> Iterator[str]:
        """Yield what a term is called and where it is written, the place at the end or on a line of its own."""
        label = f"{found['label']} ({found['about']})" if found["about"] else found["label"]
        *before, last = self._wrapped(f"- {label}", indent)
        yield from before
        place = f"  {found['place'] or ''}".rstrip()
        if len(last) + len(place) <= self.width:
            yield last + place
        else:
            yield last
            yield " " * indent + place

    def _wrapped(self, text: str, indent: int) -> list[str]:
        """Return a text in lines; those after the first are indented further, as far as the text of a list."""
        start = " " * indent
        further = start + " " * (2 if text.startswith("- ") or not indent else 4)
        return wrap(text, self.width, initial_indent=start, subsequent_indent=further, break_on_hyphens=False)
