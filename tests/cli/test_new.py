"""``lrp-kg new``: a folder is written completely, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrp_kg.cli import main
from lrp_kg.guideline.files import files_left_out
from tests.support.guidelines import guideline_copy


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["new", *map(str, arguments)])


def test_copy_holds_the_guideline_and_nothing_of_what_is_around_it(tmp_path: Path) -> None:
    source = guideline_copy(tmp_path / "source")
    for extra in (".git/config", "ontology/.record.ttl.swp", "notes.txt"):
        (source / extra).parent.mkdir(exist_ok=True)
        (source / extra).write_text("x", encoding="utf-8")
    done = run("copy", source / "ontology" / "copy", "--guideline", source)
    assert (done.exit_code, done.output.splitlines()[0]) == (0, f"Created {source / 'ontology' / 'copy'}. Next:")
    copy = source / "ontology" / "copy"
    copied = {str(file.relative_to(copy)) for file in copy.rglob("*") if file.is_file()}
    clean = guideline_copy(tmp_path / "clean")
    assert copied == {str(file.relative_to(clean)) for file in clean.rglob("*") if file.is_file()}
    assert files_left_out(copy) == []


@pytest.mark.parametrize("command", [("copy",), ("guideline", "--name", "knee")])
@pytest.mark.parametrize("used", ["folder", "file"])
def test_a_place_that_is_used_is_refused(tmp_path: Path, command: tuple[str, ...], used: str) -> None:
    place = tmp_path / "place"
    kept = place / "mine.ttl" if used == "folder" else place
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine", encoding="utf-8")
    done = run(*command, place)
    assert done.exit_code == 2
    assert done.output == f"{place} is not empty; nothing was written. Choose another folder.\n"
    assert [f for f in tmp_path.rglob("*") if f.is_file()] == [kept]
    assert kept.read_text(encoding="utf-8") == "mine"


def test_what_is_no_guideline_is_not_copied(tmp_path: Path) -> None:
    done = run("copy", tmp_path / "copy", "--guideline", tmp_path)
    assert done.exit_code == 2
    assert done.output == f"{tmp_path} is no guideline folder: it has no ontology or no shapes. Nothing was written.\n"
    assert not (tmp_path / "copy").exists()
