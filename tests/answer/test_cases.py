"""Every case of `tests/cases/` through the public interface; its `README.md` defines the expectations."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from lrp_kg import GuidelineService, InvalidRecord
from tests.support.guidelines import CASES as FOLDER
from tests.support.guidelines import cases

Json = dict[str, Any]
FILES = sorted(FOLDER.glob("*.json"))
CASES: list[Json] = cases()

QUICK = 4
"""``make check`` looks at one case of so many."""

DECISIONS = ("stage", "exit", "imaging", "profile", "facet")
SECTIONS = {"examination", "imaging", "management", "work", "follow-up"}
NO_SUCH_ANSWER = {"exit": [("decided", ["continue"])]}
KEYS = {
    *DECISIONS,
    *("boxes", "statuses", "eligibility", "criteriaNotMet", "missing", "facts", "dates", "statements", "warnings"),
    *("limits", "nextQuestion", "questions", "decisive", "eligibleDays", "summary", "summaryMore", "openPoints"),
    "editions",
    *("invalid", "invalidFields"),
}


def test_there_are_cases() -> None:
    assert len(FILES) >= 13
    assert len(CASES) >= 73 + 150


def test_cases_are_well_formed() -> None:
    assert [ident for ident, n in Counter(case["id"] for case in CASES).items() if n > 1] == []
    for file in FILES:
        for case in json.loads(file.read_text(encoding="utf-8")):
            assert set(case) == {"id", "note", "record", "expect"}, case["id"]
            assert case["id"][0] == file.name[0], case["id"]
            assert case["note"], case["id"]
            assert case["expect"], case["id"]
            assert set(case["expect"]) <= KEYS, case["id"]
            assert set(case["expect"].get("boxes", {})) <= SECTIONS, case["id"]


def answer_of(decision: Json) -> tuple[str, list[str]]:
    return decision["status"], decision["answers"]


def check_decision(name: str, expected: str | list[str] | None, decision: Json) -> list[str]:
    status, answers = answer_of(decision)
    if expected is None:
        fine = (status, answers) in NO_SUCH_ANSWER.get(name, [("not-applicable", []), ("no-answer", [])])
    elif isinstance(expected, list):
        fine = status == "several" and sorted(answers) == sorted(expected)
    elif expected == "undetermined":
        fine = status == "undetermined"
    elif expected == "none":
        fine = (status, answers) == ("no-answer", [])
    else:
        fine = (status, answers) == ("decided", [expected])
    return [] if fine else [f"{name}: expected {expected!r}, got {status} {answers}"]


def check_box(section: str, expected: str | None, answer: Json) -> list[str]:
    labels = {box["label"] for box in answer["boxes"] if box["section"] == section}
    wanted = set() if expected in (None, "undetermined") else {expected}
    problems = [] if labels == wanted else [f"boxes.{section}: expected {expected!r}, shown {sorted(labels)}"]
    if expected == "undetermined" and answer["decisions"][section]["status"] != "undetermined":
        problems.append(f"boxes.{section}: expected undetermined, got {answer_of(answer['decisions'][section])}")
    return problems


def alike(found: Any, expected: Any) -> bool:
    """Compare a part of a fact; the order of a list does not matter."""
    if isinstance(found, list) and isinstance(expected, list) and all(isinstance(v, str) for v in found):
        return sorted(found) == sorted(expected)
    return type(found) is type(expected) and found == expected


def undetermined_names(expect: Json) -> list[str]:
    names = [name for name in DECISIONS if expect.get(name) == "undetermined"]
    names += [section for section, label in expect.get("boxes", {}).items() if label == "undetermined"]
    return names + [p for p, verdict in expect.get("eligibility", {}).items() if verdict == "undetermined"]


def problems_of(expect: Json, answer: Json) -> list[str]:
    """Return the differences between an answer and its expectation."""
    decisions = answer["decisions"]
    problems: list[str] = []
    for name in DECISIONS:
        if name in expect:
            problems += check_decision(name, expect[name], decisions[name])
    if isinstance(expect.get("stage"), str) and answer["stage"] != expect["stage"]:
        if not (expect["stage"] == "undetermined" and answer["stage"] is None):
            problems.append(f"shortcut stage is {answer['stage']!r}")
    for section, label in expect.get("boxes", {}).items():
        problems += check_box(section, label, answer)
    for name, status in expect.get("statuses", {}).items():
        if decisions[name]["status"] != status:
            problems.append(f"{name}: expected status {status}, got {answer_of(decisions[name])}")
    for programme, verdict in expect.get("eligibility", {}).items():
        found = answer["eligibility"][programme]["verdict"]
        if found != verdict:
            problems.append(f"eligibility of {programme}: expected {verdict}, got {found}")
    editions = {e["id"]: e["verdict"] for found in answer["eligibility"].values() for e in found["editions"]}
    for edition, verdict in expect.get("editions", {}).items():
        if editions[edition] != verdict:
            problems.append(f"edition {edition}: expected {verdict}, got {editions[edition]}")
    for programme, days in expect.get("eligibleDays", {}).items():
        found = {name: answer["eligibility"][programme][name] for name in days}
        if found != days:
            problems.append(f"eligible days of {programme}: expected {days}, got {found}")
    if "criteriaNotMet" in expect:
        criteria = answer["eligibility"]["fedris-prevention"]["criteria"]
        failed = sorted(c["id"] for c in criteria if c["verdict"] == "not-met")
        if failed != sorted(expect["criteriaNotMet"]):
            problems.append(f"criteria not met: expected {expect['criteriaNotMet']}, got {failed}")
    for key, value in expect.get("facts", {}).items():
        fact = answer["facts"].get(key)
        parts = value if isinstance(value, dict) else {"value": value}
        if value is None:
            fine = fact is None
        else:
            fine = fact is not None and all(alike(fact.get(part), own) for part, own in parts.items())
        if not fine:
            problems.append(f"fact {key}: expected {value!r}, got {fact!r}")
    for ident, bounds in expect.get("dates", {}).items():
        found = next((d for d in answer["dates"] if d["id"] == ident), {})
        for bound, value in bounds.items():
            got = found.get(bound)
            if got != value:
                problems.append(f"date {ident}: expected {bound} {value}, got {got}")
    shown = {warning["id"] for warning in answer["warnings"]}
    for ident, wanted in expect.get("warnings", {}).items():
        if (ident in shown) != wanted:
            problems.append(f"warning {ident}: expected {wanted}, got {ident in shown}")
    reached = {limit["id"]: limit["reached"] for p in answer["eligibility"].values() for limit in p["limits"]}
    for ident, wanted in expect.get("limits", {}).items():
        if reached.get(ident) != wanted:
            problems.append(f"limit {ident}: expected {wanted}, got {reached.get(ident)}")
    statements = [*answer["notices"], *(s for box in answer["boxes"] for s in box["statements"])]
    statements += [s for p in answer["eligibility"].values() for s in p["benefits"] + p["nextSteps"]]
    in_force = {s["id"]: s.get("applies", s.get("condition", {}).get("verdict", "true")) for s in statements}
    in_force |= dict.fromkeys((name for box in answer["boxes"] for name in box.get("mayApply", ())), "unknown")
    for ident, wanted in expect.get("statements", {}).items():
        found = in_force.get(ident, "false")
        if found != (wanted if wanted == "unknown" else str(wanted).lower()):
            problems.append(f"statement {ident}: expected {wanted}, got {found}")
    named = {p["id"] for d in decisions.values() for p in d["openPoints"]}
    for ident, wanted in expect.get("openPoints", {}).items():
        if (ident in named) != wanted:
            problems.append(f"open point {ident}: expected {wanted}, got {ident in named}")
    decisive = {p["id"] for d in decisions.values() for p in d["openPoints"] if p["decisive"]}
    for ident, wanted in expect.get("decisive", {}).items():
        if (ident in decisive) != wanted:
            problems.append(f"decisive {ident}: expected {wanted}, got {ident in decisive}")
    asked_for = {q["field"]: q["decides"] for q in answer["questions"]}
    for field, decides in expect.get("questions", {}).items():
        if asked_for.get(field) != decides:
            problems.append(f"question {field}: expected {decides}, got {asked_for.get(field)}")
    if "nextQuestion" in expect:
        asked = answer["nextQuestion"] and answer["nextQuestion"]["field"]
        if asked != expect["nextQuestion"]:
            problems.append(f"nextQuestion: expected {expect['nextQuestion']}, got {asked}")
    if "summary" in expect:
        lines = [
            {"kind": line["kind"], "ref": next(iter(line["ref"].values())), "severity": line["severity"]}
            | {"date": line.get("date")}
            for line in answer["summary"]
        ]
        wanted_lines = [
            {key: line[key] for key in wanted} for line, wanted in zip(lines, expect["summary"], strict=False)
        ]
        if wanted_lines != expect["summary"] or len(lines) != len(expect["summary"]):
            problems.append(f"summary: expected {expect['summary']}, got {lines}")
    if answer["summaryMore"] != expect.get("summaryMore", answer["summaryMore"]):
        problems.append(f"summaryMore: expected {expect['summaryMore']}, got {answer['summaryMore']}")
    if "missing" in expect:
        found_missing = {field for name in undetermined_names(expect) for field in decisions[name]["missing"]}
        lost = sorted(set(expect["missing"]) - found_missing)
        if lost:
            problems.append(f"missing lacks {lost}, has {sorted(found_missing)}")
        if not set(expect["missing"]) <= set(answer["missing"]):
            problems.append("missing of the answer lacks a field that is missing for a decision")
    return problems


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["id"], marks=[pytest.mark.slow] if number % QUICK else [])
        for number, case in enumerate(CASES)
    ],
)
def test_answer_to_case_is_as_expected(case: Json, service: GuidelineService) -> None:
    expect = case["expect"]
    if expect.get("invalid"):
        with pytest.raises(InvalidRecord) as raised:
            service.assess(case["record"])
        assert raised.value.findings
        fields = {finding.field for finding in raised.value.findings}
        assert fields >= set(expect.get("invalidFields", ())), case["note"]
        return
    answer = service.assess(case["record"])
    json.dumps(answer)  # the answer is serializable
    assert problems_of(expect, answer) == [], case["note"]
