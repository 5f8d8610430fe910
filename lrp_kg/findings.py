"""The one type for problems found in a guideline, a case or a record."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

LONG = 2**63
"""Integers from this size on are written as text, because JSON readers disagree on them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: a stable name, where it is, what is wrong and how to fix it.

    ``where`` is ``file:line`` for a guideline, or the field of a record; ``messages`` holds the
    message per language, ``message`` the English one. ``term`` is the IRI of the guideline term concerned.
    """

    name: str
    message: str
    where: str = ""
    field: str | None = None
    value: Any = None
    severity: str = "error"
    messages: dict[str, str] = dataclasses.field(default_factory=dict)
    term: str = ""

    def text(self, lang: str = "en") -> str:
        """Return the message in a language, else in English."""
        return self.messages.get(lang, self.message)

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Return the finding as JSON-ready data in a language."""
        data: dict[str, Any] = {"name": self.name, "message": self.text(lang), "severity": self.severity}
        if self.field is not None:
            data["field"] = self.field
            long = isinstance(self.value, int) and abs(self.value) >= LONG
            data["value"] = str(self.value) if long else self.value
        if self.where:
            data["where"] = self.where
        if self.term:
            data["term"] = self.term
        return data
