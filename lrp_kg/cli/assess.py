"""``lrp-kg assess`` and ``validate``: answer records, or list what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import DONE, FOUND
from lrp_kg.cli.options import fail, guideline_option, input_option, lang_option, lines_of, open_service
from lrp_kg.errors import InvalidRecord, LrpError, RecordError, UnknownParameter
from lrp_kg.findings import Finding
from lrp_kg.words import error as say
from lrp_kg.words import phrase

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.record.model import RawRecord


def _answer_all(
    service: GuidelineService,
    file: str,
    input_format: str | None,
    answer: Callable[[str, RawRecord], None],
    report_invalid: Callable[[str, Sequence[Finding]], None],
) -> NoReturn:
    """Answer every record; exit with 1 if one is not valid, with 2 if there is none or the input is not readable."""
    from lrp_kg.record.files import records

    count, invalid = 0, False
    try:
        with lines_of(file) as lines:
            for name, raw in records(service.reader, file, lines, input_format):
                count += 1
                try:
                    if isinstance(raw, RecordError):
                        raise InvalidRecord(raw.message, [Finding(raw.code, raw.message, messages=dict(raw.messages))])
                    answer(name, raw)
                except InvalidRecord as error:
                    invalid = True
                    report_invalid(name, error.findings)
    except LrpError as error:
        fail(error)
    if not count:
        fail(say(RecordError, "error-no-record"))
    raise SystemExit(FOUND if invalid else DONE)


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option(
    "--format", "-f", "form", type=click.Choice(["text", "json", "turtle", "ics"]), default="text", show_default=True
)
@lang_option
@click.option("--explain", "-e", is_flag=True, help="Say why, and why not, for each decision.")
@click.option("--changes", is_flag=True, help="Say what changes within a year if only the day of the assessment moves.")
@click.option("--what-if", is_flag=True, help="Say with which other value of one field a decision changes.")
@click.option("--full", is_flag=True, help="Answer in full also as text, which is one screen without it.")
@click.option(
    "--detail",
    type=click.Choice(["full", "summary"]),
    help="How much to answer.  [default: full; text is one screen]",
)
@click.option(
    "--for", "only", multiple=True, metavar="DECISION", help="Only this decision; can be given several times."
)
@click.option(
    "--engine",
    type=click.Choice(["oxigraph", "rdflib"]),
    default="oxigraph",
    show_default=True,
    help="What asks the SPARQL queries; both give the same answers, rdflib slowly.",
)
@input_option
@guideline_option
def assess(
    file: str,
    form: str,
    lang: str,
    explain: bool,
    changes: bool,
    what_if: bool,
    full: bool,
    detail: str | None,
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
      lrp-kg assess examples/first-visit.json --full
      lrp-kg assess examples/first-visit.json --detail summary
      lrp-kg assess cohort.ndjson --format json
      lrp-kg assess examples/first-visit.json --format ics > planned.ics
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.answer.summary import BRIEF, FULL, check_calendar, check_detail

    if full and detail == BRIEF:
        fail(say(UnknownParameter, "error-full-brief", detail=BRIEF))
    whole, detail = full or detail == FULL, detail or FULL
    try:
        check_detail(detail, rdf=form == "turtle", explain=explain, changes=changes, whatIf=what_if)
        if form == "ics":
            check_calendar(detail, explain=explain, whatIf=what_if)
    except LrpError as error:
        fail(error)
    service = open_service(guideline, engine, validating=True)

    def answer(name: str, raw: RawRecord) -> None:
        found = service.assessment(raw, only=only or None, explain=explain, changes=changes, what_if=what_if)
        _print(service, found, form=form, lang=lang, explain=explain, detail=detail, whole=whole, name=name)

    _answer_all(service, file, input_format, answer, partial(_report_invalid, form, lang))


def _print(
    service: GuidelineService, found: Any, *, form: str, lang: str, explain: bool, detail: str, whole: bool, name: str
) -> None:
    if form == "turtle":
        from lrp_kg.answer.as_rdf import LoneAnswer

        click.echo(LoneAnswer.of(found).turtle(), nl=False)
        return
    if form == "ics":
        click.echo(service.calendar(found, lang=lang), nl=False)
        return
    answer = service.renderer(lang).render(found, explain=explain, detail=detail)
    if form == "json":
        import orjson

        click.echo(orjson.dumps(answer))
        return
    from rich.text import Text

    from lrp_kg.answer.as_text import lay_out

    console = streams.console()
    if name:
        console.rule(Text(name))
    console.print(lay_out(service.guideline, answer, lang, full=whole))


def _print_findings(name: str, findings: Sequence[dict[str, Any]]) -> None:
    import orjson

    click.echo(orjson.dumps({"invalid": bool(findings), "record": name, "findings": findings}))


def _report_invalid(form: str, lang: str, name: str, findings: Sequence[Finding]) -> None:
    if form == "json":
        _print_findings(name, [f.as_dict(lang) for f in findings])
        return
    click.secho(f"{name + ': ' if name else ''}{phrase('invalid', lang)}", err=True, fg="red")
    for finding in findings:
        click.echo(f"  {finding.text(lang)} [{finding.name}]", err=True)


@click.command()
@click.argument("file", metavar="FILE|-")
@lang_option
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@input_option
@guideline_option
def validate(file: str, lang: str, form: str, input_format: str | None, guideline: Path | None) -> None:
    """Validate the record or records in FILE, or on standard input, and list every problem.

    FILE holds JSON, JSON-LD, NDJSON (one record a line) or Turtle. Exit code 0: valid; 1: a record is not; 2: could
    not run.

    \b
    Examples:
      lrp-kg validate examples/first-visit.json
      lrp-kg validate cohort.ndjson --lang nl --format json
    """  # noqa: D301  the escape tells click to keep the lines
    service = open_service(guideline, validating=True)

    def answer(name: str, raw: RawRecord) -> None:
        service.read(raw)
        if form == "json":
            _print_findings(name, ())
        else:
            click.secho(f"{name + ': ' if name else ''}{phrase('valid', lang)}", fg="green")

    _answer_all(service, file, input_format, answer, partial(_report_invalid, form, lang))
