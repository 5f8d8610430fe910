"""``lrp-kg diff``: what changes between two versions of a guideline, and which records get another answer."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import DONE, FOUND
from lrp_kg.cli.options import Language, demand_other_files, fail, open_service, without_collections
from lrp_kg.cli.progress import working
from lrp_kg.errors import LrpError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lrp_kg.authoring.compare.model import CohortEffect, Comparison
    from lrp_kg.authoring.compare.over_time_model import DayChange
    from lrp_kg.authoring.compare.snapshot import Snapshot
    from lrp_kg.guideline.model import Guideline

FORMATS = ("text", "json", "html", "markdown")
DAY = click.DateTime(("%Y-%m-%d",))


@click.command()
@click.argument("versions", nargs=-1, metavar="OLD NEW")
@click.option("--from", "first", type=DAY, metavar="DAY", help="Compare the rules of this day with those of --to.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="The later of two days.")
@click.option("--over-time", is_flag=True, help="Each day on which rules change, between --from and --to if given.")
@click.option(
    "--cohort",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Records, NDJSON or a JSON list: count how many move from which answer to which.",
)
@click.option(
    "--cases/--no-cases",
    "cases",
    default=None,
    help="Also run the cases of NEW: which fail that did not before (by default with --format markdown).",
)
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--lang",
    "-l",
    type=Language(),
    default="en",
    show_default=True,
    help="Language; an HTML page opens in it and holds all four.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def diff(
    versions: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    over_time: bool,
    cohort: Path | None,
    cases: bool | None,
    form: str,
    lang: str,
    output: Path | None,
) -> None:
    """Compare two versions of a guideline, or its rules on two days: who gets another answer.

    OLD and NEW are guideline folders or git revisions of this repository (REVISION, or REVISION:FOLDER for a
    guideline in a folder of it). Every change is major, minor or patch; the whole is the highest of them. Exit
    code 0: no difference; 1: there are differences, or cases that fail newly; 2: could not run.

    --format markdown is for a comment on a proposed change: under 60 kB, with what is long folded or left out.

    With days, one guideline is compared with itself, by default the low back pain guideline: its editions of
    programmes, and its rules that begin or end.

    \b
    Examples:
      lrp-kg diff HEAD .
      lrp-kg diff v1.0.0 v1.1.0 --format html --lang nl -o diff.html
      lrp-kg diff old-pathway new-pathway --cohort cohort.ndjson
      lrp-kg diff origin/main HEAD --format markdown
      lrp-kg diff --from 2018-06-07 --to 2018-06-08
      lrp-kg diff --over-time my-pathway --format markdown
    """  # noqa: D301  the escape tells click to keep the lines
    if over_time or first or last:
        days = tuple(day.date() if day else None for day in (first, last))
        _refuse(versions, days, over_time=over_time, cohort=cohort, cases=cases)
        _days(versions[0] if versions else None, (days[0], days[1]), over_time, form, lang, output)
        return
    if len(versions) != 2:
        raise click.UsageError("Name two versions, OLD and NEW, or two days, --from and --to.")
    old, new = versions
    demand_other_files((cohort,), (output,), lang, None)
    from lrp_kg.authoring.compare.compare import compare
    from lrp_kg.authoring.compare.revisions import opened

    try:
        with ExitStack() as stack:
            folders = stack.enter_context(opened(old)), stack.enter_context(opened(new))
            with working("reading both versions") as say, without_collections():
                found, sides = compare(*folders, names=(old, new), report=say)
                if cases or (cases is None and form == "markdown"):
                    from lrp_kg.authoring.compare.newly_failing import newly_failing

                    found = replace(found, cases=newly_failing(*folders, say))
            if cohort:
                found = replace(found, cohort=_count(folders, cohort))
        _write(found, sides, form, lang, output)
    except LrpError as error:
        fail(error)
    raise SystemExit(FOUND if found.differs or (found.cases and found.cases.failing) else DONE)


def _refuse(
    versions: tuple[str, ...],
    days: tuple[date | None, ...],
    *,
    over_time: bool,
    cohort: Path | None,
    cases: bool | None,
) -> None:
    """Refuse what does not go with days."""
    first, last = days
    problems = []
    if len(versions) > 1:
        problems.append("Days are of one guideline: name one folder or revision at most.")
    if not over_time and not (first and last):
        problems.append("Give both days, --from and --to.")
    if first and last and not first < last:
        problems.append(f"--to {last} is not after --from {first}.")
    if cohort:
        problems.append("--cohort goes with two versions, not with days.")
    if cases is not None:
        problems.append("--cases and --no-cases go with two versions, not with days.")
    if problems:
        raise click.UsageError(" ".join(problems))


def _days(
    version: str | None,
    days: tuple[date | None, date | None],
    over_time: bool,
    form: str,
    lang: str,
    output: Path | None,
) -> NoReturn:
    from lrp_kg.authoring.compare.over_time import RulesOverTime
    from lrp_kg.authoring.compare.revisions import opened

    first, last = days
    try:
        with ExitStack() as stack:
            service = open_service(stack.enter_context(opened(version)) if version else None)
            rules = RulesOverTime(service)
            with working("rules of two days") as say, without_collections():
                if over_time:
                    found = rules.all(first or date.min, last or date.max, say)
                else:
                    assert first and last  # noqa: S101  one that is missing was refused
                    found = [rules.between(first, last)]
            _write_days(service.guideline, found, form, lang, output)
    except LrpError as error:
        fail(error)
    raise SystemExit(FOUND if any(d.differs for d in found) else DONE)


def _write_days(guideline: Guideline, found: list[DayChange], form: str, lang: str, output: Path | None) -> None:
    from lrp_kg.authoring.compare import over_time_document as document

    if form == "text":
        from lrp_kg.authoring.compare.over_time_text import lay_out_over_time
        from lrp_kg.authoring.compare.over_time_view import OverTimeViewer

        words = document.words_of(guideline, lang)
        _print(lay_out_over_time(OverTimeViewer(guideline, words).view(found), words), output)
    elif form == "json":
        import orjson

        _put(orjson.dumps(document.over_time_json(guideline, found), option=orjson.OPT_INDENT_2), output)
    else:
        written = document.over_time_html if form == "html" else document.over_time_markdown
        _put(written(guideline, found, lang).rstrip("\n").encode(), output)


def _count(folders: tuple[Path, Path], file: Path) -> CohortEffect:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.authoring.compare.cohort import Cohort, read_cohort

    total, records = read_cohort(file)
    cohort = Cohort(GuidelineService(folders[0]), GuidelineService(folders[1]))
    columns = (TextColumn(file.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = streams.console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        return cohort.count(records, lambda: progress.advance(task))


def _write(found: Comparison, sides: tuple[Snapshot, Snapshot], form: str, lang: str, output: Path | None) -> None:
    from lrp_kg.authoring.compare.words import DiffWords

    words = DiffWords(sides, lang)
    if form == "text":
        from lrp_kg.authoring.compare.astext import lay_out
        from lrp_kg.authoring.compare.view import Viewer

        _print(lay_out(Viewer(found, words).view(), words), output)
    elif form == "json":
        import orjson

        from lrp_kg.authoring.compare.asjson import to_json

        _put(orjson.dumps(to_json(found, words), option=orjson.OPT_INDENT_2), output)
    elif form == "markdown":
        from lrp_kg.authoring.compare.asmarkdown import to_markdown

        _put(to_markdown(found, sides, lang).encode(), output)
    else:
        from lrp_kg.authoring.compare.ashtml import to_html

        _put(to_html(found, sides, lang).encode(), output)


def _print(layout: RenderableType, output: Path | None) -> None:
    """Print text, or write it to a file."""
    from rich.console import Console

    console = streams.console() if output is None else Console(width=120, highlight=False, no_color=True)
    with console.capture() as captured:
        console.print(layout)
    text = re.sub(" +\n", "\n", captured.get()).rstrip("\n")
    click.echo(text) if output is None else output.write_text(text + "\n", encoding="utf-8")


def _put(body: bytes, output: Path | None) -> None:
    """Print bytes, or write them to a file."""
    if output is None:
        click.echo(body)
    else:
        output.write_bytes(body + b"\n")
