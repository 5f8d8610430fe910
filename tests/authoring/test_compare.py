"""Comparison of two versions of a guideline: classes of changes, and regions verified by running both on records."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.authoring.compare import attributes
from lrp_kg.authoring.compare.ashtml import to_html
from lrp_kg.authoring.compare.asjson import to_json
from lrp_kg.authoring.compare.asmarkdown import to_markdown
from lrp_kg.authoring.compare.astext import lay_out
from lrp_kg.authoring.compare.compare import compare
from lrp_kg.authoring.compare.model import Comparison
from lrp_kg.authoring.compare.snapshot import Snapshot
from lrp_kg.authoring.compare.view import Viewer
from lrp_kg.authoring.compare.words import DiffWords
from lrp_kg.cli import main
from lrp_kg.words import LANGUAGES, phrase, phrases
from tests.support.bruteforce import EXHAUSTIVE, SAMPLE, Space, allowed, answer, space_of
from tests.support.guidelines import guideline_copy
from tests.support.paths import ROOT, TESTS

pytestmark = pytest.mark.exhaustive

Json = dict[str, Any]
FOLDERS = {"low-back-pain": ROOT, "ankle-sprain": ROOT / "tests" / "guidelines" / "ankle-sprain"}
EDITS: list[Json] = json.loads((TESTS / "comparison" / "edits.json").read_text(encoding="utf-8"))
NAMES = [e["name"] for e in EDITS]
Edited = Callable[[str], Path]


def copied(name: str, target: Path) -> Path:
    return guideline_copy(target, FOLDERS[name], ("ontology", "shapes"))


def substitute(folder: Path, substitutions: list[list[str]]) -> None:
    for file, anchor, old, new in substitutions:
        text = (folder / file).read_text(encoding="utf-8")
        start = text.index(anchor)
        at = text.index(old, start)
        (folder / file).write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")


@dataclass(frozen=True)
class Compared:
    """An edit, the folders of both versions and their comparison."""

    edit: Json
    folders: tuple[Path, Path]
    found: Json
    comparison: Comparison
    sides: tuple[Snapshot, Snapshot]

    @property
    def services(self) -> tuple[GuidelineService, GuidelineService]:
        return _service(self.folders[0]), _service(self.folders[1])


@cache
def _service(folder: Path) -> GuidelineService:
    return GuidelineService(folder)


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Compared]:
    """Return the comparison of an edit, computed once."""

    before = {name: copied(name, tmp_path_factory.mktemp("before")) for name in FOLDERS}

    @cache
    def of(name: str) -> Compared:
        edit = next(e for e in EDITS if e["name"] == name)
        old = before[edit["guideline"]]
        new = guideline_copy(tmp_path_factory.mktemp("edited"), old)
        substitute(new, edit["substitutions"])
        found, sides = compare(old, new)
        return Compared(edit, (old, new), to_json(found, DiffWords(sides, "en")), found, sides)

    return of


def key_of(effect: Json) -> str:
    since = (effect["period"] or {}).get("from")
    return f"{effect['id']} {since}" if since else effect["id"]


def as_text(outcome: Json) -> str:
    return " ".join([outcome["status"], *outcome["answers"]])


# -- changes ----------------------------------------------------------------------------------


def test_edits_cover_every_class() -> None:
    assert len(EDITS) >= 10
    assert len(set(NAMES)) == len(NAMES)
    assert {e["class"] for e in EDITS} == {"none", "patch", "minor", "major"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_changes_and_classes_are_as_expected(name: str, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    found = [[x["id"], x["kind"], x["what"], x["of"], x["class"]] for x in c.found["changes"]]
    assert sorted(found, key=str) == sorted(c.edit["changes"], key=str)
    assert c.found["class"] == c.edit["class"]
    assert c.found["differs"] is (c.edit["class"] != "none")


@pytest.mark.parametrize("name", NAMES)
def test_next_version_follows_the_class(name: str, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    major, minor, patch = map(int, c.found["old"]["version"].split("."))
    expected = {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
        "none": c.found["old"]["version"],
    }
    assert c.found["nextVersion"] == expected[c.edit["class"]]


def test_threshold_change_has_its_bound(compared: Callable[[str], Compared]) -> None:
    (change,) = [x for x in compared("threshold: 28 becomes 21 days").found["changes"] if x["kind"] == "condition"]
    (edit,) = change["edits"]
    assert (edit["what"], edit["field"], edit["bound"], edit["before"], edit["after"]) == (
        "threshold",
        "incapacityDays",
        "min",
        28,
        21,
    )
    assert edit["text"].endswith("at least 28 days → at least 21 days")
    criteria = [x for x in compared("threshold: 28 becomes 21 days").found["changes"] if x["kind"] == "criterion"]
    assert len(criteria) == 2  # one in each edition
    for criterion in criteria:
        assert [i.rsplit("#")[-1] for i in criterion["through"]] == ["LongIncapacityAtApplication"]


def test_operator_change_is_reported(compared: Callable[[str], Compared]) -> None:
    (change,) = [x for x in compared("operator: or becomes and").found["changes"] if x["kind"] == "condition"]
    assert [(e["what"], e["before"], e["after"]) for e in change["edits"]] == [("operator", "or", "and")]


# -- decisions ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_expected_decisions_differ(name: str, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    found = {key_of(d): d for d in c.found["decisions"] if d["status"] != "same"}
    assert found.keys() == c.edit["differs"].keys()
    for key, pairs in c.edit["differs"].items():
        if pairs is not None:
            regions = [[as_text(r["before"]), as_text(r["after"])] for r in found[key]["regions"]]
            assert sorted(regions) == sorted(pairs)


def spaces(c: Compared) -> list[tuple[Json, Space]]:
    """Return every decision that differs with its input space."""
    found = []
    for d in c.found["decisions"]:
        if d["status"] != "differs":
            continue
        own = []
        for number, service in enumerate(c.services):
            g = service.guideline
            if d["editions"]:
                edition = next(e for p in g.programmes.values() for e in p.editions if e.id == d["editions"][number])
                own.append(g.decisions[edition.decision])
            else:
                own.append(next(x for x in g.decisions.values() if x.id == d["id"]))
        period = d["period"] or {}
        found.append((d, space_of(c.services, (own[0], own[1]), (period.get("from"), period.get("until")))))
    return found


QUICK = {"new option", "new edition", "renamed identifier", "removed criterion", "added value", "changed hit policy"}
MANY_REGIONS = {"threshold: 28 becomes 21 days"}
"""Whether a record is in one of them takes a minute."""


def mark_of(name: str) -> list[pytest.MarkDecorator]:
    return [] if name in QUICK else [pytest.mark.long] if name in MANY_REGIONS else [pytest.mark.slow]


DIFFERING = [pytest.param(e["name"], marks=mark_of(e["name"])) for e in EDITS if e["differs"]]


@pytest.mark.parametrize(
    ("sample", "exhaustive_to"), [(SAMPLE // 50, 120), pytest.param(SAMPLE, EXHAUSTIVE, marks=pytest.mark.long)]
)
@pytest.mark.parametrize("name", DIFFERING)
def test_regions_are_exactly_the_records_answered_differently(
    name: str, sample: int, exhaustive_to: int, compared: Callable[[str], Compared]
) -> None:
    c = compared(name)
    old, new = c.services
    for effect, space in spaces(c):
        exhaustive, records = space.records(exhaustive_to)
        seen, counted = 0, Counter[tuple[str, str]]()
        for bare in records:
            if not exhaustive and seen >= sample:
                break
            record = space.dated(bare)
            pair = answer(old, record, effect["id"]), answer(new, record, effect["id"])
            if pair == ("invalid", "invalid"):
                continue
            seen += 1
            within = {
                (as_text(r["before"]), as_text(r["after"]))
                for r in effect["regions"]
                if any(allowed((old, new), bare, condition["allows"]) for condition in r["conditions"])
            }
            assert within == ({pair} if pair[0] != pair[1] else set()), (effect["id"], record, pair)
            counted[pair] += pair[0] != pair[1]
        assert seen >= (1 if exhaustive else sample)
        if exhaustive:
            assert seen == effect["combinations"], effect["id"]
            for r in effect["regions"]:
                assert counted[as_text(r["before"]), as_text(r["after"])] == r["combinations"]
        assert sum(r["combinations"] for r in effect["regions"]) == effect["differing"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [8, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", NAMES)
def test_same_decisions_give_the_same_answers(name: str, number: int, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    same = {d["id"] for d in c.found["decisions"] if d["status"] == "same"}
    same -= {d["id"] for d in c.found["decisions"] if d["status"] != "same"}
    old, new = c.services
    compared_records = 0
    for record in random_records(old, number):
        try:
            before, after = (side.assess(record, only=same)["decisions"] for side in (old, new))
        except InvalidRecord:
            continue
        compared_records += 1
        for name in same:
            a, b = before[name], after[name]
            assert (a["status"], a["answers"], a["missing"]) == (b["status"], b["answers"], b["missing"])
    assert compared_records > number / 4


@pytest.mark.parametrize("name", NAMES)
def test_smallest_record_has_the_answers_of_its_region(name: str, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    old, new = c.services
    for d in c.found["decisions"]:
        for r in d["regions"]:
            record = r["smallestRecord"]
            pair = answer(old, record, d["id"]), answer(new, record, d["id"])
            assert pair == (as_text(r["before"]), as_text(r["after"])), (d["id"], record)
            assert (r["validBefore"], r["validAfter"]) == (pair[0] != "invalid", pair[1] != "invalid")
            for key in record if "invalid" not in pair else ():  # every field is needed
                less = {k: v for k, v in record.items() if k != key}
                shorter = answer(old, less, d["id"]), answer(new, less, d["id"])
                chooses_the_period = key == "applicationDate" and d["period"] and any(d["period"].values())
                assert shorter != pair or chooses_the_period, (d["id"], key, record)


# -- boxes and statements --------------------------------------------------------------------------------


def place(c: Compared, name: str) -> Json:
    return next(p for p in c.found["shown"] if p["id"] == name)


def test_moved_box_changes_where_it_is_shown(compared: Callable[[str], Compared]) -> None:
    c = compared("moved box")
    box = place(c, "acute-rest")
    assert box["stages"] == ["acute", "recovery"]
    changes = {(r["before"]["status"], r["after"]["status"]) for r in box["regions"]}
    assert changes == {("shown", "not-shown"), ("not-shown", "shown")}


def test_moved_added_and_conditional_statements_are_reported(compared: Callable[[str], Compared]) -> None:
    c = compared("statement moved, added and conditional")
    active, rest = place(c, "acute-active"), place(c, "acute-rest")
    assert {(s["id"], s["what"]) for s in active["statements"]} == {
        ("acute-active-tape", "moved-away"),
        ("acute-active-ice", "added"),
    }
    rested = {s["id"]: s for s in rest["statements"]}
    assert rested["acute-active-tape"]["what"] == "moved-here"
    crutches = rested["acute-rest-crutches"]
    assert (crutches["what"], crutches["of"]) == ("changed", ["condition"])
    (region,) = crutches["regions"]
    assert (region["before"]["status"], region["after"]["status"]) == ("shown", "not-shown")
    old, new = c.services
    for instability in (True, False):
        record = region["smallestRecord"] | {"instability": instability}
        shown = [
            "acute-rest-crutches" in {s["id"] for b in service.assess(record)["boxes"] for s in b["statements"]}
            for service in (old, new)
        ]
        assert shown == [True, instability]


def test_changed_parts_of_statements_are_reported_at_their_box(compared: Callable[[str], Compared]) -> None:
    c = compared("time limit, fact, actor and shared wording")
    changed = {s["id"]: s["of"] for p in c.found["shown"] for s in p["statements"]}
    assert changed == {
        "acute-rest-brace": ["time-limit"],
        "acute-rest-no-sport": ["fact"],
        "acute-active-walk": ["actor"],
        "acute-examination-compare": ["label"],
        "recovery-examination-compare": ["label"],
    }
    assert place(c, "acute-rest")["stages"] == ["acute"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [60, pytest.param(150, marks=pytest.mark.long)])
def test_regions_of_boxes_are_exact(number: int, compared: Callable[[str], Compared]) -> None:
    c = compared("boundary between stages")
    old, new = c.services
    boxes = {p["id"]: p for p in c.found["shown"] if p["kind"] == "box"}
    assert len(boxes) > 10
    seen = Counter[str]()
    for record in random_records(old, number, exact_days=True):
        if old.validate(record):
            continue
        before, after = ({b["id"] for b in s.assess(record)["boxes"]} for s in (old, new))
        for box in boxes:
            within = [
                r["after"]["status"] == "shown"
                for r in boxes[box]["regions"]
                if any(allowed((old, new), record, k["allows"]) for k in r["conditions"])
            ]
            if (box in before) != (box in after):
                assert within == [box in after], (box, record)
                seen[box] += 1
            else:
                assert within == []
        assert before ^ after <= boxes.keys()
    assert len(seen) > 5


# -- cohorts --------------------------------------------------------------------------------------


def random_records(service: GuidelineService, count: int, *, exact_days: bool = False) -> list[Json]:
    """Return seeded records with some fields left out and some values that are not valid."""
    rng = random.Random(7)  # noqa: S311  a seeded sample
    found = []
    today = date(2024, 6, 10)
    for _ in range(count):
        record: Json = {}
        for f in service.guideline.fields.values():
            if not exact_days and rng.random() < 0.25:
                continue
            if f.kind == "value":
                record[f.id] = rng.choice([v.id for v in f.values])
            elif f.kind == "values":
                record[f.id] = [v.id for v in f.values if rng.random() < 0.4]
            elif f.kind == "boolean":
                record[f.id] = rng.random() < 0.5
            elif f.kind == "integer":
                record[f.id] = rng.randint(f.low or 0, (f.high or 40) + (rng.random() < 0.05))
        record["assessmentDate"] = today.isoformat()
        start = "onsetDate" if "onsetDate" in service.guideline.field_names else "injuryDate"
        record[start] = (today - timedelta(days=rng.choice([*range(0, 120, 7), 34, 35, 36]))).isoformat()
        if "incapacityStart" in service.guideline.field_names:
            begin = today - timedelta(days=rng.randint(0, 110))
            record["incapacityStart"] = begin.isoformat()
            record["applicationDate"] = (
                begin + timedelta(days=rng.randint(-1 if not exact_days else 0, 100))
            ).isoformat()
        else:
            record["applicationDate"] = (today + timedelta(days=rng.randint(-30, 1200))).isoformat()
        if "incapacityStart" in record and rng.random() < 0.7:  # what other values would contradict
            record |= dict.fromkeys(("incapacitated", "earlierProgramme", "spinalSurgery"), True)
        if "boneTenderness" in record and rng.random() < 0.7:  # what ends the pathway at once
            record |= {"deformity": False, "boneTenderness": False, "canBearWeight": True}
        if "sector" in record and rng.random() < 0.7:
            record |= {"sector": "private", "occupationalPhysicianConfirms": True, "heavyLifting": True}
        if exact_days:
            record |= {"redFlags": "none", "radicularPain": False} if "redFlags" in record else {}
        elif rng.random() < 0.7:
            record = without_refused(service, record)
        found.append(record)
    return found


def without_refused(service: GuidelineService, record: Json) -> Json:
    """Return a record without the fields that are refused beside what else it says."""
    while refused := {problem.field for problem in service.validate(record)} & record.keys():
        record = {name: value for name, value in record.items() if name not in refused}
    return record


def all_answers(service: GuidelineService, record: Json) -> dict[str, str]:
    """Return the answers of all decisions, none for an invalid record."""
    try:
        decisions = service.assess(record)["decisions"]
    except InvalidRecord:
        return {}
    return {name: as_text(d) for name, d in decisions.items()}


@pytest.mark.slow
@pytest.mark.parametrize("number", [60, pytest.param(250, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "name",
    [
        *("new edition", "narrower range", "renamed identifier"),
        pytest.param("threshold: 28 becomes 21 days", marks=pytest.mark.long),
        pytest.param("no change", marks=pytest.mark.long),
    ],
)
def test_cohort_is_counted(name: str, number: int, compared: Callable[[str], Compared], tmp_path: Path) -> None:
    c = compared(name)
    old, new = c.services
    number = 250 if name == "new edition" else number  # few of its records are answered differently
    records = random_records(old, number)
    lines = [json.dumps(r) for r in records]
    lines.insert(3, "{broken")
    file = tmp_path / "cohort.ndjson"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = json.loads(run("diff", *map(str, c.folders), "--format", "json", "--cohort", str(file)).stdout)["cohort"]
    expected: dict[str, Counter[tuple[str, str]]] = {d: Counter() for d in found["decisions"]}
    tally = Counter[str]()
    for record in records:
        before, after = all_answers(old, record), all_answers(new, record)
        pairs = {d: (before.get(d, "invalid"), after.get(d, "invalid")) for d in expected}
        validity = {tuple(x == "invalid" for x in pair) for pair in pairs.values()}
        assert len(validity) == 1
        tally[str(validity.pop())] += 1
        if "invalid" in str(pairs):
            continue
        tally["changed"] += any(a != b for a, b in pairs.values())
        for d, pair in pairs.items():
            expected[d][pair] += 1
    assert found["records"] == number + 1
    assert found["unreadable"] == 1
    assert found["compared"] == tally["(False, False)"] > number / 5
    assert found["invalidBoth"] == tally["(True, True)"]
    assert found["invalidBefore"] == tally["(True, False)"]
    assert found["invalidAfter"] == tally["(False, True)"]
    assert found["changed"] == tally["changed"]
    for d, counts in expected.items():
        moved = {(as_text(m["before"]), as_text(m["after"])): m["records"] for m in found["decisions"][d]["moved"]}
        assert moved == {pair: n for pair, n in counts.items() if pair[0] != pair[1]}
        assert found["decisions"][d]["same"] == sum(n for pair, n in counts.items() if pair[0] == pair[1])
    assert (found["changed"] > 0) is (name != "no change" and name != "narrower range")
    assert (found["invalidAfter"] > 0) is (name == "narrower range")


@pytest.mark.slow
def test_json_list_counts_as_ndjson(compared: Callable[[str], Compared], tmp_path: Path) -> None:
    c = compared("changed hit policy")
    records = random_records(c.services[0], 20)
    (tmp_path / "a.json").write_text(json.dumps(records, indent=1), encoding="utf-8")
    (tmp_path / "b.ndjson").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    found = [
        json.loads(run("diff", *map(str, c.folders), "-f", "json", "--cohort", str(tmp_path / name)).stdout)["cohort"]
        for name in ("a.json", "b.ndjson")
    ]
    assert found[0] == found[1]
    assert found[0]["records"] == 20


# -- the command ----------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with two revisions of a guideline, and a copy in a subfolder."""
    folder = tmp_path / "repository"
    copied("ankle-sprain", folder)
    copied("ankle-sprain", folder / "inner" / "pathway")
    monkeypatch.chdir(folder)

    def git(*arguments: str) -> None:
        own = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *own, *arguments], check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    git("tag", "v1")
    edit = next(e for e in EDITS if e["name"] == "changed hit policy")
    substitute(folder, edit["substitutions"])
    git("commit", "-am", "two")
    return folder


@pytest.mark.slow
def test_git_revisions_are_compared(repository: Path) -> None:
    result = run("diff", "v1", "HEAD", "--format", "json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    assert [d["id"] for d in found["decisions"] if d["status"] == "differs"] == ["management"]
    assert (found["old"]["name"], found["new"]["name"]) == ("v1", "HEAD")
    assert run("diff", "HEAD", ".").exit_code == 0
    assert run("diff", "v1", ".").exit_code == 1
    assert run("diff", "v1:inner/pathway", "HEAD:./inner/pathway/").exit_code == 0
    assert run("diff", "v1", "v1:.").exit_code == 0
    assert run("diff", "v1:inner/pathway", "HEAD").exit_code == 1


def test_revision_is_found_from_a_subfolder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "inner")
    assert run("diff", "v1", "HEAD").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["v9", "."], "v9 is neither a folder nor a git revision here"),
        (["--", "--output=x", "."], "--output=x is neither a folder nor a git revision here"),
        (["v1:ontology", "."], "v1:ontology holds no guideline"),
        (["ontology", "."], "ontology is no guideline folder"),
        ([".", str(ROOT)], "two guidelines, not two versions of one"),
        ([".", ".", "--cohort", "nowhere.ndjson"], "nowhere.ndjson cannot be read"),
    ],
)
def test_invalid_arguments_are_reported(arguments: list[str], message: str, repository: Path) -> None:
    result = run("diff", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_error_in_a_guideline_has_its_line(tmp_path: Path) -> None:
    folder = copied("ankle-sprain", tmp_path / "broken")
    substitute(folder, [["ontology/record.ttl", "ank:Deformity a owl:Class", "ank:deformity", "ank:nowhere"]])
    result = run("diff", str(FOLDERS["ankle-sprain"]), str(folder))
    assert result.exit_code == 2
    assert "record.ttl:" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_has_a_phrase_for_everything(lang: str, compared: Callable[[str], Compared]) -> None:
    for name in NAMES:
        c = compared(name)
        words = DiffWords(c.sides, lang)
        console = Console(width=200, no_color=True, highlight=False)
        with console.capture() as captured:
            console.print(lay_out(Viewer(c.comparison, words).view(), words))
        text = captured.get()
        for laid_out in (text, to_markdown(c.comparison, c.sides, lang)):
            assert "diff-" not in laid_out
            assert "{" not in laid_out.replace('{"', "")
        assert phrase("diff-level-" + c.edit["class"], lang) in text


def test_command_prints_text(compared: Callable[[str], Compared], tmp_path: Path) -> None:
    c = compared("changed hit policy")
    result = run("diff", *map(str, c.folders), "--lang", "nl")
    assert result.exit_code == 1
    assert "hoe opties het antwoord worden: gewijzigd" in " ".join(result.stdout.split())
    file = tmp_path / "diff.txt"
    assert run("diff", *map(str, c.folders), "--lang", "nl", "-o", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8").splitlines()[0] == result.stdout.splitlines()[0].rstrip()


class Page(HTMLParser):
    """Check that elements are closed in order, and collect the references of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags = Counter[str]()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.languages: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        found = dict(attrs)
        self.references += [v or "" for k, v in attrs if k in ("src", "href", "action")]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag == "main":
            self.languages.append(found["lang"] or "")
        if tag not in ("meta", "input", "br", "link"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_page_is_self_contained_in_four_languages(name: str, compared: Callable[[str], Compared]) -> None:
    c = compared(name)
    text = to_html(c.comparison, c.sides, "nl")
    page = Page(text)
    assert page.stack == []
    assert page.references == []
    assert page.tags["script"] == page.tags["link"] == 0
    assert page.languages == list(LANGUAGES)
    assert len(set(page.ids)) == len(page.ids)
    assert page.tags["h1"] == 4
    assert '<html lang="nl">' in text
    assert 'id="lang-nl" checked' in text
    for lang in LANGUAGES:
        assert phrase("diff-title", lang) in text


def test_command_writes_a_page(compared: Callable[[str], Compared], tmp_path: Path) -> None:
    c = compared("changed hit policy")
    file = tmp_path / "diff.html"
    result = run("diff", *map(str, c.folders), "--format", "html", "--lang", "fr", "-o", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert '<html lang="fr">' in file.read_text(encoding="utf-8")


def test_labels_are_escaped(tmp_path: Path) -> None:
    folder = copied("ankle-sprain", tmp_path / "hostile")
    substitute(
        folder, [["ontology/pathway.ttl", "ank:stage a", '"stage"@en', '"<script>alert(1)</script> [bold]x[/]"@en']]
    )
    html = run("diff", str(FOLDERS["ankle-sprain"]), str(folder), "-f", "html").stdout
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "<script>alert(1)</script>" in run("diff", str(FOLDERS["ankle-sprain"]), str(folder)).stdout.replace(
        "\n", ""
    )


def test_every_attribute_has_a_phrase() -> None:
    own = phrases("en")
    for name in {*attributes.TEXTS.values(), *attributes.NAMES.values()}:
        assert f"diff-of-{name}" in own or f"diff-kind-{name}" in own, name


def test_renamed_field_has_its_names_and_a_record_of_one_version(tmp_path: Path) -> None:
    """A record of both fields is valid in neither version, and both have the same label."""
    folder = copied("ankle-sprain", tmp_path / "renamed")
    for file in folder.glob("*/*.ttl"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"(?<=ank:)severity(?![\w-])", "gravity", text), encoding="utf-8")
    found, sides = compare(FOLDERS["ankle-sprain"], folder)
    said = to_markdown(found, sides, "en")
    regions = [r for d in found.decisions for r in d.regions]
    assert regions and all(r.example for r in regions)
    assert not any({"severity", "gravity"} <= r.example.keys() for r in regions if r.example)
    assert "[severity\\]: slight → " in said and "[gravity\\]: slight" in said
