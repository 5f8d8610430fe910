"""What a program can look up: every identifier of an answer with its label, and every field with what to ask."""

from __future__ import annotations

from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.known import known_fields, known_ids
from lrp_kg.words import LANGUAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_identifiers_have_labels(service: GuidelineService, ankle: GuidelineService, lang: str) -> None:
    for guideline in (service.guideline, ankle.guideline):
        for kind, rows in known_ids(guideline, lang).items():
            assert rows, kind
            assert all(row["label"] and row["id"] for row in rows), kind
            assert all("iri" in row for row in rows) or kind == "verdicts"


def test_identifiers_of_answers_are_there(service: GuidelineService, answers: list[dict[str, Any]]) -> None:
    known = {kind: {row["id"] for row in rows} for kind, rows in known_ids(service.guideline).items()}
    for answer in answers:
        statements = [s for box in answer["boxes"] for s in box["statements"]]
        programmes = answer["eligibility"].values()
        for p in programmes:
            statements += [*p["benefits"], *p["limits"], *p["nextSteps"]]
        found = {
            "sources": {s["source"] for s in statements} | {w["source"] for w in answer["warnings"]},
            "modalities": {s["modality"] for s in statements},
            "actors": {s["actor"] for s in statements if "actor" in s},
            "sections": {box["section"] for box in answer["boxes"]},
            "severities": {w["severity"] for w in answer["warnings"]},
            "statuses": {d["status"] for d in answer["decisions"].values()},
            "dateStatuses": {d["status"] for d in answer["dates"]},
            "verdicts": {p["verdict"] for p in programmes},
            "facts": set(answer["facts"]),
            "fields": set(answer["missing"]),
        }
        for kind, names in found.items():
            assert names <= known[kind], kind


@pytest.mark.parametrize("lang", LANGUAGES)
def test_fields_say_what_to_ask(service: GuidelineService, lang: str) -> None:
    found = known_fields(service.guideline, lang)
    by_id = {f["id"]: f for f in found}
    assert by_id.keys() == set(service.guideline.field_names)
    orders = [f["order"] for f in found if f["order"]]
    assert orders == sorted(orders)
    for f in found:
        assert f["label"]
        assert f["question"] or f["order"] is None
        assert bool(f["values"]) == (f["type"] in ("value", "values"))
        assert all(v["label"] for v in f["values"])
        if f["type"] == "date":
            assert (f["firstDay"], f["lastDay"]) == ("1900-01-01", "2100-12-31")
    columns = [c["name"] for f in found for c in f["columns"]]
    assert len(columns) == len(set(columns))
    assert {"onsetDateEarliest", "takesOpioid"} < set(columns)
    english = {f["id"]: f for f in known_fields(service.guideline)}
    assert lang == "en" or by_id["redFlags"]["question"] != english["redFlags"]["question"]
    assert [v["id"] for v in by_id["redFlags"]["values"]] == ["none", "isolated", "cluster"]
    assert by_id["sessionsFollowed"]["maximum"] == 140
