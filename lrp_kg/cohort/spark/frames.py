"""Records in a data frame of Spark, and their answers in another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.functions import col
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructField, StructType, TimestampNTZType, TimestampType

from lrp_kg.answer.asked import flag, language
from lrp_kg.answer.service import GuidelineService
from lrp_kg.cohort.choice import chosen
from lrp_kg.cohort.describing import description
from lrp_kg.cohort.inputs import ID
from lrp_kg.cohort.reading import ROWS
from lrp_kg.cohort.run import Refused
from lrp_kg.cohort.spark.session import in_our_words
from lrp_kg.cohort.spark.shipment import Shipment
from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

REPEATED = "id_repeated"
"""The column that is added to the records: the id, where another row has the same."""
FINDING = ("name", "message", "severity", "field", "value")
REFUSED = pa.schema([(ID, pa.string()), ("findings", pa.list_(pa.struct([(part, pa.string()) for part in FINDING])))])

T = TypeVar("T")
Batches = Iterable[pa.RecordBatch]


class SparkAnswers(NamedTuple):
    """The answers to the records of a frame, and the rows that are refused, with the reasons."""

    answers: DataFrame
    refused: DataFrame


def assess_spark(
    frame: Any,
    *,
    guideline: GuidelineService | Path | str | None = None,
    only: Collection[str] | None = None,
    columns: Collection[str] | None = None,
    explain: bool = False,
    lang: str = "en",
) -> SparkAnswers:
    """Return the answers to the records of a frame of Spark, as `lrp_kg.assess_spark` describes it."""
    if not all(hasattr(frame, name) for name in ("mapInArrow", "sparkSession")):
        kind = type(frame)
        raise say(CohortError, "error-frame-kind", type=f"{kind.__module__}.{kind.__qualname__}")
    lang = language(lang)
    service = guideline if isinstance(guideline, GuidelineService) else GuidelineService(guideline)
    shipment = Shipment.of(service, chosen(service.guideline, only, columns, explain=flag("explain", explain)))
    names = tuple(frame.columns)
    run = shipment.run(names)
    with in_our_words():
        run.answer(_nothing_of(frame), 1)  # an id of another type
        marked = _marked(frame)

        def answers(batches: Batches) -> Iterator[pa.RecordBatch]:
            for rows in _gathered(batches):
                yield _plain(_each(shipment, names, rows, lambda run, own: run.answer(own, 1)[0]))

        def refused(batches: Batches) -> Iterator[pa.RecordBatch]:
            for rows in _gathered(batches):
                found = _each(shipment, names, rows, lambda run, own: run.refused(own, 1))
                yield pa.RecordBatch.from_pylist([_said(row, lang) for row in found], schema=REFUSED)

        found = marked.mapInArrow(answers, _schema(shipment.answers().schema))
        return SparkAnswers(found, marked.mapInArrow(refused, from_arrow_schema(REFUSED)))


def _nothing_of(frame: DataFrame) -> pa.RecordBatch:
    """Return no rows of a frame, with the type of its ids; its other types say nothing about no rows."""
    own = frame.schema[ID].dataType
    instant = isinstance(own, TimestampType)  # whose type in Arrow depends on the session
    ids = to_arrow_schema(StructType([StructField(ID, TimestampNTZType() if instant else own)])).field(ID)
    schema = pa.schema([ids if name == ID else pa.field(name, pa.null()) for name in frame.columns])
    return pa.RecordBatch.from_pylist([], schema=schema)


def _marked(frame: DataFrame) -> DataFrame:
    """Return records with the id once more where another row has the same."""
    ids = frame.select(col(ID).cast("string").alias(REPEATED)).where(col(REPEATED).isNotNull())
    repeated = ids.groupBy(REPEATED).count().where("count > 1").select(REPEATED)
    return frame.join(repeated, frame[ID].cast("string") == repeated[REPEATED], "left")


def _each(
    shipment: Shipment, names: tuple[str, ...], rows: pa.RecordBatch, work: Callable[[Any, pa.RecordBatch], Any]
) -> Any:
    """Return what is worked out of rows in the process of a worker."""
    run = shipment.run(names)
    run.repeated = frozenset(pc.drop_null(rows.column(REPEATED)).to_pylist())
    return work(run, rows.drop_columns([REPEATED]))


def _gathered(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield batches that are large: each costs the same, however many rows it has."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= ROWS:
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held = []
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return answers without categories, which Spark does not have."""
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=_plain_schema(batch.schema))


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema(f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in schema)


def _schema(schema: pa.Schema) -> StructType:
    """Return the schema of answers in Spark, with what each column is."""
    plain = from_arrow_schema(_plain_schema(schema)).fields
    return StructType(
        [
            StructField(own.name, own.dataType, own.nullable, description(field))
            for own, field in zip(plain, schema, strict=True)
        ]
    )


def _said(row: Refused, lang: str) -> dict[str, Any]:
    """Return a row that is refused; the value that a finding names as JSON."""
    findings = [f.as_dict(lang) for f in row.findings]
    for finding in findings:
        if finding.get("value") is not None:
            finding["value"] = orjson.dumps(finding["value"], default=str).decode()
    return {ID: row.id, "findings": [{part: f.get(part) for part in FINDING} for f in findings]}
