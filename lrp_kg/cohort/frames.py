"""Records in a data frame of pandas or polars, or a table of Arrow, and their answers as one of the same kind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.answer.asked import flag, language, receiver
from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.choice import chosen
from lrp_kg.cohort.column_problems import refuse, repeated_names
from lrp_kg.cohort.encoding import plain
from lrp_kg.cohort.inputs import ID, ids_as_text, known_columns
from lrp_kg.cohort.reading import ROWS
from lrp_kg.cohort.run import Answers, CohortRun, Refused
from lrp_kg.errors import CohortError
from lrp_kg.findings import Finding
from lrp_kg.words import error as say
from lrp_kg.words import phrase

SHOWN = 20


def assess_frame(
    frame: Any,
    *,
    guideline: GuidelineService | Path | str | None = None,
    rejected: list[dict[str, Any]] | None = None,
    only: Collection[str] | None = None,
    columns: Collection[str] | None = None,
    explain: bool = False,
    lang: str = "en",
) -> Any:
    """Return the answers to the records of a frame, one row each, as a frame of the same kind.

    ``rejected`` receives the rows that are refused, as dicts with row, id and findings; without it they raise
    `CohortError`. Columns are those of ``lrp-kg cohort``; ``only`` limits them to these decisions and programmes,
    ``columns`` to these kinds; to ``explain`` adds a column for each statement.
    """
    lang, rejected = language(lang), receiver(rejected)
    service = guideline if isinstance(guideline, GuidelineService) else GuidelineService(guideline)
    table, back = _table(frame, known_columns(service.guideline))
    answers = Answers(service, chosen(service.guideline, only, columns, explain=flag("explain", explain)))
    cohort = CohortRun(answers, table.column_names)
    if table.num_rows:  # a frame of no rows can have its ids in any type
        counts = pc.value_counts(ids_as_text(plain(table.column(ID).combine_chunks()))).to_pylist()
        cohort.repeated = frozenset(c["values"] for c in counts if c["counts"] > 1 and c["values"] is not None)
    found: list[pa.RecordBatch] = []
    refused: list[Refused] = []
    first = 1
    for batch in table.combine_chunks().to_batches(max_chunksize=ROWS):
        answered, left = cohort.answer(batch, first)
        found.append(answered)
        refused += left
        first += batch.num_rows
    answers.keep()
    if rejected is not None:
        rejected += [r.as_dict(lang) for r in refused]
    elif refused:
        error = say(CohortError, "error-rows-refused", count=len(refused))
        raise CohortError(error.message, [f for r in refused[:SHOWN] for f in _in_row(r, lang)], error.messages)
    return back(pa.Table.from_batches(found, schema=answers.schema))


def _in_row(refused: Refused, lang: str) -> list[Finding]:
    where = phrase("cohort-row", lang, row=refused.row, id=refused.id or "-")
    return [replace(finding, where=where) for finding in refused.findings]


def _table(frame: Any, known: Collection[str]) -> tuple[pa.Table, Any]:
    """Return a frame as a table, and what makes a frame of its kind of a table.

    What the index of a frame of pandas says of a ``known`` column is a column too.
    """
    try:
        if isinstance(frame, pa.Table):
            return frame, lambda table: table
        if isinstance(frame, pa.RecordBatch):
            return pa.Table.from_batches([frame]), lambda table: table
        if _is_frame_of("pandas", frame):
            refuse(repeated_names([str(name) for name in frame.columns]))  # pandas allows it
            levels = [name for name in frame.index.names if name in known and name not in frame.columns]
            own = frame.reset_index(level=levels) if levels else frame
            return pa.Table.from_pandas(own, preserve_index=False), _pandas
        if _is_frame_of("polars", frame):
            import polars

            return frame.to_arrow(), polars.from_arrow
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise say(CohortError, "error-frame", what=_what(frame, error)) from None
    kind = type(frame)
    raise say(CohortError, "error-frame-kind", type=f"{kind.__module__}.{kind.__qualname__}")


def _what(frame: Any, error: Exception) -> str:
    """Return what is wrong with a frame that Arrow does not take, with the column; Arrow does not always name it."""
    parts = error.args if all(isinstance(part, str) for part in error.args) else (str(error),)
    said = ". ".join(part.strip().partition("\n")[0].rstrip(".") for part in reversed(parts))
    if len(parts) == 1:
        for name in map(str, getattr(frame, "columns", ())):
            try:
                pa.array(frame[name])
            except (pa.ArrowException, TypeError, ValueError, OverflowError, KeyError):
                return said if name in said else f"{name}: {said}"
    return said


def _is_frame_of(library: str, frame: Any) -> bool:
    """Return whether something is a data frame of a library, which is not imported for that."""
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == library for kind in type(frame).__mro__
    )


def _pandas(table: pa.Table) -> Any:
    """Return a table as a frame of pandas in which unknown stays unknown: ``boolean``, ``Int64``, dates as days."""
    import pandas

    kinds = {pa.bool_(): pandas.BooleanDtype(), pa.int64(): pandas.Int64Dtype(), pa.string(): pandas.StringDtype()}
    frame = table.to_pandas(types_mapper=kinds.get, date_as_object=False)
    return frame.astype({f.name: "datetime64[s]" for f in table.schema if pa.types.is_date(f.type)})
