"""The picture and the static site of both guidelines: complete, linked, well formed, reproducible."""

from __future__ import annotations

import ast
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from lrp_kg import GuidelineService
from lrp_kg.authoring.cases.files import PLACES, case_files
from lrp_kg.cli import main
from lrp_kg.guideline.in_words import short_title
from lrp_kg.logic.outcomes import NOT_APPLICABLE, Outcome
from lrp_kg.site import tables
from lrp_kg.site.catalogue import KINDS, Catalogue, slug
from lrp_kg.site.content import Content
from lrp_kg.site.drawing import draw
from lrp_kg.site.layout import lay_out
from lrp_kg.site.pages import Site
from lrp_kg.site.words import SiteWords
from lrp_kg.site.writer import build, write
from lrp_kg.svg import width_of, wrap
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import guideline_copy
from tests.support.links import check_links
from tests.support.paths import ANKLE, PACKAGE, ROOT

pytestmark = pytest.mark.exhaustive

SITE = PACKAGE / "site"
SVG = "{http://www.w3.org/2000/svg}"
VOID = set("area base br col embed hr img input link meta source track wbr".split())

both = pytest.mark.parametrize("name", ["low-back-pain", "ankle-sprain"])
SITES = [pytest.param("low-back-pain", marks=pytest.mark.slow), "ankle-sprain"]
WHOLE = "low-back-pain, with all cases"
both_sites = pytest.mark.parametrize("name", SITES)
all_sites = pytest.mark.parametrize("name", [*SITES, pytest.param(WHOLE, marks=pytest.mark.long)])
SOME = {"programmes", "record-fields", "mutation-statements", "K-invalid-records", "M-combined", "S-summary"}
"""The files of cases of the large guideline that its site has; its site with all is for ``make long``."""
Services = Callable[[str], GuidelineService]
Contents = Callable[[str], Content]
Sites = Callable[[str], Path]


@pytest.fixture(scope="session")
def services(service: GuidelineService, ankle: GuidelineService) -> Services:
    """Return a guideline by its name."""
    return {"low-back-pain": service, "ankle-sprain": ankle}.__getitem__


@pytest.fixture(scope="session")
def contents(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """Return the content of the site of each guideline, computed once."""

    @cache
    def get(name: str) -> Content:
        if name != "low-back-pain":
            return Content(services(name.partition(",")[0]), in_full=True)
        folder = guideline_copy(tmp_path_factory.mktemp("some-cases"), ROOT, ("ontology", "shapes", "queries", *PLACES))
        for file in case_files(folder):
            if file.stem not in SOME:
                file.unlink()
        return Content(GuidelineService(folder), in_full=True)

    return get


@pytest.fixture(scope="session")
def sites(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> Sites:
    """Write the site of each guideline once."""

    @cache
    def get(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name) / "site"
        write(contents(name), folder)
        return folder

    return get


# -- the picture ----------------------------------------------------------------------------------


def picture(service: GuidelineService, lang: str) -> str:
    return draw(Catalogue(service.guideline), service.assessor, SiteWords(Catalogue(service.guideline), lang))


@both
@pytest.mark.parametrize("lang", LANGUAGES)
def test_picture_is_svg_with_title_and_description(name: str, lang: str, services: Services) -> None:
    service = services(name)
    svg = picture(service, lang)
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert root.tag == f"{SVG}svg"
    assert root.get("lang") == lang
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text
    assert SiteWords(Catalogue(service.guideline), lang).text(service.guideline.label) in title.text
    assert description is not None and description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    words = SiteWords(Catalogue(service.guideline), lang)
    for stage in Catalogue(service.guideline).stages:
        assert words.label(stage) in description.text
    assert not re.search(r"<script|<image|@import|@font-face|url\(|href=", svg)
    assert "prefers-color-scheme:dark" in svg


@both
def test_picture_shows_every_stage_box_and_exit(name: str, services: Services) -> None:
    service = services(name)
    catalogue = Catalogue(service.guideline)
    root = ElementTree.fromstring(picture(service, "en"))  # noqa: S314
    said = [" ".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    together = re.sub(r"\s+", " ", " ".join(said)).casefold()
    assert len(catalogue.stages) >= 2
    for stage in catalogue.stages:
        assert stage.label["en"].casefold() in together
    printed = Counter(said)
    for label, count in Counter(b.printed for b in service.guideline.boxes.values()).items():
        assert printed[label] >= count, label
    for gate in lay_out(catalogue, service.assessor).gates:
        for option in gate.options:
            assert option.label["en"].casefold() in together


@both
@pytest.mark.parametrize("lang", LANGUAGES)
def test_panels_do_not_overlap_and_are_inside_the_picture(name: str, lang: str, services: Services) -> None:
    root = ElementTree.fromstring(picture(services(name), lang))  # noqa: S314
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    panels = [
        tuple(float(r.get(k) or 0) for k in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
        if r.get("class") in ("panel", "onward") or (r.get("class") or "").startswith("leave")
    ]
    assert len(panels) >= 4
    for n, (x, y, w, h) in enumerate(panels):
        assert 0 <= x and x + w <= width and 0 <= y and y + h <= height
        for other_x, other_y, other_w, other_h in panels[n + 1 :]:
            apart = x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
            assert apart


def test_lanes_and_columns_follow_from_the_criteria(services: Services) -> None:
    service = services("low-back-pain")
    pathway = lay_out(Catalogue(service.guideline), service.assessor)
    assert [len(lane.stages) for lane in pathway.lanes] == [6, 3]
    spans = {p.stage.id: (p.first, p.last) for lane in pathway.lanes for p in lane.stages}
    assert spans["first-line-week-1-2"] == (0, 0)
    assert spans["first-line-week-3-5"] == (1, 1)
    assert spans["second-line-week-1-5"] == (0, 1)
    assert spans["first-line-week-12-plus-follow-up"] == spans["second-line-week-12-plus"] == (3, 3)
    assert pathway.passages


def test_stage_without_boxes_is_drawn(services: Services) -> None:
    service = services("low-back-pain")
    empty = [
        s
        for s in Catalogue(service.guideline).stages
        if s.iri not in {b.stage for b in service.guideline.boxes.values()}
    ]
    assert empty
    assert SiteWords(Catalogue(service.guideline), "en").say("no-boxes") in picture(service, "en")


def test_text_is_wrapped() -> None:
    text = "a rather long line of words that has to be broken somewhere"
    found = wrap(text, 120, 13)
    assert " ".join(found) == text
    assert len(found) > 2
    assert all(width_of(line, 13) <= 120 for line in found)
    assert wrap("unbreakable" * 9, 50, 13) == ["unbreakable" * 9]


def test_short_title() -> None:
    assert short_title("Phase one: treatment, mild", "phase one", "treatment") == "mild"
    assert short_title("Phase one: treatment", "phase one", "treatment") == ""
    assert short_title("Something else", "phase one", "treatment") == "Something else"


# -- decision tables ------------------------------------------------------------------------------


@both
def test_tables_agree_with_the_diagrams(name: str, services: Services) -> None:
    """Every input within the scope matches exactly one rule, with the outcome of the decision."""
    service = services(name)
    chance = random.Random(7)  # noqa: S311
    tried = 0
    for decision in service.guideline.decisions.values():
        table = tables.table_of(service.assessor, decision)
        diagram = tables.diagram_of(service.assessor, decision)
        assert table is not None and diagram is not None
        assert table.rules
        variables = service.assessor.cells.variables
        for _ in range(400):
            choices = [chance.randrange(len(axis.choices)) for axis in diagram.axes]
            outcome = diagram.nodes[diagram.restrict(diagram.root, tuple(choices))]
            assert isinstance(outcome, Outcome)
            if outcome.status == NOT_APPLICABLE:
                continue
            cells = {
                variables[v].iri: c
                for axis, choice in zip(diagram.axes, choices, strict=True)
                for v, c in zip(axis.variables, axis.choices[choice], strict=True)
            }
            matching = [
                rule
                for rule in table.rules
                if all(own is None or cells[v.iri] in own for v, own in zip(table.columns, rule.cells, strict=True))
            ]
            assert len(matching) == 1
            assert matching[0].outcome[:2] == outcome[:2]
            tried += 1
    assert tried > 500


def test_neighbouring_cells_are_one_interval() -> None:
    assert tables.stretches(frozenset({1, 2, 4, 6, 7})) == [(1, 2), (4, 4), (6, 7)]


def test_choices_of_joint_axes_become_boxes() -> None:
    choices = [(1, 1), (1, 2), (2, 2), (2, 3)]
    found = tables._boxes(choices, frozenset({1, 2, 3}))
    covered = {c for c in choices for box in found if all(x in s for x, s in zip(c, box, strict=True))}
    assert covered == {(1, 2), (2, 2), (2, 3)}


# -- the site -------------------------------------------------------------------------------------


@all_sites
def test_every_link_resolves(name: str, sites: Sites) -> None:
    report = check_links(sites(name))
    assert report.pages > 250
    assert report.links > 5_000
    assert report.broken == []


def test_link_checker_reports_broken_links(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">ok</a><a href=\'b.html#there\'>ok</a><a href="b.html#nowhere">x</a>'
        '<a href="c.html">x</a><a href="/b.html">x</a><img src="../x.png" alt=""><a href="https://example.org/">out</a>'
    )
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>')
    report = check_links(tmp_path)
    assert (report.pages, report.links) == (2, 6)
    assert [b.split(": ")[1] for b in report.broken] == ["b.html#nowhere", "c.html", "/b.html", "../x.png"]


@both_sites
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_has_a_page(name: str, lang: str, services: Services, sites: Sites) -> None:
    g, folder = services(name).guideline, sites(name) / lang
    generated = {e.decision for p in g.programmes.values() for e in p.editions}
    classes = {o.applies_to for d in generated for o in g.decisions[d].options}
    stages = [s.iri for s in Catalogue(g).stages]
    wanted = {
        "stage": stages,
        "box": list(g.boxes),
        "decision": [d for d in g.decisions if d not in generated],
        "programme": list(g.programmes),
        "condition": [c for c in g.conditions if c not in classes],
        "field": [*g.fields, *g.derived],
        "warning": [w.iri for w in g.warnings],
        "open-point": [p.iri for p in g.open_points],
        "source": list(g.sources),
    }
    assert set(wanted) == set(KINDS)
    for kind, terms in wanted.items():
        assert terms, kind
        assert (folder / kind / "index.html").is_file()
        for term in terms:
            text = (folder / kind / f"{slug(term)}.html").read_text(encoding="utf-8")
            assert term in text
            assert f'<html lang="{lang}">' in text
    for page in ("index.html", "alphabetical.html", "pathway.svg"):
        assert (folder / page).is_file()


class WellFormed(HTMLParser):
    """Collects unclosed elements, elements nested in a paragraph, ids and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.ids.update(v for k, v in attrs if k == "id" and v)
        if tag == "p" and "p" in self.open:
            self.problems.append("p in p")
        if tag in ("ul", "ol", "div", "section", "table", "dl", "details", "h2") and "p" in self.open:
            self.problems.append(f"{tag} in p")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


@all_sites
def test_pages_are_well_formed(name: str, sites: Sites) -> None:
    pages = sorted((sites(name) / "de").rglob("*.html")) + [sites(name) / "index.html"]
    assert len(pages) > 60
    for page in pages:
        text = page.read_text(encoding="utf-8")
        checker = WellFormed()
        checker.feed(text)
        checker.close()
        assert text.startswith("<!doctype html>\n<html lang=")
        assert checker.problems == [] and checker.open == [], page
        assert [i for i, n in checker.ids.items() if n > 1] == [], page
        assert checker.tags["h1"] == checker.tags["main"] == 1, page
        assert checker.tags["title"] >= 1 and checker.tags["script"] == 0, page
        assert "Undefined" not in text and "None</" not in text


@both_sites
def test_pages_are_html5(name: str, sites: Sites) -> None:
    html5lib = pytest.importorskip("html5lib", reason="comes with the extra test")
    pages = [p for kind in KINDS for p in sorted((sites(name) / "en" / kind).glob("*.html"))[:2]]
    assert len(pages) == 2 * len(KINDS) or name != "low-back-pain"
    for page in [*pages, sites(name) / "fr" / "index.html", sites(name) / "nl" / "alphabetical.html"]:
        parser = html5lib.HTMLParser()
        parser.parse(page.read_text(encoding="utf-8"))
        assert [error for _, error, _ in parser.errors] == [], page


@both_sites
def test_languages_differ(name: str, sites: Sites) -> None:
    paths = sorted(p.relative_to(sites(name) / "en") for p in (sites(name) / "en").rglob("*.html"))
    assert len(paths) > 60
    for lang in LANGUAGES:
        assert sorted(p.relative_to(sites(name) / lang) for p in (sites(name) / lang).rglob("*.html")) == paths
    for path in paths:
        texts = {(sites(name) / lang / path).read_text(encoding="utf-8") for lang in LANGUAGES}
        assert len(texts) == len(LANGUAGES), path


@both_sites
def test_definitions_are_in_the_language_of_the_page(name: str, services: Services, sites: Sites) -> None:
    """Those of the low back pain guideline are in each language, those of the other one in English only."""
    catalogue = Catalogue(services(name).guideline)
    decision = next(iter(catalogue.decisions)).iri
    for lang in LANGUAGES:
        page = (sites(name) / lang / "decision" / f"{slug(decision)}.html").read_text(encoding="utf-8")
        assert ('<p class="definition">' in page) == (lang in catalogue.definition(decision)), lang


@pytest.mark.slow
@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_what_a_reader_meets_is_translated(lang: str, sites: Sites) -> None:
    """Notes of cases, which are for authors, are in English only."""
    read, english = 0, []
    for page in sorted((sites("low-back-pain") / lang).rglob("*.html")):
        if page.parent.name != "case":
            read += 1
            for text in re.findall(r'<(?:span|p) lang="en">(.*?)</', page.read_text(encoding="utf-8")):
                english.append((page.name, text))
    assert read > 400
    assert english == []


@pytest.mark.slow
def test_term_pages_list_the_cases_whose_answers_name_the_term(services: Services, contents: Contents) -> None:
    service = services("low-back-pain")
    content = contents("low-back-pain")
    assert len(content.runs) > 200
    boxes = {b.id: b.iri for b in service.guideline.boxes.values()}
    conditions = {c.id: c.iri for c in service.guideline.conditions.values()}
    looked = 0
    for run in content.runs[::5]:
        if run.found is None:
            continue
        answer = service.assess(dict(run.case.record), explain=True)
        named = {boxes[b["id"]] for b in answer["boxes"]}
        for decision in answer["decisions"].values():
            if decision["status"] != "not-applicable":
                named |= {conditions[r["condition"]] for r in decision["because"]}
        for term in named:
            assert run in content.runs_by_term[term]
            looked += 1
        possible = {boxes[o] for d in answer["decisions"].values() for o in d["labels"] if o in boxes}
        assert not {b for b in boxes.values() if run in content.runs_by_term.get(b, ())} - named - possible
    assert looked > 50


def test_pages_of_conditions_link_to_their_cases(contents: Contents, sites: Sites) -> None:
    content, linked = contents("ankle-sprain"), 0
    for entry in content.catalogue.of_kind("condition"):
        page = (sites("ankle-sprain") / "en" / entry.page).read_text(encoding="utf-8")
        for run in content.runs_by_term.get(entry.term.iri, ()):
            assert f'#case-{slug(run.case.id)}">{run.case.id}</a></li>' in page
            linked += 1
    assert linked > 100


@pytest.mark.slow
def test_two_runs_write_identical_files(tmp_path: Path) -> None:
    folders = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        command = [sys.executable, "-m", "lrp_kg.cli", "docs", str(folder), "-g", str(ANKLE)]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed})
        folders.append(folder)
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert len(first) > 250
    assert first == second


@pytest.mark.slow
def test_only_stale_files_of_an_earlier_run_are_removed(services: Services, tmp_path: Path) -> None:
    build(services("ankle-sprain"), tmp_path)
    stale, foreign = tmp_path / "en" / "stale.html", tmp_path / "en" / "foreign.html"
    for file in (stale, foreign):
        file.write_text("x")
    written = tmp_path / "written.txt"
    written.write_text(written.read_text() + "en/stale.html\n../outside.html\n")
    outside = tmp_path.parent / "outside.html"
    outside.write_text("x")
    build(services("ankle-sprain"), tmp_path)
    assert (stale.exists(), foreign.exists(), outside.exists()) == (False, True, True)


# -- words ----------------------------------------------------------------------------------------


def test_site_modules_contain_no_name_of_a_guideline(services: Services) -> None:
    names: set[str] = set()
    for name in ("low-back-pain", "ankle-sprain"):
        g = services(name).guideline
        names |= {f.id for f in g.fields.values()} | {d.id for d in g.derived.values()} | set(g.conditions)
        names |= {c.id for c in g.conditions.values()} | {d.id for d in g.decisions.values()}
        names |= {o.id for d in g.decisions.values() for o in d.options} | {b.id for b in g.boxes.values()}
    generic = {"id", "episode", "stage", "eligible", "not-eligible", "continue", "follow-up", "work", "contact"}
    modules = sorted(SITE.glob("*.py"))
    assert {"catalogue.py", "drawing.py", "layout.py", "views.py", "writer.py"} <= {m.name for m in modules}
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        assert not texts & (names - generic), module.name


def test_periods_in_words(service: GuidelineService) -> None:
    words = SiteWords(Catalogue(service.guideline), "en")
    assert [words.period(p) for p in ("P1D", "P10D", "P14D", "P1M", "P3M", "P0D", "P1M3D")] == [
        "1 day",
        "10 days",
        "2 weeks",
        "1 month",
        "3 months",
        "0 days",
        "1 month 3 days",
    ]


def test_boxes_say_when_their_rules_are_in_force_and_the_map_shows_what_is_printed(service: GuidelineService) -> None:
    pages = dict(Site(Content(service)).files())
    box = pages["en/box/box-first-line-week-12-plus-first-contact-work.html"]()
    assert re.search(r"In force</span> from 2017-01-01 to 2022-09-30, by: <a [^>]*>assessment date</a>", box)
    assert re.search(r"In force</span> from 2016-01-01 on, by: <a [^>]*>start of incapacity</a>", box)
    assert re.search(r"In force</span> up to and including 2025-12-31, by: <a [^>]*>request for", box)
    law, printed = "from 4 months of incapacity on", "after 4 months of incapacity compensated"
    assert law in box
    assert box.index(printed) < box.index("<h3>Rules of law</h3>") < box.index(law)
    assert [text in pages["en/index.html"]() for text in (law, printed)] == [False, True]


# -- commands -------------------------------------------------------------------------------------


def test_draw_command(tmp_path: Path) -> None:
    file = tmp_path / "pathway.svg"
    result = CliRunner().invoke(main, ["draw", "--lang", "nl", "-g", str(ANKLE), "-o", str(file)])
    assert (result.exit_code, result.output) == (0, "")
    shown = CliRunner().invoke(main, ["draw", "--lang", "nl", "-g", str(ANKLE)])
    assert shown.output == file.read_text(encoding="utf-8")
    assert 'lang="nl"' in shown.output
    assert CliRunner().invoke(main, ["draw", "-g", str(tmp_path)]).exit_code == 2
    assert CliRunner().invoke(main, ["draw", "-g", str(ANKLE), "-o", str(tmp_path / "no" / "x.svg")]).exit_code == 2


@pytest.mark.slow
def test_docs_command_takes_no_option_without_effect(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["docs", str(tmp_path), "-g", str(ANKLE), "--reference"]).exit_code == 2
    result = CliRunner().invoke(main, ["docs", str(tmp_path), "-g", str(ANKLE)])
    assert result.exit_code == 0
    assert check_links(tmp_path).broken == []
