"""What a report says about programmes: who is eligible, and who would be but for an application that nobody made."""

from __future__ import annotations

from lrp_kg.answer.columns import criterion_column, edition_column
from lrp_kg.guideline.criteria import fields_of
from lrp_kg.guideline.model import Field, Programme
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED
from lrp_kg.report.answers import literal, quoted
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, Key
from lrp_kg.report.model import CountRow, CountTable, ReportSection

ELIGIBLE, NOT_ELIGIBLE = "eligible", "not-eligible"
MEASURES = (
    "programme-eligible",
    "programme-waiting",
    "programme-undetermined",
    "programme-not-eligible",
    "programme-not-applicable",
    "programme-other",
)
APPLIED = ("applied-yes", "applied-no", "applied-lost")


def application(basis: Basis, programme: Programme) -> Field | None:
    """Return the date on which a programme is asked for, if that is another day than that of the assessment."""
    g = basis.guideline
    return g.fields[programme.valid_by] if programme.valid_by and programme.valid_by != g.roles.assessment else None


def programmes(basis: Basis) -> ReportSection | None:
    """Return how many records are eligible; ``None`` where the guideline has no programme."""
    every = list(basis.guideline.programmes.values())
    if not every:
        return None
    lacking = [n for p in every for n in basis.answers.lacking(*_columns(basis, p))]
    if lacking:
        return basis.absent("programmes", lacking)
    words = basis.words
    rows = tuple(CountRow(p.id, words.text(p.label), _counts(basis, p), ANSWERED) for p in every)
    measures = tuple(basis.measure(m, open_=m in MEASURES[1:3]) for m in MEASURES)
    table = CountTable("programmes", words.say("table-programmes"), words.say("over-answered"), measures, rows)
    dated = [(p, f) for p in every if (f := application(basis, p))]
    lists = [_applied(basis, p, f) for p, f in dated] if basis.with_records else []
    said = words.say("records-application") if dated and not basis.with_records else ""
    note = words.say("note-programmes") if dated else ""
    return basis.section("programmes", table, *lists, note=note, lacking=said)


def _roles(programme: Programme) -> list[str]:
    return list(dict.fromkeys(c.id for e in programme.editions for c in e.criteria))


def _columns(basis: Basis, programme: Programme) -> list[str]:
    found = [f"{programme.id}_{part}" for part in ("status", "answers", "missing")]
    found.append(edition_column(programme.id))
    return found + [criterion_column(programme.id, role) for role in _roles(programme)]


def _waits(basis: Basis, programme: Programme) -> str:
    """Return in SQL whether only the application is missing: all criteria are met but those that read its date.

    Where several editions may apply, the answers do not say that a criterion is met which one of them does not have.
    """
    field = application(basis, programme)
    if field is None:
        return "false"
    g = basis.guideline
    read = {field.iri, *(d.iri for d in g.derived.values() if field.iri in (d.start, d.end))}
    dated = {
        c.id for e in programme.editions for c in e.criteria if read & fields_of(g.classes[c.applies_to], g.classes)
    }
    met = [_met(programme, role) for role in _roles(programme) if role not in dated]
    conditions = [f"list_contains({quoted(f'{programme.id}_missing')}, {literal(field.id)})", *met]
    return " AND ".join(f"coalesce({condition}, false)" for condition in conditions)


def _met(programme: Programme, role: str) -> str:
    """Return in SQL whether a criterion is met, or is none of the edition that applies."""
    editions = [literal(e.id) for e in programme.editions if all(c.id != role for c in e.criteria)]
    elsewhere = f" OR {quoted(f'edition.{programme.id}')} IN ({', '.join(editions)})" if editions else ""
    return f"({quoted(criterion_column(programme.id, role))}{elsewhere})"


def _counts(basis: Basis, programme: Programme) -> tuple[Key | None, ...]:
    """Return the counts of a programme, by what is to be done: those who wait for an application are apart."""
    counts = basis.counts
    keys, decided = basis.statuses(programme), basis.decided(programme)
    waiting, open_ = ("waiting", programme.id), ("open", programme.id)
    number = basis.answers.number(f"{_waits(basis, programme)} AND {_status(programme, UNDETERMINED)}")
    counts.split(keys[UNDETERMINED], {waiting: number, open_: counts.values[keys[UNDETERMINED]] - number})
    others = [k for status, k in keys.items() if status not in (DECIDED, UNDETERMINED, NOT_APPLICABLE)]
    other = ("other", programme.id)
    rest = {key: counts.values[key] for key in others}
    counts.put(other, sum(rest.values()))
    counts.split(other, rest)
    asked = application(basis, programme) is not None
    return (decided[ELIGIBLE], waiting if asked else None, open_, decided[NOT_ELIGIBLE], keys[NOT_APPLICABLE], other)


def _status(programme: Programme, status: str) -> str:
    return f"{quoted(f'{programme.id}_status')} = {literal(status)}"


def _applied(basis: Basis, programme: Programme, field: Field) -> CountTable:
    """Return whether the records of those who are eligible, or wait, have the day of an application."""
    counts, words = basis.counts, basis.words
    own = quoted(f"{programme.id}_answers")
    eligible = f"{_status(programme, DECIDED)} AND {own}[1] = {literal(ELIGIBLE)}"
    waiting = f"{_status(programme, UNDETERMINED)} AND {_waits(basis, programme)}"
    day = quoted(f"day.{field.id}")
    rows = []
    for name, condition, total in (
        ("programme-eligible", eligible, basis.decided(programme)[ELIGIBLE]),
        ("programme-waiting", waiting, ("waiting", programme.id)),
    ):
        conditions = [f"({condition}) AND {c}" for c in (f"{day} IS NOT NULL", f"found AND {day} IS NULL", "NOT found")]
        numbers = basis.answers.numbers(conditions, source="known")
        parts: dict[Key, int] = {(said, programme.id, name): n for said, n in zip(APPLIED, numbers, strict=True)}
        rows.append(CountRow(name, words.say(f"measure-{name}"), counts.split(total, parts), total))
    measures = tuple(basis.measure(said, open_=said == "applied-lost") for said in APPLIED)
    title = words.say("table-applied", programme=words.text(programme.label), field=words.text(field.label))
    return CountTable(f"{programme.id}.applied", title, words.say("over-row"), measures, tuple(rows))
