"""Bodies that make a service work too much are answered soon, in little memory, with what is wrong."""

import pytest

from lrp_kg import GuidelineService
from lrp_kg.effort import Effort, check, limited
from lrp_kg.errors import RecordMemoryLimit, RecordTimeLimit
from lrp_kg.record.limits import FIELDS
from lrp_kg.record.model import Members
from tests.support.hostile_bodies import BODIES

LIMIT = 1 << 20
"""Bytes of a body that a service reads unless it is told otherwise."""


def test_bodies_are_within_the_limit_of_a_body() -> None:
    assert len({body.name for body in BODIES}) == len(BODIES) > 80
    assert all(len(body.make()) <= LIMIT for body in BODIES)


def test_long_list_is_counted_before_its_members_are_read(service: GuidelineService) -> None:
    raw = service.reader.from_json({"medications": [{}] * 200_000})
    read = raw.entries[0][1]
    assert isinstance(read, Members)
    assert len(read.nodes) < FIELDS
    assert [(p.name, p.field) for p in raw.problems] == [("over-limit", "medications")]
    assert "200000" in raw.problems[0].message


def test_time_is_checked_while_keys_are_read(service: GuidelineService) -> None:
    record = dict.fromkeys(map(str, range(100_000)), 1)
    with limited(Effort(seconds=0.01)), pytest.raises(RecordTimeLimit, match="LRP_RECORD_SECONDS"):
        service.reader.from_json(record)


def test_memory_is_checked() -> None:
    held = []
    with limited(Effort(seconds=60, memory=16 << 20)), pytest.raises(RecordMemoryLimit, match="LRP_RECORD_MEMORY"):
        while True:
            held.append(bytes(range(256)) * 4096)
            check()
    assert len(held) < 200
