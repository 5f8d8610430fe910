"""Constructor calls name their arguments where there are many."""

import ast
from pathlib import Path

import pytest

from tests.support.paths import PACKAGE

MOST = 6
"""Arguments that a constructor may take by position."""


def long_calls(file: Path) -> list[str]:
    """Return the constructor calls in a file with too many positional arguments."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and len(node.args) > MOST:
            name = ast.unparse(node.func).rsplit(".", 1)[-1]
            if name == "cls" or name.lstrip("_")[:1].isupper():
                found.append(f"{file.name}:{node.lineno}: {name} has {len(node.args)} positional arguments; name them")
    return found


def test_constructor_calls_name_their_arguments() -> None:
    assert [line for file in sorted(PACKAGE.rglob("*.py")) for line in long_calls(file)] == []


@pytest.mark.parametrize("name", ["Field", "_Field", "model.Field", "cls"])
def test_call_with_seven_positional_arguments_is_found(tmp_path: Path, name: str) -> None:
    file = tmp_path / "example.py"
    file.write_text(
        f"{name}(1, 2, 3, 4, 5, 6)\n{name}(1, 2, 3, 4, 5, *rest, more=1)\n{name}(1, 2, 3, 4, 5, 6, 7)\nf(*a)\n"
    )
    assert [line.split(" ")[0] for line in long_calls(file)] == ["example.py:3:"]
