"""Diagrams kept on disk, outside the repository, by the content of the guideline they were built from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from lrp_kg.diagrams import Axis, Builder, Diagram
from lrp_kg.guideline import Decision
from lrp_kg.outcomes import Outcome


def cache_folder() -> Path:
    """Return the cache folder: ``LRP_CACHE``, or the user's own cache folder."""
    chosen = os.environ.get("LRP_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lrp-kg"


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return a hash of the package's own modules: what was computed by other code is not used."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def write_whole(file: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as draft:
            draft.write(text)
        os.replace(draft.name, file)


def _cache_file(builder: Builder, kind: str) -> Path:
    key = hashlib.sha256(f"{builder.program.guideline.content_hash} {code_hash()}".encode()).hexdigest()
    return cache_folder() / f"{key[:32]}-{kind}.json"


def _dump(diagram: Diagram) -> dict[str, Any]:
    nodes: list[Any] = [
        {"status": n.status, "answers": n.answers} if isinstance(n, Outcome) else [n[0], list(n[1])]
        for n in diagram.nodes
    ]
    return {"axes": [[a.variables, a.choices] for a in diagram.axes], "root": diagram.root, "nodes": nodes}


def _load(data: dict[str, Any]) -> Diagram:
    axes = tuple(Axis(tuple(v), tuple(tuple(c) for c in choices)) for v, choices in data["axes"])
    nodes: list[tuple[int, tuple[int, ...]] | Outcome] = [
        Outcome(n["status"], tuple(n["answers"])) if isinstance(n, dict) else (n[0], tuple(n[1])) for n in data["nodes"]
    ]
    return Diagram(axes, data["root"], nodes, {n: i for i, n in enumerate(nodes)})


class _Shelf:
    """The diagrams of one guideline in one file."""

    def __init__(self) -> None:
        self.file: Path | None = None
        self.found: dict[str, Any] = {}

    def open(self, file: Path) -> None:
        if file == self.file:
            return
        self.file, self.found = file, {}
        with contextlib.suppress(OSError, ValueError):
            self.found = json.loads(file.read_text(encoding="utf-8"))


_shelf = _Shelf()


def load_or_build(builder: Builder, decision: Decision, *, cache: bool = True) -> Diagram:
    """Return the diagram of a decision from the cache, or build it and remember it there."""
    if not cache:
        return builder.build(decision)
    file = _cache_file(builder, builder.program.engine.name)
    _shelf.open(file)
    known = _shelf.found.get(decision.iri)
    if known is not None:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return _load(known)
    diagram = builder.build(decision)
    _shelf.found[decision.iri] = _dump(diagram)
    write_whole(file, json.dumps(_shelf.found))
    return diagram
