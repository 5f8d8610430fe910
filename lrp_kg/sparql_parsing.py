"""Queries parsed by rdflib, whose parser is one for all threads and mixes up what several of them parse at once."""

from __future__ import annotations

from threading import RLock
from typing import Any

PARSING = RLock()
"""Held while rdflib parses a query."""


def prepared(text: str) -> Any:
    """Return a query that rdflib can evaluate; raises what its parser, and what reads the result, raise."""
    from rdflib.plugins.sparql import prepareQuery

    with PARSING:
        return prepareQuery(text)
