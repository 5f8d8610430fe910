"""The Python interface for researchers, the notebook, and the commands of the guide."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pandas
import pytest
import rdflib
from nbclient import NotebookClient

import lrp_kg
from lrp_kg import Dataset, GuidelineService
from lrp_kg.cohort.entry import LIBRARIES
from lrp_kg.errors import MalformedQuery, UnknownParameter, UnknownQuery
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Statement, Term
from lrp_kg.logic.classify import TRUE
from lrp_kg.record.model import Members, RawRecord
from lrp_kg.research.frames import Frames
from lrp_kg.research.questions.parameters import families
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from lrp_kg.research.synthesis.generating import Generator
from lrp_kg.research.wide import Wording, records_frame
from lrp_kg.research.wide_answers import answers_frame
from lrp_kg.words import LANGUAGES, in_language
from tests.support.commands import run_line
from tests.support.guidelines import valid_records
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow
COHORT = all(find_spec(name) for name in LIBRARIES)
"""Whether the libraries of the extra cohort are installed."""


@pytest.fixture(scope="module")
def store(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("research") / "store"
    body = "\n".join(json.dumps(r) for r in Generator(service).records(80)).encode()
    load(service.guideline, folder, [Source("cohort.ndjson", body)])
    return folder


@pytest.fixture(scope="module")
def dataset() -> Iterator[Dataset]:
    """The guideline alone."""
    with Dataset() as data:
        yield data


@pytest.fixture(scope="module")
def stored(store: Path) -> Iterator[Dataset]:
    """The guideline and 80 records."""
    with Dataset(store) as data:
        yield data


def test_result_as_rows_and_frames(store: Path) -> None:
    with Dataset(store) as data:
        rows = data.query("records-by-exit")
        assert sum(row["records"] for row in rows) > 0
        dutch = data.query("records-by-exit", lang="nl")
        assert [r["records"] for r in dutch] == [r["records"] for r in rows]
        assert dutch != rows
        frame = data.frame("records-by-exit")
        assert list(frame["records"]) == [r["records"] for r in rows]
        own = data.sparql("SELECT (1 AS ?one) (1.5 AS ?half) (true AS ?yes) ('x' AS ?text) ?none {}")
        assert own == [{"one": 1, "half": 1.5, "yes": True, "text": "x", "none": None}]
        assert data.sparql("ASK {}")[0]["answer"] is True
        with pytest.raises(UnknownQuery, match="lrp-kg queries"):
            data.query("no-such-question")


def test_without_a_store_the_guideline_is_queried() -> None:
    with Dataset() as data:
        assert len(data.query("decisions")) > 10


def test_construct_and_describe_are_graphs(dataset: Dataset) -> None:
    made = dataset.sparql("CONSTRUCT { <urn:a> <urn:b> 1, 'é'@fr } {}")
    assert isinstance(made, rdflib.Graph)
    assert set(made.objects()) == {rdflib.Literal(1), rdflib.Literal("é", lang="fr")}
    assert len(dataset.sparql("DESCRIBE <https://w3id.org/lrp-kg/low-back-pain#stage>"))
    assert len(dataset.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(false) }")) == 0
    with pytest.raises(MalformedQuery, match=r"Call sparql\(\)"):
        dataset.frame("CONSTRUCT { <urn:a> <urn:b> 1 } {}")


def test_dataset_says_what_it_holds(store: Path, stored: Dataset, dataset: Dataset) -> None:
    version = dataset.guideline.version
    assert re.fullmatch(rf"<Dataset of low-back-pain {re.escape(version)}: 0 records, \d+ named graphs>", repr(dataset))
    assert f"{store}: 80 records, " in repr(stored)


def test_records_are_rows_of_what_was_sent(service: GuidelineService, stored: Dataset) -> None:
    sent = {r["id"]: r for r in Generator(service).records(80)}
    frame = stored.records()
    dutch = stored.records(lang="nl", codes=False)
    assert len(frame) == len(sent) == 80
    assert [c for c in frame if c in service.guideline.field_names] == list(frame.columns)
    for row in frame.to_dict("records"):
        said = {k: v for k, v in row.items() if isinstance(v, list) or not pandas.isna(v)}
        said |= {k: f"{v:%Y-%m-%d}" for k, v in said.items() if isinstance(v, pandas.Timestamp)}
        expected = {k: v for k, v in sent[row["id"]].items() if not k.startswith("@")}
        assert {k: sorted(v) if isinstance(v, list) else v for k, v in said.items()} == {
            k: sorted(v) if isinstance(v, list) else v for k, v in expected.items()
        }
    for f in service.guideline.fields.values():
        column = frame[f.id]
        if f.kind == "value":
            assert column.cat.ordered
            assert list(column.cat.categories) == [v.id for v in f.values]
            assert list(dutch[f.id].cat.categories) == [v.label["nl"] for v in f.values]
            assert list(dutch[f.id].cat.codes) == list(column.cat.codes)
        else:
            kinds = {"date": "datetime64[s]", "boolean": "boolean", "integer": "Int64", "values": "object"}
            assert column.dtype == kinds.get(f.kind, "string"), f.id


def test_answers_are_rows_of_what_the_service_says(service: GuidelineService, stored: Dataset) -> None:
    sent = {r["id"]: r for r in Generator(service).records(80)}
    frame, records = stored.answers(), stored.records()
    german = stored.answers(lang="de", codes=False)
    assert list(frame.index) == list(records.index)
    g = service.guideline
    for row in frame.to_dict("records"):
        said = service.assess({k: v for k, v in sent[row["id"]].items() if not k.startswith("@")})
        for d in g.own_decisions.values():
            found = said["decisions"][d.id]
            assert row[f"{d.id}_status"] == found["status"]
            assert [row[f"{d.id}_{part}"] for part in ("answers", "possible", "missing")] == [
                found[part] for part in ("answers", "possible", "missing")
            ]
            one = row[d.id]
            if found["status"] != "decided":
                assert one is None or pandas.isna(one)
            else:
                assert one == (found["answers"] if d.policy == "Collect" else found["answers"][0])
        for p in g.programmes.values():
            assert row[f"{p.id}_status"] == said["eligibility"][p.id]["status"]
        shown = {b["id"] for b in said["boxes"]}
        assert {c for c in row if c.startswith("box.") and row[c] is True} <= {f"box.{name}" for name in shown}
        assert not [name for name in shown if row.get(f"box.{name}", True) is not True]
    stages = next(d for d in g.own_decisions.values() if d.iri == g.roles.stage)
    assert frame[stages.id].cat.ordered
    assert list(frame[stages.id].cat.categories) == [o.id for o in stages.options]
    assert list(german[stages.id].cat.categories) == [o.label["de"] for o in stages.options]
    assert set(german[f"{stages.id}_status"].dropna()) <= {text["de"] for text in g.statuses.values()}


@pytest.mark.skipif(not COHORT, reason="the extra cohort is not installed")
@pytest.mark.parametrize("cases", ["few", pytest.param("all", marks=pytest.mark.long)])
def test_answers_of_a_store_are_those_of_its_records_in_columns(
    service: GuidelineService, cases: str, tmp_path: Path
) -> None:
    """Names, types and values are those of cohorts; what the store does not say is missing, where that says no."""
    g = service.guideline
    step = 12 if cases == "few" else 1
    sent = [{**r, "@id": f"urn:case:{n}", "id": str(n)} for n, r in enumerate(valid_records()[::step])]
    said = {r["id"]: service.assess({k: v for k, v in r.items() if k != "@id"})["facts"] for r in sent}
    load(g, tmp_path / "store", [Source("cases.ndjson", "\n".join(map(json.dumps, sent)).encode())])
    with Dataset(tmp_path / "store") as data:
        stored, records = data.answers(), data.records()
    asked = lrp_kg.assess_frame(records, guideline=service)
    assert stored.dtypes.astype(str).to_dict() == asked.dtypes.astype(str).to_dict()
    assert list(stored.columns) == list(asked.columns)
    silent = {f"warning.{w.id}" for w in (*g.warnings, *(e.superseded for e in g.editions if e.superseded))}
    silent |= {f"box.{b.id}" for b in g.boxes.values() if g.shown_with(b)[1] is None}
    seen = Counter[str]()
    for name in asked.columns:
        kind, _, key = name.partition(".")
        cells = zip(asked["id"], map(plain_value, stored[name]), map(plain_value, asked[name]), strict=True)
        for record, mine, right in cells:
            seen[kind] += right not in (None, False)
            if mine != right:
                assert mine is None, name
                outdated = key.endswith(".applies") and said[record][key.removesuffix(".applies")].get("outdated")
                assert outdated or (name in silent and right == False), (name, right)  # noqa: E712 - numpy has its own
    assert all(seen[kind] for kind in ("box", "criterion", "edition", "fact", "latest", "warning"))


def plain_value(value: Any) -> Any:
    """Return a cell, ``None`` where it is missing, and a list whatever holds it."""
    if hasattr(value, "__len__") and not isinstance(value, str):
        return list(value)
    return None if value is None or pandas.isna(value) else value


def test_frames_of_no_records_have_the_same_columns(stored: Dataset, dataset: Dataset) -> None:
    full = stored.records(), stored.answers()
    empty = dataset.records(), dataset.answers()
    assert [len(frame) for frame in empty] == [0, 0]
    assert [frame.dtypes.astype(str).to_dict() for frame in empty] == [f.dtypes.astype(str).to_dict() for f in full]
    for method in (dataset.records, dataset.answers):
        with pytest.raises(UnknownParameter, match="language"):
            method(lang="zork")


def test_uncertain_dates_and_empty_lists_are_columns(service: GuidelineService) -> None:
    g = service.guideline
    day = next(f for f in g.fields.values() if f.bounds)
    several = next(f for f in g.fields.values() if f.kind == "values")
    sent = [{day.id: "1900-02", several.id: []}, {}]
    frame = records_frame(g, [service.reader.from_json(r) for r in sent], Wording("en", True))
    row = next(r for r in frame.to_dict("records") if r[several.id] == [])
    assert [f"{row[f'{day.id}{end}']:%Y-%m-%d}" for end in ("Earliest", "Latest")] == ["1900-02-01", "1900-02-28"]
    assert pandas.isna(row[day.id])
    assert list(frame[several.id].isna()).count(True) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_labels_of_a_frame_are_in_the_order_of_the_guideline(
    service: GuidelineService, stored: Dataset, lang: str
) -> None:
    g = service.guideline
    stages = g.decisions[str(g.roles.stage)].options
    frame = stored.frame("records-by-stage-and-risk", lang=lang)
    codes = stored.frame("records-by-stage-and-risk", lang=lang, codes=True)
    plain = stored.query("records-by-stage-and-risk", lang=lang)
    assert list(frame["stage"]) == [row["stage"] for row in plain]
    assert list(frame["stage"].cat.categories) == [o.label[lang] for o in stages]
    assert list(codes["stage"].cat.categories) == [o.id for o in stages]
    assert list(codes["risk"].cat.categories) == ["low", "moderate", "high", "unknown"]
    assert list(frame["risk"]) == [row["risk"] for row in plain]
    assert list(codes["risk"].cat.codes) == list(frame["risk"].cat.codes)
    assert codes.equals(codes.sort_values(["stage", "risk"], kind="stable"))
    assert frame["records"].dtype == "Int64"


def test_each_column_of_terms_has_labels_and_codes(service: GuidelineService, stored: Dataset) -> None:
    frames = Frames(stored.guideline)
    found = {e.name: families(e) for e in stored.catalogue.entries.values()}
    assert sum(map(len, found.values())) > 10
    for entry, columns in found.items():
        for lang in ("en", "fr") if columns else ():
            frame = stored.frame(entry, lang=lang, codes=True)
            for name, of in columns.items():
                assert set(frame[name].dropna()) <= {t.id for t in frames.terms(of)} | {"unknown"}, entry
                assert frame[name].cat.ordered


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ("1 UNDEF", "Int64", [1, None]),
        ("9007199254740993", "Int64", [9007199254740993]),
        ("1 2.5 UNDEF", "Float64", [1.0, 2.5, None]),
        ("true UNDEF false", "boolean", [True, None, False]),
        ("'2024-02-29'^^xsd:date UNDEF", "datetime64[s]", [datetime(2024, 2, 29), None]),
        ("'1600-01-01'^^xsd:date", "datetime64[s]", [datetime(1600, 1, 1)]),
        ("'2024-02-30'^^xsd:date", "string", ["2024-02-30"]),
        ("'x'^^xsd:integer", "string", ["x"]),
        ("99999999999999999999", "object", [99999999999999999999]),
        ("'a' 'b'@en UNDEF", "string", ["a", "b", None]),
        ("1 'a'", "object", [1, "a"]),
        ("UNDEF", "string", [None]),
        ("<urn:x> 1", "object", ["urn:x", 1]),
    ],
)
def test_columns_of_a_frame_have_types(dataset: Dataset, values: str, dtype: str, expected: list[object]) -> None:
    column = dataset.frame(
        f"PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ?v WHERE {{ VALUES ?v {{ {values} }} }}"
    )["v"]
    assert column.dtype == dtype
    assert [None if pandas.isna(v) else v for v in column] == expected


def test_iris_of_terms_are_codes_on_request(dataset: Dataset) -> None:
    query = "SELECT ?v WHERE { VALUES ?v { cp:x lrp:stage lrp:redFlags-cluster UNDEF } }"
    prefixes = "PREFIX cp: <urn:> PREFIX lrp: <https://w3id.org/lrp-kg/low-back-pain#> "
    assert list(dataset.frame(prefixes + query, codes=True)["v"].dropna()) == ["urn:x", "stage", "cluster"]
    assert str(dataset.frame(prefixes + query)["v"][1]).endswith("#stage")
    assert dataset.frame(prefixes + "SELECT ?v WHERE { FILTER(false) }").shape == (0, 1)
    of_one = "SELECT ?v WHERE { VALUES ?v { lrp:redFlags-cluster UNDEF lrp:redFlags-none } }"
    column = dataset.frame(prefixes + of_one, codes=True)["v"]
    assert list(column.cat.categories) == [v.id for v in dataset.guideline.field_names["redFlags"].values]
    assert column.min() == "none"


def test_what_an_older_guideline_accepted_is_shown_as_it_is(service: GuidelineService) -> None:
    g = service.guideline
    by_kind = {f.kind: f for f in g.fields.values()}
    old = Node("iri", "urn:old")
    entries = [(by_kind[kind].iri, old) for kind in ("value", "boolean", "integer", "date")]
    entries += [(by_kind["values"].iri, Members((old,))), ("urn:gone", Node("literal", "x"))]
    row = records_frame(g, [RawRecord("urn:r", tuple(entries))], Wording("nl", False)).iloc[0]
    assert [row[by_kind[kind].id] for kind in ("value", "boolean", "integer", "date")] == ["urn:old"] * 4
    assert row[by_kind["values"].id] == ["urn:old"]
    assert row["urn:gone"] == "x"


def test_answers_by_an_older_guideline_are_shown_as_they_are(service: GuidelineService) -> None:
    g = service.guideline

    def ask(query: str) -> list[dict[str, Any]]:
        if "?status" in query:
            return [{"result": "urn:result", "status": "decided"}]
        rows = {"?result ?value": {"result": "urn:result", "value": "urn:old"}, "?id": {"record": "urn:r", "id": "1"}}
        found = next((row for part, row in rows.items() if part in query), {"record": "urn:r", "result": "urn:result"})
        return [] if "?term" in query else [found]

    row = answers_frame(g, ask, Wording("en", True)).iloc[0]
    for d in g.own_decisions.values():
        assert row[d.id] == (["urn:old"] if d.policy == "Collect" else "urn:old")
        assert row[f"{d.id}_possible"] == row[f"{d.id}_missing"] == ["urn:old"]


def test_labels_that_two_terms_share_name_the_terms() -> None:
    terms = [Term("urn:a", "a", {"en": "same"}), Term("urn:b", "b", {"en": "same"}), Term("urn:c", "c", {"en": "own"})]
    assert Wording("en", False).of(terms) == {"a": "same (a)", "b": "same (b)", "c": "own"}
    assert Wording("en", True).of(terms) == {"a": "a", "b": "b", "c": "c"}


def test_public_names_are_listed() -> None:
    assert dir(lrp_kg) == sorted(lrp_kg.__all__)
    assert all(getattr(lrp_kg, name) for name in dir(lrp_kg))


def test_what_is_passed_wrongly_is_named(dataset: Dataset) -> None:
    for value in (None, float("nan"), [], {}, b"a", object()):
        with pytest.raises(UnknownParameter, match="^field is "):
            dataset.query("field-uses", field=value)
    for lang in (None, 5, "zork", []):
        with pytest.raises(UnknownParameter, match="language"):
            dataset.query("facts", lang=lang)  # type: ignore[arg-type]
    for name in (None, 5, [], {}):
        with pytest.raises(UnknownQuery):
            dataset.query(name)  # type: ignore[arg-type]
        with pytest.raises(UnknownQuery):
            dataset.frame(name)  # type: ignore[arg-type]
        with pytest.raises(MalformedQuery):
            dataset.sparql(name)  # type: ignore[arg-type]


def test_notebook_runs(tmp_path: Path) -> None:
    """It runs in a new kernel, and its outputs are not empty."""
    notebook: Any = nbformat.read(ROOT / "examples" / "research.ipynb", as_version=4)
    if not COHORT:
        notebook.cells = [c for c in notebook.cells if "cohort" not in c.metadata.get("tags", ())]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = cell.source.replace('"400"', '"80"')  # fewer records are enough
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jupyter_client and zmq warn about event loops
        client = NotebookClient(
            notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        )
        asyncio.run(client.async_execute())
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    text = "\n".join(o.get("text", "") or str(o.get("data", {}).get("text/plain", "")) for o in outputs)
    assert "80 stored" in text
    assert "80 records over HTTP" in text
    assert "Empty DataFrame" not in text
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 3
    assert not COHORT or "True" in text.splitlines()


GUIDE = ROOT / "docs" / "research.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def parts(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a block, or the whole block if its lines need each other, with what it says."""
    lines = block.splitlines()
    together = any(not line.startswith(("lrp-kg ", "# says: ")) for line in lines)
    command: list[str] = []
    expected: list[str] = []
    for line in lines:
        if line.startswith("# says: "):
            expected.append(line.removeprefix("# says: "))
            continue
        if command and not together:
            yield "\n".join(command), expected
            command, expected = [], []
        command.append(line)
    yield "\n".join(command), expected


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.long)], ids=["here", "processes"])
def test_commands_of_the_guide_run(processes: bool, tmp_path: Path) -> None:
    """Run every command of docs/research.md; a text after `# says:` is in its output."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "300",
        "LRP_PORT": "8017",
    }
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(blocks) >= 6
    for block in blocks:
        for command, expected in parts(block):
            code, printed = run_line(command, tmp_path, environment, processes=processes)
            assert code == 0, f"{command}\n{printed}"
            for words in expected:
                assert words in printed, f"{command} does not say {words!r}:\n{printed[-3000:]}"


@pytest.mark.skipif(not COHORT, reason="the extra cohort is not installed")
def test_csv_of_the_guide_becomes_a_plot(service: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the five lines; the service says the same of each row."""
    import csv

    import matplotlib as mpl

    mpl.use("Agg")
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"^```python\n([^`]*read_csv[^`]*)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the guide's own lines
    with (ROOT / "examples" / "patients.csv").open(encoding="utf-8", newline="") as file:
        rows = [{k: {"true": True, "false": False}.get(v, v) for k, v in r.items() if v} for r in csv.DictReader(file)]
    said = [service.assess(row)["decisions"]["stage"] for row in rows]
    assert list(names["answers"]["stage_status"]) == [s["status"] for s in said]
    assert [list(a) for a in names["answers"]["stage_answers"]] == [s["answers"] for s in said]


QUERY = re.compile(r"^(?P<question>[A-Z][^\n]*\?)[^`]*?^```sparql\n(?P<query>.*?)^```$", re.MULTILINE | re.DOTALL)
Said = tuple[dict[str, Any], dict[str, Any]]
"""A record as it is sent, and what the service says of it."""


def of_stage(every: list[Said]) -> Counter[tuple[object, ...]]:
    found: Counter[tuple[object, ...]] = Counter()
    for sent, said in every:
        ends = [date.fromisoformat(sent[d]) for d in ("onsetDate", "assessmentDate") if len(sent.get(d, "")) == 10]
        pain = (ends[1] - ends[0]).days if len(ends) == 2 else None
        found.update((sent["@id"], stage, pain) for stage in said["decisions"]["stage"]["answers"])
    return found


def visits(every: list[Said]) -> dict[str, str]:
    """Return the latest day of the next visit, of each record of which it is certain."""
    facts = {sent["@id"]: said["facts"].get("nextVisitLatest", {}) for sent, said in every}
    return {name: fact["value"] for name, fact in facts.items() if fact.get("applies") == "yes" and fact["value"]}


def contacts(every: list[Said]) -> list[tuple[str, str, int]]:
    """Return each contact of an episode with the next one, and the days between them."""
    episodes: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for sent, _ in every:
        episodes[sent["episode"]].append((date.fromisoformat(sent["assessmentDate"]), sent["@id"]))
    pairs = [pair for episode in episodes.values() for pair in pairwise(sorted(episode))]
    return [(first, second, (then - day).days) for (day, first), (then, second) in pairs]


def late(every: list[Said]) -> Counter[tuple[object, ...]]:
    days = {sent["@id"]: date.fromisoformat(sent["assessmentDate"]) for sent, _ in every}
    latest = {name: date.fromisoformat(day) for name, day in visits(every).items()}
    after = [(a, b, (days[b] - latest[a]).days) for a, b, _ in contacts(every) if a in latest]
    return Counter(row for row in after if row[2] > 0)


def interval(every: list[Said]) -> Counter[tuple[object, ...]]:
    found = [days for _, _, days in contacts(every)]
    return Counter([(round(sum(found) / len(found), 6), len(found))])


def rehabilitation(every: list[Said]) -> Counter[tuple[object, ...]]:
    answers = [said["eligibility"]["multidisciplinary-rehabilitation"]["verdict"] for _, said in every]
    return Counter(Counter(a for a in answers if a in ("eligible", "not-eligible")).items())


def urgent(every: list[Said]) -> Counter[tuple[object, ...]]:
    given = [
        w for _, said in every for w in said["warnings"] if w.get("applies") != "unknown" and not w.get("outdated")
    ]
    return Counter((*key, count) for key, count in Counter((w["severity"], w["id"]) for w in given).items())


def open_fields(every: list[Said]) -> Counter[tuple[object, ...]]:
    fields = Counter(f for _, said in every for f in said["decisions"]["stage"]["missing"])
    return Counter((f"https://w3id.org/lrp-kg/low-back-pain#{name}", count) for name, count in fields.items())


def in_scope(service: GuidelineService, sent: dict[str, Any], programme: str) -> bool:
    """Return whether a record is certainly in the scope of a programme."""
    g = service.guideline
    (found,) = (p for p in g.programmes.values() if p.id == programme)
    signature = service.assessor.signature(service.read({k: v for k, v in sent.items() if not k.startswith("@")}))
    return service.assessor.verdicts.one(signature, g.decisions[found.editions[-1].decision].scope) == TRUE


def stances(
    service: GuidelineService, statements: Mapping[str, Statement], sent: dict[str, Any], said: dict[str, Any]
) -> dict[str, bool]:
    """Return the statements that an answer has, by IRI, and of each whether it applies for certain somewhere.

    A step that is given with any verdict does so in the scope of its programme.
    """
    parts = [(box["statements"], box.get("mayApply", ()), True, True) for box in said["boxes"]]
    parts.append((said["notices"], (), True, True))
    for programme, found in said["eligibility"].items():
        items = [s for part in ("benefits", "limits", "nextSteps") for s in found[part]]
        eligible = found["verdict"] == "eligible"
        parts.append((items, found.get("mayApply", ()), eligible, in_scope(service, sent, programme)))
    sure: dict[str, bool] = {}
    for items, named, certain, asked in parts:
        sure |= {statements[name].iri: False for name in named if statements[name].iri not in sure}
        for item in items:
            s = statements[item["id"]]
            known = item.get("condition", {"verdict": "true"})["verdict"] == "true" and item.get("applies") != "unknown"
            known = known and not {"conditionText", "edition"} & item.keys() and item.get("outdated", False) is False
            if item.get("outdated") is not True:
                sure[s.iri] = sure.get(s.iri, False) or (known and (certain or (s.any_verdict and asked)))
    return sure


def applying(service: GuidelineService, every: list[Said]) -> Counter[tuple[object, ...]]:
    """Return the twenty statements that apply to most records, with their number."""
    statements = {s.id: s for s in service.guideline.statements}
    found = Counter(
        name for sent, said in every for name, sure in stances(service, statements, sent, said).items() if sure
    )
    texts = {s.iri: in_language(s.label, "en") for s in statements.values()}
    first = sorted(((texts[name], count) for name, count in found.items()), key=lambda row: (-row[1], row[0]))[:20]
    return Counter(first)


def perhaps_forbidden(service: GuidelineService, every: list[Said]) -> Counter[tuple[object, ...]]:
    statements = {s.id: s for s in service.guideline.statements}
    forbidden = {s.iri for s in statements.values() if s.modality.id == "must-not"}
    return Counter(
        (sent["@id"], name)
        for sent, said in every
        for name, sure in stances(service, statements, sent, said).items()
        if name in forbidden and not sure
    )


RESULTS = {
    "In which stage": of_stage,
    "How many records have a cluster": lambda every: Counter(
        [(sum(s.get("redFlags") == "cluster" for s, _ in every),)]
    ),
    "How many patients may enter": rehabilitation,
    "Who has to come back": lambda every: Counter(visits(every).items()),
    "Who came back later": late,
    "How many days are there": interval,
    "Which statements apply": applying,
    "To which patients may": perhaps_forbidden,
    "What is most urgent": urgent,
    "Which fields would settle": open_fields,
}
"""What each query of the guide finds, computed from the answers of the service."""


def test_queries_of_the_guide_find_what_the_service_says(service: GuidelineService, stored: Dataset) -> None:
    """Run the ten queries to copy; a text in the place of a term finds nothing, as the guide says."""
    sent = list(Generator(service).records(80))
    every = [(r, service.assess({k: v for k, v in r.items() if not k.startswith("@")})) for r in sent]
    queries = {found["question"]: found["query"] for found in QUERY.finditer(GUIDE.read_text(encoding="utf-8"))}
    assert len(queries) == len(RESULTS) == 10
    for (question, query), (begin, expected) in zip(queries.items(), RESULTS.items(), strict=True):
        assert question.startswith(begin)
        rows = stored.sparql(query)
        assert rows, question
        found = [[round(v, 6) if isinstance(v, float) else v for v in row.values()] for row in rows]
        right = expected(service, every) if expected in (applying, perhaps_forbidden) else expected(every)
        assert Counter(map(tuple, found)) == right, question
    prefix = "PREFIX lrp: <https://w3id.org/lrp-kg/low-back-pain#>"
    assert not stored.sparql(f'{prefix} SELECT ?record WHERE {{ ?record lrp:redFlags "cluster" }}')
    dates = "?record lrp:onsetDate ?onset ; lrp:assessmentDate ?day"
    mean = stored.sparql(f"{prefix} SELECT (AVG(?day - ?onset) AS ?days) WHERE {{ {dates} }}")
    assert mean == [{"days": None}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9007199254740993", 9007199254740993),
        ("2.5", 2.5),
        ('"abc"^^<http://www.w3.org/2001/XMLSchema#integer>', "abc"),
        ('"7"^^<http://example.org/kinds#integer>', "7"),
        ("true", True),
        ("false", False),
        ('"x"@nl', "x"),
    ],
)
def test_values_have_python_types(dataset: Dataset, value: str, expected: object) -> None:
    assert dataset.sparql(f"SELECT ({value} AS ?v) {{}}") == [{"v": expected}]


def test_ask_is_true_or_false(dataset: Dataset) -> None:
    assert [list(dataset.sparql(q)[0].values()) for q in ("ASK {}", "ASK { FILTER (false) }")] == [[True], [False]]


def test_unknown_query_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(UnknownQuery):
        dataset.query("of-nothing")
