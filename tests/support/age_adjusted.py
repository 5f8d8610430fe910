"""A guideline whose one decision has a threshold for each year of age, written out, and others share its fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from click.testing import CliRunner

from lrp_kg.cli import main
from tests.support.guidelines import replace_once

SIGNS = ("swelling", "haemoptysis", "surgery", "cancer", "tachycardia", "earlierClot")
"""Boolean fields."""


def age_adjusted(folder: Path, pairs: int = 51) -> Path:
    """Create a guideline where a value is low below 10 times the age from 50 on: one pair of intervals for each year.

    The decision *by-age* reads that; *by-signs* and *by-value* read the same two fields with thresholds of their own.
    """
    done = CliRunner().invoke(main, ["new", "guideline", str(folder), "--name", "adjusted"])
    assert done.exit_code == 0, done.output
    record, pathway, shapes = (
        folder / name for name in ("ontology/record.ttl", "ontology/pathway.ttl", "shapes/record.ttl")
    )
    append(record, _fields() + _conditions(pairs))
    append(pathway, _decisions())
    names = [*SIGNS, "birthDate", "dDimer", "born-before"]
    list_shapes(shapes, names)
    append(shapes, "\n".join(map(_shape, names[:-1])) + _ORDER)
    return folder


def append(file: Path, text: str) -> None:
    """Write more at the end of a file."""
    file.write_text(f"{file.read_text(encoding='utf-8').rstrip()}\n\n{text.strip()}\n", encoding="utf-8")


def _fields() -> str:
    kinds = {name: ("rdfs:range xsd:boolean ;", name) for name in SIGNS}
    kinds |= {"birthDate": ("", "date of birth"), "dDimer": ("rdfs:range xsd:integer ;", "D-dimer")}
    return (
        "\n".join(
            f"""my:{name} a owl:DatatypeProperty , owl:FunctionalProperty , cp:Field ;
    rdfs:domain cp:PatientRecord ;
    {extra}
    rdfs:label "{label}"@en ;
    skos:definition "What is known of {label}."@en ;
    cp:askOrder {100 + number} ;
    cp:question "What is {label}?"@en .
"""
            for number, (name, (extra, label)) in enumerate(kinds.items())
        )
        + """
my:ageMonths a owl:DatatypeProperty , owl:FunctionalProperty , cp:DerivedProperty ;
    rdfs:domain cp:PatientRecord ;
    rdfs:range xsd:integer ;
    rdfs:label "age in months"@en ;
    skos:definition "Months from birth to the assessment."@en ;
    cp:from my:birthDate ;
    cp:to my:assessmentDate ;
    cp:measure cp:CompletedMonths .
"""
    )


def between(field: str, low: int | None, high: int | None) -> str:
    """Return that a field is a number between two, both included."""
    bounds = "" if low is None else f"[ xsd:minInclusive {low} ]"
    bounds += "" if high is None else f" [ xsd:maxInclusive {high} ]"
    return (
        f"[ a owl:Restriction ; owl:onProperty my:{field} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:integer ; owl:withRestrictions ( {bounds} ) ] ]"
    )


def both(*parts: str) -> str:
    """Return that all parts hold."""
    return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]"


def either(*parts: str) -> str:
    """Return that a part holds."""
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


def negation(part: str) -> str:
    """Return that a part does not hold."""
    return f"[ a owl:Class ; owl:complementOf {part} ]"


def has(field: str) -> str:
    """Return that a field is true."""
    return f"[ a owl:Restriction ; owl:onProperty my:{field} ; owl:hasValue true ]"


def _conditions(pairs: int) -> str:
    years = range(50, 50 + pairs)
    last = years[-1]
    rows = [
        both(between("ageMonths", 12 * y, None if y == last else 12 * y + 11), between("dDimer", None, 10 * y - 1))
        for y in years
    ]
    low = either(both(between("ageMonths", None, 599), between("dDimer", None, 499)), *rows)
    signs = either(*(both(has(a), has(b)) for a in SIGNS for b in SIGNS if a < b))
    old = both(between("ageMonths", 780, None), between("dDimer", 1000, None))
    defined = {
        "LowForAge": low,
        "HighForAge": negation("my:LowForAge"),
        "ManySigns": either(signs, old),
        "FewSigns": negation("my:ManySigns"),
        "VeryHigh": either(between("dDimer", 4000, None), both(between("ageMonths", 960, None), has("cancer"))),
        "NotVeryHigh": negation("my:VeryHigh"),
    }
    return "\n".join(condition(name, expression) for name, expression in defined.items())


def condition(name: str, expression: str) -> str:
    """Return a condition as Turtle."""
    return f"""my:{name} a owl:Class ;
    rdfs:subClassOf cp:PatientRecord ;
    owl:equivalentClass {expression} ;
    rdfs:label "{name}"@en ;
    skos:definition "The condition {name}."@en .
"""


def _decisions() -> str:
    pairs = {
        "by-age": ("LowForAge", "HighForAge"),
        "by-signs": ("ManySigns", "FewSigns"),
        "by-value": ("VeryHigh", "NotVeryHigh"),
    }
    return "\n".join(decision(name, options, 50 + number) for number, (name, options) in enumerate(pairs.items()))


def decision(name: str, conditions: Sequence[str], priority: int, policy: str = "Unique") -> str:
    """Return a decision as Turtle, with an option for each of some conditions, that is called as it is."""
    found = f"""my:{name} a cp:Decision ;
    rdfs:label "{name}"@en ;
    skos:definition "The decision {name}."@en ;
    cp:inGuideline my:guideline ;
    cp:scope cp:PatientRecord ;
    cp:hitPolicy cp:{policy} ;
    cp:priority {priority} .
"""
    for place, option in enumerate(conditions, 1):
        found += f"""
my:{name}-{option} a cp:Option ;
    dcterms:identifier "{option}" ;
    rdfs:label "{option}"@en ;
    skos:definition "The answer {option}."@en ;
    cp:optionOf my:{name} ;
    cp:priority {place} ;
    cp:appliesTo my:{option} ;
    dcterms:source my:source ;
    cp:locator "{name}" .
"""
    return found


def list_shapes(file: Path, names: Iterable[str]) -> None:
    """Name shapes of fields in the closed shape of records."""
    text = file.read_text(encoding="utf-8")
    shape = next(line for line in text.splitlines() if "sh:property my:record-" in line)
    listed = ",\n        ".join(f"my:record-{name}" for name in names)
    replace_once(file, shape, shape.replace("sh:property ", f"sh:property {listed} ,\n        "))


def _shape(name: str) -> str:
    kind = {"birthDate": "xsd:date", "dDimer": "xsd:integer"}.get(name, "xsd:boolean")
    extra = " ;\n    sh:minInclusive 0 ;\n    sh:maxInclusive 100000" if name == "dDimer" else ""
    return f"""my:record-{name} a sh:PropertyShape ;
    sh:path my:{name} ;
    sh:maxCount 1 ;
    sh:datatype {kind}{extra} .
"""


_ORDER = """
my:record-born-before a sh:PropertyShape ;
    sh:path my:birthDate ;
    sh:lessThanOrEquals my:assessmentDate .
"""
