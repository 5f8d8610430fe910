"""``lrp-kg new``: write a small commented guideline folder that passes the check, or a copy of a guideline to edit."""

from __future__ import annotations

import importlib.resources
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path

import click

from lrp_kg.cli.options import guideline_option, stop
from lrp_kg.durations import add_months
from lrp_kg.guideline.files import SUFFIXES, packaged_folder

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.group()
def new() -> None:
    """Begin a guideline of your own, or copy one to edit it."""


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
    _refuse_if_used(folder)
    make(folder, own, date.today())
    _next(folder)


@new.command("copy")
@click.argument("folder", type=click.Path(path_type=Path))
@guideline_option
def copy(folder: Path, guideline: Path | None) -> None:
    """Copy a guideline to a new FOLDER, to edit it there: its ontology, shapes, queries and cases, and nothing else.

    \b
    Example:
      lrp-kg new copy my-copy
      lrp-kg check --guideline my-copy
    """  # noqa: D301  the escape tells click to keep the lines
    source = guideline or packaged_folder()
    parts = [part for part in SUFFIXES if (source / part).is_dir()]
    if not {"ontology", "shapes"} <= {*parts}:
        stop(f"{source} is no guideline folder: it has no ontology or no shapes. Nothing was written.")
    _refuse_if_used(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as draft:
        made = Path(draft) / "guideline"
        for part in parts:
            shutil.copytree(source / part, made / part, ignore=shutil.ignore_patterns(".*", "~*", "__pycache__"))
        _put(made, folder)
    _next(folder)


def _refuse_if_used(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        stop(f"{folder} is not empty; nothing was written. Choose another folder.")


def _next(folder: Path) -> None:
    click.secho(f"Created {folder}. Next:", fg="green")
    click.echo(f"  lrp-kg check --guideline {folder}\n  lrp-kg serve --guideline {folder} --reload")


def _put(made: Path, folder: Path) -> None:
    """Put a complete draft in the place of a folder that is empty or not there."""
    if folder.exists():
        folder.rmdir()
    made.rename(folder)


def make(folder: Path, name: str, day: date) -> None:
    """Write the folder completely or not at all."""
    source = Path(str(importlib.resources.files("lrp_kg"))) / "authoring" / "new" / "skeleton"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as draft:
        made = Path(draft) / "guideline"
        shutil.copytree(source, made)
        filled = {"NAME": name, "DATE": day.isoformat(), "YEAR-LATER": add_months(day, 12).isoformat()}
        for file in (f for f in made.rglob("*") if f.is_file()):
            text = file.read_text(encoding="utf-8")
            for placeholder, value in filled.items():
                text = text.replace(placeholder, value)
            file.write_text(text, encoding="utf-8")
        _put(made, folder)
