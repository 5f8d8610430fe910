"""Loading records into a store: stored data, conflicts, interruptions, derivation after an edit, readers meanwhile."""

from __future__ import annotations

import gc
import json
import re
import shutil
import subprocess
import sys
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from lrp_kg import GuidelineService, cache
from lrp_kg.answer.run import Run
from lrp_kg.cli import main
from lrp_kg.errors import BrokenJson, RecordError, StoreError
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS, CLOSURE, DERIVED, RECORDS
from lrp_kg.logic.classify import Oxigraph
from lrp_kg.namespaces import CP, XSD
from lrp_kg.research.engine.forbidden import QueryGraphs
from lrp_kg.research.engine.model import Limits, Question
from lrp_kg.research.engine.store_dataset import StoreDataset
from lrp_kg.research.store import deriving, generations, loading, new_generation, staging
from lrp_kg.research.store.export import quads
from lrp_kg.research.store.generations import Store
from lrp_kg.research.store.loading import Report, load, needs_derivation, stored_records
from lrp_kg.research.store.opening import open_engine, staleness
from lrp_kg.research.store.predicates import homes_of
from lrp_kg.research.store.quads import QuadLines, derived_triples, name_record, record_triples, term_text
from lrp_kg.research.store.sources import Source, read_items
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE
from tests.support.stores import opened

pytestmark = pytest.mark.slow

PROV = "http://www.w3.org/ns/prov#"
PACKAGED: dict[str, Any] = {
    "assessmentDate": "2024-02-12",
    "onsetDate": "2024-01-08",
    "careLine": "first-line",
    "contact": "first-contact",
    "medications": ["nsaid", "opioid"],
    "spinalSurgeryDate": "2024-01-20",
}
"""A record of the packaged guideline."""

SEVERITIES = ("partial", "complete")
RECORD: dict[str, Any] = {
    "assessmentDate": "2025-04-08",
    "injuryDate": "2025-03-04",
    "deformity": False,
    "severity": "partial",
    "aids": ["crutches", "brace"],
    "surgeryDate": "2025-03-10",
}
"""A record of the second guideline, whose stores are made four times as fast: most tests ask nothing of the content."""

EARLIER: dict[str, Any] = {
    "created": "2025-11-28T21:16:09+00:00",
    "guideline": "ankle-sprain 0.9.0",
    "content": "9004ab7d802d421f8ce71028bf1be041",
    "package": "0.1.0",
    "records": 2,
    "loads": [
        {
            "activity": "https://w3id.org/lrp-kg/load/2fa37adde8c4c4eab38b7fe6f65c5ee7",
            "ended": "2025-11-28T21:16:09+00:00",
            "records": 2,
            "files": [{"name": "cohort.ndjson", "sha256": "c579df325333fc83"}],
        }
    ],
}
"""The description of a generation as written by lrp-kg 0.1.0."""


@pytest.fixture(scope="module")
def guideline(ankle: GuidelineService) -> Guideline:
    return ankle.guideline


def run(*arguments: object, input: str | None = None) -> Result:
    return CliRunner().invoke(main, ["load", *map(str, arguments), "--guideline", str(ANKLE)], input=input)


def ndjson(*records: dict[str, Any], name: str = "records.ndjson") -> Source:
    return Source(name, "\n".join(json.dumps(r) for r in records).encode() + b"\n")


def named(number: int, record: dict[str, Any] = RECORD, **more: Any) -> dict[str, Any]:
    return {"@id": f"https://example.org/{number}", **record, **more}


def count(store: StoreDataset, where: str) -> int:
    query = f"PREFIX cp: <{CP}> PREFIX prov: <{PROV}> SELECT (COUNT(*) AS ?n) {{ {where} }}"
    (row,) = store.query(query, QueryGraphs())
    return int(row["n"].value)


def lines(quads: Iterable[ox.Quad]) -> list[str]:
    return sorted(re.sub(r"_:\w+", "_:b", str(quad)) for quad in quads)


def to_the_first_format(folder: Path) -> None:
    """Make a store what it was in format 1: named graphs hold all that is in them."""
    current = Store(folder).current()
    earlier = ox.Store(str(folder / "earlier"))
    earlier.bulk_extend(quads(current))
    earlier.flush()
    del earlier
    shutil.rmtree(current.folder)
    (folder / "earlier").rename(current.folder)
    said = json.loads(current.description.read_text())
    del said["homes"]
    current.description.write_text(json.dumps(said))
    (folder / "lrp-kg.json").write_text('{"store": "lrp-kg", "format": 1}')


def dump(folder: Path) -> set[str]:
    """Return the quads of a store, without the provenance of its loads."""
    found = set()
    for quad in quads(Store(folder).current()):
        if quad.predicate.value.startswith(PROV) or isinstance(quad.subject, ox.BlankNode):
            continue
        if isinstance(quad.object, ox.BlankNode) or "/load/" in str(quad.subject) or "/software/" in str(quad.subject):
            continue
        found.add(str(quad))
    return found


@pytest.fixture(scope="module")
def folder(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of records of the packaged guideline."""
    folder = tmp_path_factory.mktemp("load") / "store"
    sent = ndjson(named(1, PACKAGED), PACKAGED, named(2, PACKAGED, redFlags="some"), {"x": 1})
    report = load(service.guideline, folder, [sent])
    assert (report.stored, report.unchanged, report.replaced, report.records) == (2, 0, 0, 2)
    assert [r["record"] for r in report.rejected] == ["records.ndjson: line 3", "records.ndjson: line 4"]
    assert {r["code"] for r in report.rejected} == {"invalid-record"}
    assert report.rejected[0]["findings"][0]["field"] == "redFlags"
    return folder


class TestStoredData:
    def test_records_are_stored_as_sent(self, folder: Path, service: GuidelineService) -> None:
        found = dict(stored_records(opened(folder).store, service.guideline, homes_of(service.guideline)))
        assert set(found) == {"https://example.org/1", name_record(service.reader.from_json(PACKAGED)).iri}
        assert service.assess(found["https://example.org/1"]) == service.assess(  # type: ignore[arg-type]
            service.reader.from_json(named(1, PACKAGED))
        )

    def test_derived_values_are_stored(self, folder: Path, service: GuidelineService) -> None:
        store = opened(folder)
        ns = service.guideline.namespace
        rows = list(store.homes.triples(store.store, DERIVED, ox.NamedNode("https://example.org/1")))
        values = {q.predicate.value.removeprefix(ns): q.object.value for q in rows}  # type: ignore[union-attr]
        assert values["painDays"] == "35"
        assert values["spinalSurgery"] == "true"
        assert len([v for k, v in values.items() if k.startswith("takes")]) == 6

    def test_default_graph_has_all_data(self, folder: Path) -> None:
        store = opened(folder)
        assert count(store, "?a a cp:Assessment") == 2
        assert count(store, f"GRAPH <{ANSWERS}> {{ ?a a cp:Assessment }}") == 2
        assert count(store, f"GRAPH <{RECORDS}> {{ ?r a cp:PatientRecord }}") == 2
        assert count(store, "?d a cp:Decision") > 10
        assert count(store, f"GRAPH <{CLOSURE}> {{ ?s ?p ?o }}") > 20_000

    def test_equal_results_are_stored_once(self, folder: Path) -> None:
        store = opened(folder)
        decisions = count(store, "?a cp:decisionResult ?r")
        assert decisions == 2 * count(store, "?r a cp:DecisionResult")

    def test_provenance_is_stored(self, folder: Path, service: GuidelineService) -> None:
        store, guideline = opened(folder), service.guideline
        wanted = "?a a cp:Assessment ; prov:wasDerivedFrom ?r ; prov:wasGeneratedBy ?x . ?r a cp:PatientRecord . "
        assert (
            count(store, wanted + "?x prov:endedAtTime ?t ; prov:wasAssociatedWith ?s . ?s a prov:SoftwareAgent") == 2
        )
        version = f"{guideline.iri.replace('#', '/')}/{guideline.version}"
        assert count(store, f"?a prov:wasDerivedFrom <{version}>") == 2


def test_uncertain_dates_are_stored_and_found(service: GuidelineService, tmp_path: Path) -> None:
    """A week is derived where all days agree; one possible day is the date; the answer is that to the record sent."""
    onsets = (
        "2024-01",
        {"earliest": "2024-01-02", "latest": "2024-01-08"},
        {"earliest": "2024-02-12", "latest": "2024-03-01"},
    )
    guideline = service.guideline
    sent = [named(number, PACKAGED, onsetDate=onset) for number, onset in enumerate(onsets)]
    del sent[2]["spinalSurgeryDate"]
    assert load(guideline, tmp_path / "store", [ndjson(*sent)]).stored == 3
    store = opened(tmp_path / "store")
    ns = guideline.namespace
    assert count(store, f"?r <{ns}onsetDateEarliest> ?first ; <{ns}onsetDateLatest> ?last") == 3
    assert count(store, f"?r <{ns}painWeek> ?week") == 2
    assert count(store, f"?r <{ns}painDays> 0 ; <{ns}onsetDate> ?day") == 1
    found = dict(stored_records(store.store, guideline, store.homes))
    assert len(found) == 3
    for record in sent:
        stored = found[record["@id"]]
        assert service.assess(stored) == service.assess(record)  # type: ignore[arg-type]


def test_written_lines_are_quads(service: GuidelineService) -> None:
    raw = service.reader.from_json(named(1, PACKAGED, id='a "quoted" \\ name with <signs> and é'))
    item = name_record(raw)
    record = service.read(raw)
    triples = [*record_triples(item), *derived_triples(item, record, service.guideline)]
    text = "".join(QuadLines(homes_of(service.guideline)).of(triples, RECORDS))
    parsed = list(ox.parse(text, format=ox.RdfFormat.N_QUADS))
    assert len(parsed) == len(text.splitlines())
    assert 'a "quoted" \\ name with <signs> and é' in {getattr(q.object, "value", "") for q in parsed}


@pytest.mark.parametrize("kind", ["date", "integer", "boolean", "decimal", "string", "anyURI"])
def test_terms_are_written_as_oxigraph_writes_them(kind: str) -> None:
    for text in ("2024-02-29", "-5", "+7.50", "true", "", "a b", 'a"b', "a\\b", "é", "1\n", "<x>", "A:b-c.d"):
        written = str(ox.Literal(text, datatype=ox.NamedNode(XSD + kind)))
        assert term_text(Node("literal", text, XSD + kind)) == written


def test_records_of_a_guideline_with_few_keys_ask_nothing(
    guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = Oxigraph.rows
    monkeypatch.setattr(Oxigraph, "rows", lambda self, query: asked.append(query) or rows(self, query))
    deriver = deriving.Deriver(deriving.Job(guideline.folder, "https://example.org/load", homes_of(guideline)))
    asked.clear()
    for first in (1, 40):  # the second time each day goes with the other severity
        days = range(1, 20)
        records = [named(first + n, injuryDate=f"2025-03-{n:02}", severity=SEVERITIES[(first + n) % 2]) for n in days]
        sent = list(read_items(guideline, [ndjson(*records)]))
        assert sum(bool(item.lines) for item in deriver.batch(sent).items) == 19
        assert not asked


def test_valid_records_ask_no_judge(guideline: Guideline) -> None:
    """What is known to conform is in the cache, so that no process that loads imports pySHACL for it."""
    deriver = deriving.Deriver(deriving.Job(guideline.folder, "https://example.org/load", homes_of(guideline)))
    sent = list(read_items(guideline, [ndjson(named(1), named(2, severity="none"))]))
    assert [bool(item.lines) for item in deriver.batch(sent).items] == [True, False]
    assert "judge" in vars(deriver.service._validator)
    deriver = deriving.Deriver(deriving.Job(guideline.folder, "https://example.org/load", homes_of(guideline)))
    assert deriver.batch(sent[:1]).items[0].lines
    assert "judge" not in vars(deriver.service._validator)


def test_work_on_records_leaves_no_cycles(guideline: Guideline, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was worked out of a record is gone once its answer is there, without a collection of garbage."""
    kept: weakref.WeakSet[Run] = weakref.WeakSet()
    begin = Run.__init__

    def noted(self: Run, *given: Any, **named_ones: Any) -> None:
        begin(self, *given, **named_ones)
        kept.add(self)
        begun.append(len(kept))

    begun: list[int] = []
    monkeypatch.setattr(Run, "__init__", noted)
    deriver = deriving.Deriver(deriving.Job(guideline.folder, "https://example.org/load", homes_of(guideline)))
    sent = list(read_items(guideline, [ndjson(*(named(n) for n in range(5)))]))
    gc.disable()
    try:
        deriver.batch(sent)
    finally:
        gc.enable()
    assert begun == [1] * 5


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_new_store_needs_what_oxigraph_alone_does(
    guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "PIECE", 1 << 20)
    load(guideline, tmp_path / "store", [ndjson(*(named(n) for n in range(5)))])
    stored, alone = Store(tmp_path / "store").current().folder, tmp_path / "alone"
    bare = ox.Store(str(alone))
    bare.bulk_extend(ox.Store.read_only(str(stored)))
    bare.flush()
    del bare
    assert size(stored) < 1.05 * size(alone)


def test_lines_are_stored_in_pieces_unless_they_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PIECE", 20)
    files = [tmp_path / str(n) for n in range(5)]
    for file in files:
        file.write_bytes(b"0123456789")
    assert list(staging.pieces(files, 50)) == [files]
    assert list(staging.pieces(files, 49)) == [files[:2], files[2:4], files[4:]]
    assert list(staging.pieces([], 49)) == []


def test_batches_are_derived_here_and_in_other_processes_in_order(
    guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = deriving.Job(guideline.folder, "https://example.org/load", homes_of(guideline))
    sent = list(read_items(guideline, [ndjson(*(named(n) for n in range(16)))]))
    alone = deriving.Deriver(job).batch(sent)
    here: list[int] = []
    batch = deriving.Deriver.batch
    monkeypatch.setattr(deriving, "BATCH", 2)
    monkeypatch.setattr(deriving, "WORTH_IT", 4)
    monkeypatch.setattr(deriving.Deriver, "batch", lambda self, items: here.append(len(items)) or batch(self, items))
    found = list(deriving.derive(job, deriving.batches(iter(sent)), processes=2))
    assert [item for batch in found for item in batch.items] == alone.items
    assert 2 < len(here) < len(found) == 8
    assert {line for batch in found for line in batch.results.splitlines()} == set(alone.results.splitlines())


class TestLoadingAgain:
    def test_equal_record_is_unchanged(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1), RECORD)])
        before = Store(folder).current()
        report = load(guideline, folder, [ndjson(named(1), RECORD, RECORD, name="other.ndjson")])
        assert (report.stored, report.unchanged) == (0, 3)
        assert Store(folder).current() == before

    def test_equal_record_is_not_derived_again(
        self, guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        derived: list[object] = []
        read = GuidelineService.read
        monkeypatch.setattr(GuidelineService, "read", lambda *raw: derived.append(raw[1]) or read(*raw))
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1), RECORD, named(2, severity="none"))])
        assert len(derived) == 3
        report = load(guideline, folder, [ndjson(named(1), named(3), RECORD, named(2, severity="none"))])
        assert (report.stored, report.unchanged, len(report.rejected), len(derived)) == (1, 2, 1, 5)
        assert count(opened(folder), "?a a cp:Assessment") == 3

    def test_equal_record_with_something_wrong_beside_it_is_refused(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1), RECORD)])
        wrong = [named(1, shoeSize=43), named(1, aids=["crutches", "brace", 7]), {**RECORD, "shoeSize": 43}]
        report = load(guideline, folder, [ndjson(named(1), *wrong)])
        assert (report.stored, report.unchanged, len(report.rejected)) == (0, 1, 3)

    def test_equal_record_that_is_no_longer_valid_is_refused(
        self, guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "store"
        with monkeypatch.context() as patch:
            patch.setattr(GuidelineService, "read", lambda self, raw: self.reader.understand(raw))
            load(guideline, folder, [ndjson(named(1), named(2, painScore=99))])
        monkeypatch.setattr(loading, "needs_derivation", lambda *_: True)
        assert len(load(guideline, folder, []).no_longer_valid) == 1
        report = load(guideline, folder, [ndjson(named(1), named(2, painScore=99))])
        assert (report.unchanged, [r["code"] for r in report.rejected]) == (1, ["invalid-record"])

    def test_changed_record_is_a_conflict(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1))])
        changed = ndjson(named(1, severity="slight"), named(2), named(2, instability=True))
        report = load(guideline, folder, [changed])
        assert (report.stored, report.records) == (1, 2)
        assert [r["code"] for r in report.rejected] == ["record-conflict"] * 2
        assert "--replace" in report.rejected[0]["findings"][0]["message"]
        store = opened(folder)
        assert count(store, f"<https://example.org/1> <{guideline.namespace}severity> ?x") == 1
        assert count(store, "?a a cp:Assessment") == 2

    def test_replace_stores_the_changed_record(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1), named(2))])
        report = load(guideline, folder, [ndjson(named(1, aids=["tape"]))], replace=True)
        assert (report.stored, report.replaced, report.records) == (0, 1, 2)
        fresh = tmp_path / "fresh"
        load(guideline, fresh, [ndjson(named(1, aids=["tape"]), named(2))])
        kept = {line for line in dump(folder) if "/result/" not in line.split()[0]}
        assert kept == {line for line in dump(fresh) if "/result/" not in line.split()[0]}

    def test_lexical_forms_of_a_number_are_equal(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        xsd = "http://www.w3.org/2001/XMLSchema#"
        turtle = (
            f"@prefix g: <{guideline.namespace}> . @prefix cp: <{CP}> . @prefix xsd: <{xsd}> ."
            " <https://example.org/1> a cp:PatientRecord ;"
            ' g:painScore "{}"^^xsd:integer ; g:deformity "{}"^^xsd:boolean .'
        )
        load(guideline, folder, [Source("a.ttl", turtle.format("07", "1").replace("{{", "{").encode())])
        report = load(guideline, folder, [Source("b.ttl", turtle.format("7", "true").encode())])
        assert (report.unchanged, report.rejected) == (1, [])

    def test_what_is_no_number_is_refused_by_itself(self, guideline: Guideline, tmp_path: Path) -> None:
        prefixes = f"@prefix g: <{guideline.namespace}> . @prefix cp: <{CP}> ."
        odd = ["--7", "\u00b2", "", "+-7", "9" * 5000, "-0", "+07"]
        turtle = "".join(
            f'<https://example.org/{n}> a cp:PatientRecord ; g:painScore "{value}"^^<{XSD}integer> .'
            for n, value in enumerate(odd)
        )
        report = load(guideline, tmp_path / "store", [Source("odd.ttl", (prefixes + turtle).encode())])
        assert (report.stored, [r["code"] for r in report.rejected]) == (2, ["invalid-record"] * 5)
        store = opened(tmp_path / "store")
        stored = store.homes.triples(store.store, RECORDS)
        assert {q.object.value for q in stored if isinstance(q.object, ox.Literal)} == {"0", "7"}

    def test_all_record_formats_are_loaded(self, guideline: Guideline, tmp_path: Path, ankle: GuidelineService) -> None:
        folder = tmp_path / "store"
        triples = "".join(f"{t} .\n" for t in record_triples(name_record(ankle.reader.from_json(named(3)))))
        sources = [
            Source("one.json", json.dumps(named(1)).encode()),
            Source("list.json", json.dumps([named(2), named(1)]).encode()),
            Source("three.nt", triples.encode()),
            Source("four.jsonld", json.dumps({"@context": ankle.reader.context, **named(4)}).encode()),
            ndjson(named(5)),
        ]
        report = load(guideline, folder, sources)
        assert (report.stored, report.unchanged, report.rejected) == (5, 1, [])

    def test_unreadable_file_stores_nothing(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        with pytest.raises(BrokenJson):
            load(guideline, folder, [ndjson(named(1)), Source("broken.json", b"{")])
        assert Store(folder).current_or_none() is None


class TestDerivingAgain:
    @pytest.fixture
    def changed(self, tmp_path: Path) -> tuple[Path, Guideline]:
        """A small guideline, a store of its records, and the guideline after an edit."""
        guideline = load_guideline(guideline_copy(tmp_path / "guideline"))
        folder = tmp_path / "store"
        field = next(f for f in guideline.fields.values() if f.kind == "boolean")
        report = load(guideline, folder, [ndjson({"@id": "https://example.org/1", field.id: True}, {field.id: False})])
        assert report.stored == 2
        return folder, guideline

    def test_edited_guideline_derives_all_records_again(self, changed: tuple[Path, Guideline]) -> None:
        folder, guideline = changed
        assert not needs_derivation(Store(folder).current(), guideline)
        first = Store(folder).current().name
        file = guideline.folder / "ontology" / "record.ttl"
        file.write_text(file.read_text() + "\n# an edit\n")
        edited = load_guideline(guideline.folder)
        assert needs_derivation(Store(folder).current(), edited)
        report = load(edited, folder, [])
        assert (report.rederived, report.stored, report.records) == (2, 0, 2)
        assert not needs_derivation(Store(folder).current(), edited)
        assert Store(folder).current().name > first
        store = opened(folder)
        assert count(store, "?a a cp:Assessment") == 2
        assert count(store, "?a prov:wasGeneratedBy ?x") == 2

    def test_store_of_an_earlier_version_opens_and_is_derived_again(self, changed: tuple[Path, Guideline]) -> None:
        folder, guideline = changed
        name = Store(folder).current().name
        to_the_first_format(folder)
        (folder / "generations" / f"{name}.json").write_text(json.dumps(EARLIER), encoding="utf-8")
        broken_off = folder / "staging" / "an-earlier-load"
        broken_off.mkdir()
        (broken_off / "000000.json").write_text('{"in": "another form"}', encoding="utf-8")
        assert "Derive them again" in (staleness(guideline, str(folder)) or "")
        engine = open_engine(guideline, str(folder), Limits())
        found = engine.ask(Question(f"SELECT (COUNT(*) AS ?n) {{ ?a a <{CP}Assessment> }}", solutions="text/csv"))
        assert found.read().split() == [b"n", b"2"]
        report = load(guideline, folder, [])
        assert (report.rederived, report.records, report.no_longer_valid) == (2, 2, [])
        assert staleness(guideline, str(folder)) is None
        assert Store(folder).current().loads[0] == EARLIER["loads"][0]
        assert (folder / "generations" / name).is_dir()  # readers may have it open
        assert not broken_off.exists()
        engine.close()

    def test_records_that_are_no_longer_valid_are_kept_and_reported(self, changed: tuple[Path, Guideline]) -> None:
        folder, guideline = changed
        score = ndjson({"@id": "https://example.org/9", "painScore": 9})
        assert load(guideline, folder, [score]).stored == 1
        file = guideline.folder / "shapes" / "record.ttl"
        text = file.read_text()
        assert "sh:maxInclusive 10" in text
        file.write_text(text.replace("sh:maxInclusive 10", "sh:maxInclusive 8"))
        report = load(load_guideline(guideline.folder), folder, [])
        assert report.rederived == 3
        (invalid,) = report.no_longer_valid
        assert (invalid["iri"], invalid["findings"][0]["field"]) == ("https://example.org/9", "painScore")
        store = opened(folder)
        assert count(store, "?r a cp:PatientRecord") == 3
        assert count(store, "?a cp:refused true ; prov:wasDerivedFrom <https://example.org/9>") == 1
        assert count(store, "?a cp:refused true ; cp:decisionResult ?r") == 0


class TestInterruptions:
    def test_failed_load_is_resumed(
        self, guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deriving, "BATCH", 5)
        monkeypatch.setattr(deriving, "WORTH_IT", 10**9)
        source = ndjson(*(named(n) for n in range(23)), named(3, severity="slight"))
        folder = tmp_path / "store"
        batches: list[int] = []
        whole = deriving.Deriver.batch

        def failing(self: deriving.Deriver, items: list[Any]) -> deriving.Batch:
            batches.append(len(items))
            if len(batches) == 3:
                raise OSError(28, "no space left on device")
            return whole(self, items)

        monkeypatch.setattr(deriving.Deriver, "batch", failing)
        with pytest.raises(StoreError, match="cannot be written"):
            load(guideline, folder, [source])
        assert Store(folder).current_or_none() is None
        report = load(guideline, folder, [source])
        assert batches == [5, 5, 5, 5, 5, 4]  # the second load does not repeat the first two batches
        assert (report.stored, len(report.rejected)) == (23, 1)
        fresh = tmp_path / "fresh"
        load(guideline, fresh, [source])
        assert dump(folder) == dump(fresh)
        assert not list((folder / "staging").iterdir())

    def test_load_of_other_records_resumes_nothing(
        self, guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "store"
        with monkeypatch.context() as patch:
            patch.setattr(
                new_generation.NewGeneration, "finish", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "stopped"))
            )
            with pytest.raises(StoreError, match="untouched"):
                load(guideline, folder, [ndjson(named(1))])
        load(guideline, folder, [ndjson(named(2))])
        assert count(opened(folder), "<https://example.org/1> ?p ?o") == 0
        assert count(opened(folder), "?a a cp:Assessment") == 1

    def test_load_of_other_code_resumes_nothing(
        self, guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, source = tmp_path / "store", ndjson(named(1))
        finish = new_generation.NewGeneration.finish

        def stopped(*_: object, **__: object) -> None:
            for report in (folder / "staging").glob("*/*.json"):
                report.write_text('[{"of": "an earlier form"}]', encoding="utf-8")
            raise OSError(5, "stopped")

        monkeypatch.setattr(new_generation.NewGeneration, "finish", stopped)
        with pytest.raises(StoreError, match="untouched"):
            load(guideline, folder, [source])
        assert list((folder / "staging").iterdir())
        monkeypatch.setattr(new_generation.NewGeneration, "finish", finish)
        monkeypatch.setattr(cache, "code_key", lambda _=None: "of other code")
        assert load(guideline, folder, [source]).stored == 1

    def test_readers_keep_their_generation(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1))])
        reader = opened(folder)
        load(guideline, folder, [ndjson(named(2))])
        assert count(reader, "?a a cp:Assessment") == 1
        assert count(opened(folder), "?a a cp:Assessment") == 2
        load(guideline, folder, [ndjson(named(3))])
        load(guideline, folder, [ndjson(named(4))])
        names = {p.name for p in (folder / "generations").iterdir() if p.is_dir()}
        assert len(names) == generations.KEPT

    def test_second_load_at_once_is_refused(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        with Store(folder).write(), pytest.raises(StoreError, match="Another load"):
            load(guideline, folder, [ndjson(named(1))])

    def test_full_disk_keeps_the_old_generation(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1))])
        before = dump(folder)
        file = tmp_path / "more.ndjson"
        file.write_bytes(ndjson(*(named(n) for n in range(2, 40))).body)
        code = (
            "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "from lrp_kg.cli import main\n"
            f"main(['load', {str(file)!r}, '--store', {str(folder)!r}, '--guideline', {str(ANKLE)!r}])\n"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.returncode == 2, run.stderr
        assert "Traceback" not in run.stderr
        assert "stored" not in run.stdout
        assert dump(folder) == before
        assert load(guideline, folder, [Source("more.ndjson", file.read_bytes())]).stored == 38


class TestFolders:
    def test_folder_with_other_files_is_left_alone(self, guideline: Guideline, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(StoreError, match="left alone"):
            load(guideline, tmp_path, [ndjson(named(1))])
        assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]

    def test_store_of_a_later_format_is_refused(self, guideline: Guideline, tmp_path: Path) -> None:
        folder = tmp_path / "store"
        load(guideline, folder, [ndjson(named(1))])
        (folder / "lrp-kg.json").write_text('{"store": "lrp-kg", "format": 99}')
        with pytest.raises(StoreError, match="format 99"):
            load(guideline, folder, [ndjson(named(1))])

    def test_store_of_the_first_format_is_asked_as_it_is_and_made_again(
        self, guideline: Guideline, tmp_path: Path
    ) -> None:
        folder, whole = tmp_path / "store", "SELECT * { GRAPH ?g { ?s ?p ?o } }"
        load(guideline, folder, [ndjson(named(1), named(2))])
        rows = sorted(map(str, opened(folder).query(whole, QueryGraphs())))
        to_the_first_format(folder)
        assert sorted(map(str, opened(folder).query(whole, QueryGraphs()))) == rows
        assert needs_derivation(Store(folder).current(), guideline)
        assert load(guideline, folder, []).rederived == 2
        assert json.loads((folder / "lrp-kg.json").read_text())["format"] == 2
        own = re.compile("BlankNode value=[0-9a-f]+|/load/[0-9a-f]+|[0-9-]+T[0-9:]+")
        again = map(str, opened(folder).query(whole, QueryGraphs()))
        assert sorted(own.sub("", row) for row in again) == sorted(own.sub("", row) for row in rows)

    def test_error_on_an_empty_store_names_the_load_command(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="lrp-kg load"):
            Store(tmp_path / "none").current()


class TestCommand:
    def test_interrupted_command_can_be_repeated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("lrp_kg.research.store.loading.load", interrupted)
        result = run("--store", tmp_path / "store")
        assert result.exit_code == 130
        assert "The same command continues." in result.output

    def test_file_for_rejected_records_is_opened_first(self, tmp_path: Path) -> None:
        result = run("--store", tmp_path / "store", "--rejected", tmp_path / "none" / "x")
        assert result.exit_code == 2
        assert "Nothing was loaded" in result.output
        assert not (tmp_path / "store").exists()

    @pytest.mark.parametrize(
        "options",
        [
            ("--store", "store", "--rejected", "records.ndjson"),
            ("--to", "records.ndjson"),
            ("--store", "store", "--to", "store/all.nq"),
            ("--to", "all.nq", "--rejected", "all.nq"),
        ],
    )
    def test_nothing_that_is_read_is_written(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        file = tmp_path / "records.ndjson"
        file.write_bytes(ndjson(named(1), named(2, severity="some")).body)
        before = file.read_bytes()
        result = run(file, *(name if name[0] == "-" else tmp_path / name for name in options))
        assert result.exit_code == 2 and "is read or written too" in result.output, result.output
        assert file.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["records.ndjson"]

    def test_command_writes_text_and_rejected_records(self, tmp_path: Path) -> None:
        file = tmp_path / "records.ndjson"
        file.write_bytes(ndjson(named(1), named(2, severity="some")).body)
        rejected = tmp_path / "rejected.ndjson"
        result = run(file, "--store", tmp_path / "store", "--rejected", rejected, "--lang", "nl")
        assert result.exit_code == 1
        assert "1 stored, 0 unchanged, 0 replaced." in result.output
        assert "records.ndjson: line 2" in result.output
        (line,) = rejected.read_text().splitlines()
        rejection = json.loads(line)
        assert rejection["findings"][0]["field"] == "severity"
        assert "is geen van deze waarden" in rejection["findings"][0]["message"]

    def test_to_writes_quads_of_the_whole_store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "records.json"
        file.write_text(json.dumps(named(1)), encoding="utf-8")
        result = run(file, "--to", tmp_path / "all.nq", "--store", tmp_path / "store")
        assert (result.exit_code, f"{tmp_path / 'all.nq'} holds 1 record as N-Quads" in result.output) == (0, True)
        written = ox.Store()
        written.bulk_load(path=str(tmp_path / "all.nq"), format=ox.RdfFormat.N_QUADS)
        assert lines(written) == lines(quads(Store(tmp_path / "store").current()))
        monkeypatch.setenv("LRP_STORE", "http://127.0.0.1:9/query")  # does not matter for a file
        assert run(file, "--to", tmp_path / "alone.nq").exit_code == 0
        alone = ox.Store()
        alone.bulk_load(path=str(tmp_path / "alone.nq"), format=ox.RdfFormat.N_QUADS)
        assert len(alone) == len(written)

    def test_names_of_senders_are_written_as_n_quads_has_them(self, tmp_path: Path) -> None:
        """What is stored without a check of its own is read by a strict parser, whatever a record is called."""
        file, exported = tmp_path / "records.ndjson", tmp_path / "all.nq"
        plain = [
            "a> <urn:x> <urn:y> . <z",
            'say "yes"',
            "back\\slash",
            "{a|b}^`",
            "é ü \u200b",
            "http://[bad",
            "%zz",
            "\x03",
        ]
        iris = ["urn:ok:1", "http://ex.org/a>b", "http://ex.org/{a}", "http://ex.org/\u00e9", "rel ative", "urn:a\\b"]
        records = [{"id": name, "severity": "partial"} for name in plain]
        records += [{"@id": iri, "severity": "partial"} for iri in iris]
        file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        assert run(file, "--to", exported).exit_code == 1  # some are refused
        strict = ox.Store()
        strict.bulk_load(path=str(exported), format=ox.RdfFormat.N_QUADS)
        stored = {
            str(quad.subject.value) for quad in strict.quads_for_pattern(None, None, ox.NamedNode(CP + "PatientRecord"))
        }
        assert len(stored) >= len(plain) - 1 + 2
        assert "urn:ok:1" in stored
        assert not any(quad.predicate.value == "urn:x" for quad in strict)

    def test_unwritable_file_is_an_error(self, tmp_path: Path) -> None:
        result = run("--to", tmp_path / "none" / "all.nq")
        assert (result.exit_code, "cannot be written" in result.output) == (2, True)
        result = run()
        assert (result.exit_code, "--to" in result.output) == (2, True)

    def test_command_writes_json(self, tmp_path: Path) -> None:
        file = tmp_path / "record.json"
        file.write_text(json.dumps(named(1)))
        result = run(file, "--store", tmp_path / "store", "--format", "json")
        assert result.exit_code == 0
        assert Report(**json.loads(result.output)).stored == 1

    @pytest.mark.parametrize(
        ("files", "says"), [(["none.json"], "cannot be read"), (["-"], "no record"), ([], "holds 0 records")]
    )
    def test_unreadable_and_empty_input_is_reported(self, tmp_path: Path, files: list[str], says: str) -> None:
        result = run(*files, "--store", tmp_path / "store", input="")
        assert says in result.output
        assert result.exit_code == (0 if not files else 2)


class TestNames:
    def test_reserved_identifiers_are_refused(self, service: GuidelineService, tmp_path: Path) -> None:
        names = ("list/0123", "assessment/1", "low-back-pain/LowRisk", "care-pathway#Stage")
        records = [{"@id": f"https://w3id.org/lrp-kg/{name}", **PACKAGED} for name in names]
        report = load(service.guideline, tmp_path / "store", [ndjson(*records, named(1, PACKAGED))])
        assert report.stored == 1
        assert [r["code"] for r in report.rejected] == ["identifier-reserved"] * len(names)

    def test_record_identifiers_are_accepted(self, guideline: Guideline, tmp_path: Path) -> None:
        record = {"@id": "https://w3id.org/lrp-kg/record/1", **RECORD}
        assert load(guideline, tmp_path / "store", [ndjson(record)]).stored == 1

    def test_unicode_line_separators_are_accepted(self, guideline: Guideline, tmp_path: Path) -> None:
        report = load(guideline, tmp_path / "store", [ndjson({"id": "a\u2028b\u2029c", **RECORD})])
        assert report.stored == 1

    def test_error_names_the_unreadable_file(self, guideline: Guideline, tmp_path: Path) -> None:
        for body, place in ((b"@prefix", "x.ttl: "), (b"\xff", "x.ttl: ")):
            with pytest.raises(RecordError, match=place):
                load(guideline, tmp_path / "store", [ndjson(named(1)), Source("x.ttl", body)])


def results_without_assessment(folder: Path) -> int:
    return count(opened(folder), "?r a cp:DecisionResult FILTER NOT EXISTS { ?a cp:decisionResult ?r }")


def test_unused_results_are_removed(guideline: Guideline, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    load(guideline, folder, [ndjson(named(1), named(2, deformity=True))])
    before = count(opened(folder), "?r a cp:DecisionResult")
    load(guideline, folder, [ndjson(named(2, deformity=False), named(1, instability=True))], replace=True)
    assert results_without_assessment(folder) == 0
    load(guideline, folder, [ndjson(named(1, deformity=True), named(3))])  # a conflict, and a new record
    assert results_without_assessment(folder) == 0
    assert 0 < count(opened(folder), "?r a cp:DecisionResult") < 2 * before
    parts = count(opened(folder), "?r cp:because ?p FILTER NOT EXISTS { ?p a cp:ConditionResult }")
    assert parts == 0
