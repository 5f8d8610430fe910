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
from lrp_kg.authoring.reasoning.causes import MOST, PROBE, Causes, with_differences
from lrp_kg.authoring.reasoning.clashes import plain_clashes
from lrp_kg.authoring.reasoning.contradiction import FirstInconsistent
from lrp_kg.authoring.reasoning.logic import Logic
from lrp_kg.authoring.reasoning.modularise import Piece, conjuncts, without_bounds
from lrp_kg.authoring.reasoning.statements import OwlStatement
from lrp_kg.cache import cache_folder, file_name, read_kept, remembered, write_kept
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import files_to_check
from lrp_kg.guideline.modules import read_modules
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import OWL, RDF, local_name

KEPT = 10_000
"""Conditions that are remembered as sound from one process to the next."""
_BY_HERMIT = "HermiT finds that not all axioms can be true"
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
    """Return contradictions and classes that cannot have a member, each with the statements that are its cause.

    Unless ``hermit`` is ``False`` it also runs HermiT, or adds a note that says why HermiT cannot run. If a module
    cannot be parsed, it returns nothing: `check_well_made` reports that. ``report`` is called before each long step.
    """
    modules, unreadable = read_modules(files_to_check(folder))
    if unreadable:
        return []
    logic = Logic(t for m in modules if m.is_ontology for t in m.triples)
    cache = cache or CheckCache()
    judgements = cache.recall(("judgements", frozenset(logic.triples)), lambda: _judgements(logic, cache, report))
    causes = Causes(modules, logic, folder)
    sound = SoundnessFindings(logic, causes, folder, Positions([m.text for m in modules]), report)
    sound.add_plain()
    sound.add(judgements, _first_by_owlrl)
    if hermit is False:
        return sound.found
    from lrp_kg.authoring.reasoning.hermit import HermitFailed, first_inconsistent

    report("HermiT, over the whole ontology")
    try:
        asked = [_remembered(logic.facts(), _ask_about_facts), _remembered(logic.whole(), _ask_hermit)]
        sound.add(asked, first_inconsistent)
    except HermitFailed as error:
        message = f"HermiT did not check the ontology: {error}"
        sound.found.append(Finding("hermit-not-run", message, str(folder), severity="note"))
    return sound.found


def _judgements(logic: Logic, cache: CheckCache, report: Callable[[str], None]) -> list[Judgement]:
    """Return the judgements of owlrl on the base, and on conditions not yet known to be sound."""
    keys = {name: logic.piece([name]).without_bounds().key for name in logic.judged}
    sound: frozenset[str] = cache.latest("sound conditions") or _kept_sound()
    pending = [name for name, key in keys.items() if key not in sound]
    base = logic.base()
    found = [judge(base)] if base else []
    pieces = [*(logic.pieces(pending) if sound else logic.pieces())]
    judged = []
    for number, piece in enumerate(pieces, 1):
        report(f"owlrl, part {number} of {len(pieces)} of the ontology")
        judged.append((piece, judge(piece)))
    doubtful = {n for piece, own in judged if own.contradictions or own.impossible for n in piece.probed}
    now_sound = frozenset(key for name, key in keys.items() if name not in doubtful)
    cache.keep("sound conditions", now_sound)
    if not now_sound <= sound:
        _keep_sound(now_sound, sound)
    return found + [own for _, own in judged]


def _sound_file() -> Path | None:
    """Return the file of what is known to be sound, by the code that finds it so."""
    folder = cache_folder()
    key = f"owlrl {importlib.metadata.version('owlrl')}"
    return folder / "sound-conditions" / file_name(key, Path(__file__).parent) if folder else None


def _kept_sound() -> frozenset[str]:
    """Return the keys of the conditions that earlier checks found sound."""
    file = _sound_file()
    return frozenset(((read_kept(file) if file else None) or "").split())


def _keep_sound(new: frozenset[str], before: frozenset[str]) -> None:
    """Keep the keys of conditions that are sound, and the last ones of earlier checks."""
    file = _sound_file()
    if file:
        write_kept(file, "\n".join([*sorted(new), *sorted(before - new)][:KEPT]))


def _ask_hermit(piece: Piece) -> Judgement:
    from lrp_kg.authoring.reasoning.hermit import ask_hermit

    consistent, impossible = ask_hermit(piece.triples)
    reason = "HermiT finds that it cannot have a member"
    return Judgement(() if consistent else (_BY_HERMIT,), dict.fromkeys(impossible, reason))


def _ask_about_facts(piece: Piece) -> Judgement:
    from lrp_kg.authoring.reasoning.hermit import first_inconsistent

    return Judgement(() if first_inconsistent([piece.triples]) is None else (_BY_HERMIT,), {})


class SoundnessFindings:
    """Makes findings of judgements, each problem once, with its cause."""

    def __init__(
        self, logic: Logic, causes: Causes, folder: Path, positions: Positions, report: Callable[[str], None]
    ) -> None:
        self.found: list[Finding] = []
        self._logic, self._causes, self._positions, self._report = logic, causes, positions, report
        self._folder = str(folder)
        self._known: list[OwlStatement] = []
        self._impossible: dict[str, str] = {}

    def add_plain(self) -> None:
        """Add the contradictions that need no reasoner."""
        for statements in plain_clashes(self._logic.triples):
            self._add_contradiction(statements)

    def add(self, judgements: Sequence[Judgement], first_inconsistent: FirstInconsistent) -> None:
        """Add what a reasoner judges; it is asked for the cause."""
        messages = {frozenset(_IRI.findall(m)): m for j in judgements for m in reversed(j.contradictions)}
        for terms, message in messages.items():
            known = {name for s in self._known for name in s.terms}
            if terms and terms & known >= {t for t in terms if self._positions.where(t)}:
                continue
            self._report("what contradicts itself")
            causes = list(self._causes.contradictions(set(self._known), terms, first_inconsistent))
            for statements in causes:
                self._add_contradiction(statements)
            if not causes and (terms or not self._known):
                self._add_unexplained(message)
        impossible = {n: why for j in judgements for n, why in j.impossible.items() if n not in self._impossible}
        self._impossible |= impossible
        explained = 0
        for name, why in impossible.items():
            inner = [n for n in self._named(name) if n in self._impossible]
            needed: list[OwlStatement] = []
            if not inner and explained < MOST:
                self._report(f"why {local_name(name)} cannot have a member")
                needed = self._causes.exclusion(name, first_inconsistent)
                explained += 1
            self.found.append(self._of_impossible(name, why, inner, needed))

    def _add_contradiction(self, statements: Sequence[OwlStatement]) -> None:
        self._known += statements
        self.found.append(self._causes.contradiction(statements))

    def _add_unexplained(self, message: str) -> None:
        placed = [(iri, self._positions.where(iri)) for iri in _IRI.findall(message)]
        term, place = next((pair for pair in placed if pair[1]), ("", self._folder))
        text = f"The ontology contradicts itself: {_shown(message)}. Correct one of the axioms about these terms."
        self.found.append(Finding("ontology-inconsistent", text, place, term=term))

    def _of_impossible(self, name: str, why: str, inner: Sequence[str], statements: Sequence[OwlStatement]) -> Finding:
        where = self._positions.where(name) or self._folder
        if statements:
            return self._causes.impossible(name, statements, where)
        text = f"{local_name(name)}: cannot have a member: {_shown(why)}. Correct its definition."
        if inner:
            text = f"{local_name(name)}: cannot have a member, as {local_name(inner[0])} cannot. Correct that first."
        return Finding("unsatisfiable-class", text, where, term=name)

    def _named(self, condition: str) -> Iterator[str]:
        """Yield the other conditions that the definition of one needs."""
        return (n for n in conjuncts(condition, self._logic.by_subject) if n != condition)


def _shown(message: str) -> str:
    """Return a message of owlrl with local names for IRIs, corrected where it names the class as the member."""
    plain = _IRI.sub(lambda m: "a member" if m[0].startswith(PROBE) else local_name(m[0]), message)
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
    pending = list(piece.probed)
    for name in pending:
        errors = [e for e in _errors(piece.only(name).triples, (name,)) if e not in anyway]
        if errors:
            impossible[name] = min(errors, key=_shown)
            pending += [part for part in piece.conjuncts(name) if part not in pending]
    return Judgement(tuple(anyway), impossible)


def _first_by_owlrl(sets: Sequence[Sequence[ox.Triple]]) -> int | None:
    """Return the number of the first of some sets of axioms in which owlrl finds an error."""
    return next((n for n, triples in enumerate(sets) if _errors(with_differences(without_bounds(triples)), ())), None)


def _errors(triples: Sequence[ox.Triple], probed: Sequence[str]) -> list[str]:
    """Return the errors of the OWL 2 RL closure, with an assumed member of each of the classes in ``probed``."""
    import rdflib

    from lrp_kg.authoring.reasoning.owlreasoner import close
    from lrp_kg.guideline.rdflib_graph import to_plain

    graph = to_plain(triples)
    for name in probed:
        graph.add((rdflib.URIRef(PROBE + local_name(name)), rdflib.URIRef(RDF + "type"), rdflib.URIRef(name)))
    yes, no = rdflib.Literal(True), rdflib.Literal(False)
    graph.add((yes, rdflib.URIRef(OWL + "differentFrom"), no))  # owlrl leaves out dt-diff
    errors = close(graph)
    if not errors:
        selves = (s for s, o in graph.subject_objects(rdflib.URIRef(OWL + "differentFrom")) if s == o)
        errors = [f"{s} is said to be different from itself" for s in selves]
    return sorted(set(errors))
