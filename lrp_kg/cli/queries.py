"""``lrp-kg queries`` and ``lrp-kg query``: the catalogue of queries on the command line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import (
    fail,
    guideline_option,
    input_option,
    lang_option,
    print_json,
    read_file,
    read_sources,
    store_option,
)
from lrp_kg.cli.progress import working
from lrp_kg.errors import LrpError, UnknownParameter, UnknownQuery
from lrp_kg.words import error as say

if TYPE_CHECKING:
    from lrp_kg.guideline.model import Guideline
    from lrp_kg.research.engine.model import Engine
    from lrp_kg.research.questions.model import CatalogueEntry, QueryCatalogue
    from lrp_kg.research.questions.running import Table

MEDIA = {"csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/sparql-results+json"}


@click.command()
@click.option("--tag", type=click.Choice(["guideline", "cohort", "check"]), help="Only queries with this tag.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@guideline_option
def queries(tag: str | None, form: str, lang: str, guideline: Path | None) -> None:
    """List the queries of the catalogue, each with its name and the question it answers.

    \b
    Examples:
      lrp-kg queries --tag cohort
      lrp-kg queries --lang nl --format json
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.research.questions.listing import as_data
    from lrp_kg.words import in_language

    shown = [e for e in _catalogue(guideline).entries.values() if tag is None or tag in e.tags]
    if form == "json":
        print_json([as_data(e, lang) for e in shown])
        return
    for e in shown:
        click.secho(e.name, bold=True, nl=False)
        click.echo(f"  {in_language(e.summary, lang)}")


@click.command()
@click.argument("name", required=False)
@click.option("--file", "-f", "file", type=click.Path(path_type=Path), help="A file with a query, instead of NAME.")
@click.option("--param", "-p", "params", multiple=True, metavar="K=V", help="A parameter; can be given several times.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "rq"]),
    default="table",
    show_default=True,
    help="rq prints the query with its parameters instead of running it.",
)
@click.option(
    "--records",
    multiple=True,
    metavar="FILE",
    help="Query the records of this file and their answers, without a store; can be given several times.",
)
@store_option
@lang_option
@input_option
@guideline_option
def query(
    name: str | None,
    file: Path | None,
    params: tuple[str, ...],
    form: str,
    records: tuple[str, ...],
    store: str | None,
    lang: str,
    input_format: str | None,
    guideline: Path | None,
) -> None:
    """Run the query NAME of the catalogue, or the query of a file.

    The query runs on the guideline, and also on the records in a store (--store) or in files (--records).
    `lrp-kg queries --format json` lists parameters and their defaults. A query of which the result is a graph
    (CONSTRUCT, DESCRIBE) gives Turtle, whatever the format. Exit code 0: done; 2: could not run.

    \b
    Examples:
      lrp-kg query stage-differences --param first=STAGE --param second=STAGE
      lrp-kg query records-by-exit --records examples/cohort.ndjson --lang nl
      lrp-kg query missing-fields --store my-store --format csv
      lrp-kg query -f my.rq --store my-store
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.guideline.load import load_guideline
    from lrp_kg.research.questions.running import require_records

    try:
        loaded = load_guideline(guideline)
        entry, text = _entry(loaded, name, file)
        values = _values(params, entry, lang)
        spliced = _spliced(entry, text, values, loaded)  # what is wrong is reported before the dataset is opened
        if form == "rq":
            click.echo(spliced.encode(), nl=False)
            return
        if entry is not None and not store and not records:
            require_records(entry, False)
        with _engine(loaded, store, records, input_format) as engine:
            _answer(engine, loaded, entry, text, values, form=form, lang=lang)
    except LrpError as error:
        fail(error)


def _catalogue(folder: Path | None) -> QueryCatalogue:
    from lrp_kg.guideline.files import packaged_folder
    from lrp_kg.research.questions.entries import read_catalogue

    found = read_catalogue(folder or packaged_folder())
    for finding in found.findings:
        if finding.severity == "error":
            click.secho(f"{finding.where}: {finding.message} [{finding.name}]", err=True, fg="red")
    return found


def _entry(guideline: Guideline, name: str | None, file: Path | None) -> tuple[CatalogueEntry | None, str]:
    """Return the catalogue entry and text of a query by name or file; a file without a header has no entry."""
    if (name is None) is (file is None):
        raise UnknownParameter("Say which query: a NAME of lrp-kg queries, or -f FILE, and not both.")
    if file is not None:
        from lrp_kg.research.questions.entries import read_entry

        body = read_file(str(file))
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UnknownParameter(f"{file} is not UTF-8. Save it as UTF-8.") from None
        if not text.startswith("#+"):
            return None, text
        entry, findings = read_entry(file, text)
        if entry is None:
            raise UnknownQuery(f"The header of {file} cannot be used.", findings)
        return entry, text
    entries = _catalogue(guideline.folder).entries
    if name is None or name not in entries:
        import difflib

        near = difflib.get_close_matches(name or "", entries, 3)
        raise say(UnknownQuery, "query-similar" if near else "query-none-called", name=name, similar=", ".join(near))
    return entries[name], entries[name].text


def _values(params: tuple[str, ...], entry: CatalogueEntry | None, lang: str) -> dict[str, str]:
    values = {}
    for pair in params:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UnknownParameter(f"{pair!r} is not a parameter. Write --param name=value.")
        values[key] = value
    if entry is not None and "lang" not in values and any(p.name == p.type == "lang" for p in entry.parameters):
        values["lang"] = lang
    return values


def _spliced(entry: CatalogueEntry | None, text: str, values: dict[str, str], guideline: Guideline) -> str:
    from lrp_kg.research.questions.parameters import Vocabulary, spliced

    if entry is not None:
        return spliced(entry, values, Vocabulary(guideline))
    if values:
        raise UnknownParameter("A query without a header has no parameters. Remove --param, or add a header.")
    return text


@contextlib.contextmanager
def _engine(
    guideline: Guideline, store: str | None, records: tuple[str, ...], input_format: str | None
) -> Iterator[Engine]:
    from lrp_kg.research.engine.model import Limits
    from lrp_kg.research.store.opening import open_engine, staleness

    if store and records:
        raise UnknownParameter("Give --store or --records, and not both.")
    with contextlib.ExitStack() as stack:
        if records:
            store = stack.enter_context(_loaded(guideline, records, input_format))
        elif stale := staleness(guideline, store):
            click.secho(stale, err=True, fg="yellow")
        engine = open_engine(guideline, store, Limits.from_environment())
        stack.callback(engine.close)
        yield engine


@contextlib.contextmanager
def _loaded(guideline: Guideline, files: tuple[str, ...], input_format: str | None) -> Iterator[str]:
    """Load the records of files into a temporary store; report the rejected ones."""
    import tempfile

    from lrp_kg.research.store.loading import load

    sources = read_sources(files, input_format)
    with tempfile.TemporaryDirectory(prefix="lrp-kg-") as folder:
        with working("records") as say:
            report = load(
                guideline, Path(folder) / "store", sources, progress=lambda what, count: say(f"{what} {count} records")
            )
        for item in report.rejected:
            click.secho(f"left out: {item['record'] or item['iri']} [{item['code']}]", err=True, fg="yellow")
        yield str(Path(folder) / "store")


def _answer(
    engine: Engine,
    guideline: Guideline,
    entry: CatalogueEntry | None,
    text: str,
    values: dict[str, str],
    form: str,
    lang: str,
) -> None:
    from lrp_kg.research.engine.model import Question
    from lrp_kg.research.questions.parameters import Vocabulary
    from lrp_kg.research.questions.running import JSON, question, table

    media = MEDIA.get(form, JSON)
    if entry is not None:
        asked = question(entry, engine, values, Vocabulary(guideline), media)
    else:
        asked = Question(_spliced(None, text, values, guideline), solutions=media)
    with engine.ask(asked) as reply:
        if form != "table" or reply.form == "graph":
            for chunk in reply.chunks():
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            if form == "json":
                click.echo()
            return
        _print(table(reply.read()), entry, lang)


def _print(found: Table, entry: CatalogueEntry | None, lang: str) -> None:
    from rich.table import Table as Shown
    from rich.text import Text

    from lrp_kg.namespaces import local_name
    from lrp_kg.words import in_language

    labels: dict[str, Any] = {c.name: in_language(c.label, lang) for c in entry.columns} if entry else {}
    shown = Shown(title=Text(in_language(entry.summary, lang)) if entry else None, title_justify="left")
    for column in found.columns:
        shown.add_column(Text(labels.get(column) or column), overflow="fold")
    for row in found.rows:
        cells = ("" if c is None else local_name(c.text) or c.text if c.is_iri else c.text for c in row)
        shown.add_row(*(Text(c) for c in cells))
    console = streams.console()
    console.print(shown)
    console.print(Text(f"{len(found.rows)}"), style="dim")
