"""Whether the ontology of a guideline is consistent and each of its conditions can have a member.

owlrl reasons over one piece of the ontology at a time, with a supposed member (a probe) of each condition: a class
that cannot have one only shows so. What a piece gave is kept on disk under a hash of what it says. HermiT, where a
Java is there, judges the whole: it also knows number ranges, which OWL 2 RL does not.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg.diagramstore import cache_folder, write_whole
from lrp_kg.findings import Finding
from lrp_kg.logic import Logic, Piece
from lrp_kg.modules import read_modules
from lrp_kg.namespaces import OWL, RDF, local_name
from lrp_kg.positions import Positions

_PROBE = "urn:lrp-kg:probe:"
_IRI = re.compile(r"(?:https?|urn):[^\s,()'\"]+")


@dataclass(frozen=True)
class Judgement:
    """What a reasoner found in a piece: contradictions, and classes without a possible member, each with why."""

    contradictions: tuple[str, ...]
    impossible: dict[str, str]


def check_soundness(folder: Path, *, hermit: bool | None = None) -> list[Finding]:
    """Return contradictions and classes that can have no member, each with file and line.

    ``hermit`` also asks HermiT: ``True`` or ``None`` where it can run, with a note that says why where it cannot;
    ``False`` never. Modules that cannot be parsed are not judged; `check_well_made` tells of them.
    """
    modules, unreadable = read_modules(folder)
    if unreadable:
        return []
    logic = Logic(t for m in modules if m.is_ontology for t in m.triples)
    positions = Positions([m.text for m in modules])
    judgements = [judge(piece) for piece in logic.pieces()]
    found = list(_findings(judgements, folder, positions))
    if hermit is False:
        return found
    from lrp_kg.hermit import ask_hermit, why_not

    reason = why_not()
    if reason:
        message = f"HermiT did not check the ontology: {reason}"
        return [*found, Finding("hermit-not-run", message, str(folder), severity="note")]
    whole = Piece(tuple(logic.triples), ("hermit",))
    known = {(f.name, f.where) for f in found}
    theirs = _findings([_remembered(whole, lambda piece: Judgement(*ask_hermit(piece.triples)))], folder, positions)
    return found + [f for f in theirs if (f.name, f.where) not in known]


def _findings(judgements: Sequence[Judgement], folder: Path, positions: Positions) -> Iterator[Finding]:
    for message in dict.fromkeys(m for j in judgements for m in j.contradictions):
        places = (positions.where(iri) for iri in _IRI.findall(message))
        text = f"The ontology contradicts itself: {_shown(message)}. Correct one of the axioms about these terms."
        yield Finding("ontology-inconsistent", text, next(filter(None, places), str(folder)))
    impossible = {name: why for j in judgements for name, why in j.impossible.items()}
    for name, why in impossible.items():
        text = f"{local_name(name)}: no record can belong to this class: {_shown(why)}. Correct its definition."
        yield Finding("unsatisfiable-class", text, positions.where(name) or str(folder))


def _shown(message: str) -> str:
    plain = _IRI.sub(lambda m: "a member" if m[0].startswith(_PROBE) else local_name(m[0]), message)
    return plain.strip().rstrip(".")


# -- owlrl ------------------------------------------------------------------------------------------


def judge(piece: Piece) -> Judgement:
    """Return what owlrl finds in a piece, from the cache where it is there."""
    return _remembered(piece, _reason)


def _remembered(piece: Piece, reason: Any) -> Judgement:
    key = hashlib.sha256(f"{_versions()} {piece.key}".encode()).hexdigest()[:40]
    file = cache_folder() / "soundness" / f"{key}.json"
    with suppress(OSError, KeyError, TypeError, ValueError):
        data = json.loads(file.read_text(encoding="utf-8"))
        return Judgement(tuple(data["contradictions"]), dict(data["impossible"]))
    judgement: Judgement = reason(piece)
    write_whole(file, json.dumps(asdict(judgement)))
    return judgement


@lru_cache(maxsize=1)
def _versions() -> str:
    code = b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in ("hermit", "logic", "soundness"))
    return f"{hashlib.sha256(code).hexdigest()} {importlib.metadata.version('owlrl')}"


def _reason(piece: Piece) -> Judgement:
    if not _errors(piece.triples, piece.probed):
        return Judgement((), {})
    contradictions = _errors(piece.triples, ())
    if contradictions:
        return Judgement(tuple(contradictions), {})
    impossible: dict[str, str] = {}
    todo = list(piece.probed)
    for name in todo:
        errors = _errors(piece.triples, (name,))
        if errors:
            impossible[name] = errors[0]
            todo += [part for part in piece.conjuncts(name) if part not in todo]
    return Judgement((), impossible)


def _errors(triples: Sequence[ox.Triple], probed: Sequence[str]) -> list[str]:
    """Return the errors of the OWL 2 RL closure, with a member supposed of each of some classes."""
    import rdflib

    from lrp_kg.owlreasoner import close
    from lrp_kg.rdfgraph import to_rdflib

    graph = to_rdflib(triples)
    for name in probed:
        graph.add((rdflib.URIRef(_PROBE + local_name(name)), rdflib.URIRef(RDF + "type"), rdflib.URIRef(name)))
    errors = close(graph)
    selves = [s for s, o in graph.subject_objects(rdflib.URIRef(OWL + "differentFrom")) if s == o]
    return sorted({*errors, *(f"{s} is different from itself" for s in selves)})
