"""What is wrong with the columns of tables: all of it at once, each problem with its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from lrp_kg.errors import CohortError
from lrp_kg.findings import Finding
from lrp_kg.record.limits import legible, shown
from lrp_kg.words import error as say
from lrp_kg.words import in_every_language

Made = TypeVar("Made")


def of_column(name: str, column: str, **fill: object) -> Finding:
    """Return a problem of a column, by the name of the phrase that says it."""
    own = _in_message(column)
    texts = in_every_language(name, name=legible(own), **fill)
    return Finding(name, texts["en"], field=own, messages=texts)


def _in_message(column: str) -> str:
    """Return the name of a column, of one that is long, or goes on on other lines, how it begins: rows may be in it."""
    first, *further = column.splitlines() or [""]
    return shown(f"{first}…" if further else column)


def refuse(findings: Sequence[Finding]) -> None:
    """Raise `CohortError` where something is wrong with the columns."""
    if findings:
        raise refusal(findings)


def refusal(findings: Sequence[Finding]) -> CohortError:
    """Return the error that says what is wrong with the columns."""
    error = say(CohortError, "error-columns", count=len(findings))
    return CohortError(error.message, findings, error.messages)


def repeated_names(names: Sequence[str]) -> list[Finding]:
    """Return a problem for each name that is that of more than one column."""
    return [of_column("column-twice", n) for n in dict.fromkeys(names) if list(names).count(n) > 1]


@contextmanager
def columns_in(file: object) -> Iterator[None]:
    """Say of the findings of a `CohortError` that they are about the columns of a file."""
    try:
        yield
    except CohortError as error:
        findings = [f if f.where else replace(f, where=str(file)) for f in error.findings]
        raise CohortError(error.message, findings, error.messages) from None


def made_of_all(makers: Iterable[Callable[[], Made]]) -> list[Made]:
    """Return what is made of each table; raise one `CohortError` with what is wrong with the columns of any."""
    made: list[Made] = []
    findings: list[Finding] = []
    for make in makers:
        try:
            made.append(make())
        except CohortError as error:
            if not error.findings:
                raise
            findings += error.findings
    refuse(findings)
    return made
