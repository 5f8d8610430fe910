"""Damaged stores lose no data, and the damage is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from lrp_kg.cli import main
from lrp_kg.errors import StoreError
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.research.store.generations import Store
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from tests.support.paths import ANKLE


def source(*numbers: int) -> Source:
    lines = (f'{{"@id": "https://example.org/{n}", "deformity": true}}' for n in numbers)
    return Source("records.ndjson", "\n".join(lines).encode())


@pytest.fixture(scope="module")
def guideline() -> Guideline:
    return load_guideline(ANKLE)


@pytest.fixture(scope="module")
def good(guideline: Guideline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "store"
    load(guideline, folder, [source(1, 2)])
    load(guideline, folder, [source(3)])
    return folder


@pytest.fixture
def store(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "store"))


def run(*command: str, apart: bool) -> tuple[int, str]:
    """Run a command, in a process of its own if ``apart``; return its exit code and what it reports."""
    command = (*command, "--guideline", str(ANKLE))
    if apart:
        done = subprocess.run([sys.executable, "-m", "lrp_kg.cli", *command], capture_output=True, text=True)
        return done.returncode, done.stderr
    with patch.dict(os.environ), patch("lrp_kg.web.server.run", lambda *given, **_: given[-1]()):
        found = CliRunner().invoke(main, command)
    return found.exit_code, found.stderr


@pytest.mark.slow
def test_store_without_current_file_opens_its_last_generation(store: Path, guideline: Guideline) -> None:
    (store / "CURRENT").unlink()
    assert Store(store).current().records == 3
    report = load(guideline, store, [source(4)])
    assert (report.stored, report.records) == (1, 4)
    assert Store(store).current().name == "000003"


@pytest.mark.slow
def test_first_load_killed_at_its_end_is_complete(guideline: Guideline, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    load(guideline, folder, [source(1, 2)])
    (folder / "CURRENT").unlink()  # killed just before writing it
    report = load(guideline, folder, [source(1, 2)])
    assert (report.unchanged, report.records) == (2, 2)


@pytest.mark.parametrize("names", [["generations"], ["generations", "staging"], ["generations", "staging", "lock"]])
@pytest.mark.slow
def test_first_load_killed_at_its_start_can_be_repeated(guideline: Guideline, tmp_path: Path, names: list[str]) -> None:
    for name in names:
        if name == "lock":
            (tmp_path / name).touch()
        else:
            (tmp_path / name).mkdir()
    assert load(guideline, tmp_path, [source(1)]).records == 1


def test_folder_with_other_files_is_left_alone(guideline: Guideline, tmp_path: Path) -> None:
    (tmp_path / "generations").mkdir()
    (tmp_path / "generations" / "of-my-family").touch()
    with pytest.raises(StoreError, match="left alone"):
        load(guideline, tmp_path, [source(1)])


def truncate(store: Path) -> None:
    for file in Store(store).current().folder.glob("*.sst"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def replace_by_a_file(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("x")


def without_manifest(store: Path) -> None:
    for file in Store(store).current().folder.glob("MANIFEST*"):
        file.unlink()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "marker": (lambda s: (s / "lrp-kg.json").write_text("[]"), "format"),
    "no JSON": (lambda s: (s / "lrp-kg.json").write_text("{"), "lrp-kg.json"),
    "current": (lambda s: (s / "CURRENT").write_bytes(b"\xff\xfe"), "complete are: 000001, 000002"),
    "another current": (lambda s: (s / "CURRENT").write_text("../../x"), "CURRENT"),
    "description": (lambda s: (s / "generations" / "000002.json").write_text("{}"), "description"),
    "folder": (lambda s: shutil.rmtree(s / "generations" / "000002"), "not there"),
    "tables": (truncate, ""),
    "manifest": (without_manifest, ""),
    "a file": (replace_by_a_file, "no folder"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_reported(store: Path, tmp_path: Path, name: str) -> None:
    damage, says = DAMAGES[name]
    damage(store)
    before = sorted(p.name for p in store.rglob("*")) if store.is_dir() else None
    file = tmp_path / "more.ndjson"
    file.write_bytes(source(9).body)
    query = tmp_path / "count.rq"
    query.write_text("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    for command in (
        ("load", str(file), "--store", str(store)),
        ("query", "-f", str(query), "--store", str(store)),
        ("serve", "--port", "1", "--store", str(store)),
    ):
        if command[0] == "serve" and name in ("tables", "manifest"):
            continue  # reported with the first query
        code, reported = run(*command, apart=name in ("current", "tables"))
        assert code == 2, reported
        assert "Traceback" not in reported
        assert "LRP_QUERY_MEMORY" not in reported
        assert says in reported
        assert "amaged" in reported or says or command[0] != "load"
    if before is not None:
        assert set(before) <= {p.name for p in store.rglob("*")}
