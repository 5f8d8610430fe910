"""Checks editions: no day is without rules in between or has two, and whatever is of an edition is in one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP, local_name

_PARTS = {"Criterion": "criterion", "Benefit": "benefit", "Limit": "limit", "ProcessStep": "processStep"}
"""For each kind of part of an edition the property that names it."""


def edition_findings(guideline: Guideline) -> Iterator[Finding]:
    """Yield editions that end before the next one begins, or after it has begun, and parts of no edition."""
    yield from _days(guideline)
    yield from _parts(guideline)


def _parts(guideline: Guideline) -> Iterator[Finding]:
    graph, where = guideline.index.graph, guideline.index.positions.where
    editions = graph.instances(CP + "Edition")
    for kind, property_ in _PARTS.items():
        named = {part.value for edition in editions for part in graph.all(edition, CP + property_)}
        for node in graph.instances(CP + kind):
            if node.value not in named:
                message = (
                    f"{local_name(node.value)}: is in no edition, so no answer knows it. Name it in the "
                    f"cp:{property_} of its edition, or remove it."
                )
                yield Finding("part-of-no-edition", message, where(node.value), term=node.value)


def _days(guideline: Guideline) -> Iterator[Finding]:
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
