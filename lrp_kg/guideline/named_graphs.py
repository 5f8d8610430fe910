"""The names of graphs, and the guideline as quads.

The default graph holds what most queries need: the ontology, generated options, records, what is derived from them,
and answers. It is a graph of its own: a union or list of graphs would keep the triples that two of them share apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.modules import Module
from lrp_kg.guideline.readable import readable_triples
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS

GRAPHS = "https://w3id.org/lrp-kg/graph/"
CLOSURE = GRAPHS + "closure"
"""The OWL RL closure of the ontology; the only graph of the guideline with inferred triples."""
OPTIONS = GRAPHS + "options"
"""What is generated from what is written: the options of each edition of a programme, the kind of conditions, and that
each decision is the property from an assessment to its answers."""
RECORDS = GRAPHS + "records"
"""The records as they were sent."""
DERIVED = GRAPHS + "derived"
"""What is computed from records: durations, booleans of lists, implied values."""
ANSWERS = GRAPHS + "answers"
"""The answers to the records."""


def version_iri(guideline: Guideline) -> str:
    """Return the IRI of this version of the guideline, which answers are derived from."""
    return f"{guideline.iri.replace('#', '/')}/{guideline.version}"


def guideline_quads(guideline: Guideline) -> Iterator[ox.Quad]:
    """Yield the guideline: each module in the graph of its name, the ontology in the default graph too."""
    for module in guideline.index.with_author_shapes:
        name = graph_name(module)
        for t in module.triples:
            yield ox.Quad(t.subject, t.predicate, t.object, name)
            if module.is_ontology:
                yield ox.Quad(t.subject, t.predicate, t.object)
    for t in generated_triples(guideline):
        yield ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(OPTIONS))
        yield ox.Quad(t.subject, t.predicate, t.object)


def graph_name(module: Module) -> ox.NamedNode:
    """Return the name of the graph of a module: its IRI, or one from the name of its file."""
    return ox.NamedNode(next(iter(module.ontologies), GRAPHS + module.file.stem))


def merged_ontology(guideline: Guideline) -> list[ox.Triple]:
    """Return all ontology modules as one that tools can show: one header, no imports, and what no author types."""
    modules = {graph_name(m): m.triples for m in guideline.index.modules if m.is_ontology}
    subject = ox.NamedNode(guideline.iri)
    main = next(name for name, own in modules.items() if any(t.subject == subject for t in own))
    headers = modules.keys() - {main}
    found = [t for own in modules.values() for t in own if t.subject not in headers]
    found = [t for t in found if t.predicate.value != OWL + "imports"]
    return [*found, *generated_triples(guideline), *readable_triples(guideline, modules)]


def generated_triples(guideline: Guideline) -> Iterator[ox.Triple]:
    """Yield what is in no file: what follows from the modules, the kind of conditions, the options of editions.

    A decision is a property too: from an assessment to the answers.
    """
    yield from guideline.index.completion
    classes = dict.fromkeys(guideline.conditions)
    for programme in guideline.programmes.values():
        for edition in programme.editions:
            for option in guideline.decisions[edition.decision].options:
                classes.pop(option.iri, None)
                yield _link(option.iri, RDF + "type", CP + "Option")
                yield _link(option.iri, CP + "optionOf", programme.iri)
                yield _link(option.iri, DCTERMS + "isPartOf", edition.iri)
                yield _literal(option.iri, DCTERMS + "identifier", option.id)
                for language, text in option.label.items():
                    yield _literal(option.iri, RDFS + "label", text, language)
    for name in (*guideline.own_decisions, *guideline.programmes):
        yield _link(name, RDF + "type", OWL + "ObjectProperty")
        yield _link(name, RDFS + "domain", CP + "Assessment")
        yield _link(name, RDFS + "range", CP + "Option")
    for condition in classes:
        yield _link(condition, RDF + "type", CP + "Condition")
    version = version_iri(guideline)
    yield _link(version, DCTERMS + "isVersionOf", guideline.iri)
    yield _literal(version, OWL + "versionInfo", guideline.version)


def _link(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _literal(subject: str, predicate: str, value: str, language: str | None = None) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.Literal(value, language=language))
