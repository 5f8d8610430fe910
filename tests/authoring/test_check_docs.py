"""``names.toml`` has every name that the check can give, with cause and fix, and no other; so has ``docs/check.md``."""

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lrp_kg.authoring.check.names import FindingName, finding_names, name_groups, plain, with_names
from lrp_kg.authoring.check.stages import run
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.guideline.index import read_turtle
from lrp_kg.namespaces import DCTERMS, SH
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import PACKAGE, ROOT, TESTS

PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
NAMES = finding_names()
PLACES = (
    "authoring/check",
    "authoring/reasoning",
    "authoring/cases",
    "authoring/mutation/mutating.py",
    "guideline",
    "logic/cells.py",
    "record",
)
NAME = re.compile(r"[a-z]+(-[a-z]+)+|formatting")


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
            found.setdefault(name.value, set()).add(
                "warning" if severity and severity.value == SH + "Warning" else "error"
            )
    return found


def test_names_of_findings_are_found() -> None:
    assert len(in_code()) > 50 and len(in_shapes()) > 40
    assert {"turtle-syntax", "threshold-gap", "box-untested", "case-failed", "unknown-expectation"} <= in_code()


def test_every_name_is_listed_once() -> None:
    listed = [found.name for group in name_groups() for found in group.names]
    assert len(listed) == len(set(listed))
    assert set(listed) == in_code() | in_shapes().keys()


def test_page_has_the_names_as_they_are() -> None:
    assert with_names(PAGE) == PAGE, "run python -m lrp_kg.authoring.check.names"
    assert set(re.findall(r'<a id="([a-z-]+)"></a>', PAGE)) == NAMES.keys()


@pytest.mark.parametrize("found", NAMES.values(), ids=lambda found: found.name)
def test_name_has_cause_and_fix(found: FindingName) -> None:
    assert len(plain(found.cause)) > 8 and len(plain(found.fix)) > 5
    assert "|" not in found.cause + found.fix and "`" not in plain(found.cause) + plain(found.fix)
    listed = set(found.severities)
    assert listed <= {"error", "warning", "note"}
    assert found.name not in in_shapes() or in_shapes()[found.name] == listed


def test_severities_agree_with_the_code() -> None:
    found = 0
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                given = [k.value for k in node.keywords if k.arg == "severity"]
                severity = getattr(given[0], "value", "") if given else "error"
                for name in names_in(node):
                    if name in NAMES and severity:
                        found += 1
                        assert severity in NAMES[name].severities, name
    assert found > 30


def test_links_of_the_page_exist() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link


FILES: list[dict[str, str]] = tomllib.loads((TESTS / "broken" / "files.toml").read_text(encoding="utf-8"))["fault"]


@pytest.mark.slow
def test_faults_of_files_are_reported(tmp_path: Path) -> None:
    """Each is put into a good guideline alone; the findings may be more than the one that is named."""
    good, folder, cache = guideline_copy(tmp_path / "good"), guideline_copy(tmp_path / "edited"), CheckCache()
    run(folder, hermit=False, cache=cache)
    for fault in FILES:
        file = folder / fault["file"]
        if "text" in fault:
            file.write_text(fault["text"], encoding="utf-8")
        else:
            replace_once(file, fault["find"], fault["replace"])
        found = [(f.name, f.where) for f in run(folder, hermit=False, cache=cache).findings]
        assert fault["finding"] in [name for name, _ in found], (fault, found)
        file.unlink()
        if (good / fault["file"]).is_file():
            shutil.copy(good / fault["file"], file)


def test_every_name_is_expected_of_some_guideline() -> None:
    """Those of shapes are given in `broken/terms.ttl`; others are named where a test expects them."""
    files = [*(TESTS / "broken").glob("*.toml"), *(f for f in TESTS.rglob("test_*.py") if f != Path(__file__))]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert [name for name in NAMES if name not in in_shapes() and f'"{name}"' not in text] == []
