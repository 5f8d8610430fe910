"""An engine of SPARQL can be asked by several threads at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from lrp_kg.logic.classify import ENGINES


@pytest.mark.parametrize("name", ENGINES)
def test_threads_ask_at_once(name: str) -> None:
    """rdflib's parser is one for all threads; each query here has other values, so that a mixture is seen."""
    engine, limit = ENGINES[name](), sys.getrecursionlimit()

    def asked(number: int) -> bool:
        values = [str((number + n) % 2 == 0).lower() for n in range(20)]
        binds = "".join(f" BIND({value} AS ?x{n})" for n, value in enumerate(values))
        query = f"SELECT ?n {' '.join(f'?x{n}' for n in range(20))} WHERE {{ BIND({number} AS ?n){binds} }}"
        return list(engine.rows(query)) == [[number, *((number + n) % 2 == 0 for n in range(20))]]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(asked, range(40)))
    finally:
        sys.setswitchinterval(before)
    assert sys.getrecursionlimit() == limit
