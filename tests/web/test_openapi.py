"""The OpenAPI description: every address and status, unique names, and examples and lines that are as it says."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import orjson
import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.errors import InvalidRecord, UnknownParameter
from lrp_kg.web.stream import NDJSON
from tests.support.guidelines import cases


@pytest.fixture(scope="module")
def described(app: Flask) -> dict[str, Any]:
    found = app.test_client().get("/v1/openapi.json").get_json()
    assert found == app.test_client().get("/openapi.json").get_json()
    return dict(found)


def validator(described: dict[str, Any], *names: str) -> Any:
    schema = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
    return jsonschema_rs.Draft202012Validator(schema | {"components": described["components"]})


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, o) for path, found in described["paths"].items() for method, o in found.items()]


def test_every_address_is_described(app: Flask, described: dict[str, Any]) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.endpoint.rpartition(".")[2] != "static" and method in ("GET", "POST", "PUT", "DELETE", "PATCH")
    }
    assert served == {(path, method) for path, method, _ in operations(described)}


def test_operations_have_names_tags_and_statuses(described: dict[str, Any]) -> None:
    names = [o["operationId"] for _, _, o in operations(described)]
    assert len(names) == len(set(names)) > 40
    assert {"assess", "validate", "ids", "fields", "sparqlGet", "assessUnversioned"} < set(names)
    tags = {tag["name"] for tag in described["tags"]}
    for path, method, operation in operations(described):
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        assert {"400", "500", "503"} < set(operation["responses"]), path
        assert ("requestBody" in operation) == (method == "post" and path != "/logout")
        guarded = {name for way in operation["security"] for name in way}
        assert guarded <= set(described["components"]["securitySchemes"])
        assert bool(guarded) == ("401" in operation["responses"] and path != "/login")


def test_addresses_of_one_view_are_described_alike(described: dict[str, Any]) -> None:
    for path, found in described["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in found.items():
                other = described["paths"][path.removeprefix("/v1")][method]
                assert operation | {"operationId": ""} == other | {"operationId": ""}


def test_examples_are_valid(described: dict[str, Any], service: GuidelineService) -> None:
    examples = {name: example["value"] for name, example in described["components"]["examples"].items()}
    assert examples.keys() == {"record", "answer", "answer-summary", "valid", "problem"}
    schemas = ("Record", "Answer", "AnswerSummary", "Valid", "Problem")
    for (name, example), schema in zip(examples.items(), schemas, strict=True):
        assert validator(described, schema).is_valid(example), name
    assert len(examples["record"]) > 4
    assert service.assess(examples["record"]) == examples["answer"]


@pytest.mark.parametrize(
    ("path", "schemas"),
    [
        ("/v1/assess", ("AnswerLine", "ProblemLine")),
        ("/v1/assess?explain=1&changes=1", ("AnswerLine", "ProblemLine")),
        ("/v1/assess?detail=summary", ("AnswerSummaryLine", "ProblemLine")),
        ("/v1/validate", ("ValidLine", "ProblemLine")),
    ],
)
def test_lines_are_as_described(app: Flask, described: dict[str, Any], path: str, schemas: tuple[str, ...]) -> None:
    bodies = [b"{}", b'{"redFlags": "cluster"}', b'{"zork": 1}', b"{", b"[]", b'{"redFlags": 3, "onsetDate": "x"}']
    answer = app.test_client().post(path, data=b"\n".join(bodies), content_type=NDJSON)
    lines = [orjson.loads(line) for line in answer.data.splitlines()]
    assert [("invalid" in line) for line in lines] == [False, False, True, True, True, True]
    for line in lines:
        assert validator(described, *schemas).is_valid(line), line
        assert not validator(described, *schemas).is_valid(line | {"more": 1})


def test_problems_of_all_invalid_cases_are_as_described(app: Flask, described: dict[str, Any]) -> None:
    records = [case["record"] for case in cases() if case["expect"].get("invalid")]
    answer = app.test_client().post("/v1/validate", data=b"\n".join(map(orjson.dumps, records)), content_type=NDJSON)
    lines = [orjson.loads(line) for line in answer.data.splitlines()]
    assert len(lines) == len(records) > 50
    found = validator(described, "ProblemLine")
    assert [line for line in lines if not found.is_valid(line)] == []
    assert len({f["name"] for line in lines for f in line["findings"]}) > 5
    alone = app.test_client().post("/v1/validate", json=records[0])
    assert validator(described, "Problem").is_valid(alone.get_json())


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_can_be_looked_up_is_as_described(app: Flask, described: dict[str, Any], lang: str) -> None:
    client = app.test_client()
    for path, schema in (("/v1/ids", "Ids"), ("/v1/fields", "Fields")):
        assert validator(described, schema).is_valid(client.get(f"{path}?lang={lang}").get_json())


def test_schemas_are_those_that_are_served(app: Flask, described: dict[str, Any]) -> None:
    client = app.test_client()
    text = json.dumps(client.get("/v1/schema/answer.json").get_json()["$defs"])
    parts = json.loads(text.replace("#/$defs/", "#/components/schemas/"))
    assert parts.items() <= described["components"]["schemas"].items()
    record = client.get("/schema/record.json?lang=en").get_json()
    assert described["components"]["schemas"]["Record"].items() <= record.items()
    for path in ("record", "answer"):
        assert client.get(f"/schema/{path}.json").mimetype == "application/schema+json"


def test_codes_of_problems_are_listed(described: dict[str, Any]) -> None:
    codes = described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert {InvalidRecord.code, UnknownParameter.code, "not-found", "internal-error", "method-not-allowed"} < set(codes)
