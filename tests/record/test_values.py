"""What a value is taken for: the table of `docs/record.md`, from JSON and from Python."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta, timezone
from subprocess import run
from typing import Any

import pytest

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.errors import BrokenJson
from lrp_kg.record.strict_json import parse_json

Json = dict[str, Any]
SAME: list[tuple[str, Any, Any]] = [
    ("onsetDate", "2024-01-31T00:00:00", "2024-01-31"),
    ("onsetDate", "2024-01-31T00:00:00.000", "2024-01-31"),
    ("onsetDate", "2024-01-31T00:00:00Z", "2024-01-31"),
    ("onsetDate", "2024-01-31T00:00:00.000Z", "2024-01-31"),
    ("onsetDateEarliest", "2024-01-31T00:00:00Z", "2024-01-31"),
    ("onsetDate", {"earliest": "2024-01-01T00:00:00", "latest": "2024-01-31T00:00:00"}, "2024-01"),
    ("onsetDate", date(2024, 1, 31), "2024-01-31"),
    ("onsetDate", datetime(2024, 1, 31), "2024-01-31"),
    ("onsetDate", datetime(2024, 1, 31, tzinfo=UTC), "2024-01-31"),
    ("onsetDate", {"earliest": date(2024, 1, 1), "latest": date(2024, 1, 31)}, "2024-01"),
    ("onsetDate", None, None),
    ("onsetDate", float("nan"), None),
    ("onsetDate", {"earliest": None, "latest": None}, None),
    ("redFlags", float("nan"), None),
    ("radicularPain", None, None),
    ("sessionsFollowed", 30.0, 30),
    ("priorIncapacityDays", float("nan"), None),
]
REFUSED: list[tuple[str, Any]] = [
    *(("onsetDate", text) for text in ("31-01-2024", "31/01/2024", "01/31/2024", "2024/01/31", "20240131", "NA", "")),
    *(("onsetDate", text) for text in ("2024-01-31T08:00:00", "2024-01-31 00:00:00", "2024-01-31T00:00", "2024-1")),
    *(("onsetDate", text) for text in ("2024-01-31T00:00:00+02:00", "2024-01-31Z", "2024-01-31T00:00:00.5")),
    *(("onsetDate", value) for value in (1706659200, 45322.0, True, ["2024-01-31"], datetime(2024, 1, 31, 8))),
    ("onsetDate", datetime(2024, 1, 31, tzinfo=timezone(timedelta(hours=2)))),
    *(("radicularPain", value) for value in ("yes", "true", "TRUE", "NA", 1, 0, 1.0, "")),
    *(("sessionsFollowed", value) for value in ("30", 30.5, True, "NaN", float("inf"), 1e300, "")),
    *(("redFlags", value) for value in ("NA", "NaN", "None", 0, False, "")),
    ("medications", "nsaid"),
    ("id", 5),
    ("sessionsFollowed", timedelta(30)),
]


def outcome(service: GuidelineService, field: str, value: Any) -> Any:
    record = {"assessmentDate": "2024-05-20", field: value}
    if field == "onsetDateEarliest":
        record["onsetDateLatest"] = "2024-05-01"
    return service.assess(record, explain=True)


@pytest.mark.parametrize(("field", "value", "same"), SAME)
def test_is_taken_for(service: GuidelineService, field: str, value: Any, same: Any) -> None:
    assert outcome(service, field, value) == outcome(service, field, same)


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_nothing_else_is_guessed(service: GuidelineService, field: str, value: Any) -> None:
    with pytest.raises(InvalidRecord) as refused:
        outcome(service, field, value)
    assert {f.field for f in refused.value.findings} == {field}


def test_the_same_from_text(service: GuidelineService) -> None:
    sent = parse_json('{"sessionsFollowed": 30.0, "onsetDate": "2024-01-31T00:00:00.000Z", "redFlags": null}')
    assert service.assess(sent) == service.assess({"sessionsFollowed": 30, "onsetDate": "2024-01-31"})


def test_values_of_numpy_and_pandas(service: GuidelineService) -> None:
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    whole = {"onsetDate": "2024-01-31", "assessmentDate": "2024-02-10", "sessionsFollowed": 30, "radicularPain": False}
    whole |= {"careLine": "first-line", "medications": ["nsaid"]}
    for onset in (pd.Timestamp("2024-01-31"), np.datetime64("2024-01-31"), np.datetime64("2024-01-31", "ns")):
        for sessions in (np.int64(30), np.float32(30), np.float64(30)):
            record: Json = {"onsetDate": onset, "assessmentDate": np.str_("2024-02-10"), "sessionsFollowed": sessions}
            record |= {"radicularPain": np.bool_(False), "careLine": np.str_("first-line")}
            record |= {"medications": [np.str_("nsaid")], "redFlags": pd.NA, "contact": np.float64("nan")}
            record |= {"incapacityStart": pd.NaT, "applicationDate": np.datetime64("NaT", "ns"), "sector": None}
            assert service.assess(record) == service.assess(whole)
    for late in (pd.Timestamp("2024-01-31 08:00"), np.datetime64("2024-01-31T08:00"), pd.Timestamp(1, unit="ns")):
        with pytest.raises(InvalidRecord):
            service.assess({"onsetDate": late})
    frame = pd.DataFrame(
        [{"sessionsFollowed": 30, "onsetDate": pd.Timestamp("2024-01-31")}, {"sessionsFollowed": None}]
    )
    rows = frame.to_dict("records")
    assert service.assess(rows[0]) == service.assess({"sessionsFollowed": 30, "onsetDate": "2024-01-31"})
    assert service.assess(rows[1]) == service.assess({})


@pytest.mark.slow
def test_neither_library_is_imported() -> None:
    code = (
        "import sys; from lrp_kg import GuidelineService; s = GuidelineService(); "
        "s.assess({'sessionsFollowed': 30.0, 'onsetDate': '2024-01'}); "
        "assert not {'numpy', 'pandas'} & set(sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "text", ["0.99999999999999999999", "29.99999999999999999", "1.0000000000000000001", "0." + "3" * 50]
)
def test_number_that_is_only_nearly_whole_is_not_taken_as_whole(text: str) -> None:
    with pytest.raises(BrokenJson, match="digits"):
        parse_json(f'{{"priorIncapacityDays": {text}}}')


@pytest.mark.parametrize(
    ("text", "number"), [("30.0", 30.0), ("3e1", 30.0), ("0.1", 0.1), ("33.333333333333336", 33.333333333333336)]
)
def test_number_with_a_fraction_is_read_exactly(text: str, number: float) -> None:
    assert parse_json(f"[{text}]") == [number]


ASSESSED = {"assessmentDate": "2024-05-20"}
NEIGHBOURS: list[tuple[Json, Json, str]] = [
    (
        ASSESSED | {"sicknessFundSince": "2024-05-20"},
        ASSESSED | {"sicknessFundSince": "2024-05-21"},
        "sicknessFundSince",
    ),
    ({"sicknessFundSince": "1900-01-01"}, {"sicknessFundSince": "1899-12-31"}, "sicknessFundSince"),
    (
        {"incapacityStart": "2024-02-01", "sicknessFundSince": "2024-02-01"},
        {"incapacityStart": "2024-02-02", "sicknessFundSince": "2024-02-01"},
        "incapacityStart",
    ),
    (
        {"incapacitated": True, "paidBySicknessFund": True},
        {"incapacitated": False, "paidBySicknessFund": True},
        "paidBySicknessFund",
    ),
    (
        {"incapacitated": False, "incapacityPercentage": 0},
        {"incapacitated": False, "incapacityPercentage": 1},
        "incapacityPercentage",
    ),
    ({"applicationDate": "2100-12-31"}, {"applicationDate": "2101-01-01"}, "applicationDate"),
    (
        {"paidBySicknessFund": True, "sicknessFundSince": "2024-02-01"},
        {"paidBySicknessFund": False, "sicknessFundSince": "2024-02-01"},
        "paidBySicknessFund",
    ),
    (ASSESSED | {"applicationDate": "2025-05-20"}, ASSESSED | {"applicationDate": "2025-05-21"}, "applicationDate"),
    ({"applicationDate": "1900-01-01"}, {"applicationDate": "1899-12-31"}, "applicationDate"),
    (ASSESSED | {"programmeStart": "2024-05-20"}, ASSESSED | {"programmeStart": "2024-05-21"}, "programmeStart"),
    (ASSESSED | {"incapacityStart": "2024-05-20"}, ASSESSED | {"incapacityStart": "2024-05-21"}, "incapacityStart"),
    (
        ASSESSED | {"spinalSurgeryDate": "2024-05-20"},
        ASSESSED | {"spinalSurgeryDate": "2024-05-21"},
        "spinalSurgeryDate",
    ),
    (ASSESSED | {"onsetDate": "2024-05-20"}, ASSESSED | {"onsetDate": "0001-01-01"}, "onsetDate"),
    ({"assessmentDate": "1900-01-01"}, {"assessmentDate": "1899-12-31"}, "assessmentDate"),
    ({"sessionsFollowed": 140}, {"sessionsFollowed": 141}, "sessionsFollowed"),
    ({"sessionsFollowed": 0}, {"sessionsFollowed": -1}, "sessionsFollowed"),
    (
        {"incapacitated": True, "incapacityStart": "2024-01-01"},
        {"incapacitated": False, "incapacityStart": "2024-01-01"},
        "incapacitated",
    ),
    (
        {"incapacitated": True, "incapacityPrescribed": True},
        {"incapacitated": False, "incapacityPrescribed": True},
        "incapacityPrescribed",
    ),
    ({"id": "a" * 1_000}, {"id": "a" * 1_001}, "id"),
    ({"id": "a b"}, {"id": "a\x00b"}, "id"),
    ({"id": "a/b"}, {"id": "a\r\nb"}, "id"),
    ({"episode": "a"}, {"episode": "a\tb"}, "episode"),
]
"""A valid record, one beside it that is not, and the field of the problem."""


def test_contradictions_and_impossible_values_are_refused(service: GuidelineService) -> None:
    for valid, invalid, field in NEIGHBOURS:
        assert not service.validate(valid), valid
        assert [f.field for f in service.validate(invalid)] == [field], invalid
