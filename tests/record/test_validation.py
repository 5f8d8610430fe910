"""Validation of JSON records reports every problem at once, in four languages, and agrees with pySHACL."""

import json
import logging
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl.shapes_graph import ShapesGraph

from lrp_kg import GuidelineService
from lrp_kg.guideline.index import Node
from lrp_kg.namespaces import CP, XSD
from lrp_kg.record.conformance import DATE, INTEGER, PRESENCE, VALUE, ConformanceKeys
from lrp_kg.record.judge import Query, ShapeJudge
from lrp_kg.record.looks import read_query, rules_of
from lrp_kg.record.model import RawRecord
from lrp_kg.record.proofs import proven
from lrp_kg.record.validate import Validator
from lrp_kg.words import LANGUAGES
from tests.support.stock_pyshacl import stock

ILL_TYPED = Node("literal", "private", XSD + "integer")
GOOD: dict[str, Any] = {
    "id": "1",
    "episode": "e",
    "assessmentDate": "2024-06-10",
    "onsetDate": "2024-04-01",
    "careLine": "first-line",
    "contact": "follow-up",
    "recurrentPain": False,
    "radicularPain": False,
    "redFlags": "none",
    "chronicityRisk": "low",
    "improvement": "beginning",
    "rehabilitationPotential": "present",
    "surgeryPossible": False,
    "situationUnclear": False,
    "facetSyndromeSuspected": True,
    "medialBranchBlock": "not-done",
    "unbearablePainDespiteTreatment": False,
    "severePain": True,
    "severeFunctionalDeficit": False,
    "majorSleepProblems": False,
    "medications": ["nsaid", "paracetamol"],
    "incapacitated": True,
    "incapacityPrescribed": True,
    "incapacityStart": "2024-05-01",
    "incapacityCause": "low-back-pain",
    "priorIncapacityDays": 366,
    "trajectoryRequested": "2024-05-02",
    "workPotential": True,
    "workerStatus": "white-collar",
    "workerConsents": False,
    "employerSize": 20,
    "applicationDate": "2024-06-01",
    "sector": "local",
    "occupationalPhysicianConfirms": True,
    "heavyLifting": True,
    "vibration": False,
    "seatVibration": False,
    "ergonomicBackLoad": True,
    "officeWorkOnly": False,
    "healthSurveillance": True,
    "ownDoctorAgrees": True,
    "lowBackSurgeryDate": "2024-05-01",
    "returnExamination": True,
    "returnExaminationDate": "2024-04-10",
    "endedIncapacityStart": "2024-02-01",
    "endedIncapacityUntil": "2024-04-08",
    "endedIncapacityBecauseOfLowBack": True,
    "adaptedWorkNeeded": False,
    "spinalSurgery": True,
    "spinalSurgeryDate": "2024-06-10",
    "paidBySicknessFund": True,
    "sicknessFundSince": "2024-05-15",
    "permanentIncapacity": False,
    "appliedThrough": "occupational-physician",
    "resumption": "partial",
    "employerAgrees": True,
    "advisoryPhysicianAgrees": True,
    "incapacityPercentage": 50,
    "resumptionIsDanger": False,
    "doubtsResumption": True,
    "insufficientPainRelief": False,
    "endOfPathway": False,
    "employerAgreesToWorkplaceChange": True,
    "earlierProgramme": True,
    "newSpinalOperation": True,
    "socioProfessionalReintegration": True,
    "secondSeriesAgreed": True,
    "inSelfManagement": False,
    "multimodalFailed": False,
    "multidisciplinaryConsultation": True,
    "symptomsImproved": True,
    "promsRecorded": True,
    "programmeAccepted": True,
    "programmeStart": "2024-06-02",
    "sessionsFollowed": 0,
}
DATES = [name for name in GOOD if name.endswith(("Date", "Start", "Since", "Until", "Requested"))]
LISTS = ("careLine", "contact", "redFlags", "chronicityRisk", "improvement", "rehabilitationPotential")
FLAGS = [name for name, value in GOOD.items() if isinstance(value, bool)]

FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    *((f"{name} value", {name: "nonsense"}, name, "value-not-in-list") for name in LISTS),
    *((f"{name} text", {name: "true"}, name, "wrong-type") for name in FLAGS),
    *((f"{name} day", {name: "2024-02-30"}, name, "wrong-type") for name in DATES),
    *((f"{name} number", {name: 20240101}, name, "wrong-type") for name in DATES),
    ("date with a zone", {"onsetDate": "2024-04-01Z"}, "onsetDate", "wrong-form"),
    ("date with a time", {"onsetDate": "2024-04-01T10:00:00"}, "onsetDate", "wrong-form"),
    ("an employer without workers", {"employerSize": 0}, "employerSize", "value-too-small"),
    ("negative days", {"priorIncapacityDays": -1}, "priorIncapacityDays", "value-too-small"),
    ("more than a year", {"priorIncapacityDays": 367}, "priorIncapacityDays", "value-too-large"),
    ("over 100 per cent", {"incapacityPercentage": 101}, "incapacityPercentage", "value-too-large"),
    ("a fraction", {"incapacityPercentage": 49.5}, "incapacityPercentage", "wrong-type"),
    ("a boolean number", {"sessionsFollowed": True}, "sessionsFollowed", "wrong-type"),
    ("negative sessions", {"sessionsFollowed": -1}, "sessionsFollowed", "value-too-small"),
    ("unknown drug", {"medications": ["aspirin"]}, "medications", "value-not-in-list"),
    ("a drug, no list", {"medications": "nsaid"}, "medications", "wrong-type"),
    ("a list for one value", {"sector": ["local"]}, "sector", "value-not-in-list"),
    ("an object", {"redFlags": {"value": "none"}}, "redFlags", "value-not-in-list"),
    ("unknown field", {"redFlag": "none"}, "redFlag", "unknown-field"),
    ("derived field", {"painDays": 3}, "painDays", "unknown-field"),
    ("field of a drug", {"takesNsaid": True}, "takesNsaid", "unknown-field"),
    ("identifier, no text", {"id": 12}, "id", "wrong-type"),
    ("onset after", {"onsetDate": "2024-06-11"}, "onsetDate", "dates-out-of-order"),
    ("surgery after", {"spinalSurgeryDate": "2024-06-11"}, "spinalSurgeryDate", "dates-out-of-order"),
    (
        "incapacity after",
        {"incapacityStart": "2024-06-11", "applicationDate": None},
        "incapacityStart",
        "dates-out-of-order",
    ),
    ("application before", {"applicationDate": "2024-04-30"}, "incapacityStart", "dates-out-of-order"),
    ("surgery denied", {"spinalSurgery": False}, "spinalSurgery", "values-do-not-agree"),
    ("incapacity denied", {"incapacitated": False}, "incapacitated", "values-do-not-agree"),
    ("incapacity denied, prescribed", {"incapacitated": False}, "incapacityPrescribed", "values-do-not-agree"),
    ("payment denied", {"paidBySicknessFund": False}, "paidBySicknessFund", "values-do-not-agree"),
    ("payment before", {"sicknessFundSince": "2024-04-30"}, "incapacityStart", "dates-out-of-order"),
    ("payment after", {"sicknessFundSince": "2024-06-11"}, "sicknessFundSince", "dates-out-of-order"),
    ("programme after", {"programmeStart": "2024-06-11"}, "programmeStart", "dates-out-of-order"),
    ("application late", {"applicationDate": "2025-06-11"}, "applicationDate", "values-do-not-agree"),
    ("too many sessions", {"sessionsFollowed": 141}, "sessionsFollowed", "value-too-large"),
    *((f"{name} long ago", {name: "1899-12-31"}, name, "value-too-small") for name in DATES),
]


@pytest.fixture
def fresh(service: GuidelineService) -> Validator:
    """A new validator, without remembered values."""
    return Validator(service.guideline)


def test_full_record_is_valid(service: GuidelineService) -> None:
    assert set(GOOD) == set(service.guideline.field_names), "a field is not tried"
    assert service.validate(GOOD) == []


@pytest.mark.parametrize(("change", "field", "name"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_each_fault_is_named(service: GuidelineService, change: dict[str, Any], field: str, name: str) -> None:
    findings = service.validate({**GOOD, **change})
    assert (field, name) in {(f.field, f.name) for f in findings}
    for finding in findings:
        assert set(finding.messages) == set(LANGUAGES)
        assert all(finding.messages.values())
    assert len({findings[0].text(lang) for lang in LANGUAGES}) == len(LANGUAGES)


def test_all_problems_are_reported_at_once(service: GuidelineService) -> None:
    record = {
        "redFlags": "x",
        "onsetDate": "2024-13-01",
        "priorIncapacityDays": -5,
        "nonsense": 1,
        "heavyLifting": "no",
    }
    assert [f.field for f in service.validate(record)] == list(record)


def test_malformed_date_is_reported_once(service: GuidelineService) -> None:
    findings = service.validate({"onsetDate": "soon", "assessmentDate": "2024-01-01"})
    assert [(f.field, f.name) for f in findings] == [("onsetDate", "wrong-type")]


def test_remembered_values_do_not_validate_a_new_pair(fresh: Validator, service: GuidelineService) -> None:
    """Values remembered from valid records do not make a record valid whose pair of values was not seen."""
    read = service.reader.from_json
    assert fresh.rules.rememberable  # otherwise every record goes to pySHACL
    assert not fresh.findings(read({"onsetDate": "2024-01-01", "assessmentDate": "2024-01-02"}))
    assert not fresh.findings(read({"onsetDate": "2024-01-03", "assessmentDate": "2024-01-04"}))
    assert fresh.findings(read({"onsetDate": "2024-01-03", "assessmentDate": "2024-01-02"}))
    assert not fresh.findings(read({"spinalSurgery": False}))
    assert not fresh.findings(read({"spinalSurgeryDate": "2024-01-01"}))
    assert fresh.findings(read({"spinalSurgery": False, "spinalSurgeryDate": "2024-01-01"}))
    assert not fresh.findings(read({"applicationDate": "2024-12-31", "assessmentDate": "2024-01-02"}))
    assert not fresh.findings(read({"applicationDate": "2022-01-01", "assessmentDate": "2021-12-31"}))
    assert fresh.findings(read({"applicationDate": "2024-12-31", "assessmentDate": "2021-12-31"}))


def test_days_are_remembered_by_their_order(
    fresh: Validator, service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(onset: str, assessed: str) -> RawRecord:
        return service.reader.from_json({"onsetDate": onset, "assessmentDate": assessed})

    for onset, assessed in (("2024-01-01", "2024-01-02"), ("2024-02-01", "2024-02-02"), ("2024-03-01", "2024-03-01")):
        assert not fresh.findings(record(onset, assessed))
    evaluated = ShapeJudge.results
    with monkeypatch.context() as patch:
        patch.setattr(ShapeJudge, "results", lambda *_: pytest.fail("pySHACL is asked again"))
        assert not fresh.findings(record("2024-01-01", "2024-02-02"))
    assert ShapeJudge.results is evaluated
    assert [f.field for f in fresh.findings(record("2024-02-01", "2024-01-02"))] == ["onsetDate"]
    assert [f.field for f in fresh.findings(record("2024-02-30", "2024-03-01"))] == ["onsetDate"]


def test_a_text_of_which_only_the_type_matters_is_remembered_by_its_type(
    fresh: Validator, service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = service.reader.from_json
    assert not fresh.findings(read({"id": "first", "episode": "e-1", "redFlags": "none"}))
    with monkeypatch.context() as patch:
        patch.setattr(ShapeJudge, "results", lambda *_: pytest.fail("pySHACL is asked again"))
        assert not fresh.findings(read({"id": "second, \u200b and more", "episode": "", "redFlags": "none"}))
    kept = (fresh._conforming.keys, fresh._conforming.values)  # noqa: SLF001
    assert not any("first" in str(what) for what in kept)  # no name of a patient is kept
    assert [f.field for f in fresh.findings(read({"id": 1, "redFlags": "none"}))] == ["id"]
    assert [f.field for f in fresh.findings(read({"id": ["a", "b"], "redFlags": "none"}))] == ["id"]
    assert [f.field for f in fresh.findings(read({"id": "x", "redFlags": "x"}))] == ["redFlags"]
    typed = "[] a <https://w3id.org/lrp-kg/care-pathway#PatientRecord> ; <{}id> {} ."
    for wrong in ('"a"@en', "<urn:a>", '"a"^^<urn:b>'):
        (raw,) = service.reader.from_rdf(
            typed.format(service.guideline.namespace, wrong), ox.RdfFormat.TURTLE, many=True
        )
        assert fresh.findings(raw)


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("$this $PATH ?value ; lrp:b ?b . FILTER (?value > ?b)", {"urn:a", "urn:lrp#b"}),
        ("$this $PATH ?value ; <urn:c> ?c . FILTER (?value > ?c)", {"urn:a", "urn:c"}),
        ("$this $PATH ?value ; ?p ?value", None),
        ("$this $PATH ?value . $this ?p ?other", None),
        ("$this $PATH ?value ; !lrp:b ?other", None),
        ("$this $PATH ?value . FILTER (STRSTARTS(STR($this), 'urn:x'))", None),
    ],
)
def test_verdicts_of_a_query_are_remembered_by_the_properties_that_it_names(
    pattern: str, read: set[str] | None
) -> None:
    shapes = rdflib.Graph().parse(
        data=f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        <urn:shapes> sh:declare [ sh:prefix "lrp" ; sh:namespace "urn:lrp#"^^xsd:anyURI ] .
        <urn:s> a sh:PropertyShape ; sh:path <urn:a> ; sh:sparql [
          a sh:SPARQLConstraint ; sh:prefixes <urn:shapes> ;
          sh:select "SELECT $this ?value WHERE {{ {pattern} }}" ] ."""
    )
    shape = next(s for s in ShapesGraph(shapes, False).shapes if str(s.node) == "urn:s")
    assert read_query(Query(shape), rdflib.URIRef("urn:a")) == read


@pytest.mark.slow
@pytest.mark.parametrize("number", [30, pytest.param(150, marks=pytest.mark.long)])
def test_pyshacl_gives_the_same_verdict(number: int, fresh: Validator, service: GuidelineService) -> None:
    shapes = rdflib.Graph().parse(service.guideline.folder / "shapes" / "record.ttl")
    rng = random.Random(7)
    verdicts = set()
    for _ in range(number):
        record = {name: value for name, value in GOOD.items() if rng.random() < 0.4}
        for _, change, _, _ in rng.sample(FAULTS, rng.choice([0, 0, 1, 2])):
            record.update(change)
        raw = service.reader.from_json(record)
        graph, _ = fresh.judge.graph_of(raw)
        try:
            conforms, _ = stock(graph, shapes)
        except TypeError:  # pySHACL cannot compare an invalid date
            conforms = False
        assert (not fresh.findings(raw)) == conforms, record
        assert (not fresh.findings(raw)) == conforms, "the second time, from memory"
        verdicts.add(conforms)
    assert verdicts == {True, False}


# -- what is remembered -----------------------------------------------------------------------------------

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> . @prefix ex: <urn:ex#> .
ex: sh:declare [ sh:prefix "ex" ; sh:namespace "urn:ex#"^^xsd:anyURI ] ,
    [ sh:prefix "xsd" ; sh:namespace "http://www.w3.org/2001/XMLSchema#"^^xsd:anyURI ] .
ex:record a sh:NodeShape ; sh:targetClass cp:PatientRecord ; sh:property ex:p ."""


def judge_of(shapes: str) -> ShapeJudge:
    """Return a judge by these shapes, and no guideline."""
    triples = [quad.triple for quad in ox.parse(PREFIXES + shapes, format=ox.RdfFormat.TURTLE)]
    module = SimpleNamespace(is_ontology=False, triples=triples)
    guideline: Any = SimpleNamespace(index=SimpleNamespace(modules=[module]))
    return ShapeJudge(guideline)


def query_shape(body: str) -> str:
    select = f"SELECT $this ?value WHERE {{ {body} }}"
    return (
        f"ex:p sh:path ex:p ; sh:sparql [ a sh:SPARQLConstraint ; sh:prefixes ex: ; sh:select {json.dumps(select)} ] ."
    )


DIGITS = 'xsd:integer(REPLACE(STR(?{}), "-", ""))'.format
LATER = f"{DIGITS('value')} > {DIGITS('b')}"
OF_QUERY: list[tuple[str, Any]] = [
    ("$this $PATH ?value ; ex:b ex:c", {"p": (PRESENCE, ()), "b": (VALUE, ())}),
    ('$this $PATH ?value ; ex:b ?b . FILTER (STR(?b) IN ("true", "1"))', {"p": (PRESENCE, ()), "b": (VALUE, ())}),
    ("$this $PATH ?value . FILTER (xsd:integer(STR(?value)) > 3)", {"p": (INTEGER, (3,))}),
    ("$this $PATH ?value . FILTER (xsd:integer(STR(?value)) > 3.5)", {"p": (VALUE, ())}),
    ("$this $PATH ?value . FILTER (xsd:integer(STR(?value)) > 3 + 1)", {"p": (VALUE, ())}),
    ("$this $PATH ?value . FILTER (2 * xsd:integer(STR(?value)) > 3)", {"p": (VALUE, ())}),
    ("$this $PATH ?value . FILTER (xsd:integer(STR(?value)) > 3 && ?value != 7)", {"p": (VALUE, ())}),
    (f"$this $PATH ?value ; ex:b ?b . FILTER ({LATER} + 10000)", {"p": (PRESENCE, ()), "b": (PRESENCE, ())}),
    (f"$this $PATH ?value ; ex:b ?b . FILTER ({LATER} + 1 + 1)", {"p": (VALUE, ()), "b": (VALUE, ())}),
]
"""Bodies of queries, and what they look at of each property."""


@pytest.mark.parametrize(("body", "looks"), OF_QUERY)
def test_a_query_looks_at_no_more_of_a_value_than_it_must(body: str, looks: Any) -> None:
    (joint,) = rules_of(judge_of(query_shape(body))).joints
    assert {look.property.removeprefix("urn:ex#"): (look.of, look.bounds) for look in joint.looks} == looks
    assert not joint.needing
    assert len(joint.offsets) == (1 if "10000" in body else 0)


@pytest.mark.parametrize(
    "body",
    [
        "$this $PATH ?value . OPTIONAL { $this ex:b ?b } FILTER (COALESCE(?b, 0) = 0)",
        '$this $PATH ?value . FILTER (STR(?value) IN ("1")) . $this ex:b ?o',
        "$this $PATH ?value ; ex:b 1",
    ],
)
def test_a_query_of_another_form_is_remembered_by_all_values_that_it_names(body: str) -> None:
    (joint,) = rules_of(judge_of(query_shape(body))).joints
    assert joint.needing
    assert {look.of for look in joint.looks} == {VALUE}
    assert {"urn:ex#p"} < {look.property for look in joint.looks} or "ex:b" not in body


def test_a_closed_shape_of_some_records_only_is_not_remembered() -> None:
    other = "ex:some sh:targetSubjectsOf ex:q ; a sh:NodeShape ; sh:property ex:p {} ."
    plain = "ex:p sh:path ex:p ; sh:maxCount 1 ."
    assert rules_of(judge_of(plain + other.format(""))).rememberable
    assert not rules_of(judge_of(plain + other.format("; sh:closed true"))).rememberable


def test_what_shapes_demand_is_remembered_where_it_is_absent() -> None:
    """A property that must be there counts where it is not, in the records to which the shape applies."""
    all_of_them, some = "ex:p sh:path ex:p ; sh:maxCount 1 .", "ex:q sh:path ex:q ; sh:minCount 1 ."
    of_some = "ex:some sh:targetSubjectsOf ex:t ; a sh:NodeShape ; sh:property ex:q ."
    rules = rules_of(judge_of(all_of_them + some + of_some))
    assert rules.rememberable
    assert rules.demanded == (("urn:ex#q", 0),)
    keys, flag = ConformanceKeys(rules), Node("literal", "true", XSD + "boolean")
    absent = (("urn:ex#q",), (None, 0))
    assert absent in (keys.of(RawRecord("", (("urn:ex#t", flag),))) or [])
    assert absent not in (keys.of(RawRecord("", (("urn:ex#t", flag), ("urn:ex#q", flag)))) or [])
    assert absent not in (keys.of(RawRecord("", (("urn:ex#p", flag),))) or [])
    every = rules_of(judge_of("ex:p sh:path ex:p ; sh:minCount 1 ."))
    assert (("urn:ex#p",), (None, -1)) in (ConformanceKeys(every).of(RawRecord("", ())) or [])
    for other in ("sh:hasValue true", "sh:minCount 1 ; sh:equals ex:b"):
        assert not rules_of(judge_of(f"ex:p sh:path ex:p ; {other} .")).rememberable


def test_a_query_that_demands_a_value_is_asked_where_there_is_none() -> None:
    judge = judge_of(query_shape("$this ex:b ?b . FILTER NOT EXISTS { $this $PATH ?value }"))
    flag = Node("literal", "true", XSD + "boolean")
    assert judge.results(RawRecord("urn:x", (("urn:ex#b", flag),)))
    assert not judge.results(RawRecord("urn:x", (("urn:ex#b", flag), ("urn:ex#p", flag))))


def test_all_that_ordinary_records_say_is_known_beforehand(
    fresh: Validator, service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key of a full record is proven, so that a new process needs no judge; none of them is of a patient."""
    known = proven(service.guideline, fresh.rules, lambda raw: not fresh.judge.results(raw))
    keys = ConformanceKeys(fresh.rules)
    bounds = {"onsetDate": None, "onsetDateEarliest": "2024-03-01", "onsetDateLatest": "2024-04-01"}
    for more in ({}, {"@id": "urn:a:1", "id": "another", "employerSize": 731}, bounds):
        assert set(keys.of(service.reader.from_json({**GOOD, **more})) or [None]) <= known
    fresh.prepare()
    monkeypatch.setattr(ShapeJudge, "results", lambda *_: pytest.fail("pySHACL is asked"))
    assert not fresh.findings(service.reader.from_json({**GOOD, "assessmentDate": "2024-07-13"}))


def edges(rules: Any, predicate: str) -> list[Node]:
    """Return values on and beside each bound of a property, and others that differ from them."""
    kind, bounds = rules.bounded.get(predicate, ("", ()))
    if kind == DATE:
        days = [date.fromordinal(b + n).isoformat() for b in bounds for n in (-1, 0, 1)]
        return [Node("literal", text, DATE) for text in (*days, "2024-02-30", "2024-02-29", "2024-01-31Z", "20240131")]
    if kind == INTEGER:
        numbers = [str(b + n) for b in bounds for n in (-1, 0, 1)]
        return [Node("literal", text, INTEGER) for text in (*numbers, "007", "+1", "-0", "x", "9" * 18)]
    return [Node("literal", text, XSD + kind) for kind in ("boolean", "string") for text in ("true", "0", "maybe", "")]


@pytest.mark.parametrize("number", [120, pytest.param(3000, marks=pytest.mark.long)])
@pytest.mark.slow
def test_what_is_remembered_is_the_verdict_of_pyshacl(number: int, fresh: Validator, service: GuidelineService) -> None:
    """Valid and invalid records, on the edges of every bound, with every order of days."""
    fresh.prepare()
    rng = random.Random(11)
    space = service.guideline.namespace
    days = ["2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01", "2023-02-28"]
    verdicts = set()
    for _ in range(number):
        record = {name: value for name, value in GOOD.items() if rng.random() < 0.25}
        record |= {name: rng.choice(days) for name in DATES if rng.random() < 0.2}
        record |= {name: rng.random() < 0.5 for name in FLAGS if rng.random() < 0.1}
        raw = service.reader.from_json(record)
        if rng.random() < 0.5:
            name = rng.choice(sorted(GOOD))
            odd = (space + name, rng.choice(edges(fresh.rules, space + name)))
            raw = replace(raw, entries=(*(e for e in raw.entries if e[0] != odd[0]), odd))
        conforms = not fresh.judge.results(raw)
        assert (not fresh.findings(raw)) == conforms, raw
        assert (not fresh.findings(raw)) == conforms, "the second time"
        verdicts.add(conforms)
    assert verdicts == {True, False}


@pytest.mark.slow
def test_each_edge_is_judged_as_pyshacl_judges_it(fresh: Validator, service: GuidelineService) -> None:
    fresh.prepare()
    for name in GOOD:
        for value in edges(fresh.rules, service.guideline.namespace + name):
            raw = RawRecord("", ((service.guideline.namespace + name, value),))
            assert (not fresh.findings(raw)) == (not fresh.judge.results(raw)), raw


# -- the host program -------------------------------------------------------------------------------------


def test_patient_values_are_never_logged(service: GuidelineService, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        fresh = Validator(service.guideline)
        for value in ("31/12/2024", "2024-02-30", "private"):
            raw = service.reader.from_json({"onsetDate": value})
            assert fresh.findings(raw)
        secret = RawRecord("", ((service.reader.namespace + "priorIncapacityDays", ILL_TYPED),))
        assert fresh.findings(secret)
    assert not caplog.records


def test_values_that_rdflib_warns_of_are_in_no_warning(service: GuidelineService, tmp_path: Path) -> None:
    """In a process of its own: pytest has its own filters of warnings."""
    record = tmp_path / "record.ttl"
    pain = f"<{service.guideline.namespace}recurrentPain>"
    record.write_text(f'<urn:r> a <{CP}PatientRecord> ; {pain} "Jan Peeters"^^<{XSD}boolean> .', encoding="utf-8")
    command = [sys.executable, "-m", "lrp_kg.cli", "assess", str(record)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("Jan Peeters") == 1  # in the answer to the sender


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("priorIncapacityDays", "5\n", "integer"),
        ("priorIncapacityDays", "5\x00", "integer"),
        ("recurrentPain", "true\n", "boolean"),
        ("onsetDate", "2024-01-01\n", "date"),
        ("incapacityPercentage", "\u008550", "integer"),
    ],
)
def test_typed_value_with_a_control_character_is_refused(
    service: GuidelineService, name: str, value: str, kind: str
) -> None:
    """A pattern does not see the line end, and SPARQL knows no number of such a text."""
    raw = RawRecord("", ((service.guideline.namespace + name, Node("literal", value, XSD + kind)),))
    assert [f.name for f in service.validate(raw)] == ["wrong-character"]


def test_logging_of_rdflib_is_unchanged(service: GuidelineService, caplog: pytest.LogCaptureFixture) -> None:
    assert logging.getLogger("rdflib.term").level == logging.NOTSET
    assert logging.getLogger("pyshacl").level == logging.NOTSET
    service.validate({"onsetDate": "no date"})
    rdflib.Literal("no number", datatype=rdflib.XSD.integer)
    assert [r.name for r in caplog.records] == ["rdflib.term"]
