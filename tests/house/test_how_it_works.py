"""docs/how-it-works.md names the files that a guideline and a record really pass through, in their order."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.support.paths import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")


def named(section: str) -> list[str]:
    """Return the files that a list of the page names, in its order."""
    found = re.search(rf"<!-- entered: {section} -->(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert found
    return re.findall(r"^\d+\. `([\w/]+\.py)`", found[1], re.MULTILINE)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The files that a process enters which has met nothing before, and finds nothing that others kept."""
    command = [sys.executable, "-m", "tests.support.entered"]
    own = os.environ | {"LRP_CACHE": str(tmp_path_factory.mktemp("kept"))}
    found: dict[str, list[str]] = json.loads(subprocess.check_output(command, cwd=ROOT, env=own))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("section", ["load", "assess"])
def test_page_names_the_files_that_are_entered(section: str, followed: dict[str, list[str]]) -> None:
    assert named(section) == followed[section]


def test_every_file_on_the_page_exists() -> None:
    files = re.findall(r"`((?:guideline|logic|record|answer|authoring|research|web|cli|words)/[\w/]+\.py)`", PAGE)
    assert len(files) > 20
    assert [f for f in files if not (PACKAGE / f).is_file()] == []


def test_every_room_is_on_the_page() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    assert rooms == set(re.findall(r"^\| \[(\w+)\]", PAGE, re.MULTILINE))
