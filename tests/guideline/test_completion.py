"""Authors may omit what the loader completes: the identifier from the IRI, the source of a statement from its box."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.check.wellmade import check_well_made
from lrp_kg.guideline.completion import completion
from lrp_kg.guideline.named_graphs import guideline_quads
from lrp_kg.namespaces import DCTERMS
from tests.support.guidelines import cases, guideline_copy
from tests.support.paths import ANKLE

CASES = cases(ANKLE / "cases")
_BLOCK = re.compile(r"^ank:([\w-]+) a cp:(\w+)[^;]*;\n(?:    .*\n)+", re.MULTILINE)
_SPARED = {"Statement", "Criterion", "Benefit", "Limit", "ProcessStep"}


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a guideline without the identifiers and sources that the loader completes."""
    folder = guideline_copy(tmp_path_factory.mktemp("short"))
    file = folder / "ontology" / "pathway.ttl"
    removed = {"source": 0, "identifier": 0}

    def shorten(block: re.Match[str]) -> str:
        text = block[0]
        patterns = {"identifier": rf'    dcterms:identifier "{block[1]}" ;\n'}
        if block[2] in _SPARED:
            patterns["source"] = r"    dcterms:source ank:source-invented ;\n"
        for name, pattern in patterns.items():
            text, count = re.subn(pattern, "", text)
            removed[name] += count
        return text

    file.write_text(_BLOCK.sub(shorten, file.read_text(encoding="utf-8")), encoding="utf-8")
    assert removed["source"] > 20 and removed["identifier"] > 5
    return folder


def test_answers_do_not_change(short: Path, ankle: GuidelineService) -> None:
    other = GuidelineService(short)
    assert len(CASES) > 40
    for case in CASES:
        if not case["expect"].get("invalid"):
            found, expected = (g.assess(case["record"], explain=True) for g in (other, ankle))
            assert found == expected, case["id"]


def test_check_accepts_the_short_guideline(short: Path) -> None:
    assert [f for f in check_well_made(short) if f.severity == "error"] == []


def test_served_triples_include_the_completion(short: Path) -> None:
    wanted = {DCTERMS + "identifier", DCTERMS + "source"}

    def completed(folder: Path) -> set[tuple[str, ...]]:
        quads = guideline_quads(GuidelineService(folder).guideline)
        default = [q for q in quads if isinstance(q.graph_name, ox.DefaultGraph) and q.predicate.value in wanted]
        return {(str(q.subject), q.predicate.value, str(q.object)) for q in default}

    assert completed(short) == completed(ANKLE)


def test_stated_identifiers_and_sources_are_kept() -> None:
    text = """
        @prefix cp: <https://w3id.org/lrp-kg/care-pathway#> . @prefix dcterms: <http://purl.org/dc/terms/> .
        @prefix my: <https://example.org/my#> .
        my:box a cp:Box ; dcterms:identifier "a-box" ; dcterms:source my:one ; cp:inStage my:stage .
        my:unsourced a cp:Box ; dcterms:identifier "unsourced" ; cp:inStage my:stage .
        my:stage a cp:Stage ; dcterms:identifier "a-stage" ; dcterms:source my:three .
        my:own a cp:Statement ; dcterms:identifier "own" ; cp:inBox my:box ; dcterms:source my:two .
        my:follows a cp:Statement ; cp:inBox my:box .
        my:nowhere a cp:Statement ; dcterms:identifier "nowhere" ."""
    triples = [q.triple for q in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    found = {(str(t.subject), str(t.predicate), str(t.object)) for t in completion(triples)}
    my, dcterms = "<https://example.org/my#", "<http://purl.org/dc/terms/"
    assert found == {
        (f"{my}follows>", f"{dcterms}identifier>", '"follows"'),
        (f"{my}follows>", f"{dcterms}source>", f"{my}one>"),
    }
