"""A field that no part of an answer depends on is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lrp_kg.authoring.check.unused import fields_not_drawn, fields_used, unused_fields
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE, ROOT

GUIDELINE = load_guideline(ROOT)


@pytest.mark.parametrize("folder", [ROOT, ANKLE])
def test_every_field_of_both_guidelines_has_an_effect(folder: Path) -> None:
    assert unused_fields(load_guideline(folder)) == []


def without(guideline: Guideline, *warnings: str) -> Guideline:
    kept = tuple(w for w in guideline.warnings if w.id not in warnings)
    assert len(kept) == len(guideline.warnings) - len(warnings)
    return replace(guideline, warnings=kept)


def test_fields_of_a_warning_that_is_gone_are_reported_with_their_place() -> None:
    """They count for a fact too."""
    gone = without(GUIDELINE, "early-appointment")
    assert unused_fields(gone) == []
    boxes = {
        name: replace(box, statements=tuple(replace(s, facts=()) for s in box.statements))
        for name, box in gone.boxes.items()
    }
    found = unused_fields(replace(gone, boxes=boxes))
    assert {f.message.split(":")[0] for f in found} == {"severePain", "severeFunctionalDeficit", "majorSleepProblems"}
    assert {f.name for f in found} == {"field-unused"}
    assert all("record.ttl:" in f.where and f.term for f in found)


def test_asking_alone_is_no_effect() -> None:
    nothing = replace(GUIDELINE, decisions={}, programmes={}, boxes={}, notices={}, warnings=(), open_points=())
    assert fields_used(nothing) == set()
    asked = [f for f in GUIDELINE.fields.values() if f.ask_if]
    assert asked
    assert {f.term for f in unused_fields(nothing)} >= {f.iri for f in asked}


def test_list_duration_limit_and_implied_field_count_as_used() -> None:
    used = {GUIDELINE.fields[name].id for name in fields_used(GUIDELINE) if name in GUIDELINE.fields}
    assert used >= {"medications", "onsetDate", "incapacityStart", "spinalSurgeryDate", "sicknessFundSince"}


def test_field_that_the_model_of_invented_records_leaves_out_is_noted(tmp_path: Path) -> None:
    assert fields_not_drawn(GUIDELINE) == []
    assert fields_not_drawn(load_guideline(ANKLE)) == [], "it has no model"
    folder = guideline_copy(tmp_path)
    model = "ank:model-pain a cp:FieldModel ; cp:drawnField ank:painScore ."
    file = folder / "ontology" / "record.ttl"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{model}\n", encoding="utf-8")
    found = fields_not_drawn(load_guideline(folder))
    assert {(f.name, f.severity) for f in found} == {("field-not-drawn", "note")}
    named = {f.message.split(":")[0] for f in found}
    assert "severity" in named and not named & {"painScore", "id"}
