"""A store that keeps each triple once answers as one whose named graphs hold all that is in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.named_graphs import ANSWERS, DERIVED, RECORDS, guideline_quads
from lrp_kg.research.engine.forbidden import QueryGraphs, examine
from lrp_kg.research.engine.homes import DATA, Homes
from lrp_kg.research.engine.store_dataset import StoreDataset
from lrp_kg.research.store.deriving import Deriver, Job
from lrp_kg.research.store.predicates import homes_of
from lrp_kg.research.store.quads import AnswerWriter, QuadLines, load_triples
from lrp_kg.research.store.sources import Source, read_items
from tests.support.paths import TESTS
from tests.support.queryset import DATA as QUERY_DATA

ACTIVITY = "https://example.org/load"
FILE = TESTS / "research" / "graphs_of_data.rq"
PREFIXES, *PARTS = FILE.read_text(encoding="utf-8").split("\n# ---")
QUERIES = [(part.partition("\n")[0].strip(), PREFIXES + part.partition("\n")[2]) for part in PARTS]
"""Queries, each with a remark: *copied* where it is asked of a copy of the graphs."""


@pytest.fixture(scope="module")
def homes(service: GuidelineService) -> Homes:
    return homes_of(service.guideline)


@pytest.fixture(scope="module")
def stores(service: GuidelineService, homes: Homes) -> dict[bool, ox.Store]:
    """The same records, each triple once (true), and in the graph of its name too (false).

    Beside them is what the guideline says in English: to copy the texts in other languages too takes twice as long.
    """
    guideline = service.guideline
    english = [q for q in guideline_quads(guideline) if getattr(q.object, "language", None) in (None, "en")]
    items = list(read_items(guideline, [Source("records.ndjson", (QUERY_DATA / "records.ndjson").read_bytes())]))
    found = {}
    deriver = Deriver(Job(guideline.folder, ACTIVITY, homes))
    for once in (True, False):
        deriver.quads = QuadLines(homes if once else Homes())
        deriver.answers = AnswerWriter(guideline, ACTIVITY, deriver.quads)
        batch = deriver.batch(items)
        assert sum(bool(item.lines) for item in batch.items) > 25
        load = deriver.quads.of(load_triples(ACTIVITY, guideline, datetime(2026, 1, 1, tzinfo=UTC)), ANSWERS)
        text = "".join([batch.results, *(item.lines for item in batch.items), *load])
        found[once] = ox.Store()
        found[once].extend(english)
        found[once].load(text.encode(), format=ox.RdfFormat.N_QUADS)
    return found


class Watched(StoreDataset):
    """A dataset that notes whether it had to copy graphs."""

    copied = False

    def _copied(self, dataset: QueryGraphs) -> ox.Store:
        self.copied = True
        return super()._copied(dataset)


def rows(found: Any) -> object:
    """Return a result without its order; of a graph its triples."""
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return sorted(map(str, found))
    return [v.value for v in found.variables], sorted(str(list(row)) for row in found)


def test_there_are_queries() -> None:
    assert len(QUERIES) > 60
    assert len({text for _, text in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("graph", DATA)
def test_graph_has_the_same_triples(stores: dict[bool, ox.Store], homes: Homes, graph: str) -> None:
    found = list(homes.triples(stores[True], graph))
    whole = {q.triple for q in stores[False].quads_for_pattern(None, None, None, ox.NamedNode(graph))}
    assert len(found) == len(set(found)) == len(whole) > 50
    assert set(found) == whole


def test_hardly_any_triple_is_stored_twice(stores: dict[bool, ox.Store], homes: Homes) -> None:
    """What is named is what the guideline says too, a derived value of a field, and what each load says."""
    named = [q for g in DATA for q in stores[True].quads_for_pattern(None, None, None, ox.NamedNode(g))]
    whole = [q for g in DATA for q in stores[False].quads_for_pattern(None, None, None, ox.NamedNode(g))]
    assert 0 < len(named) < 0.05 * len(whole)
    assert set(homes.predicates.values()) == set(DATA)


def answers(dataset: StoreDataset, text: str) -> object:
    return rows(dataset.query(text, examine(text)))


@pytest.mark.parametrize(("remark", "text"), QUERIES, ids=[t.partition("\n\n")[2][:70] for _, t in QUERIES])
def test_query_has_the_same_answer(stores: dict[bool, ox.Store], homes: Homes, remark: str, text: str) -> None:
    once, whole = Watched(stores[True], homes), StoreDataset(stores[False])
    found = answers(once, text)
    assert found == answers(whole, text)
    assert once.copied == ("copied" in remark)
    assert bool(found if isinstance(found, bool) else found[-1]) != ("empty" in remark)  # type: ignore[index]


def datasets() -> Iterator[QueryGraphs]:
    """Yield datasets of the protocol: every choice of two default and two named graphs."""
    some = (RECORDS, ANSWERS, DERIVED, "https://w3id.org/lrp-kg/low-back-pain/sources")
    for first in some:
        yield QueryGraphs((first,))
        yield QueryGraphs((), (first,))
        yield QueryGraphs((RECORDS, first), (ANSWERS,))
        yield QueryGraphs((ANSWERS,), (RECORDS, first))


@pytest.mark.parametrize("dataset", list(datasets()), ids=str)
def test_dataset_of_the_protocol_has_the_same_answer(
    stores: dict[bool, ox.Store], homes: Homes, dataset: QueryGraphs
) -> None:
    text = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    found = rows(StoreDataset(stores[True], homes).query(text, dataset))
    assert found == rows(StoreDataset(stores[False]).query(text, dataset))


@pytest.mark.parametrize("text", ["SELECT * { GRAPH ?g { ?s ?p } }", "SELECT * { GRAPH ?g { ?s ?p ?o }", "GRAPH ?g"])
def test_query_that_is_none_is_an_error_of_its_own_text(stores: dict[bool, ox.Store], homes: Homes, text: str) -> None:
    once = Watched(stores[True], homes)
    with pytest.raises(SyntaxError) as found:
        once.query(text, QueryGraphs())
    with pytest.raises(SyntaxError) as expected:
        stores[False].query(text)
    assert (str(found.value), once.copied) == (str(expected.value), False)
