"""Whole answers, but for days, remembered by the signature of a record and all else that settles them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from lrp_kg.answer.composed import Composed, WholeAnswer
from lrp_kg.answer.readings import PartReading
from lrp_kg.answer.remembered import NOTHING_READ, ReadingKeys, key_of
from lrp_kg.logic.memory import BoundedMemory

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run

_SIZE = 2500


class Wholes:
    """The whole answers of one assessor; one is kept once a second record has its signature: most are met once.

    So a record with a new signature needs no key, which takes longer than to look for any part.

    A whole is a function of its parts. What settles these is looked for again whenever more settles some part, so that
    the key of a whole has all that any part was ever worked out from.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._g = assessor.guideline
        self._readable = assessor.readable
        self._parts = assessor.parts
        self._known: BoundedMemory[Hashable, WholeAnswer | ReadingKeys] = BoundedMemory(assessor.memories, _SIZE)
        self._settling: tuple[object, ReadingKeys, frozenset[PartReading]] = None, NOTHING_READ, frozenset()
        """What parts were settled by when that was last looked at: readings, and late ones."""

    def of(self, run: Run, wanted: set[str] | None) -> Composed:
        """Return the whole for a record with certain dates; ``wanted`` are identifiers of decisions and programmes."""
        return Composed(run, wanted, self._remembered(run) if wanted is None else self._put_together(run, wanted))

    def _remembered(self, run: Run) -> WholeAnswer:
        if not self._known.met(run.signature):
            return self._put_together(run, None)
        before = self._settling[1]
        key = _key(run, before)
        found = self._known.get(key)
        if isinstance(found, ReadingKeys):
            found = self._known.get((key, found.of(run.readings)))
        if isinstance(found, WholeAnswer):
            return found
        made = self._put_together(run, None)
        _, others, late = self._all_settling()  # now, since more may settle a part that was worked out
        if others is not before:
            key = _key(run, others)
        waits = frozenset(one for one in late if run.readings[one])
        if waits:
            days = ReadingKeys(waits, key_of(waits))
            self._known.put(key, days)
            key = key, days.of(run.readings)
        self._known.put(key, made)
        return made

    def _put_together(self, run: Run, wanted: set[str] | None) -> WholeAnswer:
        parts, g, asked = self._parts, self._g, wanted is not None
        own = [d for d in g.own_decisions.values() if wanted is None or d.id in wanted]
        decisions = {d.id: parts.decision(run, d) for d in own}
        programmes = {
            p.id: run.readings[parts.programme_read[p.iri, asked]]
            for p in g.programmes.values()
            if wanted is None or p.id in wanted
        }
        shown = [box for d in decisions.values() for box in d.boxes]
        shown.sort(key=lambda box: parts.places[box.iri])
        noticed = {name for d in decisions.values() for name in d.noticed}
        return WholeAnswer(
            decisions=decisions,
            programmes=programmes,
            boxes=[(box, parts.statements(run, box.iri, box.statements)) for box in shown],
            notices=[parts.statements(run, o, found) for o, found in g.notices.items() if o in noticed],
            warnings=parts.warnings(run, tuple([p.core.found.programme.iri for p in programmes.values()]), asked),
            order=parts.order,
        )

    def _all_settling(self) -> tuple[object, ReadingKeys, frozenset[PartReading]]:
        found, grown = self._settling, self._readable.grown
        if found[0] is not grown:
            each = [part.settling for part in [*self._parts.remembered.values()]]
            read = found[1].read.union(*(own.others.read for own in each))
            others = frozenset(one for one in read if not one.of_part)
            late = found[2].union(*(own.late.read for own in each))
            found = self._settling = grown, ReadingKeys(others, key_of(others)), late
        return found


def _key(run: Run, others: ReadingKeys) -> Hashable:
    return run.signature, run.explain, run.because, others.of(run.readings)
