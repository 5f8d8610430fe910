"""What can be said of a term, and what a change of it asks of the version number.

Major: an identifier goes or is renamed, something gets stricter, an answer that programs get changes. Minor: something
is added and old inputs are answered as before. Patch: wording, translations, definitions, sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrp_kg.authoring.compare.model import Level
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS, SH, SKOS


@dataclass(frozen=True)
class Attribute:
    """A predicate: its name, its level, and how a change of it is told.

    ``how`` is changed, moved, renamed, deprecated, class (two classes are compared) or members (each is told).
    With ``by_effect`` the level is major where the decisions concerned answer differently, else the given one.
    """

    name: str
    level: Level
    how: str = "changed"
    by_effect: bool = False


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

ATTRIBUTES = {
    RDF + "type": Attribute("kind", Level.PATCH),
    RDFS + "range": Attribute("type", Level.MAJOR),
    DCTERMS + "identifier": Attribute("identifier", Level.MAJOR, "renamed"),
    SKOS + "notation": Attribute("identifier", Level.MAJOR, "renamed"),
    DCTERMS + "source": Attribute("source", Level.PATCH),
    DCTERMS + "valid": Attribute("valid-from", Level.MINOR, by_effect=True),
    DCTERMS + "isReplacedBy": Attribute("replacement", Level.MINOR, "deprecated"),
    OWL + "deprecated": Attribute("deprecated", Level.MINOR, "deprecated"),
    CP + "actor": Attribute("actor", Level.MAJOR),
    CP + "appliesTo": Attribute("applies-to", Level.MAJOR, "class"),
    CP + "askIf": Attribute("ask-if", Level.MINOR, "class"),
    CP + "askOrder": Attribute("ask-order", Level.MINOR),
    CP + "benefit": Attribute("benefit", Level.MINOR, "members"),
    CP + "concerns": Attribute("concerns", Level.MINOR),
    CP + "condition": Attribute("condition", Level.MAJOR, "class"),
    CP + "considers": Attribute("considers", Level.PATCH),
    CP + "countedFrom": Attribute("counted-from", Level.MAJOR),
    CP + "criterion": Attribute("criterion", Level.MINOR, "members", by_effect=True),
    CP + "declares": Attribute("declares", Level.MINOR),
    CP + "edition": Attribute("edition", Level.MINOR, "members", by_effect=True),
    CP + "expandsTo": Attribute("implies", Level.MAJOR),
    CP + "fact": Attribute("fact", Level.MAJOR),
    CP + "factKey": Attribute("fact", Level.MAJOR),
    CP + "factValue": Attribute("fact", Level.MAJOR),
    CP + "from": Attribute("duration", Level.MAJOR),
    CP + "hitPolicy": Attribute("hit-policy", Level.PATCH, by_effect=True),
    CP + "implies": Attribute("implies", Level.MAJOR),
    CP + "inBox": Attribute("box", Level.MAJOR, "moved"),
    CP + "inGuideline": Attribute("guideline", Level.PATCH),
    CP + "inStage": Attribute("stage", Level.MAJOR, "moved"),
    CP + "kind": Attribute("kind", Level.PATCH),
    CP + "limit": Attribute("limit", Level.MINOR, "members"),
    CP + "locator": Attribute("locator", Level.PATCH),
    CP + "measure": Attribute("duration", Level.MAJOR),
    CP + "modality": Attribute("modality", Level.MAJOR),
    CP + "notBefore": Attribute("time-limit", Level.MAJOR),
    CP + "onlyIfCertain": Attribute("only-if-certain", Level.MAJOR),
    CP + "optionOf": Attribute("decision", Level.MAJOR, "moved"),
    CP + "printedLabel": Attribute("printed-label", Level.PATCH),
    CP + "priority": Attribute("priority", Level.PATCH, by_effect=True),
    CP + "processStep": Attribute("step", Level.MINOR, "members"),
    CP + "refinedBy": Attribute("refined-by", Level.PATCH, by_effect=True),
    CP + "scope": Attribute("scope", Level.PATCH, "class", by_effect=True),
    CP + "section": Attribute("section", Level.MAJOR, "moved"),
    CP + "shownFor": Attribute("shown-for", Level.MAJOR, "moved"),
    CP + "timeLimit": Attribute("time-limit", Level.MAJOR),
    CP + "to": Attribute("duration", Level.MAJOR),
    CP + "within": Attribute("time-limit", Level.MAJOR),
}

IGNORED = {
    CP + "advice",  # the wording is compared, not where it comes from
    OWL + "equivalentClass",  # definitions are compared as classes
    OWL + "versionInfo",
    DCTERMS + "modified",
    RDFS + "subClassOf",
    RDFS + "domain",
}

OTHER = Attribute("other", Level.PATCH)
"""A predicate that is not known here."""
OTHER_OF_VOCABULARY = Attribute("other", Level.MINOR)

CARRIED = {"time-limit", "fact", "advice", "list", "term"}
"""Kinds that programs never see by themselves: what refers to one changes with it."""

BY_EFFECT = {"option", "stage", "box", "criterion", "edition"}
"""Kinds whose addition is major where the decision they belong to then answers otherwise."""


def attribute(predicate: str) -> Attribute:
    """Return what a predicate says."""
    return ATTRIBUTES.get(predicate) or (OTHER_OF_VOCABULARY if predicate.startswith(CP) else OTHER)


def level_of_adding(kind: str) -> Level:
    """Return the level of a new term, the effect on decisions not counted."""
    return Level.MAJOR if kind == "rule" else Level.PATCH if kind in CARRIED else Level.MINOR


def level_of_removing(kind: str) -> Level:
    """Return the level of a term that is gone."""
    return Level.MINOR if kind == "rule" else Level.PATCH if kind in CARRIED else Level.MAJOR
