"""Draws invented episodes: each by itself, from the seed and its number, so that fewer are the first of more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from lrp_kg.answer.run import Run
from lrp_kg.answer.service import GuidelineService
from lrp_kg.findings import Finding
from lrp_kg.logic.classify import TRUE
from lrp_kg.record.model import BASE
from lrp_kg.research.synthesis.model import EVEN_DAYS, CohortModel, FieldModel, Transition, read_model

Json = dict[str, Any]
MARK = "synthetic"
"""Part of every identifier of an invented record."""


class Generator:
    """Draws records of a guideline."""

    def __init__(self, service: GuidelineService, seed: int = 1) -> None:
        self.service = service
        self.guideline = service.guideline
        self.model: CohortModel = read_model(self.guideline)
        self.seed = seed
        self._latest: tuple[Json, Run] | None = None
        self._orders = [
            (self.guideline.fields[a].id, self.guideline.fields[b].id) for a, b in self.guideline.date_orders
        ]
        self._excluded = [
            (f.id, self.guideline.fields[name].id) for f in self.guideline.fields.values() for name in f.excludes
        ]
        roles = self.guideline.roles
        self._contact = self.guideline.fields[roles.assessment].id if roles.assessment else None
        self._dates = {f.id for f in self.guideline.fields.values() if f.kind == "date"} - {self._contact}
        self._implied = {
            f.id: [self.guideline.fields[i].id for i in f.implies] for f in self.guideline.fields.values() if f.implies
        }

    def records(self, count: int) -> Iterator[Json]:
        """Yield that many valid records, in the record contract."""
        number, made = 0, 0
        while made < count:
            number += 1
            for record in self.episode(number):
                yield record
                made += 1
                if made == count:
                    return

    def episode(self, number: int) -> Iterator[Json]:
        """Yield the valid records of the contacts of one episode, by its number from 1."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - invented data, drawn again from a seed
        model = self.model
        kept: dict[str, Any] = {}
        been: set[tuple[str, Any]] = set()
        first = True
        day: date | None = None
        contacts = model.contacts.draw_integer(chance)
        for contact in range(1, contacts + 1):
            record: Json = {}
            if self._contact and day is not None:
                day += timedelta(days=model.days_between.draw_integer(chance))
                record[self._contact] = day.isoformat()
            record |= {k: v for k, v in kept.items() if v is not None and self._is_past(record, k, v)}
            self._leave_unhappened(record, kept)
            self._fill(chance, record, kept, first)
            if self._contact in record:
                day = date.fromisoformat(record[self._contact])
            self._make_valid(record)
            been.update((step.field.id, record.get(step.field.id)) for step in model.transitions)
            name = f"{MARK}-{self.seed}-{number:06d}"
            yield self._named(record, name, contact)
            if contact < contacts:
                first = self._step(chance, record, kept, been)

    def _named(self, record: Json, episode: str, contact: int) -> Json:
        named: Json = {"@id": f"{BASE}{MARK}/{episode}-{contact}"}
        roles = self.guideline.roles
        for field, name in ((roles.identifier, f"{episode}-{contact}"), (roles.episode, episode)):
            if field:
                named[self.guideline.fields[field].id] = name
        return named | record

    def _fill(self, chance: random.Random, record: Json, kept: dict[str, Any], first: bool) -> None:
        settled = set(record) | set(kept)
        for model in self.model.fields:
            name = model.field.id
            if name in settled or (model.first_contact is not None and model.first_contact != first):
                continue
            if model.only_with and self.guideline.fields[model.only_with].id not in record:
                continue
            if model.only_if and not self._holds(record, model.only_if):
                continue
            settled.add(name)
            value = self._draw(chance, model, record)
            known = chance.randrange(100) < model.known
            if model.persists:
                kept[name] = value if known else None
            if known and value is not None and self._is_past(record, name, value):
                record[name] = value
        self._leave_unhappened(record, kept)

    def _draw(self, chance: random.Random, model: FieldModel, record: Json) -> Any:
        kind, drawn = model.field.kind, model.distribution
        if kind == "date":
            return self._draw_date(chance, model, record)
        if drawn is None:
            return None
        if kind == "integer":
            return drawn.draw_integer(chance)
        if kind == "boolean":
            return drawn.draw(chance) == "true"
        if kind == "values":
            return drawn.draw_members(chance)
        return drawn.draw(chance)

    def _draw_date(self, chance: random.Random, model: FieldModel, record: Json) -> str | None:
        if model.days_after and model.distribution:
            days = model.distribution.draw_integer(chance)
            start = record.get(self.guideline.fields[model.days_after].id)
            if start is None:
                start = _day(chance, next((m.between for m in self.model.fields if m.between), EVEN_DAYS))
            return (date.fromisoformat(start) + timedelta(days=days)).isoformat()
        return _day(chance, model.between) if model.between else None

    def _is_past(self, record: Json, name: str, value: Any) -> bool:
        """Return whether a value can be known at the contact: a date after it cannot."""
        return name not in self._dates or self._contact not in record or bool(value <= record[self._contact])

    def _leave_unhappened(self, record: Json, kept: dict[str, Any]) -> None:
        """Leave out what a date implies that is still to come: no operation was done before its day."""
        for name, implied in self._implied.items():
            if name not in record and kept.get(name) is not None and not self._is_past(record, name, kept[name]):
                for other in implied:
                    record.pop(other, None)

    def _make_valid(self, record: Json) -> None:
        """Leave out what would make a record invalid.

        First a date after one that bounds it, or what two fields deny; then, which is rare, what shapes say beyond
        that: of its fields the latest without which there are fewer problems.
        """
        for earlier, later in self._orders:
            if earlier in record and later in record and record[earlier] > record[later]:
                del record[earlier]
        for name, implied in self._implied.items():
            if record.get(name, False) is not False and any(record.get(i) is False for i in implied):
                del record[name]
        for name, excluded in self._excluded:
            if record.get(name) is True and record.get(excluded) is True:
                del record[name]
        while problems := self.service.validate(record):
            latest_first = [*reversed(record)]
            better = (n for n in latest_first if len(self._without(record, n)) < len(problems))
            del record[next(better, latest_first[0])]

    def _without(self, record: Json, name: str) -> list[Finding]:
        """Return the problems that a record has without a field."""
        return self.service.validate({n: value for n, value in record.items() if n != name})

    def _holds(self, record: Json, cls: str) -> bool:
        return self._run(record).verdict(cls) == TRUE

    def _run(self, record: Json) -> Run:
        """Return the run of a record; most questions in a row are about the same one."""
        if self._latest is None or self._latest[0] != record:
            found = self.service.reader.understand(self.service.reader.from_json(record))
            self._latest = dict(record), Run(self.service.assessor, found, False)
        return self._latest[1]

    def _step(self, chance: random.Random, record: Json, kept: dict[str, Any], been: set[tuple[str, Any]]) -> bool:
        """Let the answer to a contact change what the episode keeps; return whether the next contact is a first one.

        It is one where the step starts anew and the episode has not been there before.
        """
        if not self.model.transitions:
            return False
        run = self._run(record)
        for step in self.model.transitions:
            if self._happens(chance, run, step):
                kept[step.field.id] = step.value
                return step.starts_anew and (step.field.id, step.value) not in been
        return False

    @staticmethod
    def _happens(chance: random.Random, run: Run, step: Transition) -> bool:
        luck = chance.randrange(100) < step.share
        if step.only_if and run.verdict(step.only_if) != TRUE:
            return False
        return luck and (step.decision is None or step.option in run.result(step.decision).answers)


def _day(chance: random.Random, between: tuple[date, date]) -> str:
    first, last = between
    return (first + timedelta(days=chance.randint(0, (last - first).days))).isoformat()
