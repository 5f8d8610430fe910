"""Which columns of answers are wanted: of which decisions and programmes, and of which kinds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lrp_kg.answer.asked import names
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.model import Guideline
from lrp_kg.words import error as say

ANSWER, ANSWERS, STATUS, POSSIBLE, MISSING = "answer", "answers", "status", "possible", "missing"
BOX, CRITERION, EDITION = "box", "criterion", "edition"
FACT, LATEST, WARNING, STATEMENT = "fact", "latest", "warning", "statement"
KINDS = (ANSWER, ANSWERS, STATUS, POSSIBLE, MISSING, BOX, CRITERION, EDITION, FACT, LATEST, WARNING, STATEMENT)
"""The kinds of columns, in their order; ``answer`` is the column that has the name of a decision or programme."""
EXPLAINING = frozenset((STATEMENT,))
"""The kinds that are there only where they are asked for."""


@dataclass(frozen=True)
class Choice:
    """The columns that are wanted; ``only`` are identifiers of decisions and programmes, ``None`` all of them."""

    only: frozenset[str] | None = None
    kinds: frozenset[str] = frozenset(KINDS) - EXPLAINING

    def of(self, identifier: str) -> bool:
        """Return whether a decision or programme is wanted."""
        return self.only is None or identifier in self.only


def chosen(guideline: Guideline, only: Any = None, kinds: Any = None, *, explain: bool = False) -> Choice:
    """Return the choice of a caller; ``None`` is everything. Raise `UnknownParameter` for a name that is none.

    To ``explain`` adds the kinds that say why.
    """
    asked = names(only)
    there = [d.id for d in guideline.own_decisions.values()] + [p.id for p in guideline.programmes.values()]
    _demand(asked or (), there, "error-decision")
    wanted = names(kinds, "columns", "kinds of columns")
    _demand(wanted or (), KINDS, "error-kind-of-column")
    found = Choice.kinds if wanted is None else frozenset(wanted)
    return Choice(None if asked is None else frozenset(asked), found | EXPLAINING if explain else found)


def _demand(asked: Collection[str], there: Collection[str], problem: str) -> None:
    unknown = sorted(set(asked).difference(there))
    if unknown:
        raise say(UnknownParameter, problem, names=", ".join(unknown), known=", ".join(there))
