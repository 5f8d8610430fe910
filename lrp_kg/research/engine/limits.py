"""What an error says when a query reaches a limit: which one, its value, its setting, and what to do."""

from __future__ import annotations

from lrp_kg.errors import LimitReached, MemoryLimit, QueryTimeLimit, RowLimit, SizeLimit
from lrp_kg.research.engine.model import Limits, setting

LIMITS: dict[str, tuple[type[LimitReached], str]] = {
    "limit-time": (QueryTimeLimit, "seconds"),
    "limit-rows": (RowLimit, "rows"),
    "limit-size": (SizeLimit, "size"),
    "limit-memory": (MemoryLimit, "memory"),
}
_ADVICE = {
    "seconds": ("ran longer than {0:g} seconds and was stopped", "Narrow it, or ask for a part with LIMIT"),
    "rows": ("has more than {0} rows or triples", "Count instead, or ask for parts with ORDER BY, LIMIT and OFFSET"),
    "size": ("has a result of more than {0} bytes", "Ask for fewer columns, or for parts with LIMIT and OFFSET"),
    "memory": ("needed more than {0} bytes of memory and was stopped", "Narrow it, or ask for a part with LIMIT"),
}


def limit_reached(code: str, limits: Limits) -> LimitReached:
    """Return the error of a limit: which one, its value, the setting, and what to do."""
    kind, name = LIMITS[code]
    what, advice = _ADVICE[name]
    reached = what.format(getattr(limits, name))
    return kind(f"The query {reached} (LRP_{setting(name)}). {advice}. Nothing of the result is given.")
