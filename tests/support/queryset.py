"""The fixed data on which every query of the catalogue has a golden result, in two engines.

Run as a program it writes the golden results again: look at the difference before you keep it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib

from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.research.questions.entries import read_catalogue
from lrp_kg.research.store.generations import Store
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from tests.support.paths import ROOT, TESTS

DATA = TESTS / "queries"
GOLDEN = DATA / "golden"
CATALOGUE = read_catalogue(ROOT)
ENTRIES = CATALOGUE.entries

_DEFAULT = ox.DefaultGraph()
_MOMENT = re.compile(rb'(endedAtTime> )"[^"]*"')
_SOFTWARE = re.compile(rb'"lrp-kg [^"]*"')


def load_records(guideline: Guideline, folder: Path) -> Path:
    """Load the fixed records into a store folder."""
    report = load(guideline, folder, [Source("records.ndjson", (DATA / "records.ndjson").read_bytes())])
    assert report.stored > 25
    assert not report.rejected
    return folder


def triples(folder: Path) -> bytes:
    """Return the queried data as N-Triples, with the parts that differ from run to run made equal."""
    store = ox.Store.read_only(str(Store(folder).current().folder))
    memory = ox.Store()
    memory.extend(
        ox.Quad(q.subject, q.predicate, q.object) for q in store.quads_for_pattern(None, None, None, _DEFAULT)
    )
    memory.load(path=str(DATA / "defects.ttl"), format=ox.RdfFormat.TURTLE)
    text = memory.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=_DEFAULT)
    assert text
    text = _MOMENT.sub(rb'\1"2026-01-01T00:00:00+00:00"', text)
    return _SOFTWARE.sub(b'"lrp-kg of the tests"', text)


class Oxigraph:
    """The engine of the package."""

    def __init__(self, text: bytes = b"") -> None:
        self.store = ox.Store()
        self.store.load(text, format=ox.RdfFormat.N_TRIPLES)

    def ask(self, query: str) -> dict[str, Any]:
        found: Any = self.store.query(query)
        rows = [[None if value is None else _term(value) for value in row] for row in found]
        return {"columns": [v.value for v in found.variables], "rows": rows}


class Rdflib:
    """A second engine, which shares no code with the first."""

    def __init__(self, text: bytes = b"") -> None:
        self.graph = rdflib.Graph()
        self.graph.parse(data=text, format="nt")

    def ask(self, query: str) -> dict[str, Any]:
        found = self.graph.query(query)
        rows = [[None if value is None else _rdflib_term(value) for value in row] for row in found]  # type: ignore[union-attr]
        return {"columns": [str(v) for v in found.vars or ()], "rows": rows}


def _term(value: Any) -> str:
    """Return a term in the same form for each engine: IRIs in brackets, texts with language, numbers unchanged."""
    if isinstance(value, ox.NamedNode):
        return f"<{value.value}>"
    kind = value.datatype.value.rpartition("#")[2]
    return _told(value.value, value.language, kind)


def _rdflib_term(value: Any) -> str:
    if isinstance(value, rdflib.URIRef):
        return f"<{value}>"
    assert isinstance(value, rdflib.Literal), value
    return _told(str(value), value.language, str(value.datatype or "#string").rpartition("#")[2])


def _told(text: str, lang: str | None, kind: str) -> str:
    if kind == "dateTime":
        text = text.replace("+00:00", "Z")
    if lang:
        return f"{text}@{lang}"
    return text if kind == "string" else f"{text}^^{kind}"


def golden(name: str) -> dict[str, Any]:
    """Return the golden result of a query."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def write(name: str, result: dict[str, Any]) -> None:
    """Write a golden result, one row per line."""
    rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in result["rows"])
    columns = json.dumps(result["columns"])
    (GOLDEN / f"{name}.json").write_text(f'{{"columns": {columns}, "rows": [\n{rows}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        engine = Oxigraph(triples(load_records(load_guideline(None), Path(temporary) / "store")))
    for old in GOLDEN.glob("*.json"):
        old.unlink()
    for query_name, entry in ENTRIES.items():
        write(query_name, engine.ask(entry.text))
