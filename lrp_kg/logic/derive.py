"""The query that computes what criteria read from what a sender fills in: durations, implied and listed fields.

Written with integers and the digits of the dates only: engines disagree on the arithmetic of dates and durations,
and a wrong comparison fails in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

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


def _month_length(end: str, month: str) -> str:
    whole = f"?{end}_y / {{0}} = FLOOR(?{end}_y / {{0}})"
    leap = f"({whole.format(4)} && (!({whole.format(100)}) || {whole.format(400)}))"
    return f"IF({month} = 2, IF({leap}, 29, 28), IF({month} IN (4, 6, 9, 11), 30, 31))"


def _rolled_over_months(start: str, end: str) -> str:
    months = f"12 * (?{end}_y - ?{start}_y) + ?{end}_m - ?{start}_m"
    return (
        f"  BIND({months} + IF(?{end}_d > ?{start}_d, 1, 0) AS ?{end}_begun)\n"
        f"  BIND({_month_length(end, f'(?{end}_m - 1)')} AS ?{end}_before_length)\n"
    )


def _completed_months(start: str, end: str) -> str:
    months = f"12 * (?{end}_y - ?{start}_y) + ?{end}_m - ?{start}_m"
    return (
        f"  BIND({_month_length(end, f'?{end}_m')} AS ?{end}_length)\n"
        f"  BIND(IF(?{start}_d < ?{end}_length, ?{start}_d, ?{end}_length) AS ?{end}_due)\n"
        f"  BIND({months} - IF(?{end}_d < ?{end}_due, 1, 0) AS ?{end}_complete)\n"
    )


_RESULT = {
    "ElapsedDays": "?{end}_n - ?{start}_n",
    "OrdinalWeek": "xsd:integer(FLOOR((?{end}_n - ?{start}_n) / 7)) + 1",
    "CompletedMonths": "?{end}_complete",
    "BegunMonths": "?{end}_complete + IF(?{end}_d = ?{end}_due, 0, 1)",
    "BegunMonthsRolledOver": "?{end}_begun - IF(?{end}_d = 1 && ?{start}_d > ?{end}_before_length, 1, 0)",
}
_MONTHS = {
    "CompletedMonths": _completed_months,
    "BegunMonths": _completed_months,
    "BegunMonthsRolledOver": _rolled_over_months,
}


def _duration(measure: str, start: str, end: str, value: str) -> str:
    months = _MONTHS.get(measure)
    body = _parts(start) + _parts(end)
    body += months(start, end) if months else _day_number(start) + _day_number(end)
    return f"{body}  BIND({_RESULT[measure].format(start=start, end=end)} AS ?{value})\n"


def _derived(d: Derived, fields: Mapping[str, Field]) -> Iterator[str]:
    """Yield what finds a duration between exact dates, and what finds one on which all days of uncertain ones agree."""
    head = f"  # {in_language(d.label, 'en', d.id)}\n  ?record a cp:PatientRecord ;"
    tail = f"  BIND(<{d.iri}> AS ?field)\n"
    yield f"{head} <{d.start}> ?start ; <{d.end}> ?end .\n{_duration(d.measure, 'start', 'end', 'value')}{tail}"
    starts, ends = ([(name, name), fields[name].bounds] for name in (d.start, d.end))
    for start, end in product(starts, ends):
        if start and end and (start, end) != (starts[0], ends[0]):
            yield (
                f"{head} <{start[0]}> ?first ; <{start[1]}> ?sent ; <{end[0]}> ?sentEnd ; <{end[1]}> ?last .\n"
                "  BIND(IF(STR(?sentEnd) < STR(?first), ?first, ?sentEnd) AS ?end)\n"
                "  BIND(IF(STR(?sent) > STR(?end), ?end, ?sent) AS ?start)\n"
                f"{_duration(d.measure, 'first', 'last', 'value')}"
                f"{_duration(d.measure, 'start', 'end', 'shortest')}"
                f"  FILTER(?value = ?shortest)\n{tail}"
            )


def _exact(field: Field, guideline: Guideline) -> Iterator[str]:
    """Yield what finds the day of an uncertain date of which only one is possible."""
    if not field.bounds:
        return
    first, last = field.bounds
    pairs = [(first, last)]
    pairs += [(first, later) for earlier, later in guideline.date_orders if earlier == field.iri]
    pairs += [(last, earlier) for earlier, later in guideline.date_orders if later == field.iri]
    for bound, other in pairs:
        yield (
            f"  # {in_language(field.label, 'en', field.id)}: one day is possible\n"
            f"  ?record a cp:PatientRecord ; <{bound}> ?value ; <{other}> ?same .\n"
            f"  FILTER(STR(?value) = STR(?same))\n  BIND(<{field.iri}> AS ?field)\n"
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


def _excluded(field: str, excluded: str) -> Iterator[str]:
    for known, settled in ((field, excluded), (excluded, field)):
        yield (
            f"  # {local_name(known)} excludes {local_name(settled)}\n"
            f"  ?record a cp:PatientRecord ; <{known}> true .\n"
            f"  BIND(<{settled}> AS ?field)\n  BIND(false AS ?value)\n"
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
    blocks = [block for f in guideline.fields.values() for block in _exact(f, guideline)]
    blocks += [block for d in guideline.derived.values() for block in _derived(d, guideline.fields)]
    blocks += [block for f in guideline.fields.values() for name in f.implies for block in _implied(f, name)]
    blocks += [block for f in guideline.fields.values() for name in f.excludes for block in _excluded(f.iri, name)]
    blocks += [_listed(f.iri, v.iri, v.expands_to) for f in guideline.fields.values() for v in f.values if v.expands_to]
    union = " UNION ".join(f"{{\n{b}}}" for b in blocks)
    return (
        "# What follows from the fields of a record: durations between dates, fields that another settles, lists.\n"
        "# Add these triples to the records, then run the classification query.\n"
        f"# From {guideline.id} {guideline.version}.\n"
        f"PREFIX cp: <{CP}>\nPREFIX rdf: <{RDF}>\nPREFIX xsd: <{XSD}>\n\n"
        f"CONSTRUCT {{ ?record ?field ?value }} WHERE {{\n{union}\n}}\n"
    )
