"""``docs/check.md`` lists every finding of the check, with cause and fix, and no other."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lrp_kg.guideline.index import read_turtle
from lrp_kg.namespaces import DCTERMS, SH
from tests.support.paths import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z]+(?:-[a-z]+)+) \| ([EWN, ]+) \| (.+) \| (.*) \|$", PAGE, re.MULTILINE)
PLACES = (
    "authoring/check",
    "authoring/reasoning",
    "authoring/cases",
    "guideline",
    "record",
)
NAME = re.compile(r"[a-z]+(-[a-z]+)+")
SEVERITIES = {"error": "E", "warning": "W", "note": "N"}


def sources() -> Iterator[Path]:
    for place in PLACES:
        path = PACKAGE / place
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield the names of findings: in calls, in yielded tuples, and in assignments to ``name``."""
    for node in ast.walk(tree):
        places: list[ast.expr] = []
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            places = node.args[:1] if called in ("Finding", "complain", "_terms") else []
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            places = node.value.elts[:1]
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "name" for t in node.targets):
            places = [node.value]
        for place in places:
            for inner in ast.walk(place):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and NAME.fullmatch(inner.value):
                    yield inner.value


@cache
def in_code() -> set[str]:
    found = {name for file in sources() for name in names_in(ast.parse(file.read_text(encoding="utf-8")))}
    return found - {"outside-record"}  # of records, not of guidelines


@cache
def in_shapes() -> dict[str, set[str]]:
    graph = read_turtle([ROOT / "shapes" / "guideline.ttl"])
    found: dict[str, set[str]] = {}
    for shape in graph.by_subject:
        name = graph.one(shape, DCTERMS + "identifier")
        if name and graph.all(shape, SH + "message"):
            severity = graph.one(shape, SH + "severity")
            found.setdefault(name.value, set()).add("W" if severity and severity.value == SH + "Warning" else "E")
    return found


def test_names_of_findings_are_found() -> None:
    assert len(in_code()) > 50 and len(in_shapes()) > 40
    assert {"turtle-syntax", "threshold-gap", "box-untested", "case-failed", "unknown-expectation"} <= in_code()


def test_page_lists_every_finding_once() -> None:
    names = [row[0] for row in ROWS]
    assert len(names) == len(set(names))
    assert set(names) == in_code() | in_shapes().keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_has_cause_and_fix(row: tuple[str, str, str, str]) -> None:
    name, severity, cause, fix = row
    assert len(cause) > 8
    assert len(fix) > 5
    listed = set(severity.split(", "))
    assert listed <= set("EWN") and (name not in in_shapes() or in_shapes()[name] == listed)


def test_severities_agree_with_the_code() -> None:
    listed = {row[0]: row[1] for row in ROWS}
    found = 0
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                given = [k.value for k in node.keywords if k.arg == "severity"]
                severity = getattr(given[0], "value", "") if given else "error"
                for name in names_in(node):
                    if name in listed and severity:
                        found += 1
                        assert SEVERITIES[severity] in listed[name].split(", "), name
    assert found > 30


def test_links_of_the_page_exist() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link
