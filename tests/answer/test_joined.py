"""Answers joined from remembered parts equal whole ones that are rendered anew, byte for byte."""

from __future__ import annotations

import threading
import tracemalloc
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lrp_kg.answer.decisions
from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.run import Run
from lrp_kg.answer.templates import JoinedTemplate, JsonTemplate
from lrp_kg.errors import UnknownParameter
from lrp_kg.record.limits import TEXT
from lrp_kg.words import LANGUAGES
from tests.support.examples import examples
from tests.support.guidelines import valid_records
from tests.support.paths import ANKLE

pytestmark = pytest.mark.exhaustive

Record = dict[str, Any]

CASES: list[Record] = valid_records()
ONLY: tuple[tuple[str, ...] | None, ...] = (
    None,
    ("stage",),
    ("exit", "fedris-prevention"),
    ("follow-up", "work", "management"),
)
IDS = (
    "plain",
    "",
    'quote " backslash \\ slash /',
    "\\u0001dates\\u0001",
    '"\\u0001value incapacityPercentage\\u0001"',
    "\u2028\u2029",
    "é – 漢字 – 😀 – e\u0301",
    "<script>alert('x')</script> & {{ 7*7 }} %s {0}",
    "[red]x[/red]",
    "x" * TEXT,
)
CYCLE = 28 * 365 + 7
"""Days after which weekdays and leap days come again, within a century."""
SHIFTS = (0, 1, -1, 29, -31, 366, 4 * 365 + 1, CYCLE)


def shifted(service: GuidelineService, record: Record, days: int) -> Record:
    """Move every date of a record by the same number of days."""
    dates = {f.id for f in service.guideline.fields.values() if f.kind == "date"}
    dates |= {bound.rsplit("#", 1)[1] for bound in service.guideline.bounded}
    return {
        name: (date.fromisoformat(value) + timedelta(days)).isoformat() if name in dates else value
        for name, value in record.items()
    }


def whole(
    service: GuidelineService,
    record: Record,
    *,
    lang: str = "en",
    explain: bool = False,
    only: tuple[str, ...] | None = None,
    detail: str = "full",
) -> bytes:
    """Return the answer to a record without any part of it being remembered."""
    found = service.assessor.finish(Run(service.assessor, service.read(record), explain), only)
    return orjson.dumps(service.renderer(lang).render(found, explain=explain, detail=detail))


def same(
    service: GuidelineService,
    record: Record,
    *,
    lang: str = "en",
    explain: bool = False,
    only: tuple[str, ...] | None = None,
) -> bytes:
    """Check that the joined and the whole answer have the same bytes, and return them."""
    expected = whole(service, record, lang=lang, explain=explain, only=only)
    found = service.answer_json(record, lang=lang, explain=explain, only=only)
    assert found == expected, (record, lang, explain, only)
    return found


@pytest.fixture(scope="module")
def fresh(cache_folder: str) -> GuidelineService:
    """A service whose memory no other module uses."""
    return GuidelineService()


def remembered(service: GuidelineService) -> int:
    """Return how many parts are remembered."""
    every = service.assessor.parts.remembered.values()
    return len({id(part) for known in every for part in known._known.young.values()})


@pytest.mark.parametrize(
    "step", [pytest.param(5, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.long)], ids=str
)
def test_joined_answer_of_every_case_is_the_same(fresh: GuidelineService, step: int) -> None:
    """Each case with the next language, explanation, selection, shift and identifier."""
    assert len(CASES) > 600
    refused = 0
    for number in range(0, len(CASES), step):
        record = CASES[number]
        sent = shifted(fresh, record, SHIFTS[number % len(SHIFTS)]) | {"id": IDS[number % len(IDS)]}
        if fresh.validate(sent):  # a date just a year after another is later than that once a leap day is between
            refused += 1
            continue
        same(
            fresh,
            sent,
            lang=LANGUAGES[number % 4],
            explain=number // 4 % 2 == 0,
            only=ONLY[number // 8 % len(ONLY)],
        )
    assert refused <= 3


@pytest.mark.slow
def test_joined_answer_is_reused_for_other_dates_and_identifiers(fresh: GuidelineService) -> None:
    """The same records, moved by a whole cycle of the calendar, need no new part; no rule ends in between."""
    last = max(v.last for v in fresh.guideline.validities if v.last).isoformat()
    usual = [r for r in CASES if all("2014" < d < "2030" for d in r.values() if isinstance(d, str) and d[:4].isdigit())]
    later = [shifted(fresh, record, CYCLE) for record in usual if len(record) > 8][::12]
    cases = [r for r in later if all(d > last for d in r.values() if isinstance(d, str) and d[:4].isdigit())]
    assert len(cases) > 25
    for record in [*cases, *cases]:  # twice: what a part reads is known after the first time
        same(fresh, record | {"id": "a", "episode": "b"}, explain=True)
    before = remembered(fresh)
    answers = set()
    for number, record in enumerate(cases):
        moved = shifted(fresh, record, CYCLE) | {"id": IDS[number % len(IDS)], "episode": str(number)}
        answers.add(same(fresh, moved, explain=True))
    assert remembered(fresh) == before
    assert len(answers) == len(cases)


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explain"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_joined_answer_is_the_same_for_every_option(fresh: GuidelineService, lang: str, explain: bool) -> None:
    for number, record in enumerate(CASES[LANGUAGES.index(lang) * 2 + explain :: 97]):
        for only in ONLY:
            same(fresh, record | {"id": IDS[number % len(IDS)]}, lang=lang, explain=explain, only=only)


@pytest.mark.parametrize("only", [None, ("multidisciplinary-rehabilitation",)])
def test_joined_summary_has_its_own_days(fresh: GuidelineService, only: tuple[str, ...] | None) -> None:
    """A programme that opens within 31 days is a line: records of one signature are on either side of that."""
    record: Record = {
        **{"careLine": "second-line", "contact": "follow-up", "recurrentPain": False, "redFlags": "none"},
        **{"radicularPain": False, "chronicityRisk": "high", "spinalSurgery": False, "onsetDate": "2024-05-01"},
    }
    open_soon, worked_out = [], []
    for days in (11, 12):
        assessed = (date(2024, 5, 1) + timedelta(days)).isoformat()
        for detail in ("full", "summary"):
            found = fresh.answer_json(record | {"assessmentDate": assessed}, only=only, detail=detail)
            assert found == whole(fresh, record | {"assessmentDate": assessed}, only=only, detail=detail)
            plain = orjson.loads(found)
        open_soon += [line["date"] for line in plain["summary"] if line["kind"] == "programme"]
        worked_out.append(remembered(fresh))
    assert open_soon == ["2024-06-13"]
    assert worked_out[0] == worked_out[1]


@pytest.mark.parametrize("ident", ["\x01text id\x01", "\x01facts\x01", "\x00\x1f\x7f", "a\r\nb", "x" * (TEXT + 1)])
def test_identifier_with_the_marks_of_a_slot_or_too_long_is_refused(ident: str, fresh: GuidelineService) -> None:
    """Slots of rendered parts are marked by control characters, which no text of a record can have."""
    for sent in ({"id": ident}, {"episode": ident}):
        with pytest.raises(InvalidRecord):
            fresh.answer_json(CASES[0] | sent)


def test_every_identifier_is_returned_unchanged(fresh: GuidelineService) -> None:
    record = CASES[0]
    for ident in IDS:
        answer = orjson.loads(same(fresh, record | {"id": ident, "episode": ident[::-1]}))
        assert (answer["id"], answer["episode"]) == (ident, ident[::-1])
        answer = orjson.loads(same(fresh, {name: v for name, v in record.items() if name != "id"} | {"episode": ident}))
        assert (answer.get("id"), answer["episode"]) == (None, ident)


def test_numbers_of_one_cell_share_a_joined_answer(fresh: GuidelineService) -> None:
    """Two numbers that no criterion distinguishes share their parts, and each answer has its own number."""
    base = {"incapacityPercentage": 60, "priorIncapacityDays": 30, "resumption": "partial", "sessionsFollowed": 3}
    same(fresh, base, explain=True)
    before = remembered(fresh)
    for percentage in (50, 61, 99, 100):
        answer = same(fresh, base | {"incapacityPercentage": percentage}, explain=True)
        assert f'"value":{percentage},'.encode() in answer
    assert remembered(fresh) == before
    same(fresh, base | {"incapacityPercentage": 49}, explain=True)
    assert remembered(fresh) > before


def test_joined_answer_has_the_eligible_days_of_its_own_record(fresh: GuidelineService) -> None:
    """The same signature with other dates, and with the same dates but an unknown one within other bounds."""
    worker = {"incapacityCause": "low-back-pain", "priorIncapacityDays": 0, "heavyLifting": True, "sector": "private"}
    worker |= {"healthSurveillance": True, "ownDoctorAgrees": True, "applicationDate": "2024-03-01"}
    same(fresh, worker | {"incapacityStart": "2024-01-20"})
    before = remembered(fresh)
    found = set()
    for day in range(10, 30):
        answer = orjson.loads(same(fresh, worker | {"incapacityStart": f"2024-01-{day}"}))
        programme = answer["eligibility"]["fedris-prevention"]
        found.add((programme["eligibleFrom"], programme["eligibleUntil"]))
    assert len(found) == 20
    assert remembered(fresh) == before


def test_joined_answer_has_its_own_days_over_the_change_of_edition(fresh: GuidelineService) -> None:
    worker = {"incapacityCause": "low-back-pain", "priorIncapacityDays": 0, "heavyLifting": True, "sector": "private"}
    worker |= {"healthSurveillance": True, "ownDoctorAgrees": True, "occupationalPhysicianConfirms": True}
    worker |= {"assessmentDate": "2018-06-06", "applicationDate": "2018-06-06"}
    found = {}
    for start in ("2018-05-09", "2018-05-10", "2018-05-11", "2018-03-07", "2018-03-08"):
        answer = orjson.loads(same(fresh, worker | {"incapacityStart": start}))
        lines = [line for line in answer["summary"] if line["kind"] == "programme"]
        last = answer["eligibility"]["fedris-prevention"]["eligibleUntil"]
        found[start] = last, [line.get("date") for line in lines]
    assert found == {
        "2018-05-09": ("2018-11-09", [None]),
        "2018-05-10": ("2018-11-10", ["2018-06-07"]),
        "2018-05-11": ("2018-11-11", ["2018-06-08"]),
        "2018-03-07": ("2018-09-07", [None]),
        "2018-03-08": ("2018-09-08", [None]),
    }


@pytest.mark.parametrize("missing", ["assessmentDate", "onsetDate", "incapacityStart", "applicationDate"])
def test_joined_answer_is_the_same_for_known_and_unknown_dates(fresh: GuidelineService, missing: str) -> None:
    dates = {
        "assessmentDate": "2024-02-29",
        "onsetDate": "2023-12-31",
        "incapacityStart": "2024-01-31",
        "applicationDate": "2024-02-28",
        "sicknessFundSince": "2024-02-14",
        "spinalSurgeryDate": "2023-11-30",
        "programmeStart": "2024-02-29",
    }
    known = {name: day for name, day in dates.items() if name != missing}
    for days in range(0, 70, 3):
        same(fresh, shifted(fresh, known, days), explain=True)
        one = known | {"onsetDate": "2023-12-31"} if missing != "onsetDate" else known
        moved = one | (
            {"assessmentDate": shifted(fresh, dates, days)["assessmentDate"]} if "assessmentDate" in one else {}
        )
        same(fresh, moved, explain=True)


@pytest.mark.parametrize("day", ["2100-12-31", "2100-01-01", "1900-01-01", "1900-12-31"])
def test_joined_answer_is_the_same_at_the_ends_of_the_calendar(fresh: GuidelineService, day: str) -> None:
    for record in CASES[::60]:
        sent = {
            name: day if fresh.guideline.field_names[name].kind == "date" else value
            for name, value in record.items()
            if name in fresh.guideline.field_names  # not the bounds of an uncertain date
        }
        same(fresh, sent, explain=True)
        same(fresh, sent)


FIELDS_OF_A_RECORD = 12


@st.composite
def records(draw: st.DrawFn, service: GuidelineService) -> Record:
    fields = list(service.guideline.field_names.values())
    base = draw(st.dates(date(1990, 1, 1), date(2040, 12, 31)))
    record: Record = {}
    for f in draw(st.lists(st.sampled_from(fields), max_size=FIELDS_OF_A_RECORD, unique_by=lambda f: f.id)):
        values = [v.id for v in f.values]
        choices: dict[str, st.SearchStrategy[Any]] = {
            "boolean": st.booleans(),
            "value": st.sampled_from(values or [""]),
            "values": st.lists(st.sampled_from(values or [""]), unique=True),
            "integer": st.integers(f.low or 0, f.high or 1000),
            "date": st.integers(0, 200).map(lambda days: (base - timedelta(days)).isoformat()),
            "string": st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
        }
        record[f.id] = draw(choices[f.kind])
    return record


@pytest.mark.slow
@given(data=st.data())
@examples(30, 100)
def test_joined_answer_of_any_record_is_the_same(service: GuidelineService, data: st.DataObject) -> None:
    record = data.draw(records(service))
    try:
        service.read(record)
    except InvalidRecord:
        return
    lang, explain = data.draw(st.sampled_from(LANGUAGES)), data.draw(st.booleans())
    only = data.draw(st.none() | st.lists(st.sampled_from(service.assessor.decision_ids), unique=True).map(tuple))
    same(service, record, lang=lang, explain=explain, only=only)
    if "id" in record:
        same(service, record | {"id": "\u2028" + record["id"]}, lang=lang, explain=explain, only=only)


def test_invalid_requests_are_refused_again(fresh: GuidelineService) -> None:
    for _ in range(2):
        with pytest.raises(InvalidRecord):
            fresh.answer_json({"redFlags": "zork"})
        with pytest.raises(UnknownParameter):
            fresh.answer_json({}, only=["zork"])
        with pytest.raises(UnknownParameter):
            fresh.answer_json({}, lang="es")


def test_order_of_decisions_does_not_matter(fresh: GuidelineService) -> None:
    record = CASES[0]
    assert same(fresh, record, only=("stage", "exit")) == same(fresh, record, only=("exit", "stage", "exit"))


@pytest.mark.slow
def test_what_is_remembered_is_bounded(cache_folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lrp_kg.answer.decisions, "MEMORY", 300_000)
    service = GuidelineService()
    most = 0
    for record in CASES[::30]:
        same(service, record)
        assert service.assessor.memories.young <= 300_000
        most = max(most, remembered(service))
    assert remembered(service) < most, "some of it was forgotten"


def test_joined_answers_of_another_guideline_are_the_same(cache_folder: str) -> None:
    """Covers editions, date facts, time limits from different days, a list field and missing labels."""
    ankle = GuidelineService(ANKLE)
    start = date(2024, 1, 31)
    number = 0
    for days in (0, 5, 9, 10, 21, 60, 400):
        for extra in (
            {},
            {"aids": ["crutches"], "painScore": 3, "id": IDS[3]},
            {"severity": "complete", "instability": True, "painScore": 9, "ankleSurgery": False},
            {"applicationDate": (start + timedelta(days)).isoformat(), "surgeryDate": start.isoformat()},
        ):
            no_fracture = {"deformity": False, "boneTenderness": False, "canBearWeight": True}
            dates = {"injuryDate": start.isoformat(), "assessmentDate": (start + timedelta(days)).isoformat()}
            number += 1
            same(ankle, no_fracture | dates | extra, lang=LANGUAGES[number % 4], explain=True)
            same(ankle, dates | extra, lang=LANGUAGES[number % 4])


@pytest.mark.slow
def test_threads_share_what_is_remembered(cache_folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server answers from several threads; with a low limit, answers are dropped meanwhile."""
    monkeypatch.setattr(lrp_kg.answer.decisions, "MEMORY", 100_000)
    service = GuidelineService()
    cases = CASES[::40]
    expected = [whole(service, record) for record in cases]
    wrong: list[Any] = []

    def work(offset: int) -> None:
        try:
            for number in range(len(cases)):
                place = (number * 7 + offset * 11) % len(cases)
                if service.answer_json(cases[place]) != expected[place]:
                    wrong.append(cases[place])
        except Exception as error:  # noqa: BLE001  reported by the test
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("label", ["plain", "100 % %b %%", "a\x01b", "a\x01b\x01c", "\x01", '"\x01 \\u0001'])
def test_template_has_slots_beside_any_label(label: str) -> None:
    data = {"label": label, "value": "\x01value x\x01", "days": ["\x01earliest s\x01", label, "\x01value x\x01"]}
    template = JsonTemplate.of(orjson.dumps(data))
    assert template.slots == ("x", ("earliest", "s"), "x")
    filled = template.filled({"x": b'"100 %"', ("earliest", "s"): b"null"})
    assert filled == orjson.dumps({"label": label, "value": "100 %", "days": [None, label, "100 %"]})


def test_template_without_slots_is_as_it_is() -> None:
    text = orjson.dumps({"label": "100 % a\x01b"})
    assert JsonTemplate.of(text).filled({}) == text


def test_template_has_the_texts_and_slots_of_those_that_are_part_of_it() -> None:
    part = JsonTemplate.of(b'{"p":"50 %","v":"\\u0001value y\\u0001"}')
    text = b'["\\u0001value x\\u0001","\\u0001part\\u0001","1 %","\\u0001part\\u0001","\\u0001value z\\u0001"]'
    template = JsonTemplate.of(text, {b"part": part}.get)
    assert template.slots == ("x", "y", "y", "z")
    fills = {name: b'"%s"' % name.encode() for name in "xyz"}
    assert template.filled(fills) == b'["x",{"p":"50 %","v":"y"},"1 %",{"p":"50 %","v":"y"},"z"]'
    assert [text is part.texts[0] for text in template.texts].count(True) == 2
    assert template.size < part.size + 300


def test_listed_templates_have_commas_between_them() -> None:
    one, other = JsonTemplate.of(b'"100 %"'), JsonTemplate.of(b'"\\u0001value x\\u0001"')
    assert JsonTemplate.listed([one, other, one]).filled({"x": b"null"}) == b'"100 %",null,"100 %"'
    assert not JsonTemplate.listed([]).texts


def test_joined_templates_have_their_slots_in_order_and_other_bytes_as_they_are() -> None:
    first, plain = JsonTemplate.of(b'{"a":"50 %","b":"\\u0001value x\\u0001"}'), JsonTemplate.of(b'"%%b"')
    joined = JoinedTemplate([b'["%b",', first, b",", plain, b",", JsonTemplate.slot(("earliest", "s")), b"]"])
    assert joined.filled({"x": b'"%s"', ("earliest", "s"): b"null"}) == b'["%b",{"a":"50 %","b":"%s"},"%%b",null]'
    assert JoinedTemplate([b"[%b,", plain, b"]"]).filled({}) == b'[%b,"%%b"]'


def test_joined_template_holds_the_bytes_of_its_pieces() -> None:
    """A whole answer would take ten times as much with bytes of its own, so that others are forgotten."""
    long = b'"' + b"x" * 100_000 + b'"'
    part = JsonTemplate.of(b'{"b":"\\u0001value x\\u0001","c":%b}' % long)
    tracemalloc.start()
    joined = JoinedTemplate([b"[", long, b",", part, b"]"])
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken <= joined.size < 5000
