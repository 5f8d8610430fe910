"""What all tests share: no network, a cache of their own, one service for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lrp_kg import GuidelineService

# Seeded: the same examples in every run; nothing is written next to the code.
settings.register_profile(
    "seeded",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("seeded")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-socket refuse every connection but to this machine."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Keep diagrams in a folder of this run, also for processes that tests start.

    Workers of one run share it: what one has worked out the others read, and files appear there whole.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = str(shared / "lrp-cache")
    before = os.environ.get("LRP_CACHE")
    os.environ["LRP_CACHE"] = folder
    yield folder
    if before is None:
        del os.environ["LRP_CACHE"]
    else:
        os.environ["LRP_CACHE"] = before


@pytest.fixture(scope="session")
def service(cache_folder: str) -> GuidelineService:
    """The packaged guideline, loaded once."""
    return GuidelineService()


SLOW_FILES = (
    *("test_wellmade", "test_mutation", "test_agreement", "test_hermit", "test_query_page", "test_load", "test_site"),
    *("test_compare", "test_load_kills", "test_tutorial", "test_closure", "test_web", "test_web_browser"),
)
"""Begun first, so that none of them is the last that a process of several waits for."""


EXHAUSTIVE_FILES = {
    *("test_wellmade", "test_compare", "test_queries", "test_query_commands", "test_second_guideline"),
    *("test_mutation", "test_answer_cache", "test_synthesis", "test_engine", "test_site"),
}
"""One test over very many variants: `make check` takes the first of each, `make test` all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long first, and mark as slow what `make check` leaves out."""
    begun: set[str] = set()
    for item in items:
        if item.path.stem in EXHAUSTIVE_FILES and "[" in item.name:
            test = item.nodeid.partition("[")[0]
            if test in begun:
                item.add_marker("slow")
            begun.add(test)
    order = {name: number for number, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
