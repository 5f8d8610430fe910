"""Every query of the catalogue: golden results on two engines, header, and hostile parameters."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from lrp_kg import GuidelineService
from lrp_kg.errors import UnknownParameter
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.research.questions.charts import draw, points
from lrp_kg.research.questions.checking import catalogue_findings, check_entry
from lrp_kg.research.questions.entries import read_catalogue, read_entry
from lrp_kg.research.questions.listing import as_data, as_markdown
from lrp_kg.research.questions.model import MARK, CatalogueEntry, Chart, Parameter
from lrp_kg.research.questions.parameters import Bad, Vocabulary, parameter_line, prefixes_of, spliced, term_of
from lrp_kg.research.questions.running import Cell, Table
from lrp_kg.words import LANGUAGES
from tests.support.paths import ANKLE
from tests.support.queryset import CATALOGUE, DATA, ENTRIES, GOLDEN, ROOT, Oxigraph, Rdflib, golden, load_records, quads

pytestmark = pytest.mark.exhaustive

LRP = "https://w3id.org/lrp-kg/low-back-pain#"
NAMES = sorted(ENTRIES, key=lambda name: ("GRAPH" in ENTRIES[name].text, name))
ENGINES = (Oxigraph, Rdflib)
WITH_PARAMETERS = [(e.name, p.name) for e in ENTRIES.values() for p in e.parameters]


@pytest.fixture(scope="module")
def data(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return quads(load_records(service.guideline, tmp_path_factory.mktemp("queries") / "store"))


@pytest.fixture(scope="module")
def engines(data: bytes) -> Callable[[Any], Any]:
    """Return the engine of a class, with the data read once."""
    return cache(lambda kind: kind(data))


@pytest.fixture(params=[pytest.param(engine, marks=pytest.mark.slow, id=engine.__name__) for engine in ENGINES])
def engine(request: pytest.FixtureRequest, engines: Callable[[Any], Any]) -> Any:
    return engines(request.param)


@pytest.fixture(scope="module")
def vocabulary(service: GuidelineService) -> Vocabulary:
    return Vocabulary(service.guideline)


# -- catalogue ----------------------------------------------------------------------------


def test_catalogue_and_golden_results_match() -> None:
    assert len(NAMES) >= 34
    assert not CATALOGUE.findings
    assert {f.stem for f in GOLDEN.glob("*.json")} == set(NAMES)
    assert {t for e in ENTRIES.values() for t in e.tags} == {"guideline", "cohort", "check"}


def test_headers_agree_with_the_queries(service: GuidelineService) -> None:
    assert catalogue_findings(ROOT, service.guideline) == []


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_in_every_language(name: str) -> None:
    e = ENTRIES[name]
    texts = [e.summary, e.description, *(c.label for c in e.columns), *(p.label for p in e.parameters)]
    assert all(set(text) == set(LANGUAGES) for text in texts)
    assert all(words.rstrip().endswith("?") for words in e.summary.values())
    assert not any(a == b for a, b in zip(e.summary.values(), list(e.summary.values())[1:], strict=False))


@pytest.mark.parametrize("name", NAMES)
def test_query_follows_the_rules(name: str) -> None:
    query = re.sub(rf".*{MARK}", "", ENTRIES[name].query)  # a day that is a parameter is compared as text
    assert "SERVICE" not in query.upper()
    assert not re.search(r"dayTimeDuration|xsd:date\b|NOW\(|RAND\(", query), "dates only by derived integers"
    for group in re.findall(r"NOT EXISTS\s*\{([^}]*)\}", query):
        assert group.strip().count(" . ") == 0 and ";" not in group, "one triple: more can take minutes"


def test_document_is_up_to_date() -> None:
    made = as_markdown(ENTRIES.values())
    written = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    assert made == written, "write it again with python -m lrp_kg.research.questions.listing"
    assert made.count(".rq)") == len(NAMES)


def test_other_guideline_has_its_own_queries() -> None:
    folder = ANKLE
    catalogue = read_catalogue(folder)
    assert list(catalogue.entries) == ["criteria-by-edition"]
    assert {f.severity for f in catalogue_findings(folder)} == {"note"}


# -- results ------------------------------------------------------------------------------------------

SLOW = ("conditions-behind-answers", "rules-changed")
"""Queries that take rdflib seconds, or half a minute."""


def asked() -> Iterator[Any]:
    """Yield an engine and a query: all queries on the engine of the package, every third on rdflib, all in long.

    Those of these that take rdflib seconds are in long alone too.
    """
    for engine in ENGINES:
        for number, name in enumerate(NAMES):
            long = [pytest.mark.long] if engine is Rdflib and (number % 3 or name in SLOW) else []
            yield pytest.param(engine, name, id=f"{engine.__name__}-{name}", marks=[pytest.mark.slow, *long])


@pytest.mark.parametrize(("engine", "name"), [*asked()], indirect=["engine"])
def test_result_equals_the_golden_one(name: str, engine: Any) -> None:
    found = engine.ask(ENTRIES[name].text)
    assert found == golden(name)
    assert found["rows"], "the data has something for every query"


def test_no_row_is_given_twice() -> None:
    """A statement in several boxes would multiply the rows: each label of each box with each."""
    rows = {name: list(map(str, golden(name)["rows"])) for name in NAMES}
    assert {name: len(own) - len(set(own)) for name, own in rows.items() if len(own) > len(set(own))} == {}


@pytest.mark.parametrize("name", NAMES)
def test_empty_store_gives_no_rows(name: str) -> None:
    """Oxigraph only: rdflib returns an empty row where there is nothing to group."""
    assert Oxigraph().ask(ENTRIES[name].text)["rows"] == []


@pytest.mark.slow
def test_records_in_a_condition_are_those_of_its_verdicts(
    engines: Callable[[Any], Any], service: GuidelineService, vocabulary: Vocabulary
) -> None:
    """The reference is the verdict of SPARQL for each record; a record of which no answer says is in neither row."""
    lines = (DATA / "records.ndjson").read_text(encoding="utf-8").splitlines()
    assessor = service.assessor
    signatures = {assessor.signature(service.read(json.loads(line))): None for line in lines}
    verdicts = assessor.program.classify(list(signatures))
    counted = Counter(assessor.signature(service.read(json.loads(line))) for line in lines)
    grouped = 0
    for name in list(service.guideline.conditions)[::20]:
        truth = Counter[int]()
        for signature, found in zip(signatures, verdicts, strict=True):
            truth[assessor.program.verdict(found, name)] += counted[signature]
        query = spliced(ENTRIES["records-in-condition"], {"condition": name}, vocabulary)
        rows = {row[0]: int(row[1].partition("^")[0]) for row in engines(Oxigraph).ask(query)["rows"]}
        assert rows.get("holds@en", 0) <= truth[TRUE], name
        assert rows.get("does not hold@en", 0) <= truth[FALSE], name
        grouped += sum(rows.values())
    assert grouped > 50


@pytest.mark.parametrize("lang", ["nl", "fr", "de"])
def test_labels_are_in_the_language(lang: str, engine: Any, vocabulary: Vocabulary) -> None:
    found = engine.ask(spliced(ENTRIES["records-by-exit"], {"lang": lang}, vocabulary))
    assert found["rows"]
    assert all(label.endswith(f"@{lang}") for label, _ in found["rows"])


def test_parameters_change_the_result(engine: Any, vocabulary: Vocabulary) -> None:
    everything = engine.ask(ENTRIES["episode-contacts"].text)["rows"]
    one = engine.ask(spliced(ENTRIES["episode-contacts"], {"episode": "episode-b"}, vocabulary))["rows"]
    assert {row[0] for row in everything} == {"episode-a", "episode-b", "episode-c"}
    assert [row for row in everything if row[0] == "episode-b"] == one
    none = engine.ask(spliced(ENTRIES["episode-contacts"], {"episode": "no such"}, vocabulary))["rows"]
    assert none == []


def test_time_limit_is_a_use_of_its_start_date(engine: Any, vocabulary: Vocabulary) -> None:
    rows = engine.ask(spliced(ENTRIES["field-uses"], {"field": "lrp:assessmentDate"}, vocabulary))["rows"]
    counted = [row for row in rows if row[0] == "counted from@en"]
    assert len(counted) > 3
    assert all(row[2] for row in counted), "a limit names its statement"
    assert all(row[3] is None for row in counted)


@pytest.mark.parametrize(("within", "count"), [("1", 9), ("2", 10)])
def test_boundary_includes_its_own_day(within: str, count: int, engine: Any, vocabulary: Vocabulary) -> None:
    rows = engine.ask(spliced(ENTRIES["near-boundary"], {"within": within}, vocabulary))["rows"]
    distances = {int(row[3].partition("^^")[0]) for row in rows}
    assert min(distances) >= -int(within)
    assert max(distances) < int(within)
    assert len(rows) >= count


# -- parameters ---------------------------------------------------------------------------------------

HOSTILE = [
    'x" } ; DROP ALL #',
    '" . } } SELECT * { ?s ?p ?o } #',
    "> } SERVICE <http://example.org/> { ?s ?p ?o",
    "https://example.org/a> <b",
    "https://example.org/a b",
    "https://example.org/{x}",
    "https://example.org/\u0022",
    "line\nbreak\r\nand # comment",
    "\\u0022 } ; INSERT DATA { }",
    "\\\\u0022",
    "\\U00000022",
    '\\" } #',
    "trailing backslash \\",
    "'''\"\"\"",
    "UNDEF",
    "UNDEF) } BIND(1 AS ?x) #",
    '"en"@fr',
    "@prefix",
    "?lang",
    "\ud800",
    "nul\x00",
    "\u202eright to left",
    "é ё 漢 🦴",
    "-1e9",
    "9" * 40,
    "2024-02-30",
    "2024-01-01\n",
    "\u0661\u0662",
    "a" * 5000,
    "lrp:stage-first-line-week-1-2 } #",
    "_:b",
    "javascript:alert(1)",
]


def alone(line: str, prefixes: dict[str, str]) -> str:
    head = "".join(f"PREFIX {p}: <{n}>\n" for p, n in prefixes.items())
    return f"{head}SELECT * WHERE {{\n{line}\n}}"


@pytest.mark.parametrize(("name", "parameter"), WITH_PARAMETERS)
def test_hostile_value_is_one_term_or_refused(name: str, parameter: str, vocabulary: Vocabulary) -> None:
    """Only the line of parameters changes, and both parsers read it as one row with one term per parameter."""
    entry = ENTRIES[name]
    prefixes = prefixes_of(entry.text)
    old = parameter_line(entry.query)
    assert old
    refused = taken = 0
    for value in HOSTILE:
        try:
            text = spliced(entry, {parameter: value}, vocabulary)
        except UnknownParameter:
            refused += 1
            continue
        taken += 1
        new = parameter_line(text)
        assert new and "\n" not in new[0]
        assert text[: new.start()] == entry.query[: old.start()]
        assert text[new.end() :] == entry.query[old.end() :]
        query = alone(new[0], prefixes)
        (row,) = list(ox.Store().query(query))  # type: ignore[arg-type]
        term = row[parameter]
        assert term.value.strip() == value.strip() or int(term.value) == int(value)
        (other,) = list(rdflib.Graph().query(query))
        assert str(other[parameter]) == term.value  # type: ignore[index,call-overload]
    assert refused
    assert taken or next(p for p in entry.parameters if p.name == parameter).type in ("lang", "date", "integer")


GOOD = [
    ("iri", {}, LRP + "stage", f"<{LRP}stage>"),
    ("iri", {}, "lrp:stage", f"<{LRP}stage>"),
    ("iri", {"of": "cp:Stage"}, "first-line-week-3-5", f"<{LRP}stage-first-line-week-3-5>"),
    ("iri", {"of": "cp:Stage"}, "stage-first-line-week-3-5", f"<{LRP}stage-first-line-week-3-5>"),
    ("iri", {}, "urn:x:y", "<urn:x:y>"),
    ("string", {}, 'a "b"', '"a \\"b\\""'),
    ("lang", {}, "nl", '"nl"'),
    ("lang", {}, "nl-BE", '"nl"'),
    ("integer", {}, " 07 ", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    ("integer", {"minimum": 1, "maximum": 3}, "3", '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    ("date", {}, "2024-02-29", '"2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
    ("boolean", {}, "Yes", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
    ("choice", {"values": ("a", "b")}, "b", '"b"'),
]
BAD = [
    ("iri", {}, "lrp:no-such-term"),
    ("iri", {}, "no-such-name"),
    ("iri", {}, "incapacity-duration "[:3]),
    ("integer", {"minimum": 1}, "0"),
    ("integer", {"maximum": 3}, "4"),
    ("integer", {}, "1.5"),
    ("integer", {}, ""),
    ("date", {}, "2023-02-29"),
    ("date", {}, "29/02/2024"),
    ("boolean", {}, "maybe"),
    ("lang", {}, "it"),
    ("choice", {"values": ("a", "b")}, "c"),
]
PREFIXES = {"lrp": LRP, "cp": "https://w3id.org/lrp-kg/care-pathway#"}


@pytest.mark.parametrize(("kind", "more", "value", "term"), GOOD)
def test_value_becomes_a_term(kind: str, more: dict[str, Any], value: str, term: str, vocabulary: Vocabulary) -> None:
    assert term_of(Parameter("p", kind, {}, **more), value, vocabulary, PREFIXES) == term


@pytest.mark.parametrize(("kind", "more", "value"), BAD)
def test_invalid_value_is_refused(kind: str, more: dict[str, Any], value: str, vocabulary: Vocabulary) -> None:
    with pytest.raises(Bad):
        term_of(Parameter("p", kind, {}, **more), value, vocabulary, PREFIXES)


def test_all_problems_are_reported_at_once(vocabulary: Vocabulary) -> None:
    with pytest.raises(UnknownParameter) as caught:
        spliced(ENTRIES["stage-differences"], {"lang": "it", "first": "nope", "third": "x"}, vocabulary)
    assert all(part in caught.value.message for part in ("lang:", "first:", "'third'"))


# -- headers ------------------------------------------------------------------------------------------

SOUND = """#+ summary: {en: "Which stages?", nl: "Welke stadia?", fr: "Quels stades ?", de: "Welche Abschnitte?"}
#+ tags: [guideline]
#+ needs: guideline
#+ params:
#+   lang: {type: lang, default: en, label: {en: a, nl: b, fr: c, de: d}}
#+   n: {type: integer, optional: true, minimum: 1, label: {en: a, nl: b, fr: c, de: d}}
#+ columns:
#+   stage: {en: a, nl: b, fr: c, de: d}
#+   label: {en: a, nl: b, fr: c, de: d}
#+ chart: {kind: bar, x: label, y: stage}
PREFIX cp: <https://w3id.org/lrp-kg/care-pathway#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?stage ?label WHERE {
  VALUES (?lang ?n) { ("en" UNDEF) } # parameters
  ?stage a cp:Stage ; cp:priority ?n ; rdfs:label ?label .
  FILTER(LANG(?label) = ?lang)
}
ORDER BY ?stage
"""
BROKEN = [
    ("#+ summary:", "#+ summary: [", "query-header-yaml", 2),
    ("#+ summary:", "#+ nothing:", "query-header-key", 1),
    ("#+ tags: [guideline]", "#+ tags: [guideline, funny]", "query-header-value", 2),
    ("#+ tags: [guideline]", "#+ tags: guideline", "query-header-value", 2),
    ("#+ tags: [guideline]", "#+ topic: funny", "query-header-value", 2),
    ("#+ tags: [guideline]", "#+ order: first", "query-header-value", 2),
    ("needs: guideline", "needs: money", "query-header-value", 3),
    ("needs: guideline", "need: guideline", "query-header-key", 3),
    ('{en: "Which stages?", nl:', "{nl:", "query-header-language", 1),
    ('de: "Welche Abschnitte?"', 'it: "Quali?"', "query-header-language", 1),
    ('"Welche Abschnitte?"', '""', "query-header-text", 1),
    (', de: "Welche Abschnitte?"', "", "query-untranslated", 1),
    ("type: lang", "type: language", "query-header-value", 5),
    ("default: en, ", "", "query-header-value", 5),
    ("default: en, ", "default: en, optional: true, ", "query-header-value", 5),
    ("default: en, ", "default: en, optional: maybe, ", "query-header-value", 5),
    ("type: lang", "type: choice", "query-header-value", 5),
    ("type: lang", "type: lang, of: cp:Stage", "query-header-value", 5),
    ("minimum: 1", "minimum: one", "query-header-value", 6),
    ("minimum: 1", "smallest: 1", "query-header-value", 6),
    ("SELECT ?stage ?label WHERE", "SELECT ?label ?stage WHERE", "query-columns", 7),
    ("#+   stage: {en", "#+   stage: {of: 3, en", "query-header-value", 8),
    ("#+   stage: {en", '#+   stage: {of: "cp:Nothing", en', "query-header-value", 8),
    ("#+   label: {en", "#+   text: {en", "query-chart", 10),
    ("x: label, ", "", "query-chart", 10),
    ("kind: bar", "kind: pie", "query-chart", 10),
    ("kind: bar", "kind: bar, colour: x", "query-chart", 10),
    (
        "#+ columns:\n#+   stage: {en: a, nl: b, fr: c, de: d}\n#+   label: {en: a, nl: b, fr: c, de: d}\n",
        "",
        "query-header-value",
        1,
    ),
    ("SELECT ?stage ?label WHERE", "SELECT * WHERE", "query-star", 14),
    ("SELECT ?stage ?label WHERE", "ASK", "query-form", 1),
    ("ORDER BY ?stage\n", "", "query-order", 1),
    ("PREFIX cp:", "PREFIX cpx:", "query-syntax", 16),
    ("?stage a cp:Stage ;", "?stage cp:Stage ;", "query-syntax", 16),
    ("?stage a cp:Stage", "SERVICE <http://example.org/> { ?stage a cp:Stage }", "query-refused", 1),
    (" # parameters", "", "query-parameters", 1),
    ('(?lang ?n) { ("en" UNDEF) }', '(?n ?lang) { (UNDEF "en") }', "query-parameters", 15),
    ('("en" UNDEF)', '("nl" UNDEF)', "query-default", 15),
    ('("en" UNDEF)', '("en" 3)', "query-default", 15),
    ("default: en", "default: it", "query-default", 5),
]


def names_and_lines(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, int]]:
    entry, findings = read_entry(Path("some.rq"), text)
    found = [*findings, *(check_entry(entry, vocabulary) if entry else ())]
    for finding in found:
        assert finding.message.endswith(".")
        yield finding.name, int(finding.where.rpartition(":")[2])


def test_valid_header_has_no_findings(vocabulary: Vocabulary) -> None:
    assert list(names_and_lines(SOUND, vocabulary)) == []


@pytest.mark.parametrize(("old", "new", "name", "line"), BROKEN)
def test_broken_header_is_reported_with_its_line(
    old: str, new: str, name: str, line: int, vocabulary: Vocabulary
) -> None:
    assert old in SOUND
    assert (name, line) in list(names_and_lines(SOUND.replace(old, new, 1), vocabulary))


def test_file_without_header_or_in_another_encoding_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "bare.rq").write_text("SELECT ?s WHERE { ?s ?p ?o }")
    (folder / "bytes.rq").write_bytes(b"#+ summary: \xff")
    (folder / "sound.rq").write_text(SOUND)
    catalogue = read_catalogue(tmp_path)
    assert list(catalogue.entries) == ["sound"]
    assert {f.name for f in catalogue.findings} == {"query-header-missing", "query-unreadable"}


def test_query_entry_as_data(vocabulary: Vocabulary) -> None:
    entry, _ = read_entry(Path("some.rq"), SOUND)
    assert isinstance(entry, CatalogueEntry)
    data = as_data(entry, "nl")
    assert data["summary"] == "Welke stadia?"
    assert data["params"][1] == {
        "name": "n", "type": "integer", "label": "b", "default": None, "optional": True, "minimum": 1,
    }  # fmt: skip


# -- charts -----------------------------------------------------------------------------------------

XSD = "http://www.w3.org/2001/XMLSchema#"


def numbers(*rows: tuple[str, str | None, str]) -> Table:
    cells = tuple(
        (Cell(x, datatype=XSD + "integer"), y and Cell(y, datatype=XSD + "integer"), Cell(s)) for x, y, s in rows
    )
    return Table(("x", "y", "s"), ("Ex", "Why", "<Series>"), cells)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["bar", "line"])
def test_chart_has_title_description_and_labels(kind: str) -> None:
    table = numbers(("1", "4", "a&b"), ("2", "0", "a&b"), ("2", "7", "<script>"), ("3", None, "c"))
    picture = draw(Chart(kind, "x", "y", "s"), table, title="What & how?", lang="fr")
    assert 'aria-label="What &amp; how? Why / Ex / &lt;Series&gt;"' in picture
    assert picture.count('role="img"') == 1 and 'lang="fr"' in picture
    assert "What &amp; how?" in picture and "a&amp;b" in picture and "&lt;script&gt;" in picture
    assert "<script" not in picture and "style" not in picture
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(picture)
    assert picture.count("<rect" if kind == "bar" else "<circle") == 3


def test_bars_keep_the_order_of_rows_and_say_their_values() -> None:
    table = numbers(("9", "1", "a"), ("10", "2", "a"), ("9", "3", "b"))
    picture = draw(Chart("bar", "x", "y", "s"), table, title="t", lang="en")
    assert re.findall(r"<(?:p|span)>([^<]+)", picture) == ["9", "1 a", "3 b", "10", "2 a"]
    assert [float(w) for w in re.findall(r'<rect[^>]* width="([\d.]+)%', picture)] == [33.3, 100, 66.7]


def test_chart_without_numbers_is_empty() -> None:
    chart = Chart("bar", "x", "y")
    assert points(chart, numbers(("1", None, ""))) == []
    assert draw(chart, numbers(("1", None, "")), title="t", lang="en") == ""
    assert draw(Chart("line", "s", "y"), numbers(("1", "2", "words")), title="t", lang="en") == ""
