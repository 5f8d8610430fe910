"""The fixed data on which every query of the catalogue has a golden result, in two engines.

Run as a program it writes the golden results again: look at the difference before you keep it.
"""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib

from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import CLOSURE
from lrp_kg.namespaces import OWL, RDFS
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
_RELATIONS = (ox.NamedNode(RDFS + "subClassOf"), ox.NamedNode(OWL + "disjointWith"))
_MOMENT = re.compile(rb'(endedAtTime> )"[^"]*"')
_SOFTWARE = re.compile(rb'"lrp-kg [^"]*"')


def load_records(guideline: Guideline, folder: Path) -> Path:
    """Load the fixed records into a store folder."""
    report = load(guideline, folder, [Source("records.ndjson", (DATA / "records.ndjson").read_bytes())])
    assert report.stored > 25
    assert not report.rejected
    return folder


def quads(folder: Path) -> bytes:
    """Return the queried data as N-Quads, with the parts that differ from run to run made equal.

    Of the closure it has what the catalogue asks for: which named classes are below and exclude each other.
    """
    store = ox.Store.read_only(str(Store(folder).current().folder))
    memory = ox.Store()
    memory.extend(
        ox.Quad(q.subject, q.predicate, q.object) for q in store.quads_for_pattern(None, None, None, _DEFAULT)
    )
    memory.load(path=str(DATA / "defects.ttl"), format=ox.RdfFormat.TURTLE)
    for relation in _RELATIONS:
        found = store.quads_for_pattern(None, relation, None, ox.NamedNode(CLOSURE))
        memory.extend(q for q in found if isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.NamedNode))
    text = memory.dump(format=ox.RdfFormat.N_QUADS)
    assert text
    text = _MOMENT.sub(rb'\1"2026-01-01T00:00:00+00:00"', text)
    return _SOFTWARE.sub(b'"lrp-kg of the tests"', text)


class Oxigraph:
    """The engine of the package."""

    def __init__(self, text: bytes = b"") -> None:
        self.store = ox.Store()
        self.store.load(text, format=ox.RdfFormat.N_QUADS)

    def ask(self, query: str) -> dict[str, Any]:
        found: Any = self.store.query(query)
        rows = [[None if value is None else _term(value) for value in row] for row in found]
        return {"columns": [v.value for v in found.variables], "rows": rows}


class Rdflib:
    """A second engine, which shares no code with the first."""

    def __init__(self, text: bytes = b"") -> None:
        named = f" <{CLOSURE}> .".encode()
        lines = text.splitlines()
        self.graph = rdflib.Graph()
        self.graph.parse(data=b"\n".join(line for line in lines if not line.endswith(named)), format="nt")
        self.closure = [line.removesuffix(named) + b" ." for line in lines if line.endswith(named)]

    @cached_property
    def dataset(self) -> rdflib.Dataset:
        """Both graphs; slower than the default graph alone."""
        both = rdflib.Dataset()
        for triple in self.graph:
            both.add(triple)
        both.graph(CLOSURE).parse(data=b"\n".join(self.closure), format="nt")
        return both

    def ask(self, query: str) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # rdflib uses what it deprecates to query a dataset
            found = (self.dataset if "GRAPH" in query else self.graph).query(query)
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
        engine = Oxigraph(quads(load_records(load_guideline(None), Path(temporary) / "store")))
    for old in GOLDEN.glob("*.json"):
        old.unlink()
    for query_name, entry in ENTRIES.items():
        write(query_name, engine.ask(entry.text))
