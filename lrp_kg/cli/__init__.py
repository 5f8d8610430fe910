"""The command line, ``lrp-kg``: one module per command, which imports what it needs when it runs."""

from __future__ import annotations

import contextlib
import signal
import threading
import traceback
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NoReturn

import click

from lrp_kg import __version__
from lrp_kg.cli import streams
from lrp_kg.cli.exit_codes import CANNOT_RUN, INTERRUPTED

COMMANDS = {
    "assess": "assess.assess",
    "check": "check.check",
    "cohort": "cohort.cohort",
    "compile": "compile.compile_",
    "diff": "diff.diff",
    "docs": "docs.docs",
    "draw": "docs.draw",
    "explain": "explain.explain",
    "fields": "compile.fields",
    "format": "format.format_files",
    "ids": "compile.ids",
    "load": "load.load",
    "new": "new.new",
    "queries": "queries.queries",
    "query": "queries.query",
    "report": "report.report",
    "schema": "compile.schema",
    "serve": "serve.serve",
    "sources": "sources.sources",
    "synthesise": "synthesise.synthesise",
    "tidy": "tidy.tidy",
    "validate": "assess.validate",
}
"""Module and function of each command; a module is imported when its command runs."""


class Commands(click.Group):
    """The group of commands; reports output that cannot be written as an error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; ``None`` if the name is unknown."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        command: click.Command = getattr(import_module(f"lrp_kg.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first sentence of each command's help, all of it."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=formatter.width * 3))
                    for name in self.list_commands(ctx)
                    if (command := self.get_command(ctx, name))
                ]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; let SIGTERM and SIGHUP interrupt it as Ctrl+C does, but for the service."""
        found = super().resolve_command(ctx, args)
        if found[0] != "serve":
            for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal, but under nohup
                ctx.with_resource(_interrupted_by(number))
        return found

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command on streams that take every character and report their faults."""
        streams.prepare()
        with streams.reported():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; click and Python would end it with 1 where it could not run, which means a finding here."""
        ctx.color = streams.colour()
        with streams.reported():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                click.echo("Interrupted.", err=True)
                raise SystemExit(INTERRUPTED) from None
            except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
                raise
            except Exception as error:
                _report_fault(error)
                raise SystemExit(CANNOT_RUN) from error


@contextlib.contextmanager
def _interrupted_by(number: signal.Signals) -> Iterator[None]:
    """Raise `KeyboardInterrupt` on a signal, so that what is not whole is removed; a second one ends at once."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(number) is not signal.SIG_DFL:
        yield
        return

    def interrupt(*_: object) -> NoReturn:
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    signal.signal(number, interrupt)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL)


def _report_fault(error: Exception) -> None:
    """Print where the program failed; not what the error says, since it may quote a record."""
    click.echo("".join(traceback.format_tb(error.__traceback__)), err=True, nl=False)
    name = type(error).__name__
    click.secho(
        f"{name}: this is a fault of lrp-kg, not of the input. Please report it with these lines.", err=True, fg="red"
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lrp-kg")
def main() -> None:
    """Apply a guideline to patient records: what applies, why, and which question to ask next.

    Exit codes: 0 done; 1 done, and there is a finding, a difference or a record that is not valid; 2 could not run;
    130 interrupted.
    """
