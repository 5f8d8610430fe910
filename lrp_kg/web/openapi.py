"""The OpenAPI description: `openapi.yaml` with the fields of the guideline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lrp_kg import __version__
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.web.parameters import taken_by
from lrp_kg.words import in_language

_ENDS = ("earliest", "latest")


def description(guideline: Guideline, views: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the service; ``views`` are the endpoints of methods and addresses."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    found["info"] = {"title": in_language(guideline.label, "en", guideline.id), "version": __version__}
    parts = found.pop("parts")
    problem = parts["problem"]  # the aliases of a YAML anchor are one object
    for path, what in found.pop("pages").items():
        found["paths"].setdefault(path, {})["get"] = _page(path, what, problem)
    ids = tuple(d.id for d in (*guideline.own_decisions.values(), *guideline.programmes.values()))
    for path, operations in found["paths"].items():
        found["paths"][path] = {
            method: operation
            | {"parameters": [*operation.get("parameters", ()), *_parameters(views[method.upper(), path], ids)]}
            for method, operation in operations.items()
        }
    properties = {f.id: _schema(f) for f in guideline.fields.values()}
    for f in guideline.fields.values():
        for bound, end in zip(f.bounds or (), _ENDS, strict=False):
            about = f"{in_language(f.label, 'en')}: {end} possible day"
            properties[local_name(bound)] = {"type": "string", "format": "date", "description": about}
    found["components"]["schemas"]["Record"]["properties"] = properties
    return found


def _parameters(endpoint: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    return [parameter.described(ids) for parameter in taken_by(endpoint)]


def _page(path: str, what: str, problem: dict[str, Any]) -> dict[str, Any]:
    """Return the operation that gets a page; its parameters are named in the path, and may name nothing."""
    found: dict[str, Any] = {"summary": what, "responses": {"200": {"description": what}}}
    names = re.findall(r"\{(\w+)\}", path)
    if names:
        found["parameters"] = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
        found["responses"]["404"] = problem
    found["responses"]["400"] = problem
    return found


def _schema(field: Field) -> dict[str, Any]:
    values = [v.id for v in field.values]
    kinds: dict[str, dict[str, Any]] = {
        "value": {"type": "string", "enum": values},
        "values": {"type": "array", "items": {"type": "string", "enum": values}},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "string": {"type": "string"},
    }
    schema = kinds.get(field.kind)
    if schema is None:
        schema = {"type": "integer"}
        if field.low is not None:
            schema["minimum"] = field.low
        if field.high is not None:
            schema["maximum"] = field.high
    if field.bounds:
        ends = {name: {"type": "string", "format": "date"} for name in _ENDS}
        within = {"type": "object", "properties": ends, "required": list(ends), "additionalProperties": False}
        schema = {"anyOf": [schema, {"type": "string", "pattern": r"^\d{4}(-\d{2})?$"}, within]}
    return schema | {"description": in_language(field.question, "en") or in_language(field.label, "en")}
