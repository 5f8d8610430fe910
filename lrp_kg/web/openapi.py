"""The OpenAPI description of the service, with the record schema from the fields of the guideline."""

from __future__ import annotations

from typing import Any

from lrp_kg import __version__
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.research.engine.formats import GRAPHS, SOLUTIONS
from lrp_kg.words import LANGUAGES, in_language


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
    return schema | {"description": in_language(field.question, "en") or in_language(field.label, "en")}


def _parameters(*, assess: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": "lang", "in": "query", "schema": {"type": "string", "enum": list(LANGUAGES)}}
    ]
    if assess:
        found += [
            {"name": "explain", "in": "query", "schema": {"type": "boolean"}},
            {"name": "for", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        ]
    return found


def _sparql(problem: dict[str, Any]) -> dict[str, Any]:
    """Describe the query operation of the SPARQL 1.1 Protocol."""
    texts = {name: {"schema": {"type": "string"}} for name in (*SOLUTIONS, *GRAPHS)}
    responses: dict[str, Any] = {"200": {"description": "The complete result.", "content": texts}}
    responses |= {str(status): problem for status in (400, 401, 406, 413, 415, 503)}
    many = {"type": "array", "items": {"type": "string"}}
    graphs = [{"name": n, "in": "query", "schema": many} for n in ("default-graph-uri", "named-graph-uri")]
    query = {"name": "query", "in": "query", "schema": {"type": "string"}}
    form = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    body = {
        "required": True,
        "content": {
            "application/sparql-query": {"schema": {"type": "string"}},
            "application/x-www-form-urlencoded": {"schema": form},
        },
    }
    summary = "Run a query; without one, return the service description"
    return {
        "get": {"summary": summary, "parameters": [query, *graphs], "responses": responses},
        "post": {"summary": "Run a query", "parameters": graphs, "requestBody": body, "responses": responses},
    }


def description(guideline: Guideline) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the service."""
    problem = {
        "description": "A problem, with every finding (RFC 9457).",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    problems = {str(status): problem for status in (400, 406, 413, 415, 422)}
    record = {"application/json": {"schema": {"$ref": "#/components/schemas/Record"}}}
    others = ("application/ld+json", "text/turtle", "application/n-triples", "application/x-ndjson")
    body = {"required": True, "content": record | {name: {"schema": {"type": "string"}} for name in others}}
    answer = {
        "description": "The answer.",
        "content": {"application/json": {"schema": {"type": "object"}}}
        | {
            n: {"schema": {"type": "string"}} for n in ("application/ld+json", "text/turtle", "text/html", "text/plain")
        },
    }
    ok = {"description": "The record is valid.", "content": {"application/json": {"schema": {"type": "object"}}}}

    def get(what: str, *names: str) -> dict[str, Any]:
        found: dict[str, Any] = {"summary": what, "responses": {"200": {"description": what}}}
        if names:
            found["parameters"] = [
                {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
            ]
        return {"get": found}

    assess = {
        "post": {
            "summary": "Assess a record",
            "parameters": _parameters(assess=True),
            "requestBody": body,
            "responses": {"200": answer} | problems,
        }
    }
    validate = {
        "post": {
            "summary": "Validate a record and list every problem",
            "parameters": _parameters(assess=False),
            "requestBody": body,
            "responses": {"200": ok} | problems,
        }
    }
    sparql = _sparql(problem)
    return {
        "openapi": "3.1.0",
        "info": {"title": in_language(guideline.label, "en", guideline.id), "version": __version__},
        "paths": {
            "/assess": assess,
            "/v1/assess": assess,
            "/validate": validate,
            "/v1/validate": validate,
            "/": get("An overview of the service, as a page or as JSON"),
            "/ids": get("Every identifier that an answer can hold"),
            "/v1/ids": get("Every identifier that an answer can hold"),
            "/openapi.json": get("This description"),
            "/context.jsonld": get("The JSON-LD context of a record"),
            "/query.rq": get("The classification query"),
            "/derive.rq": get("The query that derives values for the criteria"),
            "/health": get("Whether the service is ready"),
            "/sparql": sparql,
            "/sparql/": sparql,
            "/v1/sparql": sparql,
            "/.well-known/void": get("The VoID description of the dataset"),
            "/query": get("The SPARQL editor"),
            "/query/terms.json": get("The terms that the editor completes"),
            "/queries": get("The questions of the catalogue, as a page or as JSON"),
            "/queries/": get("The questions of the catalogue, as a page or as JSON"),
            "/queries/{name}": get("A question with its form, table and picture", "name"),
            "/queries/{name}.json": get("The answer to a question as SPARQL results in JSON", "name"),
            "/queries/{name}.csv": get("The answer to a question as CSV", "name"),
            "/queries/{name}.rq": get("A question in SPARQL, its parameters filled in", "name"),
            "/term/": get("The kinds of terms, the terms of a kind, or one term"),
            "/term/{name}": get("A term as a page or as RDF", "name"),
            "/ontology": get("The ontology as RDF"),
            "/ontology/{module}": get("A module of the ontology as RDF", "module"),
            "/login": {
                "get": get("The page that asks for a token")["get"],
                "post": {"summary": "Begin a session", "responses": {"303": {"description": "The session has begun"}}},
            },
            "/logout": {
                "post": {"summary": "End a session", "responses": {"303": {"description": "The session has ended"}}}
            },
        },
        "components": {
            "schemas": {
                "Record": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {f.id: _schema(f) for f in guideline.fields.values()},
                },
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "code", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "code": {"type": "string"},
                        "detail": {"type": "string"},
                        "findings": {"type": "array", "items": {"type": "object"}},
                    },
                },
            }
        },
    }
