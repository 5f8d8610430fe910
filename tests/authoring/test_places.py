"""``docs/authoring.md``: an edit of all places of a row is clean; a forgotten place is what the check finds first."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any

import pytest

from lrp_kg.authoring.formatting import formatted, formatter
from lrp_kg.findings import Finding
from tests.authoring.conftest import Benches
from tests.support.bench import Bench, guideline_of
from tests.support.paths import ROOT, TESTS

Row = dict[str, Any]
ROWS: list[Row] = tomllib.loads((TESTS / "broken" / "places.toml").read_text(encoding="utf-8"))["row"]
KINDS = {
    "ontology/record.ttl": {"record", "conditions"},
    "ontology/pathway.ttl": {"pathway", "programmes", "sources"},
    "ontology/catalog-v001.xml": {"catalogue"},
    "shapes/record.ttl": {"shapes"},
    "cases/pathway.json": {"cases"},
}
"""What the document calls each file."""
DUTCH = re.compile(r'("(?:[^"\\]|\\.)*")@nl')


def findings_after(bench: Bench, edits: Iterable[list[str]], language: str | None = None) -> list[Finding]:
    """Return what the check finds after these edits; first a ``language`` is put beside each Dutch text."""
    bench.restore()
    texts = {f: good.decode() for f, good in bench.good.items()}
    if language:
        texts |= {f: DUTCH.sub(rf"\1@nl , \1@{language}", t) for f, t in texts.items() if f.suffix == ".ttl"}
    for name, old, new in edits:
        file = bench.folder / name
        assert old == "" or old in texts[file], f"{name} has no {old!r}"
        texts[file] = texts[file].replace(old, new) if old else texts.get(file, "") + new
    for file, text in texts.items():
        text = laid_out(text) if language and file.suffix == ".ttl" else text
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return bench.look()


def laid_out(text: str) -> str:
    program = formatter()
    assert program
    return formatted(program, text) or text


def assert_found_first(row: Row, forgotten: int, findings: list[Finding]) -> None:
    expected = row["place"][forgotten].get("forgotten")
    said = [(f.severity, f.name, f.where, f.message[:200]) for f in findings if f.severity != "note"]
    if expected is None:
        assert not said
        return
    matching = [f for f in findings if f.name == expected]
    assert matching, (row["want"], forgotten + 1, said)
    if matching[0].severity == "note":
        assert not said
    else:
        assert findings[0].name == expected, (row["want"], forgotten + 1, said)


def edits(row: Row, forgotten: int | None = None) -> list[list[str]]:
    """Return the edits of a row without those of a place."""
    places = row["place"]
    left = [edit for number, place in enumerate(places) if number != forgotten for edit in place["edits"]]
    return left + (places[forgotten].get("without", []) if forgotten is not None else [])


QUICK = ("move a threshold", "add a value to a list")
"""The rows of ``make test``; the others are in ``make long``."""


@pytest.mark.parametrize(
    "row", [pytest.param(r, id=r["want"], marks=[] if r["want"] in QUICK else [pytest.mark.long]) for r in ROWS]
)
@pytest.mark.slow
def test_every_place_of_a_row_counts(row: Row, benches: Benches) -> None:
    bench = benches(guideline_of(row))
    language = row.get("language")
    found = findings_after(bench, edits(row), language)
    assert [f"{f.where} {f.name} {f.message}" for f in found if f.severity != "note"] == []
    for number in range(len(row["place"])):
        assert_found_first(row, number, findings_after(bench, edits(row, number), language))


def documented() -> dict[str, list[str]]:
    """Return the rows of the table of the document: what is wanted, and its places."""
    page = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \| .*\|$", page, re.MULTILINE)
    return {want: places.split("<br>") for want, places in rows}


def test_document_has_every_row_and_every_place() -> None:
    rows = documented()
    assert list(rows) == [row["want"] for row in ROWS]
    assert len(rows) >= 25
    for row in ROWS:
        places = rows[row["want"]]
        assert [int(text.split()[0]) for text in places] == [*range(1, len(row["place"]) + 1)], row["want"]
        for text, place in zip(places, row["place"], strict=True):
            what, _, found = text.partition(" → ")
            for file in {name for name, _, _ in place["edits"]} & KINDS.keys():
                named = any(f"*{kind}*" in what for kind in KINDS[file])
                assert named or file == "cases/pathway.json", f"{row['want']}: {text} does not name {file}"
            names = re.findall(r"\[([a-z-]+)\]\(check\.md#\1\)", found)
            assert names[:1] == [place["forgotten"]] if "forgotten" in place else found.startswith("no check"), text


def test_document_names_findings_and_sections_that_there_are() -> None:
    page = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([a-z-]+\.md)#([a-z0-9-]+)\)", page)
    assert len(links) > 80
    for file, anchor in set(links):
        text = (ROOT / "docs" / file).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.M)
        }
        assert anchor in headings or f'<a id="{anchor}"></a>' in text, f"{file}#{anchor}"
