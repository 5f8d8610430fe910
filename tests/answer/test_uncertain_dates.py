"""An onset of which only bounds are known: the answer is what the answers for all possible days agree on."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.as_text import to_text
from tests.answer.test_invariants import complete_records
from tests.support.examples import examples

Json = dict[str, Any]
UNDETERMINED = "undetermined"
LATEST_VISIT = "first-line-week-1-2-follow-up-appointment"
FIRST_LINE: Json = {"assessmentDate": "2024-05-20", "careLine": "first-line", "contact": "first-contact"}
FIRST_LINE |= {"recurrentPain": False, "redFlags": "none", "radicularPain": False, "chronicityRisk": "low"}


def within(first: date, last: date) -> Json:
    return {"earliest": first.isoformat(), "latest": last.isoformat()}


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Json, date, date]:
    """Return a record without its onset, and the first and last day on which the pain can have begun."""
    record = draw(complete_records())
    today = date.fromisoformat(record["assessmentDate"])
    dropped = draw(st.sets(st.sampled_from(sorted(record.keys() - {"assessmentDate"})), max_size=5))
    record = {name: value for name, value in record.items() if name not in dropped | {"onsetDate"}}
    longest = draw(st.sampled_from([0, 5, 13, 14, 20, 34, 35, 42, 43, 60, 76, 77, 90, 120]))
    shortest = max(longest - draw(st.integers(1, 30)), 0)
    return record, today - timedelta(longest), today - timedelta(shortest)


def merged(outcomes: list[Json]) -> tuple[str, list[str], list[str]]:
    """Return status, certain answers and possible ones of a decision, from its outcomes on each day."""
    kinds = {(o["status"], tuple(o["answers"])) for o in outcomes}
    certain = [a for a in outcomes[0]["answers"] if all(a in o["answers"] for o in outcomes)]
    ever = {a for o in outcomes for a in o["answers"] + o["possible"]}
    if len(kinds) == 1 and outcomes[0]["status"] != UNDETERMINED:
        return outcomes[0]["status"], certain, []
    return UNDETERMINED, certain, sorted(ever - set(certain))


def one(verdicts: list[str], unknown: str = "unknown") -> str:
    return verdicts[0] if len(set(verdicts)) == 1 else unknown


def statements(answer: Json) -> dict[str, str]:
    """Return the verdict of the condition of each statement that is shown in a box."""
    return {s["id"]: s.get("condition", {}).get("verdict", "true") for b in answer["boxes"] for s in b["statements"]}


def certain_warnings(answer: Json) -> set[str]:
    """Return the warnings that no further knowledge takes back: not those of an advice that may be in no shown box."""
    return {w["id"] for w in answer["warnings"] if "applies" not in w}


@examples(10, 25)
@given(ranges())
def test_answer_for_a_range_is_what_the_answers_for_its_days_agree_on(
    service: GuidelineService, found: tuple[Json, date, date]
) -> None:
    record, first, last = found
    answer = service.assess({**record, "onsetDate": within(first, last)})
    each = [service.assess({**record, "onsetDate": day.isoformat()}) for day in days(first, last)]
    for name, decision in answer["decisions"].items():
        outcomes = [a["decisions"][name] for a in each]
        assert (decision["status"], decision["answers"], sorted(decision["possible"])) == merged(outcomes), name
        missing = {f for o in outcomes for f in o["missing"]}
        differ = len({(o["status"], *o["answers"], *o["possible"]) for o in outcomes}) > 1
        assert set(decision["missing"]) - {"onsetDate"} == missing, name
        assert "onsetDate" in decision["missing"] or not differ, name
    for name, programme in answer["eligibility"].items():
        for number, criterion in enumerate(programme["criteria"]):
            seen = [a["eligibility"][name]["criteria"] for a in each]
            assert criterion["verdict"] == one([c[number]["verdict"] if c else "unknown" for c in seen]), criterion[
                "id"
            ]
    shown = [statements(a) for a in each]
    for ident, verdict in statements(answer).items():
        assert verdict == one([s.get(ident, "false") for s in shown]), ident
    assert all(certain_warnings(answer) <= {w["id"] for w in a["warnings"]} for a in each)


@pytest.mark.slow
@examples(10, 25)
@given(ranges())
def test_range_while_the_assessment_is_unknown(service: GuidelineService, found: tuple[Json, date, date]) -> None:
    """Other dates say from which day on the assessment can be, and so how long the pain lasts at least."""
    record, first, last = found
    del record["assessmentDate"]
    answer = service.assess({**record, "onsetDate": within(first, last)})
    each = [service.assess({**record, "onsetDate": day.isoformat()}) for day in days(first, last)]
    for name, decision in answer["decisions"].items():
        outcomes = [a["decisions"][name] for a in each]
        assert (decision["status"], decision["answers"], sorted(decision["possible"])) == merged(outcomes), name


@examples(15, 40)
@given(ranges(), st.data())
def test_a_more_precise_onset_retracts_nothing(
    service: GuidelineService, found: tuple[Json, date, date], data: st.DataObject
) -> None:
    record, first, last = found
    if data.draw(st.booleans()):
        record = {name: value for name, value in record.items() if name != "assessmentDate"}
    inner = sorted(data.draw(st.lists(st.sampled_from(days(first, last)), min_size=2, max_size=2)))
    answers = [
        service.assess(record),
        *(service.assess({**record, "onsetDate": within(*ends)}) for ends in ((first, last), inner)),
        service.assess({**record, "onsetDate": inner[0].isoformat()}),
    ]
    for before, after in zip(answers, answers[1:], strict=False):
        for name, decision in before["decisions"].items():
            later = after["decisions"][name]
            if decision["status"] != UNDETERMINED:
                assert (later["status"], later["answers"]) == (decision["status"], decision["answers"]), name
            else:
                assert set(decision["answers"]) <= set(later["answers"]), name
                assert set(later["answers"] + later["possible"]) <= set(decision["answers"] + decision["possible"])
        assert {b["id"] for b in before["boxes"]} <= {b["id"] for b in after["boxes"]}
        assert certain_warnings(before) <= certain_warnings(after)
        kept = {ident for ident, verdict in statements(before).items() if verdict == "true"}
        assert kept <= {ident for ident, verdict in statements(after).items() if verdict == "true"}


@examples(10, 25)
@given(ranges(), st.booleans())
def test_every_form_of_a_range_has_the_same_answer(
    service: GuidelineService, found: tuple[Json, date, date], explain: bool
) -> None:
    record, first, last = found
    expected = service.assess({**record, "onsetDate": within(first, last)}, explain=explain)
    two = {**record, "onsetDateEarliest": first.isoformat(), "onsetDateLatest": last.isoformat()}
    context = {"@context": service.reader.context, "@type": "PatientRecord"}
    (linked,) = service.reader.from_rdf(json.dumps({**context, **two}), ox.RdfFormat.JSON_LD)
    for form in (two, {**context, "@id": "urn:r", **two}, linked):
        assert service.assess(form, explain=explain) == expected
        assert json.loads(service.answer_json(form, explain=explain)) == expected


@pytest.mark.parametrize(("part", "first", "last"), [("2024-02", 1, 29), ("2023-02", 1, 28), ("2023-12", 1, 31)])
def test_a_month_is_its_days(service: GuidelineService, part: str, first: int, last: int) -> None:
    record = FIRST_LINE | {"onsetDate": part}
    ends = {"earliest": f"{part}-{first:02}", "latest": f"{part}-{last}"}
    assert service.assess(record) == service.assess(record | {"onsetDate": ends})


def test_a_year_is_its_days(service: GuidelineService) -> None:
    ends = {"earliest": "2023-01-01", "latest": "2023-12-31"}
    assert service.assess(FIRST_LINE | {"onsetDate": "2023"}) == service.assess(FIRST_LINE | {"onsetDate": ends})


@pytest.mark.slow
def test_range_of_another_guideline_is_what_its_days_agree_on(ankle: GuidelineService) -> None:
    """There the uncertain date has durations to two other dates, and an order with both."""
    rng = random.Random(7)  # noqa: S311  seeded
    fields = [f for f in ankle.guideline.fields.values() if f.kind in ("value", "boolean")]
    decided = 0
    for _ in range(60):
        today = date(2025, 3, 31) + timedelta(rng.randrange(40))
        first = today - timedelta(rng.choice([6, 9, 10, 14, 21, 30]))
        last = min(today, first + timedelta(rng.randrange(1, 20)))
        record: Json = {"assessmentDate": today.isoformat()}
        for f in rng.sample(fields, rng.randrange(len(fields))):
            record[f.id] = rng.choice([v.id for v in f.values] or [True, False])
        if rng.random() < 0.6:
            record["applicationDate"] = (first + timedelta(rng.randrange(25))).isoformat()
        if rng.random() < 0.4:
            record["surgeryDate"] = (today - timedelta(rng.randrange(120))).isoformat()
            record["ankleSurgery"] = True
        limit = min(last, date.fromisoformat(record.get("applicationDate", "2030-01-01")))
        answer = ankle.assess({**record, "injuryDate": within(first, last)})
        each = [ankle.assess({**record, "injuryDate": day.isoformat()}) for day in days(first, limit)]
        for name, decision in answer["decisions"].items():
            outcomes = [a["decisions"][name] for a in each]
            assert (decision["status"], decision["answers"], sorted(decision["possible"])) == merged(outcomes), name
            decided += decision["status"] == "decided"
    assert decided > 30


def test_reasons_say_between_what_a_duration_lies(service: GuidelineService) -> None:
    record = FIRST_LINE | {"onsetDate": {"earliest": "2024-04-26", "latest": "2024-05-16"}}
    answer = service.assess(record, explain=True)
    stage = answer["decisions"]["stage"]
    assert stage["possible"] == ["first-line-week-1-2", "first-line-week-3-5"]
    week = next(r for r in stage["because"] if r["field"] in ("painDays", "painWeek"))
    assert week["verdict"] == "unknown"
    assert week["value"] in ({"lowest": 4, "highest": 24}, {"lowest": 1, "highest": 4})
    for reasons in stage["whyNot"].values():
        assert all(answer["conditions"][r["condition"]]["label"] for r in reasons)


def test_what_is_certain_over_all_days_has_reasons(service: GuidelineService) -> None:
    """Recurrent pain in weeks 1 to 5 is one stage, although the week is unknown."""
    record = FIRST_LINE | {"onsetDate": {"earliest": "2024-04-26", "latest": "2024-05-16"}, "recurrentPain": True}
    stage = service.assess(record, explain=True)["decisions"]["stage"]
    assert (stage["status"], stage["answers"]) == ("decided", ["first-line-week-3-5"])
    assert {"careLine", "recurrentPain"} <= {r["field"] for r in stage["because"]}
    assert {r["field"] for r in stage["because"]} & {"painDays", "painWeek"}


def test_a_date_from_an_uncertain_onset_is_the_safe_one(service: GuidelineService) -> None:
    record = FIRST_LINE | {"onsetDate": {"earliest": "2024-05-10", "latest": "2024-05-19"}}
    answer = service.assess(record)
    (visit,) = (d for d in answer["dates"] if d["id"] == LATEST_VISIT)
    start = {"field": "onsetDate", "date": "2024-05-10"}
    assert (visit["latest"], visit["countedFrom"]) == ({"earliest": "2024-05-24", "latest": "2024-06-02"}, start)
    (shown,) = (s for b in answer["boxes"] for s in b["statements"] if s["id"] == LATEST_VISIT)
    assert (shown["latest"], shown["countedFrom"]) == ("2024-05-24", start)
    (line,) = (x for x in answer["summary"] if x["ref"] == {"statement": LATEST_VISIT})
    assert (line["date"], line["countedFrom"]) == ("2024-05-24", start)
    for lang in ("en", "nl", "fr", "de"):
        text = to_text(service.guideline, service.assess(record, lang=lang), lang, full=True)
        assert "2024-05-24 – 2024-06-02" in text
        assert "2024-05-10" in text


def statuses(service: GuidelineService, onset: Any) -> dict[str, str]:
    """Return where each date lies, by its statement."""
    return {d["id"]: d["status"] for d in service.assess(FIRST_LINE | {"onsetDate": onset})["dates"]}


@pytest.mark.slow
def test_a_date_is_past_only_if_it_is_on_every_day(service: GuidelineService) -> None:
    today = date(2024, 5, 20)
    for first in range(0, 77, 4):
        for last in range(0, first, 5):
            ends = (today - timedelta(first), today - timedelta(last))
            exact = [statuses(service, day.isoformat()) for day in ends]
            for ident, status in statuses(service, within(*ends)).items():
                assert status == one([e.get(ident, "none") for e in exact]), (first, last, ident)


def test_what_is_known_in_part_is_asked_last(service: GuidelineService) -> None:
    record: Json = {"onsetDate": "2024-05", "assessmentDate": "2024-05-20", "radicularPain": False}
    record["recurrentPain"] = False
    for _ in range(60):
        answer = service.assess(record)
        question = answer["nextQuestion"]
        assert answer["missing"][-1] == "onsetDate"
        if question["field"] == "onsetDate":
            break
        assert "partial" not in question
        reply = question["options"][0]["value"] if question["options"] else "2024-05-20"
        record[question["field"]] = {"integer": 0, "values": [], "boolean": True}.get(question["type"], reply)
    assert question["partial"] is True
    assert "onsetDate" not in service.assess(record | {"onsetDate": "2024-05-10"})["missing"]


INVALID: list[tuple[Json, str]] = [
    ({"onsetDate": "2024-06", "assessmentDate": "2024-05-20"}, "onsetDate"),
    ({"onsetDate": {"earliest": "2024-05-02", "latest": "2024-05-01"}}, "onsetDate"),
    ({"onsetDate": {"earliest": "2024-05-02"}}, "onsetDate"),
    ({"onsetDateLatest": "2024-05-02"}, "onsetDateLatest"),
    ({"onsetDateEarliest": "2024-05-02"}, "onsetDateEarliest"),
    ({"onsetDateEarliest": "2024-05-02", "onsetDateLatest": "2024-05-01"}, "onsetDateEarliest"),
    ({"onsetDate": "2024-05-02", "onsetDateEarliest": "2024-05-01", "onsetDateLatest": "2024-05-03"}, "onsetDate"),
    ({"onsetDate": "1899"}, "onsetDate"),
    ({"onsetDate": "2024-00"}, "onsetDate"),
    ({"onsetDate": "24-05"}, "onsetDate"),
    ({"onsetDate": {}}, "onsetDate"),
    ({"onsetDate": {"earliest": "2024-05", "latest": "2024-06"}}, "onsetDate"),
    ({"spinalSurgeryDate": "2024-05"}, "spinalSurgeryDate"),
]


@pytest.mark.parametrize(("record", "field"), INVALID)
def test_a_range_that_says_nothing_sure_is_refused(service: GuidelineService, record: Json, field: str) -> None:
    good = {"onsetDateEarliest": "2024-05-02", "onsetDateLatest": "2024-05-03", "assessmentDate": "2024-05-20"}
    for _ in range(2):  # what was remembered of valid records makes no other one valid
        service.assess(good)
        service.assess({"onsetDate": "2024-05-02"})
        with pytest.raises(InvalidRecord) as refused:
            service.assess(record)
        assert {f.field for f in refused.value.findings} == {field}
        for finding in refused.value.findings:
            assert len({finding.text(lang) for lang in ("en", "nl", "fr", "de")}) == 4


@pytest.mark.parametrize(("longest", "shortest"), [(60, 43), (60, 30), (30, 10), (20, 20), (76, 44), (5, 0)])
def test_eligible_days_are_those_of_every_possible_onset(
    service: GuidelineService, longest: int, shortest: int
) -> None:
    programme, today = "multidisciplinary-rehabilitation", date(2024, 5, 20)
    record = FIRST_LINE | {"careLine": "second-line", "chronicityRisk": "high", "spinalSurgery": False}
    first, last = today - timedelta(longest), today - timedelta(shortest)
    found = service.assess(record | {"onsetDate": within(first, last)})["eligibility"][programme]
    begin, end = (date.fromisoformat(found[name]) for name in ("eligibleFrom", "eligibleUntil"))

    def everybody(day: date) -> bool:
        moved = record | {"assessmentDate": day.isoformat()}
        onsets = [d for d in (first, last) if d <= day]
        answers = [service.assess(moved | {"onsetDate": d.isoformat()})["eligibility"][programme] for d in onsets]
        return all(a["verdict"] == "eligible" for a in answers)

    assert everybody(begin) and everybody(end)
    assert not everybody(end + timedelta(1))
    assert begin == today or not everybody(begin - timedelta(1))
    assert begin <= today or found["verdict"] != "eligible"


def test_changes_of_a_range_are_those_of_its_days(service: GuidelineService) -> None:
    record = FIRST_LINE | {"onsetDate": {"earliest": "2024-05-10", "latest": "2024-05-19"}}
    changes = [c for c in service.assess(record, changes=True)["changes"] if c["decision"] == "stage"]
    statuses_then = {c["date"]: (c["status"], c["answers"]) for c in changes}
    assert statuses_then["2024-05-24"] == ("undetermined", [])
    assert statuses_then["2024-06-02"] == ("decided", ["first-line-week-3-5"])
    for day, (status, answers) in statuses_then.items():
        later = service.assess(record | {"assessmentDate": day})["decisions"]["stage"]
        assert (later["status"], later["answers"]) == (status, answers)


def test_days_on_which_nothing_turns_have_the_reasons_of_a_known_day() -> None:
    """And what was found of the one does not become what is found of the other."""
    known = FIRST_LINE | {"onsetDate": "2024-05-10"}
    uncertain = FIRST_LINE | {"onsetDate": within(date(2024, 5, 9), date(2024, 5, 11))}
    unknown = FIRST_LINE
    alone = [_reasons(GuidelineService(), record) for record in (known, unknown)]
    service = GuidelineService()
    found = [_reasons(service, record) for record in (uncertain, known, unknown, uncertain)]
    assert found == [alone[0], alone[0], alone[1], alone[0]]
    assert alone[0] != alone[1]


def _reasons(service: GuidelineService, record: Json) -> Json:
    """Return the conditions and verdicts that an answer names, by decision and option."""
    decisions = service.assess(record, explain=True)["decisions"]
    return {
        name: [(o, r["condition"], r["verdict"]) for o, own in [("", d["because"]), *d["whyNot"].items()] for r in own]
        for name, d in decisions.items()
    }
