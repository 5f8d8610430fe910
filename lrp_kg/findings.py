"""One type for everything a check can find, wherever it was found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

LONG = 2**63
"""From here on an integer is written as text: JSON readers do not agree on it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: a stable name, where it is, what is wrong and how to correct it.

    ``where`` is ``file:line`` for a guideline, or the field of a record; ``messages`` holds the
    message per language, ``message`` the English one. ``term`` is the IRI of the term of a guideline it is about.
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
        """Return the message in a language, English where it is missing."""
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
