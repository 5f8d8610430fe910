"""A guideline with thresholds on thirty numbers: no false alarm, right answers, and a check that stays quick."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.check.stages import run
from tests.support.measurements import FIELDS, GROUPS, expected, measurements, records


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measurements(tmp_path_factory.mktemp("measurements") / "guideline")


@pytest.mark.slow
def test_check_has_no_error_and_no_warning(folder: Path) -> None:
    start = time.process_time()
    result = run(folder, hermit=False)
    took = time.process_time() - start
    assert [(f.name, f.message) for f in result.findings if f.severity != "note"] == []
    assert took < 20


@pytest.fixture(scope="module")
def service(folder: Path) -> GuidelineService:
    return GuidelineService(folder)


def test_answers_are_those_of_the_rules(service: GuidelineService) -> None:
    for values in records(Random(30), 60):  # noqa: S311
        found = service.assess(values)["decisions"]
        for name, answer in expected(values).items():
            assert (found[name]["status"], found[name]["answers"]) == ("decided", [answer]), (name, values)


def test_one_critical_number_is_enough(service: GuidelineService) -> None:
    for group, names in GROUPS.items():
        decision, high = f"alarm-{group.lower()}", FIELDS[names[0]][1]
        found = service.assess({names[0]: high})["decisions"][decision]
        assert (found["status"], found["answers"]) == ("decided", [f"Critical{group}"])
        found = service.assess({names[0]: high - 1})["decisions"][decision]
        assert (found["status"], found["missing"]) == ("undetermined", names[1:])
        assert set(found["possible"]) == {f"Critical{group}", f"Abnormal{group}"}


def test_one_number_that_is_not_known_is_asked_for(service: GuidelineService) -> None:
    values = {name: 0 for name in FIELDS if name != "value17"}
    found = service.assess(values)["decisions"]
    assert (found["alarm-group3"]["status"], found["alarm-group3"]["missing"]) == ("undetermined", ["value17"])
    assert found["several-group3"]["answers"] == ["FewerGroup3"], "one number alone decides nothing of a group"
