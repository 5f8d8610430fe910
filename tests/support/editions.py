"""Guidelines with other editions of a programme, built from the packaged one, and days for their records."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lrp_kg import GuidelineService
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ROOT, TESTS

Json = dict[str, Any]
FIRST_DAY = date(2018, 6, 8)
_FIRST = "cp:edition lrp:fedris-prevention-first-edition"
_SECOND = f"""
lrp:fedris-prevention-second-edition a cp:Edition ;
    dcterms:identifier "fedris-prevention-second" ;
    rdfs:label "second edition, invented for a test"@en ;
    dcterms:valid "{FIRST_DAY}"^^xsd:date ;
    cp:criterion lrp:second-duration , lrp:second-doctor ,
        lrp:fedris-criterion-incapacity-cause , lrp:fedris-criterion-sector ;
    cp:benefit lrp:fedris-benefit-free-sessions , lrp:second-benefit ;
    cp:processStep lrp:fedris-step-registration , lrp:fedris-step-answer ;
    dcterms:source lrp:source-prevention-programme ;
    cp:locator "T-1" .

lrp:second-duration a cp:Criterion ;
    dcterms:identifier "incapacity-duration" ;
    rdfs:label "at most 6 months, in the test"@en ;
    cp:priority 1 ;
    cp:appliesTo lrp:SecondDuration .

lrp:second-doctor a cp:Criterion ;
    dcterms:identifier "own-doctor-agreement" ;
    rdfs:label "agreement, in the test"@en ;
    cp:priority 3 ;
    cp:appliesTo lrp:EmployerAgrees .

lrp:second-benefit a cp:Benefit ;
    dcterms:identifier "second-benefit" ;
    rdfs:label "more, in the test"@en ;
    cp:priority 90 ;
    cp:modality cp:Will ;
    cp:locator "T-2" .

lrp:SecondDuration a owl:Class ;
    rdfs:subClassOf lrp:ProgrammeConditions ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
        lrp:Incapacitated
        [ a owl:Class ; owl:unionOf (
            [ a owl:Class ; owl:intersectionOf (
                lrp:LongIncapacityAtApplication
                [ a owl:Restriction ; owl:onProperty lrp:incapacityBegunMonths ; owl:someValuesFrom [
                    a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:maxInclusive 6 ] )
                ] ]
            ) ]
            lrp:RelapseIncapacity
        ) ]
    ) ] ;
    rdfs:label "duration of the second edition"@en .
"""


def two_editions(folder: Path) -> Path:
    """Copy the packaged guideline with an invented second edition of its first programme, with a longer maximum."""
    file = first_edition_only(folder) / "ontology" / "fedris.ttl"
    replace_once(file, f"{_FIRST} .", f"{_FIRST} , lrp:fedris-prevention-second-edition .")
    file.write_text(file.read_text(encoding="utf-8") + _SECOND, encoding="utf-8")
    return folder


def dated_rules(folder: Path) -> Path:
    """Copy the second guideline with rules that begin and end in March 2025: printed ones, and some of a law."""
    rules = (TESTS / "answer" / "dated.ttl").read_text(encoding="utf-8")
    guideline_copy(folder)
    file = folder / "ontology" / "pathway.ttl"
    role = "    cp:assessmentField ank:assessmentDate ;\n"
    replace_once(file, role, f"{role}    dcterms:source ank:source-invented ;\n")
    limit = '    cp:within "P5D" ;\n    cp:countedFrom ank:assessmentDate .'
    replace_once(file, limit, f'{limit[:-2]} ;\n    cp:validUntil "2025-03-03"^^xsd:date .')
    fact = "    cp:factKey ank:fact-key-braceAdvised ;\n"
    replace_once(file, fact, f'{fact}    cp:validUntil "2025-03-03"^^xsd:date ;\n')
    file.write_text(file.read_text(encoding="utf-8") + rules, encoding="utf-8")
    return folder


_CONTRARY = """
ank:fact-follow-up-by-team a cp:Fact ;
    cp:factKey ank:fact-key-followUpBy ;
    cp:factValue "team" .

ank:fact-brace-of-tape a cp:Fact ;
    cp:factKey ank:fact-key-braceAdvised ;
    cp:factValue "tape" .
"""


def contrary_facts(folder: Path) -> Path:
    """Copy the guideline of `dated_rules` with an edition that ends, and facts that disagree.

    They are of options and programmes too. Two boxes that are shown together give the next visit one day, or two.
    """
    file = dated_rules(folder) / "ontology" / "pathway.ttl"
    walk = "cp:fact ank:fact-no-sport-short ;"
    replace_once(
        file, walk, f"cp:timeLimit ank:limit-visit-after-visit ;\n    cp:fact ank:fact-next-visit-latest ;\n    {walk}"
    )
    active = "cp:appliesTo ank:AcuteSlightSprain ."
    replace_once(file, active, f"{active[:-2]} ;\n    cp:fact ank:fact-follow-up-by-team .")
    sessions = 'dcterms:identifier "supervised-training-sessions" ;'
    replace_once(file, sessions, f"{sessions}\n    cp:fact ank:fact-brace-of-tape ;")
    first = 'dcterms:valid "2025-01-01"^^xsd:date ;'
    replace_once(file, first, f'{first}\n    cp:validUntil "2025-03-04"^^xsd:date ;')
    file.write_text(file.read_text(encoding="utf-8") + _CONTRARY, encoding="utf-8")
    return folder


def first_edition_only(folder: Path) -> Path:
    """Copy the packaged guideline without the edition that follows the first one of its first programme."""
    guideline_copy(folder, ROOT, ("ontology", "shapes"))
    replace_once(folder / "ontology" / "fedris.ttl", f"{_FIRST} , lrp:fedris-prevention-2018-edition .", f"{_FIRST} .")
    return folder


def records(service: GuidelineService, days: tuple[date, date], seed: int) -> Iterator[Json]:
    """Yield valid records that have nearly every field, with dates about some days; the same for a seed."""
    chance = random.Random(seed)  # noqa: S311  a seeded sample
    fields = service.guideline.field_names
    while True:
        record: Json = {}
        middle = days[0] + timedelta(days=chance.randrange((days[1] - days[0]).days + 1))
        for field in fields.values():
            if field.kind == "date":
                record[field.id] = (middle + timedelta(days=chance.choice(_NEAR))).isoformat()
            elif field.kind == "boolean":
                record[field.id] = chance.random() < 0.7
            elif field.kind == "value":
                record[field.id] = chance.choice([v.id for v in field.values])
            elif field.kind == "values":
                record[field.id] = [v.id for v in field.values if chance.random() < 0.3]
            elif field.kind == "integer":
                record[field.id] = chance.randint(field.low or 0, min(field.high or 100, 40))
        for finding in service.validate(record):
            record.pop(finding.field, None)
        if not service.validate(record):
            yield record


_NEAR = (-200, -185, -150, -95, -92, -60, -40, -28, -27, -8, -7, -1, 0, 1, 6, 8, 30, 200)


def admissible(service: GuidelineService, record: Mapping[str, Any], name: str, about: date) -> list[str]:
    """Return days that a date field of a record can have, as the shapes say: near other dates and every few days."""
    dates = [date.fromisoformat(v) for v in record.values() if isinstance(v, str) and v[:4].isdigit()]
    steps = {about + timedelta(days=n) for n in range(-300, 301, 9)}
    steps |= {d + timedelta(days=n) for d in (*dates, about) for n in (-1, 0, 1, 6, 7, 27, 28, 91, 92, 93, 183, 184)}
    days = sorted(day.isoformat() for day in steps)
    return [day for day in days if not service.validate({**record, name: day})]
