"""Columns of ``SELECT *`` in the order in which a query names them; Oxigraph hands them out by the alphabet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO, cast

import pyoxigraph as ox

from lrp_kg.research.engine.forbidden import without_asides
from lrp_kg.research.engine.formats import SOLUTIONS, writable
from lrp_kg.research.engine.result_file import Spool

_SELECT = re.compile(r"\bselect\b(?!\s*:)(\s+(distinct|reduced))?(\s*\*)?", re.IGNORECASE)
_STAR = re.compile(r"select\s*(distinct|reduced)?\s*\*|\\u", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w+)")
_JSON = "application/sparql-results+json"
_ROOM = 8
"""Times that the JSON in between may be as long as the result may be; a row takes less in every other format."""


def columns(text: str, names: Sequence[str]) -> list[str]:
    """Return the columns of a query's result in the order in which they are shown; only that of ``*`` is ours."""
    if not _STAR.search(text):  # nearly always, and at once
        return list(names)
    plain = without_asides(text)
    select = _SELECT.search(plain)
    if select is None or select[3] is None:
        return list(names)
    seen = dict.fromkeys(m[1] for m in _VARIABLE.finditer(plain, select.end()) if m[1] in names)
    return [*seen, *(name for name in names if name not in seen)]


def write_in_order(solutions: ox.QuerySolutions, order: Sequence[str], media_type: str, size: int) -> Spool:
    """Write solutions with their columns in an order; raise `SpoolFull` where they take more bytes than allowed."""
    between = Spool(size if media_type == _JSON else _ROOM * size)
    solutions.serialize(output=cast(IO[bytes], between), format=ox.QueryResultsFormat.JSON)
    names = [variable.value for variable in solutions.variables]
    file = between.reader()
    head = _head(names)
    if file.read(len(head)) != head:
        raise RuntimeError("the result has another beginning than expected")
    file.seek(0)
    file.write(_head(order))  # of the same length: the same names
    if media_type == _JSON:
        return between
    spool = Spool(size)
    parsed = ox.parse_query_results(input=between.reader(), format=ox.QueryResultsFormat.JSON)
    parsed.serialize(output=writable(media_type, cast(IO[bytes], spool)), format=SOLUTIONS[media_type])
    file.close()
    return spool


def _head(names: Sequence[str]) -> bytes:
    return '{{"head":{{"vars":[{}]}}'.format(",".join(f'"{name}"' for name in names)).encode()
