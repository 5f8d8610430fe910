"""The OpenAPI description: what `openapi.yaml` says of each view, at its addresses, with schemas of the guideline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from werkzeug.routing import Rule

from lrp_kg import __version__
from lrp_kg.answer.schema import answer_parts
from lrp_kg.answer.service import GuidelineService
from lrp_kg.answer.summary import BRIEF
from lrp_kg.errors import InvalidRecord
from lrp_kg.record.messages import NAMES
from lrp_kg.record.schema import record_schema
from lrp_kg.web.metrics import template
from lrp_kg.web.parameters import PROBLEMS, taken_by
from lrp_kg.web.problems import codes, problem_data
from lrp_kg.words import in_language

Json = dict[str, Any]

_FIRST = "/v1/"
"""The addresses whose operations have the names of their views; those of other addresses of a view are longer."""

_ACCESS: list[Json] = [{}, {"bearer": []}, {"basic": []}, {"session": []}]


def description(service: GuidelineService, rules: Iterable[Rule]) -> Json:
    """Return the OpenAPI 3.1 description of a service with these addresses."""
    said: Json = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    operation = partial(_operation, said, tuple(service.assessor.decision_ids))
    paths: dict[str, Json] = {}
    names: set[str] = set()
    rules = list(rules)
    versioned = {rule.endpoint for rule in rules if rule.rule.startswith(_FIRST)}
    for rule in sorted(rules, key=lambda r: (not r.rule.startswith(_FIRST), r.rule)):
        for method in said["views"].get(rule.endpoint, {}):
            if method.upper() not in (rule.methods or ()):
                continue
            name = _name(rule.endpoint, method if len(said["views"][rule.endpoint]) > 1 else "")
            if name in names:
                name += _ending(rule, versioned=rule.endpoint in versioned)
            names.add(name)
            paths.setdefault(template(rule.rule), {})[method] = {"operationId": name} | operation(rule, method)
    examples = _examples(service)
    return {
        "openapi": "3.1.0",
        "info": {"title": in_language(service.guideline.label, "en", service.guideline.id), "version": __version__},
        "tags": said["tags"],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": said["securitySchemes"],
            "schemas": _schemas(said["schemas"], service),
            "examples": examples,
        },
    }


def _name(endpoint: str, method: str) -> str:
    blueprint, _, view = endpoint.rpartition(".")
    words = [] if blueprint in ("", "pages", "assess", view) else [blueprint]
    first, *rest = "_".join([*words, view, method]).strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _ending(rule: Rule, *, versioned: bool) -> str:
    """Return what an operation at a second address of its view is called after."""
    by = "".join(f"By{name.capitalize()}" for name in sorted(rule.arguments))
    return ("Unversioned" if versioned else "") + by + ("Slash" if rule.rule.endswith("/") else "")


def _operation(said: Json, ids: tuple[str, ...], rule: Rule, method: str) -> Json:
    view = said["views"][rule.endpoint][method]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(rule.arguments)
    ]
    found: Json = {
        "tags": [view["tag"]],
        "summary": view["summary"],
        "security": _ACCESS if view.get("guarded") else [],
        "parameters": parameters + [parameter.described(ids) for parameter in taken_by(rule.endpoint)],
        "responses": dict(sorted(_responses(said, view, named=bool(parameters)))),
    }
    if "{name}" in template(rule.rule) and rule.endpoint.startswith("queries."):
        found["description"] = "The question's own parameters, in its JSON and on its page, are query parameters too."
    return found | ({"requestBody": view["body"]} if "body" in view else {})


def _responses(said: Json, view: Json, *, named: bool) -> Iterator[tuple[str, Json]]:
    if "content" in view:
        yield "200", {"description": view.get("answer", view["summary"]), "content": view["content"]}
    for status, what in {**said["empty"], **view.get("empty", {})}.items():
        yield status, {"description": what}
    page: Json = {"text/html": {"schema": {"type": "string"}}}
    problems = {*said["everywhere"], *view.get("problems", ()), *(said["guarded"] if view.get("guarded") else ())}
    for status in map(str, sorted({*problems, *([404] if named else [])})):
        content: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if status == "422":
            content["application/problem+json"]["examples"] = {"invalid": {"$ref": "#/components/examples/problem"}}
        yield status, {"description": said["statuses"][int(status)], "content": content | page}
    for status in view.get("pages", ()):
        if int(status) not in problems:
            yield status, {"description": said["statuses"][int(status)], "content": page}


def _schemas(said: Json, service: GuidelineService) -> Json:
    """Return all schemas: those of records and answers are the guideline's, and a line has the number of its record."""
    parts = answer_parts(service.guideline)
    line = {"line": {"type": "integer", "minimum": 1}}
    for whole in ("Answer", "AnswerSummary"):
        of_line = parts[whole] | {"properties": line | parts[whole]["properties"]}
        parts[f"{whole}Line"] = of_line | {"required": ["line", *parts[whole]["required"]]}
    parts["ValidLine"] = said["Valid"] | {
        "properties": line | said["Valid"]["properties"],
        "required": ["line", *said["Valid"]["required"]],
    }
    record = {name: part for name, part in record_schema(service.guideline).items() if name != "$schema"}
    said["Problem"]["properties"]["code"]["enum"] = said["ProblemLine"]["properties"]["code"]["enum"] = codes()
    known = {"enum": [*NAMES, *PROBLEMS]}
    said["Finding"]["properties"]["name"] = {"anyOf": [known, {"type": "string", "pattern": "ConstraintComponent$"}]}
    found: Json = json.loads(json.dumps(said | {"Record": record} | parts).replace("#/$defs/", "#/components/schemas/"))
    return found


def _examples(service: GuidelineService) -> Json:
    """Return the record of a case, its answer, and what is said of a record that is not valid."""
    record = _example(service)
    found = {
        "record": record,
        "answer": service.assess(record),
        "answer-summary": service.assess(record, detail=BRIEF),
        "valid": {"valid": True, "findings": []},
    }
    try:
        service.read({"no such field": 1})
    except InvalidRecord as error:
        found["problem"] = problem_data(error)
    return {name: {"value": value} for name, value in found.items()}


def _example(service: GuidelineService) -> Json:
    """Return the record of the first case of the guideline that is about a valid one; an empty one if there is none."""
    for file in sorted((service.guideline.folder / "cases").glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            if not case["expect"].get("invalid"):
                return dict(case["record"])
    return {}
