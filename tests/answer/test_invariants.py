"""Invariants of every answer: answers are never retracted, order and format do not matter, questions end.

`test_properties.py` takes fields and values from the guideline. Here they are written once more from the contract of
the record, so that a change of the contract shows; the lengths between dates are those at which something changes.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrp_kg import GuidelineService, InvalidRecord, LrpError
from tests.support.asking import asked_about
from tests.support.examples import examples

Json = dict[str, Any]
LRP = "https://w3id.org/lrp-kg/low-back-pain#"
LISTS: dict[str, tuple[str, ...]] = {
    "careLine": ("first-line", "second-line"),
    "contact": ("first-contact", "follow-up"),
    "redFlags": ("none", "isolated", "cluster"),
    "chronicityRisk": ("low", "moderate", "high"),
    "improvement": ("great", "beginning", "little-or-none"),
    "rehabilitationPotential": ("present", "little", "none"),
    "medialBranchBlock": ("positive", "negative", "not-done"),
    "incapacityCause": ("low-back-pain", "low-back-surgery", "other"),
    "sector": ("private", "local", "provincial", "federal", "regional", "community", "self-employed"),
    "appliedThrough": ("occupational-physician", "rehabilitation-centre", "other"),
    "resumption": ("full", "partial", "none"),
    "workerStatus": ("white-collar", "blue-collar"),
}
DRUGS = ("nsaid", "paracetamol", "opioid", "antidepressant", "antiepileptic", "muscle-relaxant")
FLAGS = (
    *("recurrentPain", "radicularPain", "surgeryPossible", "situationUnclear", "facetSyndromeSuspected"),
    *("unbearablePainDespiteTreatment", "severePain", "severeFunctionalDeficit", "majorSleepProblems"),
    *("incapacitated", "incapacityPrescribed", "permanentIncapacity", "paidBySicknessFund", "heavyLifting"),
    *("occupationalPhysicianConfirms", "spinalSurgery", "employerAgrees", "advisoryPhysicianAgrees"),
    *("vibration", "resumptionIsDanger", "doubtsResumption", "insufficientPainRelief", "endOfPathway"),
    *(
        "earlierProgramme",
        "employerAgreesToWorkplaceChange",
        "inSelfManagement",
        "multimodalFailed",
        "multidisciplinaryConsultation",
    ),
    *("symptomsImproved", "promsRecorded", "programmeAccepted", "workPotential", "workerConsents"),
    *("newSpinalOperation", "socioProfessionalReintegration", "secondSeriesAgreed"),
    *("healthSurveillance", "ownDoctorAgrees"),
    *("seatVibration", "ergonomicBackLoad", "officeWorkOnly", "returnExamination", "adaptedWorkNeeded"),
    "endedIncapacityBecauseOfLowBack",
)
NUMBERS = {
    "incapacityPercentage": (0, 100),
    "priorIncapacityDays": (0, 366),
    "sessionsFollowed": (0, 60),
    "employerSize": (1, 40),
}
DATES = (
    *("assessmentDate", "onsetDate", "incapacityStart", "applicationDate", "spinalSurgeryDate"),
    *("sicknessFundSince", "programmeStart", "lowBackSurgeryDate", "returnExaminationDate"),
    *("endedIncapacityStart", "endedIncapacityUntil"),
    "trajectoryRequested",
)
FIELDS = {*LISTS, *FLAGS, *NUMBERS, *DATES, "medications", "id", "episode"}
ORDERS = {
    ("onsetDate", "assessmentDate"),
    ("spinalSurgeryDate", "assessmentDate"),
    ("incapacityStart", "assessmentDate"),
    ("incapacityStart", "applicationDate"),
    ("incapacityStart", "sicknessFundSince"),
    ("sicknessFundSince", "assessmentDate"),
    ("programmeStart", "assessmentDate"),
    ("lowBackSurgeryDate", "assessmentDate"),
    ("lowBackSurgeryDate", "applicationDate"),
    ("endedIncapacityStart", "endedIncapacityUntil"),
    ("endedIncapacityUntil", "incapacityStart"),
    ("endedIncapacityUntil", "assessmentDate"),
    ("endedIncapacityUntil", "returnExaminationDate"),
    ("returnExaminationDate", "applicationDate"),
    ("returnExaminationDate", "assessmentDate"),
    ("incapacityStart", "trajectoryRequested"),
    ("trajectoryRequested", "assessmentDate"),
    *(("endedIncapacityStart", name) for name in ("applicationDate", "assessmentDate", "incapacityStart")),
    *(("endedIncapacityStart", name) for name in ("returnExaminationDate", "sicknessFundSince", "trajectoryRequested")),
    *(("endedIncapacityUntil", name) for name in ("applicationDate", "sicknessFundSince", "trajectoryRequested")),
}
IMPLIED = {
    "spinalSurgeryDate": "spinalSurgery",
    "sicknessFundSince": "paidBySicknessFund",
    "incapacityStart": "incapacitated",
    "returnExaminationDate": "returnExamination",
    "trajectoryRequested": "incapacitated",
}
"""A date, by name, and the boolean field that it implies."""
IMPLIED_BY_BEING_TRUE = {"incapacityPrescribed": "incapacitated", "seatVibration": "vibration"}
EXCLUDED = ("heavyLifting", "vibration", "seatVibration", "ergonomicBackLoad")
"""What is false where only office work is done."""
DECISIONS = (
    *("exit", "stage", "examination", "imaging", "management", "profile", "facet", "medication-excluded"),
    *("medication-not-routine", "work", "follow-up"),
    *("fedris-prevention", "multidisciplinary-rehabilitation", "partial-resumption"),
)
LENGTHS = st.sampled_from((0, 6, 7, 13, 14, 20, 27, 28, 34, 35, 42, 43, 76, 77, 83, 84, 89, 90, 91, 92, 93, 150))


@st.composite
def complete_records(draw: st.DrawFn) -> Json:
    """Return a valid record with all fields, except dates that would contradict another field."""
    record: Json = {name: draw(st.sampled_from(values)) for name, values in LISTS.items()}
    record |= {name: draw(st.booleans()) for name in FLAGS}
    if draw(st.booleans()):  # half of the records are later in the pathway, where most decisions are
        record |= {"redFlags": "none", "radicularPain": False}
    record |= {name: draw(st.integers(low, high)) for name, (low, high) in NUMBERS.items()}
    record["medications"] = draw(st.lists(st.sampled_from(DRUGS), unique=True))
    record |= {"id": draw(st.text("abcé1-", min_size=1, max_size=5)), "episode": "e"}
    today = draw(st.dates(date(2022, 1, 1), date(2026, 12, 31)))
    days = {name: timedelta(draw(LENGTHS)) for name in DATES}
    dates = {name: today - days[name] for name in DATES}
    dates["assessmentDate"] = today
    dates["applicationDate"] = dates["incapacityStart"] + days["applicationDate"]
    for name in ("sicknessFundSince", "trajectoryRequested"):
        dates[name] = max(dates[name], dates["incapacityStart"])
    if record["sector"] == "self-employed":
        del record["employerSize"]
        del record["workerStatus"]
    if not record["incapacitated"]:
        record |= dict.fromkeys(("incapacityPrescribed", "paidBySicknessFund", "permanentIncapacity"), False)
        record["incapacityPercentage"] = 0
        del record["workPotential"]
        record["endedIncapacityBecauseOfLowBack"] = record["incapacityCause"] != "other"
    if not record["earlierProgramme"]:
        record |= dict.fromkeys(("newSpinalOperation", "secondSeriesAgreed"), False)
    record["newSpinalOperation"] &= record["spinalSurgery"]
    dates["lowBackSurgeryDate"] = min(dates["lowBackSurgeryDate"], dates["applicationDate"])
    dates["returnExaminationDate"] = min(dates["returnExaminationDate"], dates["applicationDate"])
    last = min(dates["returnExaminationDate"], dates["incapacityStart"])
    dates["endedIncapacityUntil"] = min(dates["endedIncapacityUntil"], last)
    dates["endedIncapacityStart"] = min(dates["endedIncapacityStart"], dates["endedIncapacityUntil"])
    for name, settled in IMPLIED.items():
        if not record[settled]:
            del dates[name]
    record["vibration"] |= record["seatVibration"]
    if record["officeWorkOnly"]:
        record |= dict.fromkeys(EXCLUDED, False)
    return record | {name: day.isoformat() for name, day in dates.items()}


@st.composite
def partial_records(draw: st.DrawFn) -> tuple[Json, Json]:
    """Return a partial record and the complete record it is a part of."""
    whole = draw(complete_records())
    names = sorted(whole)
    chosen = draw(st.sets(st.sampled_from(names), max_size=8))
    if draw(st.booleans()):
        chosen = set(names) - chosen
    return {name: whole[name] for name in names if name in chosen}, whole


Result = tuple[str, list[str], list[str], list[str]]


def results(answer: Json) -> dict[str, Result]:
    return {n: (d["status"], d["answers"], d["possible"], d["missing"]) for n, d in answer["decisions"].items()}


def test_fields_and_decisions_match_the_guideline(service: GuidelineService) -> None:
    fields = service.guideline.field_names
    assert set(fields) == FIELDS
    for name, values in LISTS.items():
        assert {v.id for v in fields[name].values} == set(values)
    assert {v.id for v in fields["medications"].values} == set(DRUGS)
    orders = {tuple(iri.rsplit("#", 1)[1] for iri in pair) for pair in service.guideline.date_orders}
    assert orders == ORDERS
    implied = {f.id: i.rsplit("#", 1)[1] for f in fields.values() for i in f.implies}
    assert implied == {**IMPLIED, **IMPLIED_BY_BEING_TRUE}
    excluded = {f.id: {i.rsplit("#", 1)[1] for i in f.excludes} for f in fields.values() if f.excludes}
    assert excluded == {"officeWorkOnly": set(EXCLUDED)}
    assert set(service.assess({})["decisions"]) == set(DECISIONS)


@pytest.mark.parametrize(("name", "settled"), IMPLIED.items())
def test_date_implies_its_boolean_field(service: GuidelineService, name: str, settled: str) -> None:
    """Otherwise adding the denial would reverse a decision made with the date alone."""
    assert service.assess({name: "2024-01-08"}) == service.assess({name: "2024-01-08", settled: True})
    with pytest.raises(InvalidRecord):
        service.assess({name: "2024-01-08", settled: False})


CLOSED = {
    *("incapacityStart", "incapacityCause", "incapacityPercentage"),
    *("sicknessFundSince", "paidBySicknessFund", "permanentIncapacity"),
}
"""What is not asked of a patient who is not incapacitated."""


def test_incapacity_is_asked_first_and_its_denial_closes_what_presupposes_it(service: GuidelineService) -> None:
    record: Json = {"assessmentDate": "2024-02-20", "onsetDate": "2023-11-01", "careLine": "first-line"}
    record |= {"contact": "follow-up", "redFlags": "none", "radicularPain": False, "improvement": "beginning"}
    asked = service.assess(record)["missing"]
    on_incapacity = [*(n for n in asked if n in CLOSED), "incapacityPrescribed"]
    assert len(on_incapacity) > 5
    assert asked.index("incapacitated") < min(map(asked.index, on_incapacity))
    denied = record | {"incapacitated": False}
    while question := service.assess(denied)["nextQuestion"]:
        assert question["field"] not in on_incapacity
        reply = question["options"][0]["value"] if question["options"] else "2024-01-20"
        denied[question["field"]] = True if question["type"] == "boolean" else reply


@examples(15, 60)
@given(complete_records())
def test_complete_record_has_no_undetermined_decision(service: GuidelineService, record: Json) -> None:
    answer = service.assess(record)
    assert [n for n, d in answer["decisions"].items() if d["status"] == "undetermined"] == []
    assert answer["missing"] == []
    assert answer["nextQuestion"] is None


@examples(15, 60)
@given(partial_records())
def test_only_undetermined_decisions_have_missing_fields(service: GuidelineService, records: tuple[Json, Json]) -> None:
    record, _ = records
    answer = service.assess(record)
    for name, decision in answer["decisions"].items():
        assert bool(decision["missing"]) == (decision["status"] == "undetermined"), name
        assert decision["status"] == "undetermined" or not decision["possible"], name
        assert set(decision["missing"]) <= FIELDS - record.keys(), name
        assert not set(decision["answers"]) & set(decision["possible"]), name
    for programme, verdict in answer["eligibility"].items():
        decision = answer["decisions"][programme]
        assert (verdict["status"], verdict["missing"]) == (decision["status"], decision["missing"])
        expected = decision["answers"][0] if decision["status"] == "decided" else decision["status"]
        assert verdict["verdict"] == expected


@examples(20, 80)
@given(partial_records(), st.data())
def test_more_values_never_retract_an_answer(
    service: GuidelineService, records: tuple[Json, Json], data: st.DataObject
) -> None:
    record, whole = records
    before = results(service.assess(record))
    unknown = sorted(whole.keys() - record.keys())
    added = data.draw(st.lists(st.sampled_from(unknown), max_size=2)) if unknown else []
    for more in [*({**record, name: whole[name]} for name in added), whole]:
        after = results(service.assess(more))
        for name, (status, answers, possible, _) in before.items():
            if status != "undetermined":
                assert after[name][:2] == (status, answers), name
            else:
                assert set(answers) <= set(after[name][1]) <= {*answers, *possible}, name


def bounds(name: str, missing: list[str]) -> bool:
    """Return whether a field bounds a missing date or implies a missing field and so may exclude options."""
    implied = {**IMPLIED, **IMPLIED_BY_BEING_TRUE}.get(name)
    excludes = name == "officeWorkOnly" and not set(EXCLUDED).isdisjoint(missing)
    return excludes or implied in missing or any({name, other} in map(set, ORDERS) for other in missing)


@pytest.mark.slow
@examples(20, 80)
@given(partial_records())
@example(({"onsetDate": "2024-01-08", "careLine": "second-line"}, {"incapacityStart": "2024-06-01"}))
def test_fields_that_are_not_missing_change_nothing(service: GuidelineService, records: tuple[Json, Json]) -> None:
    record, whole = records
    before = results(service.assess(record))
    for name in sorted(whole.keys() - record.keys())[:5]:
        after = results(service.assess({**record, name: whole[name]}))
        for decision, result in before.items():
            if name in result[3]:
                continue
            if bounds(name, result[3]):
                assert {*after[decision][1], *after[decision][2]} <= {*result[1], *result[2]}, (name, decision)
                assert set(after[decision][3]) <= set(result[3]), (name, decision)
            else:
                assert after[decision] == result, (name, decision)


@examples(15, 60)
@given(partial_records(), st.randoms(use_true_random=False))
def test_order_of_keys_does_not_matter(service: GuidelineService, records: tuple[Json, Json], rng: Any) -> None:
    record, _ = records
    keys = list(record)
    rng.shuffle(keys)
    shuffled = {key: record[key] for key in keys}
    if "medications" in shuffled:
        shuffled["medications"] = rng.sample(shuffled["medications"], len(shuffled["medications"]))
    assert service.assess(shuffled, lang="nl", explain=True) == service.assess(record, lang="nl", explain=True)


def triples(record: Json) -> list[str]:
    """Return a record as N-Triples, formatted without a library."""
    xsd = "http://www.w3.org/2001/XMLSchema#"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    lines = [f"<urn:r> <{rdf}type> <https://w3id.org/lrp-kg/care-pathway#PatientRecord> ."]
    for name, value in record.items():
        if name in LISTS:
            term = f"<{LRP}{name}-{value}>"
        elif name in FLAGS:
            term = f'"{str(value).lower()}"^^<{xsd}boolean>'
        elif name in NUMBERS:
            term = f'"{value}"^^<{xsd}integer>'
        elif name in DATES:
            term = f'"{value}"^^<{xsd}date>'
        elif name == "medications":
            term = "_:m0" if value else f"<{rdf}nil>"
            for place, drug in enumerate(value):
                rest = f"_:m{place + 1}" if place + 1 < len(value) else f"<{rdf}nil>"
                lines += [f"_:m{place} <{rdf}first> <{LRP}medications-{drug}> .", f"_:m{place} <{rdf}rest> {rest} ."]
        else:
            term = f'"{value}"'
        lines.append(f"<urn:r> <{LRP}{name}> {term} .")
    return lines


@examples(15, 60)
@given(partial_records(), st.randoms(use_true_random=False))
def test_format_and_order_of_triples_do_not_matter(
    service: GuidelineService, records: tuple[Json, Json], rng: Any
) -> None:
    record, _ = records
    read = service.reader
    linked = {"@context": read.context, "@type": "PatientRecord", **record}
    lines = triples(record)
    rng.shuffle(lines)
    others = [
        read.from_json(linked),
        read.from_json({"@type": "PatientRecord", "@id": "urn:r", **record}),
        *read.from_rdf(json.dumps(linked), ox.RdfFormat.JSON_LD),
        *read.from_rdf("\n".join(triples(record)), ox.RdfFormat.TURTLE),
        *read.from_rdf("\n".join(lines), ox.RdfFormat.TURTLE),
    ]
    assert len(others) == 5
    expected = service.assess(record, explain=True)
    for raw in others:
        assert service.assess(raw, explain=True) == expected


@examples(15, 60)
@given(partial_records(), st.booleans())
def test_bytes_and_objects_have_the_same_answer(
    service: GuidelineService, records: tuple[Json, Json], explain: bool
) -> None:
    record, _ = records
    assert json.loads(service.answer_json(record, explain=explain)) == service.assess(record, explain=explain)


@pytest.mark.slow
@examples(15, 60)
@given(partial_records(), st.none() | st.sampled_from(DECISIONS))
def test_questions_end(service: GuidelineService, records: tuple[Json, Json], wanted: str | None) -> None:
    """Answering each next question settles what is asked about, but for what an answer closes, one question a field."""
    record, whole = records
    only = None if wanted is None else [wanted]
    known = dict(record)
    for _ in range(len(FIELDS) + 1):
        answer = service.assess(known, only=only)
        question = answer["nextQuestion"]
        if question is None:
            break
        assert question["field"] in answer["missing"]
        assert question["field"] not in known
        assert question["question"]
        known[question["field"]] = whole[question["field"]]  # a KeyError means an impossible question
    assert question is None
    closed = CLOSED if known.get("incapacitated") is False else set()
    settled = asked_about(service, answer, only)
    assert set(answer["missing"]) <= closed or settled < set(answer["decisions"])
    waiting = {name for name in settled if answer["decisions"][name]["status"] == "undetermined"}
    assert all(answer["decisions"][n]["missing"] and set(answer["decisions"][n]["missing"]) <= closed for n in waiting)
    complete = results(service.assess(whole, only=only))
    found = results(answer)
    assert {n: found[n][:2] for n in settled - waiting} == {n: complete[n][:2] for n in settled - waiting}


@examples(15, 60)
@given(partial_records(), st.sampled_from(DECISIONS))
def test_selected_decision_is_the_same(service: GuidelineService, records: tuple[Json, Json], wanted: str) -> None:
    record, _ = records
    one, everything = service.assess(record, only=[wanted]), service.assess(record)
    assert list(one["decisions"]) == [wanted]
    assert one["decisions"][wanted] == everything["decisions"][wanted]
    assert set(one["decisions"][wanted]["missing"]) <= set(one["missing"]) <= set(everything["missing"])


WORDS = ("none", "low", "2024-01-08", "2024-02-30", "0001-01-01", "9999-12-31", "true", "nsaid", "@id")
NUMBERS_OF_ALL_KINDS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS_OF_ALL_KINDS | st.text(max_size=12) | st.sampled_from(WORDS)
ANYTHING = st.recursive(
    SCALARS,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from((*sorted(FIELDS), "@id", "@type", "@graph", "@value", "painDays")) | st.text(max_size=8)


@examples(60, 200)
@given(st.dictionaries(NAMES, ANYTHING, max_size=5))
@example({"applicationDate": [], "incapacityStart": [None]})
@example({"onsetDate": {}, "assessmentDate": {"a": 1}})
@example({"id": "\ud800"})
@example({"": 1, " ": 2, "a b": 3, "é": 4, "<": 5})
@pytest.mark.slow
def test_any_object_is_answered_or_refused(service: GuidelineService, data: Json) -> None:
    """Any input gets an answer or an error of the package with a message, never another exception."""
    try:
        answer = service.assess(data)
    except InvalidRecord as refused:
        assert refused.findings
        assert all(f.message for f in refused.findings)
    except LrpError as refused:
        assert refused.message
    else:
        json.dumps(answer)
        assert {k for k, v in data.items() if v is not None and not k.startswith("@")} <= FIELDS


@examples(30, 100)
@given(st.dictionaries(st.sampled_from(DATES), st.dates().map(date.isoformat), max_size=7), st.booleans())
@example({"assessmentDate": "0001-01-01"}, True)
@example({"assessmentDate": "9999-12-31", "onsetDate": "0001-01-01"}, True)
@example({"assessmentDate": "2100-12-31", "applicationDate": "2100-12-31", "onsetDate": "1900-01-01"}, True)
@example({"assessmentDate": "9999-11-30", "applicationDate": "9999-12-31"}, True)
@example({"onsetDate": "9999-12-31", "incapacityStart": "9999-12-31", "spinalSurgeryDate": "9999-12-31"}, False)
@example({"applicationDate": "0001-01-01", "sicknessFundSince": "9999-12-31"}, False)
def test_any_dates_are_answered_or_refused(service: GuidelineService, dates: Json, first_line: bool) -> None:
    """This includes the last day of the calendar, and days that are too long ago or too far ahead."""
    record = {**dates, "careLine": "first-line" if first_line else "second-line"}
    wrong = {a for a, b in ORDERS if a in dates and b in dates and dates[a] > dates[b]}
    wrong |= {name for name, day in dates.items() if day < "1900" or day > "2101"}
    if {"assessmentDate", "applicationDate"} <= dates.keys():
        assessed, applied = (date.fromisoformat(dates[n]) for n in ("assessmentDate", "applicationDate"))
        if (applied.year - 1, applied.month, applied.day) > (assessed.year, assessed.month, assessed.day):
            wrong.add("applicationDate")
    try:
        service.assess(record)
    except InvalidRecord as refused:
        assert {f.field for f in refused.findings} == wrong
    else:
        assert not wrong
