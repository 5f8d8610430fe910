"""Decisions that read the same durations share the numbers of situations, also of those that an earlier run kept."""

from __future__ import annotations

import itertools

import pytest

pytest.importorskip("pyarrow", reason="the extra cohort is not installed")
import numpy as np  # noqa: E402

from lrp_kg import GuidelineService  # noqa: E402
from lrp_kg.cohort import dated  # noqa: E402
from lrp_kg.cohort.arrays import Array, Automaton  # noqa: E402
from lrp_kg.cohort.cells import Rows  # noqa: E402
from lrp_kg.cohort.dated import DateSituations  # noqa: E402
from lrp_kg.cohort.run import Answers, CohortRun  # noqa: E402
from tests.support.cohorts import as_table, invented  # noqa: E402


def _with_durations(service: GuidelineService) -> DateSituations:
    calendar = service.assessor.dates
    every = Answers(service)._logic.decided.values()
    shared = {c.states.dates for c in every if c.states.dates.dates_named}
    assert 0 < len(shared) < sum(c.states.dates.dates_named > 0 for c in every)
    own = max(shared, key=lambda dates: dates.dates_named)
    return DateSituations(own._durations, calendar)


def test_kept_situations_are_found_under_the_numbers_of_now(service: GuidelineService) -> None:
    dates = _with_durations(service)
    places = dates.columns.joint_places
    length = places[-1] + 1 + 4 * dates.dates_named

    def key(*joint: int) -> tuple[int, ...]:
        found = [7] * length
        for place in places:
            found[place] = 0
        for place, number in zip(places, joint, strict=False):
            found[place] = number
        return tuple(found)

    assert dates.recall([key(1), key(2, 1), key()], ["a", "b"]) == [0, 1, 2]
    assert dates.recall([key(2), key(1, 2), key(), key(1)], ["b", "a"]) == [0, 1, 2, 3]
    assert dates.keys == [key(1), key(2, 1), key(), key(2)]


def test_numbers_that_began_anew_are_never_taken_for_those_before(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[tuple[DateSituations, Rows, Array, Array]] = []
    find = DateSituations.of

    def of(self: DateSituations, rows: Rows, half: Array, places: Array) -> tuple[Array, int]:
        met.append((self, rows, half, places))
        return find(self, rows, half, places)

    answers = Answers(service)
    with monkeypatch.context() as patched:
        patched.setattr(DateSituations, "of", of)
        table = as_table(invented(service, 30, 3, "holes")).combine_chunks()
        CohortRun(answers, table.column_names).answer(table.to_batches()[0], 1)
    dates, rows, half, places = next(own for own in met if own[0].dates_named == 2 and len(own[3]) > 1)
    columns = [c for c in answers._logic.decided.values() if c.states.dates is dates]
    assert any(column.situations() for column in columns)

    before = [dates.keys[number] for number in find(dates, rows, half, places)[0]]
    monkeypatch.setattr(dated, "REMEMBERED", 1)
    dates.of(rows.of(places[:1]), half[places[:1]], np.array([0]))
    found, generation = dates.of(rows, half, places)
    assert generation == dates.generation > 0
    assert [dates.keys[number] for number in found] == before
    assert not any(column.situations() for column in columns)


def test_axes_that_are_looked_up_together_give_the_state_of_one_after_the_other() -> None:
    sizes = [2, 2, 2, 3, 40, 2, 2]
    axes = [(0,), (1,), (2,), (3,), (4,), (5, 6)]
    automaton = Automaton((), axes, sizes, lambda state, axis, own: (*state, (axis, own)))
    assert 1 < len(automaton.tables) < len(axes)
    rows = list(itertools.islice(itertools.product(*(range(size + 1) for size in sizes)), 0, None, 37))
    cells = [np.array(own, np.uint8) for own in zip(*rows, strict=True)]
    found = automaton.run(cells)
    for row, number in zip(rows, found.tolist(), strict=True):
        assert automaton.states.values[number] == tuple((n, tuple(row[v] for v in own)) for n, own in enumerate(axes))
