"""Setup of all tests: no network, a separate cache, and each guideline loaded once."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lrp_kg import GuidelineService
from lrp_kg.cache import code_key
from lrp_kg.guideline.closure import closure
from lrp_kg.guideline.load import load_guideline
from tests.support.paths import ANKLE

# A run keeps a gigabyte of objects, which the default thresholds let Python walk through again and again.
gc.set_threshold(100_000, 50, 100)

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
def cache_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Keep what is computed from a guideline in one folder, also for other workers and for processes that tests start.

    A later run with the same code finds it again. With ``CI`` set, each run starts from nothing; ``LRP_TEST_CACHE``
    names a folder that two runs share.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    if os.environ.get("LRP_TEST_CACHE"):
        folder = Path(os.environ["LRP_TEST_CACHE"])
    elif os.environ.get("CI") or not hasattr(request.config, "cache"):
        folder = shared / "lrp-cache"
    else:
        kept = request.config.cache.mkdir("lrp-cache")
        folder = kept / code_key()[:16]
        for old in set(kept.iterdir()) - {folder}:
            shutil.rmtree(old, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRP_CACHE", str(folder))
        if "PYTEST_XDIST_WORKER" in os.environ:
            warm_up(shared)
        yield str(folder)


def warm_up(shared: Path) -> None:
    """Fill the cache with what takes longest: each part is computed by one worker, and the others wait for it."""
    parts = (lambda: GuidelineService().assess({}), lambda: closure(load_guideline()))
    for flag in (fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX):  # first what no other worker computes
        for number, compute in enumerate(parts):
            with (shared / f"warm-up-{number}").open("a+") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, flag)
                if not lock.tell():
                    compute()
                    lock.write("done")
                    lock.flush()


@pytest.fixture(scope="session")
def service(cache_folder: str) -> GuidelineService:
    """The packaged guideline, loaded once."""
    return GuidelineService()


@pytest.fixture(scope="session")
def ankle(cache_folder: str) -> GuidelineService:
    """The second guideline, loaded once."""
    return GuidelineService(ANKLE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow every variant but the first of an exhaustive test, and what looks at the answers to all cases."""
    begun: set[str] = set()
    for item in items:
        if "answers" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if item.get_closest_marker("exhaustive") and "[" in item.name:
            test = item.nodeid.partition("[")[0]
            if test in begun:
                item.add_marker("slow")
            begun.add(test)
