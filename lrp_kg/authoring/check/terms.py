"""Checks that terms are declared and not deprecated, have IRIs where they need them, and have well-formed literals."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check.literals import fault_of
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS, SH, XSD, local_name

_TYPE = RDF + "type"
_STANDARD = (RDF, RDFS, OWL, SH, XSD)
"""Vocabularies with a fixed set of terms; any other name in them is a mistake."""
_EMPTY = re.compile(r"\s*(todo|tbd|fixme|x{3,}|\.{3}|…|\?+|-+)?[\s:.]*", re.IGNORECASE)
_AXIOMS = {OWL + name for name in ("AllDifferent", "AllDisjointClasses", "AllDisjointProperties", "Axiom")}
_ANONYMOUS = _AXIOMS | {OWL + "Class", OWL + "Restriction", RDFS + "Datatype"}


class TermChecks:
    """Checks the terms of all modules together."""

    def __init__(
        self, folder: Path, modules: Sequence[Module], positions: Positions, cache: CheckCache | None = None
    ) -> None:
        self.modules = modules
        self.positions = positions
        cache = cache or CheckCache()
        self._terms = [(m, cache.recall(("terms", m.key), partial(_ModuleTerms, m))) for m in modules]
        self._own = [(m, terms) for m, terms in self._terms if m.is_within(folder)]
        self.declared = set[str]().union(*(own.declared for _, own in self._terms))
        self.namespaces = {CP}.union(*(own.namespaces for m, own in self._terms if m.is_ontology))

    # -- declared -------------------------------------------------------------------------------

    def undeclared(self) -> Iterator[Finding]:
        """Yield terms that are used but not declared, at their first use, with a similar declared term."""
        unknown = (term for _, own in self._own for term, is_term in own.used if self._unknown(term, is_term))
        for term in dict.fromkeys(unknown):
            yield self._undeclared(term)

    def _unknown(self, term: str, is_term: bool) -> bool:
        if term in self.declared:
            return False
        standard = next((ns for ns in _STANDARD if term.startswith(ns)), None)
        if standard:
            name = term[len(standard) :]
            return name not in standard_terms()[standard] and not re.fullmatch(r"_\d+", name)
        return is_term or _namespace(term) in self.namespaces

    def nearest(self, term: str) -> str | None:
        """Return the declared term that an undeclared one is most like: one that nothing uses, else any of its kind."""
        namespace = _namespace(term)
        name = term[len(namespace) :]
        if namespace in standard_terms():
            near = difflib.get_close_matches(name, sorted(standard_terms()[namespace]), 1, 0.7)
            return namespace + near[0] if near else None
        elsewhere = next((ns + name for ns in sorted(self.namespaces) if ns + name in self.declared), None)
        if elsewhere:
            return elsewhere
        own = {t[len(namespace) :] for t in self.declared if t.startswith(namespace)}
        unused = [n for n in sorted(own & self._unused(namespace)) if n[:1].isupper() == name[:1].isupper()]
        near = difflib.get_close_matches(name, unused, 1, 0.5) or difflib.get_close_matches(name, sorted(own), 1, 0.7)
        return namespace + near[0] if near else None

    def _unused(self, namespace: str) -> set[str]:
        """Return the local names of properties, classes and values of records that no other term names."""
        found = {t for _, own in self._own for t in own.properties_and_classes if t.startswith(namespace)}
        return {t[len(namespace) :] for t in found if not self.positions.uses(t)}

    def _undeclared(self, term: str) -> Finding:
        namespace = _namespace(term)
        name = term[len(namespace) :]
        near = self.nearest(term)
        prefixes = {ns: f"{p}:" for p, ns in self._prefixes().items()}
        prefix = prefixes.get(namespace, "")
        if near:
            fix = f"Did you mean {prefixes.get(_namespace(near), '')}{local_name(near)}?"
        elif namespace in _STANDARD:
            fix = "It is not in that vocabulary."
        elif namespace in self.namespaces:
            fix = "Declare it, or correct the name."
        else:
            fix = f"Declare it: {prefix}{name} a owl:AnnotationProperty ."
        places = self.positions.uses(term) or [self.positions.where(term)]
        more = f" ({len(places)} places)" if len(places) > 1 else ""
        return Finding(
            "term-not-declared", f"{name}: is used{more} but not declared. {fix}", places[0], value=near, term=term
        )

    def _prefixes(self) -> dict[str, str]:
        return {p: ns for m in self.modules for p, (ns, _) in m.text.prefixes.items()}

    # -- deprecated -----------------------------------------------------------------------------

    def deprecated(self) -> Iterator[Finding]:
        """Yield every use of a deprecated term, with its replacement."""
        replaced = {old: new for _, own in self._terms for old, new in own.replaced.items()}
        for term in sorted(set[str]().union(*(own.deprecated for _, own in self._terms))):
            fix = f"Use {local_name(replaced[term])}." if term in replaced else "The module names no replacement."
            for place in self.positions.uses(term):
                message = f"{local_name(term)}: is deprecated. {fix}"
                yield Finding("term-deprecated", message, place, severity="warning", term=term)

    # -- blank nodes and literals -----------------------------------------------------------------

    def blank_nodes(self) -> Iterator[Finding]:
        """Yield blank nodes other than class expressions, their lists, and axioms such as owl:AllDifferent."""
        for module, own in self._own:
            if not module.is_ontology:
                continue
            for subject, name in own.blank:
                if subject is None:
                    where = module.text.where(min(module.text.blank_subjects, default=0))
                else:
                    where = self.positions.where(subject)
                message = (
                    f"{name}: a blank node that is no class expression. Give it an IRI; cp:priority gives the order."
                )
                yield Finding("blank-node", message, where, term=subject or "")

    def literals(self) -> Iterator[Finding]:
        """Yield literals that are not of their datatype, or that some formats cannot hold."""
        for module, own in self._own:
            for subject, message in own.malformed:
                where = self.positions.where(subject) or str(module.file)
                yield Finding("literal-malformed", message, where, term=subject)

    def empty_texts(self) -> Iterator[Finding]:
        """Yield texts in a language that say nothing: empty ones, and marks that one is to follow."""
        for _, own in self._own:
            for subject, predicate, text in own.empty:
                message = (
                    f"{local_name(subject)}: its {local_name(predicate)} in the language {text.language} is "
                    f"{text.value!r}, which says nothing. Write the text, or take it out."
                )
                yield Finding("text-empty", message, self.positions.where(subject), term=subject)

    # -- imports ------------------------------------------------------------------------------------

    def imports(self) -> Iterator[Finding]:
        """Yield imports of ontologies that are neither in the folder nor the vocabulary."""
        known = set[str]().union(*(own.importable for _, own in self._terms))
        for module, own in self._own:
            for wanted in own.imports:
                if wanted not in known:
                    near = difflib.get_close_matches(wanted, sorted(known), 1, 0.8)
                    fix = f"Did you mean <{near[0]}>?" if near else "Put its file into ontology/."
                    message = f"{module.file.name}: imports <{wanted}>, which is not in this folder. {fix}"
                    where = next(iter(self.positions.uses(wanted)), str(module.file))
                    yield Finding("import-not-found", message, where)


# -- one module -----------------------------------------------------------------------------------------


class _ModuleTerms:
    """What the checks need to know about the triples of one module."""

    def __init__(self, module: Module) -> None:
        headers = set(module.ontologies)
        self.declared = _typed(module.triples)
        self.namespaces = _own_namespaces(module)
        self.used: dict[tuple[str, bool], None] = {}
        """Terms used, and whether as a predicate or type."""
        self.deprecated: set[str] = set()
        self.replaced: dict[str, str] = {}
        self.malformed: list[tuple[str, str]] = []
        """Subjects of literals that do not match their datatype, with a message."""
        self.empty: list[tuple[str, str, ox.Literal]] = []
        """Texts for people that say nothing: subject, predicate and literal."""
        self.blank = list(_blank(module))
        """Blank nodes that should have an IRI: the term that holds them, and a name for the place."""
        self.importable = set(headers)
        """IRIs by which other modules can import this one."""
        self.imports: list[str] = []
        self.properties_and_classes: set[str] = set()
        """Terms of a type of OWL."""
        for t in module.triples:
            predicate, subject = t.predicate.value, value_of(t.subject)
            for node, is_term in ((t.subject, False), (t.predicate, True), (t.object, predicate == _TYPE)):
                if isinstance(node, ox.NamedNode) and node.value not in headers:
                    self.used[node.value, is_term] = None
            if isinstance(t.object, ox.Literal):
                value = t.object.value
                fault = fault_of(t.object)
                if t.object.language and _EMPTY.fullmatch(value):
                    self.empty.append((subject, predicate, t.object))
                if fault:
                    self.malformed.append((subject, f"{local_name(subject)}: {value!r} {fault}."))
                if predicate == OWL + "deprecated" and value == "true":
                    self.deprecated.add(subject)
            if predicate == _TYPE and value_of(t.object).startswith(OWL):
                self.properties_and_classes.add(subject)
            if predicate == DCTERMS + "isReplacedBy":
                self.replaced[subject] = value_of(t.object)
            if isinstance(t.object, ox.NamedNode):
                if predicate == OWL + "versionIRI":
                    self.importable.add(t.object.value)
                elif predicate == OWL + "imports":
                    self.imports.append(t.object.value)


def _blank(module: Module) -> Iterator[tuple[str | None, str]]:
    about: dict[ox.BlankNode, list[ox.Triple]] = {}
    owner: dict[ox.BlankNode, ox.Triple] = {}
    for t in module.triples:
        if isinstance(t.subject, ox.BlankNode):
            about.setdefault(t.subject, []).append(t)
        if isinstance(t.object, ox.BlankNode):
            owner.setdefault(t.object, t)
    for node in dict.fromkeys([*about, *owner]):
        holder = owner.get(node)
        if holder is not None and isinstance(holder.subject, ox.BlankNode):
            continue  # the node that holds it is checked instead
        if _may_be_blank(holder, about.get(node, [])):
            continue
        if holder is None:
            yield None, module.file.name
        else:
            subject = value_of(holder.subject)
            yield subject, f"{local_name(subject)}: {local_name(holder.predicate.value)}"


def _typed(triples: Iterable[ox.Triple]) -> set[str]:
    return {t.subject.value for t in triples if t.predicate.value == _TYPE and isinstance(t.subject, ox.NamedNode)}


def _own_namespaces(module: Module) -> set[str]:
    """Return the namespaces of the terms that a module labels; it only declares terms of other vocabularies."""
    labelled = {t.subject for t in module.triples if t.predicate.value == RDFS + "label"}
    typed = _typed(t for t in module.triples if t.subject in labelled)
    return {_namespace(term) for term in typed}


def _namespace(term: str) -> str:
    return term[: max(term.rfind("#"), term.rfind("/")) + 1]


def _may_be_blank(holder: ox.Triple | None, about: list[ox.Triple]) -> bool:
    """Return whether a blank node that a term holds, or that nothing holds, is of a kind that OWL needs."""
    types = {value_of(t.object) for t in about if t.predicate.value == _TYPE}
    if holder is None:
        return bool(types & {*_AXIOMS, RDFS + "Datatype"})
    holds = holder.predicate.value
    in_axiom = holds.startswith(OWL) or holds in (RDFS + "subClassOf", RDFS + "domain", RDFS + "range")
    return in_axiom and types <= _ANONYMOUS


@lru_cache(maxsize=1)
def standard_terms() -> dict[str, set[str]]:
    """Return the names of terms in the fixed vocabularies, as rdflib knows them."""
    from rdflib import namespace as ns

    spaces = {RDF: ns.RDF, RDFS: ns.RDFS, OWL: ns.OWL, SH: ns.SH, XSD: ns.XSD}
    return {iri: {local_name(str(term)) for term in dir(space)} | set(space._extras) for iri, space in spaces.items()}
