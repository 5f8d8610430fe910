"""What the service is measured against in process, each made from the same guideline files."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import owlrl
import pyshacl
import rdflib
import zen
import zenmodel
from rdflib.namespace import RDF

from lrp_kg.answer.service import GuidelineService
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, class_variable, record_query
from lrp_kg.namespaces import PATIENT_RECORD
from lrp_kg.record.model import Record

Json = dict[str, Any]
PARTS = ("parsing", "owlrl closure", "shapes and pySHACL", "query")
sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))  # rdflib's algebra: one level per BIND


class Naive:
    """The pipeline a user would write first, and a more careful one that keeps all that does not change.

    Both are given the derived integers: computing them is not measured, which favours them.
    """

    def __init__(self, service: GuidelineService) -> None:
        self.service = service
        folder = service.guideline.folder
        self.ontology_files = sorted((folder / "ontology").glob("*.ttl"))
        self.shape_files = [folder / "shapes" / "record.ttl"]  # only the shapes that a record needs
        assert self.ontology_files and self.shape_files
        self.query = record_query(service.assessor.program)
        self.context = service.reader.context
        self.shapes = parse_files(self.shape_files)
        self.parts: dict[str, list[float]] = {}
        self._prepared: Any = None

    def everything(self, job: tuple[Json, Record]) -> dict[str, int]:
        """Parse ontology and record, close both under OWL RL, validate, query; return the verdict of each column."""
        record, known = job
        clock = [time.perf_counter()]
        graph = parse_files(self.ontology_files)
        own = self.record_graph(record)
        for triple in own:
            graph.add(triple)
        clock.append(time.perf_counter())
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
        clock.append(time.perf_counter())
        conforms, _, _ = pyshacl.validate(own, shacl_graph=parse_files(self.shape_files))
        assert conforms
        clock.append(time.perf_counter())
        rows = self._rows(self._complete(own, known).query(self.query))
        clock.append(time.perf_counter())
        for name, (start, end) in zip(PARTS, pairwise(clock), strict=True):
            self.parts.setdefault(name, []).append(end - start)
        return rows

    def careful(self, job: tuple[Json, Record]) -> dict[str, int]:
        """Parse the record, validate, run the prepared query: the ontology was closed and the query parsed before."""
        if self._prepared is None:
            from rdflib.plugins.sparql import prepareQuery

            self._prepared = prepareQuery(self.query)
        record, known = job
        own = self.record_graph(record)
        conforms, _, _ = pyshacl.validate(own, shacl_graph=self.shapes)
        assert conforms
        return self._rows(self._complete(own, known).query(self._prepared))

    def record_graph(self, record: Json) -> rdflib.Graph:
        document = {**record, "@context": self.context, "@type": "PatientRecord"}
        return rdflib.Graph().parse(data=json.dumps(document), format="json-ld")

    @staticmethod
    def _complete(own: rdflib.Graph, known: Record) -> rdflib.Graph:
        subject = own.value(None, RDF.type, rdflib.URIRef(PATIENT_RECORD))
        assert subject is not None
        for name, value in known.values.items():
            term = rdflib.URIRef(value) if isinstance(value, str) else rdflib.Literal(value)
            own.set((subject, rdflib.URIRef(name), term))
        return own

    @staticmethod
    def _rows(result: rdflib.query.Result) -> dict[str, int]:
        (binding,) = result.bindings
        names = [name for name in result.vars or [] if str(name) != "record"]
        found = {str(name): binding.get(name) for name in names}
        return {n: OPEN if v is None else TRUE if str(v) == "true" else FALSE for n, v in found.items()}

    def agrees(self, verdicts: dict[str, int], known: Record) -> bool:
        """Tell whether the service has the same verdict for every class."""
        assessor = self.service.assessor
        signature = assessor.signature(known)
        columns = [(class_variable(cls), cls) for s in assessor.program.steps for cls in s.classes]
        assert len(columns) == len(verdicts) > 100
        return all(assessor.verdicts.one(signature, cls) == verdicts[name] for name, cls in columns)


def parse_files(files: list[Path]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for file in files:
        graph.parse(file, format="turtle")
    return graph


class StockShacl:
    """pySHACL as its manual shows it, on a record graph that is there already."""

    def __init__(self, shapes: rdflib.Graph) -> None:
        self.shapes = shapes

    def __call__(self, graph: rdflib.Graph) -> bool:
        conforms, _, _ = pyshacl.validate(graph, shacl_graph=self.shapes)
        assert conforms
        return bool(conforms)


class Zen:
    """GoRules ZEN with a static loader, which compiles the model once."""

    def __init__(self) -> None:
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {"decisions": zenmodel.model()}}})

    def __call__(self, context: Json) -> Json:
        result: Json = self._engine.evaluate("decisions", context)["result"]
        return result

    def traced(self, context: Json) -> Json:
        """Evaluate with its trace: which rules matched, the nearest it has to an explanation."""
        result: Json = self._engine.evaluate("decisions", context, {"trace": True})["result"]
        return result


def context_of(service: GuidelineService, record: Json, known: Record) -> Json:
    """Return a record with its derived integers, as ZEN and the handwritten code take it."""
    derived = service.guideline.derived.values()
    return record | {d.id: known.values[d.iri] for d in derived if d.iri in known.values}


COMPARED = ("stage", "exit", "imaging", "management", "follow-up", "fedris-prevention")


def ours(service: GuidelineService, known: Record) -> Json:
    """Return what the service decides, in the form in which the contenders are compared."""
    found = service.assessor.assess(known, only=(*COMPARED, "profile"))
    results = {name: d.result for name, d in found.decisions.items()}
    data: Json = {name: "+".join(results[name].answers) or results[name].status for name in COMPARED}
    criteria = found.programmes["fedris-prevention"].criteria
    return data | {
        "profile": list(results["profile"].answers),
        "criteria": {c.criterion.id: {FALSE: False, TRUE: True}.get(c.verdict) for c in criteria},
    }
