"""What a comparison calls each thing that can be said of a term, and what a change of it asks of the version number.

The level of a change is annotated on the terms of the vocabulary (``cp:changeLevel``). Major: an identifier goes or is
renamed, something gets stricter, an answer that programs get changes. Minor: something is added and old inputs are
answered as before. Patch: wording, translations, definitions, sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lrp_kg.authoring.compare.model import Level
from lrp_kg.authoring.compare.snapshot import KINDS
from lrp_kg.guideline.files import vocabulary_file
from lrp_kg.guideline.index import read_turtle
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS, SH, SKOS

TEXTS = {
    RDFS + "label": "label",
    SKOS + "definition": "definition",
    SKOS + "scopeNote": "note",
    DCTERMS + "title": "label",
    DCTERMS + "description": "definition",
    CP + "hint": "hint",
    CP + "question": "question",
    CP + "reading": "reading",
    CP + "otherReading": "other-reading",
    CP + "conditionText": "condition",
    SH + "message": "message",
}
"""Predicates whose objects are read by people, one or more in each language."""

NAMES = {
    RDF + "type": "kind",
    RDFS + "range": "type",
    DCTERMS + "identifier": "identifier",
    SKOS + "notation": "identifier",
    DCTERMS + "source": "source",
    DCTERMS + "valid": "valid-from",
    DCTERMS + "isReplacedBy": "replacement",
    OWL + "deprecated": "deprecated",
    CP + "actor": "actor",
    CP + "appliesTo": "applies-to",
    CP + "askIf": "ask-if",
    CP + "askOrder": "ask-order",
    CP + "benefit": "benefit",
    CP + "concerns": "concerns",
    CP + "condition": "condition",
    CP + "considers": "considers",
    CP + "countedFrom": "counted-from",
    CP + "criterion": "criterion",
    CP + "declares": "declares",
    CP + "edition": "edition",
    CP + "expandsTo": "implies",
    CP + "fact": "fact",
    CP + "factKey": "fact",
    CP + "factValue": "fact",
    CP + "from": "duration",
    CP + "hitPolicy": "hit-policy",
    CP + "implies": "implies",
    CP + "inBox": "box",
    CP + "inGuideline": "guideline",
    CP + "inStage": "stage",
    CP + "kind": "kind",
    CP + "limit": "limit",
    CP + "locator": "locator",
    CP + "measure": "duration",
    CP + "modality": "modality",
    CP + "notBefore": "time-limit",
    CP + "onlyIfCertain": "only-if-certain",
    CP + "optionOf": "decision",
    CP + "printedLabel": "printed-label",
    CP + "priority": "priority",
    CP + "processStep": "step",
    CP + "refinedBy": "refined-by",
    CP + "scope": "scope",
    CP + "section": "section",
    CP + "shownFor": "shown-for",
    CP + "timeLimit": "time-limit",
    CP + "to": "duration",
    CP + "within": "time-limit",
}
"""What a comparison calls a predicate whose objects programs read."""

_FORMS = {
    DCTERMS + "identifier": "renamed",
    SKOS + "notation": "renamed",
    DCTERMS + "isReplacedBy": "deprecated",
    OWL + "deprecated": "deprecated",
    CP + "appliesTo": "class",
    CP + "askIf": "class",
    CP + "condition": "class",
    CP + "scope": "class",
    CP + "benefit": "members",
    CP + "criterion": "members",
    CP + "edition": "members",
    CP + "limit": "members",
    CP + "processStep": "members",
    CP + "inBox": "moved",
    CP + "inStage": "moved",
    CP + "optionOf": "moved",
    CP + "section": "moved",
    CP + "shownFor": "moved",
}

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
    """Tell whether a new term of a kind is major where the decision it belongs to then answers otherwise."""
    return _BY_EFFECT in _said_of(kind)


def level_of_adding(kind: str) -> Level:
    """Return the level of a new term, the effect on decisions not counted; a new rule refuses records."""
    default = Level.MAJOR if kind == "rule" else Level.PATCH if kind in _UNSEEN else Level.MINOR
    return _level(_said_of(kind), default)


def level_of_removing(kind: str) -> Level:
    """Return the level of a term that is gone."""
    default = Level.MINOR if kind == "rule" else Level.PATCH if kind in _UNSEEN else Level.MAJOR
    return _level(_said_of(kind), default)
