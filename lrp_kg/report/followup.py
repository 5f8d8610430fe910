"""Whether the next contact came in time: after the latest day that was advised, it is late."""

from __future__ import annotations

from lrp_kg.answer.columns import box_column, fact_columns
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import UNDETERMINED
from lrp_kg.report.answers import literal, quoted
from lrp_kg.report.basis import Basis
from lrp_kg.report.counts import ANSWERED, Key
from lrp_kg.report.model import CountRow, CountTable, ReportSection

DATED = ("overdue", "waiting")
"""The counts that depend on the day of the report."""
OPEN = ("unknown", "lost")


def follow_up(basis: Basis) -> ReportSection | None:
    """Return how many next contacts were late; ``None`` where the guideline has no day for them."""
    roles, g, words = basis.guideline.roles, basis.guideline, basis.words
    key = roles.next_contact
    if not key or not roles.assessment:
        return None
    latest, applies = fact_columns(key)
    still = _still_open(g, key)
    if lacking := basis.answers.lacking(latest, applies, *still):
        return basis.absent("follow-up", lacking)
    if not basis.with_records or not roles.episode:
        needed = [g.fields[name].id for name in (roles.episode, roles.assessment) if name]
        if not roles.episode:
            return basis.section("follow-up", lacking=words.say("no-episode"))
        return basis.section("follow-up", lacking=words.say("records", names=", ".join(needed)))
    day = quoted(f"day.{g.fields[roles.assessment].id}")
    _number_contacts(basis, latest, applies, day, " OR ".join(still.values()) or "false")
    today = str(day_number(basis.on)) if basis.on else None
    conditions = {
        "none": "applies IS NULL AND NOT open",
        "unknown": "NOT advised AND (applies IS NOT NULL OR open)",
        "late": "advised AND following > latest",
        "in-time": "advised AND following <= latest",
        "overdue": f"advised AND following IS NULL AND placed AND latest < {today}" if today else "false",
        "waiting": f"advised AND following IS NULL AND placed AND latest >= {today}" if today else "false",
        "last": "false" if today else "advised AND following IS NULL AND placed",
        "lost": "advised AND NOT placed",
    }
    names = [n for n in conditions if conditions[n] != "false"]
    numbers = basis.answers.numbers((conditions[n] for n in names), source="contacts")
    parts: dict[Key, int] = {("contact", n): number for n, number in zip(names, numbers, strict=True)}
    keys = basis.counts.split(ANSWERED, parts)
    said = {"day": basis.on.isoformat()} if basis.on else {}
    rows = [
        CountRow(n, words.say(f"contact-{n}", **(said if n in DATED else {})), (k,), ANSWERED, open=n in OPEN)
        for n, k in zip(names, keys, strict=True)
    ]
    title = words.say("table-follow-up")
    table = CountTable("follow-up", title, words.say("over-answered"), (basis.measure("records"),), tuple(rows))
    lacking_day = "" if basis.on else words.say("on")
    return basis.section("follow-up", table, note=words.say("note-follow-up"), lacking=lacking_day)


def _still_open(guideline: Guideline, key: str) -> dict[str, str]:
    """Return in SQL when what gives the fact may still come where it is absent, by the column that says so."""
    found = {}
    for box in guideline.boxes.values():
        if any(f.key == key for s in box.statements for f in s.facts):
            found[box_column(box.id)] = f"{quoted(box_column(box.id))} IS NULL"
    for decision in guideline.own_decisions.values():
        given = [literal(o.id) for o in decision.options if any(f.key == key for f in o.facts)]
        if given:
            own = f"{decision.id}_possible"
            found[own] = f"list_has_any({quoted(own)}, [{', '.join(given)}])"
    for programme in guideline.programmes.values():
        if any(f.key == key for e in programme.editions for s in e.statements for f in s.facts):
            own = f"{programme.id}_status"
            found[own] = f"{quoted(own)} = {literal(UNDETERMINED)}"
    return found


def _number_contacts(basis: Basis, latest: str, applies: str, day: str, may_come: str) -> None:
    """Make the table of contacts: the latest day for the next one, and the day of the next one of the episode."""
    later = f"(PARTITION BY episode ORDER BY {day} RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
    columns = (
        f"{quoted(applies)} AS applies, {quoted(latest)} - DATE '1970-01-01' AS latest, {may_come} AS open",
        f"episode IS NOT NULL AND {day} IS NOT NULL AS placed",
        f"CASE WHEN episode IS NOT NULL THEN min({day}) OVER {later} END AS following",
    )
    known = f"SELECT {', '.join(columns)} FROM known"  # noqa: S608
    advised = "coalesce(applies = 'yes' AND latest IS NOT NULL, false) AS advised"
    basis.answers.connection.execute(f"CREATE TEMP TABLE contacts AS SELECT *, {advised} FROM ({known})")  # noqa: S608
