"""``lrp-kg synthesise``: write invented records to standard output or to a file."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import click

from lrp_kg.cli import streams
from lrp_kg.cli.options import fail, guideline_option, stop
from lrp_kg.errors import LrpError


@click.command()
@click.argument("count", metavar="N", type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed gives the same records.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write (default: standard output).")
@click.option("--format", "-f", "form", type=click.Choice(["ndjson", "turtle"]), default="ndjson", show_default=True)
@guideline_option
def synthesise(count: int, seed: int, output: Path | None, form: str, guideline: Path | None) -> None:
    """Write N INVENTED records: episodes with contacts and missing values.

    The records describe no real patient, and the shares of values no real population: the cohort model of the
    guideline lists them as invented. Every identifier contains the word synthetic. A smaller N with the same seed
    gives the first records of a larger N. Without a cohort model all values are equally likely.

    \b
    Examples:
      lrp-kg synthesise 1000 --output cohort.ndjson
      lrp-kg synthesise 10 --seed 7 --format turtle
    """  # noqa: D301  the escape tells click to keep the lines
    import orjson
    from rich.progress import Progress

    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.research.synthesis.generating import Generator
    from lrp_kg.research.synthesis.turtle import to_turtle

    console = streams.console(stderr=True)
    try:
        generator = Generator(GuidelineService(guideline), seed)
        opened = open(output, "wb") if output else None  # noqa: SIM115 - closed by the with statement below
    except LrpError as error:
        fail(error)
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}.")
    quiet = not console.is_interactive or output is None
    standard: IO[bytes] = sys.stdout.buffer
    stream: AbstractContextManager[IO[bytes]] = opened or nullcontext(standard)
    with stream as out, Progress(console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("invented records", total=count)
        if form == "turtle":
            out.write(b"# INVENTED records: they describe no real patient.\n")
        for number, record in enumerate(generator.records(count), 1):
            if form == "turtle":
                out.write(to_turtle(generator.service.reader, record))
            else:
                out.write(orjson.dumps(record) + b"\n")
            if number % 500 == 0:
                bar.update(task, completed=number)
