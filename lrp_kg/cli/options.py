"""Shared by the commands: options, opening a guideline, reading a file, reporting an error."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lrp_kg.cli.exit_codes import CANNOT_RUN
from lrp_kg.errors import GuidelineError, LrpError
from lrp_kg.temporary import overlapping
from lrp_kg.words import LANGUAGES, colon, of_system, phrase, problem_text, said
from lrp_kg.words.languages import look_up

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.research.store.sources import Source

guideline_option = click.option(
    "--guideline",
    "-g",
    type=click.Path(path_type=Path),
    envvar="LRP_GUIDELINE",
    help="Guideline folder (default: the low back pain guideline). Also LRP_GUIDELINE.",
)


class Language(click.Choice[str]):
    """A language by its tag, also a longer one such as ``nl-BE``."""

    def __init__(self) -> None:
        super().__init__(LANGUAGES)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the language of a tag, or fail with those there are."""
        return super().convert(look_up(str(value)) or value, param, ctx)


lang_option = click.option("--lang", "-l", type=Language(), default="en", show_default=True, help="Language.")
input_option = click.option(
    "--input",
    "input_format",
    type=click.Choice(["json", "ndjson", "turtle"]),
    help="Format of FILE (default: by its suffix, else by its content). Use json for JSON-LD.",
)
store_option = click.option(
    "--store",
    envvar="LRP_STORE",
    metavar="DIR|URL",
    help="Store folder, or the address of a SPARQL 1.1 endpoint. Also LRP_STORE.",
)


def _language() -> str:
    """Return the language that ``--lang`` of the command asks for; English without it."""
    context = click.get_current_context(silent=True)
    asked = context.params.get("lang") if context else None
    return asked if asked in LANGUAGES else "en"


def fail(error: LrpError) -> NoReturn:
    """Print an error with all its findings on stderr and exit with 2."""
    lang = _language()
    title, text = problem_text(error.title, lang), said(error, lang)
    click.secho(f"{title}{colon(lang)}{text}", err=True, fg="red")
    for finding in error.findings:
        place = f"{finding.where}: " if finding.where else ""
        click.echo(f"  {place}{finding.text(lang)} [{finding.name}]", err=True)
    raise SystemExit(CANNOT_RUN)


def stop(message: str) -> NoReturn:
    """Print a message on stderr and exit with 2."""
    click.secho(message, err=True, fg="red")
    raise SystemExit(CANNOT_RUN)


def demand_other_files(
    read: Iterable[Path | None], written: Iterable[Path | None], lang: str, guideline: Path | None
) -> None:
    """Stop where what is written is, holds or is within what is read or written too, a file of a guideline also."""
    from lrp_kg.guideline.files import files_to_check, packaged_folder

    if found := overlapping((*read, *files_to_check(guideline or packaged_folder())), written):
        stop(phrase("error-files-overlap", lang, file=found[0], other=found[1]))


def print_json(data: object) -> None:
    """Print data as indented JSON, which is UTF-8 wherever it goes."""
    import orjson

    click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2))


def read_file(file: str) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _unreadable(file, error)


@contextmanager
def lines_of(file: str) -> Iterator[Callable[[int], bytes]]:
    """Open a file, or standard input for ``-``, and yield what reads its next line."""
    with ExitStack() as opened:
        try:
            stream = sys.stdin.buffer if file == "-" else opened.enter_context(Path(file).open("rb"))
        except OSError as error:
            _unreadable(file, error)

        def readline(most: int) -> bytes:
            try:
                return stream.readline(most)
            except OSError as error:
                _unreadable(file, error)

        yield readline


def _unreadable(file: str, error: OSError) -> NoReturn:
    lang = _language()
    stop(phrase("error-input" if file == "-" else "error-file", lang, file=file, what=of_system(error)[lang]))


@contextmanager
def without_collections() -> Iterator[None]:
    """Look for no garbage while a command loads what it keeps to its end: that takes a tenth of its time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def frozen() -> Iterator[None]:
    """Have collections of garbage leave out what is there now, while a command makes much beside it."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def open_service(folder: Path | None, engine: str = "oxigraph", *, validating: bool = False) -> GuidelineService:
    """Open a guideline folder, or report every finding and exit; ``validating`` prepares validation too."""
    from lrp_kg.answer.service import GuidelineService

    try:
        with without_collections():
            service = GuidelineService(folder, engine=engine)
            if validating:
                service.prepare()
        return service
    except GuidelineError as error:
        fail(error)


def read_sources(files: Sequence[str], kind: str | None) -> list[Source]:
    """Return files with records, read whole."""
    from lrp_kg.research.store.sources import Source

    return [Source("standard input" if file == "-" else file, read_file(file), kind) for file in files]
