"""Imports between rooms follow the layers."""

import ast
from pathlib import Path

import pytest

from tests.support.paths import PACKAGE

GROUND = {
    "cache",
    "durations",
    "effort",
    "errors",
    "findings",
    "lifeline",
    "linux",
    "namespaces",
    "settings",
    "sparql_parsing",
    "svg",
    "temporary",
    "text_files",
}
"""Modules beside the rooms, which every room may import; `ground` below."""
BELOW = {
    "words": set(),
    "guideline": {"words"},
    "logic": {"words", "guideline"},
    "record": {"words", "guideline", "logic"},
    "answer": {"words", "guideline", "logic", "record"},
    "authoring": {"words", "guideline", "logic", "record", "answer"},
    "research": {"words", "guideline", "logic", "record", "answer"},
    "cohort": {"words", "guideline", "logic", "record", "answer"},
    "report": {"words", "guideline", "logic", "record", "answer", "cohort"},
    "site": {"words", "guideline", "logic", "record", "answer", "authoring"},
    "web": {"words", "guideline", "logic", "record", "answer", "authoring", "research", "site"},
    "cli": {
        "words",
        "guideline",
        "logic",
        "record",
        "answer",
        "authoring",
        "research",
        "site",
        "web",
        "cohort",
        "report",
    },
}
"""Which rooms a room may import. Authoring and research do not see each other."""
WITHIN = {
    "authoring": {
        "reasoning": set(),
        "cases": set(),
        "mutation": {"cases", "compare"},
        "check": {"cases", "mutation", "reasoning"},
        "compare": {"cases"},
        "tidy": set(),
        "new": set(),
    },
    "research": {
        "engine": set(),
        "store": {"engine"},
        "questions": {"engine", "store"},
        "synthesis": {"store"},
    },
}
"""Which other parts a part of a room may import; single modules of the room are open to all its parts."""


def imported(file: Path) -> set[str]:
    """Return the modules of the package that a file imports, as dotted names without ``lrp_kg``."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lrp_kg":
            assert node.level == 0, f"{file}: imports are absolute"
            own = node.module.split(".")[1:]
            found |= {".".join([*own, alias.name]) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("lrp_kg.") for a in node.names if a.name.startswith("lrp_kg.")}
    return found


def wrong_imports(files: list[Path], allowed: set[str]) -> list[str]:
    """Return the imports whose first part is neither allowed nor ground."""
    return [
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in files
        for name in sorted(imported(file))
        if name.split(".")[0] not in allowed | GROUND | {"__version__"}
    ]


def test_rooms_are_listed() -> None:
    assert {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()} == set(BELOW)
    assert {p.stem for p in PACKAGE.glob("*.py")} - {"__init__", "__main__"} <= GROUND


@pytest.mark.parametrize("room", BELOW)
def test_room_imports_only_lower_rooms(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    assert not wrong_imports(files, BELOW[room] | {room})


def test_ground_imports_only_ground() -> None:
    files = sorted(PACKAGE / f"{name}.py" for name in GROUND if (PACKAGE / f"{name}.py").is_file())
    assert len(files) > 4
    assert not wrong_imports(files, set())


@pytest.mark.parametrize(("room", "part"), [(room, part) for room, parts in WITHIN.items() for part in parts])
def test_part_imports_only_listed_parts(room: str, part: str) -> None:
    parts = {p.name for p in (PACKAGE / room).iterdir() if (p / "__init__.py").is_file()}
    assert parts == set(WITHIN[room])
    files = sorted((PACKAGE / room / part).rglob("*.py"))
    assert files
    wrong = []
    for file in files:
        for name in imported(file):
            own = name.split(".")
            if own[0] == room and own[1] in parts - {part}:
                listed = WITHIN[room][part]
                if own[1] not in listed and ".".join(own[1:3]) not in listed:
                    wrong.append(f"{file.relative_to(PACKAGE)}: {name}")
    assert not wrong


def test_imports_are_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("def f():\n    from lrp_kg.authoring.check import stages\n    import lrp_kg.record.files\n")
    assert imported(file) == {"authoring.check.stages", "record.files"}


def test_imports_have_few_levels() -> None:
    """With a room, or a module of the ground, as one node, the longest chain of imports has at most 11."""
    below = {}
    for node in set(BELOW) | GROUND:
        files = sorted((PACKAGE / node).rglob("*.py")) or [PACKAGE / f"{node}.py"]
        names = {name.split(".")[0] for file in files for name in imported(file)}
        below[node] = names & (set(BELOW) | GROUND) - {node}

    def level(node: str) -> int:
        return 1 + max((level(other) for other in below[node]), default=0)

    assert 5 < max(level(node) for node in below) <= 11
