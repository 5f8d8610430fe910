"""Which decisions the questions of an answer lead to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lrp_kg import GuidelineService


def asked_about(service: GuidelineService, answer: dict[str, Any], only: Collection[str] | None = None) -> set[str]:
    """Return the decisions of an answer that questions settle: all; after an exit programmes; or none."""
    guideline = service.guideline
    ending = {o.id for d in guideline.own_decisions.values() for o in d.options if o.ends_pathway}
    ended = [w["severity"] for w in answer["warnings"] if w["id"] in ending]
    programmes = {p.id for p in guideline.programmes.values()}
    if not ended:
        return set(answer["decisions"])
    if "critical" in ended and not (only is not None and programmes.issuperset(only)):
        return set()
    return programmes.intersection(answer["decisions"])
