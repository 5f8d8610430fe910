"""``lrp-kg explain``: one term of a guideline in words, with everything that depends on it."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import FOUND
from lrp_kg.cli.options import guideline_option, lang_option, open_service, print_json, stop
from lrp_kg.cli.progress import working
from lrp_kg.words import phrase

LISTED = 20
"""Terms that are listed where several can be meant."""


@click.command()
@click.argument("term", nargs=-1, required=True)
@click.option(
    "--cases", is_flag=True, help="Also list the cases whose answers name it; the first time that takes long."
)
@click.option("--all", "full", is_flag=True, help="Print every line of long lists and definitions.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@guideline_option
@click.pass_context
def explain(
    context: click.Context,
    term: tuple[str, ...],
    cases: bool,
    full: bool,
    form: str,
    lang: str,
    guideline: Path | None,
) -> None:
    """Explain a TERM: what it consists of, in words, and everything that depends on it, with file and line.

    TERM is a condition, field, value, statement, box, decision, option, edition, warning, open point, source or any
    other term, by its name, identifier, IRI, or its label in any language or a part of it.
    Exit code 0: explained; 1: several terms can be meant, and are listed; 2: there is none, or it could not run.

    \b
    Examples:
      lrp-kg explain stage
      lrp-kg explain lrp:assessmentDate --all
      lrp-kg explain 1.C --lang nl --cases
      lrp-kg explain cp:Stage --format json
    """  # noqa: D301  the escape tells click to keep the lines
    service = open_service(guideline)
    from lrp_kg.site.catalogue import Catalogue
    from lrp_kg.site.exercised import cases_by_term
    from lrp_kg.site.explained import TermExplainer
    from lrp_kg.site.explained_text import WIDTH, ExplainedText
    from lrp_kg.site.named import TermFinder

    asked = " ".join(term)
    catalogue = Catalogue(service.guideline)
    found = TermFinder(catalogue).find(asked, lang)
    if not found.entries:
        _none(asked, found.similar, lang)
    with working("the term, and what depends on it"):  # the first time the closure, or all cases, take some seconds
        explainer = TermExplainer(catalogue, lang, cases_by_term(service) if cases else None)
        explained = explainer.explain(found.entries[0]) if len(found.entries) == 1 else {}
    text = ExplainedText(explainer.words, full=full, width=streams.width(WIDTH))
    if len(found.entries) > 1:
        references = [explainer.reference(entry) for entry in found.entries]
        if form == "json":
            print_json({"asked": asked, "terms": references})
        else:
            click.echo(phrase("explain-several", lang, n=len(references)))
            shown = references if full else references[:LISTED]
            for line in text.several(shown, len(references) - len(shown)):
                click.echo(line)
        context.exit(FOUND)
    if form == "json":
        print_json(explained)
        return
    for line in text.lines(explained):
        click.secho(line, bold=not line.startswith(" "))


def _none(asked: str, similar: tuple[str, ...], lang: str) -> NoReturn:
    message = phrase("explain-similar" if similar else "explain-none", lang, name=asked)
    stop("\n".join((message, *(f"  {name}" for name in similar))))
