"""Answers as JSON bytes, joined from what was rendered once for each part of them.

A rendered part is a template: bytes with places for the values of the record and for days. What depends on days, or is
put together from several parts, such as facts, dates and the summary, is rendered for each record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, TypeVar

import orjson

from lrp_kg.answer.as_json import DAY_KEYS, Json, Renderer, split
from lrp_kg.answer.decisions import Assessor, composable
from lrp_kg.answer.labels import is_to_read
from lrp_kg.answer.parts import AnswerPart, Composed, DecisionPart, ProgrammePart, StatementsPart, WarningsPart
from lrp_kg.answer.results import AskedField, Assessment, DecisionResult, EligibleDays, StatementResult
from lrp_kg.answer.run import Run
from lrp_kg.answer.summary import BRIEF, BRIEF_GUIDELINE, BRIEF_NAMES
from lrp_kg.guideline.model import Box, OpenPoint
from lrp_kg.logic.classify import OPEN
from lrp_kg.logic.explain import Reason
from lrp_kg.logic.memory import BoundedMemory
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record

P = TypeVar("P", bound=AnswerPart)
_SLOT = re.compile(rb'"\\u0001([^"\\]*)\\u0001"')
_VALUE, _DAYS = "value", "days"
_EMPTY = Record("", values={}, dates={}, texts={}, lists={})


def _slot(*parts: str) -> str:
    return "\x01" + " ".join(parts) + "\x01"


class _TemplateRenderer(Renderer):
    """Renders with slots in place of what differs between records that share a part."""

    def value(self, record: Record, field: str) -> Any:
        """Leave a slot for a value."""
        return _slot(_VALUE, field)

    def day(self, found: StatementResult, name: str, day: date) -> str:
        """Leave a slot for a date."""
        return _slot(name, found.statement.iri)

    def eligible_days(self, programme: str, found: EligibleDays) -> Json:
        """Leave a slot for each end of the eligible days, and for what is known of them."""
        return {name: _slot(_DAYS, name) for name in DAY_KEYS}


@dataclass(frozen=True, slots=True)
class _Template:
    """JSON with a place for each slot, which is of a kind and about something."""

    text: bytes
    slots: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, data: Any) -> _Template:
        """Make a template of data with slots."""
        pieces = _SLOT.split(orjson.dumps(data))
        pieces[::2] = [piece.replace(b"%", b"%%") for piece in pieces[::2]]
        slots = tuple((kind, about) for kind, _, about in (p.decode().partition(" ") for p in pieces[1::2]))
        return cls(b"%b".join(pieces[::2]) if slots else orjson.dumps(data), slots)

    def filled(self, values: _SlotValues, days: Mapping[tuple[str, str], bytes] | None = None) -> bytes:
        """Return the JSON with the values and days of a record."""
        if not self.slots:
            return self.text
        return self.text % tuple([values[s[1]] if s[0] == _VALUE else days[s] for s in self.slots])  # type: ignore[index]


@dataclass(slots=True)
class _RenderedPart:
    """A part as JSON, and the texts that it names and that the answer has elsewhere: conditions and open points.

    ``waiting`` are those of the conditions that a statement waits for, ``because`` those of its reasons. Of a programme
    there are beside them those of its decision, and of the reasons of its criteria.
    """

    json: _Template
    stated: Mapping[str, bytes] = field(default_factory=dict)
    waiting: Mapping[str, bytes] = field(default_factory=dict)
    because: Mapping[str, bytes] = field(default_factory=dict)
    points: Mapping[str, bytes] = field(default_factory=dict)
    decision: _RenderedPart | None = None
    criteria: Mapping[str, bytes] = field(default_factory=dict)


class _SlotValues(dict[str, bytes]):
    """The values of a record as JSON by the IRI of their field."""

    def __init__(self, record: Record, language: _JoinedLanguage) -> None:
        super().__init__()
        self._record = record
        self._language = language

    def __missing__(self, field: str) -> bytes:
        record = self._record
        value = record.values.get(field)
        if value is None or field in record.lists:
            found = orjson.dumps(self._language.renderer.value(record, field))
        else:
            found = self._language.value(record, field, value)
        self[field] = found
        return found


class _JoinedLanguage:
    """What is rendered in one language and belongs to no part."""

    def __init__(self, renderer: Renderer, assessor: Assessor) -> None:
        self.renderer = renderer
        self.templates = _TemplateRenderer(renderer.guideline, renderer.lang)
        self.key = "json", renderer.lang
        self._values: BoundedMemory[tuple[str, Any], bytes] = BoundedMemory(assessor.memories, 200)
        self._questions: BoundedMemory[AskedField, bytes] = BoundedMemory(assessor.memories, 1500)
        self._conditions: dict[tuple[str, bool], bytes] = {}
        self._points: dict[str, bytes] = {}

    def value(self, record: Record, field: str, value: Any) -> bytes:
        """Return the value of a field."""
        found = self._values.get((field, value))
        return found or self._values.put((field, value), orjson.dumps(self.renderer.value(record, field)))

    def question(self, asked: AskedField) -> bytes:
        """Return a question."""
        return self._questions.get(asked) or self._questions.put(asked, orjson.dumps(self.renderer.question(asked)))

    def condition(self, iri: str, *, waiting: bool = False) -> tuple[str, bytes]:
        """Return the identifier of a condition and its texts; ``waiting``: with how it follows a statement."""
        condition = self.renderer.guideline.conditions[iri]
        found = self._conditions.get((iri, waiting))
        if found is None:
            data = self.renderer.conditions({condition.id: (condition, waiting)})[condition.id]
            found = self._conditions[iri, waiting] = orjson.dumps(data)
        return condition.id, found

    def point(self, point: OpenPoint) -> tuple[str, bytes]:
        """Return the identifier of an open point and its texts."""
        found = self._points.get(point.iri)
        if found is None:
            found = self._points[point.iri] = orjson.dumps(self.renderer.points([point], {})[point.id])
        return point.id, found

    def reasons(self, reasons: Iterable[Reason]) -> dict[str, bytes]:
        """Return the conditions of reasons."""
        return dict(self.condition(r.condition.iri) for r in reasons)


class JoinedAnswers:
    """Answers as JSON bytes."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self._languages: dict[str, _JoinedLanguage] = {}
        self._guidelines: dict[tuple[str, str, tuple[str, ...]], bytes] = {}

    def render(
        self, record: Record, renderer: Renderer, only: Collection[str] | None, *, explain: bool, detail: str
    ) -> bytes:
        """Return the answer to a record as JSON; without changes on later days, which depend on too much."""
        if not composable(record):
            found = self.assessor.assess(record, only=only, explain=explain)
            return orjson.dumps(renderer.render(found, explain=explain, detail=detail))
        language = self._languages.get(renderer.lang)
        if language is None:
            language = self._languages.setdefault(renderer.lang, _JoinedLanguage(renderer, self.assessor))
        composed = self.assessor.compose(Run(self.assessor, record, explain), only)
        members = _Joining(self, language, composed, explain).members(brief=detail == BRIEF)
        return _object(members.items())

    def guideline(self, language: _JoinedLanguage, editions: tuple[str, ...], brief: bool) -> bytes:
        """Return what an answer says of the guideline."""
        key = language.renderer.lang, BRIEF if brief else "", editions
        found = self._guidelines.get(key)
        if found is None:
            data = language.renderer.named(editions)
            data = {name: data[name] for name in BRIEF_GUIDELINE if name in data} if brief else data
            found = self._guidelines[key] = orjson.dumps(data)
        return found


class _Joining:
    """The joining of one answer."""

    def __init__(self, answers: JoinedAnswers, language: _JoinedLanguage, composed: Composed, explain: bool) -> None:
        self.answers = answers
        self.language = language
        self.renderer = language.renderer
        self.composed = composed
        self.explain = explain
        self.found: Assessment = composed.assessment
        self.values = _SlotValues(composed.run.record, language)

    def members(self, *, brief: bool) -> dict[str, bytes]:
        """Return the members of the answer by their names, in their order."""
        found, renderer, composed = self.found, self.renderer, self.composed
        own = renderer.echoed(found.record)
        summary = renderer.summarised(found)
        dumps = orjson.dumps
        questions = [self.language.question(asked) for asked in found.questions]
        stage = renderer.stage(found)
        editions = tuple([e.edition.id for p in found.programmes.values() for e in p.applying])
        members = {name: dumps(value) for name, value in own.items()}
        members["guideline"] = self.answers.guideline(self.language, editions, brief)
        members["stage"] = dumps(stage)
        members |= {name: dumps(value) for name, value in summary.items()}
        if not brief:
            members |= self._parts()
        members["warnings"] = self._said(composed.warnings, self._warnings).json.filled(self.values)
        members["nextQuestion"] = questions[0] if questions else b"null"
        members["questions"] = b"[%b]" % b",".join(questions)
        members["missing"] = dumps([local_name(f) for f in found.missing])
        if brief:
            kept = {*BRIEF_NAMES, local_name(renderer.guideline.roles.identifier or ""), "guideline"}
            return {name: said for name, said in members.items() if name in kept}
        return members

    def _parts(self) -> dict[str, bytes]:
        """Return the members that are made of parts, and those between them."""
        found, renderer, composed, values = self.found, self.renderer, self.composed, self.values
        decisions = {name: self._said(d, self._decision) for name, d in composed.decisions.items()}
        programmes = {name: self._said(p, self._programme) for name, p in composed.programmes.items()}
        decisions |= {name: said.decision for name, said in programmes.items() if said.decision}
        boxes = [self._said(part, partial(self._box, box=box)) for box, part in composed.boxes]
        notices = [self._said(part, self._notices) for part in composed.notices]
        stating = [*boxes, *notices, *programmes.values()]
        warnings = self._said(composed.warnings, self._warnings)
        in_boxes = [b.json.filled(values, _days(s)) for b, (_, s) in zip(boxes, found.boxes, strict=True)]
        noticed = _days(found.notices)
        conditions = [s.stated for s in stating]
        conditions += [s.because for s in (*stating, warnings, *decisions.values())]
        conditions += [p.criteria for p in programmes.values()]
        conditions += [s.waiting for s in stating]
        points = [s.points for s in (*decisions.values(), *stating)]
        points.append(dict(map(self.language.point, found.notes.values())))
        return {
            "decisions": _object((name, said.json.filled(values)) for name, said in decisions.items()),
            "boxes": b"[%b]" % b",".join(in_boxes),
            "notices": b"[%b]" % b",".join([own for n in notices if (own := n.json.filled(values, noticed))]),
            "eligibility": _object((name, self._eligibility(name, said)) for name, said in programmes.items()),
            "facts": orjson.dumps(renderer.facts(found.facts)),
            "dates": orjson.dumps(renderer.dates(found.dated, found.notes)),
            "conditions": _united(conditions),
            "openPoints": _united(points),
        }

    def _eligibility(self, name: str, said: _RenderedPart) -> bytes:
        own = self.found.programmes[name]
        days = {(_DAYS, end): orjson.dumps(day) for end, day in self.renderer.eligible_days(name, own.days).items()}
        return said.json.filled(self.values, days | _days(own.shown))

    # -- rendering what is not remembered -----------------------------------------------------------

    def _said(self, part: P, render: Callable[[P], _RenderedPart]) -> _RenderedPart:
        """Return a part as it was rendered before, or render it."""
        said: _RenderedPart | None = part.said.get(self.language.key)
        if said is None:
            said = part.said[self.language.key] = render(part)
            self.answers.assessor.memories.grow(len(said.json.text) + 64 * len(said.json.slots))
        return said

    def _decision(self, part: DecisionPart) -> _RenderedPart:
        return self._of_decision(part.found, part.boxes)

    def _of_decision(self, found: DecisionResult, boxes: Collection[Box]) -> _RenderedPart:
        language, declared = self.language, found.result.status
        because = language.reasons(found.because)
        for reasons in found.why_not.values():
            because |= language.reasons(reasons)
        points = [
            p for p in found.open_points if self.explain or is_to_read(declared, p.iri in found.decisive, p.declares)
        ]
        return _RenderedPart(
            json=_Template.of(language.templates.decision(_EMPTY, found, boxes, self.explain)),
            because=because,
            points=dict(map(language.point, points)),
        )

    def _programme(self, part: ProgrammePart) -> _RenderedPart:
        found, language = part.found, self.language
        said = self._statements(found.shown, _Template.of(language.templates.programme(_EMPTY, found, self.explain)))
        said.decision = self._of_decision(part.decision, ())
        if self.explain:
            said.criteria = language.reasons(r for c in found.criteria for r in c.because)
        return said

    def _box(self, part: StatementsPart, box: Box) -> _RenderedPart:
        templates = self.language.templates
        decision, option = templates.places[box.iri]
        own = decision.iri in templates.guideline.own_decisions
        labels = {option.id: templates.text(option.label)} if option and own else {}
        data = templates.box(_EMPTY, box, part.found, {decision.id: {"labels": labels}})
        return self._statements(split(part.found)[0], _Template.of(data), part.found)

    def _notices(self, part: StatementsPart) -> _RenderedPart:
        """Render notices without the brackets around them."""
        rendered = _Template.of([self.language.templates.statement(_EMPTY, s) for s in part.found])
        return self._statements(part.found, replace(rendered, text=rendered.text[1:-1]))

    def _warnings(self, part: WarningsPart) -> _RenderedPart:
        data = [self.language.templates.warning(_EMPTY, w, part.why) for w in part.found]
        return _RenderedPart(
            json=_Template.of(data),
            because=self.language.reasons(r for reasons in part.why.values() for r in reasons),
        )

    def _statements(
        self, said: Iterable[StatementResult], rendered: _Template, shown: Iterable[StatementResult] | None = None
    ) -> _RenderedPart:
        """Return statements that are ``said`` in full, of those that are ``shown``."""
        language, said = self.language, tuple(said)
        named = [(s.statement.condition, s.verdict == OPEN) for s in said if s.statement.condition]
        marks = (m.mark.by for s in said for m in s.marks)
        return _RenderedPart(
            json=rendered,
            stated=dict(language.condition(iri) for iri, _ in named),
            waiting=dict(language.condition(iri, waiting=True) for iri, waits in named if waits),
            because=language.reasons(r for s in (said if shown is None else shown) for r in s.because),
            points=dict(language.point(by) for by in marks if isinstance(by, OpenPoint)),
        )


def _object(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an object by its members."""
    return b"{%b}" % b",".join([b"%b:%b" % (orjson.dumps(name), said) for name, said in members])


def _united(texts: Iterable[Mapping[str, bytes]]) -> bytes:
    """Return an object of the members of several: each in the place of the first, as the last says it."""
    found: dict[str, bytes] = {}
    for own in texts:
        found.update(own)
    return b"{%b}" % b",".join([b'"%b":%b' % (name.encode(), said) for name, said in found.items()])


def _days(statements: Iterable[StatementResult]) -> dict[tuple[str, str], bytes]:
    """Return the dates of statements by the slots for them."""
    found: dict[tuple[str, str], bytes] = {}
    for s in statements:
        if s.earliest:
            found["earliest", s.statement.iri] = b'"%b"' % s.earliest.isoformat().encode()
        if s.latest:
            found["latest", s.statement.iri] = b'"%b"' % s.latest.isoformat().encode()
    return found
