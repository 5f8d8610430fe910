"""Verdicts that are put together from remembered parts are those of whole queries, in bounded memory."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest

from lrp_kg import GuidelineService
from lrp_kg.logic import verdicts
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import Oxigraph, Program
from lrp_kg.logic.verdicts import VerdictMemory


class CountedEngine(Oxigraph):
    """Counts the queries that it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = 0

    def rows(self, query: str) -> Iterable[Sequence[bool | int | None]]:
        self.queries += 1
        return super().rows(query)


def memory(service: GuidelineService) -> tuple[VerdictMemory, CountedEngine]:
    engine = CountedEngine()
    return VerdictMemory(Program(service.guideline, service.assessor.cells, engine)), engine


def signatures(service: GuidelineService, number: int) -> list[Signature]:
    rng = random.Random(3)  # noqa: S311
    variables = service.assessor.cells.variables
    return [bytes(rng.randint(0, v.size) for v in variables) for _ in range(number)]


def test_memory_is_bounded(ankle: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "LIMIT", 2000)
    found, _ = memory(ankle)
    alone, _ = memory(ankle)
    some = signatures(ankle, 40)
    numbers = range(len(found.program.nodes))
    for signature in some:
        found.of(signature, numbers)
    assert 0 < sum(map(len, found._known.values())) <= 2 * (2000 // verdicts._ENTRY + 1)
    assert found.of(some[0], numbers) == alone.of(some[0], numbers)


def test_verdicts_by_parts_are_those_of_whole_queries(ankle: GuidelineService) -> None:
    """A verdict that is put together from the verdicts of parts, each of which SPARQL gave, is that of one query."""
    found, engine = memory(ankle)
    some = signatures(ankle, 60)
    whole = found.program.classify(some)
    numbers = range(len(found.program.nodes))
    assert [bytes(found.of(s, numbers).values()) for s in some] == whole
    asked = engine.queries
    more = signatures(ankle, 120)[60:]
    assert [bytes(found.of(s, numbers).values()) for s in more] == found.program.classify(more)
    assert engine.queries - asked < 60, "parts of other signatures are known"
