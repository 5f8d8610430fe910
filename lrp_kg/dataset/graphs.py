"""The names of graphs, and the guideline as quads."""

from __future__ import annotations

GRAPHS = "https://w3id.org/lrp-kg/graph/"
CLOSURE = GRAPHS + "closure"
"""The OWL RL closure of the ontology."""
OPTIONS = GRAPHS + "options"
"""Terms that are generated from what is written: the options of each edition of a programme."""
RECORDS = GRAPHS + "records"
ANSWERS = GRAPHS + "answers"
