"""A guideline with thresholds on thirty numbers, as warning scores have them: two decisions for each group of six."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from click.testing import CliRunner

from lrp_kg.cli import main
from tests.support.age_adjusted import append, between, both, condition, decision, either, list_shapes, negation

FIELDS = {f"value{n:02}": (50 + n, 80 + n) for n in range(1, 31)}
"""For each number from where on it is abnormal, and from where on critical; neither below."""
GROUPS = {f"Group{g}": list(FIELDS)[6 * g - 6 : 6 * g] for g in range(1, 6)}
"""Six of the numbers each."""
HIGHEST = 200


def measurements(folder: Path) -> Path:
    """Create the guideline: for each group whether a number is critical or abnormal, and whether two are abnormal."""
    done = CliRunner().invoke(main, ["new", "guideline", str(folder), "--name", "measurements"])
    assert done.exit_code == 0, done.output
    record, pathway, shapes = (
        folder / name for name in ("ontology/record.ttl", "ontology/pathway.ttl", "shapes/record.ttl")
    )
    append(record, "\n".join([*map(_field, FIELDS), *_conditions()]))
    append(pathway, "\n".join(_decisions()))
    list_shapes(shapes, FIELDS)
    append(shapes, "\n".join(map(_shape, FIELDS)))
    cases = [_case(number, known) for number, known in enumerate(records(Random(16), 40), 1)]  # noqa: S311
    (folder / "cases" / "measured.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")
    done = CliRunner().invoke(main, ["format", *map(str, (record, pathway, shapes))])
    assert done.exit_code == 0, done.output
    return folder


def records(random: Random, many: int) -> list[dict[str, int]]:
    """Draw values of all numbers, most of them near a threshold, few of them above one."""
    found = []
    for _ in range(many):
        values = {name: random.randrange(limits[0]) for name, limits in FIELDS.items()}
        for name in random.sample(list(FIELDS), random.randrange(4)):
            values[name] = random.choice(FIELDS[name]) + random.choice((-1, 0, 1))
        found.append(values)
    return found


def expected(values: Mapping[str, int]) -> dict[str, str]:
    """Return the answer of each decision, by the rules themselves."""
    answers = {}
    for group, names in GROUPS.items():
        critical = any(values[name] >= FIELDS[name][1] for name in names)
        abnormal = sum(values[name] >= FIELDS[name][0] for name in names)
        worst = "Critical" if critical else "Abnormal" if abnormal else "Normal"
        answers |= {
            f"alarm-{group.lower()}": f"{worst}{group}",
            f"several-{group.lower()}": f"{'Two' if abnormal > 1 else 'Fewer'}{group}",
        }
    return answers


def _case(number: int, values: dict[str, int]) -> dict[str, Any]:
    return {"id": f"m{number}", "note": "Drawn at random.", "record": values, "expect": expected(values)}


def _field(name: str) -> str:
    return f"""my:{name} a owl:DatatypeProperty , owl:FunctionalProperty , cp:Field ;
    rdfs:domain cp:PatientRecord ;
    rdfs:range xsd:integer ;
    rdfs:label "{name}"@en ;
    skos:definition "The {name} that was measured."@en ;
    cp:askOrder {100 + int(name[-2:])} ;
    cp:question "What is the {name}?"@en .
"""


def _conditions() -> list[str]:
    found = [condition(f"Abnormal-{name}", between(name, low, None)) for name, (low, _) in FIELDS.items()]
    for group, names in GROUPS.items():
        pairs = (both(f"my:Abnormal-{a}", f"my:Abnormal-{b}") for a, b in combinations(names, 2))
        found += [
            condition(f"Critical{group}", either(*(between(name, FIELDS[name][1], None) for name in names))),
            condition(f"Abnormal{group}", either(*(f"my:Abnormal-{name}" for name in names))),
            condition(f"Normal{group}", negation(either(f"my:Critical{group}", f"my:Abnormal{group}"))),
            condition(f"Two{group}", either(*pairs)),
            condition(f"Fewer{group}", negation(f"my:Two{group}")),
        ]
    return found


def _decisions() -> list[str]:
    found = []
    for number, group in enumerate(GROUPS):
        alarm, several = (
            [f"{what}{group}" for what in kind] for kind in (("Critical", "Abnormal", "Normal"), ("Two", "Fewer"))
        )
        found.append(decision(f"alarm-{group.lower()}", alarm, 50 + number, "First"))
        found.append(decision(f"several-{group.lower()}", several, 60 + number))
    return found


def _shape(name: str) -> str:
    return f"""my:record-{name} a sh:PropertyShape ;
    sh:path my:{name} ;
    sh:maxCount 1 ;
    sh:datatype xsd:integer ;
    sh:minInclusive 0 ;
    sh:maxInclusive {HIGHEST} .
"""
