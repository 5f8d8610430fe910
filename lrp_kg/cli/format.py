"""``lrp-kg format``: write Turtle files in the layout that ``lrp-kg check`` expects."""

from __future__ import annotations

from pathlib import Path

import click

from lrp_kg.cli.exit_codes import DONE, FOUND
from lrp_kg.cli.options import stop
from lrp_kg.errors import UnreadableFile
from lrp_kg.text_files import read_text


@click.command("format")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file has another layout.")
def format_files(files: tuple[Path, ...], check: bool) -> None:
    """Format Turtle FILES with turtlefmt, and break lines of more than 160 characters.

    Exit code 0: done; 1: with --check, a file has another layout; 2: a file is not Turtle, or cannot be read or
    written; the others are formatted.

    \b
    Example:
      lrp-kg format ontology/*.ttl shapes/*.ttl
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.authoring.formatting import formatted, formatter

    program = formatter()
    if program is None:
        stop("turtlefmt is not installed (pip install turtlefmt).")
    differs, problems = False, []
    for file in files:
        try:
            before = read_text(file)
        except UnreadableFile as error:
            problems.append(error.message)
            continue
        after = formatted(program, before)
        if after is None:
            problems.append(f"{file} is not Turtle. Run lrp-kg check to see where.")
        elif before != after:
            differs = True
            click.echo(f"{file}: {'is not formatted' if check else 'formatted'}")
            if not check:
                file.write_text(after, encoding="utf-8")
    if problems:
        stop("\n".join(problems))
    raise SystemExit(FOUND if check and differs else DONE)
