"""Which predicates and classes are at home in which graph of data, for one guideline."""

from __future__ import annotations

import pyoxigraph as ox

from lrp_kg.answer.rdf_results import RESULTS
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS, DERIVED, RECORDS, guideline_quads
from lrp_kg.namespaces import CP, PATIENT_RECORD, PROV, RDFS
from lrp_kg.research.engine.homes import TYPE, Homes

RECORD_DIGEST = CP + "recordDigest"
NEXT_CONTACT = CP + "nextContact"
REFUSED = CP + "refused"

_ASSESSMENT = CP + "Assessment"
_ANSWER_CLASSES = (_ASSESSMENT, CP + "ConditionResult", *RESULTS.values())
_LINKS = (CP + "assessment", REFUSED, PROV + "wasDerivedFrom", PROV + "wasGeneratedBy")
"""What answers say that the ontology does not declare as a property of one of their classes."""


def homes_of(guideline: Guideline) -> Homes:
    """Return where what a store holds is at home.

    What the guideline itself says in the default graph is at home nowhere: it is in no graph of data.
    """
    default = [q for q in guideline_quads(guideline) if isinstance(q.graph_name, ox.DefaultGraph)]
    domain, answers = ox.NamedNode(RDFS + "domain"), {ox.NamedNode(name) for name in _ANSWER_CLASSES}
    said = [q.subject for q in default if q.predicate == domain and q.object in answers]
    predicates = dict.fromkeys((s.value for s in said if isinstance(s, ox.NamedNode)), ANSWERS)
    predicates |= dict.fromkeys(_LINKS, ANSWERS)
    for field in guideline.fields.values():
        predicates |= dict.fromkeys((field.iri, *(field.bounds or ())), RECORDS)
    derived = (*guideline.derived, *guideline.day_numbers.values(), *guideline.expanded, RECORD_DIGEST, NEXT_CONTACT)
    predicates |= dict.fromkeys(derived, DERIVED)
    classes = dict.fromkeys(_ANSWER_CLASSES, ANSWERS) | {PATIENT_RECORD: RECORDS}
    used = {q.predicate.value for q in default}
    types = {q.object.value for q in default if q.predicate.value == TYPE and isinstance(q.object, ox.NamedNode)}
    return Homes(
        {name: graph for name, graph in predicates.items() if name not in used},
        {name: graph for name, graph in classes.items() if name not in types},
    )
