"""The answers to the records of all cases, which several test files look at."""

from __future__ import annotations

from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES
from tests.support.guidelines import valid_records


@pytest.fixture(scope="session")
def answers(service: GuidelineService) -> list[dict[str, Any]]:
    """The answer to each record of `valid_records`, in the next language; no test may change it."""
    return [service.assess(record, lang=LANGUAGES[i % 4]) for i, record in enumerate(valid_records())]
