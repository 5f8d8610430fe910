"""Checks what a summary is made of: no line is too long in any language, and every box has a headline to show."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.answer.summary import (
    LENGTH,
    Line,
    advice_line,
    caution_line,
    programme_lines,
    question_line,
    stage_line,
)
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.words import LANGUAGES


def headline_findings(guideline: Guideline) -> Iterator[Finding]:
    """Yield lines that are too long for a summary, and boxes of which an answer or a summary would say nothing."""
    where = guideline.index.positions.where
    for iri, line in _lines(guideline):
        lengths = {lang: len(line.text(lang)) for lang in LANGUAGES}
        longer = ", ".join(f"{lang} {length}" for lang, length in lengths.items() if length > LENGTH)
        if longer:
            message = (
                f"{local_name(iri)}: its line of a summary, with the condition where it has one, is over {LENGTH} "
                f"characters ({longer}). Shorten the label, or that of the condition."
            )
            yield Finding("summary-text-long", message, where(iri), severity="warning", term=iri)
    for box in guideline.boxes.values():
        if not box.statements:
            message = (
                f"{local_name(box.iri)}: no statement is in the box. Name it in the cp:inBox of one, or remove it."
            )
            yield Finding("box-empty", message, where(box.iri), severity="warning", term=box.iri)
        elif all(s.headline_order is None for s in box.statements):
            message = f"{local_name(box.iri)}: no statement of the box is a headline. Give one a cp:headlineOrder."
            yield Finding("headline-missing", message, where(box.iri), severity="warning", term=box.iri)


def _lines(guideline: Guideline) -> Iterator[tuple[str, Line]]:
    """Yield every line that a summary can have, each with the term it is about."""
    for caution in guideline.cautions:
        yield caution.iri, caution_line(guideline, caution.in_doubt() if caution.calls_for else caution)
    for decision in guideline.own_decisions.values():
        if decision.iri == guideline.roles.stage:
            yield from ((o.iri, stage_line(decision.id, o)) for o in decision.options)
    for box in guideline.boxes.values():
        for s in box.statements:
            if s.headline_order is not None:
                yield s.iri, advice_line(guideline, s, box.section.id, open_condition=True)
    for programme in guideline.programmes.values():
        yield from ((programme.iri, line) for line in programme_lines(programme))
    for field in guideline.fields.values():
        if field.ask_order is not None:
            yield field.iri, question_line(field)
