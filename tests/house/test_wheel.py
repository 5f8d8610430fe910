"""The installed package holds what its commands need: a wheel is built, unpacked, and read."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lrp_kg.authoring.cases.files import case_files
from lrp_kg.guideline.files import SUFFIXES, files_to_check
from tests.support.paths import ROOT

pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")

PARTS = ("from lrp_kg.authoring.cases.files import case_files\n"
         "from lrp_kg.guideline.files import files_to_check, packaged_folder\n"
         "folder = packaged_folder()\n"
         "for file in (*files_to_check(folder), *case_files(folder), *sorted(folder.glob('queries/*.rq'))):\n"
         "    print(file.relative_to(folder))\n")  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    line = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *line: str) -> str:
    settings = {k: v for k, v in os.environ.items() if not k.startswith("LRP_")} | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *line], cwd=installed, env=settings, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_wheel_has_every_part_of_the_guideline(installed: Path) -> None:
    assert {p for p in SUFFIXES if (installed / "lrp_kg" / "data" / p).is_dir()} == set(SUFFIXES)
    files = [*files_to_check(ROOT), *case_files(ROOT), *sorted(ROOT.glob("queries/*.rq"))]
    assert run(installed, "-c", PARTS).split() == [str(file.relative_to(ROOT)) for file in files]
    assert len(case_files(ROOT)) > 20


def test_guideline_of_an_installed_package_can_be_copied_to_edit_it(installed: Path, tmp_path: Path) -> None:
    run(installed, "-m", "lrp_kg", "new", "copy", str(tmp_path / "copy"))
    read = [*files_to_check(ROOT), *case_files(ROOT), *sorted(ROOT.glob("queries/*.rq"))]
    assert all((tmp_path / "copy" / file.relative_to(ROOT)).read_bytes() == file.read_bytes() for file in read)
    assert {part.split("/")[0] for part in SUFFIXES} == {part.name for part in (tmp_path / "copy").iterdir()}


@pytest.mark.long
def test_authors_commands_run_without_a_repository(installed: Path, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy")
    run(installed, "-m", "lrp_kg", "new", "copy", copy)
    assert "No difference." in run(installed, "-m", "lrp_kg", "diff", copy, copy)
    assert "files in" in run(installed, "-m", "lrp_kg", "docs", str(tmp_path / "site"))
    assert "Used by" in run(installed, "-m", "lrp_kg", "explain", "FirstLine")
    assert "nomenclature-2004" in run(installed, "-m", "lrp_kg", "sources")


@pytest.mark.long
def test_check_of_an_installed_package_is_clean(installed: Path) -> None:
    assert "\n0 errors" in run(installed, "-m", "lrp_kg", "check")
