"""The command line: assess, validate, compile, ids, serve. What a command needs is imported inside it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lrp_kg import __version__
from lrp_kg.cli.check import check
from lrp_kg.cli.diff import diff
from lrp_kg.cli.docs import docs, draw
from lrp_kg.cli.format import format_files
from lrp_kg.cli.load import load
from lrp_kg.cli.new import new
from lrp_kg.cli.options import (
    CANNOT_RUN,
    INVALID,
    fail,
    guideline_option,
    input_option,
    lang_option,
    read_file,
    store_option,
)
from lrp_kg.cli.queries import queries, query
from lrp_kg.cli.synthesise import synthesise
from lrp_kg.errors import GuidelineError, InvalidRecord, LrpError, RecordError, UnknownParameter
from lrp_kg.findings import Finding
from lrp_kg.words import phrase

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.record.read import RawRecord


class Commands(click.Group):
    """The commands; an output that cannot be written is told, and is no crash."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command."""
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
                raise
            click.secho(f"The output cannot be written: {error.strerror}.", err=True, fg="red")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or its rest would be tried once more
            raise SystemExit(CANNOT_RUN) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LRP"})
@click.version_option(__version__, prog_name="lrp-kg")
def main() -> None:
    """Decide about patient records by a computable guideline; say why, and what to ask when it cannot be told."""


def _service(folder: Path | None, engine: str = "oxigraph", *, validating: bool = False) -> GuidelineService:
    from lrp_kg.answer.service import GuidelineService

    try:
        service = GuidelineService(folder, engine=engine)
        if validating:
            service.warm()
        return service
    except GuidelineError as error:
        fail(error)


def _records(service: GuidelineService, file: str, kind: str | None) -> Iterator[tuple[str, RawRecord | RecordError]]:
    """Yield the records of a file or of standard input, each with a name for messages."""
    from lrp_kg.record.files import records

    return records(service.reader, file, read_file(file), kind)


def _answer_all(
    records: Iterable[tuple[str, RawRecord | RecordError]],
    answer: Callable[[str, RawRecord], bool],
    refuse: Callable[[str, tuple[Finding, ...]], None],
) -> NoReturn:
    """Answer every record; exit with 1 where one was not valid, with 2 where there was none or none could be read."""
    count, invalid = 0, False
    try:
        for name, raw in records:
            count += 1
            if isinstance(raw, RecordError):
                invalid = True
                refuse(name, (Finding(raw.code, raw.message),))
            else:
                invalid = not answer(name, raw) or invalid
    except LrpError as error:
        fail(error)
    if not count:
        fail(RecordError("There is no record in the data: no JSON object and no cp:PatientRecord."))
    raise SystemExit(INVALID if invalid else 0)


@main.command()
@click.argument("file", metavar="FILE|-")
@click.option(
    "--format", "-f", "form", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True
)
@lang_option
@click.option("--explain", "-e", is_flag=True, help="Say why, and why not, for each decision.")
@click.option(
    "--for", "only", multiple=True, metavar="DECISION", help="Only this decision; can be given several times."
)
@click.option("--engine", type=click.Choice(["oxigraph", "rdflib"]), default="oxigraph", show_default=True)
@input_option
@guideline_option
def assess(
    file: str,
    form: str,
    lang: str,
    explain: bool,
    only: tuple[str, ...],
    engine: str,
    input_format: str | None,
    guideline: Path | None,
) -> None:
    """Assess the record or records in FILE, or on standard input.

    FILE holds JSON, JSON-LD, NDJSON (one record a line) or Turtle. Exit code 0: assessed; 1: a record is not
    valid; 2: could not run.

    \b
    Examples:
      lrp-kg assess examples/first-visit.json --lang nl --explain
      echo '{"assessmentDate": "2024-02-12"}' | lrp-kg assess - --for stage
      lrp-kg assess cohort.ndjson --format json
    """  # noqa: D301  the escape tells click to keep the lines
    service = _service(guideline, engine, validating=True)

    def answer(name: str, raw: RawRecord) -> bool:
        try:
            found = service.assessment(raw, only=only or None, explain=explain)
        except InvalidRecord as error:
            refuse(name, error.findings)
            return False
        _print(service, found, form, lang, explain, name)
        return True

    def refuse(name: str, findings: tuple[Finding, ...]) -> None:
        _tell_invalid(name, findings, form, lang)

    _answer_all(_records(service, file, input_format), answer, refuse)


def _print(service: GuidelineService, found: Any, form: str, lang: str, explain: bool, name: str) -> None:
    if form == "turtle":
        from lrp_kg.answer.as_rdf import to_graph

        click.echo(to_graph(found).serialize(format="turtle"))
        return
    answer = service.renderer(lang).render(found, explain=explain)
    if form == "json":
        import orjson

        click.echo(orjson.dumps(answer).decode())
        return
    from rich.console import Console
    from rich.text import Text

    from lrp_kg.answer.as_text import TextAnswer

    console = Console(highlight=False)
    if name:
        console.rule(Text(name))
    console.print(TextAnswer(service.guideline, lang).lay_out(answer))


def _tell_invalid(name: str, findings: tuple[Finding, ...], form: str, lang: str) -> None:
    if form == "json":
        import orjson

        problems = [f.as_dict(lang) for f in findings]
        click.echo(orjson.dumps({"invalid": True, "record": name, "findings": problems}).decode())
        return
    click.secho(f"{name + ': ' if name else ''}{phrase('invalid', lang)}", err=True, fg="red")
    for finding in findings:
        click.echo(f"  {finding.text(lang)} [{finding.name}]", err=True)


@main.command()
@click.argument("file", metavar="FILE|-")
@lang_option
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@input_option
@guideline_option
def validate(file: str, lang: str, form: str, input_format: str | None, guideline: Path | None) -> None:
    """Check the record or records in FILE and tell every problem. Exit code 0: valid; 1: not; 2: could not run."""
    service = _service(guideline, validating=True)

    def answer(name: str, raw: RawRecord) -> bool:
        findings = service.validate(raw)
        if findings:
            refuse(name, tuple(findings))
        elif form == "json":
            click.echo('{"invalid": false}')
        else:
            click.secho(f"{name + ': ' if name else ''}{phrase('valid', lang)}", fg="green")
        return not findings

    def refuse(name: str, findings: tuple[Finding, ...]) -> None:
        _tell_invalid(name, findings, form, lang)

    _answer_all(_records(service, file, input_format), answer, refuse)


@main.command("compile")
@click.option("--with-derived", is_flag=True, help="Print the query that derives what criteria read, before it.")
@click.option("--only-derived", is_flag=True, help="Print only the query that derives what criteria read.")
@guideline_option
def compile_(with_derived: bool, only_derived: bool, guideline: Path | None) -> None:
    """Print the classification query, to run on any SPARQL 1.1 engine over records in our vocabulary.

    First add the triples of the deriving query (a CONSTRUCT) to the records, then run the classification query
    (a SELECT): one row a record, one column a condition; true, false, or unbound where it cannot be told.
    """
    service = _service(guideline)
    from lrp_kg.logic.classify import record_query
    from lrp_kg.logic.derive import derive_query

    if with_derived or only_derived:
        click.echo(derive_query(service.guideline))
    if not only_derived:
        click.echo(record_query(service.assessor.program))


@main.command()
@lang_option
@guideline_option
def ids(lang: str, guideline: Path | None) -> None:
    """Print every identifier that an answer can hold, as JSON."""
    import orjson

    from lrp_kg.answer.as_json import known_ids

    found = known_ids(_service(guideline).guideline, lang)
    click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port. Also LRP_PORT.",
    envvar="LRP_PORT",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option(
    "--proxies",
    default=0,
    type=click.IntRange(0, 8),
    envvar="LRP_PROXIES",
    help="Proxies in front of the service, each of which adds X-Forwarded-For, -Proto and -Host; 0 (the default) "
    "believes no such header. Also LRP_PROXIES.",
)
@click.option(
    "--reload", is_flag=True, help="Show edits of the guideline at once; keep the last good one while it is broken."
)
@store_option
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    envvar="LRP_TOKEN_FILE",
    help="File with the tokens of those who may ask of a store with records, one a line. Also LRP_TOKEN_FILE.",
)
@guideline_option
def serve(
    host: str,
    port: int,
    workers: int,
    proxies: int,
    reload: bool,
    store: str | None,
    token_file: Path | None,
    guideline: Path | None,
) -> None:
    """Serve the guideline over HTTP: POST /assess, /sparql, and pages at /.

    With --store also the records of a store and their answers; records are served only to bearers of a token.
    Limits of one query: LRP_QUERY_SECONDS (10), LRP_QUERY_ROWS (1000000), LRP_QUERY_BYTES, LRP_QUERY_MEMORY,
    LRP_QUERY_CONCURRENT (8).
    """
    import os

    from lrp_kg.research.engine.model import Limits
    from lrp_kg.web.server import run

    settings = {"GUIDELINE": guideline, "STORE": store, "TOKEN_FILE": token_file, "PROXIES": proxies}
    os.environ.update({f"LRP_{name}": str(value) for name, value in settings.items() if value})
    if reload:
        os.environ["LRP_RELOAD"] = "true"
    service = _service(guideline, validating=True)  # fail here, with every finding, rather than in a worker
    try:
        Limits.from_environment()
        if not os.environ.get("LRP_MAX_BODY", "1").isdigit():
            raise UnknownParameter("LRP_MAX_BODY is no number of bytes. Mend the setting.")
        if store:
            _look_at_store(service, store, token_file)
    except LrpError as error:
        fail(error)
    run(host, port, workers)


def _look_at_store(service: GuidelineService, store: str, token_file: Path | None) -> None:
    """Fail where the store cannot be served; say where its answers are of another guideline."""
    from lrp_kg.research.store.opening import holds_records, staleness
    from lrp_kg.web.access import demand_token, read_tokens

    demand_token(read_tokens(token_file), holds_records(store))
    stale = staleness(service.guideline, store)
    if stale:
        click.secho(stale, err=True, fg="yellow")


main.add_command(check)
main.add_command(queries)
main.add_command(query)
main.add_command(docs)
main.add_command(draw)
main.add_command(diff)
main.add_command(format_files)
main.add_command(load)
main.add_command(new)
main.add_command(synthesise)

if __name__ == "__main__":
    main()
