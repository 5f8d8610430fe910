"""Guidelines whose files say the same in another order, as after a save by an ontology editor."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pyoxigraph as ox

from tests.support.guidelines import guideline_copy


def shuffled_copy(folder: Path, source: Path, seed: int, parts: Iterable[str] = ("ontology", "shapes")) -> Path:
    """Copy a guideline with the blocks of every file, and what is said in each block, in another order."""
    random = Random(seed)
    guideline_copy(folder, source, parts)
    for file in sorted(folder.rglob("*.ttl")):
        text = file.read_text(encoding="utf-8")
        file.write_text(shuffled(text, random), encoding="utf-8")
    return folder


def shuffled(text: str, random: Random) -> str:
    """Return Turtle with its prefixes, and its blocks, properties and objects in another order."""
    parser = ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    blocks: dict[str, dict[str, list[str]]] = {}
    for quad in parser:
        blocks.setdefault(str(quad.subject), {}).setdefault(str(quad.predicate), []).append(str(quad.object))
    lines = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in parser.prefixes.items()]
    for subject in random.sample(list(blocks), len(blocks)):
        said = [f"{p} {' , '.join(random.sample(o, len(o)))}" for p, o in blocks[subject].items()]
        lines.append(f"{subject} {' ; '.join(random.sample(said, len(said)))} .")
    return "\n".join(lines) + "\n"
