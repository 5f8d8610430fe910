"""A copy of a store that is open holds what the store holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.research.engine.model import Limits, Question
from lrp_kg.research.store.opening import open_engine
from tests.support.serving import make_store

COUNT = Question("SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o }")


@pytest.mark.slow
def test_a_store_is_copied_while_it_is_open(service: GuidelineService, tmp_path: Path) -> None:
    subject, predicate = ox.NamedNode("urn:s"), ox.NamedNode("urn:p")
    store = make_store(tmp_path / "store", [ox.Quad(subject, predicate, ox.Literal(n)) for n in range(50)])
    with open_engine(service.guideline, str(store), Limits()) as engine:
        before = engine.ask(COUNT).read()
        copy = shutil.copytree(store, tmp_path / "copy")
        assert engine.ask(COUNT).read() == before
    shutil.rmtree(store)
    with open_engine(service.guideline, str(copy), Limits()) as engine:
        assert engine.ask(COUNT).read() == before
    assert b'"50"' in before
