"""pySHACL as it is, but for parsing each query of a shape once: that would be three quarters of its time."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import pyshacl
from pyshacl.constraints.sparql.sparql_based_constraints import SPARQLBasedConstraint
from rdflib import RDF, Graph
from rdflib.namespace import SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.term import Node

Broken = set[tuple[Node | None, Node | None]]

_parsed = lru_cache(maxsize=100)(prepareQuery)
_evaluate = SPARQLBasedConstraint._validate_sparql_query  # noqa: SLF001


def _evaluate_parsed(self: SPARQLBasedConstraint, query: str, *args: Any) -> Any:
    return _evaluate(self, _parsed(query), *args)


def stock(graph: Graph, shapes: Graph) -> tuple[bool, Broken]:
    """Return the verdict of pySHACL, and each violated constraint as its shape and component."""
    with (
        warnings.catch_warnings(),
        patch.object(SPARQLBasedConstraint, "_validate_sparql_query", _evaluate_parsed),
    ):
        warnings.simplefilter("ignore", DeprecationWarning)  # it compares a text with a date
        conforms, report, _ = pyshacl.validate(graph, shacl_graph=shapes)
    broken = {
        (report.value(r, SH.sourceShape), report.value(r, SH.sourceConstraintComponent))
        for r in report.subjects(RDF.type, SH.ValidationResult)
    }
    return conforms, broken
