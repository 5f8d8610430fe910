"""``lrp-kg compile``, ``ids``, ``fields`` and ``schema``: the criteria as SPARQL, and what programs can look up."""

from __future__ import annotations

from pathlib import Path

import click

from lrp_kg.cli.options import guideline_option, lang_option, open_service, print_json


@click.command("compile")
@click.option("--with-derived", is_flag=True, help="First print the query that derives values for the criteria.")
@click.option("--only-derived", is_flag=True, help="Print only the query that derives values for the criteria.")
@guideline_option
def compile_(with_derived: bool, only_derived: bool, guideline: Path | None) -> None:
    """Print the classification query, to run on any SPARQL 1.1 engine over records in our vocabulary.

    First add the triples of the deriving query (a CONSTRUCT) to the records, then run the classification query
    (a SELECT). It has one row per record and one column per condition: true, false, or unbound if unknown.

    \b
    Examples:
      lrp-kg compile --only-derived > derive.rq
      lrp-kg compile > classify.rq
    """  # noqa: D301  the escape tells click to keep the lines
    service = open_service(guideline)
    from lrp_kg.logic.classify import record_query
    from lrp_kg.logic.derive import derive_query

    if with_derived or only_derived:
        click.echo(derive_query(service.guideline).encode())
    if not only_derived:
        click.echo(record_query(service.assessor.program).encode())


@click.command()
@lang_option
@guideline_option
def ids(lang: str, guideline: Path | None) -> None:
    """Print every identifier that an answer can hold, as JSON.

    \b
    Example:
      lrp-kg ids --lang nl
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.answer.known import known_ids

    print_json(known_ids(open_service(guideline).guideline, lang))


@click.command()
@lang_option
@guideline_option
def fields(lang: str, guideline: Path | None) -> None:
    """Print every field of a record as JSON: values, limits, question, columns.

    \b
    Example:
      lrp-kg fields --lang fr
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.answer.known import known_fields

    print_json({"fields": known_fields(open_service(guideline).guideline, lang)})


@click.command()
@click.argument("of", type=click.Choice(("record", "answer")))
@lang_option
@guideline_option
def schema(of: str, lang: str, guideline: Path | None) -> None:
    """Print the JSON Schema of a record, or of an answer.

    The descriptions of a record's fields are in the language of --lang; the schema of an answer has none.

    \b
    Examples:
      lrp-kg schema record --lang nl > record.schema.json
      lrp-kg schema answer > answer.schema.json
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.answer.schema import answer_schema
    from lrp_kg.record.schema import record_schema

    loaded = open_service(guideline).guideline
    print_json(record_schema(loaded, lang) if of == "record" else answer_schema(loaded))
