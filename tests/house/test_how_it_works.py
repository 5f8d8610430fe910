"""docs/how-it-works.md names the files that a guideline and a record really pass through, in their order."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline import load as load_module
from tests.support.paths import ANKLE, PACKAGE, ROOT

PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
CASES = sorted((ANKLE / "cases").glob("*.json"))
RECORD: dict[str, Any] = json.loads(CASES[0].read_text(encoding="utf-8"))[0]["record"]
ROOMS = ("guideline", "logic", "record", "answer", "words")


def named(section: str) -> list[str]:
    """Return the files that a list of the page names, in its order."""
    found = re.search(rf"<!-- entered: {section} -->(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert found
    return re.findall(r"^\d+\. `([\w/]+\.py)`", found[1], re.MULTILINE)


@contextmanager
def entered() -> Iterator[list[str]]:
    """Collect the files of the rooms whose functions are called, in the order of the first call."""
    files: list[str] = []

    def profile(frame: FrameType, event: str, argument: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and frame.f_code.co_name != "<module>" and PACKAGE in file.parents:
            name = file.relative_to(PACKAGE).as_posix()
            if name.startswith(ROOMS) and name not in files:
                files.append(name)

    before: Callable[..., Any] | None = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield files
    finally:
        sys.setprofile(before)


@pytest.fixture(scope="module")
def followed(cache_folder: str) -> dict[str, list[str]]:
    load_module._read.cache_clear()  # another test may have read it
    with entered() as load:
        service = GuidelineService(ANKLE, cache=False)
        service.assessor.warm()
    service.prepare()
    with entered() as assess:
        service.assess(RECORD, explain=True)
    return {"load": load, "assess": assess}


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
