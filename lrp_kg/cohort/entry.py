"""Where a cohort begins: the libraries that only cohorts need, and the call for data frames."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

LIBRARIES = ("numpy", "pyarrow", "duckdb")
"""What the extra ``cohort`` installs."""


def demand_libraries() -> None:
    """Raise `CohortError` where a library that cohorts need is not installed."""
    lacking = []
    for name in LIBRARIES:
        try:
            import_module(name)
        except ImportError:
            lacking.append(name)
    if lacking:
        raise say(CohortError, "error-cohort-extra", names=", ".join(lacking), command="pip install 'lrp-kg[cohort]'")


def assess_frame(frame: Any, **options: Any) -> Any:
    """Return the answers to the records of a data frame of pandas or polars, or a table of Arrow, one row each.

    The result is of the same kind as the frame. ``guideline`` is a folder or a `GuidelineService`, by default the
    packaged low back pain guideline. ``rejected``, a list, receives the rows that are refused, as dicts with row, id
    and findings in ``lang``; without it they raise `CohortError`. ``only`` limits the answers to these decisions and
    programmes, ``columns`` to these kinds of columns; to ``explain`` adds whether each statement applies.
    `docs/cohorts.md` lists the columns and their kinds.
    """
    demand_libraries()
    from lrp_kg.cohort.frames import assess_frame as answer

    return answer(frame, **options)
