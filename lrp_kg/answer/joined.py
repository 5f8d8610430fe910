"""Answers as JSON bytes, joined from what was rendered once for each part of them.

All that is the same for the records of one whole answer is one template, which is kept once a whole is said again. What
depends on days, such as facts, dates and the summary, is rendered for each record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from lrp_kg.answer.as_json import Json, Renderer
from lrp_kg.answer.composed import Composed, WholeAnswer
from lrp_kg.answer.decisions import Assessor, composable
from lrp_kg.answer.parts import StatementsPart
from lrp_kg.answer.rendered import NamedTexts, RenderedPart, RenderedParts, united
from lrp_kg.answer.results import AskedField, Assessment, StatementResult
from lrp_kg.answer.run import Run
from lrp_kg.answer.summary import BRIEF, BRIEF_GUIDELINE, BRIEF_NAMES
from lrp_kg.answer.templates import JoinedTemplate, JsonTemplate, Slot, days_slot, kept_json
from lrp_kg.logic.memory import BoundedMemory
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record

Piece = JsonTemplate | bytes
FACTS, DATES, POINTS = "facts", "dates", "openPoints"


def _own(name: str) -> tuple[str, str]:
    """Return the slot of a member that is rendered for each record."""
    return "answer", name


_OWN = {name: JsonTemplate.slot(_own(name)) for name in ("summary", "summaryMore", FACTS, DATES, POINTS)}
_NO_POINTS: Mapping[str, bytes] = {}


class _JoinedWhole(NamedTuple):
    """What is the same for all records of a whole answer, and the open points that it names."""

    json: JoinedTemplate
    points: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return self.json.size + 100 * len(self.points)


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
        self.wholes: BoundedMemory[tuple[WholeAnswer, bool], _JoinedWhole] = BoundedMemory(
            assessor.memories, 300, lambda whole: whole.size
        )
        """What is joined of whole answers, of all of each or of what a summary has of it."""

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
        answer = _Joining(self, language, composed, explain).answer(brief=detail == BRIEF)
        composed.run.done()
        return answer

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

    def answer(self, *, brief: bool) -> bytes:
        """Return the answer, or what a summary has of it."""
        found, renderer, fills, dumps = self.found, self.renderer, self.fills, orjson.dumps
        own = renderer.echoed(found.record)
        if brief:
            identifier = local_name(renderer.guideline.roles.identifier or "")
            own = {name: said for name, said in own.items() if name in BRIEF_NAMES or name == identifier}
        whole = self._whole(brief)
        for name, said in renderer.summarised(found).items():
            fills[_own(name)] = dumps(said)
        if not brief:
            fills[_own(FACTS)] = dumps(renderer.facts(found.facts))
            fills[_own(DATES)] = dumps(renderer.dates(found.dated, found.notes))
            noted = dict(map(self.language.parts.point, found.notes.values()))
            points = united([whole.points, noted]) if noted else whole.points
            fills[_own(POINTS)] = b"{%b}" % b",".join(points.values())
            self._fill_days()
        return b"{%b,%b}" % (_members(own), whole.json.filled(fills))

    def _whole(self, brief: bool) -> _JoinedWhole:
        """Return what is the same for all records of the whole; it is kept from the second time on."""
        known, key = self.language.wholes, (self.composed.whole, brief)
        return known.get(key) or known.put_again(key, self._joined(brief))

    def _joined(self, brief: bool) -> _JoinedWhole:
        found, renderer, composed = self.found, self.renderer, self.composed
        editions = tuple([e.edition.id for p in found.programmes.values() for e in p.applying])
        questions = [self.language.question(asked) for asked in found.questions]
        warnings = self.language.parts.warnings(composed.warnings)
        parts, points = ((), _NO_POINTS) if brief else self._parts(warnings.named)
        pieces: list[Piece] = [b'"guideline":', self.answers.guideline(self.language, editions, brief)]
        pieces += [b',"stage":', orjson.dumps(renderer.stage(found))]
        pieces += [b',"summary":', _OWN["summary"], b',"summaryMore":', _OWN["summaryMore"], *parts]
        pieces += [b',"warnings":', warnings.json]
        pieces += [b',"nextQuestion":', questions[0] if questions else b"null"]
        if not brief:
            pieces += [b',"questions":[', *_listed(questions), b"]"]
        pieces += [b',"missing":', orjson.dumps([local_name(f) for f in found.missing])]
        return _JoinedWhole(JoinedTemplate(pieces), points)

    def _parts(self, warned: NamedTexts) -> tuple[list[Piece], Mapping[str, bytes]]:
        """Return the members that are made of parts, and those between them; and the open points that parts name."""
        composed, explain, parts = self.composed, self.explain, self.language.parts
        decisions = {name: parts.decision(d, explain) for name, d in composed.decisions.items()}
        programmes = {name: parts.programme(p, explain) for name, p in composed.programmes.items()}
        decisions |= {name: said.decision for name, said in programmes.items() if said.decision}
        boxes = [parts.box(part, box) for box, part in composed.boxes]
        notices = [parts.notices(part) for part in composed.notices]
        stating = [said.named for said in (*boxes, *notices, *programmes.values())]
        deciding = [said.named for said in decisions.values()]
        conditions = [named.stated for named in stating]
        conditions += [named.because for named in (*stating, warned, *deciding)]
        conditions += [p.criteria for p in programmes.values()]
        conditions += [named.waiting for named in stating]
        pieces: list[Piece] = [
            b',"decisions":{',
            *_named(decisions),
            b'},"boxes":[',
            *_listed([said.json for said in boxes]),
        ]
        pieces += [b'],"notices":[', *_listed([said.json for said in notices if said.json.texts])]
        pieces += [b'],"eligibility":{', *_named(programmes), b'},"facts":', _OWN[FACTS], b',"dates":', _OWN[DATES]]
        pieces += [b',"conditions":{', *_listed(united(conditions).values()), b'},"openPoints":', _OWN[POINTS]]
        return pieces, united(named.points for named in (*deciding, *stating))

    def _fill_days(self) -> None:
        """Fill the slots of days: a statement has the same ones wherever an answer has it."""
        found, composed = self.found, self.composed
        for (_, part), (_, own) in zip(composed.boxes, found.boxes, strict=True):
            self._fill(part, own)
        for part, own in zip(composed.notices, composed.notices_said, strict=True):
            self._fill(part, own)
        for name, programme in composed.programmes.items():
            result = found.programmes[name]
            for end, day in self.renderer.eligible_days(name, result.days).items():
                self.fills[days_slot(name, end)] = b'"%b"' % day.encode() if day else b"null"
            if programme.dated:
                self._fill(programme.benefits, result.benefits)
                self._fill(programme.limits, result.limits)
                self._fill(programme.steps, result.steps)

    def _fill(self, part: StatementsPart, own: Sequence[StatementResult]) -> None:
        for n, _ in part.dated:
            _fill_days_of(own[n], self.fills)


def _members(data: Json) -> bytes:
    """Return the members of an object, without the braces around them."""
    return b",".join([b"%b:%b" % (_name(name), orjson.dumps(said)) for name, said in data.items()])


def _named(several: Mapping[str, RenderedPart]) -> Iterator[Piece]:
    """Yield parts as members of an object."""
    for number, (name, said) in enumerate(several.items()):
        yield b",%b:" % _name(name) if number else b"%b:" % _name(name)
        yield said.json


def _listed(several: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces with commas between them."""
    for number, piece in enumerate(several):
        if number:
            yield b","
        yield piece


@lru_cache(1000)
def _name(text: str) -> bytes:
    """Return the name of a member; there are as many as a guideline has decisions and programmes, and a few."""
    return kept_json(text)


def _fill_days_of(s: StatementResult, fills: dict[Slot, bytes]) -> None:
    """Fill the slots of the dates of a statement."""
    if s.earliest:
        fills["earliest", s.statement.iri] = b'"%b"' % s.earliest.isoformat().encode()
    if s.latest:
        fills["latest", s.statement.iri] = b'"%b"' % s.latest.isoformat().encode()
