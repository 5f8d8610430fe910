"""A finding has the name of the sender for what it is about: the key, or the IRI of the predicate, exactly as sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.namespaces import PATIENT_RECORD
from lrp_kg.record.strict_json import parse_json

NS = "https://w3id.org/lrp-kg/low-back-pain#"
NAMES: dict[str, list[Any]] = json.loads(
    Path(__file__).with_name("names_of_senders.json").read_text(encoding="utf-8").replace("{NS}", NS)
)


def fields(service: GuidelineService, raw: Any) -> list[str | None]:
    findings = service.validate(raw)
    assert all("\n" not in text for f in findings for text in f.messages.values())
    return [f.as_dict()["field"] for f in findings]


@pytest.mark.parametrize("key", NAMES["keys"])
def test_keys_of_json(service: GuidelineService, key: str) -> None:
    assert fields(service, {key: 1}) == [key]
    sent = parse_json(json.dumps({key: 1}))
    assert fields(service, service.reader.from_json(sent)) == [key]
    assert fields(service, service.reader.from_json({"@context": service.reader.context, **sent})) == [key]


@pytest.mark.parametrize(("context", "key"), NAMES["linked"])
def test_keys_of_linked_data(service: GuidelineService, context: dict[str, str], key: str) -> None:
    sent = {"@context": context, "@type": PATIENT_RECORD, key: 1}
    assert fields(service, service.reader.from_json(orjson.loads(orjson.dumps(sent)))) == [key]


@pytest.mark.parametrize("predicate", NAMES["predicates"])
def test_predicates(service: GuidelineService, predicate: str) -> None:
    text = f"<urn:r> a <{PATIENT_RECORD}> ; <{predicate}> 1 ."
    (raw,) = service.reader.from_rdf(text, ox.RdfFormat.TURTLE)
    assert fields(service, raw) == [predicate]


@pytest.mark.parametrize("value", [{"a": 1}, {"a": None}, {}, [{"a": {"b": 2}}]], ids=str)
@pytest.mark.parametrize("key", ["assessmentDate", "redFlags", "priorIncapacityDays", "medications"])
def test_objects_in_place_of_values_are_shown_as_sent(service: GuidelineService, key: str, value: Any) -> None:
    """With a context of the sender too, in which an object is a node without a name."""
    sent = {"@context": {"@vocab": NS}, "@type": PATIENT_RECORD, key: value}
    (first, *_) = service.validate(service.reader.from_json(sent))
    assert first.field == key
    assert json.dumps(value).strip("[]") in first.message
    assert "null is" not in first.message


def test_nodes_without_a_name_are_shown(service: GuidelineService) -> None:
    (raw,) = service.reader.from_rdf(f"<urn:r> a <{PATIENT_RECORD}> ; <{NS}onsetDate> [] .", ox.RdfFormat.TURTLE)
    (finding,) = service.validate(raw)
    assert "'[]' is not a valid date" in finding.message
