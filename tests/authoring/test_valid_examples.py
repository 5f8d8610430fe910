"""Every example record that a check or a comparison prints is valid, however shapes and conditions are edited."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.check.completeness import Completeness
from lrp_kg.authoring.compare.asjson import region_json
from lrp_kg.authoring.compare.compare import compare
from lrp_kg.authoring.examples import TRIES
from lrp_kg.findings import Finding
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE

RECORD, SHAPES = "ontology/record.ttl", "shapes/record.ttl"
EXAMPLE = re.compile(r", for example (\{.*?\})[.:](?= |$)")
NONE_VALID = re.compile(r"; none of \d+ records of this kind is valid \(.+\): correct the shape or the condition")
SEEDS = [*range(6), *(pytest.param(n, marks=pytest.mark.long) for n in range(6, 80))]


def edited(folder: Path, seed: int) -> Path:
    """Return a copy of the small guideline with thresholds moved, and values forgotten or fields demanded by shapes."""
    guideline_copy(folder, ANKLE, ("ontology", "shapes"))
    drawn = random.Random(seed)  # noqa: S311  a choice of edits
    file = folder / RECORD
    text = file.read_text(encoding="utf-8")
    bound = drawn.choice(list(re.finditer(r"(xsd:m\w+clusive) (\d+)", text)))
    moved = int(bound[2]) + drawn.choice((-2, -1, 1, 2))
    file.write_text(f"{text[: bound.start(2)]}{max(moved, 0)}{text[bound.end(2) :]}", encoding="utf-8")
    file = folder / SHAPES
    text = file.read_text(encoding="utf-8")
    for _ in range(2):
        if drawn.random() < 0.5:
            lists = list(re.finditer(r"(?<=sh:in \( )(\S+) (\S+ .*)(?=\))", text))
            one = drawn.choice(lists)
            text = text[: one.start()] + one[2] + text[one.end() :]
        else:
            own = drawn.choice(re.findall(r"    sh:path ank:\w+ ;\n    sh:maxCount 1 ;\n    sh:datatype", text))
            text = text.replace(own, own.replace("sh:maxCount", "sh:minCount 1 ;\n    sh:maxCount"))
    file.write_text(text, encoding="utf-8")
    return folder


def completeness(service: GuidelineService) -> list[Finding]:
    found = Completeness(service.assessor, service.validate).findings()
    return [f for f in found if f.name.startswith(("gap-", "overlap-", "threshold-"))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.exhaustive
def test_examples_of_a_check_and_a_comparison_are_valid(tmp_path: Path, seed: int) -> None:
    service, before = GuidelineService(edited(tmp_path, seed)), GuidelineService(ANKLE)
    for finding in completeness(service):
        shown = [json.loads(text) for text in EXAMPLE.findall(finding.message)]
        assert len(shown) == (0 if NONE_VALID.search(finding.message) else 1), finding.message
        for record in shown:
            assert service.validate(record) == [], finding.message
            (answer,) = (service.assess(record)["decisions"][name] for name in [finding.message.split(":")[0]])
            expected = "no-answer" if "gap" in finding.name else "several"
            assert answer["status"] == expected, finding.message
    found, sides = compare(ANKLE, tmp_path)
    for decision in found.decisions:
        for region in (region_json(r, sides) for r in decision.regions):
            record = region["smallestRecord"]
            if record is None:
                assert not region["validBefore"] and not region["validAfter"]
                continue
            assert region["validBefore"] == (before.validate(record) == [])
            assert region["validAfter"] == (service.validate(record) == [])
            assert region["validBefore"] or region["validAfter"]


GAP = ("[ xsd:minInclusive 10 ]", "[ xsd:minInclusive 12 ]")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sh:path ank:instability ;\n", "sh:path ank:instability ;\n    sh:minCount 1 ;\n"),
        ("sh:path ank:severity ;\n", "sh:path ank:severity ;\n    sh:minCount 1 ;\n"),
        (
            "sh:path ank:surgeryDate ;\n    sh:maxCount",
            "sh:path ank:surgeryDate ;\n    sh:minCount 1 ;\n    sh:maxCount",
        ),
        ("sh:maxInclusive 10", "sh:minCount 1 ;\n    sh:maxInclusive 10"),
        ("( ank:aids-crutches ank:aids-brace", "( ank:aids-brace"),
    ],
    ids=["boolean demanded", "value demanded", "date demanded", "number demanded", "value forgotten"],
)
def test_example_has_what_the_shapes_demand(tmp_path: Path, old: str, new: str) -> None:
    folder = guideline_copy(tmp_path, ANKLE, ("ontology", "shapes"))
    replace_once(folder / RECORD, *GAP)
    replace_once(folder / SHAPES, old, new)
    service = GuidelineService(folder)
    found = [f for f in completeness(service) if f.name == "threshold-gap"]
    assert found
    for finding in found:
        (text,) = EXAMPLE.findall(finding.message)
        assert service.validate(json.loads(text)) == []


def test_finding_says_that_no_record_is_valid(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path, ANKLE, ("ontology", "shapes"))
    replace_once(folder / RECORD, *GAP)
    replace_once(
        folder / SHAPES, "sh:path ank:injuryDate ;\n    sh:maxCount 1", "sh:path ank:injuryDate ;\n    sh:maxCount 0"
    )
    (finding, *_) = [f for f in completeness(GuidelineService(folder)) if f.name == "threshold-gap"]
    assert NONE_VALID.search(finding.message) and "injuryDate" in finding.message
    assert "for example" not in finding.message and len(finding.message) < 600
    assert int(re.findall(r"none of (\d+)", finding.message)[0]) <= TRIES
