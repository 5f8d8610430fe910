"""No answer depends on where in a file something is written."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.guideline.files import packaged_folder
from lrp_kg.guideline.index import read_turtle
from lrp_kg.guideline.load import load_guideline
from tests.support.guidelines import cases, guideline_copy, replace_once
from tests.support.paths import ANKLE
from tests.support.shuffling import shuffled_copy

GUIDELINES = {"low-back-pain": packaged_folder(), "ankle-sprain": ANKLE}


def answer(service: GuidelineService, record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(service.assess(record, explain=True))
    except InvalidRecord as error:
        return repr(error.findings).encode()


def differing(one: GuidelineService, other: GuidelineService, few: int) -> list[str]:
    return [case["id"] for case in cases()[::few] if answer(one, case["record"]) != answer(other, case["record"])]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", GUIDELINES)
def test_a_guideline_in_another_order_reads_the_same(tmp_path: Path, name: str, seed: int) -> None:
    one, other = (load_guideline(f) for f in (GUIDELINES[name], shuffled_copy(tmp_path, GUIDELINES[name], seed)))
    for part in (f.name for f in fields(one) if f.name != "index"):
        assert repr(getattr(one, part)) == repr(getattr(other, part)), part
    assert one.index.text_hash != other.index.text_hash


@pytest.mark.slow
def test_some_answers_of_a_guideline_in_another_order_are_the_same(service: GuidelineService, tmp_path: Path) -> None:
    assert differing(service, GuidelineService(shuffled_copy(tmp_path, packaged_folder(), 2)), 60) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 6))
def test_all_answers_of_a_guideline_in_another_order_are_the_same(
    service: GuidelineService, tmp_path: Path, seed: int
) -> None:
    assert differing(service, GuidelineService(shuffled_copy(tmp_path, packaged_folder(), seed)), 1) == []


def test_values_are_in_the_order_of_their_shape(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path, parts=("ontology", "shapes"))
    before = "( ank:severity-slight ank:severity-partial ank:severity-complete )"
    replace_once(
        folder / "shapes" / "record.ttl", before, "( ank:severity-complete ank:severity-slight ank:severity-partial )"
    )
    found = {f.id: [v.id for v in f.values] for f in load_guideline(folder).fields.values()}
    assert found["severity"] == ["complete", "slight", "partial"]
    assert found["aids"] == ["crutches", "brace", "tape"]


def test_digest_is_of_what_is_said(tmp_path: Path) -> None:
    texts = {
        "same": "<urn:a> <urn:p> [ <urn:q> 1 , 2 ] , [ <urn:q> 3 ] . # said otherwise",
        "list": "<urn:a> <urn:p> ( 1 2 ) .",
        "turned": "<urn:a> <urn:p> ( 2 1 ) .",
        "other": "<urn:a> <urn:p> [ <urn:q> 1 ] , [ <urn:q> 2 , 3 ] .",
    }
    base = "_:x <urn:q> 3 . <urn:a> <urn:p> _:x , [ <urn:q> 2 , 1 ] ."
    digests = {}
    for name, text in {"base": base, **texts}.items():
        file = tmp_path / f"{name}.ttl"
        file.write_text(text, encoding="utf-8")
        digests[name] = read_turtle([file]).digest()
    assert digests["base"] == digests["same"]
    assert len(set(digests.values())) == len(texts)
