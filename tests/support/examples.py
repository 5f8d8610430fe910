"""How many examples a test of random records tries: few in every run, many in ``make long``."""

from __future__ import annotations

import os

from hypothesis import settings

MANY = os.environ.get("LRP_TEST_EXAMPLES") == "many"


def examples(few: int, many: int) -> settings:
    """Return the settings of a test that tries so many examples; many where ``LRP_TEST_EXAMPLES`` says so."""
    return settings(max_examples=many if MANY else few)
