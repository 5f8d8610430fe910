"""The help of every command keeps its lines, its width and its sentences."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from lrp_kg.cli import COMMANDS, main


def _paths() -> list[tuple[str, ...]]:
    context = click.Context(main)
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        found += [(name, part) for part in command.commands] if isinstance(command, click.Group) else [(name,)]
    return found


def _help(*path: str) -> str:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("path", _paths(), ids=" ".join)
def test_help_shows_examples_one_a_line(path: tuple[str, ...]) -> None:
    text = _help(*path)
    assert "\\" not in text, "an escape that click does not see"
    lines = text.splitlines()
    head = next(at for at, line in enumerate(lines) if line in ("  Example:", "  Examples:"))
    shown = lines[head + 1 : lines.index("", head)]
    assert shown and all(line.startswith("    ") and "lrp-kg" in line for line in shown)


def test_list_of_commands_has_whole_sentences() -> None:
    text = _help()
    assert "..." not in text.partition("Commands:")[2]
    assert all(f"\n  {name} " in text for name in COMMANDS)
