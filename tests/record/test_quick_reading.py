"""What most records are is read by a shorter way, which comes to the same as the longer one."""

from __future__ import annotations

import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService
from lrp_kg.errors import LrpError
from lrp_kg.record import strict_json
from lrp_kg.record.conformance import Conforming
from lrp_kg.record.python_values import as_json
from lrp_kg.record.strict_json import parse_json

KEYS = st.sampled_from(['"a"', '"b"', '"\\u0061"', '"a:b"', '"é"', '""', '"\\ud800"'])
VALUES = st.sampled_from(
    [
        *(
            '"x"',
            '":"',
            '"\\":"',
            '"\\ud83d"',
            '"\x01"',
            '"é"',
            "true",
            "null",
            "NaN",
            "[]",
            '["x",true]',
            "[1]",
            "[[]]",
        ),
        *(
            "1",
            "-0",
            "-0.0",
            "1.0",
            "1e2",
            "9" * 18,
            "9" * 19,
            "9" * 25,
            "01",
            '{"a":1}',
            "{}",
            "0.1",
            "1.0000000000001",
        ),
    ]
)
SPACE = st.sampled_from(["", " ", "\n"])
MEMBERS = st.lists(st.tuples(KEYS, SPACE, st.sampled_from([":", ":", " :", ""]), VALUES), max_size=4)


def outcome(text: str) -> str:
    try:
        return repr(parse_json(text))
    except LrpError as error:
        return f"{error.code} {error.message}"


@given(MEMBERS, SPACE, st.sampled_from(["{}", "{}", "{}", "[{}]", "{},", "\ufeff{}"]))
def test_json_is_read_alike_by_both_ways(members: list[tuple[str, ...]], space: str, frame: str) -> None:
    text = frame.replace("{}", "{" + f",{space}".join("".join(member) for member in members) + "}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_flat_object", lambda _: None)
        expected = outcome(text)
    assert outcome(text) == expected


@pytest.mark.parametrize("text", ['{"a": 1, "b": [true, "x"], "c": null}', "{}", '{"a":\n-999999999999999999}'])
def test_an_ordinary_object_is_read_the_short_way(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json.json, "loads", lambda *_, **__: pytest.fail("read the long way"))
    assert parse_json(text) == strict_json.orjson.loads(text)


@given(
    st.dictionaries(
        st.sampled_from(["a", "day", "@id", "é", "\ud800", 1, None]),
        st.recursive(
            st.sampled_from(["x", "é", "\ud800", 1, True, None, 10**18, 10**18 - 1, 1.5, float("nan"), b"x"]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", 2]), inner, max_size=2),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_a_record_of_python_is_read_alike_by_both_ways(record: dict[Any, Any]) -> None:
    known = {"a": False, "day": True}
    found, expected = as_json(record, known), as_json(types.MappingProxyType(record), known)
    assert repr(found) == repr(expected)


def test_what_is_kept_of_values_has_a_bound(service: GuidelineService) -> None:
    """Neither days, numbers and texts nor lists are kept, of which there are many."""
    service.prepare()
    conforming = Conforming()
    keys = service._validator._keys  # noqa: SLF001
    read = service.reader.from_json
    record = {"assessmentDate": "2024-03-01", "priorIncapacityDays": 3, "id": "p", "medications": ["nsaid"]}
    for extra in ({}, {"careLine": "first-line", "sector": "private", "workerStatus": "blue-collar"}):
        raw = read(record | extra)
        every = keys.of(raw)
        assert every
        conforming.remember(every)
        assert keys.of(raw, conforming) == []
    kept = {predicate.rpartition("#")[2] for values in conforming.values.values() for predicate, _ in values}
    assert kept == {"careLine", "sector", "workerStatus"}
    assert len(conforming.together) == 1
    assert keys.of(read({"careLine": "second-line"}), conforming)
