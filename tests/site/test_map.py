"""The map of the pathway: every stage and box once, in its place; lit exactly as the answer says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from jinja2 import Environment

from lrp_kg import GuidelineService
from lrp_kg.site.catalogue import Catalogue, slug
from lrp_kg.site.content import Content
from lrp_kg.site.frame import HOME
from lrp_kg.site.layout import lay_out
from lrp_kg.site.lit import Lit, lit_by
from lrp_kg.site.pages import Site
from lrp_kg.site.pathwaymap import PathwayMap
from lrp_kg.site.words import SiteWords
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import CASES, cases
from tests.support.paths import ANKLE
from tests.support.records import CLUSTER, FIRST_VISIT, Record

both = pytest.mark.parametrize("name", ["low-back-pain", "ankle-sprain"])
Services = Callable[[str], GuidelineService]


@pytest.fixture(scope="session")
def services(service: GuidelineService, ankle: GuidelineService) -> Services:
    return {"low-back-pain": service, "ankle-sprain": ankle}.__getitem__


def map_of(service: GuidelineService, lang: str = "en", lit: Lit | None = None) -> PathwayMap:
    catalogue = Catalogue(service.guideline)
    return PathwayMap(catalogue, service.assessor, SiteWords(catalogue, lang), lit)


def lit_of(service: GuidelineService, record: Record) -> Lit:
    catalogue = Catalogue(service.guideline)
    field = lay_out(catalogue, service.assessor).lane_field
    return lit_by(service.assessor, service.read(record), catalogue.stages, field)


# -- the places ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_stage_and_box_is_on_the_map_once(name: str, lang: str, services: Services) -> None:
    service = services(name)
    pathway = map_of(service, lang)
    stages = [s for lane in pathway.lanes for s in lane.stages]
    assert Counter(s.stage.iri for s in stages) == Counter(s.iri for s in pathway.catalogue.stages)
    boxes = [found for s in stages for section in s.sections for found in section]
    assert Counter(f.box.iri for f in boxes) == Counter(list(service.guideline.boxes))
    assert all(f.title for f in boxes) and all(s.title for s in stages)
    assert pathway.in_columns


@both
def test_stages_share_no_place(name: str, services: Services) -> None:
    pathway = map_of(services(name))
    for lane in pathway.lanes:
        taken = [(s.row, n) for s in lane.stages for n in range(s.first, s.last + 1)]
        assert len(taken) == len(set(taken))
        assert {n for _, n in taken} <= set(range(1, pathway.width + 1))
        assert {len(s.sections) for s in lane.stages} == {len(pathway.sections)}


def test_columns_name_week_and_day(services: Services) -> None:
    pathway = map_of(services("low-back-pain"), "nl")
    assert [c.weeks for c in pathway.columns] == ["Week 1-2", "Week 3-5", "Week 6-11", "Vanaf week 12"]
    assert [c.number for c in pathway.columns] == [f"Dagen pijn: {x}" for x in ("0–13", "14–34", "35–76", "≥ 77")]


def test_weeks_are_named_only_where_the_guideline_counts_them(services: Services) -> None:
    pathway = map_of(services("ankle-sprain"))
    assert [c.weeks for c in pathway.columns] == ["", ""]
    words = map_of(services("low-back-pain"), "en").words
    days = lay_out(Catalogue(words.guideline), services("low-back-pain").assessor).column_variable
    assert days is not None
    assert words.weeks(days.iri, 7, 13) == "week 2"
    assert words.weeks(days.iri, 0, 12) == words.weeks(days.iri, 3, 13) == words.weeks(days.iri, None, 13) == ""


def test_stage_says_what_its_lane_does_not_say(services: Services) -> None:
    pathway = map_of(services("low-back-pain"), "en")
    assert [lane.title for lane in pathway.lanes] == ["First line", "Second line"]
    assert pathway.lanes[0].stages[3].title == "Weeks 6 to 11, follow-up"
    assert [s.row for lane in pathway.lanes for s in lane.stages] == [1, 1, 1, 2, 1, 2, 1, 1, 1]


def test_map_of_another_guideline_is_a_page(ankle: GuidelineService) -> None:
    pages = Site(Content(ankle, served=True))
    record = next(case["record"] for case in cases(ANKLE / "cases") if case["expect"].get("stage"))
    plain, lit = pages.page("fr", HOME) or "", pages.on_map("fr", ankle.read(record), {})
    for box in ankle.guideline.boxes:
        assert f'id="{slug(box)}"' in plain and f'id="{slug(box)}"' in lit
    assert "lit-certain" in lit and "lit-certain" not in plain


def test_templates_are_compiled_once(ankle: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Site(Content(ankle)).page("en", HOME)
    monkeypatch.setattr(Environment, "compile", None)
    assert Site(Content(ankle)).page("en", HOME) == first


# -- the patient -----------------------------------------------------------------------------------


def check_lit(service: GuidelineService, record: Record) -> None:
    answer, lit, g = service.assess(record), lit_of(service, record), service.guideline
    stage = g.decisions[g.roles.stage or ""]
    assert [s.id for s in lit.stages] == ([answer["stage"]] if answer["stage"] else [])
    assert {s.id for s in lit.possible_stages} == set(answer["decisions"][stage.id]["possible"])
    assert {b.id for b in g.boxes.values() if b.iri in lit.certain} == {b["id"] for b in answer["boxes"]}
    for decision in g.own_decisions.values():
        found = answer["decisions"][decision.id]
        states = {o.id: lit.state(o.iri) for o in decision.options}
        assert [o for o, state in states.items() if state == "certain"] == found["answers"]
        assert [o for o, state in states.items() if state == "possible"] == found["possible"]
        for box in g.boxes.values():
            _, option = g.shown_with(box)
            if option is not None:
                assert lit.state(box.iri) == lit.state(option.iri)
    steps = [step.asked.id for step in lit.way if step.status]
    assert steps == [d.id for d in g.own_decisions.values() if answer["decisions"][d.id]["status"] != "not-applicable"]


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.slow
def test_lit_is_what_the_answer_says(service: GuidelineService, step: int) -> None:
    worked = [case["record"] for case in cases(CASES) if not case["expect"].get("invalid")]
    assert len(worked) > 200
    for record in worked[::step]:
        check_lit(service, record)


def test_lit_of_another_guideline(ankle: GuidelineService) -> None:
    worked = [case["record"] for case in cases(ANKLE / "cases") if not case["expect"].get("invalid")]
    assert worked
    for record in worked[::3]:
        check_lit(ankle, record)


@pytest.mark.parametrize("record", [FIRST_VISIT, CLUSTER], ids=["first visit", "cluster"])
def test_what_is_certain_is_possible_while_less_is_known(service: GuidelineService, record: Record) -> None:
    whole = lit_of(service, record)
    own = {o.iri for d in service.guideline.own_decisions.values() for o in d.options} | set(service.guideline.boxes)
    for name in record:
        if name in ("assessmentDate", "id"):
            continue
        less = lit_of(service, {k: v for k, v in record.items() if k != name})
        assert {t for t in whole.certain & own if not less.state(t)} == set(), name
        assert less.certain & own <= whole.certain, name


def test_way_is_in_the_order_of_the_guideline(service: GuidelineService) -> None:
    pathway = map_of(service, "en", lit_of(service, FIRST_VISIT))
    assert pathway.lit is not None
    asked = [pathway.words.label(step.asked) for step in pathway.lit.way]
    assert asked[:3] == ["exit from the pathway", "line of care", "stage"]
    assert asked[3:] == ["history and examination", "imaging", "management", "work", "follow-up"]
    management = pathway.lit.way[5]
    assert [b.printed for b in management.boxes] == ["2.C.1"]
    assert pathway.titles(management, management.certain) == ["low risk"]


def test_nothing_is_lit_after_a_critical_exit_but_what_the_answer_shows(service: GuidelineService) -> None:
    lit = lit_of(service, CLUSTER)
    assert [(o.id, c.severity.id) for o, c in lit.exits if c] == [("refer-immediately-red-flags", "critical")]
    assert lit.stages == () and lit.possible_stages
