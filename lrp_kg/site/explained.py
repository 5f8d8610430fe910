"""Explains one term: what it consists of, in words, and everything that depends on it, each with file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from lrp_kg.guideline.in_words import ExpressionPart
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import (
    Box,
    Caution,
    Condition,
    Criterion,
    Decision,
    Derived,
    Edition,
    Field,
    Guideline,
    OpenPoint,
    Option,
    Programme,
    Statement,
    Term,
)
from lrp_kg.guideline.relations import ClassRelations, class_relations
from lrp_kg.namespaces import CP, DCTERMS, PATIENT_RECORD, RDF
from lrp_kg.site.catalogue import Catalogue, Entry
from lrp_kg.site.searchable import OWN_KINDS
from lrp_kg.site.uses import Uses, uses_of, uses_through_others
from lrp_kg.site.words import SiteWords

Json = dict[str, Any]
Situation = tuple[str, str | None]
"""The phrase that says what a class is for, and the class."""


class TermExplainer:
    """Explains terms in one language; ``cases`` are the places of the cases whose answers name a term, by IRI."""

    def __init__(self, catalogue: Catalogue, lang: str, cases: Mapping[str, Iterable[tuple[str, str]]] | None) -> None:
        self.catalogue = catalogue
        self.guideline: Guideline = catalogue.guideline
        self.words = SiteWords(catalogue, lang)
        self.cases = cases
        self.uses: Uses = uses_of(catalogue)
        self._pages = {e.page: e for e in catalogue.entries.values()}

    def explain(self, entry: Entry) -> Json:
        """Return what a term is, consists of and is used by."""
        term = entry.term
        name = term.iri
        parts = parts_of_term(term, self.catalogue)
        return {
            **self.reference(entry),
            "definition": self._definition(term),
            "facts": list(self._facts(term)),
            "situations": [self._situation(name, *s) for s in situations(self.guideline, term) if s[1]],
            "parts": {role: self._references(t.iri for t in terms) for role, terms in parts if terms},
            "relations": self._relations(name),
            "usedBy": self._by_role(self._uses(name, {t.iri for _, terms in parts for t in terms})),
            "usedThroughOthers": self._by_role(uses_through_others(self.uses, name)),
            "cases": None if self.cases is None else [{"id": c, "place": p} for c, p in self.cases.get(name, ())],
        }

    def reference(self, entry: Entry) -> Json:
        """Return what a term is called, what it is part of, and where it is written."""
        term, page = entry.term, self._pages.get(entry.page)
        about = self.catalogue.label(term.stage) if isinstance(term, Box) else {}
        if page and page.term.iri != term.iri:
            about = page.term.label
        label, whole = self.words.label(term), self.words.text(about)
        return {
            "iri": term.iri,
            "name": self.guideline.index.short(term.iri),
            "id": term.id,
            "kind": entry.kind,
            "kindLabel": self._kind(entry),
            "label": f"{term.printed} {label}" if isinstance(term, Box) and term.printed else label,
            "about": whole if whole and whole not in label else None,
            "place": self.catalogue.place(term.iri) or None,
        }

    def _kind(self, entry: Entry) -> str:
        if isinstance(entry.term, Condition) and not self.catalogue.reads_one(entry.term.iri):
            return self.words.say("situation")
        if entry.kind == "term":
            kinds = (k.value for k in self.catalogue.graph.all(iri(entry.term.iri), RDF + "type"))
            labels = (self.words.text(self.catalogue.label(k)) for k in kinds)
            return next(filter(None, labels), self.words.say("search-kind-term"))
        return self.words.say(f"{'search-' if entry.kind in OWN_KINDS else ''}kind-{entry.kind}")

    def _definition(self, term: Term) -> str | None:
        found = self.words.text(self.catalogue.definition(term.iri))
        return found if found.rstrip(".").casefold() != self.words.label(term).rstrip(".").casefold() else None

    def _references(self, names: Iterable[str]) -> list[Json]:
        entries = (self.catalogue.find(n) or Entry(self.catalogue.term(n), "term", "") for n in names)
        return [self.reference(e) for e in entries]

    def _by_role(self, roles: Mapping[str, Iterable[str]]) -> Json:
        return {role.removeprefix("use-"): self._references(users) for role, users in roles.items()}

    def _situation(self, name: str, phrase: str, cls: str | None) -> Json:
        classes = self.guideline.classes
        if cls is None or cls == PATIENT_RECORD:
            always = _as_data(ExpressionPart("always"))
            return {"what": self.words.say(phrase), "condition": None, "definition": always, "inFull": always}
        entry = self.catalogue.find(cls)
        return {
            "what": self.words.say(phrase),
            "condition": self.reference(entry) if entry and entry.term.iri == cls != name else None,
            "definition": _as_data(self.words.part(classes[cls]).flat()),
            "inFull": _as_data(self.words.part(classes[cls], classes).flat()),
        }

    def _relations(self, name: str) -> Json:
        """Return the conditions below and above a condition, and those that exclude it; nothing for another term."""
        if name not in self.guideline.conditions:
            return {}
        own = self.related
        relations = (("narrower", own.narrower), ("broader", own.broader), ("excluded", own.excluded))
        return {kind: self._references(found[name]) for kind, found in relations if name in found}

    @cached_property
    def related(self) -> ClassRelations:
        """How conditions lie to each other."""
        return class_relations(self.guideline)

    def _uses(self, name: str, parts: Collection[str]) -> dict[str, list[str]]:
        """Return what uses a term by role; the last are other terms that name it, such as shapes, beside its parts."""
        found = {role: list(users) for role, users in self.uses.get(name, {}).items()}
        known = {name, *parts, *(user for users in found.values() for user in users)}
        graph = self.catalogue.graph
        for user in graph.users(iri(name)):
            if user.value not in known:
                based = iri(name) in graph.all(user, DCTERMS + "source")
                found.setdefault("use-source" if based else "use-other", []).append(user.value)
        return found

    def _facts(self, term: Term) -> Iterator[Json]:
        """Yield what else is said of a term: its question, its bounds, its force, its source."""
        for phrase, text in facts_of(term, self.words, self.catalogue):
            if text:
                yield {"what": self.words.say(phrase), "text": text}
        source = self.catalogue.source(term.iri)
        if source:
            locator = self.words.text(self.catalogue.locator(term.iri))
            said = self.words.text(self.catalogue.label(source))
            yield {"what": self.words.say("kind-source"), "text": f"{said}, {locator}" if locator else said}


def situations(guideline: Guideline, term: Term) -> list[Situation]:
    """Return the classes that say when a term applies, and the definition of a condition."""
    match term:
        case Condition():
            return [("defined-as", term.iri)]
        case Option() | Caution():
            return [("applies-in", term.applies_to)]
        case Criterion():
            return [("met-in", term.applies_to)]
        case Decision():
            return [("scope", term.scope)]
        case Edition():
            return [("scope", guideline.decisions[term.decision].scope)]
        case Box():
            decision, option = guideline.shown_with(term)
            shown = ("applies-in", option.applies_to) if option else ("scope", decision.scope)
            return [shown, ("applies-in", term.applies_to)] if term.applies_to != shown[1] else [shown]
        case Statement():
            return [("applies-in", cls) for cls in dict.fromkeys(term.classes)]
        case OpenPoint():
            return [("applies-in", cls) for cls in dict.fromkeys((term.applies_to, term.decisive_in))]
        case Field():
            return [("ask-if", term.ask_if)]
    return []


def parts_of_term(term: Term, catalogue: Catalogue) -> list[tuple[str, tuple[Term, ...]]]:
    """Return what a term consists of, by the phrase that heads it."""
    match term:
        case Field():
            return [("values", term.values)]
        case Decision():
            return [("options", term.options)]
        case Option():
            return [("kinds-box", catalogue.boxes_of(term.iri))]
        case Box():
            return [("statements", term.statements)]
        case Programme():
            return [("editions", term.editions)]
        case Edition():
            return [
                ("criteria", term.criteria),
                ("benefits", term.benefits),
                ("limits", term.limits),
                ("steps", term.steps),
            ]
    return []


def facts_of(term: Term, words: SiteWords, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield phrases, and what they say of a term."""

    def named(name: str | None) -> str:
        return words.text(catalogue.label(name)) if name else ""

    match term:
        case Field():
            yield "question", words.text(term.question)
            yield "type", words.say(f"type-{term.kind}")
            bounded = term.low is not None or term.high is not None
            yield "bounds", words.interval(term.iri, term.low, term.high) if bounded else ""
            yield "implies", "; ".join(map(named, term.implies))
            yield "excludes", "; ".join(map(named, term.excludes))
        case Derived():
            yield "measure", named(CP + term.measure)
            yield "from-date", named(term.start)
            yield "to-date", named(term.end)
        case Decision():
            yield "policy", named(CP + term.policy)
        case Option():
            yield "refined-by", named(term.refined_by)
        case Box():
            yield "section", words.label(term.section)
        case Statement():
            yield "modality", words.label(term.modality)
            yield "actor", words.label(term.actor) if term.actor else ""
            yield "applies-in", words.text(term.condition_text)
            for limit in term.limits:
                for phrase, period in (("not-before", limit.not_before), ("within", limit.within)):
                    if period:
                        fill = {"period": words.period(period), "field": named(limit.counted_from)}
                        yield "time", words.say(phrase, **fill)
        case Edition():
            yield "valid-from", term.valid_from.isoformat() if term.valid_from else words.say("from-the-start")
            yield "valid-until", term.valid_until.isoformat() if term.valid_until else ""
        case Caution():
            yield "site-severity", words.label(term.severity)  # a field of a guideline may be called without the prefix
        case OpenPoint():
            yield "point-kind", words.label(term.kind)
            yield "reading", words.text(term.reading)


def _as_data(part: ExpressionPart) -> Json:
    data: Json = {"how": part.how}
    if part.parts:
        data["parts"] = [_as_data(p) for p in part.parts]
    return data | {key: text for key in ("iri", "label", "value") if (text := getattr(part, key))}
