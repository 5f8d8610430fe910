"""The layout of Turtle files."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from lrp_kg.authoring.formatting import LONGEST, formatted, formatter
from lrp_kg.cli import main
from tests.support.paths import PACKAGE, ROOT

FILES = sorted(
    f
    for folder in (ROOT / "ontology", ROOT / "shapes", ROOT / "tests" / "guidelines", PACKAGE / "authoring" / "new")
    for f in folder.rglob("*.ttl")
)
PREFIXES = "@prefix ex: <http://example.org/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"


def layout(text: str) -> str:
    program = formatter()
    assert program
    found = formatted(program, PREFIXES + text)
    assert found
    return found.removeprefix(PREFIXES)


def triples(text: str) -> ox.Dataset:
    found = ox.Dataset(ox.parse(text, format=ox.RdfFormat.TURTLE))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


def test_header_comment_begins_the_file() -> None:
    program = formatter()
    assert program
    text = "# The comment.\n" + PREFIXES + "ex:a ex:b ex:c .\n"
    assert formatted(program, text) == text


def test_objects_of_a_long_line_are_below_each_other() -> None:
    words = [f'"{word} {"very " * 20}, ( long ) ; "@{word}' for word in ("en", "nl", "fr")]
    assert layout("ex:a ex:b " + " , ".join(words) + " ; ex:c ex:d .\n") == (
        f"ex:a ex:b {words[0]} ,\n        {words[1]} ,\n        {words[2]} ;\n    ex:c ex:d .\n"
    ).replace("        ", "    ")


def test_members_of_a_long_list_are_below_each_other() -> None:
    names = [f"ex:a-name-of-some-length-{n}" for n in range(8)]
    nested = f"[ a ex:And ; ex:of ( {' '.join(names)} ) ]"
    assert layout(f"ex:a a ex:B ;\n    ex:is [ a ex:Or ; ex:of ( ex:first {nested} ) ] .\n") == (
        "ex:a a ex:B ;\n    ex:is [ a ex:Or ; ex:of (\n        ex:first\n        [ a ex:And ; ex:of (\n"
        + "".join(f"            {name}\n" for name in names)
        + "        ) ]\n    ) ] .\n"
    )


def test_long_strings_and_comments_are_left_alone() -> None:
    text = 'ex:a ex:b """x' + '\n, (y) "z" ,' * 3 + "  , " * 60 + '""" .\n\n# ' + "a , ( b ) " * 20 + ".\n"
    assert layout(text) == text


def test_text_that_is_not_turtle_has_no_layout() -> None:
    program = formatter()
    assert program
    assert formatted(program, "ex:a ex:b") is None


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_every_file_has_the_layout(file: Path) -> None:
    program = formatter()
    assert program
    text = file.read_text(encoding="utf-8")
    assert formatted(program, text) == text
    assert not text.startswith(" ")
    long = [line for line in text.split("\n") if len(line) > LONGEST and line.count('"') != 2]
    assert not [line for line in long if " , " in line or " ( " in line]


def test_layout_keeps_every_triple() -> None:
    program = formatter()
    assert program
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        on_one_line = " ".join(text.split("\n        "))
        assert triples(formatted(program, on_one_line) or "") == triples(text)


def test_command_writes_the_layout_or_reports_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(PREFIXES + "ex:a   ex:b ex:c.\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["format", "--check", str(file)])
    assert (run.exit_code, run.output) == (1, f"{file}: is not formatted\n")
    assert CliRunner().invoke(main, ["format", str(file)]).output == f"{file}: formatted\n"
    assert file.read_text(encoding="utf-8") == PREFIXES + "ex:a ex:b ex:c .\n"
    assert CliRunner().invoke(main, ["format", "--check", str(file)]).exit_code == 0
    file.write_text("ex:a", encoding="utf-8")
    assert CliRunner().invoke(main, ["format", str(file)]).exit_code == 2
