"""Asks an engine a query of the catalogue; the result is a table with labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lrp_kg.errors import RecordsNeeded
from lrp_kg.namespaces import XSD
from lrp_kg.research.engine.model import Engine, Question
from lrp_kg.research.questions.model import CatalogueEntry
from lrp_kg.research.questions.parameters import Vocabulary, spliced
from lrp_kg.words import error as say
from lrp_kg.words import in_language

INTEGERS = frozenset(XSD + name for name in ("integer", "int", "long", "short", "byte", "nonNegativeInteger"))
FRACTIONS = frozenset(XSD + name for name in ("decimal", "double", "float"))
JSON = "application/sparql-results+json"


@dataclass(frozen=True)
class Cell:
    """A value of a result: its text, whether it is an IRI, its language and datatype."""

    text: str
    is_iri: bool = False
    lang: str | None = None
    datatype: str | None = None

    @property
    def number(self) -> float | None:
        """The value as a number, where it is one."""
        try:
            return float(self.text) if self.datatype else None
        except ValueError:
            return None


Row = tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """The columns of a result, how each is called, and the rows."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[Row, ...]


def question(
    entry: CatalogueEntry, engine: Engine, values: Mapping[str, str], vocabulary: Vocabulary, media_type: str = JSON
) -> Question:
    """Return what to ask; raise `UnknownParameter` for bad values, `RecordsNeeded` where there are no records."""
    text = spliced(entry, values, vocabulary)
    require_records(entry, engine.has_records)
    return Question(text, solutions=media_type, graph=None)


def require_records(entry: CatalogueEntry, has_records: bool) -> None:
    """Raise `RecordsNeeded` where a query is about records and there are none."""
    if entry.needs == "records" and not has_records:
        raise say(RecordsNeeded, "query-needs-records", name=entry.name)


def run(
    entry: CatalogueEntry, engine: Engine, values: Mapping[str, str], vocabulary: Vocabulary, lang: str = "en"
) -> Table:
    """Return the result of a query as a table, its columns labelled in a language."""
    found = table(engine.ask(question(entry, engine, values, vocabulary)).read())
    labels = {c.name: in_language(c.label, lang) for c in entry.columns}
    return Table(found.columns, tuple(labels.get(c, c) for c in found.columns), found.rows)


def table(results: bytes) -> Table:
    """Return SPARQL results in JSON as a table whose columns are called as they are."""
    data: dict[str, Any] = orjson.loads(results)
    if "boolean" in data:
        cell = Cell(str(data["boolean"]).lower(), datatype=f"{XSD}boolean")
        return Table(("answer",), ("answer",), ((cell,),))
    columns = tuple(data["head"]["vars"])
    rows = tuple(tuple(_cell(row.get(c)) for c in columns) for row in data["results"]["bindings"])
    return Table(columns, columns, rows)


def _cell(value: dict[str, str] | None) -> Cell | None:
    if value is None:
        return None
    return Cell(value["value"], value["type"] == "uri", value.get("xml:lang"), value.get("datatype"))


def plain(cell: Cell | None) -> str | int | float | bool | None:
    """Return a value as Python has it."""
    if cell is None:
        return None
    if cell.datatype == XSD + "boolean":
        return cell.text in ("true", "1")
    try:
        if cell.datatype in INTEGERS:
            return int(cell.text)
        if cell.datatype in FRACTIONS:
            return float(cell.text)
    except ValueError:
        pass  # a number in name only
    return cell.text
