"""Checks a catalogue against the parser: what a header says is what the query does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg.errors import LrpError, UnknownParameter
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.research.questions.entries import read_catalogue
from lrp_kg.research.questions.model import MARK, CatalogueEntry
from lrp_kg.research.questions.parameters import Bad, Vocabulary, parameter_line, prefixes_of, spliced, term_of


def catalogue_findings(folder: Path, guideline: Guideline | None = None) -> list[Finding]:
    """Return everything that is wrong with the queries of a guideline folder.

    With a guideline, defaults must be terms of it too.
    """
    catalogue = read_catalogue(folder)
    found = list(catalogue.findings)
    vocabulary = Vocabulary(guideline)
    for entry in catalogue.entries.values():
        found += check_entry(entry, vocabulary)
    return found


def check_entry(entry: CatalogueEntry, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield what is wrong with a query whose header can be read."""
    from lrp_kg.research.engine.forbidden import examine

    try:
        examine(entry.text)
        result = ox.Store().query(entry.text)
    except LrpError as error:
        yield _finding(entry, "query-refused", error.message)
    except SyntaxError as error:
        reason = " ".join(str(error.msg).split())[:200]
        place = re.search(r"error at (\d+):", reason)
        message = f"The query is not SPARQL 1.1: {reason}. Correct it."
        yield _finding(entry, "query-syntax", message, int(place[1]) if place else 1)
    else:
        yield from _form(entry, result)
    yield from _values(entry, vocabulary)
    for c in entry.columns:
        try:
            vocabulary.find(c.of, None, prefixes_of(entry.text)) if c.of else None
        except Bad as problem:
            message = f"Column {c.name} is of no term: {problem}."
            yield _finding(entry, "query-header-value", message, _line(entry, f"{c.name}: {{"))


def _form(entry: CatalogueEntry, result: object) -> Iterator[Finding]:
    if not isinstance(result, ox.QuerySolutions):
        yield _finding(entry, "query-form", "A query of the catalogue is a SELECT: its result is a table.")
        return
    projected = [v.value for v in result.variables]
    named = [c.name for c in entry.columns]
    if re.search(r"SELECT\s+(DISTINCT\s+|REDUCED\s+)?\*", entry.query, re.IGNORECASE):
        message = "SELECT * changes its columns with the query. Name them."
        yield _finding(entry, "query-star", message, _line(entry, "*"))
    elif projected != named:
        message = f"columns are {', '.join(named)}, but the query gives {', '.join(projected)}. Make them the same."
        yield _finding(entry, "query-columns", message, _line(entry, "columns:"))
    if not re.search(r"\bORDER\s+BY\b", entry.query.rpartition("}")[2], re.IGNORECASE):
        message = "The rows have no order, so two runs can differ. End with ORDER BY."
        yield _finding(entry, "query-order", message, severity="warning")


def _values(entry: CatalogueEntry, vocabulary: Vocabulary) -> Iterator[Finding]:
    line = parameter_line(entry.query)
    wanted = [p.name for p in entry.parameters]
    marks = entry.query.count(MARK)
    if line is None:
        if wanted or marks:
            message = f"Parameters need exactly one line 'VALUES (?a) {{ (...) }} {MARK}'; {marks} lines end so."
            yield _finding(entry, "query-parameters", message, _line(entry, MARK))
        return
    written = line[2].split()
    if written != [f"?{name}" for name in wanted]:
        message = f"params are {', '.join(wanted) or 'none'}, but the line has {' '.join(written) or 'none'}."
        yield _finding(entry, "query-parameters", message, _line(entry, MARK))
        return
    prefixes = prefixes_of(entry.text)
    bad = False
    for p in entry.parameters:
        if p.default is not None:
            try:
                term_of(p, p.default, vocabulary, prefixes)
            except Bad as problem:
                bad = True
                yield _finding(
                    entry,
                    "query-default",
                    f"Parameter {p.name}: its default is not valid: {problem}.",
                    _line(entry, f"{p.name}:"),
                )
    if bad:
        return
    try:
        same = _row(entry, line[0], prefixes) == _row(entry, _spliced_line(entry, vocabulary), prefixes)
    except SyntaxError:
        same = False
    if not same:
        message = "The line of parameters does not hold the defaults of the header. Make them the same."
        yield _finding(entry, "query-default", message, _line(entry, MARK))


def _spliced_line(entry: CatalogueEntry, vocabulary: Vocabulary) -> str:
    try:
        found = parameter_line(spliced(entry, {}, vocabulary))
    except UnknownParameter:
        return ""
    return found[0] if found else ""


def _row(entry: CatalogueEntry, line: str, prefixes: dict[str, str]) -> list[object]:
    head = "".join(f"PREFIX {p}: <{n}>\n" for p, n in prefixes.items())
    rows: Any = ox.Store().query(f"{head} SELECT * WHERE {{ {line}\n }}")
    return [
        [row[p.name] if any(v.value == p.name for v in rows.variables) else None for p in entry.parameters]
        for row in rows
    ]


def _line(entry: CatalogueEntry, part: str) -> int:
    for number, text in enumerate(entry.text.splitlines(), 1):
        if part in text:
            return number
    return 1


def _finding(entry: CatalogueEntry, name: str, message: str, line: int = 1, severity: str = "error") -> Finding:
    return Finding(name, message, f"{entry.file}:{line}", severity=severity)
