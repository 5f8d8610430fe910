"""Statements that several editions of a programme have are said once, whatever record their days are from."""

from __future__ import annotations

from datetime import date

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.programmes import Share, of_editions
from lrp_kg.answer.results import EVERY, StatementResult
from lrp_kg.logic.classify import OPEN, TRUE

END = date(2025, 1, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"earliest": date(2024, 2, 1), "latest": date(2024, 3, 1), "status": "past", "begun": True}, 1),
        ({"in_force": OPEN}, 2),
        ({"until": END}, 2),
    ],
    ids=["days of another record", "not certainly in force", "until a day"],
)
def test_a_statement_of_several_editions_is_said_once_where_they_say_the_same_of_it(
    ankle: GuidelineService, change: dict[str, object], said: int
) -> None:
    (programme,) = ankle.guideline.programmes.values()
    statement = programme.editions[0].steps[0]
    first = StatementResult(statement, TRUE, date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 1), "due")
    shares = [Share(e, None, None, {}) for e in programme.editions]
    found = [*of_editions(shares, [[first], [first._replace(**change)]])]
    assert [s.edition for s, _ in found] == ([EVERY] if said == 1 else [e.id for e in programme.editions])
    assert [place for _, place in found] == [(n, 0) for n in range(said)]
