"""Keeps on disk what SPARQL says of every expression with few keys, so that a process asks for less."""

from __future__ import annotations

import json

from lrp_kg.cache import remembered
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Oxigraph, Program

MOST = 243
"""Keys of an expression of which all are asked for: those of one with five parts."""
_DIGITS = {str(verdict) for verdict in (FALSE, TRUE, OPEN)}

Kept = dict[int, str]


def prepare_verdicts(program: Program) -> None:
    """Take from the cache the verdicts of expressions by all of their keys; ask for them where they are not there.

    Only Oxigraph is asked for so many: rdflib takes a hundred times as long.
    """
    if type(program.engine) is not Oxigraph:
        return

    def asked() -> Kept:
        every = ((number, program.all_verdicts(number, MOST)) for number in range(len(program.nodes)))
        return {number: found for number, found in every if found}

    def load(text: str) -> Kept:
        kept = {int(number): found for number, found in json.loads(text).items()}
        every = {number: len(keys) for number in range(len(program.nodes)) if (keys := program.keys(number, MOST))}
        if {number: len(found) for number, found in kept.items()} != every:
            raise ValueError(len(kept))
        if not all(isinstance(found, str) and _DIGITS.issuperset(found) for found in kept.values()):
            raise ValueError(len(kept))
        return kept

    program.take(remembered("verdicts", _content(program), asked, dump=json.dumps, load=load))


def _content(program: Program) -> str:
    """Return all that the verdicts depend on, beside the code: the expressions, and the values of cells."""
    values = [(v.iri, [v.representative(cell) for cell in range(1, v.size + 1)]) for v in program.cells.variables]
    return repr((program.engine.name, [step.expression for step in program.steps], values))
