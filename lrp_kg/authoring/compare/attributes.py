"""The name of each attribute of a term in a comparison, and which part of the version number a change of it raises.

The level of a change is annotated on the terms of the vocabulary (``cp:changeLevel``). Major: an identifier goes or is
renamed, something gets stricter, an answer that programs get changes. Minor: something is added and old inputs are
answered as before. Patch: wording, translations, definitions, sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lrp_kg.authoring.compare.model import Level
from lrp_kg.authoring.compare.snapshot import KINDS, hyphenated
from lrp_kg.guideline.files import vocabulary_file
from lrp_kg.guideline.index import read_turtle
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS, SH, SKOS


def _inverted(terms: dict[str, list[str]]) -> dict[str, str]:
    return {term: name for name, own in terms.items() for term in own}


TEXTS = {
    RDFS + "label": "label",
    SKOS + "definition": "definition",
    SKOS + "scopeNote": "note",
    DCTERMS + "title": "label",
    DCTERMS + "description": "definition",
    SH + "message": "message",
    CP + "conditionText": "condition",
    CP + "locator": "locator",
} | {
    CP + name: hyphenated(name)
    for name in ("callText", "hint", "ifPhrase", "question", "reading", "otherReading", "unit")
}
"""Predicates whose objects are read by people, one or more in each language."""

_OWN_NAME = (
    *("actor", "anyVerdict", "appliesTo", "askIf", "askOrder", "benefit", "callsFor", "concerns", "condition"),
    *("considers", "countedFrom", "criterion", "decisiveIn", "declares", "edition", "endsPathway", "fact", "hitPolicy"),
    *("excludes", "implies", "kind", "limit", "modality", "liftedIf", "printedLabel", "priority", "reachedIf"),
    *("refinedBy", "scope", "section", "severity"),
    *("shownFor", "timeLimit"),
    *("earliestProperty", "latestProperty", "uncertain", "dayNumberProperty"),
    *("headlineOrder", "agreesWith", "differsFrom", "doubts", "advisesAgainst", "againstAdvice"),
)
_OTHER_NAME = {
    "box": [CP + "inBox"],
    "decision": [CP + "optionOf"],
    "deprecated": [OWL + "deprecated"],
    "duration": [CP + "from", CP + "to", CP + "measure"],
    "fact": [CP + "factKey", CP + "factValue"],
    "guideline": [CP + "inGuideline"],
    "identifier": [DCTERMS + "identifier", SKOS + "notation"],
    "implies": [CP + "expandsTo"],
    "kind": [RDF + "type"],
    "note": [CP + "notedOnDateOf", CP + "notedAfterDateOf", CP + "notedWithin"],
    "replacement": [DCTERMS + "isReplacedBy"],
    "source": [DCTERMS + "source"],
    "stage": [CP + "inStage"],
    "step": [CP + "processStep"],
    "time-limit": [CP + "notBefore", CP + "within"],
    "type": [RDFS + "range"],
    "valid-by": [CP + "validBy", CP + "validity"],
    "valid-from": [DCTERMS + "valid"],
    "valid-until": [CP + "validUntil"],
}
NAMES = {CP + name: hyphenated(name) for name in _OWN_NAME} | _inverted(_OTHER_NAME)
"""What a comparison calls a predicate whose objects programs read."""

_FORMS = _inverted(
    {
        "renamed": [DCTERMS + "identifier", SKOS + "notation"],
        "deprecated": [DCTERMS + "isReplacedBy", OWL + "deprecated"],
        "class": [
            CP + name for name in ("appliesTo", "askIf", "condition", "decisiveIn", "liftedIf", "reachedIf", "scope")
        ],
        "members": [CP + name for name in ("benefit", "criterion", "edition", "limit", "processStep")],
        "moved": [CP + name for name in ("inBox", "inStage", "optionOf", "section", "shownFor")],
    }
)

_BY_EFFECT = "by-effect"
_UNSEEN = ("list", "term")
"""Kinds without a class of the vocabulary that programs never see by themselves."""


@dataclass(frozen=True)
class Attribute:
    """A predicate: its name, its level, and how a change of it is reported.

    ``form`` is changed, moved, renamed, deprecated, class (two classes are compared) or members (each is reported).
    With ``by_effect`` the level is major where the decisions concerned answer differently, else the given one.
    """

    name: str
    level: Level
    form: str
    by_effect: bool


@lru_cache(maxsize=1)
def _levels() -> dict[str, list[str]]:
    """Return what the vocabulary of this package says of the level of changes, by term."""
    graph = read_turtle([vocabulary_file()])
    found = {node.value: graph.all(node, CP + "changeLevel") for node in graph.by_subject}
    return {term: [level.value for level in levels] for term, levels in found.items() if levels}


def _level(said: list[str], default: Level) -> Level:
    return next((level for level in Level if level.word in said), default)


def attribute(predicate: str) -> Attribute:
    """Return what a predicate says."""
    said = _levels().get(predicate, [])
    return Attribute(
        name=TEXTS.get(predicate) or NAMES.get(predicate, "other"),
        level=_level(said, Level.MINOR if predicate.startswith(CP) else Level.PATCH),
        form=_FORMS.get(predicate, "changed"),
        by_effect=_BY_EFFECT in said,
    )


def _said_of(kind: str) -> list[str]:
    return next((_levels().get(CP + cls, []) for cls, name in KINDS.items() if name == kind), [])


def by_effect(kind: str) -> bool:
    """Return whether a new term of a kind is major where its decision then gives another answer."""
    return _BY_EFFECT in _said_of(kind)


def level_of_adding(kind: str) -> Level:
    """Return the level of a new term, the effect on decisions not counted; a new rule refuses records."""
    default = Level.MAJOR if kind == "rule" else Level.PATCH if kind in _UNSEEN else Level.MINOR
    return _level(_said_of(kind), default)


def level_of_removing(kind: str) -> Level:
    """Return the level of a term that is gone."""
    default = Level.MINOR if kind == "rule" else Level.PATCH if kind in _UNSEEN else Level.MAJOR
    return _level(_said_of(kind), default)
