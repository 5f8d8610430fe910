"""A guideline that is kept on disk is the one that was read, and nothing else can be in its place."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg.cache import write_kept
from lrp_kg.guideline import compiled as compiled_module
from lrp_kg.guideline import modules
from lrp_kg.guideline.compiled import KEPT, compiled, keep_compiled
from lrp_kg.guideline.files import guideline_files, packaged_folder
from lrp_kg.guideline.index import Index
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.reader import read_guideline
from tests.support.paths import ANKLE


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "guidelines"


def index_of(folder: Path) -> Index:
    return Index(folder, guideline_files(folder))


@pytest.mark.parametrize("folder_of", [packaged_folder, lambda: ANKLE], ids=["low-back-pain", "ankle-sprain"])
def test_what_is_kept_is_what_was_read(folder_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_guideline(index_of(folder_of()))
    assert compiled(index_of(folder_of())) is None
    keep_compiled(read)
    modules._parsed.cache_clear()
    parse = ox.parse
    monkeypatch.setattr(ox, "parse", lambda *_, **__: pytest.fail("a file is parsed"))
    found = compiled(index_of(folder_of()))
    assert found == read
    assert list(found.fields) == list(read.fields)
    assert list(found.conditions) == list(read.conditions)
    assert found.index.text_hash == read.index.text_hash
    monkeypatch.setattr(ox, "parse", parse)
    assert found.index.graph.digest() == found.content_hash, "what the files say can still be asked for"


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    copy = tmp_path / "guideline"
    shutil.copytree(ANKLE, copy)
    keep_compiled(read_guideline(index_of(copy)))
    assert compiled(index_of(copy))
    file = next((copy / "ontology").glob("*.ttl"))
    file.write_text(file.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert compiled(index_of(copy)) is None


def test_a_damaged_file_is_replaced() -> None:
    guideline = read_guideline(index_of(ANKLE))
    keep_compiled(guideline)
    file = kept_file()
    file.write_bytes(file.read_bytes()[:-9])
    assert compiled(index_of(ANKLE)) is None
    keep_compiled(guideline)
    assert compiled(index_of(ANKLE)) == guideline


class Harm:
    """Does something when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def kept_file() -> Path:
    file = compiled_module._file(index_of(ANKLE))
    assert file
    return file


def test_nothing_in_a_kept_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for harm in (pickle.dumps({"iri": Harm(mark)}), b"cbuiltins\neval\n(S'1'\ntR.", b"clrp_kg.guideline.model\nre\n."):
        assert write_kept(kept_file(), harm)
        assert compiled(index_of(ANKLE)) is None
        assert not mark.exists()
    for inner in ("Guideline.folder.fget", "Term.__init__", "cached_property", "nonsense"):
        assert write_kept(kept_file(), b"\x80\x04\x8c\x17lrp_kg.guideline.model" + short(inner) + b"\x93.")
        assert compiled(index_of(ANKLE)) is None


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


@pytest.mark.parametrize("other", [[], {}, {"iri": "x"}, 3])
def test_a_file_of_another_form_is_ignored(other: Any) -> None:
    assert write_kept(kept_file(), pickle.dumps(other))
    assert compiled(index_of(ANKLE)) is None


def test_only_the_latest_are_kept(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(KEPT + 3):
        other = folder / f"older-{number}"
        other.write_bytes(b"")
        os.utime(other, (number, number))
    guideline: Guideline = read_guideline(index_of(ANKLE))
    keep_compiled(guideline)
    assert len(list(folder.iterdir())) == KEPT
    assert compiled(guideline.index)
