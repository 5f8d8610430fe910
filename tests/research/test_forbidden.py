"""SERVICE and FROM are found in thousands of valid queries, generated from parts of the grammar."""

from __future__ import annotations

import random
import re

import pyoxigraph as ox
import pytest

from lrp_kg.errors import MalformedQuery, QueryRefused
from lrp_kg.research.engine import forbidden

PARTS = (
    *("SERVICE", "SERVICE SILENT", "service", "FROM", "FROM NAMED", " ", " ", "<u:x>", "<u:x>", "{}", "{?a ?b ?c}"),
    *(":", ":a", ":a\\#", ":a\\-", ":.", "a:", "#", "#>", "\n", "\r", "'", '"', '"""', "'''", "'x'@en", "\\u0041"),
    *("?s ?p ?o", "?s ?p :", "?s ?p :a", "?s ?p", "?o", ".", ";", ",", "FILTER(1<2)", "FILTER(?s<?p)", "<", ">"),
    *("OPTIONAL{", "}", "{", "1", "1.", "true", "_:b", "_:b.", "?s", "$s", "BIND(1 AS ?q)", "VALUES ?q {1}", "%41"),
    *("-", "²", "<http://e/SERVICE#>", "<http://e/from>", "?s :a?", "/", "|", "^", "(", ")", "FILTER(1<2&&3>2)"),
)
SERVICES = (
    "SELECT * {?s ?p :a SERVICE <u:x> {?a ?b ?c}\n}",
    "SELECT * {FILTER(1<2) SERVICE <u:x> {?a ?b ?c}\n}",
    "SELECT * {?s ?p 'x' . SERVICE SILENT :a {?a ?b ?c}\n}",
    "SELECT * {{ SERVICE ?s {?a ?b ?c} }\n}",
)
GRAPHS = (
    "SELECT * FROM <u:g> {?s ?p :a}",
    "SELECT (1<2 AS ?x) FROM :g FROM NAMED <u:g>\n{?s ?p 'x'}",
    "ASK FROM <u:g> {?s ?p 'x'}",
    "CONSTRUCT {?s ?p <u:x>} FROM NAMED :g WHERE {?s ?p ?o}",
)
PROLOGUE = "PREFIX : <urn:x> PREFIX a: <urn:y> "


def mixtures(seed: int, beginnings: tuple[str, ...], number: int) -> list[str]:
    """Return queries with random parts of the grammar, only those that Oxigraph can parse."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        text = chance.choice(beginnings)
        for _ in range(chance.randint(1, 3)):
            begin = chance.randint(0, len(text))
            end = min(len(text), begin + chance.choice([0, 0, 0, 1, 2]))
            text = text[:begin] + chance.choice(PARTS) + text[end:]
        if parses(PROLOGUE + text):
            found.append(PROLOGUE + text)
    return found


def parses(query: str) -> bool:
    try:
        ox.Store().query(query, base_iri="http://example.org/")
    except SyntaxError:
        return False
    except (OSError, RuntimeError, ValueError):  # it was parsed, and fails on an address that does not answer
        return True
    return True


def uses(word: str, query: str) -> bool:
    """Return whether Oxigraph reads a word as a keyword: without it, the query is malformed."""
    return not parses(re.sub(word, word[:-1] + "Q", query, flags=re.IGNORECASE))


@pytest.mark.parametrize(("word", "beginnings"), [("SERVICE", SERVICES), ("FROM", GRAPHS)])
@pytest.mark.parametrize("number", [6_000, pytest.param(30_000, marks=pytest.mark.long)])
@pytest.mark.slow
def test_mixed_queries_hide_no_keyword(number: int, word: str, beginnings: tuple[str, ...]) -> None:
    queries = [q for q in mixtures(7, beginnings, number) if uses(word, q)]
    assert len(set(queries)) > number / 40
    hidden = []
    for query in queries:
        try:
            dataset = forbidden.examine(query)
        except (QueryRefused, MalformedQuery):
            continue
        if word == "SERVICE" or not dataset:
            hidden.append(query)
    assert not hidden


@pytest.mark.slow
def test_most_queries_with_graphs_are_not_refused() -> None:
    taken = 0
    queries = [q for q in mixtures(8, GRAPHS, 3_000) if uses("FROM", q)]
    for query in queries:
        try:
            taken += bool(forbidden.examine(query))
        except (QueryRefused, MalformedQuery):
            continue
    assert taken > len(queries) / 2
