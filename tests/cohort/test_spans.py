"""Two days of which queries of the shapes ask more than where the end of a period is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from lrp_kg import GuidelineService
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ROOT

pa = pytest.importorskip("pyarrow")

SECOND = """
lrp:record-application-in-spring a sh:PropertyShape ;
    sh:path lrp:applicationDate ;
    sh:message "The application is a month late."@en , "De aanvraag is een maand te laat."@nl ,
        "La demande a un mois de retard."@fr , "Der Antrag kommt einen Monat zu spät."@de ;
    sh:sparql [ a sh:SPARQLConstraint ;
        sh:prefixes <https://w3id.org/lrp-kg/low-back-pain/shapes/record> ; sh:select \"\"\"
SELECT $this ?value WHERE {
  $this $PATH ?value ; lrp:assessmentDate ?assessment .
  FILTER (xsd:integer(REPLACE(STR(?value), "-", "")) > xsd:integer(REPLACE(STR(?assessment), "-", "")) + 100)
}\"\"\" ] .
"""


def test_a_second_query_over_two_days_is_asked_too(tmp_path: Path) -> None:
    from lrp_kg.cohort.frames import assess_frame

    folder = guideline_copy(tmp_path / "guideline", ROOT)
    shapes = folder / "shapes" / "record.ttl"
    listed = "        lrp:record-application-within-a-year ,\n"
    replace_once(shapes, listed, listed + "        lrp:record-application-in-spring ,\n")
    shapes.write_text(shapes.read_text(encoding="utf-8") + SECOND, encoding="utf-8")
    service = GuidelineService(folder)
    day = date(2024, 3, 1)
    days = [day + timedelta(n) for n in (-20, -1, 0, 1, 5, 20, 29, 60, 150, 300, 364)]
    rows = [{"id": str(n), "assessmentDate": day, "applicationDate": applied} for n, applied in enumerate(days)]
    rejected: list[dict[str, object]] = []
    assess_frame(pa.Table.from_pylist(rows), guideline=service, rejected=rejected)
    refused = {row["id"] for row in rejected}
    expected = {r["id"] for r in rows if service.validate({n: str(v) for n, v in r.items()})}
    assert refused == expected == {"7", "8", "9", "10"}
