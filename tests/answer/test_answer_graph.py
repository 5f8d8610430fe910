"""An assessment as RDF has the content of the answer, in defined terms, and no patient values."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, PROV, RDF, XSD

from lrp_kg import GuidelineService, __version__
from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.run import Run
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.namespaces import local_name
from tests.support.guidelines import valid_records
from tests.support.rdf import to_graph

Record = dict[str, Any]


CP = rdflib.Namespace("https://w3id.org/lrp-kg/care-pathway#")
LRP = rdflib.Namespace("https://w3id.org/lrp-kg/low-back-pain#")
STATUSES = {
    CP.decided: "decided",
    CP.several: "several",
    CP.undetermined: "undetermined",
    CP.noAnswer: "no-answer",
    CP.notApplicable: "not-applicable",
}
APPLIES = {"appliesNow": "yes", "appliesLater": "later", "appliesPerhaps": "unknown"}
VERDICTS = {CP.true: "true", CP.false: "false", CP.unknown: "unknown"}
CASES: list[Record] = valid_records()[::20]
LATER: Record = {
    **{"assessmentDate": "2022-09-01", "onsetDate": "2022-01-08", "careLine": "first-line", "contact": "first-contact"},
    **{"redFlags": "none", "radicularPain": False, "incapacityPrescribed": True, "permanentIncapacity": False},
    "sicknessFundSince": "2022-05-30",
}
"""A record with a fact whose time has not come."""
SCOPE_OPEN: Record = {
    **{"assessmentDate": "2024-01-28", "onsetDate": "2024-01-08", "careLine": "first-line", "contact": "first-contact"},
    **{"redFlags": "none", "radicularPain": False, "chronicityRisk": "low", "sicknessFundSince": "2024-01-28"},
}
"""A record with steps that are given with any verdict of a programme, of which it is not known whether it is asked."""
NOON = datetime(2024, 1, 28, 12, 30, 15, 999, tzinfo=UTC)


def parts(graph: rdflib.Graph) -> dict[str, rdflib.term.Node]:
    """Return the node of each decision's result, by the local name of the decision."""
    (assessment,) = graph.subjects(RDF.type, CP.Assessment)
    return {
        local_name(str(graph.value(part, CP.ofDecision))): part for part in graph.objects(assessment, CP.decisionResult)
    }


@pytest.fixture(scope="module")
def vocabulary(service: GuidelineService) -> set[rdflib.term.Node]:
    """All terms that the ontology describes."""
    graph = rdflib.Graph()
    for module in service.guideline.index.modules:
        if module.is_ontology:
            graph.parse(module.file, format="turtle")
    return set(graph.subjects(RDF.type))


def test_there_are_cases() -> None:
    assert len(CASES) > 30


@pytest.mark.slow
def test_graph_has_the_content_of_the_answer(service: GuidelineService) -> None:
    """Compare status, answers, possible options, missing fields, reasons and open points of every decision."""
    renderer = service.renderer()
    g = service.guideline
    option_ids = {o.iri: o.id for d in g.decisions.values() for o in d.options}
    point_ids = {p.iri: p.id for p in g.open_points}
    names = {d.iri: d.id for d in g.decisions.values()} | {p.iri: p.id for p in g.programmes.values()}
    statuses: set[str] = set()
    verdicts: set[str] = set()
    for record in CASES:
        found = service.assessment(record, explain=True)
        answer = renderer.render(found, explain=True)
        graph = to_graph(found)
        (assessment,) = graph.subjects(RDF.type, CP.Assessment)
        results = list(graph.objects(assessment, CP.decisionResult))
        results_by_name = {names[str(graph.value(part, CP.ofDecision))]: part for part in results}
        assert results_by_name.keys() == answer["decisions"].keys()
        for name, part in results_by_name.items():
            result = answer["decisions"][name]
            assert [STATUSES[s] for s in graph.objects(part, CP.status)] == [result["status"]]
            assert sorted(option_ids[str(o)] for o in graph.objects(part, CP.answer)) == sorted(result["answers"])
            assert sorted(option_ids[str(o)] for o in graph.objects(part, CP.possible)) == sorted(result["possible"])
            assert sorted(local_name(str(f)) for f in graph.objects(part, CP.missingField)) == sorted(result["missing"])
            points = [point_ids[str(p)] for p in graph.objects(part, CP.restsOn)]
            assert sorted(points) == sorted(p["id"] for p in result["openPoints"])
            reasons = [
                (local_name(str(graph.value(r, CP.ofCondition))), VERDICTS[graph.value(r, CP.verdict)])
                for r in graph.objects(part, CP.because)
            ]
            assert sorted(reasons) == sorted((r["condition"], r["verdict"]) for r in result["because"])
            statuses.add(result["status"])
            verdicts |= {verdict for _, verdict in reasons}
        boxes = {g.boxes[str(b)].id for b in graph.objects(assessment, CP.showsBox)}
        assert boxes == {b["id"] for b in answer["boxes"]}
        editions = {
            e.id
            for p in g.programmes.values()
            for e in p.editions
            for i in [rdflib.URIRef(e.iri)]
            if (assessment, CP.usesEdition, i) in graph
        }
        assert editions == set(answer["guideline"]["editions"])
    assert statuses == set(STATUSES.values()), "every status is met"
    assert verdicts == set(VERDICTS.values())


@pytest.mark.slow
def test_every_term_is_defined(service: GuidelineService, vocabulary: set[rdflib.term.Node]) -> None:
    used: set[rdflib.term.Node] = set()
    for record in CASES:
        for s, p, o in to_graph(service.assessment(record, explain=True)):
            used |= {n for n in (s, p, o) if isinstance(n, rdflib.URIRef)}
    ours = {n for n in used if str(n).startswith((str(CP), str(LRP)))}
    assert len(ours) > 100
    known = vocabulary | {rdflib.URIRef(c) for c in service.guideline.conditions}
    known |= {rdflib.URIRef(o.iri) for d in service.guideline.decisions.values() for o in d.options}
    assert sorted(ours - known) == []


def test_iris_of_options_start_with_their_edition(service: GuidelineService, vocabulary: set[rdflib.term.Node]) -> None:
    """The engine generates the options eligible and not eligible of each edition."""
    for programme in service.guideline.programmes.values():
        for edition in programme.editions:
            assert rdflib.URIRef(edition.iri) in vocabulary
            options = service.guideline.decisions[edition.decision].options
            assert [o.iri for o in options] == [f"{edition.iri}-eligible", f"{edition.iri}-not-eligible"]


def test_graph_has_provenance(service: GuidelineService) -> None:
    graph = to_graph(service.assessment({"@id": "urn:example:one", "redFlags": "cluster"}), at=NOON)
    (assessment,) = graph.subjects(RDF.type, CP.Assessment)
    record, version = rdflib.URIRef("urn:example:one"), rdflib.URIRef(version_iri(service.guideline))
    assert set(graph.objects(assessment, PROV.wasDerivedFrom)) == {record, version}
    assert graph.value(version, OWL.versionInfo) == rdflib.Literal(service.guideline.version)
    assert graph.value(version, DCTERMS.isVersionOf) == LRP.guideline
    activity = graph.value(assessment, PROV.wasGeneratedBy)
    assert (activity, RDF.type, PROV.Activity) in graph
    assert graph.value(activity, PROV.used) == version
    content = service.assess({})["guideline"]["content"]
    assert graph.value(activity, CP.guidelineContent) == rdflib.Literal(content)
    moment = rdflib.Literal("2024-01-28T12:30:15+00:00", datatype=XSD.dateTime)
    assert graph.value(activity, PROV.endedAtTime) == moment
    agent = graph.value(activity, PROV.wasAssociatedWith)
    assert (agent, RDF.type, PROV.SoftwareAgent) in graph
    assert f"lrp-kg {__version__}" in [str(label) for label in graph.objects(agent, rdflib.RDFS.label)]


def test_default_time_is_now(service: GuidelineService) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    graph = to_graph(service.assessment({}))
    (moment,) = graph.objects(None, PROV.endedAtTime)
    assert isinstance(moment, rdflib.Literal)
    assert before <= moment.toPython() <= datetime.now(UTC)


@pytest.mark.parametrize("subject", [None, "_:b1"])
def test_record_without_identifier_is_a_blank_node(service: GuidelineService, subject: str | None) -> None:
    graph = to_graph(service.assessment({"redFlags": "none"} | ({"@id": subject} if subject else {})))
    version = rdflib.URIRef(version_iri(service.guideline))
    (record,) = set(graph.objects(None, PROV.wasDerivedFrom)) - {version}
    assert isinstance(record, rdflib.BNode)


@pytest.mark.parametrize("ident", ["no iri <at> all", 'a"b', "a b", "a\\b", "{x}", "^", "`"])
def test_invalid_iri_is_refused_or_escaped(service: GuidelineService, ident: str) -> None:
    """Either reading the record fails, or the Turtle can be parsed."""
    from lrp_kg.errors import LrpError

    try:
        found = service.assessment({"@id": ident, "redFlags": "cluster"})
    except LrpError:
        return
    text = LoneAnswer.of(found).turtle()
    assert rdflib.Graph().parse(data=text, format="turtle")


def test_relative_identifier_is_resolved_against_the_context(service: GuidelineService) -> None:
    """The base of the context is fixed; JSON, JSON-LD and Turtle readers give the record the same IRI under it."""
    reader = service.reader
    whole = json.dumps({"@context": reader.context, "@id": "p1", "@type": "PatientRecord"})
    (by_json_ld,) = {t.subject.value for t in ox.parse(whole, format=ox.RdfFormat.JSON_LD)}
    (by_turtle,) = reader.from_rdf(f"<p1> a <{CP.PatientRecord}> .", ox.RdfFormat.TURTLE)
    assert reader.from_json({"@id": "p1"}).subject == by_json_ld == by_turtle.subject
    assert by_json_ld.startswith(reader.context["@base"])


def test_graph_has_no_patient_values(service: GuidelineService) -> None:
    """The graph has the node of the record, but not its values, dates and identifiers."""
    record = {
        "id": "Zwezerik",
        "episode": "4711",
        "assessmentDate": "2024-01-28",
        "onsetDate": "2023-12-03",
        "incapacityStart": "2024-01-04",
        "incapacityPercentage": 73,
        "priorIncapacityDays": 47,
        "redFlags": "none",
        "medications": ["opioid"],
    }
    graph = to_graph(service.assessment(record, explain=True), at=datetime(2001, 1, 1, tzinfo=UTC))
    literals = {str(n) for n in graph.objects() if isinstance(n, rdflib.Literal)}
    assert literals.isdisjoint({str(value) for value in record.values()})
    names = " ".join({str(n) for triple in graph for n in triple if isinstance(n, rdflib.URIRef)})
    for value in ("Zwezerik", "4711", "2024-", "2023-", "opioid", "redFlags-none"):
        assert value not in names, value


def test_turtle_uses_prefixes(service: GuidelineService) -> None:
    text = LoneAnswer.of(service.assessment(CASES[1], explain=True)).turtle().decode()
    assert "@prefix cp: " in text
    assert text.count(f"<{LRP}") == 1, "shortened, but in its prefix"
    assert "ns1:" not in text
    again = rdflib.Graph().parse(data=text, format="turtle")
    assert len(again) == len(to_graph(service.assessment(CASES[1], explain=True)))


def test_reasons_are_written_on_request_only(service: GuidelineService) -> None:
    record = {"redFlags": "cluster"}
    assert not list(to_graph(service.assessment(record)).subject_objects(CP.because))
    assert list(to_graph(service.assessment(record, explain=True)).subject_objects(CP.because))


def test_graph_has_only_the_requested_decisions(service: GuidelineService) -> None:
    graph = to_graph(service.assessment(CASES[1], only=["exit", "fedris-prevention"]))
    assert len(parts(graph)) == 2
    assert len(list(graph.objects(None, CP.usesEdition))) == 2  # the day that chooses is unknown


def test_graph_of_another_guideline_uses_its_terms(ankle: GuidelineService) -> None:
    found = ankle.assessment({"deformity": True, "@id": "urn:example:one"}, explain=True)
    graph = to_graph(found)
    namespace = rdflib.Namespace("https://example.org/ankle-sprain#")
    assert (None, CP.answer, namespace["fracture-check-emergency"]) in graph
    assert (None, PROV.wasDerivedFrom, rdflib.URIRef("urn:example:one")) in graph
    assert (None, PROV.wasDerivedFrom, rdflib.URIRef(version_iri(ankle.guideline))) in graph
    assert "low-back-pain" not in graph.serialize()


@pytest.mark.slow
def test_graph_has_facts_dates_statements_and_warnings(service: GuidelineService) -> None:
    """Compare them with the JSON, and each decision's answer, which is a property of the assessment itself."""
    g, renderer = service.guideline, service.renderer()
    keys = {t.iri: name for name, t in g.fact_keys.items()}
    ids = {s.iri: s.id for s in g.statements}
    seen: set[str] = set()
    for record in (*CASES, LATER):
        found = service.assessment(record, explain=True)
        answer, graph = renderer.render(found), to_graph(found)
        (assessment,) = graph.subjects(RDF.type, CP.Assessment)
        facts = {keys[str(graph.value(f, CP.factKey))]: f for f in graph.objects(assessment, CP.factResult)}
        assert facts.keys() == answer["facts"].keys()
        for name, fact in facts.items():
            expected = answer["facts"][name]
            applies = local_name(str(graph.value(fact, CP.applies)))
            seen.add(applies)
            if "outdated" not in expected:
                assert APPLIES[applies] == expected["applies"]
            assert {ids[str(s)] for s in graph.objects(fact, CP.fromStatement)} == set(expected["statements"])
            value = expected["value"]
            stated = {str(o).removesuffix(".0") for o in graph.objects(fact, CP.factValue)}
            values = value if isinstance(value, list) else [] if value is None else [value]
            assert stated == {str(v).lower() if isinstance(v, bool) else str(v) for v in values}
        dates = {ids[str(graph.value(d, CP.ofStatement))]: d for d in graph.objects(assessment, CP.dateResult)}
        assert dates.keys() == {d["id"] for d in answer["dates"]}
        for expected in answer["dates"]:
            latest = graph.value(dates[expected["id"]], CP.latest)
            day = expected["latest"]["earliest"] if isinstance(expected["latest"], dict) else expected["latest"]
            assert (str(latest) if latest else None) == day
            number = graph.value(dates[expected["id"]], CP.latestDay)
            assert number is None or date(1970, 1, 1) + timedelta(days=int(str(number))) == date.fromisoformat(day)
        warnings = {
            w["id"]: "outdatedWarning"
            if w.get("outdated")
            else "mayWarn"
            if {"applies", "outdated"} & w.keys()
            else "warns"
            for w in answer["warnings"]
        }
        cautions = {rdflib.URIRef(w.iri): w.id for w in g.cautions}
        stated = {
            cautions[w]: p for p in ("warns", "mayWarn", "outdatedWarning") for w in graph.objects(assessment, CP[p])
        }
        assert stated == warnings
        for d in found.decisions.values():
            programme = next((p.programme.iri for p in found.programmes.values() if p.decision == d.decision.iri), None)
            own = set(graph.objects(assessment, rdflib.URIRef(programme or d.decision.iri)))
            assert own == {rdflib.URIRef(o.iri) for o in d.decision.options if o.id in d.result.answers}
    assert seen >= {"appliesNow", "appliesLater", "appliesPerhaps"}


@pytest.mark.slow
def test_only_what_certainly_applies_is_said_to_apply(service: GuidelineService) -> None:
    """A statement applies where its condition is true and its programme is open to the patient; else it may.

    A step that is given with any verdict applies within the scope of its programme.
    """
    counts = Counter[str]()
    in_scope = Counter[bool]()
    for record in [*CASES, SCOPE_OPEN]:
        found = service.assessment(record)
        graph = to_graph(found)
        named = {
            name: {str(o) for o in graph.objects(predicate=CP[name])}
            for name in ("appliesStatement", "mayApplyStatement", "outdatedStatement")
        }
        of_programmes = {s.statement.iri: p for p in found.programmes.values() for s in p.shown}
        shown = [s for _, own in found.boxes for s in own] + [*found.notices]
        shown += [s for p in found.programmes.values() for s in p.shown]
        for s in shown:
            (where,) = (name for name, iris in named.items() if s.statement.iri in iris)
            counts[where] += 1
            p = of_programmes.get(s.statement.iri)
            certain = s.verdict == TRUE and (p is None or p.verdict == "eligible")
            if p and s.statement.any_verdict and s.verdict == TRUE:
                run = Run(service.assessor, service.read(record), explain=False)
                certain = run.verdict(service.guideline.decisions[p.decision].scope) == TRUE
                in_scope[certain] += 1
            if where == "appliesStatement":
                assert certain
                assert not s.statement.condition_text
            elif where == "outdatedStatement":
                assert s.in_force == FALSE
        assert sum(map(len, named.values())) == len({s.statement.iri for s in shown})
    assert len(counts) == 3
    assert len(in_scope) == 2
