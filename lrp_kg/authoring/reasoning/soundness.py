"""Checks that the ontology of a guideline is consistent and that each of its conditions can have a member.

owlrl reasons over one piece of the ontology at a time, with an assumed member (a probe) of each condition, since it
does not report an unsatisfiable class without a member. Results are cached on disk by a hash of the piece. HermiT, if
Java is installed, judges the whole ontology: unlike OWL 2 RL it also understands number ranges.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.authoring.reasoning.logic import Logic
from lrp_kg.authoring.reasoning.modularise import Piece
from lrp_kg.cache import remembered
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import files_to_check
from lrp_kg.guideline.modules import read_modules
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import OWL, RDF, local_name

_PROBE = "urn:lrp-kg:probe:"
_BLANK = re.compile(r"\b[0-9a-f]{20,40}\b")
_DENIED = re.compile(r"Violation of complementarity for classes (\S+) and (\S+)")
_IRI = re.compile(r"(?:https?|urn):[^\s,()'\"]+")


@dataclass(frozen=True)
class Judgement:
    """The contradictions in a piece, and the classes that cannot have a member, each with the reason."""

    contradictions: tuple[str, ...]
    impossible: dict[str, str]


def check_soundness(
    folder: Path,
    *,
    hermit: bool | None = None,
    cache: CheckCache | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Return contradictions and classes that cannot have a member, each with file and line.

    Unless ``hermit`` is ``False`` it also runs HermiT, or adds a note that says why HermiT cannot run. If a module
    cannot be parsed, it returns nothing: `check_well_made` reports that. ``report`` is called before each long step.
    """
    modules, unreadable = read_modules(files_to_check(folder))
    if unreadable:
        return []
    logic = Logic(t for m in modules if m.is_ontology for t in m.triples)
    positions = Positions([m.text for m in modules])
    cache = cache or CheckCache()
    judgements = cache.recall(("judgements", frozenset(logic.triples)), lambda: _judgements(logic, cache, report))
    found = list(_findings(judgements, folder, positions))
    if hermit is False:
        return found
    from lrp_kg.authoring.reasoning.hermit import HermitFailed

    report("HermiT, over the whole ontology")
    try:
        judgement = _remembered(logic.whole(), _ask_hermit)
    except HermitFailed as error:
        message = f"HermiT did not check the ontology: {error}"
        return [*found, Finding("hermit-not-run", message, str(folder), severity="note")]
    known = {f.where for f in found}
    return found + [f for f in _findings([judgement], folder, positions) if f.where not in known]


def _judgements(logic: Logic, cache: CheckCache, report: Callable[[str], None]) -> list[Judgement]:
    """Return the judgements of owlrl on the base, and on conditions not yet known to be sound."""
    keys = {name: logic.piece([name]).without_bounds().key for name in logic.judged}
    sound: frozenset[str] = cache.latest("sound conditions") or frozenset()
    todo = [name for name, key in keys.items() if key not in sound]
    base = logic.base()
    found = [judge(base)] if base else []
    pieces = [*(logic.pieces(todo) if sound else logic.pieces())]
    judged = []
    for number, piece in enumerate(pieces, 1):
        report(f"owlrl, part {number} of {len(pieces)} of the ontology")
        judged.append((piece, judge(piece)))
    doubtful = {n for piece, own in judged if own.contradictions or own.impossible for n in piece.probed}
    cache.keep("sound conditions", frozenset(key for name, key in keys.items() if name not in doubtful))
    return found + [own for _, own in judged]


def _ask_hermit(piece: Piece) -> Judgement:
    from lrp_kg.authoring.reasoning.hermit import ask_hermit

    consistent, impossible = ask_hermit(piece.triples)
    contradictions = () if consistent else ("HermiT finds that not all axioms can be true",)
    return Judgement(contradictions, {name: "HermiT finds that it cannot have a member" for name in impossible})


def _findings(judgements: Sequence[Judgement], folder: Path, positions: Positions) -> Iterator[Finding]:
    messages = {frozenset(_IRI.findall(m)): m for j in judgements for m in reversed(j.contradictions)}
    for message in messages.values():
        placed = [(iri, positions.where(iri)) for iri in _IRI.findall(message)]
        term, place = next((pair for pair in placed if pair[1]), ("", str(folder)))
        text = f"The ontology contradicts itself: {_shown(message)}. Correct one of the axioms about these terms."
        yield Finding("ontology-inconsistent", text, place, term=term)
    impossible = {name: why for j in judgements for name, why in j.impossible.items()}
    for name, why in impossible.items():
        text = f"{local_name(name)}: cannot have a member: {_shown(why)}. Correct its definition."
        yield Finding("unsatisfiable-class", text, positions.where(name) or str(folder), term=name)


def _shown(message: str) -> str:
    """Return a message of owlrl with local names for IRIs, corrected where it names the class as the member."""
    plain = _IRI.sub(lambda m: "a member" if m[0].startswith(_PROBE) else local_name(m[0]), message)
    denied = _DENIED.search(plain)
    if denied:
        named = [name for name in denied.groups() if not _BLANK.fullmatch(name)]
        return f"a member would belong to {named[0] if named else 'a class expression'} and to its complement"
    return _BLANK.sub("a class expression", plain).strip().rstrip(".")


# -- owlrl ------------------------------------------------------------------------------------------


def judge(piece: Piece) -> Judgement:
    """Return the judgement of owlrl on a piece, from the cache if possible."""
    return _remembered(piece.without_bounds(), _reason)


def _remembered(piece: Piece, reason: Callable[[Piece], Judgement]) -> Judgement:
    return remembered(
        "soundness",
        f"{importlib.metadata.version('owlrl')} {reason.__name__} {piece.key}",
        lambda: reason(piece),
        dump=lambda judgement: json.dumps(asdict(judgement)),
        load=_load,
        further=Path(__file__).parent,
    )


def _load(text: str) -> Judgement:
    data = json.loads(text)
    return Judgement(tuple(data["contradictions"]), data["impossible"])


def _reason(piece: Piece) -> Judgement:
    if not _errors(piece.triples, piece.probed):
        return Judgement((), {})
    anyway = _errors(piece.triples, ())
    impossible: dict[str, str] = {}
    todo = list(piece.probed)
    for name in todo:
        errors = [e for e in _errors(piece.only(name).triples, (name,)) if e not in anyway]
        if errors:
            impossible[name] = min(errors, key=_shown)
            todo += [part for part in piece.conjuncts(name) if part not in todo]
    return Judgement(tuple(anyway), impossible)


def _errors(triples: Sequence[ox.Triple], probed: Sequence[str]) -> list[str]:
    """Return the errors of the OWL 2 RL closure, with an assumed member of each of the classes in ``probed``."""
    import rdflib

    from lrp_kg.authoring.reasoning.owlreasoner import close
    from lrp_kg.guideline.rdflib_graph import to_plain

    graph = to_plain(triples)
    for name in probed:
        graph.add((rdflib.URIRef(_PROBE + local_name(name)), rdflib.URIRef(RDF + "type"), rdflib.URIRef(name)))
    yes, no = rdflib.Literal(True), rdflib.Literal(False)
    graph.add((yes, rdflib.URIRef(OWL + "differentFrom"), no))  # owlrl leaves out dt-diff
    errors = close(graph)
    if not errors:
        selves = (s for s, o in graph.subject_objects(rdflib.URIRef(OWL + "differentFrom")) if s == o)
        errors = [f"{s} is said to be different from itself" for s in selves]
    return sorted(set(errors))
