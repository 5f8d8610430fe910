"""A contradiction is reported with the fewest statements that cause it, each with its line, with and without HermiT."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg.authoring.reasoning import causes, hermit, soundness
from lrp_kg.authoring.reasoning.clashes import plain_clashes
from lrp_kg.authoring.reasoning.contradiction import smallest_contradiction
from lrp_kg.authoring.reasoning.soundness import check_soundness
from lrp_kg.authoring.reasoning.statements import OwlStatement
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import files_to_check, packaged_folder
from lrp_kg.guideline.modules import read_modules
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE, TESTS

FAULTS: dict[str, dict[str, Any]] = tomllib.loads(
    (TESTS / "broken" / "contradictions.toml").read_text(encoding="utf-8")
)
needs_hermit = pytest.mark.skipif(bool(hermit.why_not()), reason="no Java, or no owlready2")
WITHOUT = [name for name, fault in FAULTS.items() if fault["without"]]
QUICK = ("functional-number-with-two-values", "literal-outside-its-range", "denied-and-asserted")
"""Those that are tried without HermiT in ``make test``."""
RECORD = "ontology/record.ttl"


def faulty(folder: Path, name: str) -> Path:
    guideline_copy(folder, ANKLE, ("ontology", "shapes"))
    fault, file = FAULTS[name], folder / RECORD
    if "find" in fault:
        replace_once(file, fault["find"], fault["replace"])
    else:
        file.write_text(file.read_text(encoding="utf-8") + fault["add"], encoding="utf-8")
    return folder


def assert_explained(name: str, folder: Path, found: list[Finding]) -> None:
    fault = FAULTS[name]
    (finding,) = found
    never = fault.get("never")
    assert finding.name == ("unsatisfiable-class" if never else "ontology-inconsistent")
    assert not never or finding.message.startswith(f"{never}: cannot have a member, because of ")
    lines = (folder / RECORD).read_text(encoding="utf-8").splitlines()
    named = [int(n) for n in re.findall(r"\(record\.ttl:(\d+)\)", finding.message)]
    said = [lines[n - 1] for n in named]
    if never:  # a cause may be said in another way that is as short
        assert any(never in s or "owl:equivalentClass" in s or "rdfs:subClassOf" in s for s in said)
    else:
        assert len(said) == len(fault["lines"]), finding.message
        for line in fault["lines"]:
            assert any(start in s for start in line.split("|") for s in said), (line, finding.message)
        assert finding.where == f"{folder / RECORD}:{named[0]}" and named == sorted(named)
    assert len(finding.message) < 700 and "class expression" not in finding.message


def test_there_are_many_kinds() -> None:
    assert len(FAULTS) >= 14 and len(WITHOUT) >= 10 and set(QUICK) < set(WITHOUT)


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in WITHOUT])
def test_cause_is_found_without_hermit(tmp_path: Path, name: str) -> None:
    folder = faulty(tmp_path, name)
    assert_explained(name, folder, check_soundness(folder, hermit=False))


@needs_hermit
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n if n == "range-without-a-number" else pytest.param(n, marks=pytest.mark.long) for n in FAULTS]
)
def test_cause_is_found_with_hermit(tmp_path: Path, name: str) -> None:
    folder = faulty(tmp_path, name)
    assert_explained(name, folder, check_soundness(folder, hermit=True))


@needs_hermit
@pytest.mark.long
def test_cause_is_found_in_the_packaged_guideline(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path, packaged_folder(), ("ontology", "shapes"))
    file = folder / RECORD
    text = file.read_text(encoding="utf-8")
    listed = re.search(r"owl:oneOf \( \S+ (?=\S+ \S+)", text)
    assert listed
    file.write_text(text[: listed.start()] + "owl:oneOf ( " + text[listed.end() :], encoding="utf-8")
    (finding,) = check_soundness(folder, hermit=True)
    assert finding.name == "ontology-inconsistent" and finding.message.startswith("These 3 statements contradict")
    assert finding.where == f"{file}:{text.count(chr(10), 0, listed.start()) + 1}"


# -- parts ---------------------------------------------------------------------------------------------------


def statement(number: int, *objects: int) -> OwlStatement:
    nodes = [ox.NamedNode(f"urn:x:{n}") for n in (number, *objects)]
    return OwlStatement(tuple(ox.Triple(nodes[0], ox.NamedNode("urn:x:p"), node) for node in nodes[1:]))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("is_near", [True, False])
def test_no_statement_of_a_smallest_contradiction_can_be_left_out(seed: int, is_near: bool) -> None:
    drawn = random.Random(seed)  # noqa: S311  a choice of statements
    every = [statement(n, drawn.randrange(100), drawn.randrange(100)) for n in range(drawn.choice((5, 70, 300)))]
    wanted = [frozenset(drawn.sample(range(len(every)), drawn.randint(1, 5))) for _ in range(2)]
    clashes = [{t for n in numbers for t in every[n].triples} for numbers in wanted]
    asked = 0

    def first(sets: Sequence[Sequence[ox.Triple]]) -> int | None:
        nonlocal asked
        asked += 1
        return next((n for n, own in enumerate(sets) if any(c <= set(own) for c in clashes)), None)

    near = every[min(wanted[0])].terms[:1] if is_near else ()
    found = smallest_contradiction(every, near, first)
    assert {t for s in found for t in s.triples} in clashes
    assert len(found) in map(len, wanted) and asked <= 4 * (len(found) + 1)
    assert smallest_contradiction(every, near, lambda _: None) == []


def test_contradiction_is_larger_where_the_time_is_over() -> None:
    every = [statement(n, 0) for n in range(6)]
    assert smallest_contradiction(every, (), lambda _: 0, seconds=0) == every


def test_good_guidelines_have_no_plain_contradiction() -> None:
    for folder in (packaged_folder(), ANKLE):
        modules, _ = read_modules(files_to_check(folder))
        assert list(plain_clashes([t for m in modules for t in m.triples])) == []


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("1", "01", False),
        ("1", "2", True),
        ("true", '"1"^^xsd:boolean', False),
        ("true", "false", True),
        ('"a"', '"b"', True),
        ('"2020-01-01"^^xsd:date', '"2020-01-02"^^xsd:date', True),
        ("1.0", "1", False),
        ("1", '"1"', True),
        ('"a"@en', '"b"@nl', False),
        ('"x"^^<urn:type>', '"y"^^<urn:type>', False),
    ],
)
def test_two_values_contradict_each_other_only_if_they_differ_for_sure(first: str, second: str, differ: bool) -> None:
    text = (
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
        f"<urn:p> a owl:FunctionalProperty . <urn:a> <urn:p> {first} , {second} ."
    )
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    assert bool(list(plain_clashes(triples))) == differ


def test_contradiction_is_reported_where_no_cause_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = faulty(tmp_path, "same-and-different")
    monkeypatch.setattr(causes, "smallest_contradiction", lambda *_: [])
    found = check_soundness(folder, hermit=False)
    assert {f.name for f in found} == {"ontology-inconsistent"}
    assert "severity-slight" in found[0].message and found[0].where


def test_hermit_that_fails_on_the_way_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Any) -> soundness.Judgement:
        raise hermit.HermitFailed("it took longer than 1 second.")

    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(soundness, "_ask_about_facts", failing)
    found = check_soundness(faulty(tmp_path / "guideline", "literal-outside-its-range"), hermit=True)
    assert [f.name for f in found] == ["ontology-inconsistent", "hermit-not-run"]
