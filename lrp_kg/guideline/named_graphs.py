"""The names of graphs, and the guideline as quads.

The default graph holds what one usually asks of: the ontology, generated options, records, what is derived from them,
and answers. It is a graph of its own: a union or list of graphs would keep the triples that two of them share apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pyoxigraph as ox

    from lrp_kg.guideline.model import Guideline

GRAPHS = "https://w3id.org/lrp-kg/graph/"
CLOSURE = GRAPHS + "closure"
"""The OWL RL closure of the ontology; the only graph of the guideline with inferred triples."""
OPTIONS = GRAPHS + "options"
"""Terms that are generated from what is written: the options of each edition of a programme."""
RECORDS = GRAPHS + "records"
"""The records as they were sent."""
DERIVED = GRAPHS + "derived"
"""What is computed from records: durations, booleans of lists, implied values."""
ANSWERS = GRAPHS + "answers"
"""The answers to the records."""


def module_files(guideline: Guideline) -> list[Path]:
    """Return the Turtle files whose graphs are served: ontology, record shapes, and shapes for authors."""
    from lrp_kg.guideline.files import AUTHOR_SHAPES

    files = guideline.stage_files()
    author = guideline.folder / "shapes" / AUTHOR_SHAPES
    return [*files, author] if author.is_file() else files


def version_iri(guideline: Guideline) -> str:
    """Return the IRI of this version of the guideline, which answers are derived from."""
    return f"{guideline.iri.replace('#', '/')}/{guideline.version}"


def guideline_quads(guideline: Guideline) -> Iterator[ox.Quad]:
    """Yield the guideline: each module in the graph of its name, the ontology in the default graph too."""
    import pyoxigraph as ox

    from lrp_kg.namespaces import OWL, RDF

    ontology, kind = ox.NamedNode(OWL + "Ontology"), ox.NamedNode(RDF + "type")
    for file in module_files(guideline):
        triples = [q.triple for q in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)]
        names = [t.subject for t in triples if t.predicate == kind and t.object == ontology]
        name = names[0] if names and isinstance(names[0], ox.NamedNode) else ox.NamedNode(GRAPHS + file.stem)
        common = file.parent.name == "ontology"
        for t in triples:
            yield ox.Quad(t.subject, t.predicate, t.object, name)
            if common:
                yield ox.Quad(t.subject, t.predicate, t.object)
    for triple in option_triples(guideline):
        yield ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(OPTIONS))
        yield ox.Quad(triple.subject, triple.predicate, triple.object)


def option_triples(guideline: Guideline) -> Iterator[ox.Triple]:
    """Yield the options of editions, which are generated from their criteria and stand in no file."""
    import pyoxigraph as ox

    from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS

    for programme in guideline.programmes.values():
        for edition in programme.editions:
            for option in guideline.decisions[edition.decision].options:
                node = ox.NamedNode(option.iri)
                yield ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(CP + "Option"))
                yield ox.Triple(node, ox.NamedNode(CP + "optionOf"), ox.NamedNode(programme.iri))
                yield ox.Triple(node, ox.NamedNode(DCTERMS + "isPartOf"), ox.NamedNode(edition.iri))
                yield ox.Triple(node, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(option.id))
                for language, text in option.label.items():
                    yield ox.Triple(node, ox.NamedNode(RDFS + "label"), ox.Literal(text, language=language))
    version = ox.NamedNode(version_iri(guideline))
    yield ox.Triple(version, ox.NamedNode(DCTERMS + "isVersionOf"), ox.NamedNode(guideline.iri))
    yield ox.Triple(version, ox.NamedNode(OWL + "versionInfo"), ox.Literal(guideline.version))
