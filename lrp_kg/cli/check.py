"""``lrp-kg check``: findings as text, JSON or SARIF; again after every edit with ``--watch``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import CANNOT_RUN, DONE, FOUND
from lrp_kg.cli.options import guideline_option, print_json, stop
from lrp_kg.cli.progress import working
from lrp_kg.text_files import visible

if TYPE_CHECKING:
    from rich.console import Console

    from lrp_kg.authoring.check.order import Listed
    from lrp_kg.authoring.check.stages import CheckResult
    from lrp_kg.authoring.check_cache import CheckCache
    from lrp_kg.findings import Finding

STEPS = {
    "well made": "files as text and as triples, shapes of terms",
    "sound": "reasoning over the ontology",
    "read": "reading the guideline as the engine does",
    "complete": "decisions",
    "right": "cases",
    "mutate": "changes of criteria",
}
"""What each stage does, until it says more itself."""
FORMATS = ("text", "json", "sarif", "code-quality")
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}


@click.command()
@guideline_option
@click.option("--watch", "-w", is_flag=True, help="Check again after every edit, until Ctrl+C.")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--notes/--no-notes", default=True, show_default=True, help="Also list declared gaps and other notes.")
@click.option("--all", "every", is_flag=True, help="List every finding, also those that follow from others.")
@click.option("--mutate", is_flag=True, help="Change one criterion at a time; list the changes that no case notices.")
@click.option(
    "--hermit/--no-hermit",
    default=None,
    help="Run the OWL reasoner HermiT (default: if Java and owlready2 are installed, but not with --watch).",
)
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="What is out of date on this day is a warning; of today, without the option, only a note.",
)
@click.option(
    "--explain", "asked", multiple=True, metavar="NAME", help="Say what a name means, and what to do; no check."
)
@click.option("--names", "listing", is_flag=True, help="List every name that a finding can have; no check.")
@click.pass_context
def check(
    context: click.Context,
    guideline: Path | None,
    watch: bool,
    form: str,
    notes: bool,
    every: bool,
    mutate: bool,
    hermit: bool | None,
    day: datetime | None,
    asked: tuple[str, ...],
    listing: bool,
) -> None:
    """Check a guideline folder: syntax, form, logic, completeness, and its own cases.

    Each finding has a severity, a stable name, file and line, what is wrong and how to fix it; causes come first.
    Where there are errors, the text lists at most ten findings of a name, and no notes; --all lists every one.
    Exit code 0: no error or warning; 1: there is one; 2: the check, or a stage of it, could not run. Time alone
    changes no exit code: a source to be read again and a rule that has ended are warnings only on a day that --on
    names.

    \b
    Examples:
      lrp-kg check
      lrp-kg check --on 2027-06-01
      lrp-kg check --guideline my-pathway --watch
      lrp-kg check --format sarif > check.sarif
      lrp-kg check --explain gap-undeclared
    """  # noqa: D301  the escape tells click to keep the lines
    from lrp_kg.guideline.files import packaged_folder

    if asked or listing:
        _print_names(asked) if asked else _list_names()
        return
    if watch and mutate:
        raise click.UsageError("--mutate takes minutes, so it does not go with --watch.")
    folder = guideline or packaged_folder()
    if not folder.is_dir():
        stop(f"{folder} is not a folder.")
    if watch:
        _watch(folder, form, day, hermit=bool(hermit), notes=notes, every=every)
        return
    result = _run(folder, mutate, hermit, day)
    _print(result, form, folder, notes=notes, every=every)
    context.exit(exit_code(result))


def exit_code(result: CheckResult) -> int:
    """Return 2 if a stage could not finish, 1 if there is an error, a warning or a change that no case notices."""
    survived = result.mutation and result.mutation.survivors
    return CANNOT_RUN if result.crashed else FOUND if result.failed or survived else DONE


def _print_names(names: Iterable[str]) -> None:
    """Print what names of findings mean and what to do; of unknown ones, those like them."""
    from lrp_kg.authoring.check.names import finding_names, plain

    known = finding_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        near = {name: get_close_matches(name, known, 3) for name in unknown}
        said = (f"{name} is no name of a finding.{_like(near[name])}" for name in unknown)
        stop("\n".join([*said, "lrp-kg check --names lists all."]))
    for name in names:
        found = known[name]
        click.secho(f"{name} ({', '.join(found.severities)})", bold=True)
        click.echo(f"  {plain(found.cause)}\n  What to do: {plain(found.fix)}")


def _list_names() -> None:
    """Print every name in the order of the document, each with what is wrong, in short."""
    from lrp_kg.authoring.check.names import name_groups, plain

    for group in name_groups():
        click.secho(group.title, bold=True)
        for found in group.names:
            click.echo(f"  {found.name:<27} {'/'.join(s[0].upper() for s in found.severities):<4} {plain(found.cause)}")


def _like(near: list[str]) -> str:
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _run(
    folder: Path,
    mutate: bool,
    hermit: bool | None,
    day: datetime | None,
    cache: CheckCache | None = None,
) -> CheckResult:
    from lrp_kg.authoring.check.stages import run

    with working("check") as say:
        return run(
            folder,
            hermit=hermit,
            mutate=mutate,
            report=lambda stage, step: say(f"{stage}: {step or STEPS.get(stage, '')}"),
            cache=cache,
            day=day.date() if day else date.today(),
            overdue="warning" if day else "note",
        )


def _print(result: CheckResult, form: str, folder: Path, *, notes: bool, every: bool) -> None:
    shown = [f for f in result.findings if notes or f.severity != "note"]
    if form == "json":
        data: dict[str, Any] = {
            "folder": str(folder),
            "failed": result.failed,
            "seconds": result.seconds,
            "findings": [f.as_dict() for f in shown],
        }
        if result.mutation:
            data["mutation"] = result.mutation.as_dict()
        print_json(data)
        return
    survived = result.mutation.findings() if result.mutation else []
    if form == "sarif":
        from lrp_kg.authoring.check.as_sarif import sarif

        print_json(sarif([*shown, *survived], folder, exit_code=exit_code(result), crashed=result.crashed))
        return
    if form == "code-quality":
        from lrp_kg.authoring.check.as_code_quality import code_quality

        print_json(code_quality([*shown, *survived], folder))
        return
    _print_text(streams.console(soft_wrap=True), result, shown, every)


def _print_text(console: Console, result: CheckResult, shown: list[Finding], every: bool) -> None:
    from rich.markup import escape

    from lrp_kg.authoring.check.order import Listed, folded

    listed = Listed(tuple(shown), {}) if every else folded(shown)
    for f in listed.findings:
        colour = _COLOURS.get(f.severity, "white")
        place = f"{escape(_relative(f.where))}: " if f.where else ""
        console.print(f"{place}[{colour}]{f.severity}[/] [bold]{f.name}[/] {escape(f.message)}")
    for line in _left_out(listed):
        console.print(f"[dim]{line}[/]")
    if result.mutation:
        console.print(result.mutation.as_text())
    counts = {s: sum(f.severity == s for f in result.findings) for s in _COLOURS}
    took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items())
    total = sum(result.seconds.values())
    colour = "red" if counts["error"] else "yellow" if counts["warning"] else "green"
    summary = ", ".join(f"{n} {s}{'s' if n != 1 else ''}" for s, n in counts.items())
    console.print(f"[{colour}]{summary}[/] in {total:.1f} s [dim]({took})[/]")


def _left_out(listed: Listed) -> Iterator[str]:
    """Yield a line for each name of which not every finding is listed."""
    from lrp_kg.authoring.check.order import OF_CASES

    known = {f.name for f in listed.findings}
    cases = sum(rest for name, rest in listed.folded.items() if name in OF_CASES and name not in known)
    if cases:
        several = "1 case is" if cases == 1 else f"{cases} cases are"
        yield f"{several} not as expected; correct the errors above first (--all lists them)."
    for name, rest in listed.folded.items():
        if name in known or name not in OF_CASES:
            yield f"and {rest} more of {name} (--all lists them)."
    if listed.notes:
        yield f"{listed.notes} note{'s' if listed.notes > 1 else ''} left out because of the errors (--all lists them)."


def _relative(where: str) -> str:
    try:
        return str(Path(where).relative_to(Path.cwd()))
    except ValueError:
        return where


def _watch(folder: Path, form: str, day: datetime | None, *, hermit: bool, notes: bool, every: bool) -> None:
    from lrp_kg.authoring.check_cache import CheckCache

    click.echo(f"Watching {folder} (stop with Ctrl+C)", err=True)
    cache = CheckCache()
    try:
        for _ in changes(folder):
            if form == "text":
                click.clear()
            result = _run(folder, mutate=False, hermit=hermit, day=day, cache=cache)
            _print(result, form, folder, notes=notes, every=every)
    except KeyboardInterrupt:
        click.echo("", err=True)


def changes(folder: Path, *, pause: float = 0.2, sleep: Callable[[float], None] = time.sleep) -> Iterator[Any]:
    """Yield once at the start, then after every change of a file that the check reads."""
    before: dict[Path, tuple[int, int]] | None = None
    while True:
        now = dict(_watched(folder))
        if now != before:
            before = now
            yield now
        sleep(pause)


def _watched(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Yield the files that the check reads, each with its time of change and its size."""
    places = ("ontology/*.ttl", "ontology/*.xml", "shapes/*.ttl", "cases/*.json", "tests/cases/*.json")
    for file in (p for place in places for p in visible(folder, place)):
        with suppress(OSError):  # an editor may be replacing the file
            known = file.stat()
            yield file, (known.st_mtime_ns, known.st_size)
