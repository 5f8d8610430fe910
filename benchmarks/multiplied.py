"""Larger guidelines to measure with: the decisions, conditions, boxes and statements of one, several times over.

Copies have names and identifiers of their own and the same fields, value lists, sources and wording. Each case is there
once for the original and once for one of the copies, each copy in turn, and expects only what is of one decision or
statement: what is asked and shown first is of all copies together. What comes out is a guideline without an error, in
which nothing is declared twice.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrp_kg.authoring.cases.files import case_files
from lrp_kg.guideline.files import guideline_files
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import CP, DCTERMS, local_name

COPIED = {
    CP + kind
    for kind in (
        *("Decision", "Option", "Stage", "Box", "Statement", "Advice", "Warning", "OpenPoint"),
        *("Programme", "Edition", "Criterion", "Benefit", "Limit", "ProcessStep", "TimeLimit", "Fact"),
    )
}
"""Kinds of terms of which there are copies, beside the conditions."""
_PARTS = ("ontology", "shapes", "queries", "cases", "tests/cases")
_IDENTIFIER = re.compile(r'(dcterms:identifier ")([^"]+)(")')
_ANSWER_KEY = re.compile(r"(?<=a cp:Decision ;)((?s:.*?)) ;\s+cp:factKey \S+(?= [;.])")
_BY_ID = ("statuses", "eligibility", "statements", "dates", "warnings", "openPoints", "decisive")


def multiply(source: Path, target: Path, times: int) -> Path:
    """Write a guideline folder ``times`` as large as another."""
    for part in _PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part)
    guideline = load_guideline(source)
    own = [f for f in guideline_files(source) if f.parent == source / "ontology"]
    texts = [TurtleText.read(file) for file in own]
    names = _names(texts, guideline)
    assert names, "there is something to copy"
    for text in texts:
        blocks = [b for b in _blocks(text) if _subject(text, b) in names]
        copies = [_renamed(text, block, names, number) for number in range(2, times + 1) for block in blocks]
        if copies:
            with (target / "ontology" / text.file.name).open("a", encoding="utf-8") as file:
                file.write("\n" + "\n".join(copies))
    decisions, copied = _identifiers(guideline), {_identifier(guideline, name) for name in names}
    for file in case_files(source):
        cases = json.loads(file.read_text(encoding="utf-8"))
        kept = [_case(case, decisions, copied, 1) for case in cases]
        if times > 1:
            kept += [_case(case, decisions, copied, 2 + n % (times - 1)) for n, case in enumerate(cases)]
        cases = [case for case in kept if case]
        (target / file.relative_to(source)).write_text(
            json.dumps(cases, ensure_ascii=False, indent=1), encoding="utf-8"
        )
    return target


def _names(texts: list[TurtleText], guideline: Guideline) -> set[str]:
    """Return the IRIs of the terms of which there are copies."""
    found = {name for name in guideline.conditions if not name.startswith(CP)}
    for text in texts:
        for block in _blocks(text):
            kinds = {text.iri_of(t) for t in block[1:6] if t.lastgroup in ("iri", "local")}
            if kinds & COPIED and not _subject(text, block).startswith(CP):
                found.add(_subject(text, block))
    return found


def _blocks(text: TurtleText) -> Iterator[list[re.Match[str]]]:
    """Yield the tokens of each block of a file, from its subject to its dot."""
    depth, block = 0, []
    for token in text.tokens:
        if token.lastgroup in ("comment", "prefix"):
            continue
        block.append(token)
        depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
        if token.lastgroup == "dot" and depth == 0:
            yield block
            block = []


def _subject(text: TurtleText, block: list[re.Match[str]]) -> str:
    return text.iri_of(block[0]) if block[0].lastgroup in ("iri", "local") else ""


def _renamed(text: TurtleText, block: list[re.Match[str]], names: set[str], number: int) -> str:
    """Return the text of a block with the names of a copy."""
    out, at = [], block[0].start()
    for token in block:
        out.append(text.text[at : token.start()])
        named = token.lastgroup in ("iri", "local") and text.iri_of(token) in names
        out.append(f"{token[0]}-copy-{number}" if named else token[0])
        at = token.end()
    plain = _ANSWER_KEY.sub(r"\1", "".join(out))  # only one decision can give the answer under a key
    return _IDENTIFIER.sub(rf"\g<1>\g<2>-copy-{number}\g<3>", plain) + "\n"


# -- cases ----------------------------------------------------------------------------------------------


def _identifiers(guideline: Guideline) -> set[str]:
    generated = {e.decision for p in guideline.programmes.values() for e in p.editions}
    return {d.id for iri, d in guideline.decisions.items() if iri not in generated}


def _identifier(guideline: Guideline, name: str) -> str:
    own = guideline.index.graph.one(iri(name), DCTERMS + "identifier")
    return own.value if own else local_name(name)


def _case(case: dict[str, Any], decisions: set[str], copied: set[str], number: int) -> dict[str, Any] | None:
    """Return the case of a copy, 1 for the original: the same record, and what is expected of the copy's own terms."""

    def of(name: str) -> str:
        return name if number == 1 else f"{name}-copy-{number}"

    def answer(value: Any) -> Any:
        if isinstance(value, list):
            return [of(v) for v in value]
        return of(value) if isinstance(value, str) and value not in ("undetermined", "none") else value

    expect: dict[str, Any] = {}
    for key, value in case["expect"].items():
        if key in decisions:
            expect[of(key)] = answer(value)
        elif key in _BY_ID:
            expect[key] = {of(name) if name in copied else name: own for name, own in value.items()}
        elif key in ("invalid", "invalidFields"):
            expect[key] = value
    kept = {"id": of(case["id"]), "note": case["note"], "record": case["record"]}
    return {**kept, "expect": expect} if expect else None
