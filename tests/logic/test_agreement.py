"""Two engines, an independent reading of the guideline and brute force agree with the verdicts of the package.

Everything is seeded. The reference (`reference.py`) shares no code with the package.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import Cells, Signature, assign
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, Rdflib
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ROOT
from tests.support.reference import Reference

pytestmark = pytest.mark.slow

LRP = "https://w3id.org/lrp-kg/low-back-pain#"
CODE = {True: TRUE, False: FALSE, None: OPEN}
DAY = timedelta(days=1)
FIRST_EDITION = "lrp:fedris-prevention-first-edition"


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


@pytest.fixture(scope="module")
def first_editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[GuidelineService, Reference]:
    """The guideline with the first edition of the prevention programme alone, without a last day, and its reference.

    The reference does not choose an edition by a date, and the completions of the later edition are too many to try.
    """
    folder = guideline_copy(tmp_path_factory.mktemp("first"), ROOT, ("ontology", "shapes"))
    module = folder / "ontology" / "fedris.ttl"
    replace_once(module, "lrp:fedris-prevention-first-edition , lrp:fedris-prevention-2018-edition", FIRST_EDITION)
    replace_once(module, '    cp:validUntil "2018-06-07"^^xsd:date ;\n    cp:criterion', "    cp:criterion")
    return GuidelineService(folder), Reference(folder)


@pytest.fixture(scope="module")
def program(service: GuidelineService) -> Program:
    return service.assessor.program


def random_signature(rng: random.Random, cells: Cells, unknown: float) -> Signature:
    return bytes(0 if rng.random() < unknown else rng.randint(1, v.size) for v in cells.variables)


def spaces(program: Program, limit: int) -> list[list[tuple[tuple[int, ...], tuple[int, ...]]]]:
    """Return the whole input space, unknown included, of each set of fields that a class reads."""
    sets = {program.fields(Named(name)) for name in program.guideline.conditions}
    found = []
    for variables in sorted(tuple(sorted(s)) for s in sets):
        sizes = [program.cells.variables[v].size + 1 for v in variables]
        if prod(sizes) <= limit:
            found.append([(variables, cells) for cells in product(*map(range, sizes))])
    return found


def packed(program: Program, limit: int) -> list[Signature]:
    """Return signatures that cover every small space completely, several spaces in one signature where they fit."""
    rows: list[dict[int, int]] = []
    for space in sorted(spaces(program, limit), key=len, reverse=True):
        start = 0
        for variables, cells in space:
            wanted = dict(zip(variables, cells, strict=True))
            while start < len(rows) and wanted.keys() & rows[start].keys():
                start += 1
            if start == len(rows):
                rows.append({})
            rows[start] |= wanted
            start += 1
    return [assign(program.cells.unknown, tuple(row), tuple(row.values())) for row in rows]


@pytest.mark.parametrize(
    ("limit", "at_least", "more"), [(8, 50, 6), pytest.param(48, 70, 600, marks=pytest.mark.long)], ids=str
)
def test_engines_agree(limit: int, at_least: int, more: int, program: Program) -> None:
    """On all of each space of ``limit`` points at most, and on ``more`` random signatures."""
    rng = random.Random(20260)
    cells = program.cells
    signatures = packed(program, limit)
    signatures += [random_signature(rng, cells, rng.choice((0.0, 0.1, 0.3, 0.6))) for _ in range(more)]
    assert len(spaces(program, limit)) >= at_least
    other = Program(program.guideline, cells, Rdflib())
    ours, theirs = program.classify(signatures), other.classify(signatures)
    names = [name for name in program.guideline.conditions]
    for signature, a, b in zip(signatures, ours, theirs, strict=True):
        assert a == b, {
            n: (program.verdict(a, n), other.verdict(b, n))
            for n in names
            if program.verdict(a, n) != other.verdict(b, n)
        } | {"signature": list(signature)}


def test_every_class_of_the_reference_is_compiled(program: Program, reference: Reference) -> None:
    generated = {name for name in reference.classes if ":" in name}
    assert len(reference.classes) >= 150
    assert {LRP + name for name in reference.classes if name not in generated} <= program.guideline.conditions.keys()
    assert len(program.guideline.conditions) == len(reference.classes)


def ours_of(name: str, program: Program) -> str:
    """Return the IRI that a class of the reference has in the package."""
    if ":" not in name:
        return LRP + name
    programme, verdict = name.split(": ")
    programmes = program.guideline.programmes.values()
    edition = next(e for p in programmes for e in p.editions if programme in (p.id, e.id))
    decision = program.guideline.decisions[edition.decision]
    return decision.options[0 if verdict == "eligible" else 1].applies_to


def short(value: Any) -> Any:
    return value.rsplit("#", 1)[1] if isinstance(value, str) else value


def disagreements(program: Program, reference: Reference, rows: list[tuple[Signature, dict[str, Any]]]) -> list[str]:
    names = {name: ours_of(name, program) for name in reference.classes}
    found = []
    for (_, values), row in zip(rows, program.classify([s for s, _ in rows]), strict=True):
        for name, truth in reference.verdicts(values).items():
            if program.verdict(row, names[name]) != CODE[truth]:
                found.append(f"{name} is {truth} for {values}")
    return found


@pytest.mark.parametrize(
    ("points", "at_least"), [(300, 2_000), pytest.param(13_000, 20_000, marks=pytest.mark.long)], ids=str
)
def test_sparql_is_kleene_on_whole_input_spaces(
    points: int, at_least: int, program: Program, reference: Reference
) -> None:
    """Each class with an input space of at most this many points, on all its points; 13,000 gives 30,000 signatures."""
    variables = program.cells.variables
    rows = {}
    for space in spaces(program, points):
        for chosen, cells in space:
            signature = assign(program.cells.unknown, chosen, cells)
            rows[signature] = {
                variables[v].name: short(variables[v].representative(c))
                for v, c in zip(chosen, cells, strict=True)
                if c
            }
    assert len(rows) >= at_least
    assert disagreements(program, reference, list(rows.items())) == []


@pytest.mark.parametrize("count", [1000, pytest.param(4000, marks=pytest.mark.long)])
def test_sparql_is_kleene_on_random_values(count: int, program: Program, reference: Reference) -> None:
    """Values instead of cells, integers also between the bounds, to test the division into cells too."""
    rng = random.Random(4711)
    cells = program.cells
    rows = []
    for _ in range(count):
        unknown = rng.choice((0.0, 0.1, 0.3, 0.6))
        values: dict[str, Any] = {}
        for variable in cells.variables:
            if rng.random() < unknown:
                continue
            if variable.values:
                values[variable.iri] = rng.choice(variable.values)
            else:
                near = rng.choice(variable.starts) + rng.randint(-2, 2)
                values[variable.iri] = max(near, variable.starts[0], 0)
        signature = cells.signature(values)
        rows.append((signature, {short(k): short(v) if isinstance(v, str) else v for k, v in values.items()}))
    assert disagreements(program, reference, rows) == []


DECISIONS = ("stage", "exit", "profile", "follow-up", "fedris-prevention", "multidisciplinary-rehabilitation")


def random_record(rng: random.Random, reference: Reference, service: GuidelineService, known: float) -> dict[str, Any]:
    """Return a valid record in which each field is known with a probability; its dates are near each other."""
    notation = {f"{f.id}-{v.id}": v.id for f in service.guideline.fields.values() for v in f.values}
    record: dict[str, Any] = {}
    for field in sorted(reference.fields):
        choices = reference.fields[field]
        if choices and rng.random() < known:
            value = rng.choice(choices)
            record[field] = notation.get(value, value)
    today = date(2023, 9, 1) + rng.randint(0, 500) * DAY
    dates = {
        "assessmentDate": today,
        "onsetDate": today - rng.choice((0, 13, 14, 34, 35, 42, 43, 76, 77, rng.randint(0, 120))) * DAY,
        "incapacityStart": today - rng.randint(0, 130) * DAY,
        "spinalSurgeryDate": today - rng.choice((1, 89, 90, 91, 92, 93, rng.randint(0, 200))) * DAY,
    }
    lasted = rng.choice((6, 7, 27, 28, 90, 91, 92, 93, rng.randint(0, 130)))
    dates["applicationDate"] = dates["incapacityStart"] + lasted * DAY
    for field, day in sorted(dates.items()):
        if rng.random() < known:
            record[field] = day.isoformat()
    if "spinalSurgeryDate" in record:
        record["spinalSurgery"] = True
    incapacity = ("incapacityStart", "incapacityPrescribed", "paidBySicknessFund", "permanentIncapacity")
    if any(record.get(name) for name in (*incapacity, "incapacityPercentage")):
        record["incapacitated"] = True
    while refused := {f.field for f in service.validate(record) if f.field in record}:
        record = {name: value for name, value in record.items() if name not in refused}
    return record


@pytest.mark.parametrize("records", [10, pytest.param(140, marks=pytest.mark.long)])
@pytest.mark.parametrize("decision", DECISIONS)
def test_decisions_equal_brute_force(
    decision: str, records: int, first_editions: tuple[GuidelineService, Reference]
) -> None:
    """Compare status, answers, possible options and missing fields with every completion of the record."""
    service, reference = first_editions
    rng = random.Random(decision)
    atoms = {field for field, *_ in reference.reads(decision)}
    dates = {d for name in atoms & reference.derived.keys() for d in reference.derived[name][:2]}
    statuses: dict[str, int] = {}
    for _ in range(records):
        record = random_record(rng, reference, service, rng.choice((0.5, 0.7, 0.85, 0.95)))
        if len(dates - record.keys()) == 3:  # three open dates are tried once, alone
            record = {
                k: v for k, v in record.items() if k not in reference.derived and not k.endswith(("Date", "Start"))
            }
        expected = reference.decide(decision, record)
        found = service.assess(record, only=[decision])["decisions"][decision]
        statuses[found["status"]] = statuses.get(found["status"], 0) + 1
        assert (found["status"], tuple(found["answers"]), tuple(found["possible"])) == (
            expected.status,
            expected.answers,
            expected.possible,
        ), record
        assert set(found["missing"]) == expected.missing, record
        assert found["missing"] == sorted(found["missing"], key=lambda f: reference.ask_order[f])
    least = -(-records // 10)
    assert statuses.get("undetermined", 0) >= least, statuses
    assert sum(n for status, n in statuses.items() if status != "undetermined") >= least, statuses


@pytest.mark.parametrize(
    "record",
    [
        {},
        pytest.param({"onsetDate": "2024-01-08"}, marks=pytest.mark.long),
        pytest.param({"assessmentDate": "2024-02-20"}, marks=pytest.mark.long),
        {"onsetDate": "2024-01-08", "incapacityStart": "2024-03-25"},
        {"onsetDate": "2024-01-08", "spinalSurgeryDate": "2024-02-25", "careLine": "second-line"},
        pytest.param({"incapacityStart": "2024-01-31"}, marks=pytest.mark.long),
        {"applicationDate": "2024-02-29", "incapacityCause": "low-back-pain", "priorIncapacityDays": 21},
        {"assessmentDate": "2024-02-20", "applicationDate": "2024-06-01", "incapacityCause": "low-back-surgery"},
        pytest.param(
            {"spinalSurgery": False, "onsetDate": "2024-01-08", "incapacityStart": "2024-02-21"},
            marks=pytest.mark.long,
        ),
    ],
    ids=lambda record: "-".join(record) or "empty",
)
def test_bounds_between_dates_equal_brute_force(
    record: dict[str, Any], first_editions: tuple[GuidelineService, Reference]
) -> None:
    """Known dates bound unknown ones: an incapacity that starts on day 77 means that the assessment is later."""
    service, reference = first_editions
    for decision in DECISIONS:
        expected = reference.decide(decision, record)
        found = service.assess(record, only=[decision])["decisions"][decision]
        got = (found["status"], tuple(found["answers"]), tuple(found["possible"]), frozenset(found["missing"]))
        assert got == (expected.status, expected.answers, expected.possible, expected.missing), decision
