"""What `check` and `sources` say of sources to be read again and of rules that have ended, by the day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrp_kg import GuidelineService
from lrp_kg.authoring.check.days import day_findings, ended_rules
from lrp_kg.authoring.check.stages import run
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.cli import main
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.sources import printed_sources, resting_on, source_states
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE

LAST, DAY_AFTER = date(2036, 11, 29), date(2036, 11, 30)
"""The last day on which the reading of the source of the second guideline is trusted, and the day after."""
REST = 'dcterms:identifier "acute-rest-crutches" ;'
LAW = """
ank:source-law a cp:Source ;
    dcterms:identifier "law" ;
    rdfs:label "law, invented for a test"@en ;
    skos:definition "A law that does not exist."@en ;
    cp:sourceKind cp:LawText ;
    cp:partRead cp:NotRead ;
    cp:readOn "2026-11"^^xsd:gYearMonth ;
    cp:readAgainBy "2027-05-31"^^xsd:date .

ank:statement-law a cp:Statement ;
    dcterms:identifier "law" ;
    rdfs:label "what a law says"@en ;
    cp:inBox {box} ;
    cp:priority 20 ;
    cp:modality cp:Must ;
    dcterms:valid "{first}"^^xsd:date ;
    dcterms:source ank:source-law ;
    cp:readIn ank:source-invented ;
    cp:locator "1" .
"""


def ended(folder: Path, first: str = "2025-03-05", box: str = "ank:box-acute-rest") -> Guideline:
    """Load the second guideline with a statement that ended on 4 March 2025, and one of law from a day on."""
    guideline_copy(folder, ANKLE, ("ontology", "shapes"))
    file = folder / "ontology" / "pathway.ttl"
    replace_once(file, REST, f'{REST}\n    cp:validUntil "2025-03-04"^^xsd:date ;')
    replace_once(
        file,
        "    cp:assessmentField",
        "    dcterms:source ank:source-invented ;\n    cp:assessmentField",
    )
    file.write_text(file.read_text(encoding="utf-8") + LAW.format(first=first, box=box), encoding="utf-8")
    return load_guideline(folder)


def names(guideline: Guideline, day: str) -> list[str]:
    return [rule.id for rule, _ in ended_rules(guideline, date.fromisoformat(day))]


def test_source_is_expired_from_the_day_after(ankle: GuidelineService) -> None:
    assert list(day_findings(ankle.guideline, LAST, "warning")) == []
    (found,) = day_findings(ankle.guideline, DAY_AFTER, "warning")
    assert (found.name, found.severity) == ("source-expired", "warning")
    assert "invented (2036-11-29)" in found.message
    assert found.where.endswith(f"pathway.ttl:{line_of('ank:source-invented a cp:Source')}")


def line_of(text: str) -> int:
    lines = (ANKLE / "ontology" / "pathway.ttl").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


def test_findings_are_folded_by_file(service: GuidelineService) -> None:
    found = [f for f in day_findings(service.guideline, date(2100, 1, 1), "note") if f.name == "source-expired"]
    files = [f.where.rpartition(":")[0].rpartition("/")[2] for f in found]
    assert sorted(files) == ["legal-sources.ttl", "sources.ttl"]
    assert all(len(f.message) < 600 for f in found)


@pytest.mark.parametrize(
    ("first", "box", "day", "expected"),
    [
        ("2025-03-05", "ank:box-acute-rest", "2025-03-04", []),
        ("2025-03-05", "ank:box-acute-rest", "2025-03-05", []),
        ("2025-03-06", "ank:box-acute-rest", "2025-03-05", ["acute-rest-crutches"]),
        ("2025-03-05", "ank:box-acute-examination", "2025-03-05", ["acute-rest-crutches"]),
    ],
    ids=["last day", "followed in its box", "a day without a rule", "followed in another box only"],
)
def test_rule_is_outdated_where_none_follows(
    tmp_path: Path, first: str, box: str, day: str, expected: list[str]
) -> None:
    assert names(ended(tmp_path, first, box), day) == expected


@pytest.mark.parametrize(
    ("last", "expected"), [("2024-12-31", []), ("2024-12-30", ["supervised-training-number-of-sessions"])]
)
def test_next_edition_follows_a_rule_of_its_date(tmp_path: Path, last: str, expected: list[str]) -> None:
    guideline_copy(tmp_path, ANKLE, ("ontology", "shapes"))
    days = f'cp:validUntil "{last}"^^xsd:date ; cp:validBy ank:applicationDate ;'
    identifier = 'dcterms:identifier "supervised-training-number-of-sessions" ;'
    replace_once(tmp_path / "ontology" / "pathway.ttl", identifier, f"{identifier}\n    {days}")
    assert names(load_guideline(tmp_path), "2025-01-01") == expected


def test_check_reports_days_only_when_asked(tmp_path: Path) -> None:
    ended(tmp_path, "2025-03-06")
    about_days = {"source-expired", "statement-outdated"}
    cache, day = CheckCache(), date(2027, 6, 1)
    assert not about_days & {f.name for f in run(tmp_path, hermit=False, cache=cache).findings}
    later = run(tmp_path, hermit=False, cache=cache, day=day, overdue="note")
    assert about_days == {f.name for f in later.findings if f.severity == "note" and f.name in about_days}


def test_sources_say_what_rests_on_them(tmp_path: Path) -> None:
    guideline = ended(tmp_path)
    by_id = {s.id: s for s in source_states(guideline, date(2027, 6, 1))}
    assert list(by_id) == ["law", "invented"], "what is to be read again comes first"
    resting = resting_on(guideline)
    law, invented = (resting[by_id[name].iri] for name in ("law", "invented"))
    assert {part: [t.id for t in terms] for part, terms in law.own.items()} == {"statements": ["law"]}
    assert [t.id for t in invented.read_in] == ["law"]
    assert {"boxes", "statements", "criteria", "editions", "openPoints"} <= invented.own.keys()
    assert [s.id for s in printed_sources(guideline)] == ["invented"]
    assert (by_id["law"].official, by_id["law"].printed, by_id["law"].read_on) == (True, False, "2026-11")


def test_every_source_has_a_state(service: GuidelineService) -> None:
    for source in source_states(service.guideline):
        assert source.kind and source.part_read and source.read_on and source.read_again_by, source.id
        assert source.read_again_by.isoformat() > source.read_on, source.id


@pytest.mark.parametrize(("day", "code"), [(LAST, 0), (DAY_AFTER, 1)])
def test_command_lists_sources(day: date, code: int) -> None:
    arguments = ["sources", "--guideline", str(ANKLE), "--on", day.isoformat()]
    text = CliRunner().invoke(main, [*arguments, "--lang", "nl"])
    data = CliRunner().invoke(main, [*arguments, "--format", "json"])
    full = CliRunner().invoke(main, [*arguments, "--format", "json", "--full"])
    assert {text.exit_code, data.exit_code, full.exit_code} == {code}
    assert "Verzonnen tekst" in text.stdout and "vaktekst, niet officieel" in text.stdout
    found, named = json.loads(data.stdout), json.loads(full.stdout)
    (source,), (with_names,) = found["sources"], named["sources"]
    assert (found["day"], found["expired"], source["expired"]) == (day.isoformat(), code, bool(code))
    assert source["restsOnIt"] == {part: len(ids) for part, ids in with_names["restsOnIt"].items()}
    assert "acute-rest-crutches" in with_names["restsOnIt"]["statements"]


def test_command_refuses_what_is_no_day() -> None:
    found = CliRunner().invoke(main, ["sources", "--on", "2027-02-30"])
    assert found.exit_code == 2
    assert "2027-02-30" in found.stderr
