"""Changes of rules from one day to another: verified by asking for each record on the days, and by sampled records."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrp_kg import GuidelineService
from lrp_kg.authoring.compare.model import Literal, Region
from lrp_kg.authoring.compare.over_time import RulesOverTime, days_of_change
from lrp_kg.authoring.compare.over_time_document import (
    HEAD,
    over_time_html,
    over_time_json,
    over_time_markdown,
)
from lrp_kg.authoring.compare.over_time_model import DayChange, EditionChange
from lrp_kg.cli import main
from lrp_kg.logic.outcomes import DECIDED, Outcome
from lrp_kg.site.content import Content
from lrp_kg.site.pages import Site
from lrp_kg.words import LANGUAGES
from tests.support.editions import dated_rules, records, two_editions
from tests.support.paths import ANKLE, ROOT

Json = dict[str, Any]
Changed = Callable[[str], tuple[GuidelineService, list[DayChange]]]
WITH_EDITIONS = ("two", "ankle")


@pytest.fixture(scope="module")
def changed(
    service: GuidelineService, ankle: GuidelineService, cache_folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Changed:
    """Return a guideline by name, with its changes on every day."""

    @cache
    def found(name: str) -> tuple[GuidelineService, list[DayChange]]:
        known = {"packaged": service, "ankle": ankle}.get(name)
        if known is None:
            make = two_editions if name == "two" else dated_rules
            known = GuidelineService(make(tmp_path_factory.mktemp(name)))
        june = (date(2018, 6, 1), date(2018, 6, 30)) if name == "two" else ()
        return known, RulesOverTime(known).all(*june)

    return found


def editions_of(days: list[DayChange]) -> list[EditionChange]:
    return [e for d in days for e in d.editions]


def verdict(outcome: Outcome | None) -> str:
    assert outcome
    return outcome.answers[0] if outcome.status == DECIDED else outcome.status


def verdicts(service: GuidelineService, record: Any, e: EditionChange) -> tuple[str, str]:
    found = service.assess(record)["eligibility"][e.programme.id]["editions"]
    by_id = {x["id"]: x["verdict"] for x in found}
    return by_id[e.before.id], by_id[e.after.id]


# -- editions -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_day_on_which_rules_change_is_in_the_turtle(changed: Changed) -> None:
    assert days_of_change(changed("ankle")[0].guideline) == [date(2025, 1, 1)]
    found = days_of_change(changed("dated")[0].guideline)
    assert [d.isoformat() for d in found] == ["2025-01-01", *(f"2025-03-0{n}" for n in (1, 3, 4, 5, 6))]
    days = [d.after for d in changed("packaged")[1]]
    assert date(2018, 6, 8) in days
    assert date(2022, 10, 1) in days


@pytest.mark.parametrize("name", [*WITH_EDITIONS, "packaged"])
def test_example_gets_both_verdicts_of_its_region(changed: Changed, name: str) -> None:
    service, days = changed(name)
    for e in editions_of(days):
        for region in (*e.regions, *e.still_open):
            assert region.example, (e.after.id, region.before, region.after)
            assert not service.validate(dict(region.example))
            assert verdicts(service, dict(region.example), e) == (verdict(region.before), verdict(region.after))


def test_who_gains_and_who_loses_by_an_invented_edition(changed: Changed) -> None:
    e = next(e for e in editions_of(changed("two")[1]) if e.programme.id == "fedris-prevention")
    assert (e.before.id, e.after.id) == ("fedris-prevention-first", "fedris-prevention-second")
    assert [(verdict(r.before), verdict(r.after)) for r in e.regions] == [
        ("not-eligible", "eligible"),
        ("eligible", "not-eligible"),
    ]
    assert {(verdict(r.before), verdict(r.after)) for r in e.still_open} == {
        ("not-eligible", "undetermined"),
        ("eligible", "undetermined"),
    }
    assert [name.rsplit("#")[-1] for name in e.asked] == ["employerAgrees"]
    roles = {c.id: (c.before is not None, c.after is not None) for c in e.criteria}
    assert roles["own-doctor-agreement"] == (False, True)
    assert roles["exposure"] == (True, False)
    assert roles["sector"] == (True, True)


def test_nobody_loses_by_the_second_edition_of_the_other_guideline(changed: Changed) -> None:
    (e,) = editions_of(changed("ankle")[1])
    assert [(verdict(r.before), verdict(r.after)) for r in e.regions] == [("not-eligible", "eligible")]
    assert e.still_open == ()
    assert e.asked == ()


@pytest.mark.parametrize(
    "count", [10, pytest.param(400, marks=[pytest.mark.long, pytest.mark.exhaustive])], ids=["few", "many"]
)
@pytest.mark.parametrize("name", [pytest.param("two", marks=pytest.mark.long), "ankle", "packaged"])
def test_regions_hold_exactly_the_records_that_get_another_verdict(changed: Changed, name: str, count: int) -> None:
    """A sampled record of which both editions decide is in the region of its verdicts, as far as it is known."""
    service, days = changed(name)
    seen = 0
    for e in editions_of(days)[:1]:
        first = e.after.valid_from
        assert first
        for record in islice(records(service, (first - timedelta(30), first + timedelta(30)), seed=7), count):
            found = verdicts(service, record, e)
            if "undetermined" in found:
                continue
            seen += 1
            values = service.read(record).values
            states = {
                (verdict(r.before), verdict(r.after)): [holds(condition, values) for condition, _ in r.conditions]
                for r in e.regions
            }
            certain = [pair for pair, held in states.items() if True in held]
            possible = [pair for pair, held in states.items() if set(held) != {False}]
            assert set(certain) <= {found}, record
            assert not certain or found[0] != found[1], record
            assert found[0] == found[1] or found in possible, record
    assert seen or not editions_of(days)


def holds(condition: tuple[Literal, ...], values: Any) -> bool | None:
    """Return whether a condition holds; ``None`` where that is not known."""
    found = {allows(literal, values.get(literal.field)) for literal in condition}
    return False if False in found else None if None in found else True


def allows(literal: Literal, value: Any) -> bool | None:
    if value is None:
        return None
    if literal.ranges:
        return any((low is None or low <= value) and (high is None or value <= high) for low, high in literal.ranges)
    return value in literal.values


# -- rules ----------------------------------------------------------------------------------------


def test_rules_begin_and_end_on_their_days(changed: Changed) -> None:
    days = changed("dated")[1]
    found = {
        d.after.isoformat(): {
            " ".join((r.what, r.rule.id, *((type(r.part).__name__,) if r.part else ())))
            for p in d.places
            for r in p.rules
        }
        for d in days
        if d.after > date(2025, 1, 1)
    }
    wanted = {
        "2025-03-01": ["begins law-of-two-days"],
        "2025-03-03": ["begins law", "begins law-of-two-periods", "begins law-otherwise"],
        "2025-03-04": ["ends acute-follow-up-visit TimeLimit", "ends acute-rest-brace Fact", "ends law-the-same"],
        "2025-03-05": [
            *("ends law-of-two-days", "ends law-of-two-periods", "ends printed", "ends printed-warning"),
            *("begins warning-of-law", "begins not-certain"),
        ],
        "2025-03-06": ["ends law"],
    }
    assert found == {day: set(rules) for day, rules in wanted.items()}


@pytest.mark.parametrize("name", ["dated", "packaged"])
def test_example_shows_the_statement_on_its_side_of_the_day_only(changed: Changed, name: str) -> None:
    service, days = changed(name)
    shown = 0
    for d in days:
        for change in (r for p in d.places for r in p.rules if r.witness):
            record = dict(change.witness or {})
            found = service.assess(record)
            places = [b["statements"] for b in found["boxes"]] + [found["notices"]]
            places += [p[part] for p in found["eligibility"].values() for part in ("benefits", "limits", "nextSteps")]
            own = [s for statements in places for s in statements if s["id"] == change.rule.id]
            assert own, change.rule.id
            assert not own[0].get("outdated", False)
            assert own[0].get("applies") != "unknown"
            day = found["assessmentDate"]
            if change.validity and change.validity.by == (service.guideline.roles.assessment,):
                assert (day < d.after.isoformat()) is (change.what == "ends"), change.rule.id
            shown += 1
    assert shown


def test_days_between_which_nothing_changes(changed: Changed) -> None:
    service, _ = changed("ankle")
    same = RulesOverTime(service).between(date(2025, 1, 1), date(2026, 1, 1))
    assert not same.differs
    net = RulesOverTime(changed("dated")[0]).between(date(2025, 2, 28), date(2025, 3, 6))
    assert "law" not in {r.rule.id for p in net.places for r in p.rules}
    assert "warning-of-law" in {r.rule.id for p in net.places for r in p.rules if r.what == "begins"}


# -- documents ------------------------------------------------------------------------------------


def test_document_is_up_to_date(changed: Changed) -> None:
    service, days = changed("packaged")
    text = (ROOT / "docs" / "changes-over-time.md").read_text(encoding="utf-8")
    made = HEAD + over_time_markdown(service.guideline, days, "en")
    assert made == text, "write it again with python -m lrp_kg.authoring.compare.over_time_document"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_document_says_all_in_each_language(changed: Changed, lang: str) -> None:
    service, days = changed("dated")
    text = over_time_markdown(service.guideline, days, lang)
    page = over_time_html(service.guideline, days, lang)
    label = next(e.label for e in service.guideline.editions if e.id == "supervised-training-second")
    for said in ("2025-03-06", label.get(lang, label["en"]), "applicationDate", "what a law says"):
        assert said in text
        assert said in page
    assert "\n\n\n" not in text
    assert page.count("<main") == len(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_of_the_site_shows_every_day(changed: Changed, lang: str) -> None:
    service, days = changed("dated")
    site = Site(Content(service))
    page = site.page(lang, "changes.html")
    assert page
    assert all(f'id="day-{d.after}"' in page for d in days)
    assert "what a law says" in page
    home = site.page(lang, "index.html")
    assert home
    assert 'href="changes.html"' in home


def test_what_changes_is_found_once(changed: Changed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    service, _ = changed("dated")
    found = Site(Content(service)).page("en", "changes.html")
    monkeypatch.delattr(RulesOverTime, "all")
    assert Site(Content(service)).page("en", "changes.html") == found


def test_json_has_every_region_and_rule(changed: Changed) -> None:
    service, days = changed("two")
    found = json.loads(json.dumps(over_time_json(service.guideline, days)))
    first = next(d for d in found["days"] if d["after"] == "2018-06-08")
    (programme,) = first["programmes"]
    assert (first["before"], first["after"]) == ("2018-06-07", "2018-06-08")
    assert programme["chosenBy"] == "applicationDate"
    assert programme["asked"] == ["employerAgrees"]
    assert len(programme["regions"]) == 2
    assert all(0 < r["combinations"] < programme["combinations"] for r in programme["regions"])
    assert len(programme["stillOpen"]) == 2
    service, days = changed("packaged")
    october = next(d for d in over_time_json(service.guideline, days)["days"] if d["after"] == "2022-10-01")
    printed = "first-line-week-12-plus-follow-up-work-employer-re-integration"
    (ended,) = (r for r in october["rules"] if r["id"] == printed)
    assert ended["in"] == [{"kind": "box", "id": "first-line-week-12-plus-follow-up-work"}]
    assert ended["valid"] == [{"from": None, "until": "2022-09-30", "by": ["assessmentDate"]}]
    assert ended["record"]["assessmentDate"] == "2022-09-30"


# -- the command ----------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments])


def test_command_compares_two_days(tmp_path: Path) -> None:
    found = run(str(ANKLE), "--from", "2024-12-31", "--to", "2025-01-01", "--format", "json")
    assert found.exit_code == 1
    assert [p["after"] for p in json.loads(found.stdout)["days"][0]["programmes"]] == ["supervised-training-second"]
    same = run(str(ANKLE), "--from", "2025-01-01", "--to", "2025-06-01")
    assert same.exit_code == 0
    assert "No rule changes." in same.stdout
    file = tmp_path / "changes.md"
    assert run(str(ANKLE), "--over-time", "-f", "markdown", "-l", "nl", "-o", str(file)).exit_code == 1
    assert "Komt nu wel in aanmerking" in file.read_text(encoding="utf-8")
    text = run(str(ANKLE), "--over-time")
    assert "Newly eligible" in text.stdout
    assert run(str(ANKLE), "--over-time", "--from", "2025-01-02").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2025-01-01"), "Give both days"),
        (("--from", "2025-01-01", "--to", "2025-01-01"), "is not after"),
        (("a", "b", "--over-time"), "one folder or revision"),
        (("--from", "yesterday", "--to", "2025-01-01"), "yesterday"),
        (("a",), "Name two versions"),
        (("--over-time", "--cases"), "--cases and --no-cases go with two versions"),
        (("--over-time", "--no-cases"), "--cases and --no-cases go with two versions"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], said: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2
    assert said in found.stderr


def test_region_without_a_record_says_so(changed: Changed) -> None:
    service, days = changed("ankle")
    (day,) = days
    (e,) = day.editions
    bare = [Region(r.before, r.after, r.combinations, r.conditions, {}, (False, False)) for r in e.regions]
    found = DayChange(day.before, day.after, (EditionChange(**{**vars(e), "regions": tuple(bare)}),), (), ())
    assert "no valid record found" in over_time_markdown(service.guideline, [found], "en")
