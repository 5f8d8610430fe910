"""The cohort model of a guideline, read from its ontology; every mistake is reported at once, with file and line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Graph, Node
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, local_name
from lrp_kg.research.synthesis.distribution import Distribution, bounds


@dataclass(frozen=True)
class FieldModel:
    """How one field is drawn; the first of a field that can be used is, by condition and by the field beside it."""

    field: Field
    priority: int
    known: int
    persists: bool
    distribution: Distribution | None
    days_after: str | None
    between: tuple[date, date] | None
    only_if: str | None = None
    only_with: str | None = None
    first_contact: bool | None = None


@dataclass(frozen=True)
class Transition:
    """What an answer, where there is one, and a condition, where there is one, change from the next contact on."""

    decision: str | None
    option: str | None
    only_if: str | None
    field: Field
    value: str
    starts_anew: bool
    share: int


@dataclass(frozen=True)
class CohortModel:
    """How episodes are drawn: contacts, fields in their order, and transitions."""

    contacts: Distribution
    days_between: Distribution
    fields: tuple[FieldModel, ...]
    transitions: tuple[Transition, ...]


ONE = Distribution(("1",), (1,))
EVEN_DAYS = (date(2023, 1, 2), date(2024, 9, 30))
"""The days between which a date falls where a guideline has no cohort model."""


def read_model(guideline: Guideline) -> CohortModel:
    """Return the cohort model of a guideline; without one, every value of every field is as likely as any other."""
    index = guideline.index
    models = index.graph.instances(CP + "CohortModel")
    if not models:
        return _even(guideline)
    return _ModelReader(guideline, index.graph, index.positions).read(models[0])


def _even(guideline: Guideline) -> CohortModel:
    fields = [
        FieldModel(
            f,
            priority=n,
            known=75,
            persists=False,
            distribution=_even_distribution(f),
            days_after=None,
            between=EVEN_DAYS if f.kind == "date" else None,
        )
        for n, f in enumerate(guideline.fields.values())
        if f.kind != "string"
    ]
    return CohortModel(ONE, ONE, tuple(fields), ())


def _even_distribution(field: Field) -> Distribution | None:
    if field.kind == "boolean":
        return Distribution(("true", "false"), (1, 1))
    if field.kind == "integer":
        low = field.low or 0
        return Distribution((f"{low}-{max(low, field.high if field.high is not None else low + 100)}",), (1,))
    names = tuple(v.id for v in field.values)
    return Distribution(names, (50,) * len(names)) if names else None


class _ModelReader:
    def __init__(self, guideline: Guideline, graph: Graph, positions: Positions) -> None:
        self.guideline = guideline
        self.graph = graph
        self.positions = positions
        self.findings: list[Finding] = []

    def read(self, node: Node) -> CohortModel:
        text = self.graph.one
        contacts, days = text(node, CP + "contacts"), text(node, CP + "daysBetween")
        model = CohortModel(
            self._distribution(node, contacts.value if contacts else "1: 1", numbers=True) or ONE,
            self._distribution(node, days.value if days else "7: 1", numbers=True) or ONE,
            tuple(sorted(filter(None, map(self._model, self._of(node, "FieldModel"))), key=lambda m: m.priority)),
            tuple(filter(None, map(self._transition, self._of(node, "Transition")))),
        )
        if not model.contacts.can_reach(1):
            self._report(node, "cp:contacts never is 1 or more, so that no record would be made.")
        if self.findings:
            raise GuidelineError("The cohort model has errors.", self.findings)
        return model

    def _of(self, model: Node, cls: str) -> list[Node]:
        return [n for n in self.graph.instances(CP + cls) if model in self.graph.all(n, CP + "inModel")]

    def _report(self, node: Node, message: str) -> None:
        where = self.positions.where(node.value)
        self.findings.append(Finding("cohort-model", f"{local_name(node.value)}: {message}", where))

    def _field(self, node: Node, predicate: str) -> Field | None:
        found = self.graph.one(node, CP + predicate)
        field = self.guideline.fields.get(found.value) if found else None
        if field is None:
            name = local_name(found.value) if found else "nothing"
            self._report(node, f"cp:{predicate} is {name}, which is no field. Name a field of the record.")
        return field

    def _distribution(self, node: Node, text: str, *, numbers: bool, negative: bool = False) -> Distribution | None:
        try:
            found = Distribution.parse(text)
            if numbers:
                for part in found.parts:
                    if bounds(part)[0] < 0 and not negative:
                        raise ValueError(f"{part!r} is negative, which only days after a date can be")
            return found
        except ValueError as error:
            self._report(node, f"the distribution cannot be read: {error}. Write for example low: 40, high: 60.")
            return None

    def _number(self, node: Node, predicate: str, default: int) -> int:
        found = self.graph.one(node, CP + predicate)
        if found is None:
            return default
        if not found.value.isdigit():
            self._report(node, f"cp:{predicate} {found.value!r} is no integer of 0 or more.")
            return default
        return int(found.value)

    def _flag(self, node: Node, predicate: str) -> bool | None:
        found = self.graph.one(node, CP + predicate)
        return found.value in ("true", "1") if found else None

    def _model(self, node: Node) -> FieldModel | None:
        field = self._field(node, "drawnField")
        if field is None:
            return None
        after = self._field(node, "daysAfter") if self.graph.one(node, CP + "daysAfter") else None
        text = self.graph.one(node, CP + "distribution")
        dated = field.kind == "date"
        drawn = (
            self._distribution(node, text.value, numbers=dated or field.kind == "integer", negative=dated)
            if text
            else None
        )
        between = self._between(node)
        if dated and not (after and drawn) and not between:
            self._report(node, "a date needs cp:between, or cp:daysAfter with cp:distribution.")
        if not dated and drawn is None:
            self._report(node, "needs a cp:distribution.")
        allowed = {"true", "false"} if field.kind == "boolean" else {v.id for v in field.values}
        strange = sorted(set(drawn.parts) - allowed) if drawn and allowed and not dated else []
        if strange:
            self._report(node, f"{strange[0]!r} is no value of {field.id}. Choose among {', '.join(sorted(allowed))}.")
        beside = self._field(node, "onlyWith") if self.graph.one(node, CP + "onlyWith") else None
        return FieldModel(
            field,
            priority=self._number(node, "priority", 0),
            known=self._number(node, "knownPercent", 100),
            persists=bool(self._flag(node, "persists")),
            distribution=drawn,
            days_after=after.iri if after else None,
            between=between,
            only_if=self._condition(node),
            only_with=beside.iri if beside else None,
            first_contact=self._flag(node, "atFirstContact"),
        )

    def _condition(self, node: Node) -> str | None:
        found = self.graph.one(node, CP + "onlyIf")
        if found and found.value not in self.guideline.conditions:
            self._report(node, f"{local_name(found.value)} is not a condition.")
        return found.value if found else None

    def _between(self, node: Node) -> tuple[date, date] | None:
        found = self.graph.one(node, CP + "between")
        if found is None:
            return None
        first, _, last = found.value.partition("/")
        try:
            ends = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError:
            self._report(node, f"cp:between {found.value!r} is not two days such as 2023-01-01/2024-12-31.")
            return None
        if ends[0] > ends[1]:
            self._report(node, "cp:between ends before it begins.")
        return ends

    def _transition(self, node: Node) -> Transition | None:
        field = self._field(node, "drawnField")
        wanted, value = self.graph.one(node, CP + "whenAnswer"), self.graph.one(node, CP + "toValue")
        options = {o.iri: (d.iri, o.id) for d in self.guideline.decisions.values() for o in d.options}
        only_if = self._condition(node)
        if wanted is None and only_if is None:
            self._report(node, "needs cp:whenAnswer or cp:onlyIf.")
        if wanted is not None and wanted.value not in options:
            self._report(node, "cp:whenAnswer is no option of a decision.")
        notation = next((v.id for v in field.values if value and v.iri == value.value), None) if field else None
        if notation is None:
            self._report(node, "cp:toValue is no value of its field.")
        if field is None or notation is None:
            return None
        decision, option = options.get(wanted.value, (None, None)) if wanted else (None, None)
        return Transition(
            decision=decision,
            option=option,
            only_if=only_if,
            field=field,
            value=notation,
            share=self._number(node, "share", 100),
            starts_anew=bool(self._flag(node, "startsAnew")),
        )
