"""Only the work on the record itself counts towards its limits."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from lrp_kg import effort
from lrp_kg.effort import SELDOM, Effort, check, collecting_seldom, for_all_records, limited
from lrp_kg.errors import RecordMemoryLimit, RecordTimeLimit
from lrp_kg.record import judge
from lrp_kg.web.application import Templates


class Work:
    """A clock and a memory that only the test changes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seconds, self.bytes = 0.0, 1
        patch.setattr(effort.time, "thread_time", lambda: self.seconds)
        patch.setattr(effort, "resident", lambda: self.bytes)

    def do(self, seconds: float = 1.0, size: int = 0) -> None:
        self.seconds += seconds
        self.bytes += size


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def test_work_for_all_records_counts_for_none(work: Work) -> None:
    with limited(Effort(seconds=2, memory=1000)):
        with for_all_records():
            work.do(5, 5000)
            check()
            with for_all_records():
                work.do(5, 5000)
        check()
        work.do(1.5, 900)
        check()
        with pytest.raises(RecordMemoryLimit):
            work.do(0, 200), check()
        with pytest.raises(RecordTimeLimit):
            work.do(1), check()


def test_work_that_fails_counts_for_none(work: Work) -> None:
    with limited(Effort(seconds=2)):
        with pytest.raises(KeyError), for_all_records():
            work.do(5)
            raise KeyError
        check()


@pytest.mark.parametrize(("generation", "stopped"), [(2, False), (0, True)])
def test_collecting_the_garbage_of_all_counts_for_none(work: Work, generation: int, stopped: bool) -> None:
    """In a process that holds much, Python's full collection takes longer than a record may, whoever has to wait."""

    def slow(phase: str, info: dict[str, Any]) -> None:
        work.do(9 if phase == "start" else 0)

    with limited(Effort(seconds=2)):
        gc.callbacks.append(slow)
        try:
            gc.collect(generation)
        finally:
            gc.callbacks.remove(slow)
        if stopped:
            with pytest.raises(RecordTimeLimit):
                check()
        else:
            check()


def test_memory_is_not_limited_where_nothing_says_how_much_is_held(work: Work) -> None:
    work.bytes = 0
    with limited(Effort(memory=1000)):
        work.do(0.1, 5000)
        check()
        work.do(0.1, 2000)
        check()


def test_outside_a_record(work: Work) -> None:
    with for_all_records():
        work.do(5)
    check()


def test_queries_of_the_shapes_count_for_none(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = judge.prepared
    monkeypatch.setattr(judge, "prepared", lambda text: (work.do(9), parse(text))[1])
    judge.parsed.cache_clear()
    with limited(Effort(seconds=2)):
        judge.parsed("SELECT $this { $this ?p ?o }")
        check()
    assert work.seconds == 9


def test_compiling_templates_counts_for_none(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(loader=Templates([DictLoader({"page": "text"})]), autoescape=True)
    compiled = environment.compile
    monkeypatch.setattr(environment, "compile", lambda *a, **n: (work.do(9), compiled(*a, **n))[1])
    with limited(Effort(seconds=2)):
        assert environment.get_template("page").render() == "text"
        check()
    assert work.seconds == 9


def test_garbage_is_collected_seldom_for_a_while() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), collecting_seldom():
        assert gc.get_threshold() == SELDOM != before
        raise ZeroDivisionError
    assert gc.get_threshold() == before


def test_garbage_is_collected_as_before_once_the_last_of_several_threads_is_done() -> None:
    before = gc.get_threshold()
    first, second = collecting_seldom(), collecting_seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    during = gc.get_threshold()
    second.__exit__(None, None, None)
    after = gc.get_threshold()
    gc.set_threshold(*before)
    assert (during, after) == (SELDOM, before)


def test_a_process_that_answers_many_records_collects_seldom() -> None:
    said = (
        "import gc; from lrp_kg.effort import SELDOM, collect_seldom; collect_seldom();"
        " print(gc.get_threshold() == SELDOM, gc.get_freeze_count() > 1000)"
    )
    assert subprocess.check_output([sys.executable, "-c", said], text=True).split() == ["True", "True"]
