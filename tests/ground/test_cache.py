"""The cache: read only if undamaged and written by the same code; everything works without it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import owlrl
import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService, cache, words
from lrp_kg.authoring.reasoning.soundness import check_soundness
from lrp_kg.guideline.closure import closure
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.relations import class_relations
from lrp_kg.logic.diagrams import Builder
from lrp_kg.research.engine.model import Limits
from lrp_kg.research.store import snapshot
from lrp_kg.research.store.opening import open_engine
from tests.support.paths import ANKLE, PACKAGE

CASES = ANKLE / "cases" / "pathway.json"


class Counter:
    """Makes a list of numbers, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def get(self, key: str = "key") -> list[int]:
        return cache.remembered("numbers", key, self.make, dump=lambda n: " ".join(map(str, n)), load=self.load)

    def make(self) -> list[int]:
        self.calls += 1
        return [1, 2, 3]

    @staticmethod
    def load(text: str) -> list[int]:
        return [int(part) for part in text.split()]


def forget_code() -> None:
    """Have the code hashed again."""
    cache.code_key.cache_clear()
    cache._hash_of.cache_clear()  # noqa: SLF001


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache in which nothing is but what the test has made; a process reads phrases once."""
    for lang in words.LANGUAGES:
        words.phrases(lang)
    monkeypatch.setenv("LRP_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    forget_code()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_value_is_made_once_per_key(folder: Path) -> None:
    counter = Counter()
    assert counter.get() == counter.get() == [1, 2, 3]
    assert counter.calls == 1
    assert counter.get("another key") == [1, 2, 3]
    assert counter.calls == 2


# -- the key ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["new.py", "logic/new.py", "guideline/new.py"])
def test_key_depends_on_all_code_that_reads_and_decides(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    copy = tmp_path / "package"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "PACKAGE", copy)
    counter = Counter()
    for _ in range(2):
        forget_code()
        counter.get()
    assert counter.calls == 1
    (copy / place).write_text("# a module that nobody listed\n", encoding="utf-8")
    forget_code()
    counter.get()
    assert counter.calls == 2


@pytest.mark.parametrize("change", ["package", "oxigraph", "rdflib"])
def test_key_depends_on_versions(folder: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    counter = Counter()
    counter.get()
    if change == "package":
        monkeypatch.setattr(cache, "__version__", "0")
    elif change == "oxigraph":
        monkeypatch.setattr(ox, "__version__", "0")
    else:
        monkeypatch.setattr(cache, "installed", lambda name: "0")
    forget_code()
    counter.get()
    assert counter.calls == 2


def test_key_depends_on_a_further_folder(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a", encoding="utf-8")
    first = cache.code_key(tmp_path)
    assert first != cache.code_key()
    (tmp_path / "two.py").write_text("b", encoding="utf-8")
    forget_code()
    assert cache.code_key(tmp_path) != first


@pytest.mark.parametrize("name", ["rdflib", "pyshacl", "owlrl", "python-dateutil", "PyYAML"])
def test_installed_version_is_that_of_its_metadata(name: str) -> None:
    assert cache.installed(name) == importlib.metadata.version(name)


@pytest.mark.skipif(os.name != "posix", reason="files have no mode")
@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_others_can_write_is_not_read(folder: Path, mode: int) -> None:
    counter = Counter()
    counter.get()
    (file,) = files(folder)
    file.chmod(mode)
    assert counter.get() == [1, 2, 3]
    assert counter.calls == 2
    assert file.stat().st_mode & 0o777 == 0o600, "it is written again"
    assert counter.get() == [1, 2, 3]
    assert counter.calls == 2


def test_a_file_of_another_user_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    counter.get()
    (file,) = files(folder)
    found = list(file.stat())
    for owner, calls in ((os.geteuid(), 1), (0, 1), (os.geteuid() + 7, 2)):
        found[4] = owner
        monkeypatch.setattr(os, "fstat", lambda _, own=tuple(found): os.stat_result(own))
        counter.get()
        assert counter.calls == calls


# -- odd files ----------------------------------------------------------------------------------------

ODD: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "other JSON": lambda _: b'{"axes": {}, "root": [], "nodes": 3}',
    "not UTF-8": lambda _: b"\xff\xfe\x00",
    "deeply nested": lambda _: b"[" * 100_000,
    "one byte less": lambda body: body[:-1],
    "half of the lines": lambda body: b"".join(body.splitlines(keepends=True)[: max(1, body.count(b"\n") // 2)]),
    "other numbers": lambda body: body[:66] + body[66:].replace(b"1", b"7").replace(b"0", b"9"),
    "without its first line": lambda body: body.partition(b"\n")[2],
}


def spoil(folder: Path, odd: str) -> dict[Path, bytes]:
    """Change every file of a cache; return what they held."""
    held = {file: file.read_bytes() for file in files(folder) if file.suffix != ".lock"}
    assert held
    for file, body in held.items():
        changed = ODD[odd](body)
        assert changed != body
        file.write_bytes(changed)
    return held


@pytest.mark.parametrize("odd", ODD)
def test_odd_file_is_ignored_and_rewritten(folder: Path, odd: str) -> None:
    counter = Counter()
    counter.get()
    held = spoil(folder, odd)
    assert counter.get() == [1, 2, 3]
    assert counter.calls == 2
    assert {file: file.read_bytes() for file in files(folder)} == held
    counter.get()
    assert counter.calls == 2


@pytest.mark.parametrize(
    "other", ["[]", "{}", "3", "null", '"text"', '{"a": "b"}', '{"colon": 3}', '{"below": [["a"]]}']
)
def test_file_of_another_form_is_made_again(folder: Path, other: str) -> None:
    """A whole file that holds something else, such as one that another program wrote."""
    words.phrases.cache_clear()
    try:
        expected = {lang: words.phrases(lang) for lang in words.LANGUAGES}
        relations = class_relations(load_guideline(ANKLE))
        written = [file for file in files(folder) if file.parent.name in ("phrases", "class-relations")]
        assert len(written) == 1 + len(words.LANGUAGES)
        for file in written:
            cache.write_kept(file, other)
        words.phrases.cache_clear()
        assert {lang: words.phrases(lang) for lang in words.LANGUAGES} == expected
        assert class_relations(load_guideline(ANKLE)) == relations
        assert all(cache.read_kept(file) not in (None, other) for file in written)
    finally:
        words.phrases.cache_clear()


def test_file_of_another_name_is_made_again(folder: Path) -> None:
    counter = Counter()
    counter.get()
    (one,) = files(folder)
    counter.get("other")
    (other,) = set(files(folder)) - {one}
    assert counter.calls == 2
    other.write_bytes(one.read_bytes())
    counter.get("other")
    assert counter.calls == 3


@pytest.mark.parametrize(
    ("form", "fits", "others"),
    [
        ({str: [(str, int)]}, ['{"a": [["b", 1]]}', "{}"], ["[]", '{"a": [["b"]]}', '{"a": [[1, 1]]}', '{"a": 1}']),
        ([dict], ["[]", "[{}]"], ["{}", "[1]", "null"]),
    ],
)
def test_json_of_a_form(form: Any, fits: list[str], others: list[str]) -> None:
    load = cache.json_of(form)
    assert [load(text) for text in fits] == [json.loads(text) for text in fits]
    for text in others:
        with pytest.raises(ValueError):
            load(text)


def test_folder_in_place_of_a_file_is_ignored(folder: Path) -> None:
    counter = Counter()
    counter.get()
    (file,) = files(folder)
    file.unlink()
    file.mkdir()
    assert counter.get() == [1, 2, 3]
    assert not files(folder), "no draft is left"


@pytest.mark.exhaustive
@pytest.mark.parametrize("odd", ODD)
def test_odd_diagrams_are_built_again(folder: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    records = [case["record"] for case in json.loads(CASES.read_text(encoding="utf-8"))[:3]]
    first = [GuidelineService(ANKLE).assess(r) for r in records]
    held = spoil(folder, odd)
    assert [GuidelineService(ANKLE).assess(r) for r in records] == first
    assert {file: file.read_bytes() for file in files(folder)} == held
    monkeypatch.setattr(Builder, "build", None)
    assert [GuidelineService(ANKLE).assess(r) for r in records] == first


@pytest.mark.exhaustive
@pytest.mark.parametrize("odd", ["empty", "half of the lines"])
def test_odd_snapshot_is_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setattr(owlrl, "DeductiveClosure", Inert)
    guideline = load_guideline(ANKLE)
    file = snapshot.guideline_snapshot(guideline)
    quads = set(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS))
    spoil(folder, odd)
    again = snapshot.guideline_snapshot(guideline)
    assert again == file
    assert len(set(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS))) == len(quads)


class Inert:
    """Replaces the reasoner by one that infers nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def expand(self, graph: object) -> None:
        pass


# -- no cache -----------------------------------------------------------------------------------------


def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("LRP_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)


def no_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", "/proc/lrp-kg")


def a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", __file__)


UNUSABLE = [no_home, no_writing, a_file]


@pytest.fixture(params=UNUSABLE, ids=lambda make: make.__name__)
def unusable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    request.param(monkeypatch)
    yield
    snapshot._temporary_folder.cache_clear()


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.usefixtures("unusable")
def test_everything_works_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    assert counter.get() == counter.get() == [1, 2, 3]
    assert counter.calls == 2
    assert GuidelineService(ANKLE).assess({})["stage"] is None
    monkeypatch.setattr(owlrl, "DeductiveClosure", Inert)
    guideline = load_guideline(ANKLE)
    assert len(closure(guideline)) > 1000
    progress: list[str] = []
    file = snapshot.guideline_snapshot(guideline, progress.append)
    assert snapshot.guideline_snapshot(guideline, progress.append) == file == snapshot.snapshot_file(guideline)
    assert progress == ["closure", "snapshot"], "made once for the process"
    engine = open_engine(guideline, None, Limits())
    engine.close()


def test_unreadable_file_is_ignored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    counter.get()
    (file,) = files(folder)
    opened = Path.open

    def refuse(path: Path, *arguments: Any) -> Any:
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments)

    monkeypatch.setattr(Path, "open", refuse)
    assert counter.get() == [1, 2, 3]
    assert counter.calls == 2


@pytest.mark.slow
def test_commands_work_for_a_user_without_a_home(tmp_path: Path) -> None:
    """A process with neither a home folder nor a name of its user, as in some containers."""
    text = (
        "import os, sys\n"
        "import pwd\n"
        "pwd.getpwuid = lambda uid: (_ for _ in ()).throw(KeyError(uid))\n"
        "from lrp_kg.cache import cache_folder\n"
        "assert cache_folder() is None\n"
        "from lrp_kg.cli import main\n"
        "main()\n"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("HOME", "LRP_CACHE", "XDG_CACHE_HOME")}
    record = tmp_path / "record.json"
    record.write_text("{}", encoding="utf-8")
    command = [sys.executable, "-c", text, "assess", "--guideline", str(ANKLE), str(record)]
    found = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert (found.returncode, found.stderr) == (0, "")


def test_soundness_check_works_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRP_CACHE", __file__)
    monkeypatch.setattr("lrp_kg.authoring.reasoning.soundness._errors", lambda *_: [])
    assert check_soundness(ANKLE, hermit=False) == []


@pytest.mark.slow
def test_temporary_snapshot_is_removed_at_the_end(tmp_path: Path) -> None:
    text = (
        "import owlrl\n"
        "from unittest import mock\n"
        "from lrp_kg.guideline.load import load_guideline\n"
        "from lrp_kg.research.store.snapshot import guideline_snapshot\n"
        "with mock.patch.object(owlrl, 'DeductiveClosure'):\n"
        f"    print(guideline_snapshot(load_guideline({str(ANKLE)!r})))\n"
    )
    env = os.environ | {"LRP_CACHE": __file__, "TMPDIR": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603
    assert Path(out.stdout.strip()).is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())
