"""First and last days of statements, time limits, facts: printed ones are marked, others are shown in between."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.as_text import to_text
from lrp_kg.namespaces import CP
from tests.support.editions import dated_rules

Json = dict[str, Any]
KNOWN: Json = {"deformity": False, "boneTenderness": False, "canBearWeight": True, "injuryDate": "2025-03-01"}


@pytest.fixture(scope="module")
def service(cache_folder: str, tmp_path_factory: pytest.TempPathFactory) -> GuidelineService:
    return GuidelineService(dated_rules(tmp_path_factory.mktemp("validity")))


def assess(service: GuidelineService, day: str | None, **more: Any) -> Json:
    record = KNOWN | ({"assessmentDate": f"2025-03-{day}"} if day else {}) | more
    answer = service.assess(record)
    assert json.loads(service.answer_json(record)) == answer
    return answer


def statement(answer: Json, ident: str) -> Json | None:
    return next((s for box in answer["boxes"] for s in box["statements"] if s["id"] == ident), None)


@pytest.mark.parametrize(("day", "shown"), [("02", False), ("03", True), ("05", True), ("06", False)])
def test_law_is_shown_inside_its_days_only(service: GuidelineService, day: str, shown: bool) -> None:
    answer = assess(service, day)
    found = statement(answer, "law")
    assert (found is not None) is shown
    assert ("law" in [d["id"] for d in answer["dates"]]) is shown
    if found:
        assert (found["validFrom"], found["validUntil"]) == ("2025-03-03", "2025-03-05")
        assert "outdated" not in found
        assert "applies" not in found


@pytest.mark.parametrize(
    ("applied", "applies"),
    [("2025-03-04", "yes"), ("2025-03-05", "no"), (None, "unknown")],
)
def test_all_dates_of_a_rule_lie_between_its_days(service: GuidelineService, applied: str | None, applies: str) -> None:
    answer = assess(service, "03", **({"applicationDate": applied} if applied else {}))
    found = statement(answer, "law-of-two-days")
    fact = answer["facts"].get("lawApplies")
    if applies == "no":
        assert (found, fact) == (None, None)
        return
    assert found
    assert found.get("applies") == (None if applies == "yes" else "unknown")
    assert fact
    assert fact["applies"] == applies
    assert "applicationDate" in answer["missing"] or applies == "yes"


@pytest.mark.parametrize(
    ("day", "applied", "applies"),
    [
        ("02", "2025-03-02", "no"),
        ("03", "2025-03-01", "no"),
        ("03", "2025-03-02", "yes"),
        ("04", "2025-03-02", "yes"),
        ("05", "2025-03-02", "no"),
        ("03", None, "unknown"),
        ("05", None, "no"),
        (None, "2025-03-01", "no"),
    ],
)
def test_a_rule_can_have_other_days_by_another_date(
    service: GuidelineService, day: str | None, applied: str | None, applies: str
) -> None:
    answer = assess(service, day, **({"applicationDate": applied} if applied else {}))
    found = statement(answer, "law-of-two-periods")
    assert (found is not None) is (applies != "no")
    if found:
        assert (found["validFrom"], found["validUntil"]) == ("2025-03-03", "2025-03-04")
        assert found.get("applies") == (None if applies == "yes" else "unknown")
        assert "applicationDate" in answer["missing"] or applies == "yes"


def test_a_date_before_the_first_day_is_enough(service: GuidelineService) -> None:
    record = KNOWN | {"injuryDate": "2025-02-28", "assessmentDate": "2025-03-01"}
    assert statement(service.assess(record), "law-of-two-days") is None
    assert statement(service.assess(record | {"applicationDate": "2025-03-02"}), "law-of-two-days") is None


@pytest.mark.parametrize(
    ("applied", "outdated"),
    [("2025-03-04", "absent"), ("2025-03-05", True), (None, None)],
)
def test_printed_statement_is_marked(service: GuidelineService, applied: str | None, outdated: Any) -> None:
    answer = assess(service, "03", **({"applicationDate": applied} if applied else {}))
    found = statement(answer, "printed")
    assert found
    assert found.get("outdated", "absent") == outdated
    assert found.get("validUntil") == (None if outdated == "absent" else "2025-03-04")
    headlines = [line["ref"].get("statement") for line in answer["summary"]]
    assert ("printed" in headlines) is (outdated == "absent")


LATE = {"applicationDate": "2025-03-03"}
OTHERWISE = {"stance": "differs", "statement": "law-otherwise"}
SAME = {"stance": "agrees", "statement": "law-the-same"}
DOUBT = {"stance": "doubtful", "openPoint": "not-certain"}


@pytest.mark.parametrize(
    ("day", "more", "marks", "of_law"),
    [
        ("03", {"applicationDate": "2025-03-02", "severity": "slight"}, [SAME], None),
        ("03", LATE | {"severity": "slight"}, [OTHERWISE, SAME], []),
        ("04", LATE | {"severity": "slight"}, [OTHERWISE], []),
        ("03", LATE | {"severity": "partial"}, [OTHERWISE], []),
        ("03", {"severity": "partial"}, [OTHERWISE | {"applies": "unknown"}], []),
        ("05", LATE | {"severity": "partial"}, [OTHERWISE], [DOUBT]),
    ],
)
def test_statement_has_marks_of_rules_that_are_in_force(
    service: GuidelineService, day: str | None, more: Json, marks: list[Json], of_law: list[Json] | None
) -> None:
    answer = assess(service, day, **more)
    found, law = statement(answer, "marked"), statement(answer, "law-otherwise")
    assert found
    assert found["marks"] == marks
    assert (law and law.get("marks", [])) == of_law
    assert ("not-certain" in answer["openPoints"]) is bool(of_law)
    headlines = [line["ref"].get("statement") for line in answer["summary"]]
    assert ("marked" in headlines) is all(m["stance"] != "differs" for m in marks)


def test_marks_are_in_text_and_graph(service: GuidelineService) -> None:
    record = KNOWN | LATE | {"assessmentDate": "2025-03-05"}
    found = service.assess(record)
    short, full = (" ".join(to_text(service.guideline, found, "en", full=full).split()) for full in (False, True))
    for text in (short, full):
        assert "what a law says otherwise (not certain)" in text
        assert "says otherwise (the rules of that day say otherwise)" in text
    assert "Whether the law still says so was not found." in full
    said = set(LoneAnswer.of(service.assessment(record)).triples)
    for name, ident in (("contradicted", "marked"), ("doubted", "law-otherwise")):
        own = ox.NamedNode(service.guideline.statement_iris[ident])
        assert [t for t in said if t.predicate == ox.NamedNode(f"{CP}{name}Statement") and t.object == own]


@pytest.mark.parametrize(("day", "latest"), [("03", "2025-03-08"), ("04", "2025-03-11")])
def test_time_limit_that_has_ended_does_not_count_beside_another(
    service: GuidelineService, day: str, latest: str
) -> None:
    answer = assess(service, day, severity="slight")
    (found,) = (d for d in answer["dates"] if d["id"] == "acute-follow-up-visit")
    assert (found["latest"], found["status"]) == (latest, "upcoming")


@pytest.mark.parametrize(("day", "outdated"), [("03", False), ("04", True)])
def test_fact_that_has_ended_is_marked(service: GuidelineService, day: str, outdated: bool) -> None:
    fact = assess(service, day, severity="partial")["facts"]["braceAdvised"]
    assert fact["value"] is True
    assert fact.get("outdated", False) is outdated


WARNINGS = {"printed-warning", "warning-of-law"}


def test_warnings_of_a_day_are_given(service: GuidelineService) -> None:
    """A printed one stays after its last day, marked and in no summary; one of law is given between its days."""
    before, after = assess(service, "04"), assess(service, "05")
    (printed,) = (w for w in before["warnings"] if w["id"] in WARNINGS)
    assert (printed["id"], "outdated" in printed, "validUntil" in printed) == ("printed-warning", False, False)
    ended, law = (w for w in after["warnings"] if w["id"] in WARNINGS)
    assert (ended["id"], ended["outdated"], ended["validUntil"]) == ("printed-warning", True, "2025-03-04")
    assert (law["id"], law["validFrom"], law["validUntil"]) == ("warning-of-law", "2025-03-05", None)
    named = [[line["ref"].get("warning") for line in answer["summary"]] for answer in (before, after)]
    assert [WARNINGS.intersection(names) for names in named] == [{"printed-warning"}, {"warning-of-law"}]
    texts = [to_text(service.guideline, answer, "en") for answer in (before, after)]
    assert ["what the text warns of" in text for text in texts] == [True, False]
    full = " ".join(to_text(service.guideline, after, "en", full=True).split())
    assert "what the text warns of (no longer in force: applied up to and including 2025-03-04)" in full


def test_warnings_of_an_unknown_day_are_marked(service: GuidelineService) -> None:
    answer = assess(service, None)
    printed, law = (w for w in answer["warnings"] if w["id"] in WARNINGS)
    assert (printed["outdated"], printed["validUntil"], law["applies"]) == (None, "2025-03-04", "unknown")
    assert not any(line["ref"].get("warning") in WARNINGS for line in answer["summary"])


def test_more_knowledge_never_turns_what_is_certain(service: GuidelineService) -> None:
    """A statement that is certainly in force, or certainly not, stays so when another date becomes known."""
    for day in ("01", "03", "05", "06"):
        before = assess(service, day)
        for applied in ("2025-03-01", "2025-03-04", "2025-03-05"):
            after = assess(service, day, applicationDate=applied)
            for ident in ("law", "law-of-two-days", "printed"):
                old, new = statement(before, ident), statement(after, ident)
                if old is None:
                    assert new is None
                elif old.get("applies") != "unknown" and old.get("outdated", False) is not None:
                    assert new == old
