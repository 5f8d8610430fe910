"""``lrp-kg cohort``: answer every row of a table of records."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import DONE, FOUND, INTERRUPTED
from lrp_kg.cli.options import (
    fail,
    frozen,
    guideline_option,
    lang_option,
    open_service,
    without_collections,
)
from lrp_kg.errors import LrpError
from lrp_kg.words import phrase

if TYPE_CHECKING:
    from lrp_kg.cohort.files import CohortReport

CODED = ("value-not-in-list", "wrong-type")
"""What is found where a column has other codes than its field."""
ALLOCATOR = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Where Arrow takes memory, which it looks up when it is imported: where Python and NumPy do. Its own allocator gives
memory back and takes it again for each batch, so that the system clears it each time, and holds more."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="File to write: .parquet, .csv or .ndjson; on Spark, Parquet is a folder of parts.",
)
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows that are refused, with the reasons, to this NDJSON file.",
)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML or JSON: which field each column is, and which value each code.",
)
@click.option(
    "--for", "only", multiple=True, metavar="DECISION", help="Only this decision or programme; can be repeated."
)
@click.option("--columns", metavar="KINDS", help="Only these kinds of columns, separated by commas.")
@click.option("--explain", is_flag=True, help="Add a column for each statement: whether it applies.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What does the work: DuckDB on this machine, or the machines of Spark.",
)
@click.option("--suggest-mapping", is_flag=True, help="Print a first draft of a mapping for FILES, and answer nothing.")
@lang_option
@guideline_option
def cohort(
    files: tuple[Path, ...],
    output: Path | None,
    rejected: Path | None,
    mapping: Path | None,
    only: tuple[str, ...],
    columns: str | None,
    explain: bool,
    engine: str,
    suggest_mapping: bool,
    lang: str,
    guideline: Path | None,
) -> None:
    """Answer every row of FILES, one record a row, in one row of OUTPUT.

    FILES are CSV, Parquet or NDJSON. Columns are the fields of a record, and id, which no two rows share. A list is a
    list, text joined by ; (in CSV; [] is the empty list), or one boolean column for each of its values. An uncertain
    date is text such as 2024-01, or two columns. Rows that are not valid are refused: they are in the file of
    --rejected, or else counted and the exit code is 1. What is written is there whole, or not at all.

    KINDS are answer, answers, status, possible, missing, box, criterion, edition, fact, latest and warning, all of
    them by default, and statement, which --explain adds. The fewer columns are asked for, the less is worked out.

    Needs the extra cohort: pip install 'lrp-kg[cohort]'. On Spark (extra spark, and Java 17 or newer) the columns and
    refused rows are the same; the session is local, or that of spark-submit and spark-defaults.conf.

    Exit code 0: done; 1: some rows refused, without --rejected; 2: could not run; 130: interrupted.

    \b
    Examples:
      lrp-kg cohort patients.parquet -o answers.parquet
      lrp-kg cohort patients.csv -o answers.csv --rejected refused.ndjson
      lrp-kg cohort patients.parquet -o stages.parquet --for stage --columns answer,status
      lrp-kg cohort --suggest-mapping warehouse.parquet > mapping.yaml
      lrp-kg cohort warehouse.parquet -o answers.parquet --mapping mapping.yaml
      lrp-kg cohort part-*.parquet -o answers.parquet --engine spark
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.cohort.entry import demand_libraries

    if output is None and not suggest_mapping:
        raise click.UsageError("Name the file of the answers with --output.")
    if suggest_mapping:
        options: dict[str, object] = {
            "--output": output,
            "--rejected": rejected,
            "--mapping": mapping,
            "--for": only,
        }
        options |= {"--columns": columns, "--explain": explain, "--engine": engine == "spark"}
        if given := ", ".join(name for name, value in options.items() if value):
            raise click.UsageError(f"--suggest-mapping answers nothing. Leave out {given}.")
    try:
        os.environ.setdefault(*ALLOCATOR)
        with without_collections():
            demand_libraries(spark=engine == "spark")
            from lrp_kg.answer.service import GuidelineService
            from lrp_kg.cohort.choice import chosen
            from lrp_kg.cohort.files import answer_files
            from lrp_kg.cohort.files import suggest_mapping as draft

        if suggest_mapping or output is None:
            click.echo(draft(GuidelineService(guideline), files), nl=False)
            return
        service = open_service(guideline, validating=True)
        kinds = None if columns is None else [kind.strip() for kind in columns.split(",")]
        choice = chosen(service.guideline, only or None, kinds, explain=explain)
        with frozen(), _progress(lang) as progress:
            answer = answer_files
            if engine == "spark":
                from lrp_kg.cohort.spark.files import answer_files_on_spark as answer
            report = answer(
                service,
                files,
                output,
                rejected=rejected,
                mapping=mapping,
                choice=choice,
                lang=lang,
                progress=progress,
            )
    except LrpError as error:
        fail(error)
    except KeyboardInterrupt:
        click.secho(phrase("cohort-interrupted", lang), err=True)
        raise SystemExit(INTERRUPTED) from None
    _print(report, output, rejected, lang, mapped=mapping is not None)
    raise SystemExit(FOUND if report.refused and rejected is None else DONE)


@contextlib.contextmanager
def _progress(lang: str) -> Iterator[Callable[[str, int], None]]:
    """Show progress on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():  # rich takes a while to import
        yield lambda _what, _count: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = streams.console(stderr=True)
    if not console.is_interactive:
        yield lambda _what, _count: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(phrase("cohort-reading", lang), total=None)

        def progress(_what: str, count: int) -> None:
            if count:
                bar.update(task, description=phrase("cohort-rows", lang, count=count))

        yield progress


def _print(report: CohortReport, output: Path, rejected: Path | None, lang: str, *, mapped: bool) -> None:
    click.secho(phrase("cohort-answered", lang, count=report.answered, file=output), fg="green")
    if not report.refused:
        return
    if rejected is not None:
        click.secho(phrase("cohort-rejected", lang, count=report.refused, file=rejected), err=True, fg="red")
        return
    click.secho(phrase("cohort-refused", lang, count=report.refused), err=True, fg="red")
    for row in report.some:
        click.echo(f"  {phrase('cohort-row', lang, row=row.row, id=row.id or '-')}", err=True)
        for finding in row.findings:
            click.echo(f"    {finding.text(lang)} [{finding.name}]", err=True)
    if report.refused > len(report.some):
        click.echo(f"  {phrase('cohort-more', lang, count=report.refused - len(report.some))}", err=True)
    if not mapped and any(f.name in CODED for row in report.some for f in row.findings):
        click.echo(phrase("cohort-codes", lang), err=True)
