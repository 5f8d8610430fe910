"""Texts that say another number in another language."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrp_kg.authoring.check.numbers import differing_numbers
from lrp_kg.guideline.load import load_guideline
from tests.support.guidelines import guideline_copy, replace_once

LABEL = '"first 10 days after the sprain"@en , "eerste 10 dagen na de verstuiking"@nl'


@pytest.mark.parametrize(
    ("english", "dutch", "differs"),
    [
        ("12 days", "10 dagen", "12 in en and 10 in nl"),
        ("weeks 6 to 11, in 3 sessions", "weken 6 tot 12, in 3 sessies", "11 in en and 12 in nl"),
        ("418.29 euro", "418,30 euro", "29 in en and 30 in nl"),
        ("1,500 euro", "1 400 euro", "500 in en and 400 in nl"),
        ("2 weeks", "twee weken", None),
        ("8 June 2018", "2018-06-08", None),
        ("2018-06-08", "8 juni 2018", None),
        ("2,450.50 euro", "2.450,50 euro", None),
        ("2,450 euro", "2450 euro", None),
        ("in 2017 418.29 euro", "in 2017 418,29 euro", None),
        ("07 and 8", "8 en 7", None),
    ],
)
def test_numbers_of_two_languages(tmp_path: Path, english: str, dutch: str, differs: str | None) -> None:
    folder = guideline_copy(tmp_path)
    replace_once(folder / "ontology" / "record.ttl", LABEL, f'"{english}"@en , "{dutch}"@nl')
    found = [f.message for f in differing_numbers(load_guideline(folder))]
    assert found == ([f"AcutePhase: label has {differs}. Correct one of them."] if differs else [])
