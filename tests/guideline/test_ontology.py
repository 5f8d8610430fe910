"""The ontology as a reader of the files and of an ontology editor sees it."""

from __future__ import annotations

from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name
from tests.support.paths import ROOT

GUIDELINE: Guideline = load_guideline(ROOT)


def test_iris_of_stages_boxes_and_statements_follow_their_identifiers() -> None:
    stages = GUIDELINE.decisions[next(d for d in GUIDELINE.decisions if local_name(d) == "stage")].options
    named = [(s.iri, f"stage-{s.id}") for s in stages] + [(b.iri, f"box-{b.id}") for b in GUIDELINE.boxes.values()]
    assert len(named) > 60
    assert [(local_name(iri), name) for iri, name in named if local_name(iri) != name] == []
    statements = [s for b in GUIDELINE.boxes.values() for s in b.statements]
    assert len(statements) > 100
    assert [s.iri for s in statements if local_name(s.iri) != f"statement-{s.id}"] == []
