"""An assessment as the answer that programs get: plain data, ready for JSON, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from lrp_kg.answer.alternatives import other_value
from lrp_kg.answer.facts import LATER
from lrp_kg.answer.labels import conditions_named, points_to_read
from lrp_kg.answer.results import (
    Alternatives,
    AskedField,
    Assessment,
    CriterionResult,
    DecisionResult,
    EditionResult,
    EligibleDays,
    FactResult,
    FactValue,
    LaterChanges,
    MarkResult,
    ProgrammeResult,
    Spread,
    StatementResult,
)
from lrp_kg.answer.summary import BRIEF, FULL, Line, Summary, in_brief, summary_of
from lrp_kg.findings import LONG
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.guideline.model import Box, Caution, Condition, Decision, Guideline, OpenPoint, Option, Term
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.explain import VERDICT_NAMES, Reason
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record
from lrp_kg.words import Text, in_language

Json = dict[str, Any]
DAY_KEYS = ("eligibleFrom", "eligibleUntil", "eligibleRange", "eligibleOutdatedFrom")
"""What an answer calls the first and last day on which a programme is open, what is known of them, and from when on
they are days by rules that have ended."""
_MET = {FALSE: "not-met", TRUE: "met"}
_APPLIES = {FALSE: "no", TRUE: "yes"}
_OUTDATED = {FALSE: True, OPEN: None}
"""Whether a rule is outdated, by whether it is in force; ``None`` is unknown."""


class Renderer:
    """Renders assessments of one guideline in one language; what does not depend on the record is rendered once."""

    def __init__(self, guideline: Guideline, lang: str = "en") -> None:
        self.guideline = guideline
        self.lang = lang
        self._values = {v.iri: v.id for f in guideline.fields.values() for v in f.values}

    @cached_property
    def places(self) -> Mapping[str, tuple[Decision, Option | None]]:
        """The decision, and the option if it is one only, that each box is shown with, by the IRI of the box."""
        return {b.iri: self.guideline.shown_with(b) for b in self.guideline.boxes.values()}

    def text(self, texts: Text) -> str:
        """Return a text in the language, English where it is missing."""
        return in_language(texts, self.lang)

    def term(self, term: Term) -> Json:
        """Render a term: its identifier and label."""
        return {"id": term.id, "label": self.text(term.label)}

    @cached_property
    def words(self) -> GuidelineWords:
        """The words of the language."""
        return GuidelineWords(self.guideline, self.lang)

    # -- parts ----------------------------------------------------------------------------------

    def value(self, record: Record, field: str) -> Any:
        """Return the value of a field as JSON has it; ``None`` where it is unknown."""
        if field in record.lists:
            return list(record.lists[field])
        if field in record.dates:
            return record.dates[field].isoformat()
        if field in record.ranges:
            return _ends(record.ranges[field].earliest, record.ranges[field].latest)
        if field in record.between:
            lowest, highest = record.between[field]
            return {"lowest": lowest, "highest": highest}
        value = record.values.get(field)
        if isinstance(value, int) and abs(value) >= LONG:
            return str(value)
        return self._values.get(value, value) if isinstance(value, str) else value

    def reason(self, record: Record, reason: Reason) -> Any:
        """Render a reason."""
        return {
            "condition": reason.condition.id,
            "field": local_name(reason.field),
            "value": self.value(record, reason.field),
            "verdict": VERDICT_NAMES[reason.verdict],
        }

    def reasons(self, record: Record, reasons: Iterable[Reason]) -> list[Any]:
        """Render reasons."""
        return [self.reason(record, r) for r in reasons]

    def day(self, found: StatementResult, name: str, day: date) -> str:
        """Render a date of a statement."""
        return day.isoformat()

    def statement(self, record: Record, found: StatementResult) -> Json:
        """Render a statement with its condition and dates."""
        s = found.statement
        data: Json = {"id": s.id, "text": self.text(s.label), "modality": s.modality.id}
        if s.actor:
            data["actor"] = s.actor.id
        if s.condition:
            condition = self.guideline.conditions[s.condition]
            data["condition"] = {"id": condition.id, "verdict": VERDICT_NAMES[found.verdict]}
        if found.because:
            data["because"] = self.reasons(record, found.because)
        if s.condition_text:
            data["conditionText"] = self.text(s.condition_text)
        for name, day in (("earliest", found.earliest), ("latest", found.latest)):
            if day:
                data[name] = self.day(found, name, day)
        if found.spread:
            data["countedFrom"] = counted_from(found.spread)
        if found.called_by:
            data["calledFor"] = found.called_by.id
        if found.marks:
            data["marks"] = [mark_as_json(m) for m in found.marks]
        return data | self.validity(found) | {"source": s.source, "locator": self.text(s.locator)}

    def validity(self, found: StatementResult) -> Json:
        """Render when a statement holds: what is printed in the guideline's sources can be outdated."""
        own = None if found.statement.printed else found.statement.validity
        data = _validity(own, _OUTDATED.get(found.in_force, False), found.until)
        return data | ({} if found.edition is None else {"edition": found.edition or None})

    def limit(self, record: Record, found: StatementResult) -> Json:
        """Render a limit of a programme, and whether it is reached."""
        data = self.statement(record, found)
        return {"id": data.pop("id"), "label": data.pop("text"), "reached": found.limit_reached} | data

    def box(
        self, record: Record, box: Box, statements: Iterable[StatementResult], decisions: Mapping[str, Json]
    ) -> Json:
        """Render a box, with the decision and, where there is one, the option that it is shown with.

        Its title is left out where it is the label of that option.
        """
        shown, named = split(statements)
        return self.framed(box, [self.statement(record, s) for s in shown], named, decisions)

    def framed(
        self, box: Box, shown: list[Any], named: Iterable[StatementResult], decisions: Mapping[str, Json]
    ) -> Json:
        """Render a box with the statements that are ``shown``, rendered before, and those that are only named."""
        decision, option = self.places[box.iri]
        title = self.text(box.label)
        known = option is not None and decisions[decision.id]["labels"].get(option.id) == title
        may_apply = [s.statement.id for s in named]
        return {
            **{"id": box.id, "label": box.printed},
            **({} if known else {"title": title}),
            "section": box.section.id,
            "decision": decision.id,
            "option": option.id if option else None,
            "statements": shown,
            **({"mayApply": may_apply} if may_apply else {}),
        }

    def decision(self, record: Record, found: DecisionResult, boxes: Iterable[Box], explain: bool) -> Json:
        """Render a decision; ``boxes`` are all that are shown."""
        result = found.result
        data: Json = {
            "status": result.status,
            "answers": list(result.answers),
            "possible": list(result.possible),
            "missing": [local_name(f) for f in result.missing],
            "labels": {
                o.id: self.text(o.label)
                for o in found.decision.options
                if o.id in result.answers + result.possible and found.decision.iri in self.guideline.own_decisions
            },
            "boxes": [b.id for b in boxes if self.places[b.iri][0] is found.decision],
        }
        if explain:
            data["because"] = self.reasons(record, found.because)
            data["whyNot"] = {o: self.reasons(record, r) for o, r in found.why_not.items()}
        data["openPoints"] = [{"id": p.id, "decisive": p.iri in found.decisive} for p in found.open_points]
        return data

    def programme(self, record: Record, found: ProgrammeResult, explain: bool) -> Json:
        """Render eligibility for a programme."""
        labels = {c.criterion.id: c.criterion.label for c in found.criteria}
        data: Json = {
            "status": found.result.status,
            "verdict": found.verdict,
            "assessed": found.assessed,
            "label": self.text(found.programme.label),
            "edition": found.edition.id if found.edition else None,
            "editions": [self.edition(e, labels) for e in found.editions],
        }
        if found.outdated != FALSE:
            data |= {"outdated": found.outdated == TRUE or None, "validUntil": _iso(found.until)}
        return data | {
            "criteria": [
                self.term(c.criterion) | self.met(c) | ({"because": self.reasons(record, c.because)} if explain else {})
                for c in found.criteria
            ],
            "missing": [local_name(f) for f in found.result.missing],
            "benefits": [self.statement(record, s) for s in found.benefits],
            "limits": [self.limit(record, s) for s in found.limits],
            "nextSteps": [self.statement(record, s) for s in found.steps],
            **self.eligible_days(found.programme.id, found.days),
        }

    def eligible_days(self, programme: str, found: EligibleDays) -> Json:
        """Render the days on which a patient is eligible."""
        return eligible_days_as_json(found)

    def edition(self, found: EditionResult, labels: Mapping[str, Text]) -> Json:
        """Render the verdict by an edition as if it applied; of a criterion the label if it is not in ``labels``."""
        return self.term(found.edition) | {
            "validFrom": _iso(found.edition.valid_from),
            "validUntil": _iso(found.last),
            "outdated": {FALSE: False, TRUE: True}.get(found.outdated),
            "applies": _APPLIES.get(found.applies, "unknown"),
            "verdict": found.verdict,
            "missing": [local_name(f) for f in found.result.missing],
            "criteria": [
                (self.term(c.criterion) if labels.get(c.criterion.id) != c.criterion.label else {"id": c.criterion.id})
                | self.met(c)
                for c in found.criteria
            ],
        }

    def met(self, found: CriterionResult) -> Json:
        """Render whether a criterion is met."""
        return {"verdict": _MET.get(found.verdict, "unknown")}

    def dated(self, found: StatementResult, note: OpenPoint | None) -> Json:
        """Render a date of a statement, with the open point noted on it."""
        data: Json = {"id": found.statement.id, **days_of(found)}
        if found.spread:
            data["countedFrom"] = counted_from(found.spread)
        return data | {"status": found.status} | ({"note": note.id} if note else {})

    def question(self, asked: AskedField) -> Json:
        """Render a question with the values it can be answered with; ``partial`` where the answer is known in part.

        Yes and no are no options: the type says so.
        """
        field = self.guideline.fields[asked.field]
        data: Json = {"field": field.id, "question": self.text(field.question), "type": field.kind}
        data["options"] = [{"value": v.id, "label": self.text(v.label)} for v in field.values]
        data["unit"] = self.text(field.unit) or None
        if asked.partial:
            data["partial"] = True
        if field.hint:
            data["hint"] = self.text(field.hint)
        if field.considers:
            data["considers"] = [self.text(t.label) for t in field.considers]
        return data | {"decides": list(asked.decides)}

    def echoed(self, record: Record) -> Json:
        """Return the sender's own identifiers, and the day that the dates of the answer are seen from."""
        day = record.dates.get(self.guideline.roles.assessment or "")
        return {local_name(name): text for name, text in record.texts.items()} | {"assessmentDate": _iso(day)}

    def facts(self, facts: Mapping[str, FactResult]) -> Any:
        """Render facts."""
        return {key: fact_as_json(found) for key, found in facts.items()}

    def dates(self, found: Iterable[StatementResult], notes: Mapping[str, OpenPoint]) -> Any:
        """Render dates."""
        return [self.dated(s, notes.get(s.statement.iri)) for s in found]

    def conditions(self, found: Mapping[str, tuple[Condition, bool]]) -> Json:
        """Render conditions by identifier; how it follows a statement where one waits for it."""
        return {
            ident: {"label": self.text(condition.label)}
            | ({"ifPhrase": self.text(condition.if_phrase)} if waited_for else {})
            for ident, (condition, waited_for) in found.items()
        }

    def points(self, found: Iterable[OpenPoint], notes: Mapping[str, OpenPoint]) -> Any:
        """Render open points, those noted on dates among them, by identifier."""
        return {
            p.id: {"kind": p.kind.id, "label": self.text(p.label)}
            | {"reading": self.text(p.reading), "declares": list(p.declares)}
            for p in (*found, *notes.values())
        }

    def line(self, line: Line) -> Json:
        """Render a line of the summary."""
        data: Json = {"kind": line.kind}
        if line.section:
            data["section"] = line.section
        data |= {"severity": line.severity, "text": line.text(self.lang)}
        if line.date:
            data["date"] = line.date.isoformat()
        if line.dated and line.dated.spread:
            data["countedFrom"] = counted_from(line.dated.spread)
        kind, ident = line.ref
        return data | {"ref": {kind: ident}}

    def summary(self, found: Summary) -> Json:
        """Render a summary."""
        return {"summary": [self.line(line) for line in found.lines], "summaryMore": len(found.left_out)}

    def summarised(self, found: Assessment) -> Json:
        """Render the summary of an assessment."""
        return self.summary(summary_of(found))

    def named(self, editions: Iterable[str]) -> Json:
        """Render which guideline it is, by which editions."""
        g = self.guideline
        return {
            **{"id": g.id, "iri": g.iri, "label": self.text(g.label), "version": g.version},
            "content": f"sha256:{g.content_hash}",
            "editions": list(editions),
        }

    def stage(self, found: Assessment) -> str | None:
        """Return the identifier of the stage, where it is decided."""
        stage = next((d for d in found.decisions.values() if d.decision.iri == self.guideline.roles.stage), None)
        return stage.result.answers[0] if stage and stage.result.status == "decided" else None

    # -- the whole --------------------------------------------------------------------------------

    def render(self, found: Assessment, *, explain: bool = False, detail: str = FULL) -> Json:
        """Render an assessment as the answer of the contract, or only its summary with what belongs to it."""
        g, record = self.guideline, found.record
        editions = [e.edition.id for p in found.programmes.values() for e in p.applying]
        shown = [box for box, _ in found.boxes]
        questions = [self.question(q) for q in found.questions]
        decisions = {name: self.decision(record, d, shown, explain) for name, d in found.decisions.items()}
        answer = {
            **self.echoed(record),
            "guideline": self.named(editions),
            "stage": self.stage(found),
            **self.summarised(found),
            "decisions": decisions,
            "boxes": [self.box(record, box, statements, decisions) for box, statements in found.boxes],
            "notices": [self.statement(record, s) for s in found.notices],
            "eligibility": {name: self.programme(record, p, explain) for name, p in found.programmes.items()},
            "facts": self.facts(found.facts),
            "dates": self.dates(found.dated, found.notes),
            "conditions": self.conditions(conditions_named(found, explain=explain)),
            "openPoints": self.points(points_to_read(found, explain=explain), found.notes),
            "warnings": [self.warning(record, w, found.why_warnings) for w in found.warnings],
            "nextQuestion": questions[0] if questions else None,
            "questions": questions,
            "missing": [local_name(f) for f in found.missing],
            **({"changes": self.changes(found.changes)} if found.changes else {}),
            **({"whatIf": self.what_if(record, found.what_if)} if found.what_if else {}),
        }
        return in_brief(answer, local_name(g.roles.identifier or "")) if detail == BRIEF else answer

    def warning(self, record: Record, found: Caution, why: Mapping[str, tuple[Reason, ...]]) -> Json:
        """Render a warning; ``why`` are the reasons by IRI, where they were asked for."""
        data = self.term(found) | {"severity": found.severity.id, "modality": found.modality.id}
        own, last = found.validity, found.validity.last if found.validity else None
        data |= _validity(None if found.printed else own, found.outdated, last)
        data |= {"source": found.source, "locator": self.text(found.locator)}
        if not found.certain:
            data["applies"] = "unknown"
        return data | ({"because": self.reasons(record, why[found.iri])} if found.iri in why else {})

    def changes(self, found: LaterChanges) -> Any:
        """Render what changes on later days."""
        if found.found is None:
            return None
        return [
            {"date": c.day.isoformat(), "decision": c.decision, "status": c.status, "answers": list(c.answers)}
            for c in found.found
        ]

    def what_if(self, record: Record, found: Alternatives) -> Json:
        """Render what would change decisions."""
        return {
            "alternatives": [
                {
                    "field": a.field.id,
                    "label": self.text(a.field.label),
                    "from": self.value(record, a.field.iri),
                    **other_value(self.words, a),
                    "decisions": [self.outcome(name, outcome) for name, outcome in a.outcomes.items()],
                }
                for a in found.found
            ],
            "more": found.more,
        }

    def outcome(self, decision: str, outcome: Outcome) -> Json:
        """Render what a decision, or a programme, by its identifier would come to."""
        own = next((d for d in self.guideline.own_decisions.values() if d.id == decision), None)
        labels = {o.id: self.text(o.label) for o in own.options if o.id in outcome.answers} if own else {}
        return {"decision": decision, "status": outcome.status, "answers": list(outcome.answers), "labels": labels}


def _validity(own: Validity | None, outdated: bool | None, until: date | None) -> Json:
    """Render when a rule holds: its ``own`` days, or where it is printed whether it is outdated."""
    if own:
        days = {"validFrom": _iso(own.first), "validUntil": _iso(own.last)}
        return days | ({"applies": "unknown"} if outdated is None else {})
    return {} if outdated is False else {"outdated": outdated, "validUntil": _iso(until)}


def fact_as_json(found: FactResult) -> Json:
    """Render a fact."""
    data: Json = {"value": _plain(found.value), "applies": found.applies}
    if found.applies == LATER:
        data["from"] = _iso(found.since)
    if found.spread:
        data["countedFrom"] = counted_from(found.spread)
    data["statements"] = list(found.statements)
    if found.alternatives:
        data["alternatives"] = [{"value": _plain(v), "statements": list(names)} for v, names in found.alternatives]
    if found.in_force != TRUE:
        data["outdated"] = _OUTDATED[found.in_force]
    return data


def mark_as_json(found: MarkResult) -> Json:
    """Render what a rule of that day or an open point says of a statement."""
    by = found.mark.by
    data = {"stance": found.mark.stance, "openPoint" if isinstance(by, OpenPoint) else "statement": by.id}
    return data | ({"applies": "unknown"} if found.holds == OPEN else {})


def split(statements: Iterable[StatementResult]) -> tuple[list[StatementResult], list[StatementResult]]:
    """Return the statements that are said in full, and those that are only named."""
    found: tuple[list[StatementResult], list[StatementResult]] = ([], [])
    for s in statements:
        found[s.only_named].append(s)
    return found


def eligible_days_as_json(found: EligibleDays) -> Json:
    """Render the days on which a patient is eligible."""
    return dict(zip(DAY_KEYS, (_iso(found.first), _iso(found.last), found.extent, _iso(found.outdated)), strict=True))


def _plain(value: FactValue | None) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def days_of(found: StatementResult) -> Json:
    """Return the earliest and latest date of a statement; a first and a last day where it rests on an uncertain one."""
    first = {"earliest": found.earliest, "latest": found.latest}
    spread = found.spread
    last = {"earliest": spread.earliest, "latest": spread.latest} if spread else first
    return {n: _iso(first[n]) if first[n] == last[n] else _ends(first[n], last[n]) for n in first}


def _ends(first: date | None, last: date | None) -> dict[str, str | None]:
    return {"earliest": _iso(first), "latest": _iso(last)}


def counted_from(spread: Spread) -> dict[str, str]:
    """Render the day of an uncertain field that a date is counted from."""
    return {"field": local_name(spread.counted_from), "date": spread.day.isoformat()}
