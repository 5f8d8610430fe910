"""What is read in ten seconds: the lines of a summary, the most urgent first, at most eight.

First the exits from the pathway and the warnings, then the stage, the headlines of the boxes, the programmes, and the
next question, which is always the last line. After a critical exit only exits and warnings remain. Nothing that is
undetermined, does not apply, is by a rule that has ended, or may have, or is otherwise by a rule of that day is a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from lrp_kg.answer.asked import choice
from lrp_kg.answer.results import ELIGIBLE, Assessment, ProgrammeResult, StatementResult
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.model import CRITICAL, Caution, Field, Guideline, Option, Programme, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import DECIDED
from lrp_kg.words import Text, in_language, phrase
from lrp_kg.words import error as say

KINDS = ("exit", "warning", "stage", "advice", "programme", "question")
"""What a line can be about."""
LINES = 8
"""How many lines a summary has at most."""
SOON = timedelta(days=31)
"""How long before a patient becomes eligible for a programme a line says so."""
LENGTH = 140
"""How many characters a line has at most, in each language; `lrp-kg check` reports longer ones."""
FULL, BRIEF = "full", "summary"
DETAILS = (FULL, BRIEF)
"""How much of an answer can be asked for."""
BRIEF_NAMES = {"assessmentDate", "stage", "summary", "summaryMore", "warnings", "nextQuestion", "missing"}
"""What is left of an answer besides its guideline and the sender\'s own identifier."""
BRIEF_GUIDELINE = ("id", "version", "content")
_STRONG = ("must", "must-not")
"""The modalities whose headlines come before the others, where their condition is not unknown."""
_INFO = "info"
_ELIGIBLE, _REACHED, _SOON = "summary-eligible", "summary-limit-reached", "summary-soon"
_OF_PROGRAMMES = {_ELIGIBLE: _INFO, _REACHED: "warning", _SOON: _INFO}
"""What a line says of a programme, with its severity."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a summary.

    ``label`` is what it says, inside the phrase ``frame`` where there is one; ``conditions`` are those that are
    unknown; ``ref`` names the part of the answer it is about, as kind and identifier; ``dated`` is a statement whose
    date it shows.
    """

    kind: str
    severity: str
    ref: tuple[str, str]
    label: Text
    frame: str = ""
    conditions: tuple[Text, ...] = ()
    section: str = ""
    dated: StatementResult | None = None
    day: date | None = None

    @property
    def date(self) -> date | None:
        """Return the date of the line, if it has one: the latest of its statement, or from which day on."""
        return (self.dated.latest or self.dated.earliest) if self.dated else self.day

    def text(self, lang: str) -> str:
        """Return the line in a language, English where a label is missing."""
        said = in_language(self.label, lang)
        if self.frame:
            said = phrase(self.frame, lang, label=said)
        if self.conditions:
            joint = f", {phrase('and', lang)} "
            said += f" \N{EN DASH} {joint.join(in_language(c, lang) for c in self.conditions)}"
        return said


@dataclass(frozen=True, slots=True)
class Summary:
    """The lines of a summary, and those that were left out."""

    lines: tuple[Line, ...]
    left_out: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines that do not depend on the day: all but those of programmes."""

    exits: tuple[Line, ...]
    warnings: tuple[Line, ...]
    stages: tuple[Line, ...]
    advice: tuple[Line, ...]
    question: tuple[Line, ...]

    @property
    def critical(self) -> bool:
        """Return whether a critical exit leaves room for nothing but what is urgent."""
        return any(line.severity == CRITICAL for line in self.exits)

    def with_programmes(self, programmes: Iterable[ProgrammeResult], today: date | None) -> Summary:
        """Return the summary; ``today`` is the day of the assessment."""
        found = [] if self.critical else [line for p in programmes for line in _programme(p, today)]
        parts = [[*part] for part in (self.exits, self.warnings, self.stages, self.advice, found, self.question)]
        excess = max(0, sum(map(len, parts)) - LINES)
        left_out: list[Line] = []
        _, warnings, stages, advice, of_programmes, _ = parts
        for part in (of_programmes, advice, stages, warnings):
            kept = max(0, len(part) - excess)
            excess -= len(part) - kept
            left_out += part[kept:]
            del part[kept:]
        return Summary(tuple(line for part in parts for line in part), tuple(left_out))


def summary_of(found: Assessment) -> Summary:
    """Return the summary of an assessment."""
    today = found.record.dates.get(found.guideline.roles.assessment or "")
    return settled_lines(found).with_programmes(found.programmes.values(), today)


def settled_lines(found: Assessment) -> Settled:
    """Return the lines of an assessment but those of programmes."""
    urgent = [caution_line(found.guideline, caution) for caution in found.warnings if caution.outdated is False]
    exits = sorted((line for line in urgent if line.kind == "exit"), key=lambda line: line.severity != CRITICAL)
    warnings = tuple(line for line in urgent if line.kind == "warning")
    if any(line.severity == CRITICAL for line in exits):
        return Settled(tuple(exits), warnings, (), (), ())
    asked = None if exits else found.next_question
    return Settled(
        exits=tuple(exits),
        warnings=warnings,
        stages=tuple(_stage(found)),
        advice=tuple(_advice(found)),
        question=(question_line(found.guideline.fields[asked]),) if asked else (),
    )


# -- lines --------------------------------------------------------------------------------------------


def caution_line(guideline: Guideline, caution: Caution) -> Line:
    """Return the line of a warning, or of an option that ends the pathway."""
    decision = guideline.ending.get(caution.iri)
    if decision:
        return Line("exit", caution.severity.id, ("decision", decision.id), caution.label)
    return Line("warning", caution.severity.id, ("warning", caution.id), caution.label)


def stage_line(decision: str, option: Option) -> Line:
    """Return the line of a stage, an option of the decision with this identifier."""
    return Line("stage", _INFO, ("decision", decision), option.label)


def advice_line(
    guideline: Guideline,
    statement: Statement,
    section: str,
    *,
    open_condition: bool,
    dated: StatementResult | None = None,
) -> Line:
    """Return the line of a statement, with its date where it is ``dated``; an unknown condition is in the text."""
    unknown = statement.condition if open_condition else None
    conditions = [guideline.conditions[unknown].if_phrase] if unknown else []
    if statement.condition_text:
        conditions.append(statement.condition_text)
    ref = ("statement", statement.id)
    own = tuple(conditions)
    return Line("advice", _INFO, ref, statement.label, conditions=own, section=section, dated=dated)


def call_line(statement: Statement, caution: Caution, section: str, dated: StatementResult | None = None) -> Line:
    """Return the line of a statement that a warning calls for, in the few words of the call."""
    ref = ("statement", statement.id)
    return Line("advice", caution.severity.id, ref, caution.call_text, section=section, dated=dated)


def programme_lines(programme: Programme) -> tuple[Line, ...]:
    """Return every line that a programme can have."""
    return tuple(_programme_line(programme, frame) for frame in _OF_PROGRAMMES)


def _programme_line(programme: Programme, frame: str) -> Line:
    severity = _OF_PROGRAMMES[frame]
    return Line("programme", severity, ("programme", programme.id), programme.label, frame=frame)


def question_line(field: Field) -> Line:
    """Return the line of a question."""
    return Line("question", _INFO, ("field", field.id), field.question)


def _stage(found: Assessment) -> Iterator[Line]:
    for d in found.decisions.values():
        if d.decision.iri == found.guideline.roles.stage and d.result.status == DECIDED:
            yield from (stage_line(d.decision.id, o) for o in d.decision.options if o.id in d.result.answers)


def _advice(found: Assessment) -> list[Line]:
    """Return the headlines of the boxes; what two boxes say in the same words is one line.

    In a box with an advice that a warning calls for, the call takes the place of the headlines with a date.
    """
    headlines: list[tuple[bool, int, str, StatementResult]] = []
    for box, statements in found.boxes:
        called = any([s.called_by for s in statements])
        for s in statements:
            order = s.statement.headline_order
            if s.called_by:
                order = min(o.statement.headline_order or order or 1 for o in statements)
            if order is not None and s.in_force == TRUE and not s.contradicted and not (called and s.statement.limits):
                first = s.statement.modality.id in _STRONG and s.verdict != OPEN
                headlines.append((not first, order, box.section.id, s))
    headlines.sort(key=lambda h: h[:2])
    lines: list[Line] = []
    for _, _, section, s in headlines:
        dated = s if s.latest or s.earliest else None
        if s.called_by:
            line = call_line(s.statement, s.called_by, section, dated)
        else:
            line = advice_line(found.guideline, s.statement, section, open_condition=s.verdict == OPEN, dated=dated)
        if all([line.label != other.label or line.conditions != other.conditions for other in lines]):
            lines.append(line)
    return lines


def _programme(p: ProgrammeResult, today: date | None) -> Iterator[Line]:
    first, last = p.days.first, p.days.last
    if p.outdated != FALSE:
        return
    if p.verdict == ELIGIBLE:
        reached = any(limit.limit_reached == "yes" for limit in p.limits)
        yield _programme_line(p.programme, _REACHED if reached else _ELIGIBLE)
    elif p.verdict == "not-eligible" and first and today and first <= today + SOON and (last is None or last >= today):
        if first == p.days.outdated:  # the rules have ended by then
            return
        yield replace(_programme_line(p.programme, _SOON), day=first)


# -- what is asked for ----------------------------------------------------------------------------------


def check_detail(detail: str, *, rdf: bool = False, explain: bool = False, **further: bool) -> None:
    """Raise `UnknownParameter` for a detail that there is none of, or that has no place for what is asked.

    ``further`` is what can be asked beside explanations, none of which an answer as RDF has.
    """
    choice(detail, DETAILS, "detail of an answer")
    for name in (name for name, asked in ({"explain": explain} | further).items() if asked and detail == BRIEF):
        raise say(UnknownParameter, "error-brief", detail=BRIEF, name=name, full=FULL)
    if rdf and detail == BRIEF:
        raise say(UnknownParameter, "error-brief-rdf", detail=BRIEF, full=FULL)
    for name in (name for name, asked in further.items() if asked and rdf):
        raise say(UnknownParameter, "error-further-rdf", name=name)


def check_calendar(detail: str, *, changes: bool = False, **further: bool) -> None:
    """Raise `UnknownParameter` for what a calendar has no place for: all that can be asked for but later changes."""
    for name in (name for name, asked in ({f"detail={BRIEF}": detail == BRIEF} | further).items() if asked):
        raise say(UnknownParameter, "error-calendar", name=name)


def in_brief(answer: dict[str, Any], identifier: str) -> dict[str, Any]:
    """Return what is left of a rendered answer with its summary only; ``identifier`` names the sender's own."""
    kept = {name: value for name, value in answer.items() if name in BRIEF_NAMES or name == identifier}
    guideline = {name: answer["guideline"][name] for name in BRIEF_GUIDELINE if name in answer["guideline"]}
    return {name: kept.get(name, guideline) for name in answer if name in kept or name == "guideline"}
