"""A report card of a file of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from lrp_kg.cohort.entry import demand_libraries
from lrp_kg.cohort.files import MEMORY
from lrp_kg.errors import CohortError
from lrp_kg.guideline.model import Guideline
from lrp_kg.report.advice import advised_against, against_advice
from lrp_kg.report.answers import AnswerTable
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, CountsDiffer
from lrp_kg.report.followup import follow_up
from lrp_kg.report.missing import missing, refused
from lrp_kg.report.model import ReportCard
from lrp_kg.report.pathway import boxes, stages, statuses
from lrp_kg.report.programmes import application, programmes
from lrp_kg.report.records import RecordTable
from lrp_kg.report.words import ReportWords
from lrp_kg.words import error as say


def report_on(
    guideline: Guideline,
    answers: Path,
    *,
    rejected: Path | None = None,
    records: Sequence[Path] = (),
    mapping: Path | None = None,
    done: Mapping[str, str] | None = None,
    on: date | None = None,
    suppress_below: int | None = None,
    lang: str = "en",
) -> ReportCard:
    """Return the report of a file that ``lrp-kg cohort`` wrote; raise `CohortError` where it cannot be made.

    ``records`` are the files that were answered, ``mapping`` theirs; ``done`` says for decisions which column of them
    says whether what the decision is about was done. With ``suppress_below`` no count from 1 to below it is shown, nor
    any that would give one back.
    """
    _demand(guideline, records, mapping, done or {}, suppress_below)
    words = ReportWords(guideline, lang)
    with TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "report.duckdb")) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        basis = Basis(
            guideline,
            words,
            AnswerTable(guideline, answers, connection),
            with_records=bool(records),
            done=dict(done or {}),
            on=on,
        )
        basis.counts.put(ANSWERED, basis.answers.number())
        if records:
            dates = [f for p in guideline.programmes.values() if (f := application(basis, p))]
            RecordTable(guideline, connection, dates, basis.done).read(records, mapping)
        try:
            first, last = refused(basis, rejected)
            found = [first, stages(basis), statuses(basis), boxes(basis), *advised_against(basis)]
            found += [s for s in (against_advice(basis), follow_up(basis), programmes(basis)) if s]
            found += [missing(basis), last]
        except CountsDiffer:
            raise say(CohortError, "error-report-sums", file=str(answers)) from None
    made = ReportCard(
        lang=lang,
        guideline=guideline.id,
        version=guideline.version,
        title=words.say("title", guideline=words.text(guideline.label)),
        label=words.text(guideline.label),
        counts=basis.counts,
        sections=tuple(found),
        on=on,
        stale=words.say("stale", version=basis.answers.version) if basis.answers.version else "",
        below=suppress_below,
    )
    if suppress_below is not None:
        from lrp_kg.report.suppression import suppress

        basis.counts.suppressed = suppress(basis.counts, made.published, suppress_below)
    return made.ranked()


def _demand(
    guideline: Guideline,
    records: Sequence[Path],
    mapping: Path | None,
    done: Mapping[str, str],
    suppress_below: int | None,
) -> None:
    """Raise `CohortError` where something is asked for that cannot be."""
    demand_libraries()
    if suppress_below is not None and find_spec("highspy") is None:
        raise say(CohortError, "error-cohort-extra", names="highspy", command="pip install 'lrp-kg[cohort]'")
    advised = [d.id for d in guideline.own_decisions.values() if any(o.advises_against for o in d.options)]
    for name in done:
        if name not in advised:
            raise say(CohortError, "error-report-decision", name=name, known=", ".join(advised) or "–")
    if done and not records:
        raise say(CohortError, "error-report-records")
    if mapping and not records:
        raise say(CohortError, "error-report-mapping")
