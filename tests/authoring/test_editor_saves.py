"""A guideline that an ontology editor saved without an edit is as sound as before, and answers the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lrp_kg.authoring.check.wellmade import check_well_made
from lrp_kg.findings import Finding
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from tests.support.editor_save import MARK, saved
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE, PACKAGE

SAVES = Path(__file__).parent / "saves"


def saved_copy(folder: Path) -> Path:
    """Return a copy of a guideline of which an editor saved every module."""
    guideline_copy(folder, parts=("ontology", "shapes"))
    for file in (folder / "ontology").glob("*.ttl"):
        file.write_text(saved(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def named(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.name, f.severity) for f in findings}


@pytest.mark.parametrize("save", sorted(SAVES.glob("owlapi-*")), ids=lambda folder: folder.name)
def test_a_save_of_the_owl_api_is_clean(tmp_path: Path, save: Path) -> None:
    shutil.copytree(SAVES / "committed", tmp_path / "ontology")
    shutil.copytree(save, tmp_path / "ontology", dirs_exist_ok=True)
    shutil.copytree(PACKAGE / "authoring" / "new" / "skeleton" / "shapes", tmp_path / "shapes")
    for file in (tmp_path / "shapes").glob("*.ttl"):
        text = file.read_text(encoding="utf-8").replace("NAME", "example").replace('"DATE"', '"2026-11-23"')
        file.write_text(text, encoding="utf-8")
    assert named(check_well_made(tmp_path)) == {("catalogue-missing", "note"), ("saved-by-editor", "note")}


def test_a_save_of_every_module_is_clean_and_reads_the_same(tmp_path: Path) -> None:
    folder = saved_copy(tmp_path)
    assert named(check_well_made(folder)) == {("saved-by-editor", "note")}

    def read(guideline: Guideline) -> Guideline:
        conditions = {iri: replace(c, expression=None) for iri, c in guideline.conditions.items()}  # type: ignore[arg-type]
        return replace(guideline, conditions=conditions, content_hash="")

    one, other = (read(load_guideline(f)) for f in (folder, ANKLE))
    assert repr(one) == repr(other)


def test_typed_strings_and_prefixes_of_owl_are_no_fault(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path, parts=("ontology", "shapes"))
    file = folder / "ontology" / "record.ttl"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    head = f"@prefix : <https://example.org/ankle-sprain/record#> .\n@prefix rdf: <{rdf}> .\n"
    replace_once(file, "@prefix owl:", f"{head}@prefix owl:")
    replace_once(file, 'skos:notation "crutches"', 'skos:notation "crutches"^^xsd:string')
    assert named(check_well_made(folder, formatting=False)) == {("string-typed", "note")}


def test_what_an_editor_puts_into_another_namespace_is_found(tmp_path: Path) -> None:
    folder = saved_copy(tmp_path)
    file = folder / "ontology" / "record.ttl"
    new = ":LongPain a owl:Class .\n<https://example.org/ankle-sprian#Other> a owl:Class ; rdfs:label 'x'@en .\n"
    replace_once(file, MARK, new + MARK)
    found = [f for f in check_well_made(folder) if f.name == "namespace-differs"]
    assert [f.term for f in found] == [
        "https://example.org/ankle-sprain/record#LongPain",
        "https://example.org/ankle-sprian#Other",
    ]
    assert all(f.severity == "warning" and f.where.startswith(f"{file}:") for f in found)
    assert "<https://example.org/ankle-sprain#LongPain>" in found[0].message


def test_a_declaration_of_another_vocabulary_is_no_term_of_ours(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path, parts=("ontology", "shapes"))
    file = folder / "ontology" / "record.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n<http://xmlns.com/foaf/0.1/name> a owl:AnnotationProperty .\n", encoding="utf-8")
    assert named(check_well_made(folder, formatting=False)) == set()
