"""Invented records for cohorts, their columns drawn independently, and what differs from the service."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from lrp_kg import GuidelineService
from lrp_kg.answer.results import Assessment, StatementResult
from lrp_kg.answer.run import Run
from lrp_kg.answer.statements import whole_verdict
from lrp_kg.cohort.run import Answers, CohortRun
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Field, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import NOT_APPLICABLE, UNDETERMINED
from lrp_kg.namespaces import local_name
from tests.support.guidelines import valid_records

Json = dict[str, Any]
KINDS = ("plain", "holes", "cases", "invalid")
FIRST = date(2015, 1, 1)


def _value(f: Field, rng: random.Random, base: date) -> Any:
    if f.kind == "boolean":
        return rng.random() < 0.5
    if f.kind == "value":
        return rng.choice(f.values).id
    if f.kind == "values":
        return [v.id for v in f.values if rng.random() < 0.3]
    if f.kind == "integer":
        low, high = f.low or 0, f.high if f.high is not None else 400
        return rng.choice([low, high, rng.randint(low, min(high, low + 60)), rng.randint(low, high)])
    return base


def _day(f: Field, rng: random.Random, base: date, late: set[str]) -> str:
    away = rng.choice([0, 1, 6, 7, 13, 14, 27, 28, 29, 41, 42, 83, 84, 89, 90, 92, 120, 365, rng.randint(0, 500)])
    return (base + timedelta(days=away if f.iri in late and rng.random() < 0.7 else -away)).isoformat()


def _uncertain(f: Field, rng: random.Random, day: str) -> Json:
    """Return an uncertain date in one of its forms."""
    own = date.fromisoformat(day)
    first, last = own - timedelta(days=rng.choice([0, 1, 5, 30, 200])), own + timedelta(days=rng.choice([0, 1, 5, 40]))
    forms: list[Json] = [{f.id: day[:7]}, {f.id: day[:4]}]
    forms.append({local_name(f.bounds[0]): first.isoformat(), local_name(f.bounds[1]): last.isoformat()})
    return rng.choice(forms)


def _spoiled(f: Field, rng: random.Random) -> Any:
    """Return a value that a column of the same type can hold, and that no record may have."""
    if f.kind == "integer":
        return rng.choice([-1, 10**7])
    if f.kind == "values":
        return rng.choice([["zork"], [f.values[0].id, f.values[0].id]])
    if f.kind == "date":
        return rng.choice(["2024-02-30", "1850-01-01", "2024-1-5", "soon", "9999-12-31"])
    return "zork" if f.kind == "value" else None


def invented(service: GuidelineService, count: int, seed: int, kind: str = "plain") -> list[Json]:
    """Return records that the service finds valid, or of kind ``invalid`` also others.

    Those of ``cases`` are worked cases of the guideline on other days, with some fields changed: unlike fields that are
    drawn independently, they mostly stay in the pathway.
    """
    rng = random.Random(f"{seed} {kind}")
    g = service.guideline
    fields = [f for f in g.fields.values() if f.kind != "string"]
    late = {later for _, later in g.date_orders}
    worked = valid_records(g.folder / "cases") if kind == "cases" else []
    found: list[Json] = []
    while len(found) < count:
        known = rng.choice([0.1, 0.3, 0.5, 0.8]) if kind != "plain" else 0.75
        base = FIRST + timedelta(days=rng.randint(0, 3600))
        record: Json = {"id": f"p{seed}-{len(found)}"}
        if worked:
            record |= _varied(service, rng.choice(worked), rng)
            known = 0.04
        for f in fields:
            if rng.random() >= known:
                continue
            if f.kind != "date":
                record[f.id] = _value(f, rng, base)
                continue
            day = _day(f, rng, base, late)
            uncertain = f.bounds and rng.random() < (0.05 if kind == "plain" else 0.4)
            record |= _uncertain(f, rng, day) if uncertain else {f.id: day}
        if kind == "invalid" and rng.random() < 0.5:
            f = rng.choice(fields)
            value = _spoiled(f, rng)
            if value is not None:
                record[f.id] = value
        elif kind != "invalid" or rng.random() < 0.7:
            _repair(service, record)
        found.append(record)
    return found


def _varied(service: GuidelineService, record: Json, rng: random.Random) -> Json:
    """Return a record with all its days moved by as much, some of its fields left out, and some dates uncertain."""
    fields = service.guideline.field_names
    dates = {f.id for f in fields.values() if f.kind == "date"} | set(map(local_name, service.guideline.bounded))
    moved = timedelta(days=rng.choice([0, 0, rng.randint(-4500, 600)]))
    found: Json = {}
    for name, value in record.items():
        f = fields.get(name)
        if rng.random() < 0.05 or (f and f.kind == "string"):
            continue
        day = (date.fromisoformat(value) + moved).isoformat() if name in dates else ""
        found |= _uncertain(f, rng, day) if day and f and f.bounds and rng.random() < 0.25 else {name: day or value}
    return found


def _repair(service: GuidelineService, record: Json) -> None:
    """Leave out what does not agree, and then what the service refuses."""
    g = service.guideline
    names = {f.iri: f.id for f in g.fields.values()}
    for first, second in g.date_orders:
        a, b = names[first], names[second]
        if a in record and b in record and record[a] > record[b]:
            del record[b if len(record) % 2 else a]
    for f in g.fields.values():
        for other in f.implies:
            if record.get(names.get(other, "")) is False and record.get(f.id) not in (None, False):
                del record[f.id]
    while findings := service.validate(record):
        names = [f.field for f in findings if f.field in record]
        for name in names or [k for k in record if k != "id"][:1]:
            record.pop(name, None)


def as_table(records: Sequence[Json]) -> pa.Table:
    """Return records as a table, one column a field."""
    names = list(dict.fromkeys(["id", *(key for r in records for key in r)]))
    return pa.table({name: pa.array([r.get(name) for r in records]) for name in names})


def answers_of(records: Sequence[Json], answers: Answers, size: int = 1000) -> tuple[dict[str, Json], dict[str, Any]]:
    """Return the rows of answers by id, and the refused ones."""
    table = as_table(records)
    cohort = CohortRun(answers, table.column_names)
    rows: dict[str, Json] = {}
    refused: dict[str, Any] = {}
    first = 1
    for batch in table.to_batches(max_chunksize=size):
        found, left = cohort.answer(batch, first)
        first += batch.num_rows
        rows |= {r["id"]: r for r in found.to_pylist()}
        refused |= {r.id or "": r.findings for r in left}
    return rows, refused


def differences(service: GuidelineService, records: Sequence[Json], answers: Answers) -> list[str]:
    """Return what differs between the columns and the service, answers, possible and missing as sets."""
    rows, refused = answers_of(records, answers)
    found = []
    for record in records:
        findings = service.validate(record)
        name = record["id"]
        if findings or name in refused:
            if reasons(findings) != reasons(refused.get(name, ())):
                found.append(f"{name}: refused for {refused.get(name)}, by the service for {findings}")
            continue
        for decision, own in Run(service.assessor, service.read(record), explain=False).outcomes().items():
            missing = {service.guideline.fields[m].id for m in own.missing}
            expected = (own.status, set(own.answers), set(own.possible), missing)
            parts = [rows[name][f"{decision}_{part}"] for part in ("status", "answers", "possible", "missing")]
            if (parts[0], *map(set, parts[1:])) != expected:
                found.append(f"{name} {decision}: {parts}, by the service {expected}; {record}")
        found += _more(service, record, rows[name])
    return found


def _more(service: GuidelineService, record: Json, row: Json) -> list[str]:
    """Return what differs in boxes, criteria, editions, facts, dates, warnings and statements."""
    g = service.guideline
    answer = service.assessment(record, only=service.assessor.decision_ids)
    shown = {box.id for box, _ in answer.boxes}
    met = {TRUE: True, FALSE: False, OPEN: None}
    expected: Json = {f"box.{b.id}": True for b in g.boxes.values() if b.id in shown}
    for p in answer.programmes.values():
        expected[f"edition.{p.programme.id}"] = p.edition.id if p.edition else None
        expected |= {f"criterion.{p.programme.id}.{c.criterion.id}": met[c.verdict] for c in p.criteria}
    for key in g.fact_keys:
        fact = answer.facts.get(key)
        value = fact.value if fact else None
        if isinstance(value, bool) and isinstance(row[f"fact.{key}"], str):  # of a key whose values have several types
            value = json.dumps(value)
        expected[f"fact.{key}"] = list(value) if isinstance(value, tuple) else value
        expected[f"fact.{key}.applies"] = fact.applies if fact else None
    latest = {s.statement.id: s.latest for s in answer.dated}
    dated = {s.id for s in g.statements if any(limit.within for limit in s.limits)}
    expected |= {f"latest.{name}": latest.get(name) for name in dated}
    expected |= {f"statement.{name}": found for name, found in _statements(service, record, answer).items()}
    found = [f"{row['id']} {n}: {row[n]!r}, by the service {v!r}; {record}" for n, v in expected.items() if row[n] != v]
    found += [f"{name}: a date without a column" for name, day in latest.items() if day and name not in dated]
    unsure = {f"warning.{w.id}" for w in answer.warnings if not w.printed and w.outdated is None}
    found += [f"{row['id']} {n}: {row[n]}, not known, by the service; {record}" for n in unsure if row[n] is not None]
    given = {f"warning.{w.id}" for w in answer.warnings} - unsure
    found += [f"{row['id']} {n}: not given, by the service; {record}" for n in given if not row[n]]
    expected |= dict.fromkeys(given)
    more = {n for n, v in row.items() if n.startswith(("box.", "warning.")) and v} - expected.keys()
    return found + [f"{row['id']} {n}: shown, not by the service; {record}" for n in more]


def _statements(service: GuidelineService, record: Json, answer: Assessment) -> dict[str, str]:
    """Return whether each statement applies, as the answer shows it and what it does not show may."""
    g, a = service.guideline, service.assessor
    run = Run(a, service.read(record), explain=False)
    found = {s.id: {"no"} for s in g.statements}

    def said(shown: Iterable[StatementResult], certain: Callable[[StatementResult], bool]) -> None:
        for s in shown:
            known = s.verdict == s.in_force == TRUE and not s.edition and not s.statement.condition_text
            if s.in_force != FALSE:
                found[s.statement.id].add("yes" if known and certain(s) else "unknown")

    def may(statements: Iterable[Statement], force: int | None = None) -> None:
        for s in statements:
            own = run.in_force(s.validity) if force is None else force
            if FALSE not in (whole_verdict(s, run.verdict), own):
                found[s.id].add("unknown")

    for _, statements in answer.boxes:
        said(statements, lambda _: True)
    said(answer.notices, lambda _: True)
    for box in g.boxes.values():
        if a.calls.shown(box, run.answers, run.verdict) == OPEN:
            may(box.statements)
    for iri, notices in g.notices.items():
        decision, option = g.option_owners[iri]
        if option.id in run.result(decision.iri).possible:
            may(notices)
    for p in answer.programmes.values():
        scopes = {run.verdict(g.decisions[e.edition.decision].scope) for e in p.applying}
        in_scope = p.result.status not in (UNDETERMINED, NOT_APPLICABLE) or scopes == {TRUE}
        eligible = p.verdict == "eligible"
        said(p.shown, lambda s, e=eligible, i=in_scope: e or (s.statement.any_verdict and i))
        if p.result.status == UNDETERMINED and "eligible" in (*p.result.answers, *p.result.possible):
            for e in p.applying:
                may(e.edition.statements, FALSE if e.ended == TRUE else None)
    return {name: next(v for v in ("yes", "unknown", "no") if v in own) for name, own in found.items()}


def reasons(findings: Sequence[Finding]) -> list[str]:
    """Return findings so that they can be compared, in whatever order."""
    return sorted(repr(f.as_dict()) for f in findings)
