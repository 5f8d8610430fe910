"""A second, independent reading of the guideline, for tests to compare the package with.

It shares no code with `lrp_kg`: Turtle is parsed by rdflib, class expressions become Python functions over Kleene's
three values (True, False, None for unknown), durations are counted by hand, and a decision is settled by trying every
completion of the unknown fields, every day of a window for a date. It is slow and simple on purpose.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from rdflib import RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, OWL, SH, XSD
from rdflib.term import Node

from tests.support.paths import ROOT

CP = Namespace("https://w3id.org/lrp-kg/care-pathway#")
DAY = timedelta(days=1)
ANCHOR = date(2024, 1, 8)

Truth = bool | None
Values = Mapping[str, Any]
Test = Callable[[Values, dict[int, Truth]], Truth]


def name_of(term: Node) -> str:
    """Return the local name of an IRI."""
    return str(term).rsplit("#", 1)[-1]


# -- Kleene's logic -------------------------------------------------------------------------------


def k_not(a: Truth) -> Truth:
    """Negate."""
    return None if a is None else not a


def k_all(truths: Iterable[Truth]) -> Truth:
    """Conjoin: false as soon as one is false, else unknown if one is."""
    found = list(truths)
    return False if False in found else None if None in found else True


def k_any(truths: Iterable[Truth]) -> Truth:
    """Disjoin: true as soon as one is true, else unknown if one is."""
    found = list(truths)
    return True if True in found else None if None in found else False


# -- durations by hand ----------------------------------------------------------------------------


def plus_months(start: date, months: int) -> date:
    """Add calendar months; where the day does not exist, take the last of the month."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, calendar.monthrange(year, month0 + 1)[1]))


def measure(kind: str, start: date, end: date) -> int:
    """Count a duration in the words of the design."""
    days = (end - start).days
    if kind == "ElapsedDays":
        return days
    if kind == "OrdinalWeek":
        return days // 7 + 1
    months = max(days // 31 - 1, 0)
    if kind == "CompletedMonths":
        while plus_months(start, months + 1) <= end:
            months += 1
        return months
    assert kind in ("BegunMonths", "BegunMonthsRolledOver")
    while plus_months(start, months) < end:
        months += 1
    if kind == "BegunMonthsRolledOver" and months:  # where the day was cut off, the day after still belongs
        last = plus_months(start, months - 1)
        months -= last.day < start.day and end == last + timedelta(days=1)
    return months


# -- the guideline --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """An answer, the class in which it holds, and the decision that refines it."""

    id: str
    holds: str
    refined_by: str | None = None


@dataclass(frozen=True)
class Decision:
    """A decision as read from Turtle."""

    id: str
    scope: str
    policy: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Outcome:
    """A status with its answers."""

    status: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What all completions together say."""

    status: str
    answers: tuple[str, ...]
    possible: tuple[str, ...]
    missing: frozenset[str]


class Reference:
    """The guideline of a folder, by default that of the repository, read by rdflib."""

    def __init__(self, folder: Path = ROOT) -> None:
        files = sorted((folder / "ontology").glob("*.ttl"))
        assert len(files) >= 8
        self.graph = Graph()
        for file in files:
            self.graph.parse(file)
        self.shapes = Graph().parse(folder / "shapes" / "record.ttl")
        self.classes: dict[str, Test] = {}
        self._atoms: dict[str, set[tuple[str, Any, Any]]] = {}
        self._patterns: dict[tuple[Any, ...], Any] = {}
        self._names = {
            name_of(c): c
            for c in self.graph.transitive_subjects(RDFS.subClassOf, CP.PatientRecord)
            if isinstance(c, URIRef) and (c, OWL.equivalentClass, None) in self.graph
        }
        for name in self._names:
            self.test(name)
        self.decisions = self._read_decisions()

    # -- class expressions ------------------------------------------------------------------------

    def test(self, name: str) -> Test:
        """Return the test of a named class."""
        if name == "PatientRecord":
            return lambda values, memo: True
        if name not in self.classes:
            definition = self.graph.value(self._names[name], OWL.equivalentClass)
            assert definition is not None
            self.classes[name] = remembered(self._build(definition))
        return self.classes[name]

    def _build(self, node: Node) -> Test:
        g = self.graph
        if isinstance(node, URIRef):
            return self.test(name_of(node))
        for predicate, combine in ((OWL.intersectionOf, k_all), (OWL.unionOf, k_any)):
            head = g.value(node, predicate)
            if head is not None:
                parts = [self._build(part) for part in Collection(g, head)]
                return lambda values, memo, parts=parts, combine=combine: combine(p(values, memo) for p in parts)
        inner = g.value(node, OWL.complementOf)
        if inner is not None:
            part = self._build(inner)
            return lambda values, memo: k_not(part(values, memo))
        field = name_of(g.value(node, OWL.onProperty))
        value = g.value(node, OWL.hasValue)
        if value is not None:
            wanted = value.toPython() if isinstance(value, Literal) else name_of(value)
            return lambda values, memo: None if values.get(field) is None else values[field] == wanted
        low, high = self._bounds(node)
        return lambda values, memo: None if (v := values.get(field)) is None else low <= v <= high

    def _bounds(self, node: Node) -> tuple[float, float]:
        g = self.graph
        restriction = g.value(node, OWL.someValuesFrom)
        assert g.value(restriction, OWL.onDatatype) == XSD.integer
        low, high = float("-inf"), float("inf")
        for facet in Collection(g, g.value(restriction, OWL.withRestrictions)):
            for predicate, limit in g.predicate_objects(facet):
                number = limit.toPython()
                if predicate == XSD.minInclusive:
                    low = number
                elif predicate == XSD.minExclusive:
                    low = number + 1
                elif predicate == XSD.maxInclusive:
                    high = number
                elif predicate == XSD.maxExclusive:
                    high = number - 1
                else:
                    raise AssertionError(predicate)
        return low, high

    def verdicts(self, values: Values) -> dict[str, Truth]:
        """Return the truth of every named class for the values of fields, derived ones included."""
        memo: dict[int, Truth] = {}
        return {name: test(values, memo) for name, test in self.classes.items()}

    def atoms(self, name: str) -> set[tuple[str, Any, Any]]:
        """Return the single tests a class rests on: (field, value, None) or (field, low, high)."""
        if name == "PatientRecord":
            return set()
        if name not in self._atoms:
            found: set[tuple[str, Any, Any]] = set()
            stack = [self.graph.value(self._names[name], OWL.equivalentClass)]
            while stack:
                node = stack.pop()
                if isinstance(node, URIRef):
                    found |= self.atoms(name_of(node))
                    continue
                for predicate in (OWL.intersectionOf, OWL.unionOf):
                    head = self.graph.value(node, predicate)
                    if head is not None:
                        stack += list(Collection(self.graph, head))
                inner = self.graph.value(node, OWL.complementOf)
                if inner is not None:
                    stack.append(inner)
                on = self.graph.value(node, OWL.onProperty)
                if on is not None:
                    value = self.graph.value(node, OWL.hasValue)
                    if value is None:
                        found.add((name_of(on), *self._bounds(node)))
                    else:
                        found.add((name_of(on), str(value), None))
            self._atoms[name] = found
        return self._atoms[name]

    # -- fields -------------------------------------------------------------------------------------

    @cached_property
    def fields(self) -> dict[str, list[Any]]:
        """Every field with the values that matter to enumerate; dates and texts have an empty list."""
        g = self.graph
        found: dict[str, list[Any]] = {}
        for node in {*g.subjects(RDF.type, CP.Field), *g.subjects(RDF.type, CP.ListField)}:
            ranges = set(g.objects(node, RDFS.range))
            members = sorted(name_of(m) for r in ranges for m in g.subjects(RDF.type, r))
            name = name_of(node)
            if (node, RDF.type, CP.ListField) in g:
                found[name] = []
            elif members:
                found[name] = members
            elif XSD.boolean in ranges:
                found[name] = [True, False]
            elif XSD.integer in ranges:
                found[name] = self._integers(node)
            else:
                found[name] = []
        return found

    def _integers(self, node: Node) -> list[int]:
        """Return the integers on, below and above every bound of an integer field."""
        shape = next(self.shapes.subjects(SH.path, node))
        lowest, highest = (self.shapes.value(shape, p) for p in (SH.minInclusive, SH.maxInclusive))
        low = int(lowest) if lowest is not None else -1_000_000
        high = int(highest) if highest is not None else 1_000_000
        bounds = {low, high}
        for name in self._names:
            for field, first, last in self.atoms(name):
                if field == name_of(node):
                    bounds |= {b for b in (first, last) if abs(b) < 1e9}
        near = {int(b) + shift for b in bounds for shift in (-1, 0, 1)}
        return sorted(v for v in near if low <= v <= high)

    @cached_property
    def derived(self) -> dict[str, tuple[str, str, str]]:
        """Derived property -> its two dates and its measure."""
        g = self.graph
        return {
            name_of(n): tuple(name_of(g.value(n, p)) for p in (CP["from"], CP.to, CP.measure))
            for n in g.subjects(RDF.type, CP.DerivedProperty)
        }

    @cached_property
    def orders(self) -> list[tuple[str, str]]:
        """Pairs of dates of which the first may not lie after the second."""
        pairs = [
            (name_of(self.shapes.value(s, SH.path)), name_of(o))
            for s, o in self.shapes.subject_objects(SH.lessThanOrEquals)
        ]
        return sorted({*pairs, *((start, end) for start, end, _ in self.derived.values())})

    @cached_property
    def ask_order(self) -> dict[str, int]:
        """The place of each field among the questions."""
        return {name_of(s): int(o) for s, o in self.graph.subject_objects(CP.askOrder)}

    def values(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a JSON record: list values by local name, dates as dates, durations counted."""
        values: dict[str, Any] = {}
        for key, raw in record.items():
            if key == "medications":
                for drug in self.fields_of_drugs:
                    values[self.fields_of_drugs[drug]] = drug in raw
            elif isinstance(raw, str) and f"{key}-{raw}" in self.fields[key]:
                values[key] = f"{key}-{raw}"
            elif isinstance(raw, str) and key not in ("id", "episode"):
                values[key] = date.fromisoformat(raw)
            else:
                values[key] = raw
        for field, implied in self.implied:
            if values.get(field, False) is not False:
                values.setdefault(implied, True)
            elif self.fields[field] and values.get(implied) is False:
                values.setdefault(field, False)
        for pair in self.excluded:
            for field, other in (pair, pair[::-1]):
                if values.get(field) is True:
                    values.setdefault(other, False)
        values |= self.durations(values)
        return values

    @cached_property
    def excluded(self) -> list[tuple[str, str]]:
        """Boolean fields, each with one that is false where it is true."""
        return [(name_of(s), name_of(o)) for s, o in self.graph.subject_objects(CP.excludes)]

    @cached_property
    def implied(self) -> list[tuple[str, str]]:
        """Fields, each with a boolean one that is true where it has a value, or is true itself."""
        return [(name_of(s), name_of(o)) for s, o in self.graph.subject_objects(CP.implies)]

    @cached_property
    def fields_of_drugs(self) -> dict[str, str]:
        """The notation of each listed drug -> the boolean field it settles."""
        notation = URIRef("http://www.w3.org/2004/02/skos/core#notation")
        return {str(self.graph.value(s, notation)): name_of(o) for s, o in self.graph.subject_objects(CP.expandsTo)}

    def iri(self, name: str) -> URIRef:
        """Return the IRI of a term of the guideline."""
        return URIRef(f"https://w3id.org/lrp-kg/low-back-pain#{name}")

    def durations(self, values: Values) -> dict[str, int]:
        """Count every duration whose two dates are known."""
        return {
            name: measure(kind, values[start], values[end])
            for name, (start, end, kind) in self.derived.items()
            if values.get(start) and values.get(end)
        }

    # -- decisions ----------------------------------------------------------------------------------

    def _read_decisions(self) -> dict[str, Decision]:
        g = self.graph
        found = {}
        for node in g.subjects(RDF.type, CP.Decision):
            options = []
            for option in g.subjects(CP.optionOf, node):
                refined = g.value(option, CP.refinedBy)
                parsed = Option(
                    self.identifier(option),
                    name_of(g.value(option, CP.appliesTo)),
                    self.identifier(refined) if refined else None,
                )
                options.append((int(g.value(option, CP.priority)), parsed))
            options.sort(key=lambda pair: pair[0])
            decision = Decision(
                self.identifier(node),
                name_of(g.value(node, CP.scope)),
                name_of(g.value(node, CP.hitPolicy)),
                tuple(option for _, option in options),
            )
            found[decision.id] = decision
        for node in g.subjects(RDF.type, CP.Programme):
            found |= self._read_programme(node)
        return found

    def identifier(self, node: Node) -> str:
        """Return the identifier of a term, which may be left out if it is the local name."""
        return str(self.graph.value(node, DCTERMS.identifier) or name_of(node))

    def _read_programme(self, node: Node) -> dict[str, Decision]:
        """Return the decision of a programme; one for each edition, by its identifier, where it has several."""
        g = self.graph
        found = {}
        editions = list(g.objects(node, CP.edition))
        for edition in editions:
            ident = self.identifier(node if len(editions) == 1 else edition)
            names = [name_of(g.value(c, CP.appliesTo)) for c in g.objects(edition, CP.criterion)]
            yes, no = f"{ident}: eligible", f"{ident}: not eligible"
            self.classes[yes] = remembered(self._all([self.test(name) for name in names]))
            self.classes[no] = remembered(self._not(self.classes[yes]))
            self._atoms[yes] = self._atoms[no] = set().union(*(self.atoms(name) for name in names))
            options = (Option("eligible", yes), Option("not-eligible", no))
            found[ident] = Decision(ident, name_of(g.value(node, CP.scope)), "Unique", options)
        return found

    @staticmethod
    def _all(parts: list[Test]) -> Test:
        return lambda values, memo: k_all(p(values, memo) for p in parts)

    @staticmethod
    def _not(part: Test) -> Test:
        return lambda values, memo: k_not(part(values, memo))

    def outcome(self, decision: str, values: Values, memo: dict[int, Truth] | None = None) -> Outcome:
        """Return the status of a decision by the rules of the design, from Kleene's verdicts alone."""
        d = self.decisions[decision]
        memo = {} if memo is None else memo
        scope = self.test(d.scope)(values, memo)
        if scope is not True:
            return Outcome("undetermined" if scope is None else "not-applicable")
        truths = [self.test(o.holds)(values, memo) for o in d.options]
        if d.policy == "First":
            for option, truth in zip(d.options, truths, strict=True):
                if truth is not False:
                    return Outcome("decided", (option.id,)) if truth else Outcome("undetermined")
            return Outcome("no-answer")
        holding = [o for o, truth in zip(d.options, truths, strict=True) if truth]
        inner = [self.outcome(o.refined_by, values, memo) if o.refined_by else None for o in holding]
        answers = tuple(
            o.id
            for o, found in zip(holding, inner, strict=True)
            if found is None or found.answers or found.status == "decided"
        )
        if None in truths:
            return Outcome("undetermined", answers)
        if d.policy == "Collect":
            return Outcome("decided", answers)
        if len(holding) != 1:
            return Outcome("several" if holding else "no-answer", answers)
        return Outcome("decided" if answers or inner[0] is None else inner[0].status, answers)

    def reads(self, decision: str) -> set[tuple[str, Any, Any]]:
        """Return the single tests a decision rests on."""
        d = self.decisions[decision]
        found = set().union(self.atoms(d.scope), *(self.atoms(o.holds) for o in d.options))
        for option in d.options:
            if option.refined_by:
                found |= self.reads(option.refined_by)
        return found

    # -- completions --------------------------------------------------------------------------------

    def decide(self, decision: str, record: Mapping[str, Any]) -> Result:
        """Settle a decision by trying every valid completion of what the record leaves open."""
        known = self.values(record)
        atoms = self.reads(decision)
        read = {field for field, *_ in atoms}
        dates = {d for name in read & self.derived.keys() for d in self.derived[name][:2]}
        open_dates = sorted(d for d in dates if d not in known)
        open_fields = sorted(f for f in read - self.derived.keys() if f not in known)
        choices = [self.fields[f] for f in open_fields]
        beside = dates.union(*((a, b) for a, b in self.orders if {a, b} & set(open_dates)))
        calendar_of = tuple(sorted((k, v) for k, v in known.items() if k in beside))
        key = (decision, tuple(open_dates), calendar_of)
        if key not in self._patterns:
            self._patterns[key] = self._date_patterns(atoms, open_dates, dict(calendar_of))
        patterns, families = self._patterns[key]
        memory: dict[tuple[Any, ...], Outcome] = {}
        for filled in product(*choices):
            values = {**known, **dict(zip(open_fields, filled, strict=True))}
            for number, durations in enumerate(patterns):
                memory[(*filled, number)] = self.outcome(decision, {**values, **durations})
        outcomes = set(memory.values())
        missing = set()
        for place, field in enumerate(open_fields):
            seen: dict[tuple[Any, ...], Outcome] = {}
            for key, outcome in memory.items():
                if seen.setdefault(key[:place] + key[place + 1 :], outcome) != outcome:
                    missing.add(field)
                    break
        for name in open_dates:
            if any(
                len({memory[(*filled, n)] for n in family}) > 1
                for filled in product(*choices)
                for family in families[name]
            ):
                missing.add(name)
        assert all(o.status != "undetermined" for o in outcomes)
        if len(outcomes) == 1:
            only = next(iter(outcomes))
            return Result(only.status, only.answers, (), frozenset())
        certain = set.intersection(*(set(o.answers) for o in outcomes))
        ever = set().union(*(o.answers for o in outcomes))
        order = [o.id for o in self.decisions[decision].options]
        return Result(
            "undetermined",
            tuple(a for a in order if a in certain),
            tuple(a for a in order if a in ever - certain),
            frozenset(missing),
        )

    def _date_patterns(
        self, atoms: set[tuple[str, Any, Any]], unknown: list[str], known: Values
    ) -> tuple[list[dict[str, int]], dict[str, set[frozenset[int]]]]:
        """Try every day of a window for each unknown date.

        Returns one example of durations for each pattern of truth that occurs, and for each unknown date the sets of
        patterns that it runs through while the other dates stay where they are.
        """
        tests = sorted((a for a in atoms if a[0] in self.derived), key=str)
        numbers: dict[tuple[Truth, ...], int] = {}
        examples: list[dict[str, int]] = []
        lines: dict[str, dict[tuple[date, ...], set[int]]] = {name: {} for name in unknown}
        needed = {a[0] for a in tests}
        for days in self._assignments(unknown, known):
            dates = {**known, **dict(zip(unknown, days, strict=True))}
            durations = {
                n: measure(k, dates[s], dates[e])
                for n, (s, e, k) in self.derived.items()
                if n in needed and dates.get(s) and dates.get(e)
            }
            pattern = tuple(
                None if (v := durations.get(field)) is None else low <= v <= high for field, low, high in tests
            )
            number = numbers.get(pattern)
            if number is None:
                number = numbers[pattern] = len(examples)
                examples.append(durations)
            for place, name in enumerate(unknown):
                lines[name].setdefault(days[:place] + days[place + 1 :], set()).add(number)
        families = {name: {frozenset(s) for s in found.values()} for name, found in lines.items()}
        return examples, families

    def _assignments(self, unknown: list[str], known: Values) -> Iterator[tuple[date, ...]]:
        """Yield every valid choice of days; the window shrinks with the number of unknown dates."""
        reach = {0: 0, 1: 500, 2: 130, 3: 105}[len(unknown)]
        fixed = sorted(v for v in known.values() if isinstance(v, date))
        low, high = (fixed[0], fixed[-1]) if fixed else (ANCHOR, ANCHOR)
        if len(unknown) > 1:  # around the date that bounds the others, in steps that meet every pattern
            low = high = high
        window = [low - reach * DAY + n * DAY for n in range((high - low).days + 2 * reach + 1)]
        step = {0: 1, 1: 1, 2: 1, 3: 11}[len(unknown)]
        orders = [(a, b) for a, b in self.orders if a in unknown or b in unknown]

        def extend(chosen: dict[str, date]) -> Iterator[tuple[date, ...]]:
            if len(chosen) == len(unknown):
                yield tuple(chosen[name] for name in unknown)
                return
            name = unknown[len(chosen)]
            dates = {**known, **chosen}
            for day in window[:: step if len(chosen) == 0 else 1]:
                fine = all(
                    (a != name or dates.get(b) is None or day <= dates[b])
                    and (b != name or dates.get(a) is None or dates[a] <= day)
                    for a, b in orders
                )
                if fine:
                    yield from extend({**chosen, name: day})

        yield from extend({})


def remembered(test: Test) -> Test:
    """Evaluate a named class once per record."""
    key = id(test)

    def asked(values: Values, memo: dict[int, Truth]) -> Truth:
        if key not in memo:
            memo[key] = test(values, memo)
        return memo[key]

    asked.__wrapped__ = test  # type: ignore[attr-defined]  keeps the key unique
    return asked


__all__ = ["BNode", "Outcome", "Reference", "Result", "measure", "plus_months"]
