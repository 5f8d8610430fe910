"""Guidelines that the tests of a worker share and edit, so that a check knows of the one before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.bench import Bench

Benches = Callable[[str], Bench]


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Benches:
    """Return what gives the bench of a good guideline, by its name, without any edit."""
    known: dict[str, Bench] = {}

    def bench(name: str) -> Bench:
        if name not in known:
            known[name] = Bench(tmp_path_factory.mktemp(name) / "guideline", name)
        known[name].restore()
        return known[name]

    return bench
