"""What is decided for a record, without the rest of the answer: for tests that assess hundreds of records anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_kg import GuidelineService
from lrp_kg.answer.run import Run
from lrp_kg.record.model import Record

Outcomes = dict[str, tuple[str, tuple[str, ...]]]


def outcomes(service: GuidelineService, record: Mapping[str, Any] | Record, only: str | None = None) -> Outcomes:
    """Return status and answers of each decision and programme, or of one; raise `InvalidRecord`."""
    known = record if isinstance(record, Record) else service.read(record)
    found = Run(service.assessor, known, explain=False).outcomes(None if only is None else (only,))
    return {name: (outcome.status, outcome.answers) for name, outcome in found.items()}
