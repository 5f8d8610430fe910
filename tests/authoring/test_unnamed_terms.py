"""A term that matters only where another one names it, and that nothing names, is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrp_kg.authoring.check.unnamed import unnamed_terms
from lrp_kg.guideline.load import load_guideline
from tests.support.guidelines import guideline_copy, replace_once

CONDITION = """
ank:Old a owl:Class ;
    rdfs:subClassOf cp:PatientRecord ;
    owl:equivalentClass [ a owl:Restriction ; owl:onProperty ank:deformity ; owl:hasValue true ] ;
    rdfs:label "old"@en .
"""
QUERY = "PREFIX ank: <https://example.org/ankle-sprain#>\nASK { ?record a ank:Old }\n"
TERMS = {
    "a value list": "ank:Side a owl:Class ; rdfs:subClassOf cp:Value .",
    "an actor": "ank:Actor a cp:Actor .",
    "a wording": 'ank:Advice a cp:Advice ; rdfs:label "x"@en .',
    "a fact": "ank:Fact a cp:Fact ; cp:factKey ank:fact-key-braceAdvised ; cp:factValue true .",
    "a key of facts": 'ank:Key a cp:FactKey ; rdfs:label "x"@en .',
    "a section": 'ank:Section a cp:Section ; rdfs:label "x"@en ; cp:priority 9 .',
    "a source": 'ank:Source a cp:Source ; rdfs:label "x"@en .',
    "a time limit": 'ank:Limit a cp:TimeLimit ; cp:within "P1D" ; cp:countedFrom ank:injuryDate .',
    "a period": 'ank:Period a cp:Validity ; dcterms:valid "2025-01-01"^^xsd:date .',
}


def found(tmp_path: Path, more: str, *, query: str = "") -> list[str]:
    folder = guideline_copy(tmp_path)
    file = folder / "ontology" / "pathway.ttl"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    if query:
        (folder / "queries" / "old.rq").write_text(query, encoding="utf-8")
    return [f.message.partition(",")[0] for f in unnamed_terms(load_guideline(folder))]


@pytest.mark.parametrize("words", TERMS)
def test_kind_of_term_that_nothing_names(tmp_path: Path, words: str) -> None:
    name = TERMS[words].split()[0].removeprefix("ank:")
    assert found(tmp_path, f"\n{TERMS[words]}\n") == [f"{name}: is {words} that nothing names"]


def test_condition_that_nothing_names(tmp_path: Path) -> None:
    assert found(tmp_path, CONDITION) == ["Old: is a condition that nothing names"]


def test_condition_of_a_query_is_named(tmp_path: Path) -> None:
    assert found(tmp_path, CONDITION, query=QUERY) == []


def test_deprecated_condition_need_not_be_named(tmp_path: Path) -> None:
    assert found(tmp_path, CONDITION + "\nank:Old owl:deprecated true .\n") == []


def test_edition_of_no_programme(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path)
    replace_once(
        folder / "ontology" / "pathway.ttl",
        "cp:edition ank:supervised-training-first-edition , ank:supervised-training-second-edition",
        "cp:edition ank:supervised-training-second-edition",
    )
    terms = [f.message.partition(",")[0] for f in unnamed_terms(load_guideline(folder))]
    assert terms == ["supervised-training-first-edition: is an edition that nothing names"]
