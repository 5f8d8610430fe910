"""``lrp-kg diff``: what changes between two versions of a guideline, and which records get another answer."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import Language, fail
from lrp_kg.errors import LrpError

if TYPE_CHECKING:
    from rich.console import Console

    from lrp_kg.authoring.compare.model import CohortEffect, Comparison
    from lrp_kg.authoring.compare.snapshot import Snapshot

DIFFERENT = 1


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--cohort",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Records, NDJSON or a JSON list: count how many move from which answer to which.",
)
@click.option("--format", "-f", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option(
    "--lang",
    "-l",
    type=Language(),
    default="en",
    show_default=True,
    help="Language; an HTML page opens in it and holds all four.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def diff(old: str, new: str, cohort: Path | None, form: str, lang: str, output: Path | None) -> None:
    r"""Compare two versions of a guideline: what changed, and which records get another answer.

    OLD and NEW are guideline folders or git revisions of this repository (REVISION, or REVISION:FOLDER for a
    guideline in a folder of it). Every change is major, minor or patch; the whole is the highest of them. Exit
    code 0: no difference; 1: there are differences; 2: could not run.

    \b
    Examples:
      lrp-kg diff HEAD .
      lrp-kg diff v1.0.0 v1.1.0 --format html --lang nl -o diff.html
      lrp-kg diff old-pathway new-pathway --cohort cohort.ndjson
    """
    from lrp_kg.authoring.compare.compare import compare
    from lrp_kg.authoring.compare.revisions import opened

    console = streams.console(stderr=True)
    try:
        with ExitStack() as stack:
            folders = stack.enter_context(opened(old)), stack.enter_context(opened(new))
            with console.status("") as status:
                found, sides = compare(*folders, names=(old, new), report=status.update)
            if cohort:
                found = replace(found, cohort=_count(folders, cohort, console))
        _write(found, sides, form, lang, output)
    except LrpError as error:
        fail(error)
    raise SystemExit(DIFFERENT if found.differs else 0)


def _count(folders: tuple[Path, Path], file: Path, console: Console) -> CohortEffect:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.authoring.compare.cohort import Cohort, read_cohort

    total, records = read_cohort(file)
    cohort = Cohort(GuidelineService(folders[0]), GuidelineService(folders[1]))
    columns = (TextColumn(file.name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        return cohort.count(records, lambda: progress.advance(task))


def _write(found: Comparison, sides: tuple[Snapshot, Snapshot], form: str, lang: str, output: Path | None) -> None:
    from lrp_kg.authoring.compare.words import DiffWords

    words = DiffWords(sides, lang)
    if form == "text":
        from rich.console import Console

        from lrp_kg.authoring.compare.astext import lay_out
        from lrp_kg.authoring.compare.view import Viewer

        layout = lay_out(Viewer(found, words).view(), words)
        console = streams.console() if output is None else Console(width=120, highlight=False, no_color=True)
        with console.capture() as captured:
            console.print(layout)
        text = re.sub(" +\n", "\n", captured.get()).rstrip("\n")
        click.echo(text) if output is None else output.write_text(text + "\n", encoding="utf-8")
        return
    if form == "json":
        import orjson

        from lrp_kg.authoring.compare.asjson import to_json

        body = orjson.dumps(to_json(found, words), option=orjson.OPT_INDENT_2)
    else:
        from lrp_kg.authoring.compare.ashtml import to_html

        body = to_html(found, sides, lang).encode()
    if output is None:
        click.echo(body)
    else:
        output.write_bytes(body + b"\n")
