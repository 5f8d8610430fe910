"""``lrp-kg load``: load records into a store, with progress and a report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import DONE, FOUND, INTERRUPTED
from lrp_kg.cli.options import (
    demand_other_files,
    fail,
    guideline_option,
    input_option,
    lang_option,
    print_json,
    read_sources,
    stop,
)
from lrp_kg.errors import LrpError, StoreError

if TYPE_CHECKING:
    from lrp_kg.research.store.deriving import ItemReport
    from lrp_kg.research.store.loading import Report
    from lrp_kg.research.store.new_generation import Progress

SHOWN = 20
"""Rejected records that the text report names; JSON and the file of --rejected have all of them."""

READ_ONLY = "lrp-kg does not write to a remote store. Write a file with --to FILE.nq, and load it there."


def _update_url(_context: click.Context, _option: click.Parameter, url: str | None) -> None:
    """Report that the option is gone, and what to use instead."""
    if url is not None:
        stop(f"--update-url is gone: {READ_ONLY}")


@click.command()
@click.argument("files", nargs=-1, metavar="[FILES|-]...")
@click.option("--store", envvar="LRP_STORE", metavar="DIR", help="Store folder. Also LRP_STORE.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.nq",
    help="Write everything the store then holds to this N-Quads file, for another store; works without --store.",
)
@click.option(
    "--update-url", hidden=True, is_eager=True, expose_value=False, callback=_update_url, help="Gone: use --to FILE.nq."
)
@click.option("--replace", is_flag=True, help="Overwrite records that are stored with other values.")
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    help="Write the rejected records with the reasons to this NDJSON file.",
)
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@input_option
@guideline_option
def load(
    files: tuple[str, ...],
    store: str | None,
    to: Path | None,
    replace: bool,
    rejected: Path | None,
    form: str,
    lang: str,
    input_format: str | None,
    guideline: Path | None,
) -> None:
    """Validate the records in FILES, derive their answers, and store both in a store folder.

    FILES hold Turtle, N-Triples, JSON, JSON-LD or NDJSON (one record a line). A load is stored completely or, after an
    interruption, not at all; the same command then continues. A record that is not valid is left out and reported. A
    record that the store already has is not changed. If the guideline has changed, all stored records are answered
    again, also without FILES.

    To fill another SPARQL server, load the file of --to with its own bulk loader.

    Exit code 0: all stored; 1: some rejected; 2: could not run; 130: interrupted.

    \b
    Examples:
      lrp-kg synthesise 1000 --output cohort.ndjson
      lrp-kg load cohort.ndjson --store my-store
      lrp-kg load more.ttl --store my-store --rejected refused.ndjson
      lrp-kg load --store my-store
      lrp-kg load cohort.ndjson --to cohort.nq
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.guideline.load import load_guideline
    from lrp_kg.research.store.export import export
    from lrp_kg.research.store.loading import load as load_files
    from lrp_kg.research.store.opening import is_remote

    if is_remote(store):
        if to is None:
            fail(StoreError(READ_ONLY))
        store = None
    elif store is None and to is None:
        raise click.UsageError("Name a store folder with --store, or a file with --to.")
    kept = None if store is None else Path(store)
    demand_other_files((*(Path(file) for file in files if file != "-"), kept), (to, rejected), lang, guideline)
    if rejected is not None:
        _try_to_write(rejected)
    sources = read_sources(files, input_format)
    try:
        loaded = load_guideline(guideline)
        with _progress() as progress, contextlib.nullcontext(store) if store else TemporaryDirectory() as folder:
            report = load_files(loaded, Path(folder), sources, replace=replace, progress=progress)
            if to is not None:
                export(Path(folder), to)
    except LrpError as error:
        fail(error)
    except KeyboardInterrupt:
        effect = "continues" if store else "begins again"
        click.secho(f"Interrupted: nothing of this load is stored. The same command {effect}.", err=True)
        raise SystemExit(INTERRUPTED) from None
    if rejected is not None:
        _write_rejected(rejected, report, lang)
    _print(report, form, lang, store, to)
    raise SystemExit(FOUND if report.rejected or report.no_longer_valid else DONE)


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """Show progress on a terminal; elsewhere write a line now and then."""
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    console = streams.console(stderr=True)
    if not console.is_interactive:
        yield _now_and_then()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:.0f} records"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("read", total=None, rate="")

        def progress(what: str, count: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, description=what, completed=count, rate=f"{speed:.0f} a second" if speed else "")

        yield progress


EVERY = 10.0
"""Seconds between two lines about progress, where it is not shown on a terminal."""


def _now_and_then() -> Progress:
    """Return what writes how far a load is, to the stream of errors; nothing of a load that is done before."""
    begun = last = time.monotonic()

    def progress(what: str, count: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            rate = f", {count / (now - begun):.0f} a second" if count else ""
            click.echo(f"{what}: {_records(count)}{rate}", err=True)

    return progress


def _records(count: int) -> str:
    return f"{count} record{'s' if count != 1 else ''}"


def _in_language(item: ItemReport, lang: str) -> dict[str, Any]:
    findings = [
        {k: v for k, v in f.items() if k != "messages"} | {"message": f.get("messages", {}).get(lang, f["message"])}
        for f in item["findings"]
    ]
    return {"record": item["record"], "iri": item["iri"], "code": item["code"], "findings": findings}


def _try_to_write(file: Path) -> None:
    """Fail before loading if the file for rejected records cannot be written."""
    try:
        file.open("ab").close()
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}. Nothing was loaded.")


def _write_rejected(file: Path, report: Report, lang: str) -> None:
    import orjson

    lines = [orjson.dumps(_in_language(t, lang)) + b"\n" for t in (*report.rejected, *report.no_longer_valid)]
    try:
        file.write_bytes(b"".join(lines))
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}.")


def _print(report: Report, form: str, lang: str, store: str | None, to: Path | None) -> None:
    if form == "json":
        data = report.as_dict()
        data["rejected"] = [_in_language(t, lang) for t in report.rejected]
        data["no_longer_valid"] = [_in_language(t, lang) for t in report.no_longer_valid]
        print_json(data)
        return
    if report.rederived:
        was = "record was" if report.rederived == 1 else "records were"
        click.echo(f"{report.rederived} stored {was} answered again: the guideline or lrp-kg has changed.")
    click.secho(f"{report.stored} stored, {report.unchanged} unchanged, {report.replaced} replaced.", fg="green")
    if store:
        click.echo(f"{store} holds {_records(report.records)} (generation {report.generation}).")
    if to:
        click.echo(f"{to} holds {_records(report.records)} as N-Quads.")
    for what, refused in (("rejected", report.rejected), ("stored, but no longer valid", report.no_longer_valid)):
        if refused:
            click.secho(f"{len(refused)} {what}:", err=True, fg="red")
        for item in refused[:SHOWN]:
            click.echo(f"  {item['record'] or item['iri']}", err=True)
            for finding in _in_language(item, lang)["findings"]:
                click.echo(f"    {finding['message']} [{finding['name']}]", err=True)
        if len(refused) > SHOWN:
            click.echo(f"  ... and {len(refused) - SHOWN} more; --rejected FILE writes all of them.", err=True)
