"""What the parts of an answer say in RDF, so that it is written once for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from lrp_kg.answer.composed import Composed
from lrp_kg.answer.parts import AnswerPart, DecisionPart, ProgrammePart, StatementsPart, WarningsPart
from lrp_kg.answer.rdf_results import (
    Said,
    answer_links,
    date_lines,
    decision_lines,
    edition_links,
    facts_lines,
    notices_lines,
    programme_lines,
    statements_lines,
    warning_links,
)
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP


def parts_said(found: Composed) -> Iterator[tuple[AnswerPart, Callable[[], Said]]]:
    """Yield each part with what works out what it says; days of the record are in none."""
    guideline = found.run.g
    for decision in found.decisions.values():
        yield decision, partial(_decision, decision, guideline)
    for box, statements in found.boxes:
        yield statements, partial(_box, box.iri, statements)
    for programme in found.programmes.values():
        yield programme, partial(_programme, programme, guideline)
    yield found.warnings, partial(_warnings, found.warnings)


def said_of_days(found: Composed) -> Said:
    """Return what an answer says that depends on the days of the record: facts and dates; and its notices."""
    run = found.run
    dates = map(date_lines, found.dates)
    return Said((), (*notices_lines(run.g, found.noticed), *facts_lines(run.g, found.facts), *dates))


def _decision(part: DecisionPart, guideline: Guideline) -> Said:
    shown = ((CP + "showsBox", box.iri) for box in part.boxes)
    links = (*shown, *answer_links(part.found, part.found.decision.iri))
    return Said(links, (decision_lines(part.found, None, guideline),))


def _box(box: str, part: StatementsPart) -> Said:
    return Said((), (statements_lines(box, part.found),))


def _programme(part: ProgrammePart, guideline: Guideline) -> Said:
    links = (*edition_links(part.found), *answer_links(part.core.decision, part.found.programme.iri))
    return Said(links, (decision_lines(part.core.decision, part.found, guideline), *programme_lines(part.found)))


def _warnings(part: WarningsPart) -> Said:
    return Said(tuple(warning_links(part.found)))
