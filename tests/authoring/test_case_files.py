"""The cases of a guideline: reading with file and line, malformed cases, differences, coverage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.authoring.cases.files import load_cases, positions
from lrp_kg.authoring.cases.incremental import CaseRuns
from lrp_kg.guideline.load import load_guideline
from tests.support.guidelines import guideline_copy, replace_once
from tests.support.paths import ANKLE

NO_FRACTURE: dict[str, Any] = {"deformity": False, "boneTenderness": False, "canBearWeight": True}
DAY_2 = {"injuryDate": "2025-03-01", "assessmentDate": "2025-03-03"}
DAY_10 = {"injuryDate": "2025-03-01", "assessmentDate": "2025-03-11"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The invented guideline without cases."""
    copy = guideline_copy(tmp_path / "ankle", ANKLE, ("ontology", "shapes", "queries"))
    (copy / "cases").mkdir()
    return copy


def case(ident: str, record: dict[str, Any], **expect: Any) -> dict[str, Any]:
    expect = {key.replace("_", "-"): value for key, value in expect.items()}
    return {"id": ident, "note": "A note.", "record": record, "expect": expect}


def write(folder: Path, *cases: Any, name: str = "own.json") -> Path:
    """Write cases, one per line from line 2 on."""
    file = folder / "cases" / name
    file.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n", encoding="utf-8")
    return file


# -- reading --------------------------------------------------------------------------------------------


def test_each_case_has_its_file_and_line(folder: Path) -> None:
    file = write(folder, case("a", {}, stage="undetermined"), case("b", DAY_2, stage="acute"))
    found = load_cases(folder)
    assert found.findings == ()
    assert [(c.id, c.where) for c in found.cases] == [("a", f"{file}:2"), ("b", f"{file}:3")]


def test_both_folders_are_read(folder: Path) -> None:
    (folder / "tests" / "cases").mkdir(parents=True)
    write(folder, case("a", {}, stage="undetermined"))
    shutil.move(folder / "cases" / "own.json", folder / "tests" / "cases" / "other.json")
    write(folder, case("b", {}, stage="undetermined"))
    assert [c.id for c in load_cases(folder).cases] == ["b", "a"]


def test_items_on_several_lines_have_positions() -> None:
    assert positions('[ 1,\n\n  {"a": [\n1]}\n,"x" ]\n') == [(1, "1"), (3, '{"a": [\n1]}'), (5, '"x"')]


def test_folder_without_cases_is_reported(folder: Path) -> None:
    found = load_cases(folder)
    assert found.cases == ()
    assert [(f.name, f.where) for f in found.findings] == [("no-cases", str(folder))]


def test_file_without_cases_is_reported(folder: Path) -> None:
    file = write(folder)
    assert [(f.name, f.where) for f in load_cases(folder).findings] == [("no-cases", str(file))]


MALFORMED: list[tuple[Any, str, str]] = [
    ("text", "case-malformed", "A case is an object"),
    ({"id": "x", "note": "n", "record": {}}, "case-malformed", "x: expect is missing."),
    (case("x", {}) | {"expect": {}}, "case-malformed", "x: expect is empty."),
    (case("", {}, stage="acute"), "case-malformed", "a case: id is empty."),
    (case("x", {}, stage="acute") | {"note": ""}, "case-malformed", "x: note is empty."),
    (case("x", {}, stage="acute") | {"id": 4}, "case-malformed", "a case: id is not a text."),
    (case("x", {}, stage="acute") | {"record": []}, "case-malformed", "x: record is not an object."),
    (case("x", {}, stage="acute") | {"expects": 1}, "case-malformed", "expects is no key of a case; did you mean"),
    (case("x", {}, stag="acute"), "unknown-expectation", "stag is no decision or other key of expect; did"),
    (case("x", {}, stage="acut"), "unknown-expectation", "acut is no answer of stage; did you mean acute?"),
    (case("x", {}, boxes={"managment": "1.B"}), "unknown-expectation", "section; did you mean management?"),
    (case("x", {}, boxes={"management": "9.Z"}), "unknown-expectation", "9.Z is no label of a box of management"),
    (case("x", {}, boxes={"exercise": "undetermined"}), "unknown-expectation", "no decision is named exercise"),
    (case("x", {}, boxes=[]), "case-malformed", "boxes is an object with at least one name."),
    (case("x", {}, statuses={"stage": "open"}), "unknown-expectation", "open is no status"),
    (case("x", {}, eligibility={"supervised-trainin": "eligible"}), "unknown-expectation", "mean supervised-training?"),
    (case("x", {}, eligibility={"supervised-training": "elligible"}), "unknown-expectation", "did you mean eligible?"),
    (case("x", {}, criteriaNotMet=["pains"]), "unknown-expectation", "did you mean pain?"),
    (case("x", {}, criteriaNotMet={"training": ["pain"]}), "unknown-expectation", "training is no programme"),
    (case("x", {}, missing=["painscore"]), "unknown-expectation", "did you mean painScore?"),
    (case("x", {}, missing="painScore"), "case-malformed", "missing is a list of fields."),
    (case("x", {}, facts={"followupBy": "physician"}), "unknown-expectation", "did you mean followUpBy?"),
    (case("x", {}, dates={"acute-reassure": {"latest": None}}), "unknown-expectation", "acute-reassure is no dated"),
    (case("x", {}, dates={"acute-rest-brace": "2025-01-01"}), "case-malformed", "earliest, latest, status, note"),
    (case("x", {}, warnings={"crutches": True}), "unknown-expectation", "did you mean crutches-too-long?"),
    (case("x", {}, warnings={"crutches-too-long": 1}), "case-malformed", "is true or false"),
    (case("x", {}, statements={"acute-reassure": "perhaps"}), "case-malformed", 'true, false or "unknown"'),
    (case("x", {}, openPoints={"pain-of-6": True}), "unknown-expectation", "did you mean pain-of-five?"),
    (case("x", {}, nextQuestion="pain"), "unknown-expectation", "pain is no field"),
    (case("x", {}, summary={"kind": "stage"}), "case-malformed", "summary is a list of lines"),
    (case("x", {}, summary=[{"kind": "stage"}]), "case-malformed", "each with kind and ref"),
    (case("x", {}, summary=[{"kind": "stages", "ref": "step"}]), "unknown-expectation", "did you mean stage?"),
    (case("x", {}, summary=[{"kind": "advice", "ref": "acute-rest-brac"}]), "unknown-expectation", "acute-rest-brace?"),
    (case("x", {}, summaryMore=True), "case-malformed", "summaryMore is a number."),
    (case("x", {}, invalid="yes"), "case-malformed", "invalid is true or false."),
]  # fmt: skip


@pytest.mark.parametrize(("data", "name", "message"), MALFORMED, ids=[m[2] for m in MALFORMED])
@pytest.mark.exhaustive
def test_malformed_case_is_reported_and_not_run(folder: Path, data: Any, name: str, message: str) -> None:
    """The finding has name, file and line; the case before it still runs."""
    file = write(folder, case("fine", {}, stage="undetermined"), data)
    found = load_cases(folder)
    assert [(f.name, f.where) for f in found.findings] == [(name, f"{file}:3")]
    assert message in found.findings[0].message
    assert [c.id for c in found.cases] == ["fine"]


def test_repeated_id_is_reported(folder: Path) -> None:
    first = write(folder, case("a", {}, stage="undetermined"), name="1.json")
    second = write(folder, case("a", DAY_2, stage="acute"), name="2.json")
    found = load_cases(folder)
    assert [(f.name, f.where) for f in found.findings] == [("case-id-twice", f"{second}:2")]
    assert f"{first}:2" in found.findings[0].message


@pytest.mark.parametrize(
    ("text", "line"),
    [("{}", "1:1"), ("[\n{},\n{]", "3:2"), ("[1 2]", "1:4"), ("[]\n[]", "2:1"), ("[\n1,\n", "3:1"), ("", "1:1")],
)
def test_broken_json_is_reported(folder: Path, text: str, line: str) -> None:
    file = folder / "cases" / "broken.json"
    file.write_text(text, encoding="utf-8")
    assert ("case-syntax", f"{file}:{line}") in [(f.name, f.where) for f in load_cases(folder).findings]


def test_repeated_key_is_reported(folder: Path) -> None:
    file = folder / "cases" / "twice.json"
    file.write_text('[\n{"id": "a", "id": "b"}]', encoding="utf-8")
    (finding,) = load_cases(folder).findings
    assert (finding.name, finding.where) == ("case-syntax", f"{file}:2")


# -- running --------------------------------------------------------------------------------------------


def test_invented_guideline_passes_its_cases(ankle: GuidelineService) -> None:
    found = load_cases(ANKLE)
    assert found.findings == ()
    assert len(found.cases) >= 70
    assert CaseRuns(ankle, found).failures() == []


def test_edit_that_moves_the_day_of_a_programme_runs_its_summaries_again(folder: Path) -> None:
    """A summary has a line for a programme that opens soon, so verdicts of other days are in it too."""
    day_16 = {"injuryDate": "2024-12-04", "assessmentDate": "2024-12-20", "applicationDate": "2024-12-20"}
    record = NO_FRACTURE | day_16 | {"painScore": 7, "instability": False, "surgeryDate": "2024-10-15", "aids": []}
    lines = (
        ("stage", "stage", ""),
        ("advice", "recovery-examination-compare", ""),
        ("advice", "recovery-follow-up-visit", "2025-01-15"),
        ("advice", "recovery-follow-up-surgeon", ""),
        ("advice", "recovery-examination-scan", ""),
        ("programme", "supervised-training", "2025-01-15"),
    )
    summary = [
        {"kind": kind, "ref": ref, "severity": "info"} | ({"date": day} if day else {}) for kind, ref, day in lines
    ]
    write(folder, case("x", record, summary=summary))
    file = folder / "ontology" / "record.ttl"
    for place, before in (
        (file, "cp:from ank:surgeryDate ;\n    cp:to ank:"),
        (folder / "shapes" / "record.ttl", "sh:path ank:surgeryDate ;\n    sh:lessThanOrEquals ank:"),
    ):
        replace_once(place, f"{before}assessmentDate", f"{before}applicationDate")
    service = GuidelineService(folder)
    known = CaseRuns(service, load_cases(folder, service.guideline))
    assert known.failures() == []
    replace_once(file, "xsd:minInclusive 3 ", "xsd:minInclusive 4 ")
    service = GuidelineService(folder)
    after = CaseRuns(service, load_cases(folder, service.guideline), known)
    assert [f.name for f in after.failures()] == ["case-failed"] and after.ran == 1


FAILING: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    (case("x", DAY_2, stage="recovery"),
     ("stage: expected recovery, got decided acute", "because", "why not recovery: ")),
    (case("x", DAY_2, stage="none"), ("stage: expected none, got decided acute",)),
    (case("x", DAY_2, stage=None), ("stage: expected nothing, got decided acute",)),
    (case("x", {}, stage="acute"), ("stage: expected acute, got undetermined (missing assessmentDate, injuryDate)",)),
    (case("x", {"deformity": True}, fracture_check=None), ("fracture-check: expected nothing, got decided emergency",)),
    (case("x", NO_FRACTURE | DAY_10 | {"painScore": 4, "instability": True}, management=["exercise"]),
     ("management: expected [exercise], got several exercise specialist",)),
    (case("x", NO_FRACTURE | DAY_10 | {"aids": ["tape"]}, aids_to_stop=[]),
     ("aids-to-stop: expected [], got decided tape",)),
    (case("x", DAY_2, statuses={"stage": "several"}), ("statuses.stage: expected several, got decided acute",)),
    (case("x", NO_FRACTURE | DAY_2 | {"severity": "slight"}, boxes={"management": "1.C", "follow-up": None}),
     ("boxes.management: expected 1.C, got 1.B", "boxes.follow-up: expected nothing, got 1.D")),
    (case("x", NO_FRACTURE | DAY_2 | {"severity": "slight"}, boxes={"management": "undetermined"}),
     ("boxes.management: expected undetermined, got 1.B",)),
    (case("x", {"deformity": True}, boxes={"management": "undetermined"}),
     ("boxes.management: expected undetermined, got not-applicable",)),
    (case("x", {"painScore": 8, **NO_FRACTURE}, eligibility={"supervised-training": "eligible"}),
     ("eligibility.supervised-training: expected eligible, got not-eligible",)),
    (case("x", {"painScore": 8, **NO_FRACTURE}, criteriaNotMet=[]),
     ("criteriaNotMet.supervised-training: expected [], got [pain]",)),
    (case("x", {"painScore": 8, **NO_FRACTURE}, criteriaNotMet={"supervised-training": ["duration"]}),
     ("criteriaNotMet.supervised-training: expected [duration], got [pain]",)),
    (case("x", {}, stage="undetermined", missing=["painScore"]),
     ("missing: expected [painScore], got [assessmentDate, injuryDate]",)),
    (case("x", NO_FRACTURE | DAY_2 | {"severity": "slight"}, facts={"daysWithoutSport": 8, "braceAdvised": False}),
     ("facts.daysWithoutSport: expected 8, got 7", "facts.braceAdvised: expected false, got nothing")),
    (case("x", NO_FRACTURE | DAY_2, dates={"acute-follow-up-visit": {"earliest": None, "latest": "2025-03-09"}}),
     ("dates.acute-follow-up-visit: expected earliest None, latest 2025-03-09, got earliest None, latest 2025-03-08",)),
    (case("x", {}, dates={"acute-rest-brace": {"latest": "2025-03-08"}}), ("got no date",)),
    (case("x", DAY_2, statements={"acute-examination-x-ray": True}),
     ("statements.acute-examination-x-ray: expected true, got unknown",)),
    (case("x", DAY_2, warnings={"crutches-too-long": True}), ("warnings.crutches-too-long: expected true, got false",)),
    (case("x", DAY_2, openPoints={"pain-of-five": True}), ("openPoints.pain-of-five: expected true, got false",)),
    (case("x", {}, nextQuestion=None), ("nextQuestion: expected nothing, got deformity",)),
    (case("x", {"painScore": 11}, stage="undetermined"), ("expected an answer, but the record is refused: painScore",)),
    (case("x", DAY_2, invalid=True), ("expected that the record is refused, but it is valid",)),
    (case("x", {"painScore": 11}, invalid=True, invalidFields=["painScore", "severity"]),
     ("invalidFields: expected a finding about severity",)),
]  # fmt: skip


@pytest.mark.parametrize(("data", "lines"), FAILING, ids=[f[1][0] for f in FAILING])
@pytest.mark.exhaustive
def test_failing_case_is_reported_with_the_difference(
    folder: Path, ankle: GuidelineService, data: Any, lines: tuple[str, ...]
) -> None:
    file = write(folder, case("fine", {}, stage="undetermined"), data)
    found = load_cases(folder)
    assert found.findings == ()
    (finding,) = CaseRuns(ankle, found).failures()
    assert (finding.name, finding.where, finding.severity) == ("case-failed", f"{file}:3", "error")
    assert finding.message.startswith("x: not as expected. A note.")
    for line in lines:
        assert line in finding.message


def test_exception_is_reported_and_other_cases_still_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = GuidelineService(ANKLE, cache=False)
    write(folder, case("a", {"painScore": 3}, stage="undetermined"), case("b", DAY_2, stage="recovery"))

    def fail(*_: object) -> None:
        raise ZeroDivisionError("for the test")

    validate = service.validate
    monkeypatch.setattr(service, "validate", lambda raw: fail() if len(raw.entries) == 1 else validate(raw))
    crashed, failed = CaseRuns(service, load_cases(folder)).failures()
    assert "the program failed: ZeroDivisionError: for the test" in crashed.message
    assert "stage: expected recovery" in failed.message


# -- coverage -------------------------------------------------------------------------------------------


def test_cases_of_the_invented_guideline_cover_everything(ankle: GuidelineService) -> None:
    assert CaseRuns(ankle, load_cases(ANKLE)).untouched() == []


def test_uncovered_parts_are_reported(folder: Path, ankle: GuidelineService) -> None:
    write(folder, case("a", NO_FRACTURE | DAY_2 | {"severity": "slight"}, stage="acute"))
    found = CaseRuns(ankle, load_cases(folder)).untouched()
    reported = {(f.name, f.message.removesuffix(" Add a case.")) for f in found}
    assert {
        ("condition-untested", "AcutePhase is false in no case."),
        ("condition-untested", "MuchPain is true in no case."),
        ("condition-untested", "MuchPain is false in no case."),
        ("option-untested", "stage: no case has the answer recovery."),
        ("option-untested", "supervised-training: no case has the answer eligible."),
        ("box-untested", "The box acute-rest is shown in no case."),
        ("statement-untested", "The statement acute-rest-no-sport is shown in no case."),
        ("statement-untested", "The statement supervised-training-travel is shown in no case."),
        ("criterion-untested", "supervised-training-first-edition: the criterion pain is met in no case."),
        ("warning-untested", "The warning crutches-too-long is shown in no case."),
    } <= reported
    assert ("condition-untested", "AcutePhase is true in no case.") not in reported
    assert ("statement-untested", "The statement acute-reassure is shown in no case.") not in reported
    assert {f.severity for f in found} == {"note"}
    assert all(".ttl:" in f.where for f in found)


def test_malformed_and_invalid_cases_cover_nothing(folder: Path, ankle: GuidelineService) -> None:
    write(folder, case("a", {"painScore": 11}, invalid=True), case("b", DAY_2, stag="acute"))
    everything = sum(2 for c in load_guideline(ANKLE).conditions if not c.endswith("eligible"))
    found = CaseRuns(ankle, load_cases(folder)).untouched()
    assert sum(f.name == "condition-untested" for f in found) == everything
