"""A report for programs: JSON, as `report.schema.json` describes it, and CSV with one count a line."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson

from lrp_kg.report.counts import Key
from lrp_kg.report.model import CountRow, CountTable, ReportCard, ReportSection

COLUMNS = ("section", "table", "group", "row", "measure", "label", "records", "of", "percent", "suppressed")


def as_json(report: ReportCard) -> bytes:
    """Return a report as JSON; a count that is suppressed is null."""
    data = {
        "title": report.title,
        "lang": report.lang,
        "guideline": {"id": report.guideline, "version": report.version},
        "stale": report.stale or None,
        "on": report.on.isoformat() if report.on else None,
        "suppressBelow": report.below,
        "suppressed": report.suppressed,
        "sections": [_section(report, s) for s in report.sections],
    }
    return orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"


def _section(report: ReportCard, section: ReportSection) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "note": section.note or None,
        "notGiven": section.lacking or None,
        "tables": [_table(report, t) for t in section.tables],
    }


def _table(report: ReportCard, table: CountTable) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "over": table.over,
        "note": table.note or None,
        "measures": [{"id": m.id, "label": m.label, "open": m.open} for m in table.measures],
        "rows": [_row(report, table, row) for row in table.rows],
    }


def _row(report: ReportCard, table: CountTable, row: CountRow) -> dict[str, Any]:
    counts = {
        m.id: _count(report, row, key) for m, key in zip(table.measures, row.cells, strict=True) if key is not None
    }
    return {
        "id": row.id,
        "label": row.label,
        "group": row.group or None,
        "of": report.counts.shown(row.of),
        "counts": counts,
    }


def _count(report: ReportCard, row: CountRow, key: Key) -> dict[str, Any]:
    share = report.share(row, key)
    shown = report.counts.shown(key)
    return {"records": shown, "percent": None if share is None else round(share, 1), "suppressed": shown is None}


def as_csv(report: ReportCard) -> bytes:
    """Return a report as CSV: one line a count, with what it is over; a count that is suppressed is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in report.sections:
        for table in section.tables:
            for row in table.rows:
                for measure, key in zip(table.measures, row.cells, strict=True):
                    if key is None:
                        continue
                    found = _count(report, row, key)
                    share = "" if found["percent"] is None else found["percent"]
                    number = "" if found["records"] is None else found["records"]
                    of = report.counts.shown(row.of)
                    said = (section.id, table.id, row.group, row.id, measure.id, row.label, number)
                    writer.writerow((*said, "" if of is None else of, share, str(found["suppressed"]).lower()))
    return stream.getvalue().encode()
