"""Where a cohort begins: the libraries that only cohorts need, and the call for data frames."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

LIBRARIES = ("numpy", "pyarrow", "duckdb")
"""What the extra ``cohort`` installs."""
_FOR_CSV = "duckdb"
"""What only CSV needs: it is looked for, and imported where there is CSV."""
SPARK = ("pyspark", "pandas")
"""What the extra ``spark`` installs beside them."""


def demand_libraries(*, spark: bool = False) -> None:
    """Raise `CohortError` where a library that cohorts need, on one machine or on Spark, is not installed."""
    lacking = []
    for name in (*LIBRARIES, *(SPARK if spark else ())):
        try:
            found = find_spec(name) if name == _FOR_CSV else import_module(name)
        except (ImportError, ValueError):  # ValueError where it is `None` among the modules
            found = None
        if found is None:
            lacking.append(name)
    if lacking:
        raise say(
            CohortError,
            "error-cohort-extra",
            names=", ".join(lacking),
            command=f"pip install 'lrp-kg[{'spark' if spark else 'cohort'}]'",
        )


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


def assess_spark(frame: Any, **options: Any) -> Any:
    """Return the answers to the records of a data frame of Spark, and the rows that are refused: two such frames.

    Both are worked out when something asks for them, by the workers of the frame's session, which need this package.
    ``guideline``, ``only``, ``columns`` and ``explain`` are those of `assess_frame`, ``lang`` the language of findings.
    Raises `CohortError` with everything that is wrong with the columns. `docs/cohorts.md` lists what is returned.
    """
    demand_libraries(spark=True)
    from lrp_kg.cohort.spark.frames import assess_spark as answer

    return answer(frame, **options)
