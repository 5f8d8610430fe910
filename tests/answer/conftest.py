"""What several test files look at: the answers to the records of all cases, a guideline whose rules have ended."""

from __future__ import annotations

from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES
from tests.support.editions import first_edition_only
from tests.support.guidelines import valid_records


@pytest.fixture(scope="session")
def answers(service: GuidelineService) -> list[dict[str, Any]]:
    """The answer to each record of `valid_records`, in the next language; no test may change it."""
    return [service.assess(record, lang=LANGUAGES[i % 4]) for i, record in enumerate(valid_records())]


@pytest.fixture(scope="session")
def ended(cache_folder: str, tmp_path_factory: pytest.TempPathFactory) -> GuidelineService:
    """The guideline in which no rules follow those that have ended."""
    return GuidelineService(first_edition_only(tmp_path_factory.mktemp("ended")))
