"""The first parts of a report: how many records there are, in which stage, with which boxes, and what is open."""

from __future__ import annotations

from lrp_kg.answer.columns import box_column
from lrp_kg.guideline.model import Box, Decision
from lrp_kg.logic.outcomes import DECIDED, STATUSES, UNDETERMINED
from lrp_kg.report.answers import literal, quoted, subjects
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, Key
from lrp_kg.report.model import CountRow, CountTable, Measure, ReportSection

BOX = ("box-yes", "box-unknown", "box-no")


def stages(basis: Basis) -> ReportSection:
    """Return the records in each stage, and those that leave the pathway."""
    roles, g = basis.guideline.roles, basis.guideline
    decisions = [g.decisions[name] for name in (roles.stage, roles.exit) if name]
    lacking = basis.answers.lacking(*(f"{d.id}_{part}" for d in decisions for part in ("status", "answers")))
    if lacking or not decisions:
        return basis.absent("stages", lacking)
    return basis.section("stages", *(_of_decision(basis, d) for d in decisions))


def _of_decision(basis: Basis, decision: Decision) -> CountTable:
    """Return how many records have each answer, and how many have none, by status."""
    keys = basis.decided(decision)
    rows = [CountRow(o.id, basis.words.text(o.label), (keys[o.id],), ANSWERED) for o in decision.options]
    rows += [basis.status_row(decision, status) for status in STATUSES if status != DECIDED]
    over = basis.words.say("over-answered")
    return CountTable(decision.id, basis.words.text(decision.label), over, (basis.measure("records"),), tuple(rows))


def statuses(basis: Basis) -> ReportSection:
    """Return how far each decision and programme has come."""
    g, words = basis.guideline, basis.words
    known = [s for s in subjects(g) if not basis.answers.lacking(f"{s.id}_status")]
    measures = tuple(Measure(s, words.text(g.statuses[s]), s == UNDETERMINED) for s in STATUSES)
    rows = [CountRow(s.id, words.text(s.label), tuple(basis.statuses(s).values()), ANSWERED) for s in known]
    table = CountTable("statuses", words.say("table-statuses"), words.say("over-answered"), measures, tuple(rows))
    return basis.section("statuses", table)


def boxes(basis: Basis) -> ReportSection:
    """Return how many records are shown each box, by the stage that the box is in."""
    every = sorted(basis.guideline.boxes.values(), key=lambda box: _place(basis, box))
    lacking = basis.answers.lacking(*(box_column(box.id) for box in every))
    if lacking or not every:
        return basis.absent("boxes", lacking)
    words = basis.words
    rows = tuple(
        CountRow(box.id, _title(basis, box, group), keys, ANSWERED, group)
        for box, keys, group in zip(every, _box_keys(basis, every), (_stage(basis, b) for b in every), strict=True)
    )
    measures = tuple(basis.measure(part, open_=part == "box-unknown") for part in BOX)
    over = words.say("over-answered")
    table = CountTable("boxes", words.say("table-boxes"), over, measures, rows, note=words.say("note-boxes"))
    return basis.section("boxes", table)


def _box_keys(basis: Basis, every: list[Box]) -> list[tuple[Key, ...]]:
    """Return the counts of each box; what they have in common with stages and answers is noted beside them."""
    counts = basis.counts
    conditions = []
    for box in every:
        own = quoted(box_column(box.id))
        conditions += [own, f"{own} IS NULL"]
    numbers = basis.answers.numbers(conditions)
    found = []
    for place, box in enumerate(every):
        yes, unknown = numbers[2 * place], numbers[2 * place + 1]
        each = (yes, unknown, counts.values[ANSWERED] - yes - unknown)
        parts: dict[Key, int] = {(part, box.id): n for part, n in zip(BOX, each, strict=True)}
        found.append(counts.split(ANSWERED, parts))
    _relate(basis, [(box, keys[0]) for box, keys in zip(every, found, strict=True)])
    return found


def _relate(basis: Basis, shown: list[tuple[Box, Key]]) -> None:
    """Note how many records a box has in common with its stage and its answer: one count gives the other away."""
    g, counts = basis.guideline, basis.counts
    related: dict[str, list[tuple[Box, Key, str]]] = {}
    for box, key in shown:
        for name in dict.fromkeys((box.stage, box.shown_for)):
            decision, option = g.option_owners.get(name, (None, None))
            if decision and option and decision.policy != "Collect":
                related.setdefault(decision.iri, []).append((box, key, option.id))
    for name, boxes_ in related.items():
        decision = g.decisions[name]
        status, own = (f"{decision.id}_{part}" for part in ("status", "answers"))
        if basis.answers.lacking(status, own):
            continue
        decided = f"{quoted(status)} = {literal(DECIDED)}"
        conditions = (quoted(box_column(box.id)) for box, _, _ in boxes_)
        numbers = basis.answers.numbers_by(f"{quoted(own)}[1]", conditions, where=decided)
        for place, (_, key, answer) in enumerate(boxes_):
            total = basis.decided(decision)[answer]
            common = ("both", *key, "and", *total)
            both = numbers[answer][place] if answer in numbers else 0
            counts.within(total, common, both)
            counts.within(key, common, both)


def _stage(basis: Basis, box: Box) -> str:
    owner = basis.guideline.option_owners.get(box.stage)
    return basis.words.text(owner[1].label) if owner else ""


def _title(basis: Basis, box: Box, stage: str) -> str:
    """Return what a box is called below its stage, with the label that the source prints beside it."""
    words = basis.words
    found = words.in_stage(words.text(box.label), stage, words.text(box.section.label))
    return f"{found} ({box.printed})" if box.printed else found


def _place(basis: Basis, box: Box) -> tuple[int, int, int]:
    owner = basis.guideline.option_owners.get(box.stage)
    return owner[1].priority if owner else 0, box.section_order, box.priority
