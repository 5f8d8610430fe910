"""Rules in time: what has ended is marked and not in the summary, what is of a law is shown between its days only.

The days are read from the Turtle files here, not from what the package reads of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.namespaces import CP, DCTERMS, RDF
from tests.support.editions import dated_rules, two_editions
from tests.support.guidelines import cases, valid_records

Json = dict[str, Any]
ONE_DAY = timedelta(days=1)
DAY, PARTIAL = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}(-\d\d)?")
FIRST, LAST, BY, FURTHER = (
    ox.NamedNode(n) for n in (DCTERMS + "valid", CP + "validUntil", CP + "validBy", CP + "validity")
)
SOURCE, IDENTIFIER = ox.NamedNode(DCTERMS + "source"), ox.NamedNode(DCTERMS + "identifier")


@dataclass(frozen=True)
class Days:
    """Between which days some dates of a record, by their names, have to lie."""

    first: str
    last: str
    fields: tuple[str, ...]


class Turtle:
    """What the files of a guideline say about days."""

    def __init__(self, service: GuidelineService) -> None:
        self.graph = ox.Store()
        for file in sorted((service.guideline.folder / "ontology").glob("*.ttl")):
            self.graph.load(path=str(file), format=ox.RdfFormat.TURTLE)
        (self.guideline,) = self._subjects(CP + "assessmentField")
        self.printed = set(self._all(self.guideline, SOURCE))
        self.assessment = self._name(self._all(self.guideline, ox.NamedNode(CP + "assessmentField"))[0])
        self.dated = {node for p in (FIRST, LAST, FURTHER) for node in self._subjects(p.value)}
        self.statements = {i: ox.NamedNode(iri) for i, iri in service.guideline.statement_iris.items()}
        self.warnings = {self._name(n): n for n in self._subjects(RDF + "type", CP + "Warning")}

    def _subjects(self, predicate: str, value: str = "") -> list[Any]:
        found = self.graph.quads_for_pattern(None, ox.NamedNode(predicate), ox.NamedNode(value) if value else None)
        return [q.subject for q in found]

    def _all(self, node: Any, predicate: ox.NamedNode) -> list[Any]:
        return [q.object for q in self.graph.quads_for_pattern(node, predicate, None)]

    def _name(self, node: Any) -> str:
        found = self._all(node, IDENTIFIER)
        return str(found[0].value) if found else str(node.value).rsplit("#", 1)[-1]

    def days(self, node: Any) -> list[Days]:
        """Return the periods of a rule, those by other dates included."""
        first, last = ([v.value for v in self._all(node, p)] for p in (FIRST, LAST))
        names = tuple(sorted(self._name(n) for n in self._all(node, BY))) or (self.assessment,)
        own = [Days("".join(first), "".join(last) or "9999", names)] if first or last else []
        return own + [d for other in self._all(node, FURTHER) for d in self.days(other)]

    def is_printed(self, node: Any) -> bool:
        """Return whether a rule is of a source that the guideline encodes; of one without a source, its place is."""
        own = self._all(node, SOURCE)
        return not self.printed or not own or bool(self.printed & set(own))

    def edition(self, programme: str, record: Json) -> tuple[str, bool]:
        """Return the edition that a date of a record chooses, and whether it has ended; empty where it has none."""
        (node,) = (n for n in self._subjects(RDF + "type", CP + "Programme") if self._name(n) == programme)
        editions = self._all(node, ox.NamedNode(CP + "edition"))
        day = record.get(next(iter([self._name(n) for n in self._all(node, BY)]), self.assessment))
        if not isinstance(day, str) or len(day) != 10:
            return "", False
        firsts = {e: "".join(v.value for v in self._all(e, FIRST)) for e in editions}
        oldest = min(editions, key=lambda e: firsts[e])
        chosen = max((e for e in editions if e == oldest or firsts[e] <= day), key=lambda e: firsts[e])
        return self._name(chosen), any(v.value < day for v in self._all(chosen, LAST))

    def has_passed(self, node: Any, record: Json) -> bool:
        """Return whether some day of a record is after the last day of a rule."""
        known = [v for v in record.values() if isinstance(v, str) and len(v) == 10 and v[4] == v[7] == "-"]
        return any(max(known, default="") > period.last for period in self.days(node))

    @property
    def boundaries(self) -> list[date]:
        """Every first day, and the day after every last day."""
        firsts = {date.fromisoformat(q.object.value) for q in self.graph.quads_for_pattern(None, FIRST, None)}
        lasts = {date.fromisoformat(q.object.value) + ONE_DAY for q in self.graph.quads_for_pattern(None, LAST, None)}
        return sorted(firsts | lasts)


def state(days: list[Days], record: Json) -> str:
    """Return whether a rule is in force by the dates of a record: in, out or open."""
    found = "in"
    for period in days:
        for name in period.fields:
            value = record.get(name)
            if not isinstance(value, str) or len(value) != 10:
                found = "open" if found == "in" else found
            elif not period.first <= value <= period.last:
                return "out"
    return found


def shown(answer: Json) -> Iterator[tuple[Json, bool]]:
    """Yield every statement of an answer, and whether it is of an edition, which can have ended by itself."""
    for statements in (*(box["statements"] for box in answer["boxes"]), answer["notices"]):
        yield from ((s, False) for s in statements)
    for programme in answer["eligibility"].values():
        for part in ("benefits", "limits", "nextSteps"):
            yield from ((s, True) for s in programme[part])


def check(turtle: Turtle, record: Json, answer: Json) -> int:
    """Check an answer against the days in the files, and return how many rules with days it shows."""
    lines = [line["ref"] for line in answer["summary"]]
    dates = {d["id"]: d["status"] for d in answer["dates"]}
    dated = 0
    for s, of_edition in shown(answer):
        node = turtle.statements[s["id"]]
        if node not in turtle.dated:
            continue
        dated += 1
        found = state(turtle.days(node), record)
        if found == "out":
            assert turtle.is_printed(node), f"{s['id']} is shown outside its days"
            assert s["outdated"] is True, s["id"]
            assert s["validUntil"]
        elif found == "in" and not of_edition:
            assert s.get("outdated", False) is False, s["id"]
        if s.get("outdated", False) is not False:
            assert {"statement": s["id"]} not in lines, s["id"]
            assert dates.get(s["id"], "outdated") in ("outdated", "unknown") or s["outdated"] is None, s["id"]
    for w in answer["warnings"]:
        node = turtle.warnings.get(w["id"])
        if node in turtle.dated:
            dated += 1
            found = state(turtle.days(node), record)
            assert found != "out" or turtle.is_printed(node), w["id"]
            if found == "open" and w.get("outdated") is True:  # its own date is unknown, but not before another one
                assert turtle.has_passed(node, record), w["id"]
            else:
                assert (w.get("outdated") is True) is (found == "out"), w["id"]
            assert found != "out" or {"warning": w["id"]} not in lines
    for ident, programme in answer["eligibility"].items():
        expected, ended = turtle.edition(ident, record)
        if expected:
            assert programme["edition"] == expected
            assert bool(programme.get("outdated")) is ended
            assert not ended or {"programme": ident} not in lines
            dated += 1
    return dated


def moved(record: Json, days: int) -> Json:
    """Return a record with every date some days later, without what is known of a date only in part."""
    return {
        name: (date.fromisoformat(v) + timedelta(days)).isoformat() if isinstance(v, str) and DAY.fullmatch(v) else v
        for name, v in record.items()
        if not (isinstance(v, str) and PARTIAL.fullmatch(v)) and not isinstance(v, dict)
    }


@pytest.fixture(scope="module")
def services(
    service: GuidelineService, ankle: GuidelineService, cache_folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[GuidelineService, Turtle, list[Json]]]:
    """Return a guideline by name, with what its files say of days, and records of its worked cases."""

    @cache
    def found(name: str) -> tuple[GuidelineService, Turtle, list[Json]]:
        own = {"low-back-pain": service, "ankle-sprain": ankle}.get(name)
        if own is None:
            make = two_editions if name == "two-editions" else dated_rules
            own = GuidelineService(make(tmp_path_factory.mktemp(name)))
        folder = own.guideline.folder / "cases"
        own_cases = valid_records(folder) if cases(folder) else valid_records()
        return own, Turtle(own), own_cases

    return found


@pytest.mark.parametrize(
    "count", [40, pytest.param(1500, marks=[pytest.mark.long, pytest.mark.exhaustive])], ids=["few", "many"]
)
@pytest.mark.parametrize(
    "name", ["low-back-pain", "ankle-sprain", "dated-rules", pytest.param("two-editions", marks=pytest.mark.long)]
)
def test_rule_outside_its_days_is_marked_or_not_shown(services: Any, name: str, count: int) -> None:
    service, turtle, records = services(name)
    chance = random.Random(3)  # noqa: S311  a seeded sample
    dated = tried = 0
    dates = [f.id for f in service.guideline.fields.values() if f.kind == "date"]
    for _ in range(count):
        record = chance.choice(records)
        known = [name for name in dates if len(str(record.get(name, ""))) == 10]
        if not known:
            continue
        day = chance.choice(turtle.boundaries) + timedelta(chance.choice((-1, 0, 1)))
        by = turtle.assessment if turtle.assessment in known and chance.random() < 0.6 else chance.choice(known)
        record = moved(record, (day - date.fromisoformat(record[by])).days)
        if service.validate(record):
            continue
        tried += 1
        dated += check(turtle, record, service.assess(record))
    assert tried > count // 3
    assert dated
