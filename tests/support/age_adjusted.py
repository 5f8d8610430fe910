"""A guideline whose one decision has a threshold for each year of age, written out, and others share its fields."""

from __future__ import annotations

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
    _append(record, _fields() + _conditions(pairs))
    _append(pathway, _decisions())
    names = [*SIGNS, "birthDate", "dDimer", "born-before"]
    text = shapes.read_text(encoding="utf-8")
    shape = next(line for line in text.splitlines() if "sh:property my:record-" in line)
    listed = ",\n        ".join(f"my:record-{name}" for name in names)
    replace_once(shapes, shape, shape.replace("sh:property ", f"sh:property {listed} ,\n        "))
    _append(shapes, "\n".join(map(_shape, names[:-1])) + _ORDER)
    return folder


def _append(file: Path, text: str) -> None:
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


def _between(field: str, low: int | None, high: int | None) -> str:
    bounds = "" if low is None else f"[ xsd:minInclusive {low} ]"
    bounds += "" if high is None else f" [ xsd:maxInclusive {high} ]"
    return (
        f"[ a owl:Restriction ; owl:onProperty my:{field} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:integer ; owl:withRestrictions ( {bounds} ) ] ]"
    )


def _both(*parts: str) -> str:
    return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]"


def _any(*parts: str) -> str:
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


def _not(part: str) -> str:
    return f"[ a owl:Class ; owl:complementOf {part} ]"


def _has(field: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty my:{field} ; owl:hasValue true ]"


def _conditions(pairs: int) -> str:
    years = range(50, 50 + pairs)
    last = years[-1]
    rows = [
        _both(_between("ageMonths", 12 * y, None if y == last else 12 * y + 11), _between("dDimer", None, 10 * y - 1))
        for y in years
    ]
    low = _any(_both(_between("ageMonths", None, 599), _between("dDimer", None, 499)), *rows)
    signs = _any(*(_both(_has(a), _has(b)) for a in SIGNS for b in SIGNS if a < b))
    old = _both(_between("ageMonths", 780, None), _between("dDimer", 1000, None))
    defined = {
        "LowForAge": low,
        "HighForAge": _not("my:LowForAge"),
        "ManySigns": _any(signs, old),
        "FewSigns": _not("my:ManySigns"),
        "VeryHigh": _any(_between("dDimer", 4000, None), _both(_between("ageMonths", 960, None), _has("cancer"))),
        "NotVeryHigh": _not("my:VeryHigh"),
    }
    return "\n".join(
        f"""my:{name} a owl:Class ;
    rdfs:subClassOf cp:PatientRecord ;
    owl:equivalentClass {expression} ;
    rdfs:label "{name}"@en ;
    skos:definition "The condition {name}."@en .
"""
        for name, expression in defined.items()
    )


def _decisions() -> str:
    pairs = {
        "by-age": ("LowForAge", "HighForAge"),
        "by-signs": ("ManySigns", "FewSigns"),
        "by-value": ("VeryHigh", "NotVeryHigh"),
    }
    found = []
    for number, (name, options) in enumerate(pairs.items()):
        found.append(
            f"""my:{name} a cp:Decision ;
    rdfs:label "{name}"@en ;
    skos:definition "The decision {name}."@en ;
    cp:inGuideline my:guideline ;
    cp:scope cp:PatientRecord ;
    cp:hitPolicy cp:Unique ;
    cp:priority {50 + number} .
"""
        )
        found += [
            f"""my:{name}-{option} a cp:Option ;
    dcterms:identifier "{option}" ;
    rdfs:label "{option}"@en ;
    skos:definition "The answer {option}."@en ;
    cp:optionOf my:{name} ;
    cp:priority {place} ;
    cp:appliesTo my:{option} ;
    dcterms:source my:source ;
    cp:locator "{name}" .
"""
            for place, option in enumerate(options, 1)
        ]
    return "\n".join(found)


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
