"""A constructor call with seven or more positional arguments is hard to read: such calls name their arguments."""

import ast

from tests.support.paths import PACKAGE

MOST = 6


def long_constructor_calls(source: str) -> list[str]:
    found = []
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and len(call.args) > MOST:
            name = ast.unparse(call.func)
            last = name.rpartition(".")[2].lstrip("_")
            if last[:1].isupper() or last == "cls":
                found.append(f"{call.lineno}: {name}")
    return found


def test_long_constructor_calls_name_their_arguments() -> None:
    found = {
        str(file.relative_to(PACKAGE)): long_constructor_calls(file.read_text(encoding="utf-8"))
        for file in PACKAGE.rglob("*.py")
    }
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_long_constructor_call_is_found() -> None:
    source = "import m\nPoint(1, 2, 3, 4, 5, 6)\nm._Place(1, 2, 3, 4, 5, 6, 7)\nrun(1, 2, 3, 4, 5, 6, 7)\n"
    assert long_constructor_calls(source) == ["3: m._Place"]
