"""Verdicts that are put together from remembered parts are those of whole queries, in bounded memory."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.criteria import AnyOf, Between, Has, Named
from lrp_kg.logic import verdicts
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import Oxigraph, Program, Verdicts
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


def verdicts_of(found: VerdictMemory, signature: Signature) -> Verdicts:
    own = found.of(signature)
    return bytes(own[number] for number in range(len(found.program.nodes)))


def test_memory_is_bounded(ankle: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "LIMIT", 2000)
    found, _ = memory(ankle)
    alone, _ = memory(ankle)
    some = signatures(ankle, 40)
    for signature in some:
        verdicts_of(found, signature)
    entries = sum(len(group._known) for group in found._groups.values()) + sum(map(len, found._by_parts))
    assert 0 < entries <= 2 * (2000 // verdicts._ENTRY + 1)
    assert verdicts_of(found, some[0]) == verdicts_of(alone, some[0])


def test_verdicts_by_parts_are_those_of_whole_queries(ankle: GuidelineService) -> None:
    """A verdict that is put together from the verdicts of parts, each of which SPARQL gave, is that of one query."""
    found, engine = memory(ankle)
    some = signatures(ankle, 60)
    whole = found.program.classify(some)
    assert [verdicts_of(found, s) for s in some] == whole
    asked = engine.queries
    more = signatures(ankle, 120)[60:]
    assert [verdicts_of(found, s) for s in more] == found.program.classify(more)
    assert engine.queries - asked < 60, "parts of other signatures are known"


def test_few_combinations_of_parts_are_asked_for_in_one_query(ankle: GuidelineService) -> None:
    found, engine = memory(ankle)
    program = found.program
    alone = Program(ankle.guideline, ankle.assessor.cells)
    keys = {
        n: [bytes(key) for key in product(range(3), repeat=2)] for n, own in enumerate(found._parts) if len(own) == 2
    }
    assert len(keys) > 10
    for number, own in keys.items():
        assert [program.verdict_by_parts(number, key) for key in own] == [
            alone._by_parts(number, [key])[key] for key in own
        ]
    assert engine.queries == len(keys)


def test_a_part_that_is_there_twice_has_one_verdict(ankle: GuidelineService) -> None:
    """A condition that is a union of a class with itself, as an author can write it."""
    conditions = ankle.guideline.conditions
    leaf = next(name for name, own in conditions.items() if isinstance(own.expression, (Has, Between)))
    name = next(name for name in conditions if name != leaf)
    changed = {**conditions, name: replace(conditions[name], expression=AnyOf((Named(leaf), Named(leaf))))}
    guideline = replace(ankle.guideline, conditions=changed)
    found = VerdictMemory(Program(guideline, ankle.assessor.cells))
    some = signatures(ankle, 20)
    assert [verdicts_of(found, s) for s in some] == found.program.classify(some)
