"""Checks the days of editions: none is without rules in between, and none has two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline


def edition_findings(guideline: Guideline) -> Iterator[Finding]:
    """Yield editions that end before the next one begins, or after it has begun."""
    where = guideline.index.positions.where
    for programme in guideline.programmes.values():
        for earlier, later in pairwise(programme.editions):
            if earlier.valid_until is None or later.valid_from is None:
                continue
            last, next_day = earlier.valid_until, later.valid_from - timedelta(days=1)
            if last > next_day:
                message = (
                    f"{earlier.id} ends on {last}, after {later.id} has begun. The later one counts: end it before."
                )
                yield Finding("editions-overlap", message, where(earlier.iri), severity="warning", term=earlier.iri)
            elif last < next_day:
                message = (
                    f"{earlier.id} ends on {last}, and {later.id} begins on {later.valid_from}. In between the verdict "
                    "is by rules that have ended: correct a day, or add the edition that is missing."
                )
                yield Finding("editions-gap", message, where(earlier.iri), severity="warning", term=earlier.iri)
