"""The OpenAPI description: `openapi.yaml` with the fields of the guideline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lrp_kg import __version__
from lrp_kg.guideline.model import Guideline
from lrp_kg.record.schema import record_schema
from lrp_kg.web.parameters import taken_by
from lrp_kg.words import in_language


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
    record = record_schema(guideline)
    found["components"]["schemas"]["Record"] = {name: part for name, part in record.items() if name != "$schema"}
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
