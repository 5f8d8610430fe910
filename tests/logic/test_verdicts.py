"""Verdicts that are put together from remembered parts are those of whole queries, in bounded memory."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from lrp_kg import GuidelineService
from lrp_kg.cache import write_kept
from lrp_kg.guideline.criteria import AnyOf, Between, Has, Named
from lrp_kg.logic import verdicts
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import Oxigraph, Program, Verdicts
from lrp_kg.logic.kept_verdicts import MOST, prepare_verdicts
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


def kept(service: GuidelineService) -> Program:
    found = Program(service.guideline, service.assessor.cells)
    prepare_verdicts(found)
    return found


def test_kept_verdicts_are_those_that_sparql_gives_and_ask_nothing(
    ankle: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    alone = Program(ankle.guideline, ankle.assessor.cells)
    kept(ankle)
    asked: list[str] = []
    rows = Oxigraph.rows
    monkeypatch.setattr(Oxigraph, "rows", lambda self, query: asked.append(query) or rows(self, query))
    again = kept(ankle)
    for number in range(len(again.nodes)):
        keys = alone.keys(number, MOST)
        expected = alone._by_parts(number, keys) if keys else {}
        asked.clear()
        assert {key: again.verdict_by_parts(number, key) for key in expected} == expected
        assert not asked
    assert sum(bool(again.keys(number, MOST)) for number in range(len(again.nodes))) > 20


def test_kept_verdicts_of_another_form_are_asked_for_again(
    ankle: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    expected = kept(ankle)._kept
    (file,) = (tmp_path / "verdicts").iterdir()
    number = next(iter(expected))
    for spoiled in (
        {},
        {**expected, number: "3" * len(expected[number])},
        {**expected, number: expected[number] + "0"},
        {**expected, number: [*expected[number]]},
        {**expected, -1: "0"},
    ):
        write_kept(file, json.dumps(spoiled))
        assert kept(ankle)._kept == expected


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
