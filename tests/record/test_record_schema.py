"""The JSON Schema of a record and the service agree on every record, but for what several fields say together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from lrp_kg import GuidelineService
from lrp_kg.record.schema import record_schema
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import cases

TOGETHER = {"dates-out-of-order", "values-do-not-agree"}
"""Findings about several fields, and about the length of a period: no schema can say them."""

BEYOND = {
    "K121": "a day that is in no calendar",
}
"""Other cases that a schema cannot refuse."""

ODD: dict[str, list[Any]] = json.loads(Path(__file__).with_name("schema_records.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema(service: GuidelineService) -> Any:
    return jsonschema_rs.Draft202012Validator(record_schema(service.guideline))


def agree(service: GuidelineService, schema: Any, record: Any) -> bool:
    found = {f.name for f in service.validate(record)}
    if schema.is_valid(record):
        assert found <= TOGETHER, record
    else:
        assert found, record
    return not found


def test_schema_is_one_in_every_language(service: GuidelineService, ankle: GuidelineService) -> None:
    for guideline in (service.guideline, ankle.guideline):
        found = [record_schema(guideline, lang) for lang in LANGUAGES]
        for each in found:
            jsonschema_rs.meta.validate(each)
        assert found[0] != found[1]


def test_records_of_cases(service: GuidelineService, schema: Any) -> None:
    found = {case["id"]: case["record"] for case in cases()}
    assert all(schema.is_valid(found[name]) and service.validate(found[name]) for name in BEYOND)
    results = [agree(service, schema, record) for name, record in found.items() if name not in BEYOND]
    assert len(results) > 500
    assert results.count(False) > 50


@pytest.mark.parametrize("record", ODD["taken"], ids=json.dumps)
def test_taken(service: GuidelineService, schema: Any, record: Any) -> None:
    assert agree(service, schema, record)
    assert schema.is_valid(record)


@pytest.mark.parametrize("record", ODD["refused"], ids=json.dumps)
def test_refused(service: GuidelineService, schema: Any, record: Any) -> None:
    assert not schema.is_valid(record)
    assert not agree(service, schema, record)


@pytest.mark.parametrize("record", ODD["beyond"], ids=json.dumps)
def test_beyond_a_schema(service: GuidelineService, schema: Any, record: Any) -> None:
    """Days that are in no calendar, and contexts and identifiers that have to be read."""
    assert schema.is_valid(record)
    assert service.validate(record)
