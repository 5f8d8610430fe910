"""Imports of the package go one way: from what people start to what it is made of."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lrp_kg"
MAY_IMPORT = {
    "reasoning": set(),
    "cases": set(),
    "mutation": {"cases"},
    "check": {"cases", "mutation", "reasoning"},
    "comparison": set(),
    "newguideline": set(),
    "site": {"cases"},
    "engine": set(),
    "dataset": {"engine", "reasoning"},
    "catalogue": {"engine", "dataset"},
    "synthesis": {"dataset"},
    "web": {"engine", "dataset", "catalogue"},
}
"""Which other parts a part may import; the modules that stand flat in the package are open to all."""
TOP = {"cli", "research"}


def imported(file: Path) -> set[str]:
    """The modules of the package that a file imports, as dotted names without ``lrp_kg``."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lrp_kg":
            assert node.level == 0, f"{file}: imports are absolute"
            own = node.module.split(".")[1:]
            found |= {".".join(own)} if own else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("lrp_kg.") for a in node.names if a.name.startswith("lrp_kg.")}
    return found


PARTS = sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file())
FLAT = sorted(p.stem for p in PACKAGE.glob("*.py") if not p.stem.startswith("_") and p.stem not in TOP)


def test_there_are_parts() -> None:
    assert set(PARTS) == set(MAY_IMPORT)
    assert len(FLAT) > 25


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_parts_import_inward(part: str) -> None:
    files = sorted((PACKAGE / part).rglob("*.py"))
    assert len(files) > 1
    others = set(PARTS) - {part} - MAY_IMPORT[part]
    wrong = [
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in files
        for name in imported(file)
        if name.split(".")[0] in others | TOP
    ]
    assert not wrong


@pytest.mark.parametrize("module", FLAT)
def test_what_stands_flat_imports_no_part(module: str) -> None:
    assert not {name for name in imported(PACKAGE / f"{module}.py") if name.split(".")[0] in {*PARTS, *TOP}}


def test_the_walk_sees_imports(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "def f():\n    from lrp_kg.authoring.check.stages import run\n    import lrp_kg.authoring.cases.files\n"
    )
    assert imported(file) == {"check.stages", "cases.files"}
