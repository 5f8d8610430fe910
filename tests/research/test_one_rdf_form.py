"""An answer is one graph: as Turtle, as JSON-LD and in a store it holds the same triples, up to blank nodes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC, datetime

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.decisions import composable
from lrp_kg.answer.run import Run
from lrp_kg.guideline.named_graphs import ANSWERS
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS
from lrp_kg.record.model import BASE
from lrp_kg.research.store.predicates import homes_of
from lrp_kg.research.store.quads import ROOT, AnswerWriter, QuadLines, load_triples, name_record
from lrp_kg.research.store.terms import Terms
from tests.support.guidelines import valid_records
from tests.support.rdf import canonical

Json = dict[str, object]

NOON = datetime(2024, 1, 28, 12, tzinfo=UTC)
OWN = re.compile(rf"<({re.escape(ROOT)}(?:assessment|result|load|software)/[^>]+|{re.escape(BASE)}r-[0-9a-f]+)>")
"""What a store names, and an answer by itself does not."""
RECORDS: list[Json] = [{}, *valid_records()]


def blank(text: str) -> str:
    """Return lines in which what only a store names is a blank node."""
    labels: dict[str, str] = {}
    return OWN.sub(lambda name: labels.setdefault(name[1], f"_:n{len(labels)}"), text)


def reasons_once(triples: list[ox.Triple]) -> set[ox.Triple]:
    """Return triples in which reasons that say the same are one node, as in a store."""
    said = defaultdict(list)
    for t in triples:
        said[t.subject].append(f"{t.predicate} {t.object}")
    kind = f"<{RDF}type> <{CP}ConditionResult>"
    same: dict[str, ox.BlankNode] = {}
    nodes = {
        node: same.setdefault(" ".join(sorted(own)), node)
        for node, own in said.items()
        if kind in own and isinstance(node, ox.BlankNode)
    }
    return {ox.Triple(nodes.get(t.subject, t.subject), t.predicate, nodes.get(t.object, t.object)) for t in triples}  # type: ignore[call-overload]


def test_there_are_records() -> None:
    assert len(RECORDS) > 1000


@pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.slow
def test_turtle_json_ld_and_store_say_the_same(service: GuidelineService, step: int) -> None:
    homes = homes_of(service.guideline)
    for number, data in enumerate(RECORDS[::step]):
        record = {**data, "@id": "urn:example:one"} if number % 2 else data
        raw = service.reader.from_json(record)
        found = service.assessor.assess(service.read(raw), explain=True)
        lone = LoneAnswer.of(found, at=NOON)
        run = Run(service.assessor, service.read(raw), explain=True, outcomes_only=True)
        for composed in (False, True) if composable(run.record) else (False,):
            quads = QuadLines(homes)
            writer = AnswerWriter(service.guideline, f"{ROOT}load/1", quads)
            own = (
                writer.composed_lines(name_record(raw), service.assessor.compose(run))
                if composed
                else writer.lines(name_record(raw), found)
            )
            load = quads.of(load_triples(f"{ROOT}load/1", service.guideline, NOON), ANSWERS)
            text = blank("".join([own, writer.new_results(), *load]))
            in_store = {q.triple for q in ox.parse(text, format=ox.RdfFormat.N_QUADS)}
            assert canonical(reasons_once(lone.triples)) == canonical(in_store)
        expected = canonical(lone.triples)
        assert canonical(ox.parse(lone.turtle(), format=ox.RdfFormat.TURTLE)) == expected
        linked = json.dumps(lone.json_ld())
        assert canonical(ox.parse(linked, format=ox.RdfFormat.JSON_LD)) == expected


def test_an_answer_beside_another_stays_itself(service: GuidelineService) -> None:
    found = service.assessment({"redFlags": "cluster"})
    both = LoneAnswer.of(found).turtle() + LoneAnswer.of(found).turtle()
    kind = ox.NamedNode("https://w3id.org/lrp-kg/care-pathway#Assessment")
    assert len({q.subject for q in ox.parse(both, format=ox.RdfFormat.TURTLE) if q.object == kind}) == 2


@pytest.mark.parametrize("name", ["cp:one", "lrp:one", "xsd:one", "urn:one", "https://w3id.org/lrp-kg/record/cp:a"])
def test_name_of_a_record_is_not_taken_for_a_prefix(service: GuidelineService, name: str) -> None:
    lone = LoneAnswer.of(service.assessment({"@id": name, "redFlags": "cluster"}))
    linked = ox.parse(json.dumps(lone.json_ld()), format=ox.RdfFormat.JSON_LD)
    assert canonical(linked) == canonical(lone.triples)


def test_every_name_in_an_answer_has_a_page(service: GuidelineService) -> None:
    """A name is a term of the guideline that is described, or is in a vocabulary that others publish."""
    terms = Terms(service.guideline)
    names: set[str] = set()
    for data in RECORDS[::50]:
        triples = LoneAnswer.of(service.assessment({**data, "@id": "urn:example:one"}, explain=True)).triples
        names |= {n.value for t in triples for n in (t.subject, t.predicate, t.object) if isinstance(n, ox.NamedNode)}
    assert len(names) > 200
    names.remove("urn:example:one")
    described = {node.value for node in terms.said if isinstance(node, ox.NamedNode)}
    elsewhere = {name for name in names - described if name.startswith((DCTERMS, OWL, RDF, RDFS))}
    assert names - described == elsewhere
