"""A computable guideline: OWL criteria, SHACL records, decisions by SPARQL.

from lrp_kg import GuidelineService

service = GuidelineService()
answer = service.assess({"assessmentDate": "2024-02-12"}, lang="nl", explain=True)
answer["decisions"]["stage"]["missing"], answer["nextQuestion"]["question"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.cohort.entry import assess_frame, assess_spark
    from lrp_kg.errors import GuidelineError, InvalidRecord, LrpError
    from lrp_kg.findings import Finding
    from lrp_kg.research.dataset import Dataset

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "Finding",
    "GuidelineError",
    "GuidelineService",
    "InvalidRecord",
    "LrpError",
    "__version__",
    "assess_frame",
    "assess_spark",
]

_HOMES = {
    "Dataset": "research.dataset",
    "Finding": "findings",
    "GuidelineError": "errors",
    "GuidelineService": "answer.service",
    "InvalidRecord": "errors",
    "LrpError": "errors",
    "assess_frame": "cohort.entry",
    "assess_spark": "cohort.entry",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names; what this module needs for itself is none of them."""
    return sorted(__all__)
