"""Guidelines with other names, to show that the package depends on none."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

from lrp_kg.guideline.turtle import TurtleText
from tests.support.guidelines import guideline_copy

_IDENTIFIER = re.compile(r'(?:dcterms:identifier|skos:notation)\s+("[^"]+")')


@dataclass(frozen=True)
class Renaming:
    """A guideline folder, with its new names and identifiers by the old ones."""

    folder: Path
    names: dict[str, str]
    identifiers: dict[str, str]

    def record(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record of the original guideline with the names of the renamed one."""
        return {self.names.get(name, name): self._value(value) for name, value in record.items()}

    def back(self, answer: Any) -> Any:
        """Return plain data of the renamed guideline with the names of the original."""
        original = {new: old for names in (self.names, self.identifiers) for old, new in names.items()}
        pattern = re.compile(rf"\b(?:{'|'.join(original)})\b")
        return json.loads(pattern.sub(lambda m: original[m[0]], json.dumps(answer)))

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(v) for v in value]
        return self.identifiers.get(value, value) if isinstance(value, str) else value


def renamed(source: Path, target: Path, prefix: str, seed: int, *, identifiers: bool) -> Renaming:
    """Copy a guideline and replace every local name under a prefix, or every identifier too, by random letters."""
    guideline_copy(target, source)
    random = Random(seed)
    files = sorted([*target.rglob("*.ttl"), *target.rglob("*.rq")])
    names: dict[str, str] = {}
    idents: dict[str, str] = {}

    def fresh() -> str:
        return "".join(random.choices(ascii_lowercase, k=14))

    for file in files:
        text = TurtleText.read(file)
        edits: list[tuple[int, int, str]] = []
        for token in text.tokens:
            if token.lastgroup == "local" and token["name"] == prefix and token["local"]:
                new = names.setdefault(token["local"], fresh())
                edits.append((*token.span("local"), new))
            elif token.lastgroup == "string" and "SELECT" in token["string"]:  # a query in a shape
                for match in re.finditer(rf"\b{prefix}:([\w-]+)", token["string"]):
                    start = token.start("string")
                    new = names.setdefault(match[1], fresh())
                    edits.append((start + match.start(1), start + match.end(1), new))
        for match in _IDENTIFIER.finditer(text.text) if identifiers else ():
            new = idents.setdefault(match[1][1:-1], fresh())
            edits.append((*match.span(1), f'"{new}"'))
        changed = text.text
        for start, end, new in sorted(edits, reverse=True):
            changed = changed[:start] + new + changed[end:]
        file.write_text(changed, encoding="utf-8")
    assert len(names) > 50
    return Renaming(target, names, idents)


def rename(source: Path, target: Path, old: str, new: str) -> Path:
    """Copy a guideline and replace one name in all of its files, cases too."""
    guideline_copy(target, source)
    for file in target.rglob("*.*"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"\b{old}\b", new, text), encoding="utf-8")
    return target
