"""``lrp-kg report``: what the answers to a cohort come to."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import demand_other_files, fail, guideline_option, lang_option, stop
from lrp_kg.cli.progress import working
from lrp_kg.errors import CohortError, LrpError
from lrp_kg.words import error as say
from lrp_kg.words import of_system, phrase

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lrp_kg.report.model import ReportCard

FORMS = {".html": "html", ".htm": "html", ".json": "json", ".csv": "csv", ".txt": "text"}


@click.command()
@click.argument("answers", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .html, .json, .csv or .txt (default: text on standard output).",
)
@click.option(
    "--format", "-f", "form", type=click.Choice(["text", "html", "json", "csv"]), help="Default: by the suffix."
)
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The NDJSON file of refused rows, to count reasons.",
)
@click.option(
    "--records",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The records that were answered: days, episodes and applications. Can be given several times.",
)
@click.option("--mapping", type=click.Path(dir_okay=False, path_type=Path), help="The mapping of the records.")
@click.option(
    "--done",
    multiple=True,
    metavar="DECISION=COLUMN",
    help="The column of the records that says whether what DECISION is about was done.",
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day of which it is asked what is overdue.")
@click.option(
    "--suppress-below",
    type=click.IntRange(min=2),
    metavar="N",
    help="Show no count from 1 to N-1, and none by which one could be worked out.",
)
@lang_option
@guideline_option
def report(
    answers: Path,
    output: Path | None,
    form: str | None,
    rejected: Path | None,
    records: tuple[Path, ...],
    mapping: Path | None,
    done: tuple[str, ...],
    on: datetime | None,
    suppress_below: int | None,
    lang: str,
    guideline: Path | None,
) -> None:
    """Report on ANSWERS, a file that lrp-kg cohort wrote.

    Counts records by stage and box, what is against the advice, late contacts, who is eligible but for an application,
    and which missing fields leave most open. Each count has its unknown part and says what it is over. What ANSWERS
    does not hold is read from --records, or the report says that it is not given.

    Needs the extra cohort: pip install 'lrp-kg[cohort]'. Exit code 0: done; 2: could not run.

    \b
    Examples:
      lrp-kg report answers.parquet
      lrp-kg report answers.parquet -o report.html --rejected refused.ndjson --suppress-below 5 --lang nl
      lrp-kg report answers.parquet --records patients.parquet --on 2026-01-31 -o report.json
    """  # noqa: D301  the escape tells click to keep the lines
    form = form or _form(output, lang)
    demand_other_files((answers, rejected, *records, mapping), (output,), lang, guideline)
    try:
        from lrp_kg.cohort.entry import demand_libraries

        demand_libraries()
        from lrp_kg.guideline.load import load_guideline
        from lrp_kg.report.run import report_on

        with working(phrase("report-reading", lang)):
            found = report_on(
                load_guideline(guideline),
                answers,
                rejected=rejected,
                records=records,
                mapping=mapping,
                done=_pairs(done),
                on=_day(on),
                suppress_below=suppress_below,
                lang=lang,
            )
        _write(found, form, output)
    except LrpError as error:
        fail(error)
    if output is not None:
        click.secho(phrase("report-written", lang, file=output), fg="green")


def _form(output: Path | None, lang: str) -> str:
    """Return the form that the suffix of a file says."""
    if output is None:
        return "text"
    form = FORMS.get(output.suffix.lower())
    if form is None:
        stop(phrase("error-report-kind", lang, file=output.name, known=", ".join(FORMS)))
    return form


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def _pairs(done: tuple[str, ...]) -> dict[str, str]:
    """Return what is given as DECISION=COLUMN."""
    found = {}
    for pair in done:
        name, equals, column = pair.partition("=")
        if not equals or not column or name in found:
            raise click.UsageError(f"--done {pair}: write DECISION=COLUMN, each decision once.")
        found[name] = column
    return found


def _write(found: ReportCard, form: str, output: Path | None) -> None:
    """Write a report, all of it or nothing; to standard output without a file."""
    from lrp_kg.cohort.writing import Target, move_all
    from lrp_kg.report.as_data import as_csv, as_json
    from lrp_kg.report.as_page import as_page
    from lrp_kg.report.as_text import as_text

    if form == "text" and output is None:
        streams.console().print(as_text(found))
        return
    if form == "text":
        body = _plain(as_text(found))
    else:
        body = as_page(found).encode() if form == "html" else as_json(found) if form == "json" else as_csv(found)
    if output is None:
        click.echo(body, nl=False)
        return
    target = Target(output)
    try:
        target.stream.write(body)
        move_all([target])
    except OSError as error:
        raise say(CohortError, "error-cohort-write", file=str(output), what=of_system(error)) from None
    finally:
        target.drop()


def _plain(shown: RenderableType) -> bytes:
    """Return what a wide console would show, as text."""
    from io import StringIO

    from rich.console import Console

    text = StringIO()
    Console(file=text, width=streams.WIDE).print(shown)
    return text.getvalue().encode()
