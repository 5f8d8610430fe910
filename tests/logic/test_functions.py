"""What is left of a diagram for what is known: its functions have one number each, and are dropped in the end."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.logic import diagrams
from lrp_kg.logic.decide import Decider
from lrp_kg.logic.diagrams import Diagram

FEDRIS = "fedris-prevention"


def diagram(service: GuidelineService) -> Diagram:
    guideline = service.guideline
    programme = next(p for p in guideline.programmes.values() if p.id == FEDRIS)
    return service.assessor.diagrams.get(guideline.decisions[programme.editions[-1].decision])


class Slow(list[Any]):
    """A list that lets other threads go on before it says how long it is."""

    def __len__(self) -> int:
        found = super().__len__()
        time.sleep(0)
        return found


def restricted(of: Diagram, seed: int, count: int) -> list[int]:
    rng = random.Random(seed)
    axes = [len(axis.choices) for axis in of.axes]
    chosen = (tuple(rng.randrange(n) if rng.random() < 0.4 else None for n in axes) for _ in range(count))
    return [of.restrict(of.root, one) for one in chosen]


def test_threads_give_no_number_to_two_functions(service: GuidelineService) -> None:
    alone = diagram(service)
    expected = [list(map(alone.meaning, restricted(alone, seed, 60))) for seed in range(4)]
    shared = diagram(service)
    shared.nodes = Slow(shared.nodes)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(partial(restricted, shared, count=60), range(4)))
    assert len(set(shared.nodes)) == len(shared.nodes)
    assert [list(map(shared.meaning, nodes)) for nodes in found] == expected


def test_a_decider_drops_functions_and_says_the_same(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    guideline = service.guideline
    decision = next(
        guideline.decisions[p.editions[-1].decision] for p in guideline.programmes.values() if p.id == FEDRIS
    )
    assessor = service.assessor
    kept, dropping = (Decider(diagram(service), decision, assessor.cells, assessor.dates) for _ in "ab")
    rng = random.Random(1)
    signatures = [
        bytes(rng.randint(1, v.size) if rng.random() < 0.4 else 0 for v in assessor.cells.variables) for _ in range(400)
    ]
    expected = [(kept.decide(s, {}, {}), kept.completions(s, {}, {})) for s in signatures]
    monkeypatch.setattr(diagrams, "FUNCTIONS", 20)
    seen = set()
    for signature, outcome in zip(signatures, expected, strict=True):
        assert (dropping.decide(signature, {}, {}), dropping.completions(signature, {}, {})) == outcome
        seen.add(id(dropping.diagram))
        assert len(dropping.diagram.nodes) < 1000
    assert len(seen) > 2
    assert len(kept.diagram.nodes) > len(dropping.diagram.nodes)


def test_a_diagram_that_was_just_built_is_made_anew(ankle: GuidelineService) -> None:
    decision = next(iter(ankle.guideline.own_decisions.values()))
    built = ankle.assessor.builder.build(decision)
    expected = list(map(built.meaning, restricted(built, 1, 20)))
    anew = built.anew()
    assert len(anew.nodes) > 1
    assert list(map(anew.meaning, restricted(anew, 1, 20))) == expected
