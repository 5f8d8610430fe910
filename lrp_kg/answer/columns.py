"""The columns of one wide row a record: what they are named, and what the values of each are.

Cohorts and the records of a store have the same. The names are a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lrp_kg.answer.facts import LATER, UNKNOWN, YES
from lrp_kg.guideline.model import Caution, Criterion, Decision, Fact, Guideline, Programme, Statement

APPLIES = (YES, LATER, UNKNOWN)
"""Whether a fact applies, in the order of the column."""
Wanted = Callable[[str], bool]
"""Whether a decision or programme is wanted, by its identifier."""


def box_column(box: str) -> str:
    """Return the name of the column that says whether a box is shown."""
    return f"box.{box}"


def criterion_column(programme: str, criterion: str) -> str:
    """Return the name of the column that says whether a criterion is met."""
    return f"criterion.{programme}.{criterion}"


def edition_column(programme: str) -> str:
    """Return the name of the column of the edition of a programme."""
    return f"edition.{programme}"


def fact_columns(key: str) -> tuple[str, str]:
    """Return the names of the columns of a fact: its value, and whether it applies."""
    return f"fact.{key}", f"fact.{key}.applies"


def latest_column(statement: str) -> str:
    """Return the name of the column of the latest day of a statement."""
    return f"latest.{statement}"


def warning_column(warning: str) -> str:
    """Return the name of the column that says whether a warning is given."""
    return f"warning.{warning}"


def criteria_of(programme: Programme) -> dict[str, Criterion]:
    """Return the criteria of all editions by identifier, as the newest edition that has each words it."""
    found: dict[str, Criterion] = {}
    for criterion in (c for e in reversed(programme.editions) for c in e.criteria):
        found.setdefault(criterion.id, criterion)
    return found


def cautions_of(guideline: Guideline, wanted: Wanted = lambda _: True) -> list[Caution]:
    """Return what answers can point out: of options, of situations, and of rules of wanted programmes that ended."""
    options = [o.caution for d in guideline.own_decisions.values() for o in d.options if o.caution]
    return [*options, *guideline.warnings, *(warning for warning, _ in ended_rules(guideline, wanted))]


def ended_rules(guideline: Guideline, wanted: Wanted = lambda _: True) -> list[tuple[Caution, list[str]]]:
    """Return each warning that the rules of an edition have ended, and the wanted programmes that can give it."""
    found: dict[str, tuple[Caution, list[str]]] = {}
    for programme in filter(lambda p: wanted(p.id), guideline.programmes.values()):
        for warning in {e.superseded.id: e.superseded for e in programme.editions if e.superseded}.values():
            found.setdefault(warning.id, (warning, []))[1].append(programme.id)
    return list(found.values())


def has_latest_day(statement: Statement) -> bool:
    """Return whether a statement can have a latest day."""
    return any(limit.within for limit in statement.limits)


@dataclass(frozen=True)
class FactSources:
    """What gives a fact: statements, and options of decisions, or all answers of a decision (``collected``)."""

    facts: tuple[Fact, ...]
    decisions: Mapping[str, Sequence[Decision]]
    """Of each decision or programme, by identifier, the decisions of its editions."""
    collected: bool

    def __bool__(self) -> bool:
        """Return whether an answer can have the fact."""
        return bool(self.facts or self.decisions)

    @property
    def type(self) -> type | None:
        """The type of the values: bool, int, str, date, or tuple of texts; ``None`` where they are of several."""
        found: set[type] = {date if f.value is None else type(f.value) for f in self.facts}
        if self.collected:
            found.add(tuple)
        return found.pop() if len(found) == 1 else None

    @property
    def texts(self) -> list[str]:
        """The texts that can be its value, in order."""
        return list(dict.fromkeys(f.value for f in self.facts if isinstance(f.value, str)))


def fact_sources(
    guideline: Guideline, key: str, statements: Iterable[Statement], wanted: Wanted = lambda _: True
) -> FactSources:
    """Return what gives a fact, of some statements and of wanted decisions and programmes."""
    owners: dict[str, list[Decision]] = {d.id: [d] for d in guideline.own_decisions.values()}
    owners |= {p.id: [guideline.decisions[e.decision] for e in p.editions] for p in guideline.programmes.values()}
    decisions = {name: own for name, own in owners.items() if wanted(name) and any(_says(d, key) for d in own)}
    every = [d for own in decisions.values() for d in own]
    facts = [f for s in statements for f in s.facts] + [f for d in every for o in d.options for f in o.facts]
    collected = any(d.fact_key == key for d in every)
    return FactSources(tuple(f for f in facts if f.key == key), decisions, collected)


def _says(decision: Decision, key: str) -> bool:
    """Return whether the answers of a decision are a fact, or one of its options gives it."""
    return decision.fact_key == key or any(f.key == key for o in decision.options for f in o.facts)


def shown_statements(guideline: Guideline) -> Iterator[Statement]:
    """Yield each statement that an answer can have, once, in the order of their columns."""
    g = guideline
    every = [s for box in g.boxes.values() for s in box.statements]
    every += [s for own in g.notices.values() for s in own]
    for programme in g.programmes.values():
        for part in ("benefits", "limits", "steps"):
            every += [s for edition in programme.editions for s in getattr(edition, part)]
    yield from {s.iri: s for s in every}.values()
