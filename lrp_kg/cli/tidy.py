"""``lrp-kg tidy``: lay out what an ontology editor has saved along the committed file."""

from __future__ import annotations

from pathlib import Path

import click

from lrp_kg.cli.exit_codes import DONE, FOUND
from lrp_kg.cli.options import fail, stop
from lrp_kg.errors import LrpError

SHOWN = 8
"""So many terms are named of those that changed."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--from", "revision", default="HEAD", show_default=True, help="The git revision to lay the files out along."
)
@click.option(
    "--along",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Lay one file out along this earlier file of it, without git.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would get another layout.")
def tidy(files: tuple[Path, ...], revision: str, along: Path | None, check: bool) -> None:
    """Lay out FILES that an ontology editor such as Protégé has saved, along the committed ones.

    An editor sorts a file by name, drops its comments and adds declarations. This gives the file its order, comments,
    prefixes and lists back, and writes only what says something else: a save without an edit is an empty git diff.
    What the file says does not change. Without FILES: every Turtle file in ontology/.
    Exit code 0: done; 1: with --check, a file would get another layout; 2: could not run.

    \b
    Examples:
      lrp-kg tidy
      lrp-kg tidy ontology/situations.ttl
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.authoring.tidy.files import committed_text, tidy_file
    from lrp_kg.guideline.files import turtle_files
    from lrp_kg.text_files import read_text

    if along and len(files) != 1:
        stop("--along takes one file to lay out. Name it.")
    named = bool(files)
    files = files or tuple(turtle_files(Path("ontology")))
    if not files:
        stop("There is no ontology/*.ttl here. Name the files, or run this in the folder of the guideline.")
    differs = False
    try:
        for file in files:
            earlier = read_text(along) if along else committed_text(file, revision)
            if earlier is None:
                click.echo(f"{file}: is not in {revision}, so there is no layout to take. Use lrp-kg format.")
                continue
            if earlier == read_text(file):
                continue
            found = tidy_file(file, earlier)
            if found is None:
                if named:
                    click.echo(f"{file}: no ontology editor saved it, as it has its comments. Use lrp-kg format.")
                continue
            layout = found.layout
            if layout.text == found.before:
                continue
            differs = True
            parts = {"changed": layout.changed, "new": layout.added, "removed": layout.removed}
            said = [f"{what} {_names(terms)}" for what, terms in parts.items() if terms]
            click.echo(f"{file}: {'; '.join(said) or f'as in {along or revision}'}")
            for comment in found.lost:
                click.echo(f"{file}: left out {comment!r}, a comment that {along or revision} does not have")
            if not check:
                file.write_text(layout.text, encoding="utf-8")
    except LrpError as error:
        fail(error)
    raise SystemExit(FOUND if check and differs else DONE)


def _names(terms: tuple[str, ...]) -> str:
    from lrp_kg.namespaces import local_name

    more = f" and {len(terms) - SHOWN} more" if len(terms) > SHOWN else ""
    return ", ".join(local_name(term) for term in terms[:SHOWN]) + more
