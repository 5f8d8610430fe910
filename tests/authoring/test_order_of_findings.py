"""Findings are in the order in which an author reads them, and what says the same again is folded."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lrp_kg.authoring.check import wellmade
from lrp_kg.authoring.check.consequences import without_consequences
from lrp_kg.authoring.check.order import LISTED, folded, in_order
from lrp_kg.authoring.check.stages import run
from lrp_kg.cli import main
from lrp_kg.errors import UnreadableFile
from lrp_kg.findings import Finding
from lrp_kg.text_files import read_text, visible
from tests.support.guidelines import guideline_copy
from tests.support.paths import ANKLE


def finding(name: str, where: str = "", severity: str = "error", message: str = "is wrong") -> Finding:
    return Finding(name, message, where, severity=severity)


def test_errors_come_first_then_stages_then_places() -> None:
    stages = {
        "well made": [finding("a", "z.ttl:9"), finding("b", "a.ttl:2", "warning"), finding("c", "z.ttl:10")],
        "read": [finding("d", "a.ttl:1"), finding("d", "a.ttl:1"), finding("n", severity="note")],
    }
    assert [(f.name, f.where) for f in in_order(stages)] == [
        ("a", "z.ttl:9"),
        ("c", "z.ttl:10"),
        ("d", "a.ttl:1"),
        ("b", "a.ttl:2"),
        ("n", ""),
    ]


def test_dead_options_follow_what_makes_them_dead() -> None:
    found = in_order({"complete": [finding("dead-option", "a.ttl:1"), finding("never-true", "b.ttl:1")]})
    assert [f.name for f in found] == ["never-true", "dead-option"]


def test_what_cannot_be_read_comes_before_what_reasoning_finds() -> None:
    found = in_order({"sound": [finding("unsatisfiable-class")], "read": [finding("expression-not-allowed")]})
    assert [f.name for f in found] == ["expression-not-allowed", "unsatisfiable-class"]


def test_places_are_in_the_order_of_their_lines() -> None:
    found = in_order({"right": [finding("case-failed", f"c.json:{line}") for line in (102, 22, 9)]})
    assert [f.where for f in found] == ["c.json:9", "c.json:22", "c.json:102"]


def test_cases_come_after_warnings_that_may_be_the_cause() -> None:
    well_made = [finding("formatting", severity="warning"), finding("label-missing", severity="warning")]
    found = in_order({"well made": well_made, "right": [finding("case-failed")]})
    assert [f.name for f in found] == ["label-missing", "case-failed", "formatting"]


def test_what_follows_from_another_finding_is_left_out() -> None:
    stages = {
        "well made": [
            Finding("term-not-declared", "modalty", "a.ttl:5", value="cp:modality", term="cp:modalty"),
            Finding("wrong-kind", "names a fact", "a.ttl:8", value="x:fact", term="x:statement"),
        ],
        "read": [
            Finding("unknown-condition", "is not defined", "a.ttl:1", value="cp:modalty", term="x:a"),
            Finding("value-missing", "needs one", "a.ttl:4", value="cp:modality", term="x:b"),
            Finding("value-missing", "needs one", "a.ttl:9", value="cp:countedFrom", term="x:fact"),
            Finding("unknown-field", "is not a field", "a.ttl:7", value="x:other", term="x:c"),
        ],
    }
    left = without_consequences(stages)
    assert [f.name for f in left["well made"]] == ["term-not-declared", "wrong-kind"]
    assert [f.name for f in left["read"]] == ["unknown-field"]


def test_at_most_ten_of_a_name_and_the_number_of_the_rest() -> None:
    listed = folded([finding("label-missing", f"a.ttl:{n}") for n in range(64)])
    assert len(listed.findings) == LISTED
    assert listed.folded == {"label-missing": 54}


def test_failing_cases_are_counted_where_an_error_has_another_cause() -> None:
    cases = [finding("case-failed", f"c.json:{n}", message=f"case {n}\n  expected x") for n in range(645)]
    listed = folded([finding("term-not-declared", "a.ttl:1"), *cases])
    assert [f.name for f in listed.findings] == ["term-not-declared"]
    assert listed.folded == {"case-failed": 645}
    alone = folded(cases)
    assert 1 < len(alone.findings) <= LISTED
    assert alone.folded == {"case-failed": 645 - len(alone.findings)}


def test_many_names_still_fit_on_a_screen() -> None:
    listed = folded([finding(f"name-{n}", f"a.ttl:{m}", message="one\ntwo") for n in range(8) for m in range(20)])
    assert sum(f.message.count("\n") + 1 for f in listed.findings) <= 48
    assert len({f.name for f in listed.findings}) == 8


def test_notes_are_left_out_beside_errors_only() -> None:
    notes = [finding("gap-declared", severity="note"), finding("hermit-not-run", severity="note")]
    assert folded(notes).findings == tuple(notes)
    beside = folded([finding("a"), *notes])
    assert (len(beside.findings), beside.notes) == (1, 2)


def test_stage_that_fails_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TypeError("not comparable")

    folder = guideline_copy(tmp_path / "g", ANKLE, ("ontology", "shapes", "cases"))
    monkeypatch.setattr(wellmade, "_shape_findings", fail)
    result = run(folder, hermit=False)
    assert result.crashed
    assert [f.name for f in result.findings if f.severity == "error"] == ["stage-failed"]
    assert "'well made'" in result.findings[0].message and "TypeError: not comparable" in result.findings[0].message
    assert {"sound", "read", "complete", "right"} <= result.seconds.keys()
    done = CliRunner().invoke(main, ["check", "-g", str(folder), "--no-hermit"])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("body", "says", "place"),
    [
        ("a\nb é".encode("cp1252"), "looks like Windows-1252 ('é' in 'b é')", (2, 3)),
        ("a é b".encode("utf-16-le"), "looks like UTF-16", None),
        (b"a\n\xc3\x28", "is not UTF-8 text", (2, 1)),
        (b"ab\x00", "NUL character", (1, 3)),
    ],
)
def test_encoding_is_named(tmp_path: Path, body: bytes, says: str, place: tuple[int, int] | None) -> None:
    file = tmp_path / "a.ttl"
    file.write_bytes(body)
    with pytest.raises(UnreadableFile) as raised:
        read_text(file)
    assert says in raised.value.message
    assert place is None or (raised.value.line, raised.value.column) == place


def test_files_of_editors_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.ttl", ".#a.ttl", "._a.ttl", "~$a.ttl", "#a.ttl"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [file.name for file in visible(tmp_path, "*.ttl")] == ["a.ttl"]
