"""The package depends on no name of a guideline: with other names it gives the same answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService, InvalidRecord
from tests.support.guidelines import cases
from tests.support.paths import ANKLE
from tests.support.renaming import rename, renamed

CASES = cases(ANKLE / "cases")


def outcome(service: GuidelineService, record: dict[str, Any], lang: str) -> Any:
    """Return the answer to a record without the hash of the texts, or the problems of an invalid one."""
    try:
        answer = service.assess(record, lang=lang, explain=True)
        del answer["guideline"]["content"]
        return answer
    except InvalidRecord as error:
        return [[f.name, f.field, f.text(lang)] for f in error.findings]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("seed", "identifiers"),
    [(1, False), (3, True), *(pytest.param(*p, marks=pytest.mark.long) for p in ((2, False), (4, True)))],
)
def test_answers_are_the_same_under_random_names(
    ankle: GuidelineService, tmp_path: Path, seed: int, identifiers: bool
) -> None:
    other = renamed(ANKLE, tmp_path / "renamed", "ank", seed, identifiers=identifiers)
    service = GuidelineService(other.folder)
    assert len(CASES) > 40
    for case in CASES:
        for lang in ("en", "nl"):
            expected = json.loads(json.dumps(outcome(ankle, case["record"], lang)))
            found = outcome(service, other.record(case["record"]), lang)
            assert other.back(found) == expected, case["id"]


@pytest.mark.parametrize(("old", "new"), [("assessmentDate", "visitDate"), ("applicationDate", "requestedOn")])
def test_answers_are_the_same_under_one_other_name(ankle: GuidelineService, tmp_path: Path, old: str, new: str) -> None:
    folder = rename(ANKLE, tmp_path / "renamed", old, new)
    service = GuidelineService(folder)
    renamed_cases = cases(folder / "cases")
    assert len(renamed_cases) == len(CASES)
    for case, before in zip(renamed_cases, CASES, strict=True):
        found = json.dumps(outcome(service, case["record"], "en"))
        assert json.loads(found.replace(new, old)) == outcome(ankle, before["record"], "en"), case["id"]
