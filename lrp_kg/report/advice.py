"""What a report says about following the advice: what is advised against, and what records have all the same."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.guideline.model import Decision
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, STATUSES, UNDETERMINED
from lrp_kg.report.answers import literal, quoted
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, Key
from lrp_kg.report.model import CountRow, CountTable, Measure, ReportSection

DONE = ("done-yes", "done-unknown", "done-no")
AGAINST = ("against-yes", "against-unknown", "against-no")


def advised_against(basis: Basis) -> Iterator[ReportSection]:
    """Yield a section for each decision of which an answer advises against something: what it says, by stage."""
    stage = basis.guideline.decisions.get(basis.guideline.roles.stage or "")
    for decision in basis.guideline.own_decisions.values():
        if not any(o.advises_against for o in decision.options):
            continue
        named = [f"{d.id}_{part}" for d in (decision, stage) if d for part in ("status", "answers")]
        title = basis.words.text(decision.label)
        if lacking := basis.answers.lacking(*named):
            yield ReportSection(f"advice.{decision.id}", title, lacking=basis.columns(lacking))
            continue
        tables = ([_by_stage(basis, decision, stage)] if stage else []) + (
            [_by_what_was_done(basis, decision)] if decision.id in basis.done else []
        )
        said = "" if decision.id in basis.done else basis.words.say("done", decision=decision.id)
        yield ReportSection(f"advice.{decision.id}", title, tuple(tables), lacking=said)


def _outcome(decision: Decision) -> str:
    """Return in SQL the answer of a decision where it is decided, else its status."""
    status, own = quoted(f"{decision.id}_status"), quoted(f"{decision.id}_answers")
    return f"CASE WHEN {status} = {literal(DECIDED)} THEN {own}[1] ELSE {status} END"


def _outcomes(basis: Basis, decision: Decision) -> dict[str, tuple[Key, str]]:
    """Return the answers of a decision, then the statuses that are none, each with its count and its label."""
    keys = basis.decided(decision)
    found = {o.id: (keys[o.id], basis.words.text(o.label)) for o in decision.options}
    for status, key in basis.statuses(decision).items():
        if status != DECIDED:
            found[status] = (key, basis.words.text(basis.guideline.statuses[status]))
    return found


def _by_stage(basis: Basis, decision: Decision, stage: Decision) -> CountTable:
    counts, words = basis.counts, basis.words
    outcomes = _outcomes(basis, decision)
    found = basis.answers.groups(_outcome(stage), _outcome(decision))
    rows = []
    groups = {**{o.id: words.text(o.label) for o in stage.options}}
    groups |= {s: words.text(basis.guideline.statuses[s]) for s in STATUSES if s != DECIDED}
    totals = {**basis.decided(stage), **basis.statuses(stage)}
    for name, label in groups.items():
        parts: dict[Key, int] = {("by-stage", name, decision.id, o): found.get((name, o), 0) for o in outcomes}
        rows.append(CountRow(name, label, counts.split(totals[name], parts), totals[name]))
    for place, (key, _) in enumerate(outcomes.values()):
        column = [row.cells[place] for row in rows]
        counts.split(key, {cell: counts.values[cell] for cell in column if cell})
    measures = tuple(Measure(o, label, o == UNDETERMINED) for o, (_, label) in outcomes.items())
    title = words.say("table-by-stage", decision=words.text(decision.label))
    return CountTable(f"{decision.id}.by-stage", title, words.say("over-stage"), measures, tuple(rows))


def _by_what_was_done(basis: Basis, decision: Decision) -> CountTable:
    """Return what was done, by what was advised; the column is one of the records."""
    words, counts = basis.words, basis.counts
    column = quoted(f"done.{decision.id}")
    found = basis.answers.groups(_outcome(decision), column, source="known")
    against = {o.id for o in decision.options if o.advises_against}
    rows = []
    for name, (key, label) in _outcomes(basis, decision).items():
        numbers = [found.get((name, said), 0) for said in (True, None, False)]
        parts: dict[Key, int] = {(part, decision.id, name): n for part, n in zip(DONE, numbers, strict=True)}
        group = words.say("advised-against") if name in against else ""
        rows.append(CountRow(name, label, counts.split(key, parts), key, group))
    measures = tuple(basis.measure(part, open_=part == "done-unknown") for part in DONE)
    title = words.say("table-done", decision=words.text(decision.label))
    return CountTable(f"{decision.id}.done", title, words.say("over-answer"), measures, tuple(rows))


def against_advice(basis: Basis) -> ReportSection | None:
    """Return what records have that the guideline does not want; ``None`` where it names nothing of the kind."""
    decisions = [d for d in basis.guideline.own_decisions.values() if any(o.against_advice for o in d.options)]
    if not decisions:
        return None
    lacking = basis.answers.lacking(*(f"{d.id}_{p}" for d in decisions for p in ("status", "answers", "possible")))
    if lacking:
        return basis.absent("against", lacking)
    return basis.section("against", *(_against(basis, d) for d in decisions), note=basis.words.say("note-against"))


def _against(basis: Basis, decision: Decision) -> CountTable:
    """Return how many records have each answer, how many may have, and how many have not."""
    counts, words = basis.counts, basis.words
    keys = basis.statuses(decision)
    every = counts.values[ANSWERED] - counts.values[keys[NOT_APPLICABLE]]
    asked: Key = ("asked", decision.id)
    counts.split(ANSWERED, {asked: every, keys[NOT_APPLICABLE]: counts.values[keys[NOT_APPLICABLE]]})
    own, may = (quoted(f"{decision.id}_{part}") for part in ("answers", "possible"))
    wanted = [o for o in decision.options if o.against_advice]
    names = "[" + ", ".join(literal(o.id) for o in wanted) + "]"
    conditions = [f"list_has_any({own}, {names})", f"NOT list_has_any({own}, {names}) AND list_has_any({may}, {names})"]
    for o in wanted:
        has = f"list_contains({own}, {literal(o.id)})"
        conditions += [has, f"NOT {has} AND list_contains({may}, {literal(o.id)})"]
    numbers = basis.answers.numbers(conditions)
    rows = []
    for place, (name, label) in enumerate([("any", words.say("any")), *((o.id, words.text(o.label)) for o in wanted)]):
        yes, unknown = numbers[2 * place], numbers[2 * place + 1]
        numbered = zip(AGAINST, (yes, unknown, every - yes - unknown), strict=True)
        parts: dict[Key, int] = {(part, decision.id, name): n for part, n in numbered}
        rows.append(CountRow(name, label, counts.split(asked, parts), asked))
    for row in rows[1:]:
        counts.within(rows[0].cells[0] or asked, row.cells[0] or asked, counts.values[row.cells[0] or asked])
    measures = tuple(basis.measure(part, open_=part == "against-unknown") for part in AGAINST)
    return CountTable(decision.id, words.text(decision.label), words.say("over-asked"), measures, tuple(rows))
