"""What a query of the catalogue is: its question, parameters and columns in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lrp_kg.findings import Finding
from lrp_kg.words import Text

TAGS = ("guideline", "cohort", "check")
TOPICS = (
    "advice", "decisions", "programmes", "sources", "numbers", "course", "selection", "certainty", "versions", "texts",
)  # fmt: skip
"""What a question is about, in the order in which a page lists them; each is also part of the name of a phrase."""

NEEDS = ("guideline", "records")
TYPES = ("iri", "string", "lang", "integer", "date", "boolean", "choice")
CHARTS = ("bar", "line")

MARK = "# parameters"
"""What ends the one line of a query that parameters replace."""


@dataclass(frozen=True)
class Parameter:
    """A parameter: its type, its default as written, and what limits its values.

    An optional parameter without a default is left open (``UNDEF``), so that every value fits. ``of`` is the class of
    the terms that an IRI can be, as a prefixed name; ``values`` are those of a choice.
    """

    name: str
    type: str
    label: Text
    default: str | None = None
    optional: bool = False
    of: str | None = None
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Column:
    """A column of the result; ``of``: the decision, field or class that its labels are of, as a prefixed name."""

    name: str
    label: Text
    of: str | None = None


@dataclass(frozen=True)
class Chart:
    """The picture of a result: a bar or point for each ``x``, its height ``y``; a colour for each ``series``."""

    kind: str
    x: str
    y: str
    series: str | None = None


@dataclass(frozen=True)
class CatalogueEntry:
    """A query of the catalogue; those of a topic are listed in their order, then by name."""

    name: str
    file: Path
    text: str
    summary: Text
    description: Text
    tags: tuple[str, ...]
    needs: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    chart: Chart | None = None
    topic: str = ""
    order: int = 0

    @property
    def query(self) -> str:
        """The query without its header."""
        lines = self.text.splitlines(keepends=True)
        while lines and (lines[0].startswith("#+") or not lines[0].strip()):
            del lines[0]
        return "".join(lines)


@dataclass(frozen=True)
class QueryCatalogue:
    """The queries of a folder by name, and what is wrong with those that cannot be used."""

    entries: Mapping[str, CatalogueEntry]
    findings: tuple[Finding, ...] = ()
