"""`whatIf`: each other value of one field that changes a decision, compared with assessing the changed record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.as_text import to_text
from lrp_kg.cli import main
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.model import Field
from lrp_kg.words import LANGUAGES, phrase
from tests.answer.test_invariants import complete_records
from tests.support.examples import examples
from tests.support.guidelines import valid_records
from tests.support.outcomes import outcomes
from tests.support.paths import ANKLE

Json = dict[str, Any]
PATIENT: Json = {
    "assessmentDate": "2024-02-12",
    "onsetDate": "2024-01-08",
    "careLine": "first-line",
    "contact": "first-contact",
    "redFlags": "none",
    "radicularPain": False,
    "chronicityRisk": "low",
}
SPRAIN: Json = {
    "assessmentDate": "2024-01-20",
    "injuryDate": "2024-01-15",
    "deformity": False,
    "boneTenderness": False,
    "canBearWeight": True,
    "painScore": 3,
}


def found(service: GuidelineService, record: Json, **asked: Any) -> list[Json]:
    return list(service.assess(record, what_if=True, **asked)["whatIf"]["alternatives"])


def covers(to: Any, value: Any) -> bool:
    """Return whether the value of an alternative is one that it names."""
    if not isinstance(to, dict):
        return bool(to == value and type(to) is type(value))
    first, last = to.values()
    return (first is None or first <= value) and (last is None or value <= last)


def others(f: Field, record: Json, claimed: list[Json]) -> Iterator[Any]:
    """Yield other values of a field: all there are, or those at the ends of what is claimed, beside them, and more."""
    ends = [end for a in claimed for end in (a["to"].values() if isinstance(a["to"], dict) else [a["to"]]) if end]
    if f.kind == "value":
        yield from (v.id for v in f.values)
    elif f.kind == "boolean":
        yield from (True, False)
    elif f.kind == "values":
        now = record.get(f.id)
        if now is None:
            yield []
        for v in f.values:
            yield [o.id for o in f.values if (o.id in (now or ())) != (o is v)]
    elif f.kind == "integer":
        yield from {0, 1, 5, 30, 99, *(end + n for end in ends for n in (-1, 0, 1) if end + n >= 0)}
    elif f.kind == "date":
        near = date.fromisoformat(record.get("assessmentDate") or "2024-01-01")
        days = {near + timedelta(n) for n in (-3000, -120, -85, -50, -20, -8, -1, 0, 1, 60)}
        days |= {date.fromisoformat(end) + timedelta(n) for end in ends for n in (-1, 0, 1)}
        yield from (day.isoformat() for day in sorted(days))


def without(record: Json, f: Field) -> Json:
    return {name: value for name, value in record.items() if name not in (f.id, f"{f.id}Earliest", f"{f.id}Latest")}


def demand_agreement(service: GuidelineService, record: Json) -> None:
    """Fail where an alternative is not what the changed record gives, or where one is missing."""
    answer = service.assess(record, what_if=True)
    assert answer["whatIf"]["more"] == 0
    before = outcomes(service, record)
    for f in service.guideline.fields.values():
        own = [a for a in answer["whatIf"]["alternatives"] if a["field"] == f.id]
        if f.iri == service.guideline.roles.assessment and f.id in record:
            assert own == []
            continue
        for value in others(f, record, own):
            named = [a for a in own if covers(a["to"], value)]
            try:
                then = outcomes(service, without(record, f) | {f.id: value})
            except InvalidRecord:
                # an interval that only the rules of a valid record end
                assert all(isinstance(a["to"], dict) and None in a["to"].values() for a in named), (f.id, value)
                continue
            changed = {name: then[name] for name in then if then[name] != before[name]}
            said = [{d["decision"]: (d["status"], tuple(d["answers"])) for d in a["decisions"]} for a in named]
            assert said == ([changed] if changed else []), (f.id, value)


def test_other_values_of_one_patient(service: GuidelineService) -> None:
    rows = {(a["field"], a["toLabel"]): [d["decision"] for d in a["decisions"]] for a in found(service, PATIENT)}
    assert "exit" in rows["redFlags", "cluster"]
    assert "stage" in rows["onsetDate", "2023-11-27 or earlier"]
    assert rows["chronicityRisk", "high"] == ["management", "follow-up"]
    assert ("assessmentDate", "2024-03-25 or later") not in rows


def test_alternatives_of_the_pathway_come_before_those_of_programmes(service: GuidelineService) -> None:
    programmes = {p.id for p in service.guideline.programmes.values()}
    only = [{d["decision"] for d in a["decisions"]} <= programmes for a in found(service, PATIENT)]
    assert only == sorted(only)
    assert True in only


def test_alternatives_are_there_only_where_they_are_asked_for(service: GuidelineService) -> None:
    assert "whatIf" not in service.assess(PATIENT)
    cached = json.loads(service.answer_json(PATIENT, what_if=True, changes=True))
    assert cached == service.assess(PATIENT, what_if=True, changes=True)
    of_stage = found(service, PATIENT, only=["stage"])
    assert {d["decision"] for a in of_stage for d in a["decisions"]} == {"stage"}
    with pytest.raises(UnknownParameter, match="whatIf"):
        service.assess(PATIENT, what_if=True, detail="summary")


def test_value_that_the_record_excludes_is_no_alternative(service: GuidelineService) -> None:
    record = PATIENT | {"incapacityStart": "2024-01-15", "incapacityPrescribed": True}
    assert not [a for a in found(service, record) if a["field"] == "incapacitated"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "record",
    [
        PATIENT,
        {},
        {"assessmentDate": "2024-05-20", "spinalSurgery": True, "careLine": "second-line", "chronicityRisk": "high"},
        PATIENT | {"medications": ["opioid"], "onsetDate": "2024-02-09", "recurrentPain": False},
    ],
    ids=["first-line", "nothing", "surgery", "medication"],
)
def test_alternatives_agree_with_assessing_anew(service: GuidelineService, record: Json) -> None:
    demand_agreement(service, record)


@examples(3, 300)
@given(record=st.one_of(complete_records(), st.sampled_from(valid_records())))
@pytest.mark.slow
def test_alternatives_agree_with_assessing_random_records_anew(service: GuidelineService, record: Json) -> None:
    demand_agreement(service, record)


def test_alternatives_of_another_guideline(cache_folder: str) -> None:
    ankle = GuidelineService(ANKLE)
    demand_agreement(ankle, SPRAIN)
    demand_agreement(ankle, {})
    assert found(ankle, SPRAIN)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_says_what_would_change_the_answer(service: GuidelineService, lang: str) -> None:
    answer = service.assess(PATIENT, lang=lang, what_if=True)
    texts = [to_text(service.guideline, answer, lang, width=400, full=full) for full in (True, False)]
    risk = next(a for a in answer["whatIf"]["alternatives"] if a["to"] == "high")
    for text in texts:
        assert phrase("whatIf", lang) in text
        assert f"{risk['label']}{phrase('colon', lang)}".replace("\u00a0", " ") in text.replace("\u00a0", " ")


@pytest.mark.exhaustive
def test_command_says_what_would_change_the_answer(cache_folder: str) -> None:
    said = CliRunner().invoke(main, ["assess", "-", "--what-if"], input=json.dumps(PATIENT))
    assert said.exit_code == 0, said.output
    assert "What would change it" in said.output
    plain = CliRunner().invoke(main, ["assess", "-"], input=json.dumps(PATIENT))
    assert "What would change it" not in plain.output
