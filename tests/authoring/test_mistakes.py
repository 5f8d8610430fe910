"""What an author reads after a mistake of `broken/mistakes.toml`: its cause first, at its line, on one screen.

Edits that are no mistake are in `broken/edits.toml`: nothing is wrong with them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrp_kg.cli import check as commands
from tests.authoring.conftest import Benches
from tests.support.bench import Bench, Fault, edits_of, guideline_of, place, put
from tests.support.paths import TESTS

SCREEN = 60
"""Lines that are printed at most."""
SOME = 12
"""Of this many mistakes one is made in ``make test``."""
Data = list[dict[str, Any]]


def read(name: str) -> Data:
    found: Data = tomllib.loads((TESTS / "broken" / f"{name}.toml").read_text(encoding="utf-8"))[name.rstrip("s")]
    return found


MISTAKES, EDITS = read("mistakes"), read("edits")


def parameters(data: Data) -> Iterator[Any]:
    """Yield all of some data; those of the large guideline and most others are for ``make long``."""
    for number, each in enumerate(data):
        some = number % SOME == 0 and guideline_of(each) == "ankle-sprain"
        yield pytest.param(each, id=each["id"], marks=[] if some else [pytest.mark.long])


def made(bench: Bench, fault: Fault) -> None:
    for edit in edits_of(fault):
        put(bench.folder, edit)


def test_data_are_well_formed() -> None:
    assert len(MISTAKES) >= 49 and len(EDITS) >= 15
    ids = [each["id"] for each in (*MISTAKES, *EDITS)]
    assert len(set(ids)) == len(ids)
    assert all(
        edit.get("find") != edit.get("replace", "") for each in MISTAKES for edit in edits_of(each) if "find" in edit
    )


@pytest.mark.parametrize("mistake", [*parameters(MISTAKES)])
@pytest.mark.exhaustive
def test_cause_is_printed_first(mistake: Fault, benches: Benches, capsys: pytest.CaptureFixture[str]) -> None:
    bench = benches(guideline_of(mistake))
    made(bench, mistake)
    result = bench.result()
    commands._print(result, "text", bench.folder, notes=True, every=False)
    printed = capsys.readouterr().out.splitlines()
    cause = result.findings[0]
    file, line = place(cause)
    assert cause.name == mistake["finding"], printed[:20]
    assert Path(file) == bench.folder / mistake.get("at", mistake.get("file", ""))
    assert mistake.get("line", "") in line
    assert len(printed) < SCREEN
    assert re.match(rf"({re.escape(cause.where)}: )?{cause.severity} {cause.name} ", printed[0])


@pytest.mark.parametrize("edit", [*parameters(EDITS)])
def test_edit_that_is_no_mistake_is_no_finding(edit: Fault, benches: Benches) -> None:
    bench = benches(guideline_of(edit))
    made(bench, edit)
    assert [(f.name, f.message) for f in bench.look() if f.severity != "note"] == []
