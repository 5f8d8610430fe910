"""The functions that templates call: words, links, terms and statements, for one page in one language."""

from __future__ import annotations

import re

from markupsafe import Markup

from lrp_kg.guideline.in_words import ExpressionPart
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import (
    Box,
    Condition,
    Decision,
    Derived,
    Edition,
    Fact,
    Option,
    Programme,
    Term,
    TimeLimit,
)
from lrp_kg.guideline.validity import Validity
from lrp_kg.namespaces import CP, DCTERMS, OWL, PATIENT_RECORD, SKOS
from lrp_kg.site.catalogue import KINDS, Entry, slug
from lrp_kg.site.content import Content
from lrp_kg.site.frame import ALPHABETICAL, Frame, language_links
from lrp_kg.site.words import SiteWords
from lrp_kg.words import LANGUAGES, Text, in_language, other_language, phrase

FEW = 8
"""Options of a decision that are shown without folding them by stage."""

CASES, PICTURE = "case", "pathway.svg"


class PageView:
    """A page in one language."""

    languages = LANGUAGES
    kinds = KINDS
    record, skos, cp = PATIENT_RECORD, SKOS, CP
    slug = staticmethod(slug)

    def __init__(self, content: Content, words: SiteWords, path: str) -> None:
        self.content = content
        self.words = words
        self.path = path
        self.catalogue = content.catalogue
        self.guideline = content.guideline
        self.lang = words.lang
        self.root = "../" * path.count("/")

    # -- words and links --------------------------------------------------------------------------

    def w(self, name: str, /, **values: object) -> str:
        """Return a phrase."""
        return self.words.say(name, **values)

    def t(self, texts: Text) -> Markup:
        """Return a text, marked with its language if that is not the page's."""
        text, lang = self.words.text(texts), other_language(texts, self.lang)
        return Markup('<span lang="{}">{}</span>').format(lang, text) if lang else Markup.escape(text)

    def locator(self, texts: Text) -> Markup:
        """Return a place in a source; one without words, such as *2.C*, is in no language."""
        text = self.words.text(texts)
        return self.t(texts) if re.search(r"[^\W\d_]{3}", text) else Markup.escape(text)

    def label(self, term: Term) -> Markup:
        """Return the label of a term."""
        return self.t(term.label) if term.label else Markup.escape(term.id)

    def href(self, name: str) -> str:
        """Return the address of a term as seen from this page; empty if it has none."""
        entry = self.catalogue.find(name)
        if entry is None:
            return ""
        return f"#{entry.anchor}" if entry.page == self.path and entry.anchor else self.root + entry.address

    def link(self, name: str) -> Markup:
        """Return a link to a term with its label."""
        entry = self.catalogue.find(name)
        if entry is None:
            return self.t(self.catalogue.label(name)) or Markup.escape(self.catalogue.term(name).id)
        return Markup('<a href="{}">{}</a>').format(self.href(name), self.label(entry.term))

    def answer(self, option: Option) -> Markup:
        """Return the label of an option, with a link unless it belongs to a programme."""
        entry = self.catalogue.find(option.iri)
        return self.link(option.iri) if entry and entry.term.iri == option.iri else self.label(option)

    @property
    def frame(self) -> Frame:
        """Return what surrounds the page."""
        others = {code: f"{self.root}../{code}/{self.path}" for code in LANGUAGES}
        return Frame(
            guideline=self.guideline,
            lang=self.lang,
            guide=f"{self.root}../",
            service=f"{self.root}../../" if self.content.served else None,
            languages=language_links(self.lang, others),
            here="place-alphabetical" if self.path == ALPHABETICAL else "place-pathway",
        )

    def language_name(self, lang: str) -> str:
        """Return the name of a language in that language."""
        return phrase("language-name", lang)

    # -- terms ------------------------------------------------------------------------------------

    def definition(self, name: str) -> Text:
        """Return the definitions of a term; none if they only repeat its label, or none is in the page's language."""
        found, label = self.catalogue.definition(name), self.catalogue.label(name)
        if self.lang not in found:
            return {}
        same = in_language(found, "en").rstrip(".").casefold() == in_language(label, "en").casefold()
        return {} if same else found

    def uses(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return the terms that use a term, by role, without open points."""
        return {r: u for r, u in self.content.uses.get(name, {}).items() if r != "use-open-point"}

    def open_points(self, name: str) -> tuple[str, ...]:
        """Return the open points that concern a term."""
        return self.content.uses.get(name, {}).get("use-open-point", ())

    def kind_of(self, name: str) -> str:
        """Return the kind of a term, which is part of the names of phrases."""
        entry = self.catalogue.find(name)
        return entry.kind if entry else ""

    def kind_word(self, entry: Entry) -> str:
        """Return the word for what a term is."""
        return self.w("situation" if self.is_situation(entry.term) else f"kind-{entry.kind}")

    def decision_of(self, option: str) -> Decision | None:
        """Return the decision of an option."""
        return next((d for d in self.catalogue.decisions if any(o.iri == option for o in d.options)), None)

    def option_of(self, name: str) -> Option | None:
        """Return an option by its IRI."""
        return next((o for d in self.catalogue.decisions for o in d.options if o.iri == name), None)

    def stage_of(self, option: str) -> Term | None:
        """Return the stage that an option belongs to: that of its boxes, if they have a single one."""
        own = self.guideline.boxes.get(option)
        boxes = [own] if own else self.boxes_shown_for(option)
        entries = {b.stage: self.catalogue.find(b.stage) for b in boxes}
        found = [e.term for e in entries.values() if e and e.kind == "stage"]
        return found[0] if len(entries) == len(found) == 1 else None

    def options_by_stage(self, decision: Decision) -> list[tuple[Term | None, list[Option]]]:
        """Return the options of a decision under their stages, ``None`` for those without; in one group if few."""
        if not self.has_many_stages(decision):
            return [(None, list(decision.options))]
        found: dict[str, tuple[Term | None, list[Option]]] = {}
        for option in decision.options:
            stage = self.stage_of(option.iri)
            found.setdefault(stage.iri if stage else "", (stage, []))[1].append(option)
        return list(found.values())

    def has_many_stages(self, decision: Decision) -> bool:
        """Return whether the options of a decision are so many, of several stages, that a page folds them."""
        stages = {s.iri for o in decision.options if (s := self.stage_of(o.iri))}
        return len(stages) > 1 and len(decision.options) > FEW

    def boxes_shown_for(self, name: str) -> list[Box]:
        """Return the boxes that are shown for an option or in the scope of a decision."""
        return [b for b in self.guideline.boxes.values() if b.shown_for == name and b.iri != name]

    def vocabulary(self, name: str) -> Term:
        """Return a term of the vocabulary by its local name."""
        return self.catalogue.term(CP + name)

    def is_derived(self, term: Term) -> bool:
        """Return whether a field is computed."""
        return isinstance(term, Derived)

    def is_situation(self, term: Term) -> bool:
        """Return whether a term is a named class that reads several fields."""
        return isinstance(term, Condition) and not self.catalogue.reads_one(term.iri)

    def definition_in_words(self, name: str, *, in_full: bool = False) -> ExpressionPart:
        """Return the definition of a class; ``in_full`` replaces the conditions it names by their definitions."""
        if name == PATIENT_RECORD:
            return ExpressionPart("always")
        classes = self.guideline.classes
        return self.words.part(classes[name], classes if in_full else None).flat()

    def goes_deeper(self, name: str) -> bool:
        """Return whether a definition names other conditions, so that its full form says more."""
        return self.definition_in_words(name) != self.definition_in_words(name, in_full=True)

    def field_link(self, name: str) -> Markup:
        """Return a link to a field or condition, with its label in the words of criteria."""
        label = Markup.escape(self.words.term(name))
        return Markup('<a href="{}">{}</a>').format(self.href(name), label) if self.href(name) else label

    def if_link(self, name: str) -> Markup:
        """Return a link to a condition, as it follows what depends on it."""
        said = Markup.escape(self.t(self.guideline.conditions[name].if_phrase))
        return Markup('<a href="{}">{}</a>').format(self.href(name), said)

    def literals(self, name: str, predicate: str) -> list[Markup]:
        """Return the literals of a term in the page's language, in English if there are none."""
        found = [o for o in self.catalogue.graph.all(iri(name), predicate) if o.is_literal]
        own = [o.value for o in found if o.language == self.lang]
        if own:
            return [Markup.escape(text) for text in own]
        return [self.t({o.language or "en": o.value}) for o in found if o.language in ("", "en")]

    def of_earlier_editions(self, programme: Programme, edition: Edition) -> frozenset[str]:
        """Return the statements that the editions of a programme before one have too, by IRI."""
        earlier = programme.editions[: programme.editions.index(edition)]
        return frozenset(s.iri for e in earlier for s in e.statements)

    def source_facts(self, name: str) -> list[tuple[str, str]]:
        """Return what the guideline says about a source: the names of phrases, and texts."""
        known = (
            ("publisher", DCTERMS + "publisher"),
            ("version", OWL + "versionInfo"),
            ("issued", DCTERMS + "issued"),
            ("gazette-number", CP + "gazetteNumber"),
            ("language", DCTERMS + "language"),
            ("licence", DCTERMS + "license"),
        )
        graph = self.catalogue.graph
        found = ((phrase, self.words.text(graph.texts(iri(name), predicate))) for phrase, predicate in known)
        return [(phrase, text) for phrase, text in found if text]

    # -- statements -------------------------------------------------------------------------------

    def limit(self, limit: TimeLimit) -> list[Markup]:
        """Return a time limit in words."""
        field = self.link(limit.counted_from)
        found = []
        for when, period in (("not-before", limit.not_before), ("within", limit.within)):
            if period:
                found.append(Markup.escape(self.w(when)).format(period=self.words.period(period), field=field))
        return found

    def in_force(self, validity: Validity | None) -> list[Markup]:
        """Return when a rule holds, in words: each of its periods, with the dates that lie in it."""
        found = []
        for period in validity.every if validity else ():
            one_side = "in-force-from" if period.first else "in-force-until"
            name = "in-force-between" if period.first and period.last else one_side
            fields = Markup(", ").join(map(self.link, period.by))
            found.append(Markup.escape(self.w(name)).format(first=period.first, last=period.last, field=fields))
        return found

    def fact(self, fact: Fact) -> Markup:
        """Return the key and the value of a fact, in words."""
        key = next((k for k in self.guideline.fact_keys.values() if k.id == fact.key), None)
        name = self.label(key) if key else Markup.escape(fact.key)
        if fact.value is None:
            value = Markup.escape(self.w("latest-date"))
        elif isinstance(fact.value, bool):
            value = Markup.escape(self.words.yes_no(fact.value))
        else:
            value = Markup("<code>{}</code>").format(fact.value)
        return Markup("{}: {}").format(name, value)
