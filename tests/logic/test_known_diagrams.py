"""Diagrams that another process has built are taken from it."""

from __future__ import annotations

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.decisions import Assessor
from lrp_kg.logic.diagrams import Builder


def test_known_diagrams_are_not_built(ankle: GuidelineService, monkeypatch: pytest.MonkeyPatch) -> None:
    decisions = list(ankle.guideline.decisions.values())
    built = ankle.assessor.diagrams.built(decisions)
    assert len(built) == len(decisions)
    other = Assessor(ankle.guideline, cache=False)
    other.diagrams.known |= built
    monkeypatch.setattr(Builder, "build", lambda *_, **__: pytest.fail("A diagram is built that is known."))
    other.warm()
    assert other.diagrams.built(decisions) == built
