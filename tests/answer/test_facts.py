"""When facts apply, what several statements of one key say together, and the whole condition of a statement."""

from __future__ import annotations

import json
from datetime import date
from itertools import product
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.facts import facts_of
from lrp_kg.answer.results import FactResult, StatementResult
from lrp_kg.answer.statements import whole_verdict
from lrp_kg.guideline.model import Decision, Fact, Option, Statement, Term, TimeLimit
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import Outcome, outcome_of

Json = dict[str, Any]
VERDICTS = (FALSE, TRUE, OPEN)


def limit(condition: str | None = None, not_before: str | None = None) -> TimeLimit:
    return TimeLimit("P1M" if not_before is None else None, not_before, "day", condition)


def statement(
    name: str, facts: tuple[Fact, ...] = (), limits: tuple[TimeLimit, ...] = (), condition: str | None = None
) -> Statement:
    return Statement(
        iri=name,
        id=name,
        label={},
        modality=Term("may", "may", {}),
        actor=None,
        priority=1,
        headline_order=None,
        condition=condition,
        condition_text={},
        limits=limits,
        facts=facts,
        source="",
        locator="",
    )


def said(name: str, value: Any, verdict: int = TRUE, *, begun: bool = True, begins: date | None = None) -> Any:
    """Return a statement that says a value of one key, after a day where it has not begun."""
    own = statement(name, (Fact("key", value),), (limit("paid", "P4M"),) if not begun else ())
    return StatementResult(own, verdict, begins, None, begins, "unknown" if begins is None else "upcoming", begun=begun)


def fact(*statements: StatementResult) -> FactResult | None:
    return facts_of(statements, (), lambda _: TRUE, lambda _: TRUE).get("key")


def test_certain_statements_that_agree_have_one_value() -> None:
    assert fact(said("a", 28), said("b", 28)) == FactResult(28, "yes", None, ("a", "b"))


def test_certain_statements_that_disagree_have_no_value_and_both_alternatives() -> None:
    found = fact(said("a", 15), said("b", 28))
    assert found == FactResult(None, "yes", None, ("a", "b"), ((15, ("a",)), (28, ("b",))))


def test_a_statement_that_may_apply_and_says_something_else_leaves_open_what_applies() -> None:
    found = fact(said("a", 15), said("b", 28, OPEN))
    assert found is not None
    assert (found.value, found.applies) == (None, "unknown")
    agreeing = fact(said("a", 15), said("b", 15, OPEN))
    assert agreeing == FactResult(15, "yes", None, ("a", "b"))


@pytest.mark.parametrize("begins", [date(2024, 6, 1), None])
def test_a_fact_whose_time_has_not_come_applies_later(begins: date | None) -> None:
    assert fact(said("a", "must", begun=False, begins=begins)) == FactResult("must", "later", begins, ("a",))
    assert fact(said("a", "must", OPEN, begun=False, begins=begins)) == FactResult("must", "unknown", None, ("a",))


def test_an_earlier_day_that_is_unknown_leaves_the_day_unknown() -> None:
    later = said("a", "must", begun=False, begins=date(2024, 6, 1))
    found = fact(later, said("b", "must", begun=False))
    assert found is not None
    assert (found.applies, found.since) == ("later", None)


def test_whole_verdict_is_the_condition_and_any_trigger() -> None:
    both = statement("s", limits=(limit("paid"), limit("permanent")), condition="prescribed")
    for own, paid, permanent in product(VERDICTS, repeat=3):
        verdicts = {"prescribed": own, "paid": paid, "permanent": permanent}
        either = TRUE if TRUE in (paid, permanent) else OPEN if OPEN in (paid, permanent) else FALSE
        expected = FALSE if FALSE in (own, either) else OPEN if OPEN in (own, either) else TRUE
        assert whole_verdict(both, lambda name, verdicts=verdicts: verdicts[name or ""]) == expected
    one_always = statement("s", limits=(limit("paid"), limit()), condition="prescribed")
    assert whole_verdict(one_always, lambda name: FALSE if name == "paid" else TRUE) == TRUE


# -- what is certain while a decision is open -------------------------------------------------------


def decision(policy: str, refined_by: str | None = None) -> Decision:
    options = tuple(
        Option(iri=name, id=name, label={}, applies_to=name, priority=number, refined_by=by, facts=())
        for number, (name, by) in enumerate((("a", refined_by), ("b", None)), 1)
    )
    return Decision(iri="d", id="d", label={}, scope="scope", policy=policy, priority=1, options=options, fact_key=None)


def outcome(
    policy: str, a: int, b: int, scope: int = TRUE, inner: Outcome | None = None
) -> tuple[str, tuple[str, ...]]:
    verdicts = {"scope": scope, "a": a, "b": b}
    refined = "inner" if inner else None
    found = outcome_of(decision(policy, refined), verdicts.__getitem__, lambda _: inner or Outcome("no-answer"))
    return found.status, found.answers


def test_what_certainly_holds_is_an_answer_beside_what_is_unknown() -> None:
    assert outcome("Unique", TRUE, OPEN) == ("undetermined", ("a",))
    assert outcome("Collect", OPEN, TRUE) == ("undetermined", ("b",))
    assert outcome("First", OPEN, TRUE) == ("undetermined", ())
    for policy in ("Unique", "Collect", "First"):
        assert outcome(policy, TRUE, OPEN, OPEN) == ("undetermined", ())


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (Outcome("decided", ("x",)), ("decided", ("a",))),
        (Outcome("several", ("x", "y")), ("decided", ("a",))),
        (Outcome("undetermined", ("x",), ("y",)), ("decided", ("a",))),
        (Outcome("undetermined", (), ("x", "y")), ("undetermined", ())),
        (Outcome("no-answer"), ("no-answer", ())),
    ],
)
def test_a_refined_option_is_decided_once_what_refines_it_has_an_answer(
    inner: Outcome, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert outcome("Unique", TRUE, FALSE, inner=inner) == expected


# -- cached answers -----------------------------------------------------------------------------------


def test_cached_facts_follow_the_days_of_the_record(service: GuidelineService) -> None:
    """Records of one signature differ in whether a time has come, and in the notes on their dates."""
    record: Json = {"assessmentDate": "2022-05-20", "onsetDate": "2021-11-02", "careLine": "first-line"}
    record |= {"contact": "follow-up", "improvement": "beginning", "redFlags": "none", "radicularPain": False}
    record |= {"incapacityPrescribed": True, "permanentIncapacity": False}
    found = []
    for day in ("2022-01-20", "2022-01-21", "2022-02-20"):
        sent = record | {"sicknessFundSince": day}
        answer = json.loads(service.answer_json(sent))
        assert answer == service.assess(sent)
        own = answer["facts"]["reintegrationByEmployer"]
        found.append((own["applies"], own.get("from")))
    assert found == [("yes", None), ("later", "2022-05-21"), ("later", "2022-06-20")]
    early: Json = {"careLine": "first-line", "contact": "follow-up", "redFlags": "none", "radicularPain": False}
    early |= {"recurrentPain": False, "incapacityPrescribed": True, "assessmentDate": "2024-05-20"}
    noted = []
    for onset in ("2024-05-10", "2024-05-09"):
        answer = json.loads(service.answer_json(early | {"onsetDate": onset}))
        assert answer == service.assess(early | {"onsetDate": onset})
        visit = next(d for d in answer["dates"] if d["id"] == "first-line-week-1-2-follow-up-appointment")
        noted.append("note" in visit)
    assert noted == [False, True]
