"""What a guideline says, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from lrp_kg.guideline.criteria import Expression
from lrp_kg.guideline.index import Index
from lrp_kg.guideline.validity import Validity
from lrp_kg.words import LANGUAGES, Text, in_every_language, in_language, phrase

POLICIES = ("First", "Unique", "Collect")
AGREES, DIFFERS, DOUBTFUL = "agrees", "differs", "doubtful"
STANCES = {"agreesWith": AGREES, "differsFrom": DIFFERS, "doubts": DOUBTFUL}
"""What a rule or an open point can say of a statement: the property, and its word in an answer."""
CRITICAL = "critical"
"""The severity after which nothing of the pathway is asked."""


@dataclass(frozen=True)
class Term:
    """Something with an IRI, an identifier for programs, and a label per language."""

    iri: str
    id: str
    label: Text


@dataclass(frozen=True)
class Value(Term):
    """A value of a value list; ``id`` is its notation in JSON, ``expands_to`` a field it settles."""

    expands_to: str | None


@dataclass(frozen=True)
class Field(Term):
    """A field of a record; ``kind`` is value, values, boolean, integer, date or string."""

    kind: str
    values: tuple[Value, ...] = ()
    question: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    unit: Text = field(default_factory=dict)
    considers: tuple[Term, ...] = ()
    ask_order: int | None = None
    ask_if: str | None = None
    implies: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    earliest: str | None = None
    latest: str | None = None
    day_number: str | None = None

    @property
    def bounds(self) -> tuple[str, str] | None:
        """Return the properties with the first and the last possible day; ``None`` where a day must be exact."""
        return (self.earliest, self.latest) if self.earliest and self.latest else None


@dataclass(frozen=True)
class Derived(Term):
    """An integer computed from two date fields."""

    start: str
    end: str
    measure: str


@dataclass(frozen=True)
class DateSpan:
    """A date field that is never later than a period after another one."""

    field: str
    within: str
    counted_from: str


@dataclass(frozen=True)
class Condition(Term):
    """A named class of patient records with its definition; ``said_if`` is how it follows a statement: *if ...*."""

    expression: Expression
    said_if: Text = field(default_factory=dict)

    @property
    def if_phrase(self) -> Text:
        """The condition as it follows a statement; where nobody has written it so, its label after a colon."""
        return self.said_if or {
            lang: phrase("if-condition", lang, label=in_language(self.label, lang, self.id)) for lang in LANGUAGES
        }


@dataclass(frozen=True)
class Fact:
    """A key and value for programs, and the situation in which it is given; no value: the statement's latest date."""

    key: str
    value: str | int | bool | None
    condition: str | None = None
    validity: Validity | None = None


@dataclass(frozen=True)
class Stance:
    """What a rule or an open point says of a statement, by the IRI of that: agrees, differs, or doubtful."""

    kind: str
    on: str


@dataclass(frozen=True)
class Severity(Term):
    """How urgent a warning is; the lowest ``priority`` is the most urgent."""

    priority: int


@dataclass(frozen=True)
class Caution(Term):
    """Something to point out in a situation.

    One that calls for an advice (its IRI) is given where a box with it is shown, or may be: then ``certain`` is false.
    One that is limited in time is given between its days, a printed one later too: then it is ``outdated``, ``None``
    where a day is unknown.
    """

    applies_to: str
    severity: Severity
    modality: Term
    source: str
    locator: Text
    calls_for: str | None = None
    call_text: Text = field(default_factory=dict)
    certain: bool = True
    printed: bool = True
    validity: Validity | None = None
    outdated: bool | None = False

    def in_doubt(self) -> Caution:
        """Return it for where its box is only possible: its label says so."""
        doubt = in_every_language("if-possible")
        label = {lang: f"{text} ({in_language(doubt, lang)})" for lang, text in self.label.items()}
        return replace(self, label=label, certain=False)


@dataclass(frozen=True)
class Option(Term):
    """A possible answer; ``applies_to`` is the class in which it holds, ``caution`` what it warns of.

    It can advise against what its decision is about; or say that the record has what the guideline does not want:
    then it is ``against_advice``.
    """

    applies_to: str
    priority: int
    refined_by: str | None
    facts: tuple[Fact, ...]
    ends_pathway: bool = False
    caution: Caution | None = None
    advises_against: bool = False
    against_advice: bool = False


@dataclass(frozen=True)
class Decision(Term):
    """Something to decide; a programme has one decision per edition."""

    scope: str
    policy: str
    priority: int
    options: tuple[Option, ...]
    fact_key: str | None


@dataclass(frozen=True)
class TimeLimit:
    """Periods counted from a date field, and the situation in which they count."""

    within: str | None
    not_before: str | None
    counted_from: str
    condition: str | None
    validity: Validity | None = None

    @property
    def waits(self) -> bool:
        """Return whether a statement applies only once its day comes: it begins then, or has a trigger."""
        return bool(self.not_before or self.condition)


@dataclass(frozen=True)
class Statement(Term):
    """One thing the source says; ``label`` is its wording, ``headline_order`` its place if it is a headline.

    ``advice`` is the IRI of the wording that it shares. A limit of a programme is reached in the class
    ``reached_if`` unless it is certain that ``lifted_if`` holds; a step of it with ``any_verdict`` is given within the
    scope also where the patient is not eligible.
    What is ``printed`` in the guideline's own sources is shown after its last day too; other rules are not.
    """

    modality: Term
    actor: Term | None
    priority: int
    headline_order: int | None
    condition: str | None
    condition_text: Text
    limits: tuple[TimeLimit, ...]
    facts: tuple[Fact, ...]
    source: str
    locator: Text
    advice: str | None = None
    reached_if: str | None = None
    lifted_if: str | None = None
    any_verdict: bool = False
    printed: bool = True
    validity: Validity | None = None
    stances: tuple[Stance, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it depends on, beside the place where it is."""
        of_parts = [limit.condition for limit in self.limits] + [fact.condition for fact in self.facts]
        named = (self.condition, *of_parts, self.reached_if, self.lifted_if)
        return tuple(name for name in named if name)

    @property
    def validities(self) -> tuple[Validity, ...]:
        """When the statement, its time limits and its facts are valid, where that is limited."""
        every = (self.validity, *(x.validity for x in self.limits), *(f.validity for f in self.facts))
        return tuple(v for v in every if v)


@dataclass(frozen=True)
class Box(Term):
    """A box; it is shown with an option, or in the scope of a decision where ``applies_to`` holds."""

    section: Term
    section_order: int
    printed: str
    stage: str
    priority: int
    shown_for: str
    applies_to: str | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Criterion(Term):
    """A condition of eligibility."""

    applies_to: str
    priority: int


@dataclass(frozen=True)
class Edition(Term):
    """The rules of a programme from a date on; ``decision`` is its generated decision.

    ``valid_until`` is the last day that is known of the rules, and ``superseded`` what to point out after it.
    """

    valid_from: date | None
    valid_until: date | None
    criteria: tuple[Criterion, ...]
    benefits: tuple[Statement, ...]
    limits: tuple[Statement, ...]
    steps: tuple[Statement, ...]
    decision: str
    superseded: Caution | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Everything that the edition says."""
        return self.benefits + self.limits + self.steps


@dataclass(frozen=True)
class Programme(Term):
    """A decision about eligibility with its editions, oldest first; ``valid_by`` is the date field that chooses one."""

    editions: tuple[Edition, ...]
    priority: int
    valid_by: str | None

    @cached_property
    def last_days(self) -> tuple[date | None, ...]:
        """The last day on which each edition is chosen: the day before the first of the next; none for the newest."""
        following = [e.valid_from for e in self.editions[1:]]
        return (*(first - timedelta(days=1) if first else None for first in following), None)

    def in_force(self, day: date | None) -> Edition:
        """Return the edition that is valid on a day; without a day the oldest."""
        valid = [e for e in self.editions[1:] if day and e.valid_from and e.valid_from <= day]
        return valid[-1] if valid else self.editions[0]

    def first_without_rules(self, first: date, last: date) -> date | None:
        """Return the first of some days on which the edition that is valid has ended."""
        for edition, until in zip(self.editions, self.last_days, strict=True):
            final = min(until or date.max, last)
            if edition.valid_until and edition.valid_until < final:
                day = max(first, edition.valid_until + timedelta(days=1))
                if day <= final:
                    return day
        return None


@dataclass(frozen=True)
class DateNote:
    """On which dates an open point is noted: those of statements that give a fact, and when.

    The date lies at most a period (``within``) after the assessment, or later than a date of the fact ``after``.
    """

    key: str
    within: str | None
    after: str | None


@dataclass(frozen=True)
class OpenPoint(Term):
    """A place where the source is open: what it concerns (IRIs), which status it declares, and where.

    ``decisive_in`` is the class in which another reading gives another answer. A point that is limited in time is there
    on the days between only.
    """

    kind: Term
    concerns: tuple[str, ...]
    declares: tuple[str, ...]
    applies_to: str | None
    decisive_in: str | None
    reading: Text
    source: str
    locator: Text
    note: DateNote | None = None
    validity: Validity | None = None
    stances: tuple[Stance, ...] = ()


@dataclass(frozen=True)
class Mark:
    """What is said of a statement: agrees, differs or doubtful, and by which other statement or open point."""

    stance: str
    by: Statement | OpenPoint


@dataclass(frozen=True)
class Roles:
    """The fields and decisions whose part the engine must know, by IRI; no name of a term says it.

    ``next_contact`` is the key (its identifier) of the fact that is the latest day of the next contact.
    """

    assessment: str | None
    identifier: str | None
    episode: str | None
    stage: str | None
    exit: str | None
    next_contact: str | None


@dataclass(frozen=True)
class Guideline:
    """Everything that the modules of a guideline folder say, ready to decide with."""

    index: Index = field(repr=False, compare=False)
    content_hash: str
    iri: str
    id: str
    version: str
    label: Text
    roles: Roles
    fields: dict[str, Field]
    derived: dict[str, Derived]
    conditions: dict[str, Condition]
    decisions: dict[str, Decision]
    programmes: dict[str, Programme]
    boxes: dict[str, Box]
    notices: dict[str, tuple[Statement, ...]]
    warnings: tuple[Caution, ...]
    open_points: tuple[OpenPoint, ...]
    fact_keys: dict[str, Term]
    date_orders: tuple[tuple[str, str], ...]
    date_spans: tuple[DateSpan, ...]
    statuses: dict[str, Text]
    date_statuses: dict[str, Text]
    modalities: dict[str, Text]
    message_templates: dict[str, Text]
    sources: dict[str, Term]

    @cached_property
    def classes(self) -> dict[str, Expression]:
        """Every named class with its expression."""
        return {name: condition.expression for name, condition in self.conditions.items()}

    @cached_property
    def field_names(self) -> dict[str, Field]:
        """Fields by their name in JSON."""
        return {f.id: f for f in self.fields.values()}

    @cached_property
    def bounded(self) -> dict[str, Field]:
        """The fields that may be known only within bounds, by the IRI of each bound."""
        return {bound: f for f in self.fields.values() for bound in f.bounds or ()}

    @cached_property
    def editions(self) -> tuple[Edition, ...]:
        """The editions of all programmes."""
        return tuple(e for p in self.programmes.values() for e in p.editions)

    @cached_property
    def own_decisions(self) -> dict[str, Decision]:
        """The decisions that the guideline itself states, not those generated for editions, by IRI."""
        generated = {e.decision for e in self.editions}
        return {name: d for name, d in self.decisions.items() if name not in generated}

    @cached_property
    def option_owners(self) -> dict[str, tuple[Decision, Option]]:
        """The decision that each option is of, and the option, by the IRI of the option."""
        return {o.iri: (d, o) for d in self.decisions.values() for o in d.options}

    def shown_with(self, box: Box) -> tuple[Decision, Option | None]:
        """Return the decision that a box is shown with, and the option if it is shown with one only."""
        if box.shown_for in self.decisions:
            return self.decisions[box.shown_for], None
        return self.option_owners[box.shown_for]

    @cached_property
    def ending(self) -> dict[str, Decision]:
        """The decisions of the options that end the pathway, by the IRI of the option."""
        return {o.iri: d for d in self.own_decisions.values() for o in d.options if o.ends_pathway}

    @cached_property
    def cautions(self) -> tuple[Caution, ...]:
        """Everything that an answer can warn of: options with a severity, and warnings."""
        options = [o for d in self.own_decisions.values() for o in d.options]
        superseded = {e.superseded.iri: e.superseded for e in self.editions if e.superseded}
        return (*(o.caution for o in options if o.caution), *self.warnings, *superseded.values())

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of boxes, notices and editions."""
        places = [b.statements for b in self.boxes.values()]
        places += [*self.notices.values(), *(e.statements for e in self.editions)]
        return tuple(s for statements in places for s in statements)

    @cached_property
    def marks(self) -> dict[str, tuple[Mark, ...]]:
        """What other statements and open points say of a statement, by its IRI."""
        found: dict[str, dict[tuple[str, str], Mark]] = {}
        sayings: tuple[Statement | OpenPoint, ...] = (*self.statements, *self.open_points)
        for by in sayings:
            for stance in by.stances:
                found.setdefault(stance.on, {})[stance.kind, by.iri] = Mark(stance.kind, by)
        return {name: tuple(marks.values()) for name, marks in found.items()}

    @cached_property
    def statement_iris(self) -> dict[str, str]:
        """The IRI of each statement, by its identifier."""
        return {s.id: s.iri for s in self.statements}

    @cached_property
    def day_numbers(self) -> dict[str, str]:
        """The property that holds a date as a day number, by the IRI of the date field."""
        return {f.iri: f.day_number for f in self.fields.values() if f.day_number}

    @cached_property
    def expanded(self) -> dict[str, tuple[str, str]]:
        """Boolean fields settled by a list field: field -> (list field, value)."""
        return {
            value.expands_to: (f.iri, value.iri) for f in self.fields.values() for value in f.values if value.expands_to
        }

    @cached_property
    def namespace(self) -> str:
        """The namespace of the guideline's own terms: its IRI up to the last ``#`` or ``/``."""
        return self.iri[: max(self.iri.rfind("#"), self.iri.rfind("/")) + 1]

    def choosing_field(self, programme: Programme) -> str | None:
        """Return the date field that chooses the edition of a programme."""
        return programme.valid_by or self.roles.assessment

    @cached_property
    def validities(self) -> tuple[Validity, ...]:
        """When rules are valid, each once: of statements, their parts, facts of options, warnings, and open points."""
        facts = [f for d in self.decisions.values() for o in d.options for f in o.facts]
        every = [v for s in self.statements for v in s.validities] + [f.validity for f in facts if f.validity]
        every += [w.validity for w in self.warnings if w.validity]
        every += [p.validity for p in self.open_points if p.validity]
        return tuple(dict.fromkeys(every))

    @property
    def folder(self) -> Path:
        """The folder that the guideline was read from."""
        return self.index.folder
