"""The files of the package that a guideline and a record pass through: `python -m tests.support.entered`.

Run as a process of its own: what one has met before, such as a guideline that it read, it does not enter again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from lrp_kg import GuidelineService
from tests.support.paths import ANKLE, PACKAGE

RECORD: dict[str, Any] = json.loads(min((ANKLE / "cases").glob("*.json")).read_text(encoding="utf-8"))[0]["record"]
ROOMS = ("guideline", "logic", "record", "answer", "words")


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


def followed() -> dict[str, list[str]]:
    """Return the files that loading a guideline enters, and then those that assessing a record does."""
    with entered() as load:
        service = GuidelineService(ANKLE, cache=False)
        service.assessor.warm()
    service.prepare()
    with entered() as assess:
        service.assess(RECORD, explain=True)
    return {"load": load, "assess": assess}


if __name__ == "__main__":
    print(json.dumps(followed()))  # noqa: T201 - this is its output
