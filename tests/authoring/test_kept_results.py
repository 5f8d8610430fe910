"""Cases that passed in an earlier process are run again only if an edit can matter; the findings are the same."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.cases import kept_validity
from lrp_kg.authoring.cases.files import load_cases
from lrp_kg.authoring.cases.incremental import CaseRuns
from lrp_kg.authoring.cases.kept_validity import KeptValidity
from lrp_kg.authoring.check import texts
from lrp_kg.authoring.check.incremental_shapes import plain_texts
from lrp_kg.authoring.check.shapes import ShapeCheck
from lrp_kg.authoring.check.wellmade import check_well_made
from lrp_kg.authoring.formatting import formatted
from lrp_kg.cache import read_kept
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import packaged_folder
from lrp_kg.namespaces import RDFS
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE, TESTS

KINDS = {
    "bound": r"xsd:m\w+clusive (\d+)",
    "operator": r"owl:(intersectionOf|unionOf)(?= \( ank)",
    "value": r"owl:hasValue (true|false)",
    "severity": r"owl:hasValue ank:severity-(\w+)",
}
OTHER = {
    "intersectionOf": "unionOf",
    "unionOf": "intersectionOf",
    "true": "false",
    "false": "true",
    "slight": "partial",
    "partial": "complete",
    "complete": "slight",
}
SEEDS = [*range(8), *(pytest.param(n, marks=pytest.mark.long) for n in range(8, 60))]


def results(folder: Path, *, on_disk: bool) -> tuple[list[Finding], int]:
    """Return the findings of the cases of a guideline, as in a new process, and how many cases were run."""
    service = GuidelineService(folder)
    validity = KeptValidity(service)
    validate = validity.problems if on_disk else None
    runs = CaseRuns(service, load_cases(folder, service.guideline), on_disk=on_disk, validate=validate)
    validity.write()
    return [*runs.failures(), *runs.untouched()], runs.ran


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that has the cases of the small guideline."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRP_CACHE", str(folder))
        found, ran = results(guideline_copy(tmp_path_factory.mktemp("guideline")), on_disk=True)
        assert [f for f in found if f.severity == "error"] == [] and ran > 30
    return folder


def edited(folder: Path, seed: int) -> Path:
    """Return a copy of the small guideline with one edit of a condition."""
    guideline_copy(folder)
    drawn = random.Random(seed)  # noqa: S311  a choice of edits
    file = folder / "ontology" / "record.ttl"
    text = file.read_text(encoding="utf-8")
    kind = list(KINDS)[seed % len(KINDS)]
    at = drawn.choice(list(re.finditer(KINDS[kind], text)))
    new = OTHER.get(at[1]) or str(max(0, int(at[1]) + drawn.choice((-3, -1, 1, 3))))
    file.write_text(text[: at.start(1)] + new + text[at.end(1) :], encoding="utf-8")
    return folder


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.exhaustive
def test_findings_after_an_edit_are_those_from_nothing(
    tmp_path: Path, warm: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    folder = edited(tmp_path / "guideline", seed)
    wanted, every = results(folder, on_disk=False)
    shutil.copytree(warm, tmp_path / "cache")
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    found, ran = results(folder, on_disk=True)
    assert found == wanted and ran <= every
    again, failing = results(folder, on_disk=True)
    refused = sum(case.invalid for case in load_cases(folder).cases)
    assert again == wanted and failing <= sum(f.name == "case-failed" for f in wanted) + refused


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("cases", "", ""),
        ("ontology/record.ttl", "cp:askOrder 10 ;", "cp:askOrder 11 ;"),
        ("shapes/record.ttl", "sh:maxInclusive 10", "sh:maxInclusive 9"),
    ],
    ids=["expectation", "guideline", "shape"],
)
def test_case_is_run_again_where_anything_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    folder = guideline_copy(tmp_path / "guideline")
    _, first = results(folder, on_disk=True)
    _, second = results(folder, on_disk=True)
    assert second < first / 3
    if file == "cases":
        for own in (folder / "cases").glob("*.json"):
            own.write_text(re.sub(r'"note": "', '"note": "edited: ', own.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        replace_once(folder / file, old, new)
    assert results(folder, on_disk=True)[1] == first


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shapes/record.ttl", "sh:maxInclusive 10", "sh:maxInclusive 1"),
        ("shapes/record.ttl", "sh:closed true", "sh:closed false"),
        ("ontology/record.ttl", '"pain score"@en', '"score of pain"@en'),
    ],
    ids=["bound", "closed", "field"],
)
def test_validity_is_that_of_the_shapes_and_fields_as_they_are(
    tmp_path: Path, warm: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> None:
    folder = guideline_copy(tmp_path / "guideline")
    replace_once(folder / file, old, new)
    shutil.copytree(warm, tmp_path / "cache")
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    wanted, _ = results(folder, on_disk=False)
    assert results(folder, on_disk=True)[0] == wanted == results(folder, on_disk=True)[0]


def test_no_record_is_validated_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    records = [case.record for case in load_cases(ANKLE).cases]
    service = GuidelineService(ANKLE)
    kept = KeptValidity(service)
    wanted = [[(f.name, f.message, f.field) for f in service.validate(record)] for record in records]
    assert [[(f.name, f.message, f.field) for f in kept.problems(record)] for record in records] == wanted
    kept.write()
    service = GuidelineService(ANKLE)
    monkeypatch.setattr(service, "validate", lambda _: pytest.fail("validated again"))
    again = KeptValidity(service)
    assert [[(f.name, f.message, f.field) for f in again.problems(record)] for record in records] == wanted


def test_validity_that_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_validity, "KEPT", 20)
    service = GuidelineService(ANKLE)
    for first in (0, 25):
        kept = KeptValidity(service)
        for number in range(first, first + 25):
            kept.problems({"patientId": f"p{number}"})
        kept.write()
    (file,) = (tmp_path / "cache" / "validity").iterdir()
    assert len(json.loads(read_kept(file) or "")) == 20


def test_damaged_results_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    found, first = results(ANKLE, on_disk=True)
    for file in [*(tmp_path / "cache" / "cases").iterdir(), *(tmp_path / "cache" / "validity").iterdir()]:
        file.write_text("{", encoding="utf-8")
    assert results(ANKLE, on_disk=True) == (found, first)


@pytest.mark.long
def test_packaged_guideline_has_the_findings_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = guideline_copy(tmp_path / "guideline", packaged_folder())
    guideline_copy(folder / "tests", TESTS, ("cases",))
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    results(folder, on_disk=True)
    file = folder / "ontology" / "situations.ttl"
    text = file.read_text(encoding="utf-8")
    bounds = list(re.finditer(r"xsd:m\w+clusive (\d+)", text))
    for at in bounds[:: len(bounds) // 6]:
        file.write_text(f"{text[: at.start(1)]}{int(at[1]) + 1}{text[at.end(1) :]}", encoding="utf-8")
        wanted, every = results(folder, on_disk=False)
        found, ran = results(folder, on_disk=True)
        assert found == wanted and ran < every


def test_terms_that_did_not_change_are_not_validated_in_a_new_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    folder = guideline_copy(tmp_path / "guideline")
    assert [f for f in check_well_made(folder) if f.severity != "note"] == []
    seen: list[set[str]] = []
    validate = ShapeCheck._validate

    def noted(check: ShapeCheck, triples: Iterable[ox.Triple]) -> dict[str, list[str]]:
        triples = list(triples)
        seen.append({t.subject.value for t in triples if t.predicate.value != RDFS + "subClassOf"})
        return validate(check, triples)

    monkeypatch.setattr(ShapeCheck, "_validate", noted)
    replace_once(folder / "ontology" / "record.ttl", '"pain score"@en', '"pain score"')
    found = check_well_made(folder)
    assert "language-missing" in {f.name for f in found}
    assert len(seen) == 1 and any("painScore" in term for term in seen[0]) and len(seen[0]) < 30
    assert check_well_made(folder) == found and len(seen) == 1


def test_blank_nodes_have_no_name_in_what_is_kept() -> None:
    one, two, term, named = ox.BlankNode(), ox.BlankNode(), ox.NamedNode("urn:a"), ox.NamedNode("urn:p")
    assert plain_texts([ox.Triple(term, named, one)]) == plain_texts([ox.Triple(term, named, two)])
    several = plain_texts([ox.Triple(term, named, one), ox.Triple(term, named, two)])
    assert len(several) == 2 and several == plain_texts([ox.Triple(term, named, ox.BlankNode()) for _ in range(2)])
    assert plain_texts([ox.Triple(term, named, ox.Literal("[]"))]) != plain_texts([ox.Triple(term, named, one)])
    twice = [ox.Triple(term, predicate, one) for predicate in (named, ox.NamedNode("urn:q"))]
    assert plain_texts(twice) != plain_texts([ox.Triple(t.subject, t.predicate, ox.BlankNode()) for t in twice])


@pytest.mark.slow
def test_file_that_is_formatted_is_not_formatted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    folder = guideline_copy(tmp_path / "guideline")
    assert check_well_made(folder) == check_well_made(folder)
    asked: list[str] = []

    def noted(program: str, text: str) -> str | None:
        asked.append(text)
        return formatted(program, text)

    monkeypatch.setattr(texts, "formatted", noted)
    replace_once(folder / "ontology" / "record.ttl", "ank:painScore a ", "ank:painScore   a ")
    found = [check_well_made(folder) for _ in range(2)]
    assert [f.name for f in found[0] if f.name == "formatting"] == ["formatting"] and found[0] == found[1]
    assert len(asked) == 2 and len(set(asked)) == 1
