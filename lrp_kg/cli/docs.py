"""``lrp-kg draw`` and ``lrp-kg docs``: the pathway as a picture, and a static site of the guideline."""

from __future__ import annotations

from pathlib import Path

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import fail, guideline_option, lang_option, open_service, stop


@click.command()
@lang_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write (default: standard output).",
)
@guideline_option
def draw(lang: str, output: Path | None, guideline: Path | None) -> None:
    """Draw the pathway as one SVG picture: its exits, and a panel with the boxes for each stage.

    \b
    Examples:
      lrp-kg draw --lang nl -o pathway.svg
      lrp-kg draw --guideline my-pathway > my-pathway.svg
    """  # noqa: D301 (click reads the backslash)
    service = open_service(guideline)
    from lrp_kg.site.catalogue import Catalogue
    from lrp_kg.site.drawing import draw as picture
    from lrp_kg.site.words import SiteWords

    catalogue = Catalogue(service.guideline)
    svg = picture(catalogue, service.assessor, SiteWords(catalogue, lang))
    if output is None:
        click.echo(svg.encode(), nl=False)
        return
    try:
        output.write_text(svg, encoding="utf-8", newline="\n")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}.")


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@guideline_option
def docs(out: Path, guideline: Path | None) -> None:
    """Write a static site into the folder OUT: a page for each term in every language, and a picture of the pathway.

    It needs no server and no JavaScript: open OUT/index.html. Files of an earlier run that it no longer needs
    are removed; other files in OUT are left alone.

    \b
    Examples:
      lrp-kg docs site
      lrp-kg docs site --guideline my-pathway
    """  # noqa: D301 (click reads the backslash)
    service = open_service(guideline)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from lrp_kg.errors import LrpError
    from lrp_kg.site.writer import build

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=streams.console(stderr=True), transient=True) as progress:
            files = build(service, out, progress=progress)
    except LrpError as error:
        fail(error)
    except OSError as error:
        stop(f"{error.filename or out} cannot be written: {error.strerror}.")
    click.echo(f"{files} files in {out}; start at {out / 'index.html'}")
