"""``lrp-kg sources``: every source of a guideline, its state on a day, and what rests on it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli.exit_codes import DONE, FOUND
from lrp_kg.cli.options import fail, guideline_option, lang_option, print_json
from lrp_kg.errors import LrpError

if TYPE_CHECKING:
    from lrp_kg.guideline.sources import Resting, SourceState
    from lrp_kg.words import Words


@click.command()
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The day to look at it from (default: today)."
)
@click.option("--full", is_flag=True, help="Name each term that rests on a source, not only how many.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@guideline_option
@click.pass_context
def sources(
    context: click.Context, day: datetime | None, full: bool, form: str, lang: str, guideline: Path | None
) -> None:
    """List the sources of a guideline: who speaks, how much was read and when, what follows it, what rests on it.

    Those that had to be read again come first. Exit code 0: none of them has; 1: at least one has; 2: could not run.

    \b
    Examples:
      lrp-kg sources
      lrp-kg sources --on 2027-06-01 --full --lang nl
      lrp-kg sources --format json
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.guideline.load import load_guideline
    from lrp_kg.guideline.sources import resting_on, source_states
    from lrp_kg.words import Words

    try:
        loaded = load_guideline(guideline)
    except LrpError as error:
        fail(error)
    on = day.date() if day else date.today()
    states, resting = source_states(loaded, on), resting_on(loaded)
    expired = sum(s.expired(on) for s in states)
    words = Words(lang)
    if form == "json":
        rows = [_as_data(s, resting[s.iri], words, on, full=full) for s in states]
        print_json({"guideline": loaded.id, "version": loaded.version, "day": on, "expired": expired, "sources": rows})
    else:
        said = words.say(
            "sources-heading", guideline=words.text(loaded.label), count=len(states), day=on, expired=expired
        )
        click.echo(said)
        for state in states:
            click.echo()
            _print(state, resting[state.iri], words, on, full=full)
    context.exit(FOUND if expired else DONE)


def _as_data(state: SourceState, resting: Resting, words: Words, on: date, *, full: bool) -> dict[str, Any]:
    own = {part: [t.id for t in terms] for part, terms in resting.parts.items()}
    return {
        "id": state.id,
        "iri": state.iri,
        "label": words.text(state.label),
        "kind": words.text(state.kind.label) if state.kind else None,
        "official": state.official,
        "printed": state.printed,
        "publisher": words.text(state.publisher) or None,
        "version": words.text(state.version) or None,
        "issued": state.issued or None,
        "number": state.number or None,
        "partRead": words.text(state.part_read.label) if state.part_read else None,
        "readOn": state.read_on or None,
        "readAgainBy": state.read_again_by,
        "expired": state.expired(on),
        "followedBy": [t.id for t in state.followed_by],
        "where": state.where,
        "restsOnIt": own if full else {part: len(ids) for part, ids in own.items()},
    }


def _print(state: SourceState, resting: Resting, words: Words, on: date, *, full: bool) -> None:
    from lrp_kg.guideline.sources import origin

    click.secho(words.text(state.label), bold=True, nl=False)
    click.echo(f"  {state.id}")
    official = words.say("source-official" if state.official else "source-unofficial")
    kind = [words.text(state.kind.label), official] if state.kind else []
    click.echo(f"  {', '.join((*kind, origin(state, words)))}")
    if state.part_read and state.read_again_by:
        late = state.expired(on)
        again = words.say("source-overdue" if late else "source-again", day=state.read_again_by)
        read = f"{words.text(state.part_read.label)}, {words.say('source-as-of', day=state.read_on)}"
        click.secho(f"  {read}; {again}", fg="yellow" if late else None)
    else:
        click.secho(f"  {words.say('source-no-state')}", fg="yellow")
    if state.followed_by:
        click.echo(f"  {words.say('source-followed')}{words.colon}{', '.join(t.id for t in state.followed_by)}")
    parts = resting.parts
    if not parts:
        click.echo(f"  {words.say('source-nothing')}")
    elif full:
        for part, terms in parts.items():
            click.echo(f"  {words.say(f'source-{part}')}{words.colon}{', '.join(t.id for t in terms)}")
    else:
        counts = (f"{words.say(f'source-{part}')} {len(terms)}" for part, terms in parts.items())
        click.echo(f"  {', '.join(counts)}")
