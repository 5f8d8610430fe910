"""Synthetic cohorts are reproducible and valid, and every option of the guideline occurs in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.errors import GuidelineError
from lrp_kg.guideline.load import load_guideline
from lrp_kg.research.synthesis.distribution import Distribution, bounds
from lrp_kg.research.synthesis.generating import Generator
from lrp_kg.research.synthesis.model import read_model
from tests.support.guidelines import guideline_copy
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cohort(service: GuidelineService) -> list[dict[str, Any]]:
    return list(Generator(service).records(2000))


@pytest.mark.parametrize("step", [50, pytest.param(4, marks=pytest.mark.long)])
def test_records_are_valid_and_named_synthetic(
    step: int, service: GuidelineService, cohort: list[dict[str, Any]]
) -> None:
    for record in cohort[::step]:
        assert service.validate(record) == [], record
    assert all("synthetic" in r["@id"] and "synthetic" in r["id"] and "synthetic" in r["episode"] for r in cohort)
    assert len({r["@id"] for r in cohort}) == len(cohort)


def test_no_record_says_two_things_of_one_matter(service: GuidelineService, cohort: list[dict[str, Any]]) -> None:
    """Where a record says that something is not so, nothing else in it says that it is: such records are all read."""
    said = [r for r in cohort if r.get("incapacitated") is False]
    assert len(said) > 300
    for record in said[:400]:
        assert service.validate(record) == [], record


@pytest.mark.parametrize("number", [9278, 13173, 37503])
def test_what_only_shapes_say_is_heeded(service: GuidelineService, number: int) -> None:
    """Episodes in which an incapacity ends, and what was drawn of its cause before and after disagreed."""
    for record in Generator(service).episode(number):
        assert service.validate(record) == [], record


def test_every_option_occurs(service: GuidelineService, cohort: list[dict[str, Any]]) -> None:
    wanted = {d.id: {"undetermined", *(o.id for o in d.options)} for d in service.guideline.decisions.values()}
    for record in cohort:
        read = service.reader.understand(service.reader.from_json(record))
        for name, found in service.assessor.assess(read, only=wanted).decisions.items():
            wanted[name] -= {found.result.status, *found.result.answers}
        wanted = {name: missing for name, missing in wanted.items() if missing}
        if not wanted:
            break
    assert not wanted


def test_every_field_is_sometimes_known_and_sometimes_unknown(
    service: GuidelineService, cohort: list[dict[str, Any]]
) -> None:
    drawn = {m.field.id for m in read_model(service.guideline).fields}
    assert len(drawn) > 30
    for name in drawn:
        known = sum(name in r for r in cohort)
        assert 0 < known, name
        assert known < len(cohort) or name == "assessmentDate", name


def test_episodes_have_several_contacts(cohort: list[dict[str, Any]]) -> None:
    episodes: dict[str, list[dict[str, Any]]] = {}
    for record in cohort:
        episodes.setdefault(record["episode"], []).append(record)
    several = [e for e in episodes.values() if len(e) > 1]
    assert len(several) > 500
    for episode in several:
        days = [r["assessmentDate"] for r in episode if "assessmentDate" in r]
        assert days == sorted(days)
        assert len({r.get("onsetDate") for r in episode}) == 1
    moved = [e for e in several if {r.get("careLine") for r in e} >= {"first-line", "second-line"}]
    assert len(moved) > 50


def test_no_date_is_after_the_assessment(cohort: list[dict[str, Any]]) -> None:
    dates = [n for n in cohort[0] if n.endswith("Date") or n.endswith("Start")] + [
        *("incapacityStart", "applicationDate", "sicknessFundSince", "spinalSurgeryDate", "programmeStart")
    ]
    for record in cohort:
        assert all(record[n] <= record["assessmentDate"] for n in dates if n in record), record
    assert any(r.get("spinalSurgeryDate", "9") < r.get("onsetDate", "0") for r in cohort), "surgery before the pain"
    assert any("sessionsFollowed" in r for r in cohort)
    assert all("programmeStart" in r for r in cohort if "sessionsFollowed" in r)


def test_later_events_are_in_later_contacts(cohort: list[dict[str, Any]]) -> None:
    later = 0
    before: dict[str, Any] = {}
    for record in cohort:
        if record["episode"] == before.get("episode") and "applicationDate" not in before:
            later += record.get("applicationDate", "0") > before["assessmentDate"]
        before = record
    assert later > 10


def test_first_contact_is_the_first_in_its_line(cohort: list[dict[str, Any]]) -> None:
    been: set[tuple[str, str]] = set()
    back = 0
    for record in cohort:
        where = record["episode"], record.get("careLine", "")
        if where[1] and where in been and "contact" in record:
            assert record["contact"] == "follow-up", record
        back += where[1] == "first-line" and (where[0], "second-line") in been
        been.add(where)
    assert back > 20


def test_improved_patients_of_second_line_may_go_back(cohort: list[dict[str, Any]]) -> None:
    improved = {
        r["episode"]: n
        for n, r in enumerate(cohort)
        if r.get("careLine") == "second-line" and r.get("contact") == "follow-up" and r.get("improvement") == "great"
    }
    went = [n for e, n in improved.items() if n + 1 < len(cohort) and cohort[n + 1]["episode"] == e]
    assert any(cohort[n + 1].get("careLine") == "first-line" for n in went)


def test_same_seed_gives_the_same_cohort(service: GuidelineService, cohort: list[dict[str, Any]]) -> None:
    assert list(Generator(service).records(200)) == cohort[:200]  # a smaller cohort is the start of a larger one
    assert list(Generator(service, 2).records(200)) != cohort[:200]
    outputs = set()
    for hashing in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-m", "lrp_kg.cli", "synthesise", "30"],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            check=True,
        )
        outputs.add(run.stdout)
    (output,) = outputs
    assert [json.loads(line) for line in output.splitlines()] == cohort[:30]


def test_command_writes_valid_turtle(tmp_path: Path) -> None:
    file = tmp_path / "cohort.ttl"
    result = CliRunner().invoke(main, ["synthesise", "5", "--format", "turtle", "--output", str(file)])
    assert result.exit_code == 0, result.output
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# INVENTED")
    checked = CliRunner().invoke(main, ["validate", str(file)])
    assert checked.exit_code == 0, checked.output
    assert CliRunner().invoke(main, ["synthesise", "0"]).exit_code == 2
    assert "cannot be written" in CliRunner().invoke(main, ["synthesise", "1", "-o", str(tmp_path / "no" / "x")]).output


def test_guideline_without_a_model_gives_valid_records(ankle: GuidelineService) -> None:
    records = list(Generator(ankle).records(300))
    assert all(ankle.validate(r) == [] for r in records)
    for field in ankle.guideline.fields.values():
        if field.kind != "string":
            assert 0 < sum(field.id in r for r in records) < 300


FAULTS = (
    ('"none: 94, isolated: 4, cluster: 2"', '"none: 94, some: 6"', "no value of redFlags"),
    ('"none: 94, isolated: 4, cluster: 2"', '"none 94"', "not of the form"),
    ('"none: 94, isolated: 4, cluster: 2"', '"none: 0"', "all its shares are 0"),
    ('"0-2: 55, 3-14: 35, 15-40: 10"', '"2-0: 1"', "ends before it begins"),
    ('"2023-01-02/2024-09-30"', '"2023-02-30/2024-09-30"', "not two days"),
    ("cp:onlyIf lrp:FacetSyndromeSuspected", "cp:onlyIf lrp:NoSuchThing", "is not a condition"),
    ("cp:drawnField lrp:sector", "cp:drawnField lrp:noField", "no field"),
    ("cp:whenAnswer lrp:profile-A", "cp:whenAnswer lrp:profile-Z", "no option"),
    ("cp:onlyIf lrp:SecondLineSubacuteImproved ;", "", "needs cp:whenAnswer or cp:onlyIf"),
    ("cp:onlyWith lrp:programmeStart", "cp:onlyWith lrp:noField", "no field"),
    ('"0-11: 50, 12-34: 35, 35: 5, 36: 10"', '"-3-11: 50"', "is negative"),
    ("cp:knownPercent 97", 'cp:knownPercent "many"', "no integer"),
    ('cp:daysAfter lrp:onsetDate ;\n    cp:distribution "0-6', 'cp:distribution "0-6', "a date needs"),
)
"""Faults of a cohort model: a text, what is there instead, and what is reported."""
TOGETHER = 3
"""The faults are put in all in so many rounds; each of the first ones changes the same text."""


@pytest.mark.parametrize(
    "faults",
    [
        *(pytest.param(FAULTS[n::TOGETHER], id=f"round-{n}") for n in range(TOGETHER)),
        *(pytest.param((fault,), id=fault[2], marks=pytest.mark.long) for fault in FAULTS),
    ],
)
def test_errors_in_a_model_are_reported(tmp_path: Path, faults: tuple[tuple[str, str, str], ...]) -> None:
    """Every fault, also where there are several."""
    guideline_copy(tmp_path, ROOT)
    file = tmp_path / "ontology" / "synthesis.ttl"
    text = file.read_text(encoding="utf-8")
    for old, new, _ in faults:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GuidelineError) as caught:
        read_model(load_guideline(tmp_path))
    findings = caught.value.findings
    for says, count in Counter(says for *_, says in faults).items():
        assert sum(says in f.message for f in findings) >= count, (says, findings)
    assert all("synthesis.ttl:" in f.where for f in findings)


@pytest.mark.parametrize("text", ["", "a", "a: b", "a: 1, a: 2", "a: -1", "a: 0, b: 0"])
def test_malformed_distribution_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Distribution.parse(text)


def test_ranges_are_parsed() -> None:
    assert bounds("7") == (7, 7)
    assert bounds("0-13") == (0, 13)
    assert bounds("-900--1") == (-900, -1)
    assert bounds("-3-4") == (-3, 4)
    with pytest.raises(ValueError, match="neither"):
        bounds("x")
