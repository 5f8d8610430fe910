"""``check`` reports each fault of `broken/faults.toml` by name and position, and nothing else."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from lrp_kg import GuidelineService
from lrp_kg.authoring.cases.files import load_cases
from lrp_kg.authoring.check import texts
from lrp_kg.authoring.check.shapes import ShapeCheck
from lrp_kg.authoring.check.wellmade import author_shapes, check_well_made
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import files_to_check, guideline_files, vocabulary_file
from lrp_kg.guideline.index import iri, read_turtle
from lrp_kg.guideline.modules import read_modules
from lrp_kg.guideline.positions import Positions
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, SH, local_name
from tests.support.bench import GOOD, Bench, Fault, copy, guideline_of, place, put
from tests.support.paths import TESTS

pytestmark = pytest.mark.exhaustive

FAULTS: list[Fault] = tomllib.loads((TESTS / "broken" / "faults.toml").read_text(encoding="utf-8"))["fault"]
KEYS = {"id", "guideline", "file", "find", "replace", "finding", "at", "line", "also", "alone"}


def broken(folder: Path, fault: Fault) -> Path:
    """Copy a good guideline and put one fault in it."""
    copy(folder, fault.get("guideline", "ankle-sprain"))
    put(folder, fault)
    return folder


def test_faults_are_well_formed() -> None:
    assert len(FAULTS) >= 40
    assert len({fault["id"] for fault in FAULTS}) == len(FAULTS)
    assert all(set(fault) <= KEYS and fault["find"] != fault["replace"] for fault in FAULTS)
    assert len({fault["finding"] for fault in FAULTS}) >= 40


def is_alone(fault: Fault) -> bool:
    """Return whether a fault cannot be put in with others: it says so, or is a syntax error, which hides the others."""
    return bool(fault.get("alone")) or fault["finding"] in ("turtle-syntax", "prefix-not-declared")


TOGETHER = {"ankle-sprain": 16, "low-back-pain": 7}
"""How many faults of a guideline are put into it at once."""
LONG = {
    "case-fails-low-back-pain",
    "option-swallowed-by-an-exit",
    "overlap-undeclared-low-back-pain",
    "threshold-gap-low-back-pain",
    "unsatisfiable-by-two-values",
}
"""Take ten seconds, since conditions of the packaged guideline are judged anew; the other has such faults too."""


def among_others(name: str) -> Iterator[list[Fault]]:
    """Yield the faults of a guideline that can be put in together, as many at a time."""
    faults = [f for f in FAULTS if guideline_of(f) == name and not is_alone(f) and f["id"] not in LONG]
    for start in range(0, len(faults), TOGETHER[name]):
        yield faults[start : start + TOGETHER[name]]


def crowded_out() -> set[str]:
    """Return the faults that change a text which an earlier one of the same group takes: they are put in alone."""
    found: set[str] = set()
    for group in (g for name in TOGETHER for g in among_others(name)):
        for number, fault in enumerate(group):
            before = [f for f in group[:number] if f["file"] == fault["file"] and f["id"] not in found]
            if any(f["find"] in fault["find"] or fault["find"] in f["find"] for f in before):
                found.add(fault["id"])
    return found


CROWDED_OUT = crowded_out()


def by_itself(fault: Fault) -> bool:
    """Return whether a fault is in no group of others."""
    return is_alone(fault) or fault["id"] in CROWDED_OUT


def assert_reported(folder: Path, faults: list[Fault], findings: list[Finding]) -> None:
    """Each fault is reported by name and position, and nothing else."""
    found = [f for f in findings if f.severity != "note"]
    for fault in faults:
        same = [f for f in findings if f.name == fault["finding"]]
        assert same, (fault["id"], [(f.name, f.where, f.message) for f in found])
        wanted = str(folder / fault.get("at", fault["file"]))
        places = [place(f) for f in same]
        assert any(file == wanted and fault.get("line", "") in line for file, line in places), (fault["id"], places)
    expected = {name for fault in faults for name in (fault["finding"], *fault.get("also", ()))}
    others = {f.name for f in found} - expected
    assert not others, [(f.name, f.where, f.message) for f in found if f.name in others]


LEAST = {"ankle-sprain": 35, "low-back-pain": 700}
"""How many cases a guideline has at least."""


@pytest.mark.parametrize("name", GOOD)
def test_no_false_alarm(name: str, benches: Callable[[str], Bench]) -> None:
    """Nothing is wrong with a good guideline, and it passes its cases."""
    bench = benches(name)
    result = bench.result()
    assert [f for f in result.findings if f.severity != "note"] == []
    assert "right" in result.seconds
    assert len(load_cases(bench.folder).cases) >= LEAST[name]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            f, id=f["id"], marks=[] if by_itself(f) and guideline_of(f) == "ankle-sprain" else [pytest.mark.long]
        )
        for f in FAULTS
    ],
)
def test_fault_is_reported(fault: Fault, benches: Callable[[str], Bench]) -> None:
    """In ``make test`` those that cannot be among others; the others are reported below, many at a time."""
    bench = benches(guideline_of(fault))  # its cache still has the previous fault
    put(bench.folder, fault)
    assert_reported(bench.folder, [fault], bench.look())


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f["id"])
def test_fresh_check_reports_the_same(fault: Fault, benches: Callable[[str], Bench]) -> None:
    bench = benches(guideline_of(fault))
    put(bench.folder, fault)
    assert_reported(bench.folder, [fault], bench.check())


def groups() -> Iterator[Any]:
    """Yield many faults at a time of one guideline; those that hide others are separate."""
    for name, size in TOGETHER.items():
        faults = [f for f in FAULTS if guideline_of(f) == name]
        syntax = [f for f in faults if f["finding"] in ("turtle-syntax", "prefix-not-declared")]
        alone = [f for f in faults if is_alone(f) and f not in syntax]
        by_size = [some[start : start + size] for some in (syntax, alone) for start in range(0, len(some), size)]
        for some in (*by_size, *among_others(name)):
            group = [f for f in some if f["id"] not in CROWDED_OUT]
            yield pytest.param(group, id=f"{name}-{group[0]['id']}")


@pytest.mark.slow
@pytest.mark.parametrize("faults", [*groups()])
def test_fresh_check_of_several_faults_reports_the_same(faults: list[Fault], benches: Callable[[str], Bench]) -> None:
    """All faults but a few that can be among others are reported here; `make long` tests all, one by one.

    A check of the large guideline from nothing takes long: it is compared with others in `make long`.
    """
    name = guideline_of(faults[0])
    bench = benches(name)
    together = name == "low-back-pain" or not is_alone(faults[0])
    for fault in faults:
        if together or (bench.folder / fault["file"]).read_text().count(fault["find"]) == 1:
            put(bench.folder, fault)
    found = bench.in_new_process() if name == "low-back-pain" else bench.check()
    if together:
        assert_reported(bench.folder, faults, found)


EDITS: list[dict[str, Any]] = json.loads((TESTS / "comparison" / "edits.json").read_text(encoding="utf-8"))


def rounds() -> Iterator[Any]:
    """Yield eight edits at a time of the small guideline; in ``make long`` each of both guidelines, alone."""
    small = [e for e in EDITS if e["guideline"] != "low-back-pain"]
    for start in range(0, len(small), 8):
        some = small[start : start + 8]
        yield pytest.param(some, id=some[0]["name"], marks=pytest.mark.slow)
    for edit in EDITS:
        yield pytest.param([edit], id=f"{edit['name']}, alone", marks=pytest.mark.long)


def edited(folder: Path, edit: dict[str, Any]) -> dict[Path, str] | None:
    """Return the new texts of the files that an edit changes; None if an earlier edit took what it begins from."""
    texts: dict[Path, str] = {}
    for name, anchor, old, new in edit["substitutions"]:
        file = folder / name
        text = texts.get(file) or file.read_text(encoding="utf-8")
        at = text.find(old, text.find(anchor)) if anchor in text else -1
        if at < 0:
            return None
        texts[file] = text[:at] + new + text[at + len(old) :]
    return texts


@pytest.mark.parametrize("edits", [*rounds()])
def test_findings_after_an_edit_are_those_of_a_fresh_check(
    edits: list[dict[str, Any]], benches: Callable[[str], Bench]
) -> None:
    bench = benches(edits[0]["guideline"])
    bench.look()
    for number, edit in enumerate(edits):
        changed = edited(bench.folder, edit)
        if changed is None:
            bench.restore()
            changed = edited(bench.folder, edit)
            assert changed is not None, f"the guideline has no longer what {edit['name']!r} changes"
        for file, text in changed.items():
            file.write_text(text, encoding="utf-8")
        if number + 1 < len(edits):
            bench.look()
    bench.check()


# -- the shapes for authors ---------------------------------------------------------------------------------

SHAPES = author_shapes(GOOD["low-back-pain"])
CHECKS = sorted(s.value for s in read_turtle([SHAPES]).by_subject if local_name(s.value).startswith("check-"))


def triples_of(*files: Path) -> list[ox.Triple]:
    return [quad.triple for file in files for quad in ox.parse(path=str(file), rename_blank_nodes=True)]


def test_every_check_has_a_name_a_message_and_a_target() -> None:
    graph = read_turtle([SHAPES])
    used = {o.value for p in graph.by_subject.values() for o in p.get(SH + "sparql", [])}
    assert len(CHECKS) >= 60
    for check_iri in CHECKS:
        predicates = graph.of(iri(check_iri))
        name = predicates[DCTERMS + "identifier"][0].value
        assert name == name.lower() and " " not in name
        assert any(m.language == "en" and m.value.endswith(".") for m in predicates[SH + "message"])
        assert check_iri in used or {SH + "targetClass", SH + "targetSubjectsOf"} & predicates.keys()


@pytest.fixture(scope="module")
def broken_terms() -> set[tuple[str, str]]:
    """Return the violations, as shape and term, in a module that violates every shape."""
    file = TESTS / "broken" / "terms.ttl"
    found = ShapeCheck(SHAPES, triples_of(file, vocabulary_file()), Positions([TurtleText.read(file)])).results()
    return {(shape, local_name(term)) for shape, term, _ in found}


@pytest.mark.parametrize("check_iri", CHECKS, ids=local_name)
def test_every_check_fails_at_least_once(check_iri: str, broken_terms: set[tuple[str, str]]) -> None:
    assert (check_iri, local_name(check_iri)) in broken_terms


def test_every_check_has_a_target_in_the_good_guideline() -> None:
    modules, _ = read_modules(files_to_check(GOOD["low-back-pain"]))
    graph = read_turtle([SHAPES])
    typed = {t.object for m in modules for t in m.triples if t.predicate.value == RDF + "type"}
    targets = {o.value for p in graph.by_subject.values() for o in p.get(SH + "targetClass", [])}
    assert {t for t in targets if ox.NamedNode(t) not in typed} == {CP + "Value"}, "its values have a subclass"


@pytest.mark.slow
@pytest.mark.parametrize("every", [pytest.param(6, id="some SPARQL"), pytest.param(1, marks=pytest.mark.long)])
def test_pyshacl_can_run_the_shapes(every: int) -> None:
    """pySHACL with rdflib, SPARQL included, finds only the one fault in the data."""
    data, shapes = rdflib.Graph(), rdflib.Graph().parse(SHAPES)
    for file in [*GOOD["ankle-sprain"].glob("ontology/*.ttl"), vocabulary_file()]:
        data.parse(file)
    data.remove(next(data.triples((None, rdflib.RDFS.label, rdflib.Literal("scan", lang="nl")))))
    labels = rdflib.URIRef(CP + "check-labels-in-each-language")
    queries = sorted(set(shapes.objects(None, rdflib.SH.sparql)))
    for query in {*queries} - {*queries[::every], labels}:
        shapes.remove((None, rdflib.SH.sparql, query))
    _, report, text = pyshacl.validate(data, shacl_graph=shapes)
    assert isinstance(report, rdflib.Graph)
    found = list(report.objects(None, rdflib.SH.sourceConstraint)) + list(report.objects(None, rdflib.SH.sourceShape))
    assert len(list(report.objects(None, rdflib.SH.result))) == 1, text
    assert labels in found, text


def test_folder_uses_its_own_shapes_or_the_packaged_ones(tmp_path: Path) -> None:
    folder = copy(tmp_path / "guideline", "ankle-sprain")
    assert author_shapes(folder) == SHAPES
    own = folder / "shapes" / "guideline.ttl"
    own.write_text(SHAPES.read_text(encoding="utf-8").replace("sh:targetClass cp:Actor ,", "sh:targetClass "))
    assert author_shapes(folder) == own
    before = GuidelineService(GOOD["ankle-sprain"])
    after = GuidelineService(folder)
    assert after.guideline.content_hash == before.guideline.content_hash, "the reader of records ignores them"
    assert after.validate({"painScore": 11}) == before.validate({"painScore": 11})


# -- the catalogue, positions, uses ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_catalogue_lists_every_module(name: str) -> None:
    folder = GOOD[name] / "ontology"
    catalogue = ElementTree.parse(folder / "catalog-v001.xml")  # noqa: S314 - our own file
    entries = {e.get("name"): e.get("uri") for e in catalogue.getroot()}
    modules, _ = read_modules(files_to_check(GOOD[name]))
    ours = [m for m in modules if m.is_within(GOOD[name]) and m.is_ontology]
    assert len(ours) >= 2
    for module in ours:
        (header,) = module.ontologies
        version = next(t.object.value for t in module.triples if t.predicate.value == OWL + "versionIRI")
        assert entries[header] == entries[version] == module.file.name


def test_positions_give_definition_and_uses_of_a_term() -> None:
    positions = Positions(map(TurtleText.read, guideline_files(GOOD["low-back-pain"])))
    term = "https://w3id.org/lrp-kg/low-back-pain#NoExit"
    file, line = positions.where(term).rsplit(":", 1)
    assert Path(file).name == "situations.ttl", "not the labels, which only describe it"
    assert Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1] == "lrp:NoExit a owl:Class ;"
    uses = positions.uses(term)
    assert len(uses) >= 9
    for use in uses:
        file, line, column = use.rsplit(":", 2)
        text = Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        assert text[int(column) - 1 :].startswith("lrp:NoExit")
    assert positions.where("https://example.org/nowhere") == ""
    assert positions.uses("https://example.org/nowhere") == []


def test_syntax_errors_of_all_files_are_reported_with_the_line(tmp_path: Path) -> None:
    folder = copy(tmp_path / "guideline", "ankle-sprain")
    for part in ("ontology/record.ttl", "ontology/pathway.ttl", "shapes/record.ttl"):
        file = folder / part
        file.write_text(file.read_text(encoding="utf-8") + '\nank:broken "here" .\n', encoding="utf-8")
    found = check_well_made(folder)
    assert [f.name for f in found] == ["turtle-syntax"] * 3
    assert all('ank:broken "here" .' in f.message for f in found)
    assert {Path(f.where.split(":")[0]).name for f in found} == {"record.ttl", "pathway.ttl"}


def test_values_that_differ_pair_by_pair_need_no_all_different(tmp_path: Path) -> None:
    """An ontology editor writes an owl:AllDifferent of two members as owl:differentFrom."""
    folder = copy(tmp_path / "guideline", "ankle-sprain")
    file = folder / "ontology" / "record.ttl"
    text = file.read_text(encoding="utf-8")
    a, b, c = (f"ank:severity-{name}" for name in ("slight", "partial", "complete"))
    axiom = f"[] a owl:AllDifferent ;\n    owl:distinctMembers ( {a} {b} {c} ) ."
    assert axiom in text
    pairs = f"{a} owl:differentFrom {b} , {c} .\n\n{c} owl:differentFrom {b} ."
    file.write_text(text.replace(axiom, pairs), encoding="utf-8")
    assert check_well_made(folder) == []


def test_note_says_that_turtlefmt_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "formatter", lambda: None)
    found = check_well_made(GOOD["ankle-sprain"])
    assert [(f.name, f.severity) for f in found] == [("formatting-not-checked", "note")]
    assert check_well_made(GOOD["ankle-sprain"], formatting=False) == []


@pytest.mark.slow
def test_similar_or_replacing_term_is_named(tmp_path: Path) -> None:
    fault = next(f for f in FAULTS if f["id"] == "term-not-declared")
    (finding,) = [f for f in check_well_made(broken(tmp_path / "guideline", fault)) if f.name == "term-not-declared"]
    assert finding.message == "actor-pateint: is used but not declared. Did you mean ank:actor-patient?"
    fault = next(f for f in FAULTS if f["id"] == "term-deprecated")
    found = [f for f in check_well_made(broken(tmp_path / "other", fault)) if f.name == "term-deprecated"]
    assert {f.message for f in found} == {"aids-tape: is deprecated. Use aids-brace."}
    assert len(found) == 3, "every use is reported"
