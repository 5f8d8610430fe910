"""Whatever a Python caller passes is read as `docs/record.md` says, or is an `InvalidRecord` that names the field."""

from __future__ import annotations

import array
import collections
import decimal
import enum
import fractions
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from lrp_kg import GuidelineService, InvalidRecord, LrpError
from lrp_kg.errors import UnknownParameter

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")


class Text(str):
    pass


class Lying(str):
    def __str__(self) -> Any:
        return 5


class Evil:
    def __repr__(self) -> str:
        raise ValueError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


class EvilDate(date):
    def isoformat(self) -> str:
        raise OSError


class EvilMapping(collections.UserDict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError


class Choice(enum.Enum):
    NONE = "none"


def circular() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def doubling() -> list[Any]:
    found: list[Any] = []
    for _ in range(60):
        found = [found, found]
    return found


def numbers() -> Iterator[int]:
    yield 1


ODD: tuple[Callable[[], Any], ...] = (
    *(object, Evil, circular, doubling, numbers, uuid.uuid4, EvilMapping),
    *(
        lambda v=v: v
        for v in (b"none", bytearray(b"none"), memoryview(b"none"), types, numbers, type, ..., Choice.NONE)
    ),
    *(lambda v=v: v for v in (10**18, -(10**30), 10**5000, complex(1), float("inf"), float("-inf"), timedelta(3))),
    *(lambda v=v: decimal.Decimal(v) for v in ("sNaN", "Infinity", "1E+999999", "3.00000000000000000000000001")),
    *(
        lambda v=v: v
        for v in (fractions.Fraction(3), time(0), range(3), {1: 2}, {(1, 2): 3}, {None: 1}, {"a": object()})
    ),
    *(lambda v=v: v for v in (EvilDate(2024, 1, 1), datetime(2024, 1, 1, 8), datetime.max)),
    *(lambda v=v: v for v in (datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1))), Exception("x"), "\ud800")),
    *(lambda v=v: v for v in ([None], [float("nan")], [[]], [["nsaid"]], [{}], [object()], {3}, ("nsaid", "nsaid"))),
    *(lambda: collections.deque(["nsaid"]), lambda: array.array("i", [1]), lambda: types.SimpleNamespace(a=1)),
    *(lambda: np.array([["nsaid"]]), lambda: np.ma.masked, lambda: np.ma.array(3, mask=True), lambda: np.ma.array(3)),
    *(lambda: np.ma.array(["nsaid"], mask=[True]), lambda: np.timedelta64(3, "s"), lambda: np.timedelta64(3, "D")),
    *(lambda: np.datetime64("2024-01-01", "W"), lambda: np.datetime64("2024-01-31T08"), lambda: np.bytes_(b"none")),
    *(lambda: np.datetime64(2**62, "s"), lambda: np.datetime64("10000-01-01"), lambda: np.datetime64(1, "25s")),
    *(lambda: np.datetime64("2024-01-31T00:00:00.000000001"), lambda: np.datetime64(2**40, "Y"), lambda: np.void(b"x")),
    *(
        lambda: np.complex64(1),
        lambda: np.uint64(2**63),
        lambda: np.inf,
        lambda: np.object_,
        lambda: np.longdouble("inf"),
    ),
    *(lambda: np.longdouble(29) + np.longdouble(1e-18), lambda: np.zeros(1, dtype=[("a", int)])[0]),
    *(
        lambda: pd.DataFrame({"a": [1]}),
        lambda: pd.Period("2024-01"),
        lambda: pd.Timedelta(days=1),
        lambda: pd.Interval(1, 2),
    ),
    *(lambda: pd.array([1, None]), lambda: pd.Timestamp("2024-01-31", tz="Europe/Brussels"), lambda: pd.Timestamp(1)),
    *(lambda: pd.Series([["nsaid"]]), lambda: pd.MultiIndex.from_tuples([("a", "b")]), lambda: pd.Series([pd.NA])),
)
FIELDS = ("onsetDate", "onsetDateEarliest", "assessmentDate", "radicularPain", "sessionsFollowed", "redFlags")
FIELDS = (*FIELDS, "medications", "id", "@id", "@type", "@context", "@graph", "@value", "noSuchField")


def passed_on(value: Any) -> bool:
    """Return whether 29 and a bit is the same as 29 on this machine, so that it is no odd value here."""
    return type(value).__name__ == "longdouble" and float(value) == value and value == 29


@pytest.mark.exhaustive
@pytest.mark.parametrize("field", FIELDS)
def test_odd_values_are_refused_by_name(service: GuidelineService, field: str) -> None:
    for make in ODD:
        value = make()
        if passed_on(value):
            continue
        beside = {"onsetDateLatest": "2024-02-01"} if field == "onsetDateEarliest" else {}
        findings = service.validate({"redFlags": "none", **beside, field: value})
        assert {f.field for f in findings} == {field}, (type(value), findings)
        for finding in findings:
            assert len(finding.message) < 600
            assert not {"object at 0x", "NoneType", "Traceback"} & set(finding.message.split())
        with pytest.raises(InvalidRecord) as refused:
            service.assess({field: make()}, lang="nl")
        assert refused.value.findings


RECORDS: tuple[Callable[[], Any], ...] = (
    *(
        lambda v=v: v
        for v in (None, 5, "x", b"{}", '{"redFlags": "none"}', [], [{}], (), {"redFlags"}, types, float("nan"))
    ),
    *(lambda v=v: v for v in ([("redFlags", "none")], types.SimpleNamespace(redFlags="none"), dict, object())),
    *(lambda v=v: v for v in ({5: 1}, {None: 1}, {("a",): 1}, {b"redFlags": "none"}, {"\ud800": 1}, {True: 1})),
    *(lambda v=v: v for v in ({Choice.NONE: 1}, {date(2024, 1, 1): 1}, {"redFlags": "none", 5: 2}, {float("nan"): 1})),
    *(numbers, EvilMapping, lambda: pd.DataFrame([{"redFlags": "none"}]), lambda: pd.NA, lambda: np.array([1])),
    *(lambda: pd.Series(["none"]), lambda: pd.Series(["none", "cluster"], index=["redFlags"] * 2), lambda: {pd.NA: 1}),
    *(lambda: np.zeros(1, dtype=[("redFlags", int)])[0], lambda: [1], Evil),
)


def test_what_is_no_record_is_refused(service: GuidelineService) -> None:
    for make in RECORDS:
        assert service.validate(make()), type(make())
        for method in (service.assess, service.read, service.assessment, service.answer_json):
            with pytest.raises(InvalidRecord) as refused:
                method(make())
            assert all(f.messages["fr"] for f in refused.value.findings)


def test_every_problem_is_listed_at_once(service: GuidelineService) -> None:
    record = {"sessionsFollowed": timedelta(3), "redFlags": "zork", 5: 1, "onset day": 1, "radicularPain": Evil()}
    assert {f.field for f in service.validate(record)} == {
        "sessionsFollowed",
        "redFlags",
        "5",
        "onset day",
        "radicularPain",
    }


class View(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


SAME: tuple[tuple[str, Callable[[], Any], Any], ...] = (
    ("redFlags", lambda: Text("none"), "none"),
    ("redFlags", lambda: Lying("none"), "none"),
    ("medications", lambda: ("nsaid", "opioid"), ["nsaid", "opioid"]),
    ("medications", lambda: {"nsaid", "opioid"}, ["nsaid", "opioid"]),
    ("medications", lambda: frozenset(), []),
    ("medications", lambda: np.array(["nsaid", "opioid"]), ["nsaid", "opioid"]),
    ("medications", lambda: np.array(["nsaid"], dtype=object), ["nsaid"]),
    ("medications", lambda: pd.Series(["nsaid", "opioid"], index=[5, 9]), ["nsaid", "opioid"]),
    ("medications", lambda: pd.Categorical(["nsaid"]), ["nsaid"]),
    ("medications", lambda: pd.array(["nsaid"], dtype="string"), ["nsaid"]),
    ("sessionsFollowed", lambda: np.longdouble(30), 30),
    ("sessionsFollowed", lambda: np.float16(30), 30),
    ("sessionsFollowed", lambda: np.array(30), 30),
    *(("sessionsFollowed", lambda v=v: decimal.Decimal(v), 30) for v in ("30", "30.00", "3E+1")),
    ("sessionsFollowed", lambda: decimal.Decimal("NaN"), None),
    ("sessionsFollowed", lambda: np.uint8(30), 30),
    ("sessionsFollowed", lambda: np.timedelta64("NaT", "s"), None),
    ("sessionsFollowed", lambda: pd.NaT, None),
    ("onsetDate", lambda: np.datetime64("2024-01"), "2024-01"),
    ("onsetDate", lambda: np.datetime64("2024"), "2024"),
    ("onsetDate", lambda: np.datetime64("2024-01-31T00", "h"), "2024-01-31"),
    ("onsetDate", lambda: np.datetime64("2024-01-31", "ns"), "2024-01-31"),
    ("onsetDate", lambda: np.datetime64("2024-01-31", "us"), "2024-01-31"),
    ("onsetDate", lambda: pd.Timestamp("2024-01-31", tz="UTC"), "2024-01-31"),
    ("onsetDate", lambda: datetime(2024, 1, 31, tzinfo=UTC), "2024-01-31"),
    ("onsetDate", lambda: types.MappingProxyType({"earliest": date(2024, 1, 1), "latest": "2024-01-31"}), "2024-01"),
    ("id", lambda: np.str_("a"), "a"),
)


@pytest.mark.parametrize(("field", "make", "same"), SAME)
def test_values_that_mean_the_same(service: GuidelineService, field: str, make: Callable[[], Any], same: Any) -> None:
    base = {"assessmentDate": "2024-05-20"}
    assert service.assess({**base, field: make()}) == service.assess({**base, field: same})


def test_records_that_mean_the_same(service: GuidelineService) -> None:
    record = {"redFlags": "none", "sessionsFollowed": 3, "onsetDate": "2024-01-31", "id": "p1"}
    frame = pd.DataFrame([record, {"id": "p2"}])
    for same in (View(record), types.MappingProxyType(record), collections.ChainMap(record), frame.iloc[0]):
        assert service.assess(same) == service.assess(record)
    assert service.assess(frame.iloc[1]) == service.assess({"id": "p2"})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("lang", (None, 5, "xx", [], {}, "nlx", b"en", object())),
        ("only", (5, "stage", b"stage", [5], [None], [[]], ["zork"], {"stage": 1}, object(), [float("nan")], [""])),
        ("detail", (None, 5, "x", [], {}, b"full", object())),
        ("explain", (None, 5, "no", "true", [], 1, object(), np.array([1, 2]), pd.NA)),
        ("changes", (None, 5, "no", [], 0, pd.NA)),
    ],
)
def test_what_is_asked_for_is_checked(service: GuidelineService, name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        for method in (service.assess, service.answer_json):
            with pytest.raises(UnknownParameter) as refused:
                method({}, **{name: value})
            assert issubclass(UnknownParameter, LrpError)
            assert "NoneType" not in refused.value.message


def test_what_is_asked_for_may_be_of_numpy(service: GuidelineService) -> None:
    decision = service.assessor.decision_ids[0]
    sent = service.assess({}, only=(n for n in [decision]), explain=np.bool_(True), lang=Text("nl"))
    assert sent == service.assess({}, only=[decision], explain=True, lang="nl")


@pytest.mark.parametrize("lang", ["NL", "nl-BE", "nl_BE"])
def test_language_is_looked_up_as_over_http(service: GuidelineService, lang: str) -> None:
    assert service.assess({}, lang=lang) == service.assess({}, lang="nl")
    assert service.answer_json({}, lang=lang) == service.answer_json({}, lang="nl")


def test_engine_and_folder_are_checked() -> None:
    for engine in (None, [], "zork"):
        with pytest.raises(UnknownParameter):
            GuidelineService(engine=engine)  # type: ignore[arg-type]
    for folder in (5, [], b"x", object()):
        with pytest.raises(UnknownParameter):
            GuidelineService(folder)  # type: ignore[arg-type]


def test_several_values_of_a_key_are_seen(service: GuidelineService) -> None:
    (finding,) = service.validate(MultiDict([("redFlags", "none"), ("redFlags", "cluster")]))
    assert (finding.name, finding.field) == ("more-than-one-value", "redFlags")
    assert service.assess(MultiDict({"redFlags": "none"})) == service.assess({"redFlags": "none"})
