"""The parts of answers as JSON, each rendered in a language and kept once a second record has it.

A rendered part is a template: bytes with places for the values of the record and for days. It is made of pieces, such
as statements and reasons, that other parts are made of too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import orjson

from lrp_kg.answer.as_json import DAY_KEYS, Json, Renderer
from lrp_kg.answer.labels import is_to_read
from lrp_kg.answer.parts import (
    AnswerPart,
    DecisionPart,
    ProgrammePart,
    StatementPart,
    StatementsPart,
    WarningsPart,
)
from lrp_kg.answer.results import DecisionResult, EligibleDays, StatementResult
from lrp_kg.answer.templates import VALUE, JsonTemplate, days_slot, kept_json, slot
from lrp_kg.guideline.model import Box, Guideline, OpenPoint
from lrp_kg.logic.classify import OPEN
from lrp_kg.logic.explain import Reason
from lrp_kg.logic.memory import SharedBound
from lrp_kg.record.model import Record

P = TypeVar("P", bound=AnswerPart)
_EMPTY = Record("", values={}, dates={}, texts={}, lists={})
_NOTHING: Mapping[str, bytes] = MappingProxyType({})
_SIZE = 300
"""Bytes that a rendered part takes beside its JSON and the texts that it names, about."""


class _SaidReason(NamedTuple):
    """A reason as JSON, in a template by this name, and the identifier of its condition with a member of its texts."""

    reason: Reason
    name: str
    condition: tuple[str, bytes]


class _TemplateRenderer(Renderer):
    """Renders with slots in place of what differs between records that share a part."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        super().__init__(guideline, lang)
        self._reasons: dict[Reason, _SaidReason] = {}
        self._by_object: dict[int, _SaidReason] = {}
        self.reasons_by_name: dict[bytes, JsonTemplate] = {}
        """Reasons as JSON, by the names of their places in other templates."""
        self._conditions: dict[tuple[str, bool], tuple[str, bytes]] = {}

    def said(self, reason: Reason) -> _SaidReason:
        """Return a reason as it was rendered before, or render it; there are three of a condition."""
        found = self._by_object.get(id(reason))
        if found is not None and found.reason is reason:
            return found
        found = self._reasons.get(reason)
        if found is None:
            name = f"reason {reason.verdict} {reason.field} {reason.condition.iri}"
            self.reasons_by_name[name.encode()] = JsonTemplate.of(orjson.dumps(super().reason(_EMPTY, reason)))
            found = self._reasons[reason] = _SaidReason(reason, slot(name), self.condition(reason.condition.iri))
            self._by_object[id(reason)] = found
        return found

    def reason(self, record: Record, reason: Reason) -> str:
        """Leave a place for the template of a reason."""
        return self.said(reason).name

    def condition(self, iri: str, *, waiting: bool = False) -> tuple[str, bytes]:
        """Return the identifier of a condition and a member with its texts; ``waiting``: how it follows a statement."""
        found = self._conditions.get((iri, waiting))
        if found is None:
            condition = self.guideline.conditions[iri]
            data = self.conditions({condition.id: (condition, waiting)})[condition.id]
            found = self._conditions[iri, waiting] = condition.id, _member(condition.id, data)
        return found

    def value(self, record: Record, field: str) -> Any:
        """Leave a slot for a value."""
        return slot(VALUE, field)

    def day(self, found: StatementResult, name: str, day: date) -> str:
        """Leave a slot for a date."""
        return slot(name, found.statement.iri)

    def eligible_days(self, programme: str, found: EligibleDays) -> Json:
        """Leave a slot for each end of the eligible days, and for what is known of them."""
        return {name: slot(*days_slot(programme, name)) for name in DAY_KEYS}

    def template(self, data: Any, pieces: Sequence[JsonTemplate] = ()) -> JsonTemplate:
        """Return what was rendered as a template, with ``pieces`` in the places that `place_of` gives."""
        if not pieces:
            return JsonTemplate.of(orjson.dumps(data), self.reasons_by_name.get)
        inner = {place_of(number)[1:-1].encode(): piece for number, piece in enumerate(pieces)}
        return JsonTemplate.of(orjson.dumps(data), lambda name: inner.get(name) or self.reasons_by_name.get(name))


def place_of(number: int) -> str:
    """Leave a place for a piece, by its number."""
    return slot("piece", str(number))


class NamedTexts(NamedTuple):
    """The texts that a part names and that the answer has elsewhere, by identifier: conditions and open points.

    ``waiting`` are those of the conditions that a statement waits for, ``because`` those of its reasons.
    """

    stated: Mapping[str, bytes] = _NOTHING
    waiting: Mapping[str, bytes] = _NOTHING
    because: Mapping[str, bytes] = _NOTHING
    points: Mapping[str, bytes] = _NOTHING

    @property
    def size(self) -> int:
        """Bytes that it takes, about: the texts themselves are those of other parts too."""
        return sum([64 + 50 * len(own) for own in self if own])

    @classmethod
    def together(cls, several: Collection[NamedTexts]) -> NamedTexts:
        """Return what several name: each in the place of the first, as the last says it."""
        return cls(
            stated=united(n.stated for n in several),
            waiting=united(n.waiting for n in several),
            because=united(n.because for n in several),
            points=united(n.points for n in several),
        )


@dataclass(frozen=True, slots=True)
class JsonPiece:
    """A template of which others are made, and the texts that it names."""

    json: JsonTemplate
    named: NamedTexts


class RenderedPart(NamedTuple):
    """A part as JSON.

    Of a programme there is beside it its decision, and the conditions of the reasons of its criteria.
    """

    json: JsonTemplate
    named: NamedTexts
    decision: RenderedPart | None = None
    criteria: Mapping[str, bytes] = _NOTHING

    @property
    def size(self) -> int:
        """Bytes that it takes beside the templates and texts that are those of other parts too, about."""
        own = self.json.size + self.named.size + (64 + 50 * len(self.criteria) if self.criteria else 0)
        return own + (self.decision.size if self.decision else 0)


class RenderedParts:
    """Renders the parts of answers in one language."""

    def __init__(self, renderer: Renderer, memories: SharedBound) -> None:
        self._memories = memories
        self._templates = _TemplateRenderer(renderer.guideline, renderer.lang)
        self._whole, self._piece_of = ("json", renderer.lang), ("json piece", renderer.lang)
        self._met: Mapping[Hashable, Any] = {self._whole: None}
        """What is kept with a part, one for all parts, once it was said for one record."""
        self._points: dict[str, bytes] = {}

    # -- parts ----------------------------------------------------------------------------------------

    def decision(self, part: DecisionPart, explain: bool) -> RenderedPart:
        """Return a decision of the guideline's own."""
        return self._said(part) or self._keep(part, self._decision(part.found, part.boxes, explain))

    def programme(self, part: ProgrammePart, explain: bool) -> RenderedPart:
        """Return the eligibility for a programme, with slots for the eligible days."""
        return self._said(part) or self._keep(part, self._programme(part, explain))

    def box(self, part: StatementsPart, box: Box) -> RenderedPart:
        """Return a box."""
        return self._said(part) or self._keep(part, self._box(part, box))

    def notices(self, part: StatementsPart) -> RenderedPart:
        """Return notices without the brackets around them."""
        return self._said(part) or self._keep(part, self._notices(part))

    def warnings(self, part: WarningsPart) -> RenderedPart:
        """Return what is pointed out."""
        return self._said(part) or self._keep(part, self._warnings(part))

    def point(self, point: OpenPoint) -> tuple[str, bytes]:
        """Return the identifier of an open point and a member with its texts."""
        found = self._points.get(point.iri)
        if found is None:
            found = self._points[point.iri] = _member(point.id, self._templates.points([point], {})[point.id])
        return point.id, found

    # -- what is not remembered yet -------------------------------------------------------------------

    def _said(self, part: AnswerPart) -> RenderedPart | None:
        said: RenderedPart | None = part.said.get(self._whole)
        return said

    def _keep(self, part: AnswerPart, said: RenderedPart) -> RenderedPart:
        """Keep a rendered part, which is large, once it is said for a second record: many never are."""
        if self._whole in part.said:
            self._memories.grow(_SIZE + said.size)
            part.keep(self._whole, said)
        elif part.said:
            part.keep(self._whole, None)
        else:
            part.said = self._met
        return said

    def _piece(self, part: P, render: Callable[[P], JsonPiece]) -> JsonPiece:
        """Return what larger parts are made of as it was rendered before, or render it."""
        said: JsonPiece | None = part.said.get(self._piece_of)
        if said is None:
            said = render(part)
            part.keep(self._piece_of, said)
            self._memories.grow(_SIZE + said.json.size + said.named.size)
        return said

    def _decision(self, found: DecisionResult, boxes: Collection[Box], explain: bool) -> RenderedPart:
        status = found.result.status
        points = [p for p in found.open_points if explain or is_to_read(status, p.iri in found.decisive, p.declares)]
        return RenderedPart(
            self._templates.template(self._templates.decision(_EMPTY, found, boxes, explain)),
            NamedTexts(
                because=self._reasons(chain(found.because, *found.why_not.values())),
                points=dict(map(self.point, points)),
            ),
        )

    def _programme(self, part: ProgrammePart, explain: bool) -> RenderedPart:
        core = part.core
        data = self._templates.programme(_EMPTY, core.found, explain)
        said = [self._piece(part.benefits, self._share), self._piece(part.limits, self._limits)]
        said.append(self._piece(part.steps, self._share))
        for number, name in enumerate(("benefits", "limits", "nextSteps")):
            data[name] = place_of(number)
        reasons = chain.from_iterable(c.because for c in core.found.criteria) if explain else ()
        return RenderedPart(
            json=self._templates.template(data, [piece.json for piece in said]),
            named=NamedTexts.together([piece.named for piece in said]),
            decision=self._decision(core.decision, (), explain),
            criteria=self._reasons(reasons),
        )

    def _share(self, part: StatementsPart) -> JsonPiece:
        """Render statements of a programme."""
        return self._listed(part, self._templates.statement)

    def _limits(self, part: StatementsPart) -> JsonPiece:
        """Render the limits of a programme."""
        return self._listed(part, self._templates.limit)

    def _listed(self, part: StatementsPart, render: Callable[[Record, StatementResult], Json]) -> JsonPiece:
        named = NamedTexts.together([self._named(s) for s in part.found])
        return JsonPiece(self._templates.template([render(_EMPTY, s) for s in part.found]), named)

    def _box(self, part: StatementsPart, box: Box) -> RenderedPart:
        templates = self._templates
        decision, option = templates.places[box.iri]
        own = decision.iri in templates.guideline.own_decisions
        labels = {option.id: templates.text(option.label)} if option and own else {}
        only_named = [one.found for one in part.ones if one.found.only_named]
        pieces = [self._piece(one, self._statement) for one in part.ones if not one.found.only_named]
        shown = [place_of(number) for number in range(len(pieces))]
        data = templates.framed(box, shown, only_named, {decision.id: {"labels": labels}})
        named = NamedTexts.together([piece.named for piece in pieces])
        because = self._reasons(r for s in part.found for r in s.because) if only_named else named.because
        template = templates.template(data, [piece.json for piece in pieces])
        return RenderedPart(template, named._replace(because=because))

    def _notices(self, part: StatementsPart) -> RenderedPart:
        pieces = [self._piece(one, self._statement) for one in part.ones]
        json = JsonTemplate.listed([piece.json for piece in pieces])
        return RenderedPart(json, NamedTexts.together([piece.named for piece in pieces]))

    def _statement(self, part: StatementPart) -> JsonPiece:
        return JsonPiece(
            self._templates.template(self._templates.statement(_EMPTY, part.found)), self._named(part.found)
        )

    def _warnings(self, part: WarningsPart) -> RenderedPart:
        data = [self._templates.warning(_EMPTY, w, part.why) for w in part.found]
        because = self._reasons(chain.from_iterable(part.why.values()))
        return RenderedPart(self._templates.template(data), NamedTexts(because=because))

    # -- the texts that parts name --------------------------------------------------------------------

    def _named(self, s: StatementResult) -> NamedTexts:
        own = s.statement.condition
        marks = (m.mark.by for m in s.marks)
        condition = self._templates.condition
        return NamedTexts(
            stated=dict([condition(own)]) if own else _NOTHING,
            waiting=dict([condition(own, waiting=True)]) if own and s.verdict == OPEN else _NOTHING,
            because=self._reasons(s.because),
            points=dict(self.point(by) for by in marks if isinstance(by, OpenPoint)) or _NOTHING,
        )

    def _reasons(self, reasons: Iterable[Reason]) -> Mapping[str, bytes]:
        said = self._templates.said
        return dict([said(r).condition for r in reasons]) or _NOTHING


def _member(name: str, value: Any) -> bytes:
    """Return a member of an object."""
    return b"%b:%b" % (kept_json(name), kept_json(value))


def united(texts: Iterable[Mapping[str, bytes]]) -> Mapping[str, bytes]:
    """Return the members of several objects: each in the place of the first, as the last says it."""
    found: dict[str, bytes] = {}
    for own in texts:
        if own:
            found.update(own)
    return found or _NOTHING
