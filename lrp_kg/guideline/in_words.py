"""What a guideline says, in the words of one language: labels of its terms by what programs call them."""

from __future__ import annotations

from functools import cached_property

from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.words import Text, Words


class GuidelineWords(Words):
    """The words of a language for one guideline; what has no label in any is called by its identifier."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        super().__init__(lang)
        self.guideline = guideline

    def label(self, term: Term) -> str:
        """Return the label of a term."""
        return self.text(term.label, term.id)

    def status(self, name: str) -> str:
        """Return the word for a status of a decision, eligibility or a criterion."""
        own = self.guideline.statuses.get(name)
        return self.text(own) if own else self.say(name)

    def date_status(self, name: str) -> str:
        """Return the word for where a date lies."""
        return self.text(self.guideline.date_statuses[name])

    def modality(self, name: str) -> str:
        """Return the label of a modality."""
        return self.text(self.guideline.modalities.get(name, {}), name)

    def field(self, name: str) -> str:
        """Return the label of a field by its name in JSON."""
        return self.text(self._fields.get(name, {}), name)

    def value(self, name: str) -> str:
        """Return the label of a value by its name in JSON."""
        return self.text(self._values.get(name, {}), name)

    def decision(self, name: str) -> str:
        """Return the label of a decision by its identifier."""
        return next((self.label(d) for d in self.guideline.decisions.values() if d.id == name), name)

    def option(self, decision: str, name: str) -> str:
        """Return the label of an option by the identifiers of its decision and its own."""
        own = (o for d in self.guideline.decisions.values() if d.id == decision for o in d.options)
        return next((self.label(o) for o in own if o.id == name), name)

    @cached_property
    def _fields(self) -> dict[str, Text]:
        g = self.guideline
        return {f.id: f.label for f in (*g.fields.values(), *g.derived.values())}

    @cached_property
    def _values(self) -> dict[str, Text]:
        return {v.id: v.label for f in self.guideline.fields.values() for v in f.values}
