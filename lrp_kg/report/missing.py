"""Which fields leave decisions open, and which rows were refused and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from lrp_kg.errors import CohortError
from lrp_kg.guideline.model import Guideline
from lrp_kg.report.answers import quoted, subjects
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, Key
from lrp_kg.report.model import CountRow, CountTable, ReportSection
from lrp_kg.words import error as say
from lrp_kg.words import of_system

GIVEN: Key = ("given",)
REFUSED: Key = ("refused",)
Reason = tuple[str, str]
"""Why a row is refused: the name of the finding, and the field; no value of the row."""


def missing(basis: Basis) -> ReportSection:
    """Return for how many records each field leaves a decision open, for all decisions and for each."""
    g, words, counts = basis.guideline, basis.words, basis.counts
    known = [s for s in subjects(g) if not basis.answers.lacking(f"{s.id}_missing")]
    if not known:
        return basis.absent("missing", [f"{s.id}_missing" for s in subjects(g)])
    columns = [quoted(f"{s.id}_missing") for s in known]
    alone = [f"CASE WHEN len({column}) = 1 THEN {column} ELSE [] END" for column in columns]
    anywhere, only = (_each(basis, f"list_distinct(flatten([{', '.join(lists)}]))") for lists in (columns, alone))
    each = [(subject, _each(basis, column)) for subject, column in zip(known, columns, strict=True)]
    whole, pairs = [], []
    for f in g.field_names.values():
        if f.id not in anywhere:
            continue
        label = words.text(f.label)
        key = counts.within(ANSWERED, ("missing", f.id), anywhere[f.id])
        single = counts.within(key, ("alone", f.id), only.get(f.id, 0))
        whole.append(CountRow(f.id, label, (key, single), ANSWERED))
        for subject, found in each:
            if f.id in found:
                pair = counts.within(key, ("missing", f.id, subject.id), found[f.id])
                pairs.append(CountRow(f"{subject.id}.{f.id}", label, (pair,), ANSWERED, words.text(subject.label)))
    over = words.say("over-answered")
    both = (basis.measure("missing"), basis.measure("alone"))
    order = [words.text(s.label) for s in known]
    pairs.sort(key=lambda row: order.index(row.group))
    return basis.section(
        "missing",
        CountTable("missing", words.say("table-missing"), over, both, tuple(whole), ranking=True),
        CountTable("missing.each", words.say("table-missing-each"), over, (both[0],), tuple(pairs), folded=True),
        note=words.say("note-missing"),
    )


def _each(basis: Basis, fields: str) -> dict[str, int]:
    """Return in how many rows each field is in a list."""
    return {row[0]: n for row, n in basis.answers.groups(f"unnest({fields})").items()}


def refused_rows(guideline: Guideline, path: Path) -> tuple[int, Counter[Reason]]:
    """Return how many rows a file of ``--rejected`` has, and how many are refused for each reason."""
    fields = guideline.field_names.keys()
    number, found = 0, Counter[Reason]()
    try:
        with path.open("rb") as stream:
            for line in stream:
                number += 1
                row: Any = orjson.loads(line)
                found.update(
                    {(f["name"], f.get("field", "") if f.get("field") in fields else "") for f in row["findings"]}
                )
    except OSError as error:
        raise say(CohortError, "error-file", file=str(path), what=of_system(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise say(CohortError, "error-report-rejected", file=str(path), line=number) from None
    return number, found


def refused(basis: Basis, path: Path | None) -> tuple[ReportSection, ReportSection]:
    """Return how many rows there are, and why some are refused."""
    words, counts = basis.words, basis.counts
    over = words.say("over-given")
    if path is None:
        row = CountRow("answered", words.say("row-answered"), (ANSWERED,), ANSWERED)
        table = CountTable("records", words.say("table-records"), over, (basis.measure("records"),), (row,))
        lacking = words.say("rejected")
        return basis.section("records", table, lacking=lacking), basis.section("refused", lacking=lacking)
    number, reasons = refused_rows(basis.guideline, path)
    counts.put(GIVEN, counts.values[ANSWERED] + number)
    counts.split(GIVEN, {ANSWERED: counts.values[ANSWERED], REFUSED: number})
    rows = [CountRow(key[0], words.say(f"row-{key[0]}"), (key,), GIVEN) for key in (GIVEN, ANSWERED, REFUSED)]
    table = CountTable("records", words.say("table-records"), over, (basis.measure("records"),), tuple(rows))
    lines = []
    for (name, field), count in sorted(reasons.items()):
        key = counts.within(REFUSED, ("reason", name, field), count)
        reason = words.reason(name)
        label = f"{words.field(field)}{words.colon}{reason}" if field else reason
        lines.append(CountRow(f"{name}.{field}" if field else name, label, (key,), REFUSED))
    measures = (basis.measure("rows"),)
    why = CountTable(
        "refused", words.say("table-refused"), words.say("over-refused"), measures, tuple(lines), ranking=True
    )
    return basis.section("records", table), basis.section("refused", why, note=words.say("note-refused"))
