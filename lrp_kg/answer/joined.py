"""Answers as JSON bytes, joined from what was rendered once for each part of them.

What depends on days, or is put together from several parts, such as facts, dates and the summary, is rendered for each
record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson

from lrp_kg.answer.as_json import Renderer
from lrp_kg.answer.composed import Composed
from lrp_kg.answer.decisions import Assessor, composable
from lrp_kg.answer.parts import StatementsPart
from lrp_kg.answer.rendered import RenderedPart, RenderedParts, Slot, days_slot, kept_json, united
from lrp_kg.answer.results import AskedField, Assessment, StatementResult
from lrp_kg.answer.run import Run
from lrp_kg.answer.summary import BRIEF, BRIEF_GUIDELINE, BRIEF_NAMES
from lrp_kg.logic.memory import BoundedMemory
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record


class _Fills(dict[Slot, bytes]):
    """What fills slots: days, once they are put in, and the values of the record as JSON by the IRI of their field."""

    def __init__(self, record: Record, language: _JoinedLanguage) -> None:
        super().__init__()
        self._record = record
        self._language = language

    def __missing__(self, slot: Slot) -> bytes:
        if not isinstance(slot, str):
            raise KeyError(slot)
        record = self._record
        value = record.values.get(slot)
        if value is None or slot in record.lists:
            found = orjson.dumps(self._language.renderer.value(record, slot))
        else:
            found = self._language.value(record, slot, value)
        self[slot] = found
        return found


class _JoinedLanguage:
    """What is rendered in one language."""

    def __init__(self, renderer: Renderer, assessor: Assessor) -> None:
        self.renderer = renderer
        self.parts = RenderedParts(renderer, assessor.memories)
        self._values: BoundedMemory[tuple[str, Any], bytes] = BoundedMemory(assessor.memories, 200)
        self._questions: BoundedMemory[AskedField, bytes] = BoundedMemory(assessor.memories, 1500)

    def value(self, record: Record, field: str, value: Any) -> bytes:
        """Return the value of a field."""
        found = self._values.get((field, value))
        return found or self._values.put((field, value), kept_json(self.renderer.value(record, field)))

    def question(self, asked: AskedField) -> bytes:
        """Return a question."""
        return self._questions.get(asked) or self._questions.put(asked, kept_json(self.renderer.question(asked)))


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
        composed.run.done()
        return _object(members.items())

    def guideline(self, language: _JoinedLanguage, editions: tuple[str, ...], brief: bool) -> bytes:
        """Return what an answer says of the guideline."""
        key = language.renderer.lang, BRIEF if brief else "", editions
        found = self._guidelines.get(key)
        if found is None:
            data = language.renderer.named(editions)
            data = {name: data[name] for name in BRIEF_GUIDELINE if name in data} if brief else data
            found = self._guidelines[key] = kept_json(data)
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
        self.fills = _Fills(composed.run.record, language)

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
        members["warnings"] = self.language.parts.warnings(composed.warnings).json.filled(self.fills)
        members["nextQuestion"] = questions[0] if questions else b"null"
        members["questions"] = b"[%b]" % b",".join(questions)
        members["missing"] = dumps([local_name(f) for f in found.missing])
        if brief:
            kept = {*BRIEF_NAMES, local_name(renderer.guideline.roles.identifier or ""), "guideline"}
            return {name: said for name, said in members.items() if name in kept}
        return members

    def _parts(self) -> dict[str, bytes]:
        """Return the members that are made of parts, and those between them."""
        found, renderer, composed, fills = self.found, self.renderer, self.composed, self.fills
        parts, explain = self.language.parts, self.explain
        decisions = {name: parts.decision(d, explain) for name, d in composed.decisions.items()}
        programmes = {name: parts.programme(p, explain) for name, p in composed.programmes.items()}
        decisions |= {name: said.decision for name, said in programmes.items() if said.decision}
        boxes = [parts.box(part, box) for box, part in composed.boxes]
        notices = [parts.notices(part) for part in composed.notices]
        stating = [said.named for said in (*boxes, *notices, *programmes.values())]
        deciding = [said.named for said in decisions.values()]
        in_boxes = [
            self._filled(said, (part,), (own,))
            for said, (_, part), (_, own) in zip(boxes, composed.boxes, found.boxes, strict=True)
        ]
        fills |= _days(found.notices)
        conditions = [named.stated for named in stating]
        conditions += [named.because for named in (*stating, parts.warnings(composed.warnings).named, *deciding)]
        conditions += [p.criteria for p in programmes.values()]
        conditions += [named.waiting for named in stating]
        points = [named.points for named in (*deciding, *stating)]
        points.append(dict(map(parts.point, found.notes.values())))
        return {
            "decisions": _object((name, said.json.filled(fills)) for name, said in decisions.items()),
            "boxes": b"[%b]" % b",".join(in_boxes),
            "notices": b"[%b]" % b",".join([own for n in notices if (own := n.json.filled(fills))]),
            "eligibility": _object((name, self._eligibility(name, said)) for name, said in programmes.items()),
            "facts": orjson.dumps(renderer.facts(found.facts)),
            "dates": orjson.dumps(renderer.dates(found.dated, found.notes)),
            "conditions": b"{%b}" % b",".join(united(conditions).values()),
            "openPoints": b"{%b}" % b",".join(united(points).values()),
        }

    def _eligibility(self, name: str, said: RenderedPart) -> bytes:
        own, part = self.found.programmes[name], self.composed.programmes[name]
        for end, day in self.renderer.eligible_days(name, own.days).items():
            self.fills[days_slot(name, end)] = orjson.dumps(day)
        if not part.dated:
            return said.json.filled(self.fills)
        return self._filled(said, (part.benefits, part.limits, part.steps), (own.benefits, own.limits, own.steps))

    def _filled(
        self, said: RenderedPart, parts: Iterable[StatementsPart], shown: Iterable[Sequence[StatementResult]]
    ) -> bytes:
        """Return a part with the days of its statements, which are those of no other part."""
        for part, own in zip(parts, shown, strict=True):
            if part.dated:
                self.fills |= _days([own[n] for n, _ in part.dated])
        return said.json.filled(self.fills)


def _object(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an object by its members."""
    return b"{%b}" % b",".join([b"%b:%b" % (_name(name), said) for name, said in members])


@lru_cache(1000)
def _name(text: str) -> bytes:
    """Return the name of a member; there are as many as a guideline has decisions and programmes, and a few."""
    return kept_json(text)


def _days(statements: Iterable[StatementResult]) -> dict[Slot, bytes]:
    """Return the dates of statements by the slots for them."""
    found: dict[Slot, bytes] = {}
    for s in statements:
        if s.earliest:
            found["earliest", s.statement.iri] = b'"%b"' % s.earliest.isoformat().encode()
        if s.latest:
            found["latest", s.statement.iri] = b'"%b"' % s.latest.isoformat().encode()
    return found
