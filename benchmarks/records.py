"""Records to measure with: seeded, complete and partial, over every stage, valid by construction."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lrp_kg.answer.service import GuidelineService
from lrp_kg.guideline.model import Guideline

Json = dict[str, Any]

_STAGES = (  # care line, contact (None: either), recurrent pain (None: either), first and last day of pain
    ("first-line", None, False, 0, 13),
    ("first-line", None, None, 14, 34),
    ("first-line", None, True, 0, 13),
    ("first-line", "first-contact", None, 35, 76),
    ("first-line", "follow-up", None, 35, 76),
    ("first-line", "first-contact", None, 77, 500),
    ("first-line", "follow-up", None, 77, 500),
    ("second-line", None, None, 0, 34),
    ("second-line", None, None, 35, 76),
    ("second-line", None, None, 77, 500),
)
_CORE = {"careLine", "contact", "onsetDate", "assessmentDate", "redFlags", "radicularPain"}
_DATES = (
    "onsetDate",
    "spinalSurgeryDate",
    "lowBackSurgeryDate",
    "incapacityStart",
    "applicationDate",
    "sicknessFundSince",
    "programmeStart",
)
_OF_INCAPACITY = (  # refused in a record of somebody who is not incapacitated
    "incapacityStart",
    "incapacityCause",
    "incapacityPercentage",
    "sicknessFundSince",
    "paidBySicknessFund",
    "permanentIncapacity",
    "workPotential",
)
_REFUSED_BESIDE = (  # a field, and a value of another that leaves nothing to say of it
    ("newSpinalOperation", "spinalSurgery", False),
    ("newSpinalOperation", "earlierProgramme", False),
    ("secondSeriesAgreed", "earlierProgramme", False),
    ("workerStatus", "sector", "self-employed"),
    ("employerSize", "sector", "self-employed"),
)
_FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Sample:
    """A record as a sender has it; ``body`` is its JSON; complete where every field is known that can be."""

    record: Json
    body: str
    complete: bool


def samples(guideline: Guideline, seed: int) -> Iterator[Sample]:
    """Yield records without end, every second one complete, one stage after the other."""
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    number = 0
    while True:
        for stage in _STAGES:
            for complete in (True, False):
                number += 1
                record = _complete(guideline, rng, stage, f"{seed}-{number}")
                if not complete:
                    _forget(record, rng)
                yield Sample(record, json.dumps(record), complete)


def _complete(guideline: Guideline, rng: random.Random, stage: tuple[Any, ...], ident: str) -> Json:
    care_line, contact, recurrent, low, high = stage
    assessed = _FIRST_DAY + timedelta(days=rng.randrange(365))
    record: Json = {}
    for f in guideline.fields.values():
        if f.kind == "value":
            record[f.id] = rng.choice(f.values).id
        elif f.kind == "values":
            record[f.id] = [v.id for v in f.values if rng.random() < 0.3]
        elif f.kind == "boolean":
            record[f.id] = rng.random() < 0.5
        elif f.kind == "integer":
            record[f.id] = rng.randint(f.low or 0, f.high or 60)
        elif f.kind == "string":
            record[f.id] = f"{f.id}-{ident}"
    days = rng.choice((low, high, rng.randint(low, high), rng.randint(low, high)))
    incapacity = rng.choice((6, 7, 27, 28, rng.randint(0, 60), rng.randint(60, 200)))
    applied = rng.choice((0, 0, rng.randint(0, incapacity)))
    record |= {
        "careLine": care_line,
        "contact": contact or record["contact"],
        "recurrentPain": record["recurrentPain"] if recurrent is None else recurrent,
        "redFlags": rng.choice(("none", "none", "none", "none", "isolated", "cluster")),
        "radicularPain": rng.random() < 0.15,
        "assessmentDate": assessed.isoformat(),
        "onsetDate": _before(assessed, days),
        "incapacityStart": _before(assessed, incapacity),
        "applicationDate": _before(assessed, applied),
        "sicknessFundSince": _before(assessed, rng.randint(0, incapacity)),
        "programmeStart": _before(assessed, rng.randint(0, 100)),
        "incapacityCause": rng.choice(("low-back-pain", "low-back-pain", record["incapacityCause"])),
        "priorIncapacityDays": rng.choice((20, 21, record["priorIncapacityDays"])),
    }
    record["incapacitated"] = True
    record["spinalSurgery"] |= record["incapacityCause"] == "low-back-surgery"
    if not record["paidBySicknessFund"]:
        del record["sicknessFundSince"]
    if record["spinalSurgery"]:
        record["spinalSurgeryDate"] = _before(assessed, max(applied, rng.choice((80, 92, rng.randint(0, 400)))))
        if record["incapacityCause"] == "low-back-surgery":
            record["lowBackSurgeryDate"] = record["spinalSurgeryDate"]
    _agree(guideline, record)
    return record


def _agree(guideline: Guideline, record: Json) -> None:
    """Correct what cannot be beside another field: what implies a no, what a yes excludes, what is not asked then."""
    fields = guideline.fields
    denied = True
    while denied:
        denied = [
            f.id
            for f in fields.values()
            if record.get(f.id, False) is not False
            and (
                any(record.get(fields[i].id) is False for i in f.implies)
                or any(record.get(fields[x].id) is True for x in f.excludes)
            )
        ]
        for name in denied[:1]:
            if record[name] is True:
                record[name] = False
            else:
                del record[name]
    for name, other, value in _REFUSED_BESIDE:
        if record.get(other) == value:
            record.pop(name, None)


def _before(day: date, days: int) -> str:
    return (day - timedelta(days=days)).isoformat()


def _forget(record: Json, rng: random.Random) -> None:
    """Make a record partial; what settles the stage is forgotten less often, and some are not incapacitated."""
    if rng.random() < 0.1:
        record |= {"incapacitated": False, "incapacityPrescribed": False}
        for name in _OF_INCAPACITY:
            record.pop(name, None)
    share = rng.choice((0.15, 0.4, 0.7))
    for name in list(record):
        if name not in ("id", "episode") and rng.random() < (share / 3 if name in _CORE else share):
            del record[name]


def sibling(service: GuidelineService, sample: Sample, rng: random.Random, number: int) -> Sample:
    """Return another patient of the same signature: own identifiers, all dates moved by the same days.

    Months differ in length, so that a move can change the months counted; then another move is tried. A record
    without dates differs in its identifiers only.
    """
    signature = service.assessor.signature(service.reader.understand(service.reader.from_json(sample.record)))
    while True:
        moved = dict(sample.record)
        shift = timedelta(days=rng.randint(0, 20_000))  # later only, so that no rule ends in between
        for name in (*_DATES, "assessmentDate"):
            if name in moved:
                moved[name] = (date.fromisoformat(moved[name]) + shift).isoformat()
        for name in ("id", "episode"):
            moved[name] = f"{name}-moved-{number}"
        found = service.reader.understand(service.reader.from_json(moved))
        if service.assessor.signature(found) == signature:
            return Sample(moved, json.dumps(moved), sample.complete)
