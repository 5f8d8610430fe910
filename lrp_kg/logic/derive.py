"""The query that computes what criteria read from what a sender fills in: durations, implied and listed fields.

Written with integers and the digits of the dates only: engines disagree on the arithmetic of dates and durations,
and a wrong comparison fails in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.guideline.model import Derived, Field, Guideline
from lrp_kg.namespaces import CP, RDF, XSD, local_name
from lrp_kg.words import in_language


def _parts(name: str) -> str:
    text = f"STR(?{name})"
    return (
        f"  BIND(xsd:integer(SUBSTR({text}, 1, 4)) AS ?{name}_y)\n"
        f"  BIND(xsd:integer(SUBSTR({text}, 6, 2)) AS ?{name}_m)\n"
        f"  BIND(xsd:integer(SUBSTR({text}, 9, 2)) AS ?{name}_d)\n"
    )


def _day_number(name: str) -> str:
    """Days in the proleptic Gregorian calendar; years begin in March so that the leap day is last."""
    shift = f"FLOOR((14 - ?{name}_m) / 12)"
    year = f"(?{name}_y - {shift})"
    month = f"(?{name}_m + 12 * {shift} - 3)"
    return (
        f"  BIND(xsd:integer(?{name}_d + FLOOR((153 * {month} + 2) / 5) + 365 * {year} + FLOOR({year} / 4)"
        f" - FLOOR({year} / 100) + FLOOR({year} / 400)) AS ?{name}_n)\n"
    )


def _month_length(month: str) -> str:
    whole = "?end_y / {0} = FLOOR(?end_y / {0})"
    leap = f"({whole.format(4)} && (!({whole.format(100)}) || {whole.format(400)}))"
    return f"IF({month} = 2, IF({leap}, 29, 28), IF({month} IN (4, 6, 9, 11), 30, 31))"


def _rolled_over_months() -> str:
    return (
        "  BIND(12 * (?end_y - ?start_y) + ?end_m - ?start_m + IF(?end_d > ?start_d, 1, 0) AS ?begun)\n"
        f"  BIND({_month_length('(?end_m - 1)')} AS ?before_length)\n"
    )


def _completed_months() -> str:
    length = _month_length("?end_m")
    return (
        f"  BIND({length} AS ?end_length)\n"
        "  BIND(IF(?start_d < ?end_length, ?start_d, ?end_length) AS ?due)\n"
        "  BIND(12 * (?end_y - ?start_y) + ?end_m - ?start_m - IF(?end_d < ?due, 1, 0) AS ?complete)\n"
    )


_RESULT = {
    "ElapsedDays": "?end_n - ?start_n",
    "OrdinalWeek": "xsd:integer(FLOOR((?end_n - ?start_n) / 7)) + 1",
    "CompletedMonths": "?complete",
    "BegunMonths": "?complete + IF(?end_d = ?due, 0, 1)",
    "BegunMonthsRolledOver": "?begun - IF(?end_d = 1 && ?start_d > ?before_length, 1, 0)",
}
_MONTHS = {
    "CompletedMonths": _completed_months,
    "BegunMonths": _completed_months,
    "BegunMonthsRolledOver": _rolled_over_months,
}


def _derived(d: Derived) -> str:
    months = _MONTHS.get(d.measure)
    body = _parts("start") + _parts("end")
    body += months() if months else _day_number("start") + _day_number("end")
    return (
        f"  # {in_language(d.label, 'en', d.id)}\n"
        f"  ?record a cp:PatientRecord ; <{d.start}> ?start ; <{d.end}> ?end .\n"
        f"{body}  BIND({_RESULT[d.measure]} AS ?value)\n  BIND(<{d.iri}> AS ?field)\n"
    )


def _implied(field: Field, implied: str) -> Iterator[str]:
    sides = [(field.iri, implied, "true")]
    if field.kind == "boolean":
        sides.append((implied, field.iri, "false"))
    for known, settled, value in sides:
        only = f"  FILTER(?known = {value})\n" if field.kind == "boolean" else ""
        yield (
            f"  # {local_name(known)} settles {local_name(settled)}\n"
            f"  ?record a cp:PatientRecord ; <{known}> ?known .\n{only}"
            f"  BIND(<{settled}> AS ?field)\n  BIND({value} AS ?value)\n"
        )


def _listed(field: str, value: str, target: str) -> str:
    return (
        f"  # {local_name(value)} in the list of {local_name(field)}\n"
        f"  ?record a cp:PatientRecord ; <{field}> ?list .\n"
        f"  BIND(<{target}> AS ?field)\n"
        f"  BIND(EXISTS {{ ?list rdf:rest*/rdf:first <{value}> }} AS ?value)\n"
    )


def derive_query(guideline: Guideline) -> str:
    """Return the CONSTRUCT query whose triples, added to the records, make them complete for classification."""
    blocks = [_derived(d) for d in guideline.derived.values()]
    blocks += [block for f in guideline.fields.values() for name in f.implies for block in _implied(f, name)]
    blocks += [_listed(f.iri, v.iri, v.expands_to) for f in guideline.fields.values() for v in f.values if v.expands_to]
    union = " UNION ".join(f"{{\n{b}}}" for b in blocks)
    return (
        "# What follows from the fields of a record: durations between dates, fields that another settles, lists.\n"
        "# Add these triples to the records, then run the classification query.\n"
        f"# From {guideline.id} {guideline.version}.\n"
        f"PREFIX cp: <{CP}>\nPREFIX rdf: <{RDF}>\nPREFIX xsd: <{XSD}>\n\n"
        f"CONSTRUCT {{ ?record ?field ?value }} WHERE {{\n{union}\n}}\n"
    )
