"""``lrp-kg new guideline``: write a small commented guideline folder that passes the check."""

from __future__ import annotations

import importlib.resources
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path

import click

from lrp_kg.cli.options import stop
from lrp_kg.durations import add_months

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.group()
def new() -> None:
    """Create something new."""


@new.command("guideline")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Name in kebab-case (default: the name of the folder).")
def guideline(folder: Path, name: str | None) -> None:
    """Create a guideline FOLDER with a commented record, pathway, shapes, cases and a query.

    \b
    Example:
      lrp-kg new guideline ankle-sprain
      lrp-kg check --guideline ankle-sprain
    """  # noqa: D301  the escape tells click to keep the lines
    own = name or folder.resolve().name
    if not _NAME.fullmatch(own):
        stop(f"{own!r} is not a name in kebab-case, such as ankle-sprain. Give one with --name.")
    if folder.exists() and any(folder.iterdir()):
        stop(f"{folder} is not empty; nothing was written. Choose another folder.")
    make(folder, own, date.today())
    click.secho(f"Created {folder}. Next:", fg="green")
    click.echo(f"  lrp-kg check --guideline {folder}\n  lrp-kg serve --guideline {folder} --reload")


def make(folder: Path, name: str, day: date) -> None:
    """Write the folder completely or not at all."""
    source = Path(str(importlib.resources.files("lrp_kg"))) / "authoring" / "new" / "skeleton"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
        made = Path(draft) / "guideline"
        shutil.copytree(source, made)
        filled = {"NAME": name, "DATE": day.isoformat(), "YEAR-LATER": add_months(day, 12).isoformat()}
        for file in (f for f in made.rglob("*") if f.is_file()):
            text = file.read_text(encoding="utf-8")
            for placeholder, value in filled.items():
                text = text.replace(placeholder, value)
            file.write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
