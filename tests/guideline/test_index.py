"""Each file of a guideline is parsed once, and all code uses the same index."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from lrp_kg.errors import GuidelineError
from lrp_kg.guideline import load, modules
from lrp_kg.guideline.files import files_to_check, packaged_folder
from lrp_kg.guideline.load import load_guideline
from lrp_kg.web.application import create_app
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE

FIRST_LINE = (packaged_folder() / "ontology" / "first-line.ttl").read_text(encoding="utf-8")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count how often each parser is given ``first-line.ttl``, as text or as file."""
    counts: Counter[str] = Counter()
    by_oxigraph, by_rdflib = ox.parse, rdflib.Graph.parse

    def count(parser: str, *sources: Any) -> None:
        if any(s == FIRST_LINE or str(s).endswith("first-line.ttl") for s in sources):
            counts[parser] += 1

    def oxigraph(input: Any = None, *args: Any, **more: Any) -> Any:
        count("oxigraph", input, more.get("path"))
        return by_oxigraph(input, *args, **more)

    def rdflib_parse(self: rdflib.Graph, source: Any = None, *args: Any, **more: Any) -> Any:
        count("rdflib", source, more.get("data"), more.get("location"))
        return by_rdflib(self, source, *args, **more)

    monkeypatch.setattr(ox, "parse", oxigraph)
    monkeypatch.setattr(rdflib.Graph, "parse", rdflib_parse)
    _forget()
    yield counts
    _forget()


def _forget() -> None:
    """Forget parsed files and the guidelines that an earlier test of this process read from them."""
    modules._parsed.cache_clear()
    load._read.cache_clear()


@pytest.mark.slow
def test_service_parses_each_file_once(parsed: Counter[str]) -> None:
    client = create_app().test_client()
    record = {"assessmentDate": "2024-02-12"}
    answers = [client.post(path, json=record) for path in ("/assess?explain=true", "/validate")]
    pages = ("/ontology", "/ontology/first-line", "/term/lrp:stage", "/term/", "/")
    answers += [client.get(path, follow_redirects=True) for path in pages]
    assert [a.status_code for a in answers] == [200] * 7
    assert parsed == {"oxigraph": 1}


def test_edited_file_is_parsed_again(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path / "ankle")
    before = load_guideline(folder)
    assert load_guideline(folder) is before, "nothing has changed"
    file = folder / "ontology" / "pathway.ttl"
    file.write_text(file.read_text(encoding="utf-8").replace('"acute phase"@en', '"first phase"@en'), encoding="utf-8")
    after = load_guideline(folder)
    same = {m.file.name: m is n for m, n in zip(before.index.modules, after.index.modules, strict=True)}
    assert not same["pathway.ttl"] and sum(same.values()) == len(same) - 1
    assert before.content_hash != after.content_hash
    assert "first phase" in {o.label["en"] for d in after.decisions.values() for o in d.options}


def test_index_does_not_read_the_files_again(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path / "ankle")
    guideline = load_guideline(folder)
    shutil.rmtree(folder)
    (stage,) = (d for d in guideline.decisions.values() if d.iri == guideline.roles.stage)
    assert guideline.index.positions.where(stage.iri).startswith(str(folder / "ontology" / "pathway.ttl:"))
    assert guideline.index.prefixes["ank"] == guideline.namespace


def test_all_files_that_cannot_be_parsed_are_reported(tmp_path: Path) -> None:
    folder = guideline_copy(tmp_path / "ankle")
    (folder / "ontology" / "pathway.ttl").write_text("ank:stage a cp:Decision .\n", encoding="utf-8")
    (folder / "ontology" / "record.ttl").write_bytes(b"# \xff\n")
    (folder / "shapes" / "record.ttl").write_text("@prefix a: <http://a/> .\na:b a:c\n", encoding="utf-8")
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    assert [f.name for f in caught.value.findings] == ["prefix-not-declared", "file-not-readable", "turtle-syntax"]


def test_check_reads_author_shapes_and_vocabulary_too() -> None:
    for folder in (ANKLE, packaged_folder()):
        names = [f.name for f in files_to_check(folder)]
        assert len(names) == len(set(files_to_check(folder)))
        assert "care-pathway.ttl" in names
    assert packaged_folder() / "shapes" / "guideline.ttl" in files_to_check(packaged_folder())
