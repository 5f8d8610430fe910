"""A record as plain JSON: read again, it is the same record, whatever it was sent as."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.record.plain import plain
from tests.support.guidelines import CASES, cases

TURTLE = """@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
@prefix lrp: <https://w3id.org/lrp-kg/low-back-pain#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://example.org/p1> a cp:PatientRecord ;
    lrp:redFlags lrp:redFlags-none ; lrp:radicularPain "0"^^xsd:boolean ; lrp:medications ( lrp:medications-opioid ) ;
    lrp:incapacityPercentage 60 ; lrp:onsetDateEarliest "2024-01-01"^^xsd:date ;
    lrp:onsetDateLatest "2024-01-31"^^xsd:date ."""


def test_worked_cases(service: GuidelineService) -> None:
    for case in cases(CASES):
        if case["expect"].get("invalid"):
            continue
        raw = service.reader.from_json(case["record"])
        again = service.reader.from_json(json.loads(json.dumps(plain(raw, service.guideline))))
        assert service.read(again) == service.read(raw)


def test_turtle(service: GuidelineService) -> None:
    (raw,) = service.reader.from_rdf(TURTLE, ox.RdfFormat.TURTLE)
    assert plain(raw, service.guideline) == {
        "@id": "https://example.org/p1",
        "redFlags": "none",
        "radicularPain": False,
        "medications": ["opioid"],
        "incapacityPercentage": 60,
        "onsetDate": "2024-01",
    }


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2024", "2024"),
        ("2024-02", "2024-02"),
        ({"earliest": "2024-01-01", "latest": "2024-12-31"}, "2024"),
        ({"earliest": "2024-01-01", "latest": "2024-12-30"}, {"earliest": "2024-01-01", "latest": "2024-12-30"}),
        ("2024-01-08T00:00:00", "2024-01-08"),
    ],
)
def test_dates(service: GuidelineService, sent: object, shown: object) -> None:
    raw = service.reader.from_json({"onsetDate": sent})
    assert plain(raw, service.guideline) == {"onsetDate": shown}
